"""Collects what benchmarks measure and writes the table of docs/performance.md.

A benchmark is a test marked ``benchmark`` that takes the fixture ``measured`` and calls
``measured("what", figure="0.12 s", budget="≤ 10 ms", met=True)``; it also asserts its budget. Ratios are taken
within one run, so that the machine does not matter.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPORT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figure: str
    budget: str
    met: bool


_rows: list[Row] = []

Measured = Callable[..., None]


@pytest.fixture
def measured() -> Measured:
    """Return the function that notes a figure, and fails the test when it is over budget."""

    def note(what: str, *, figure: str, budget: str, met: bool) -> None:
        _rows.append(Row(what, figure, budget, met))
        assert met, f"{what}: {figure}, budget {budget}"

    return note


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the shortest time of ``work`` over so many calls: what it takes when nothing else is in the way."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


@pytest.fixture(scope="session", autouse=True)
def report() -> Iterator[None]:
    """Write the table when every benchmark has run; a part of them leaves the other lines as they are."""
    yield
    if not _rows:
        return
    text = REPORT.read_text(encoding="utf-8")
    start, stop = text.index(BEGIN) + len(BEGIN), text.index(END)
    lines = {
        match[1].strip(): match[0]
        for line in text[start:stop].splitlines()
        if (match := re.match(r"\| (?!work \||---)(.*?) \|.*", line))
    }
    for row in _rows:
        lines[row.what] = f"| {row.what} | {row.figure} | {row.budget} | {'yes' if row.met else '**no**'} |"
    database = "PostgreSQL" if os.environ.get("REMIT_DATABASE_URL") else "SQLite"
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, {database}"
    table = [
        "",
        "",
        f"Last run on {machine}.",
        "",
        "| work | measured | budget | met |",
        "| --- | --- | --- | --- |",
    ]
    table += [*lines.values(), ""]
    REPORT.write_text(text[:start] + "\n".join(table) + text[stop:], encoding="utf-8")
