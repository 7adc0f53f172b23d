"""Drafts and submissions: one draft, one submission, one number; nothing undeclared, nothing of others."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from forms.exceptions import AlreadySubmitted, AnswersInvalid, DefinitionRefused, NotFound, NotPermitted
from forms.models import Draft, NumberSeries, Submission
from forms.queries import (
    current_form,
    draft_for,
    drafts_of,
    forms_open_to,
    submission_for,
    submissions_of,
)
from forms.schema import definition_of
from forms.services.definitions import publish_form
from forms.services.numbering import next_number
from forms.services.submissions import discard_draft, save_draft, submit
from foundation.audit.models import Event
from foundation.audit.queries import events_of
from foundation.audit.services import KeyReused
from foundation.audit.verification import verify
from tests.factories.forms import field, form_body, make_draft, make_form, make_submission
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


def test_submitting_keeps_number_answers_event_and_history() -> None:
    person = make_user()
    edition = make_form(person, field("subject", required=True), field("price", "money"), key="claim")
    submission = submit(
        edition=edition,
        answers={"subject": "划痕", "price": "12.30", "undeclared": 1, "state": "closed"},
        by=person,
        idempotency_key="k",
    )
    stored = Submission.objects.get(uuid=submission.uuid)
    assert (stored.number, stored.answers, stored.version, stored.state, stored.form_key, stored.edition) == (
        "CLAIM-0001",
        {"subject": "划痕", "price": "12.30"},
        1,
        "submitted",
        "claim",
        edition,
    )
    (event,) = events_of(stored.stream)
    assert (event.kind, event.target_state, event.edition_sha256) == (
        "submission_submitted",
        "submitted",
        edition.sha256,
    )
    assert {change.path: change.after for change in event.changes if change.path != "row"} == {
        "number": "CLAIM-0001",
        "answers.subject": "划痕",
        "answers.price": "12.30",
    }
    (history,) = stored.history.all()
    assert (history.answers, history.history_user_id) == (stored.answers, person.pk)
    assert verify().faults == []


def test_the_same_request_twice_makes_one_submission() -> None:
    person = make_user()
    edition = make_form(person)
    first = submit(edition=edition, answers={"subject": "一"}, by=person, idempotency_key="k")
    again = submit(edition=edition, answers={"subject": "一"}, by=person, idempotency_key="k")
    assert again == first
    assert (Submission.objects.count(), NumberSeries.objects.get().last) == (1, 1)
    with pytest.raises(KeyReused):
        submit(edition=edition, answers={"subject": "二"}, by=person, idempotency_key="k")
    other = submit(edition=edition, answers={"subject": "一"}, by=make_user(), idempotency_key="k")
    assert other != first


def test_one_draft_becomes_one_submission_whatever_the_key() -> None:
    person = make_user()
    draft = make_draft(make_form(person), person, subject="一")
    done = submit(
        edition=draft.edition, answers={"subject": "一"}, by=person, idempotency_key="a", draft=draft
    )
    assert (done.uuid, Draft.objects.count()) == (draft.uuid, 0)
    with pytest.raises(AlreadySubmitted) as refusal:
        submit(edition=draft.edition, answers={"subject": "二"}, by=person, idempotency_key="b", draft=draft)
    assert refusal.value.submission == done
    with pytest.raises(AlreadySubmitted):
        save_draft(uuid=draft.uuid, edition=draft.edition, typed={"subject": ["三"]}, by=person)
    with pytest.raises(NotFound):
        save_draft(uuid=draft.uuid, edition=draft.edition, typed={}, by=make_user())
    assert (Submission.objects.count(), Draft.objects.count()) == (1, 0)


def test_unsound_answers_leave_nothing_behind() -> None:
    person = make_user()
    draft = make_draft(make_form(person), person, note="only a note")
    events = Event.objects.count()
    with pytest.raises(AnswersInvalid) as refusal:
        submit(edition=draft.edition, answers={"note": "x"}, by=person, idempotency_key="k", draft=draft)
    assert [error.field for error in refusal.value.errors] == ["subject"]
    assert (Submission.objects.count(), NumberSeries.objects.count(), Event.objects.count()) == (0, 0, events)
    assert draft_for(person, draft.uuid).answers == {"note": ["only a note"]}


def test_numbers_are_never_given_twice() -> None:
    person = make_user()
    edition = make_form(person, key="slip")
    assert make_submission(edition, person).number == "SLIP-0001"
    with transaction.atomic():
        make_submission(edition, person)
        transaction.set_rollback(True)
    assert make_submission(edition, person).number == "SLIP-0002"
    with transaction.atomic():
        assert next_number("SLIP-{seq:04}", edition.effective_from) == "SLIP-0003"
    assert make_submission(edition, person).number == "SLIP-0004"


def test_the_database_refuses_a_change_without_an_event() -> None:
    person = make_user()
    submission = make_submission(make_form(person), person)
    with pytest.raises(Exception, match="version"), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(answers={"subject": "假的"})

    def without_event() -> None:
        with transaction.atomic():
            Submission.objects.filter(pk=submission.pk).update(version=2)
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        without_event()
    assert Submission.objects.get(pk=submission.pk).answers == {"subject": "主题"}


def test_only_submitters_may_begin_and_submit() -> None:
    clerk, stranger = make_user_with_roles("clerk"), make_user()
    edition = publish_form(form_body(key="inner", submitters=["clerk"]), by=clerk)
    assert [form.key for _edition, form in forms_open_to(clerk)] == ["inner"]
    assert forms_open_to(stranger) == []
    for act in (
        lambda by: submit(edition=edition, answers={"subject": "x"}, by=by, idempotency_key="k"),
        lambda by: save_draft(uuid=uuid.uuid4(), edition=edition, typed={}, by=by),
    ):
        with pytest.raises(NotPermitted):
            act(stranger)
        assert act(clerk).edition == edition
    clerk.is_active = False
    clerk.save()
    with pytest.raises(NotPermitted):
        submit(edition=edition, answers={"subject": "x"}, by=clerk, idempotency_key="other")


def test_drafts_keep_what_was_typed_and_only_that() -> None:
    person, colleague = make_user(), make_user()
    edition = make_form(
        person,
        field("phone", "phone"),
        field("n", "whole_number"),
        field("twice", "whole_number", computed="n + n"),
    )
    name = uuid.uuid4()
    save_draft(uuid=name, edition=edition, typed={"phone": ["12"], "evil": ["x"], "twice": ["9"]}, by=person)
    save_draft(uuid=name, edition=edition, typed={"n": ["\x00a"]}, by=person, page=7)
    draft = draft_for(person, name)
    assert (draft.answers, draft.page) == ({"phone": ["12"], "n": ["a"]}, 0)
    for act in (
        lambda: draft_for(colleague, name),
        lambda: save_draft(uuid=name, edition=edition, typed={"n": ["1"]}, by=colleague),
        lambda: discard_draft(uuid=name, by=colleague),
        lambda: submit(edition=edition, answers={}, by=colleague, idempotency_key="k", draft=draft),
    ):
        with pytest.raises(NotFound):
            act()
    discard_draft(uuid=name, by=person)
    discard_draft(uuid=name, by=person)
    assert Draft.objects.count() == 0


def test_a_draft_and_a_submission_stay_on_their_edition() -> None:
    person = make_user()
    first = make_form(person, field("subject", label={"zh-hans": "旧", "en": "Old"}), key="moving")
    draft = make_draft(first, person, subject="一")
    submission = make_submission(first, person)
    second = make_form(person, field("topic", label={"zh-hans": "新", "en": "New"}), key="moving")
    assert current_form("moving")[0] == second
    save_draft(uuid=draft.uuid, edition=second, typed={"subject": ["二"], "topic": ["三"]}, by=person)
    kept = draft_for(person, draft.uuid)
    assert (kept.edition, kept.answers) == (first, {"subject": ["二"]})
    reread = Submission.objects.get(pk=submission.pk)
    assert definition_of(reread.edition).by_id["subject"].label["en"] == "Old"


def test_strangers_find_nothing_and_a_caller_may_let_others_in() -> None:
    person, stranger = make_user(), make_user()
    submission = make_submission(make_form(person), person)
    assert submission_for(person, submission.uuid) == submission
    with pytest.raises(NotFound):
        submission_for(stranger, submission.uuid)
    with pytest.raises(NotFound):
        submission_for(stranger, submission.uuid, also=lambda _submission, user: user == person)
    assert submission_for(stranger, submission.uuid, also=lambda _submission, user: user == stranger)


def test_a_faulty_definition_is_not_published() -> None:
    person = make_user()
    with pytest.raises(DefinitionRefused) as refusal:
        publish_form(form_body(field("a", visible_if="b")), by=person)
    assert [problem.path for problem in refusal.value.problems] == [
        "pages.first.groups.first_group.fields.a.visible_if"
    ]
    with pytest.raises(NotFound):
        current_form("nothing")


def queries_of(work: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        work()
    return len(seen)


def test_lists_take_the_same_queries_for_one_and_for_many() -> None:
    person = make_user()

    def look() -> None:
        for draft in drafts_of(person):
            assert draft.edition.key
        for submission in submissions_of(person):
            assert submission.edition.key
        forms_open_to(person)

    def add() -> None:
        edition = make_form(person)
        make_draft(edition, person)
        make_submission(edition, person)

    add()
    one = queries_of(look)
    add()
    add()
    assert queries_of(look) == one
