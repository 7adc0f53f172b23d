"""Queries composed once answer as Django's own do, for every value that is put into them."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from foundation.audit.models import Receipt
from foundation.organisation.models import Department, Deputy, User
from foundation.prepared import Prepared, PreparedAmong, Slot, insert_row, update_row
from tests.factories.organisation import make_deputy, make_user

pytestmark = pytest.mark.django_db

BY_UUID = Prepared(lambda: User.objects.filter(uuid=Slot("uuid", models.UUIDField())))
NAMES = PreparedAmong(
    models.CharField(), lambda names: User.objects.filter(username__in=names).order_by("username")
)
ON = Prepared(
    lambda: Deputy.objects.on(Slot("day", models.DateField())).select_related("principal", "deputy")
)


def test_a_person_is_found_by_uuid_as_often_as_asked() -> None:
    people = [make_user() for _number in range(3)]
    for person in people:
        found = BY_UUID.first(uuid=person.uuid)
        assert (found, found and found.date_joined) == (person, person.date_joined)
    assert BY_UUID.first(uuid=uuid.uuid4()) is None


def test_the_same_statement_is_sent_each_time() -> None:
    person = make_user()
    with CaptureQueriesContext(connection) as asked:
        BY_UUID.all(uuid=person.uuid)
        BY_UUID.all(uuid=person.uuid)
    assert len({one["sql"] for one in asked.captured_queries}) == 1


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 9])
def test_any_number_of_values_finds_what_django_finds(number: int) -> None:
    names = [make_user().username for _number in range(10)][:number]
    assert NAMES.all(names) == list(User.objects.filter(username__in=names).order_by("username"))


def test_related_rows_come_along_and_those_that_are_not_there_are_none() -> None:
    deputy = make_deputy(principal=make_user(), deputy=make_user())
    day = deputy.starts
    with CaptureQueriesContext(connection) as asked:
        (found,) = ON.all(day=day)
        assert (found.principal, found.deputy) == (deputy.principal, deputy.deputy)
    assert len(asked) == 1
    assert ON.all(day=day - datetime.timedelta(days=1)) == []
    above = Prepared(
        lambda: Department.objects.select_related("parent").filter(code=Slot("code", models.CharField()))
    )
    top = Department.objects.create(code="TOP", name="总部")
    below = Department.objects.create(code="LOW", name="门店", parent=top)
    tops, lows = above.all(code="TOP"), above.all(code="LOW")
    with CaptureQueriesContext(connection) as asked:
        assert (tops[0].parent, lows[0].parent) == (None, top)
    assert (len(asked), lows) == (0, [below])


def test_columns_left_out_are_asked_for_when_they_are_needed() -> None:
    person = make_user()
    brief = Prepared(lambda: User.objects.defer("email").filter(pk=Slot("pk", models.BigAutoField())))
    found = brief.first(pk=person.pk)
    assert found is not None
    assert found.get_deferred_fields() == {"email"}
    assert found.email == person.email


def test_rows_are_locked_inside_a_transaction_only(transactional_db: None) -> None:
    locked = Prepared(lambda: User.objects.select_for_update().filter(pk=Slot("pk", models.BigAutoField())))
    person = make_user()
    with transaction.atomic():
        assert locked.first(pk=person.pk) == person
    with pytest.raises(TransactionManagementError):
        locked.first(pk=person.pk)


def test_a_row_that_is_inserted_is_as_django_would_have_made_it() -> None:
    receipt = Receipt(
        key_hash="a" * 64, stream="s", stream_ver=1, request_hash="b" * 64, answer={"名": [1, None]}
    )
    insert_row(receipt)
    stored = Receipt.objects.get(pk=receipt.pk)
    assert (stored.answer, stored.made_at) == ({"名": [1, None]}, receipt.made_at)
    assert (stored, receipt._state.adding) == (receipt, False)


def test_a_row_is_updated_only_where_it_is_as_it_was_thought_to_be() -> None:
    person = make_user()
    field = User._meta.get_field
    key, name = (field("id"), person.pk), (field("username"), person.username)
    assert not update_row(User, [(field("email"), "x@example.org")], where=[key, (field("username"), "else")])
    assert update_row(User, [(field("email"), "y@example.org")], where=[key, name])
    assert User.objects.get(pk=person.pk).email == "y@example.org"
