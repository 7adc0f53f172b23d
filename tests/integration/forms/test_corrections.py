"""A submission is corrected, never overwritten; taken back; talked about; and who read it is known."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from django.utils.translation import override

from forms import trail
from forms.exceptions import (
    AnswersInvalid,
    CorrectedMeanwhile,
    NotFound,
    NothingChanged,
    NotPermitted,
    ReasonMissing,
    RuleBroken,
)
from forms.models import CorrectionDraft, Submission, SubmissionRevision
from forms.queries import submission_for
from forms.revisions import revisions_of
from forms.rules import may_correct, withheld
from forms.services import corrections
from forms.services.submissions import submit
from foundation.audit.queries import events_of
from foundation.audit.services import KeyReused
from foundation.audit.verification import verify
from foundation.organisation.models import User
from tests.factories.audit import guards_lifted
from tests.factories.forms import field, make_form, make_submission, text
from tests.factories.organisation import make_role, make_user, make_user_with_roles
from tests.integration.forms.test_races import at_once

pytestmark = pytest.mark.django_db

OPEN = {"correction": {"by": ["submitter", "desk"]}, "withdrawal": {"by": ["submitter"]}}


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    """The roles that the forms here name."""
    for key in ("desk", "payroll"):
        make_role(key)


def correct(submission: Submission, by: User, **more: Any) -> Submission:
    given: dict[str, Any] = {
        "answers": {"subject": "新主题"},
        "reason": "写错了",
        "seen_revision": submission.revision,
        "idempotency_key": f"k{more.get('answers')}{more.get('reason')}",
    }
    return corrections.correct(submission=submission, by=by, **{**given, **more})


def test_a_correction_is_the_next_revision_with_its_reason_and_only_what_changed() -> None:
    person = make_user()
    edition = make_form(person, field("subject", required=True), field("note", "long_text"), **OPEN)
    submission = make_submission(edition, person, subject="旧主题", note="不变")
    done = correct(submission, person, answers={"subject": "新主题", "note": "不变"})
    assert (done.revision, done.state, done.answers) == (
        2,
        "corrected",
        {"subject": "新主题", "note": "不变"},
    )
    event = events_of(done.stream)[-1]
    assert event.kind == "submission_corrected"
    assert {change.path: (change.before, change.after) for change in event.changes} == {
        "reason": (None, "写错了"),
        "answers.subject": ("旧主题", "新主题"),
    }
    assert [(row.number, row.answers["subject"], row.reason) for row in done.revisions.all()] == [
        (1, "旧主题", ""),
        (2, "新主题", "写错了"),
    ]
    first, second = revisions_of(done, "zh-hans")
    assert (first.by, second.by, second.reason) == (person, person, "写错了")
    (difference,) = second.differences
    assert (difference.label, [(part.kind, part.text) for part in difference.segments]) == (
        "题目 subject",
        [("removed", "旧"), ("added", "新"), ("same", "主题")],
    )
    assert verify().faults == []


def test_the_same_correction_sent_twice_makes_one_revision() -> None:
    person = make_user()
    submission = make_submission(make_form(person, **OPEN), person)
    first = correct(submission, person, idempotency_key="k")
    again = correct(submission, person, idempotency_key="k")
    assert (first.revision, again.revision, SubmissionRevision.objects.count()) == (2, 2, 2)
    with pytest.raises(KeyReused):
        correct(submission, person, idempotency_key="k", reason="别的理由")


def test_without_a_reason_a_change_or_sound_answers_nothing_is_corrected() -> None:
    person = make_user()
    submission = make_submission(make_form(person, **OPEN), person)
    for refusal, more in (
        (ReasonMissing, {"reason": "  "}),
        (NothingChanged, {"answers": {"subject": "主题"}}),
        (AnswersInvalid, {"answers": {"note": "x"}}),
    ):
        with pytest.raises(refusal):
            correct(submission, person, **more)
    stored = Submission.objects.get(pk=submission.pk)
    assert (stored.version, stored.revision, stored.revisions.count()) == (1, 1, 0)


def test_only_those_the_form_names_correct_and_only_in_time() -> None:
    person, desk, stranger = make_user(), make_user_with_roles("desk"), make_user()
    rule = {"correction": {"by": ["submitter", "desk"], "days": 3}}
    submission = make_submission(make_form(person, **rule), person)
    with pytest.raises(NotFound):
        correct(submission, stranger)
    assert correct(submission, desk).revision == 2
    assert submission_for(desk, submission.uuid) == submission
    late = timezone.now() + datetime.timedelta(days=3, seconds=5)
    assert not may_correct(submission, person, frozenset(), late)
    closed = make_submission(make_form(person), person)
    with pytest.raises(NotPermitted):
        correct(closed, person)


def test_who_may_correct_is_said_by_the_form_as_it_stands() -> None:
    person = make_user()
    submission = make_submission(make_form(person, key="moving"), person)
    with pytest.raises(NotPermitted):
        correct(submission, person)
    make_form(person, key="moving", **OPEN)
    assert correct(submission, person).revision == 2


def test_read_only_fields_and_fields_the_corrector_may_not_read_keep_their_values() -> None:
    person, desk = make_user(), make_user_with_roles("desk")
    edition = make_form(
        person,
        field("subject", required=True),
        field("fixed", read_only_if="subject != 'free'", initial="每份都一样"),
        field("salary", "money", readers=["payroll"]),
        **OPEN,
    )
    submission = make_submission(edition, person, subject="一", salary="9000.00")
    assert withheld(submission, desk) == {"salary"}
    assert withheld(submission, person) == frozenset()
    done = correct(submission, desk, answers={"subject": "二", "fixed": "改", "salary": "1.00"})
    assert done.answers == {"subject": "二", "fixed": "每份都一样", "salary": "9000.00"}


def test_rows_that_came_went_and_changed_are_told_apart() -> None:
    person = make_user()
    group = {
        "id": "items",
        "title": text("配件", "Parts"),
        "repeat": {"item": text("配件", "Part")},
        "fields": [field("part"), field("count", "whole_number")],
    }
    pages = [{"id": "p", "title": text("页"), "groups": [group]}]
    submission = make_submission(
        make_form(person, pages=pages, **OPEN),
        person,
        items=[{"_row": "r1", "part": "前杠", "count": 1}, {"_row": "r2", "part": "灯"}],
    )
    done = correct(
        submission,
        person,
        answers={"items": [{"_row": "r1", "part": "前杠", "count": 2}, {"_row": "r3", "part": "镜"}]},
    )
    changes = {change.path: (change.before, change.after) for change in events_of(done.stream)[-1].changes}
    assert changes == {
        "reason": (None, "写错了"),
        "answers.items": (["r1", "r2"], ["r1", "r3"]),
        "answers.items/r1/count": (1, 2),
        "answers.items/r2/part": ("灯", None),
        "answers.items/r3/part": (None, "镜"),
    }
    with translation.override("en"):
        labels = [each.label for each in revisions_of(done, "en")[-1].differences]
    assert labels == [
        "Part 2, taken out · Question part",
        "Part 1 · Question count",
        "Part 2, added · Question part",
    ]
    assert verify().faults == []


def test_a_second_corrector_sees_what_the_first_did_and_loses_nothing() -> None:
    person, desk = make_user(), make_user_with_roles("desk")
    submission = make_submission(make_form(person, **OPEN), person)
    mine = corrections.save_correction(
        submission=submission, typed={"note": ["我的话"]}, reason="补充", by=desk, seen_revision=1
    )
    correct(submission, person)
    with pytest.raises(CorrectedMeanwhile) as refusal:
        correct(submission, desk, answers={"subject": "主题", "note": "我的话"}, seen_revision=1)
    assert [each.path for each in refusal.value.differences] == ["subject"]
    mine.refresh_from_db()
    assert (mine.answers, mine.reason, mine.seen_revision) == (
        {"subject": ["主题"], "note": ["我的话"]},
        "补充",
        1,
    )
    corrections.begin_again(submission=submission, by=desk, typed={"note": ["我的话"]})
    done = correct(
        submission, desk, answers={"subject": "新主题", "note": "我的话"}, seen_revision=2, reason="补充"
    )
    assert (done.revision, done.answers) == (3, {"subject": "新主题", "note": "我的话"})
    assert CorrectionDraft.objects.count() == 0


def test_a_draft_of_a_correction_keeps_what_cannot_be_read_yet() -> None:
    person = make_user()
    submission = make_submission(
        make_form(person, field("phone", "phone"), **OPEN), person, phone="13800138000"
    )
    draft = corrections.save_correction(
        submission=submission,
        typed={"phone": ["138 0"], "evil": ["x"]},
        reason="r" * 2000,
        by=person,
        seen_revision=1,
    )
    assert (draft.answers, len(draft.reason)) == ({"phone": ["138 0"]}, 1000)
    corrections.begin_again(submission=submission, by=person, typed=None)
    assert CorrectionDraft.objects.count() == 0


def test_a_submission_is_taken_back_with_a_reason_and_then_stays_as_it_is() -> None:
    person = make_user()
    submission = make_submission(make_form(person, **OPEN), person)
    with pytest.raises(ReasonMissing):
        corrections.withdraw(
            submission=submission, reason="", by=person, seen_revision=1, idempotency_key="w"
        )
    done = corrections.withdraw(
        submission=submission, reason="重复提交", by=person, seen_revision=1, idempotency_key="w"
    )
    assert (done.state, done.answers, done.revision) == ("withdrawn", {"subject": "主题"}, 1)
    again = corrections.withdraw(
        submission=submission, reason="重复提交", by=person, seen_revision=1, idempotency_key="w"
    )
    assert again.version == 2
    with pytest.raises(NotPermitted):
        correct(submission, person)
    assert verify().faults == []


def test_another_room_may_hold_a_submission_that_something_grew_from(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_user()
    submission = make_submission(make_form(person, **OPEN), person)
    monkeypatch.setattr(corrections, "_bars", {"test": lambda one: f"Case of {one.number}."})
    with pytest.raises(RuleBroken, match=f"Case of {submission.number}"):
        corrections.withdraw(
            submission=submission, reason="x", by=person, seen_revision=1, idempotency_key="w"
        )


def test_comments_are_added_and_never_changed() -> None:
    person = make_user()
    submission = make_submission(make_form(person), person)
    said = corrections.comment(submission=submission, text=" 已电话核实 ", by=person, idempotency_key="c")
    assert (
        corrections.comment(submission=submission, text="已电话核实", by=person, idempotency_key="c") == said
    )
    with pytest.raises(RuleBroken):
        corrections.comment(submission=submission, text=" \x00", by=person, idempotency_key="d")
    with pytest.raises(RuleBroken, match="4000"):
        corrections.comment(submission=submission, text="长" * 4001, by=person, idempotency_key="e")
    with pytest.raises(DatabaseError), transaction.atomic():
        type(said).objects.filter(pk=said.pk).update(text="别的")
    assert [each.text for each in submission.comments.all()] == ["已电话核实"]
    assert verify().faults == []


def test_a_reading_of_confidential_answers_is_recorded_once_an_hour_and_not_of_the_author() -> None:
    person, desk = make_user(), make_user_with_roles("desk")
    secret = make_form(person, field("subject", confidentiality="confidential"), **OPEN)
    submission = make_submission(secret, person)
    assert not corrections.record_reading(submission=submission, by=person)
    assert corrections.record_reading(submission=submission, by=desk)
    assert not corrections.record_reading(submission=submission, by=desk)
    with guards_lifted():
        submission.readings.update(at=timezone.now() - datetime.timedelta(minutes=61))
    assert corrections.record_reading(submission=submission, by=desk)
    assert [event.actor_id for event in events_of(f"reading:{submission.uuid}")] == [desk.pk, desk.pk]
    plain = make_submission(make_form(person, **OPEN), person)
    assert not corrections.record_reading(submission=plain, by=desk)


def test_the_trail_tells_all_of_it_in_order() -> None:
    person, desk = make_user(), make_user_with_roles("desk")
    form = make_form(person, field("subject", confidentiality="confidential"), **OPEN)
    submission = make_submission(form, person)
    correct(submission, person)
    corrections.comment(submission=submission, text="好", by=person, idempotency_key="c")
    corrections.record_reading(submission=submission, by=desk)
    fresh = Submission.objects.get(pk=submission.pk)
    corrections.withdraw(submission=fresh, reason="不要了", by=person, seen_revision=2, idempotency_key="w")
    with translation.override("en"):
        told = trail.entries(submission.number)
    assert [(entry.what, entry.reason) for entry in told] == [
        ("Submitted", ""),
        ("Corrected", "写错了"),
        ("Commented on", ""),
        ("Read", ""),
        ("Withdrawn", "不要了"),
    ]
    assert [(change.label, change.before, change.after) for change in told[1].changes] == [
        ("Question subject", "主题", "新主题")
    ]


def test_a_revision_altered_behind_the_record_is_found() -> None:
    person = make_user()
    submission = make_submission(make_form(person, **OPEN), person)
    correct(submission, person)
    with guards_lifted():
        SubmissionRevision.objects.filter(number=1).update(answers={"subject": "假的"})
    with override("en"):
        found = [(fault.table, fault.what) for fault in verify().faults]
    assert found == [("formbuilder_submissionrevision", "the answers are not those its events tell of")]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_correct_at_once_one_wins_and_the_other_sees_the_difference() -> None:
    person, desk = make_user(), make_user_with_roles("desk")
    submission = make_submission(make_form(person, **OPEN), person)
    done = at_once(
        lambda: correct(submission, person, answers={"subject": "甲"}, idempotency_key="a"),
        lambda: correct(submission, desk, answers={"subject": "乙"}, idempotency_key="b"),
    )
    (winner,) = [one for one in done if isinstance(one, Submission)]
    (loser,) = [one for one in done if isinstance(one, CorrectedMeanwhile)]
    assert winner.revision == 2
    (difference,) = loser.differences
    assert (
        "".join(part.text for part in difference.segments if part.kind != "removed")
        == winner.answers["subject"]
    )
    assert verify().faults == []


def test_a_submission_made_under_an_old_edition_is_corrected_in_its_words() -> None:
    person = make_user()
    old = make_form(person, field("subject", required=True, label=text("旧称")), key="words", **OPEN)
    submission = submit(edition=old, answers={"subject": "一"}, by=person, idempotency_key="s")
    make_form(person, field("topic", required=True), key="words", **OPEN)
    done = correct(submission, person, answers={"subject": "二"})
    assert done.answers == {"subject": "二"}
    assert revisions_of(done, "zh-hans")[-1].differences[0].label == "旧称"
