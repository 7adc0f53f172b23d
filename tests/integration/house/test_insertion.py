"""Plain rows are stored as the models themselves would store them, and under the same constraints."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from forms.models import RegisterNumber, RegisterText, Submission
from foundation.audit.models import Opening, SubjectKey
from foundation.audit.queries import newest_event
from foundation.insertion import insert_rows
from tests.factories.forms import make_form, make_submission
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 11, 22, 23, 59, 59, 123456, tzinfo=datetime.UTC)


def made() -> Submission:
    person = make_user()
    return make_submission(make_form(person), person)


def stored(model: type[models.Model], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return list(model._base_manager.order_by("-pk").values_list(*names)[:2])[::-1]


def test_values_are_read_back_as_they_were_given() -> None:
    submission = made()
    texts = ("submission_id", "column", "at", "place", "key", "text")
    rows = [
        (submission.pk, -(2**63), AT, 0, "", "100% of “it's” 划痕 %s ?"),
        (submission.pk, 7, AT, 9, "k", ""),
    ]
    insert_rows(RegisterText, texts, rows)
    assert stored(RegisterText, texts) == rows
    numbers = ("submission_id", "column", "at", "number")
    amounts = [(submission.pk, 1, AT, 2**63 - 1), (submission.pk, 2, AT, -1)]
    insert_rows(RegisterNumber, numbers, amounts)
    assert stored(RegisterNumber, numbers) == amounts
    assert RegisterNumber.objects.filter(at=AT, submission=submission).count() == 2


def test_no_rows_are_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert_rows(RegisterText, ("column",), [])


def test_one_of_many_that_breaks_a_rule_of_the_table_refuses_all() -> None:
    event, key = newest_event(made().stream), SubjectKey.objects.all()[0]
    assert event is not None
    names = ("event_id", "path", "side", "salt", "value", "key_id")
    new = (event.pk, "another", "to", b"\x00" * 32, None, key.pk)
    before = Opening.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Opening, names, [new, new])
    assert Opening.objects.count() == before
    insert_rows(Opening, names, [new])
    kept = Opening.objects.get(path="another")
    assert (bytes(kept.salt), kept.value) == (b"\x00" * 32, None)
