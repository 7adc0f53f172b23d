"""Old submissions lose what the form says they lose, everywhere, and the record stays whole; holds stop it."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from forms.exceptions import NotPermitted, ReasonMissing, RuleBroken
from forms.models import LegalHold, Submission
from forms.revisions import revisions_of
from forms.services import corrections, retention
from foundation.audit.models import Opening, Receipt
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from foundation.organisation.models import User
from tests.factories.audit import guards_lifted
from tests.factories.forms import field, make_form, make_submission, text
from tests.factories.organisation import make_role, make_user, make_user_with_roles
from tests.integration.forms.test_races import at_once

pytestmark = pytest.mark.django_db

CANARY = "金丝雀13712345678"
OPEN = {"correction": {"by": ["submitter"]}}


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    """The roles that the forms here name."""
    for key in ("auditor", "administrator"):
        make_role(key)


def old_submission(by: User, *, months: int = 13, then: str = "anonymise", **more: Any) -> Submission:
    """A submission with a personal answer (also in rows), corrected and commented on, of so many months ago."""
    rows = {
        "id": "people",
        "title": text("人员"),
        "repeat": {},
        "fields": [field("person_name", confidentiality="personal"), field("size")],
    }
    pages = [
        {
            "id": "p",
            "title": text("页"),
            "groups": [
                {
                    "id": "g",
                    "fields": [
                        field("subject", required=True),
                        field("secret", confidentiality="confidential"),
                    ],
                },
                rows,
            ],
        }
    ]
    kept = {"retention": {"months": 12, "then": then}}
    edition = make_form(by, pages=pages, **OPEN, **kept, **more)
    submission = make_submission(
        edition,
        by,
        subject="刹车异响",
        secret=CANARY,
        people=[{"_row": "r1", "person_name": CANARY, "size": "L"}],
    )
    corrections.correct(
        submission=submission,
        answers={**submission.answers, "secret": f"{CANARY}改", "subject": "转向异响"},
        reason=f"因为{CANARY}",
        by=by,
        seen_revision=1,
        idempotency_key="c",
    )
    corrections.comment(submission=submission, text=f"联系{CANARY}", by=by, idempotency_key="c")
    return aged(submission, months)


def aged(submission: Submission, months: int) -> Submission:
    """Let the rows say that it was handed in so many months ago, as far as retention asks."""
    when = retention.months_before(timezone.now(), months)
    with guards_lifted():
        Submission.objects.filter(pk=submission.pk).update(submitted_at=when)
    return Submission.objects.get(pk=submission.pk)


def everything_stored() -> str:
    """The text of every table of the database."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [
                bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                for row in cursor.fetchall()
                for cell in row
            ]
    # JSON columns may spell Chinese in escapes.
    return re.sub(r"\\u([0-9a-f]{4})", lambda spelt: chr(int(spelt[1], 16)), "\n".join(found))


def test_an_old_submission_loses_what_is_personal_everywhere_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make_user()
    submission = make_and_age(monkeypatch, person)
    assert CANARY in everything_stored()
    (due,) = retention.plan()
    assert (due.due, due.held, due.waiting, due.then) == (1, 0, 0, "anonymise")
    assert retention.carry_out() == 1
    assert retention.carry_out() == 0
    assert retention.plan()[0].due == 0
    stored = Submission.objects.get(pk=submission.pk)
    assert stored.answers == {"subject": "转向异响", "people": [{"_row": "r1", "size": "L"}]}
    assert (stored.erased, stored.comments.get().text, stored.revision) == ("anonymised", "", 2)
    assert [row.answers["subject"] for row in revisions_of(stored, "zh-hans")] == ["刹车异响", "转向异响"]
    assert CANARY not in everything_stored()
    assert not Opening.objects.filter(event__stream=stored.stream, path="answers.secret").exists()
    assert Receipt.objects.filter(stream=stored.stream).count() == 0
    kinds = [event.kind for event in events_of(stored.stream)]
    assert kinds == ["submission_submitted", "submission_corrected", "submission_anonymised"]
    assert verify().faults == []


