"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator
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
