"""Fixtures of the record's tests."""

from __future__ import annotations

import pytest

from tests.factories.audit import drop_guards


@pytest.fixture
def lifted_guards(db: None) -> None:
    """Drop the triggers for one test: dropping them belongs to the test's transaction and ends with it."""
    drop_guards()
