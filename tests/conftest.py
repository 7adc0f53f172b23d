"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase
from hypothesis import settings

# A busy machine is not a fault: no time limit for one example. `make fuzz` looks for longer.
settings.register_profile("remit", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=2_000)
settings.load_profile("remit")


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_guards() -> Iterator[None]:
    """Let Django empty the tables after a test with ``transaction=True``.

    The database refuses DELETE and TRUNCATE on the record, rightly. So only around that flush the triggers
    are dropped; the flush ends with ``post_migrate``, and they are put back. Production code has no such
    way.
    """
    # Models can be imported only once the settings are in place, after this module.
    from tests.factories.audit import guards_lifted

    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> Any:
        with guards_lifted():
            return flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
