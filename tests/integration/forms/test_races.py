"""Several people, or one with two windows, at the same moment."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from forms.exceptions import FormError
from forms.models import Draft, NumberSeries, Submission
from forms.services.submissions import save_draft, submit, unkept_draft
from foundation.audit.services import AuditError
from tests.factories.forms import make_draft, make_form
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment; return what each gave, or the refusal it met."""
    start, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            start.wait()
            answers[number] = work()
        except (FormError, AuditError) as refusal:
            answers[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_numbers_given_at_once_differ() -> None:
    person = make_user()
    edition = make_form(person, key="rush")
    done = at_once(
        *(
            lambda number=number: submit(
                edition=edition, answers={"subject": "一"}, by=person, idempotency_key=f"k{number}"
            )
            for number in range(6)
        )
    )
    assert sorted(submission.number for submission in done) == [f"RUSH-000{n}" for n in range(1, 7)]
    assert NumberSeries.objects.get().last == 6


def test_one_draft_submitted_from_several_windows_is_one_submission() -> None:
    person = make_user()
    draft = make_draft(make_form(person), person, subject="一")
    done = at_once(
        *(
            lambda words=words: submit(
                edition=draft.edition,
                answers={"subject": words},
                by=person,
                idempotency_key=f"draft:{draft.uuid}",
                draft=draft,
            )
            for words in ("一", "一", "一", "二")
        )
    )
    submissions = [one for one in done if isinstance(one, Submission)]
    assert {one.uuid for one in submissions} == {draft.uuid}
    assert (Submission.objects.count(), Draft.objects.count(), NumberSeries.objects.get().last) == (1, 0, 1)


def test_a_form_handed_in_at_once_from_several_windows_is_one_submission() -> None:
    person, name = make_user(), uuid.uuid4()
    edition = make_form(person)

    def hand_in(words: str) -> Submission:
        draft = unkept_draft(uuid=name, edition=edition, typed={"subject": [words]}, by=person)
        answers = {"subject": words}
        return submit(
            edition=edition, answers=answers, by=person, idempotency_key=f"draft:{name}", draft=draft
        )

    done = at_once(*(lambda words=words: hand_in(words) for words in ("一", "一", "二", "二")))
    submissions = [one for one in done if isinstance(one, Submission)]
    assert (len(submissions), {one.uuid for one in submissions}) == (2, {name})
    assert (Submission.objects.count(), Draft.objects.count(), NumberSeries.objects.get().last) == (1, 0, 1)


def test_two_first_savings_of_one_draft_make_one_row() -> None:
    person = make_user()
    edition, name = make_form(person), uuid.uuid4()
    at_once(
        lambda: save_draft(uuid=name, edition=edition, typed={"subject": ["一"]}, by=person),
        lambda: save_draft(uuid=name, edition=edition, typed={"note": ["二"]}, by=person),
    )
    assert Draft.objects.get().answers == {"subject": ["一"], "note": ["二"]}
