"""What every test shares."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import TestCase, TransactionTestCase
from hypothesis import settings

# A busy machine is not a fault: no time limit for one example. `make fuzz` looks for longer.
settings.register_profile("remit", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=2_000)
settings.load_profile("remit")


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_guards() -> Iterator[None]:
    """Let Django empty the tables after a test with ``transaction=True``, and put back what migrations had written.

    The database refuses DELETE and TRUNCATE on the record, rightly. So only around that flush the triggers are
    dropped, and then put back. Production code has no such way. Without the data of the migrations (Wagtail's root
    page, the national days) every later test of the same process would stand on an emptier ground.
    """
    # Models can be imported only once the settings are in place, after this module.
    from django.db import connection

    from tests.factories.audit import guards_lifted

    set_up, flush = TransactionTestCase._fixture_setup.__func__, TransactionTestCase._fixture_teardown
    migrated: list[str] = []

    def setup(cls: type[TransactionTestCase]) -> Any:
        if cls.__name__ and not migrated and not issubclass(cls, TestCase):
            migrated.append(connection.creation.serialize_db_to_string())
        return set_up(cls)

    def teardown(self: TransactionTestCase) -> Any:
        self.serialized_rollback = True  # post_migrate would write some of it again under other keys
        connection._test_serialized_contents = migrated[0]
        with guards_lifted():
            flush(self)
        connection.creation.deserialize_db_from_string(migrated[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(setup))
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(autouse=True, scope="session")
def migrated_once() -> Iterator[None]:
    """Keep the database as the migrations leave it, in the folder REMIT_TEST_TEMPLATES or among temporary files.

    Running every migration of Wagtail and ours takes half a minute of each test process. The copy is kept under the
    hash of all that makes it: a new migration, model or trigger makes a new one. Only SQLite: a server has its own.
    """
    from django.apps import apps
    from django.contrib.contenttypes.models import ContentType
    from django.db.backends.sqlite3.creation import DatabaseCreation

    usual = Path(tempfile.gettempdir()) / f"remit-test-templates.{os.getuid()}"
    folder = Path(os.environ.get("REMIT_TEST_TEMPLATES") or usual)
    create = DatabaseCreation.create_test_db

    def copied(self: DatabaseCreation, *arguments: Any, **named: Any) -> str:
        kept = folder / f"{fingerprint()}.sqlite3"
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                name = create(self, *arguments, **named)
                self.connection.ensure_connection()
                fresh = kept.with_suffix(".new")
                with contextlib.closing(sqlite3.connect(fresh)) as target:
                    self.connection.connection.backup(target)
                fresh.rename(kept)
                return name
        name = self._create_test_db(0, True, False)
        self.connection.close()
        self.connection.settings_dict["NAME"] = name
        self.connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(kept)) as source:
            source.backup(self.connection.connection)
        # As after migrating: asked for while the tables are empty for a moment, a type would be made a second time.
        ContentType.objects.get_for_models(*apps.get_models(include_auto_created=True))
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCreation, "create_test_db", copied)
        yield


def fingerprint() -> str:
    """Return a hash over every file that says what a migrated database holds."""
    root = Path(__file__).resolve().parent.parent
    said = hashlib.sha256()
    for path in sorted(root.glob("*.txt")) + sorted(
        path for room in ("forms", "workflows", "site") for path in (root / room).rglob("*.py")
    ):
        text = path.read_text()
        # What runs after a migration, and what it writes, stands in these; models name permissions and triggers.
        if path.suffix == ".txt" or re.search(
            r"migrations|models|apps\.py|settings|guards|groups|tree", str(path.relative_to(root))
        ):
            said.update(str(path.relative_to(root)).encode() + text.encode())
    return said.hexdigest()[:24]
