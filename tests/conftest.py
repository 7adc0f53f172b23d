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
from typing import Any, Protocol

import pytest
from django.conf import settings as django_settings
from django.test import TestCase, TransactionTestCase
from django.utils import timezone, translation
from hypothesis import settings

# A busy machine is not a fault: no time limit for one example. The same examples each time, so that what fails here
# was broken by the change at hand; `make fuzz` looks for longer, at new ones each time.
settings.register_profile("remit", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, derandomize=False, max_examples=2_000)
settings.load_profile("remit")


@pytest.fixture(autouse=True, scope="session")
def put_back_past_the_guards() -> Iterator[None]:
    """Put the database back as it was after a test with ``transaction=True``, instead of emptying its tables.

    Its guards refuse DELETE and TRUNCATE on the record, rightly; and later tests stand on what the migrations wrote
    (Wagtail's root page, the national days). So a copy is kept before the first such test, and taken after each.
    """
    copies: list[Copy] = []
    set_up = TransactionTestCase._fixture_setup.__func__

    def setup(cls: type[TransactionTestCase]) -> Any:
        if cls.__name__ and not copies and not issubclass(cls, TestCase):
            copies.append(copy_of_database())
        return set_up(cls)

    def teardown(self: TransactionTestCase) -> Any:
        copies[0].put_back()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(setup))
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
    for copy in copies:
        copy.close()


class Copy(Protocol):
    """A copy of the whole test database."""

    def put_back(self) -> None:
        """Make the test database what it was when the copy was taken."""

    def close(self) -> None:
        """Give the copy up."""


def copy_of_database() -> Copy:
    """Return a copy of the test database as it stands."""
    from django.db import connection

    return SQLiteCopy(connection) if connection.vendor == "sqlite" else PostgreSQLCopy(connection)


class SQLiteCopy:
    """A copy in memory."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.kept = connection, sqlite3.connect(":memory:")
        connection.ensure_connection()
        connection.connection.backup(self.kept)

    def put_back(self) -> None:
        self.connection.ensure_connection()
        self.kept.backup(self.connection.connection)

    def close(self) -> None:
        self.kept.close()


class PostgreSQLCopy:
    """A copy of each table in a schema beside them; numbers go on counting."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        with connection.cursor() as cursor:
            cursor.execute(COPY_TABLES)

    def put_back(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(PUT_TABLES_BACK)

    def close(self) -> None:
        """Nothing: it goes with the test database."""


COPY_TABLES = """
DO $$ DECLARE one record; BEGIN
    CREATE SCHEMA remit_kept;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE remit_kept.%1$I AS TABLE public.%1$I', one.tablename);
    END LOOP;
END $$
"""
# Keys between tables are looked at by triggers that a replica does not run; the guards run even there, unless lifted.
PUT_TABLES_BACK = """
DO $$ DECLARE one record; guard record; said text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT c.oid, c.relname AS name, bool_or(t.oid IS NOT NULL) AS guarded,
               (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
                WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
        WHERE c.relkind = 'r' GROUP BY c.oid, c.relname
    LOOP
        IF one.guarded THEN
            EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', one.name);
        END IF;
        EXECUTE format('DELETE FROM public.%I', one.name);
        EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM remit_kept.%1$I', one.name, one.columns);
        FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = one.oid AND NOT tgisinternal LOOP
            said := CASE WHEN starts_with(guard.tgname, 'remit_') THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END;
            EXECUTE format('ALTER TABLE public.%I %s TRIGGER %I', one.name, said, guard.tgname);
        END LOOP;
    END LOOP;
END $$
"""


def copy_on_server(connection: Any, source: str, target: str) -> None:
    """Make the database ``target`` a copy of ``source``; whoever is still connected to either is put out."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [source])
        cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


@pytest.fixture(autouse=True)
def language_of_the_installation() -> None:
    """Begin each test in the language and time zone of the settings.

    Django leaves those of a test client's last request behind; a test must not depend on which one ran before it.
    """
    translation.activate(django_settings.LANGUAGE_CODE)
    timezone.deactivate()


@pytest.fixture(autouse=True, scope="session")
def migrated_once() -> Iterator[None]:
    """Keep the database as the migrations leave it, for the next test process.

    Running every migration of Wagtail and ours takes half a minute of each. The copy is kept under the hash of all
    that makes it: a new migration, model or trigger makes a new one. SQLite: in the folder REMIT_TEST_TEMPLATES or
    among temporary files. PostgreSQL: a database of the same server, one at a time.
    """
    from django.apps import apps
    from django.contrib.contenttypes.models import ContentType
    from django.db.backends.postgresql.creation import DatabaseCreation as OnPostgreSQL
    from django.db.backends.sqlite3.creation import DatabaseCreation as OnSQLite

    usual = Path(tempfile.gettempdir()) / f"remit-test-templates.{os.getuid()}"
    folder = Path(os.environ.get("REMIT_TEST_TEMPLATES") or usual)
    on_sqlite, on_postgresql = OnSQLite.create_test_db, OnPostgreSQL.create_test_db

    def copied(self: OnSQLite, *arguments: Any, **named: Any) -> str:
        kept = folder / f"{fingerprint()}.sqlite3"
        with alone(kept.with_suffix(".lock")):
            if not kept.exists():
                name = on_sqlite(self, *arguments, **named)
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
        know_content_types()
        return name

    def copied_on_server(self: OnPostgreSQL, *arguments: Any, **named: Any) -> str:
        kept = f"{KEPT}{fingerprint()}"
        server = hashlib.sha256(
            repr(sorted(self.connection.get_connection_params().items())).encode()
        ).hexdigest()
        with alone(folder / f"{server[:24]}.lock"):
            with self.connection._nodb_cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [KEPT])
                known = {name for (name,) in cursor.fetchall()}
            if kept not in known:
                name = on_postgresql(self, *arguments, **named)
                with self.connection._nodb_cursor() as cursor:
                    for old in known:
                        cursor.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
                copy_on_server(self.connection, name, kept)
                return name
            name = self._get_test_db_name()
            copy_on_server(self.connection, kept, name)
        self.connection.settings_dict["NAME"] = name
        know_content_types()
        return name

    def know_content_types() -> None:
        # As after migrating: asked for while the tables are empty for a moment, a type would be made a second time.
        ContentType.objects.get_for_models(*apps.get_models(include_auto_created=True))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OnSQLite, "create_test_db", copied)
        patch.setattr(OnPostgreSQL, "create_test_db", copied_on_server)
        yield


KEPT = "remit_migrated_"


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time into the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
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