def make_and_age(monkeypatch: pytest.MonkeyPatch, by: User, **more: Any) -> Submission:
    """Hand in today and look at it thirteen months later."""
    submission = old_submission(by, months=0, **more)
    later = timezone.now() + datetime.timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: later)
    return submission


def test_deleting_takes_all_answers_and_leaves_number_and_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_user()
    submission = make_and_age(monkeypatch, person, then="delete")
    assert retention.carry_out() == 1
    stored = Submission.objects.get(pk=submission.pk)
    assert (stored.answers, stored.erased, stored.revisions.count()) == ({}, "deleted", 0)
    assert stored.number == submission.number
    assert "异响" not in everything_stored()
    assert verify().faults == []


def test_nothing_goes_before_its_time_and_forms_without_a_period_keep_all() -> None:
    person = make_user()
    young = old_submission(person, months=11)
    make_submission(make_form(person), person)
    assert [(due.form_key, due.due) for due in retention.plan()] == [(young.form_key, 0)]
    assert retention.carry_out() == 0


def test_a_hold_on_the_submission_or_on_the_form_stops_it_until_it_is_lifted() -> None:
    person, auditor = make_user(), make_user_with_roles("auditor")
    submission = old_submission(person)
    with pytest.raises(NotPermitted):
        retention.place_hold(by=person, reason="诉讼", submission=submission)
    with pytest.raises(ReasonMissing):
        retention.place_hold(by=auditor, reason=" ", submission=submission)
    holds = [
        retention.place_hold(by=auditor, reason="诉讼", submission=submission),
        retention.place_hold(by=auditor, reason="稽查", form_key=submission.form_key),
    ]
    with pytest.raises(RuleBroken):
        retention.place_hold(by=auditor, reason="再来", submission=submission)
    for hold in holds:
        assert (retention.plan()[0].due, retention.plan()[0].held, retention.carry_out()) == (0, 1, 0)
        retention.lift_hold(hold=hold, by=auditor, reason="结案")
    with pytest.raises(RuleBroken):
        retention.lift_hold(hold=holds[0], by=auditor, reason="结案")
    assert retention.carry_out() == 1
    assert [event.kind for event in events_of(holds[0].stream)] == ["hold_placed", "hold_lifted"]
    assert LegalHold.objects.filter(lifted_at__isnull=True).count() == 0


def test_another_room_can_hold_a_submission_back(monkeypatch: pytest.MonkeyPatch) -> None:
    submission = old_submission(make_user())
    monkeypatch.setattr(retention, "_bars", {"cases": lambda batch: {one.pk: "open" for one in batch}})
    assert (retention.plan()[0].due, retention.plan()[0].waiting, retention.carry_out()) == (0, 1, 0)
    monkeypatch.setattr(retention, "_bars", {})
    told: list[Any] = []
    monkeypatch.setattr(
        retention, "_followers", {"files": lambda one, had: told.append((one.pk, had["secret"]))}
    )
    assert retention.carry_out() == 1
    assert told == [(submission.pk, f"{CANARY}改")]


def test_months_are_months_of_the_calendar() -> None:
    zone = timezone.get_current_timezone()
    end = datetime.datetime(2026, 3, 31, 12, tzinfo=zone)
    assert retention.months_before(end, 1) == datetime.datetime(2026, 2, 28, 12, tzinfo=zone)
    assert retention.months_before(end, 13) == datetime.datetime(2025, 2, 28, 12, tzinfo=zone)
    assert retention.months_before(end, -1) == datetime.datetime(2026, 4, 30, 12, tzinfo=zone)


def test_the_command_says_what_it_would_do_and_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    submission = old_submission(make_user(), key="sheet")
    call_command("retention", dry_run=True)
    assert "sheet" in capsys.readouterr().out
    assert Submission.objects.get(pk=submission.pk).erased == ""
    call_command("retention")
    assert Submission.objects.get(pk=submission.pk).erased == "anonymised"


@pytest.mark.django_db(transaction=True)
def test_two_workers_erase_each_submission_once() -> None:
    person = make_user()
    for _number in range(3):
        old_submission(person)
    assert sum(at_once(retention.carry_out, retention.carry_out)) == 3
