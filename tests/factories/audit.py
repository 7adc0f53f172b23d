"""Audited rows for tests, and the way past the database's guards that only a test may take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import IntegrityError, connections, transaction

from forms.models import Submission
from foundation.audit import guards
from foundation.audit.services import Actor, FieldChange, change_audited, create_audited
from foundation.organisation.models import User
from tests.factories.editions import make_edition
from tests.factories.forms import field, form_body
from tests.factories.organisation import make_user

_serial = itertools.count(1)


def unsaved_submission(*, by: User | None = None, answers: dict[str, object] | None = None) -> Submission:
    """Return an audited row that is not stored yet, with a stream of its own."""
    number = next(_serial)
    body = form_body(field("what", "text"), key=f"record_{number}")
    edition = make_edition(key=body["key"], body=body)
    return Submission(
        stream=f"submission:test-{number}",
        number=f"T-{number:05}",
        form_key=edition.key,
        edition=edition,
        answers={"what": "发动机异响"} if answers is None else answers,
        submitted_by=by or make_user(),
    )


def make_audited(*, by: User | None = None, versions: int = 1) -> Submission:
    """Return a stored audited row that has gone through ``versions`` versions, with a change recorded in
    each.
    """
    row = unsaved_submission(by=by)
    actor = Actor.of(row.submitted_by)
    with transaction.atomic():
        create_audited(
            row,
            kind="submitted",
            actor=actor,
            reason="首次提交",
            changes=[FieldChange("answers.what", None, row.answers["what"], f"user:{row.submitted_by_id}")],
            target_state="submitted",
        )
    for version in range(2, versions + 1):
        change(row, f"第 {version} 次说明")
    return row


def change(row: Submission, what: str) -> None:
    """Save another answer as the row's next version."""
    before = row.answers.get("what")
    row.answers = {**row.answers, "what": what}
    with transaction.atomic():
        change_audited(
            row,
            kind="corrected",
            actor=Actor.of(row.submitted_by),
            reason="更正",
            changes=[FieldChange("answers.what", before, what, f"user:{row.submitted_by_id}")],
            source_state="submitted",
            target_state="submitted",
        )


def drop_guards(using: str = "default") -> None:
    """Drop the triggers, as somebody with the database password can."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'remit_'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND starts_with(t.tgname, 'remit_')"
            )
            for name, table in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')


@contextmanager
def guards_lifted(using: str = "default") -> Iterator[None]:
    """Inside the block the record lies open to any change; afterwards it is guarded again."""
    _settle(using)
    drop_guards(using)
    try:
        yield
    finally:
        _settle(using)
        guards.install(using)


def _settle(using: str) -> None:
    """Let PostgreSQL check now what waits for the commit: a table with checks waiting cannot be altered. What does
    not hold goes on waiting.
    """
    if connections[using].vendor == "postgresql":
        with suppress(IntegrityError), transaction.atomic(using), connections[using].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
