"""The database for processes that are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.audit import make_audited


@pytest.fixture
def record(transactional_db: None) -> str:
    """A small committed record; the name of its stream."""
    return make_audited(versions=3).stream


@pytest.fixture
def processes(record: str, tmp_path: Path) -> Iterator[object]:
    """Processes on a database that holds ``record``."""
    # Asks the connection for its kind when it is imported; the test's database is known only now.
    from tests.faults.processes import Processes

    made = Processes(tmp_path)
    yield made
    made.end()
