"""Inbox, list and search of cases: at a million cases beside ten thousand, for one who sees all and one who sees few.

The whole request is measured, page and all, first at the small number; then cases are added up to the large one, in a
database of its own: within one transaction SQLite's journals of so many rows fill a disk.
The time of the processor counts, so that other work of the machine does not. ``REMIT_BENCH_CASES`` names another large
number. On PostgreSQL the database reckons in processes of its own: there the shortest time by the clock counts.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import psycopg
import psycopg.conninfo
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.organisation.models import User
from tests.benchmarks.conftest import Measured
from tests.factories.chains import publish_all, state, step, workflow_body
from tests.factories.organisation import make_user
from workflows import samples

pytestmark = pytest.mark.benchmark

SMALL = 10_000
LARGE = int(os.environ.get("REMIT_BENCH_CASES", "1000000"))
BUDGET = 1.5
TURNS = 9
ANOTHER_WAY = 12
"""Statements by which a way of finding that suits many cases may exceed the one that suits few: up to ten, measured."""
FEW = 30
"""People whom the first cases are of; the others are of ten times as many."""

SCREENS = [
    ("inbox", "/inbox/"),
    ("first page", "/cases/"),
    ("first page of all", "/cases/?scope=all"),
    ("a late page", "/cases/?scope=all&page=40"),
    ("a state", f"/cases/?scope=all&workflow={samples.KEY}&state=handling"),
    ("nobody has it", "/cases/?person=nobody"),
    ("one person has it", "/cases/?scope=all&person=me"),
    ("late", "/cases/?late=1"),
    ("due soon", "/cases/?late=soon"),
    ("of those one leads", "/cases/?led=1"),
    ("opened in two months", "/cases/?scope=all&opened_from=2026-01-01&opened_to=2026-02-28"),
    ("by when it is due", "/cases/?sort=due"),
    ("by last change", "/cases/?scope=all&sort=-changed"),
    ("by number", "/cases/?scope=all&sort=number"),
    ("oldest first", "/cases/?scope=all&sort=opened"),
    ("words many wrote", "/cases/?scope=all&q=划痕"),
    ("words few wrote", "/cases/?scope=all&q=王伟 划痕"),
    ("words nobody wrote", "/cases/?scope=all&q=无此词语"),
    ("a part of a plate", "/cases/?scope=all&q=粤B·123"),
    ("the end of a telephone number", "/cases/?scope=all&q=5678"),
    ("load", "/load/"),
    ("promises", "/promises/"),
]


def tell(done: int, total: int) -> None:
    if done % 50_000 == 0:
        print(f"  {done:,} of {total:,} cases", file=sys.stderr, flush=True)


@pytest.fixture(scope="module")
def own_database(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Work in a database of its own, whose transactions are real ones."""
    here = connection.settings_dict
    with django_db_blocker.unblock(), ExitStack() as after:
        connection.close()
        after.callback(here.update, NAME=here["NAME"])
        if connection.vendor == "sqlite":
            folder = tmp_path_factory.mktemp("at_scale")
            after.callback(shutil.rmtree, folder)
            here["NAME"] = str(folder / "cases.sqlite3")
        else:
            name = f"at_scale_{os.getpid()}"
            server = after.enter_context(psycopg.connect(_maintenance(here), autocommit=True))
            server.execute(f'CREATE DATABASE "{name}"')
            after.callback(server.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
            here["NAME"] = name
        after.callback(connection.close)
        call_command("migrate", verbosity=0)
        yield


def _maintenance(here: dict[str, Any]) -> str:
    return psycopg.conninfo.make_conninfo(
        dbname="postgres",
        user=here["USER"],
        password=here["PASSWORD"] or None,
        host=here["HOST"] or None,
        port=here["PORT"] or None,
        **here["OPTIONS"],
    )


@pytest.fixture(scope="module")
def readers(own_database: None) -> dict[str, User]:
    """One who sees every case and one who has few."""
    steps = [step("end", "new", "done", "assignee")]
    auditor = publish_all(workflow_body([state("new"), state("done", "final")], steps))["auditor"][0]
    # As many people as later, since the list offers them all to choose from.
    samples.people()
    # Of so few of them that a page of theirs is full with these already: else less is shown, not found sooner.
    samples.add(SMALL, by=make_user(), among=FEW)
    return {"sees all": auditor, "sees few": User.objects.get(username="sample-007")}


class Taken(NamedTuple):
    """One screen: the shortest time of several turns in seconds, its statements, the rows of its table."""

    seconds: float
    statements: int
    rows: int


def taken(readers: dict[str, User]) -> dict[str, Taken]:
    """Return by screen what asking for it takes.

    The connection is opened anew: what has just been written still lies in SQLite's journal otherwise, in which every
    page read is looked for first; a service's journal is short.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    gc.collect()
    gc.freeze()
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    found = {}
    for who, person in readers.items():
        client = Client()
        client.force_login(person)
        for name, address in SCREENS:
            assert client.get(address).status_code == 200
            with CaptureQueriesContext(connection) as captured:
                rows = client.get(address).content.count(b"<tr")
            statements = len(captured)
            times = []
            for _turn in range(TURNS):
                begins = clock()
                client.get(address)
                times.append(clock() - begins)
            found[f"{name}, {who}"] = Taken(min(times), statements, rows)
    return found


def test_lists_inbox_and_search(readers: dict[str, User], measured: Measured) -> None:
    few = taken(readers)
    samples.add(LARGE - SMALL, by=make_user(), tell=tell)
    many = taken(readers)
    over = []
    for name, before in few.items():
        after = many[name]
        shown = "" if before.rows == after.rows else f" (shows {after.rows}, before {before.rows})"
        try:
            measured(
                f"cases: {name}",
                figure=f"{before.seconds * 1000:.0f} ms at {SMALL:,}; {after.seconds * 1000:.0f} ms at {LARGE:,}"
                f"{shown}; ratio {after.seconds / before.seconds:.2f}; {after.statements} statements",
                budget=f"≤ {BUDGET} × the time at {SMALL:,}",
                met=after.seconds <= BUDGET * before.seconds,
            )
        except AssertionError as fault:
            over.append(str(fault))
        # A person whose cases became many is asked after in another way, by a few statements; never by one for each.
        # A page that showed nothing asked nothing about rows: it may ask what a full one does.
        full = few[f"first page, {name.rpartition(', ')[2]}"].statements
        if after.statements > max(before.statements, full if before.rows < after.rows else 0) + ANOTHER_WAY:
            over.append(f"{name}: {before.statements} statements became {after.statements}")
    assert not over, "\n".join(over)
