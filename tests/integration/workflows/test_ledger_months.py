"""Months that are closed, and what the database itself refuses of a ledger."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from foundation.audit import guards
from foundation.audit.queries import events_of
from tests.factories.claims import Claims, balance, entries
from workflows.exceptions import CaseNotFound, NotPermitted, RuleBroken
from workflows.models import Case, LedgerEntry, LedgerMonth
from workflows.services import months

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = timezone.localdate()
THIS_MONTH = TODAY.replace(day=1)
LAST_MONTH = (THIS_MONTH - datetime.timedelta(days=1)).replace(day=1)
MONTH_BEFORE = (LAST_MONTH - datetime.timedelta(days=1)).replace(day=1)


@pytest.fixture
def house() -> Claims:
    return Claims()


def claim_of(house: Claims, day: datetime.date, asked: str = "1000.00") -> Case:
    return house.filed(asked, filed_on=day.isoformat())


def copy_of(entry: LedgerEntry, **changed: object) -> LedgerEntry:
    """Return a new entry that is like another one but for what is changed, with a number of its own."""
    said = {field.attname: getattr(entry, field.attname) for field in LedgerEntry._meta.concrete_fields}
    return LedgerEntry(**{**said, "id": None, "number": entry.number + 100, **changed})


def test_months_are_closed_one_after_another_and_once_they_are_over(house: Claims) -> None:
    case = claim_of(house, MONTH_BEFORE.replace(day=9))
    house.post(case, "300", posted_on=LAST_MONTH)
    assert months.next_to_close("claim") == MONTH_BEFORE
    with override("en"), pytest.raises(RuleBroken, match="one after another"):
        months.close_month(workflow="claim", month=LAST_MONTH, by=house["accountant"])
    first = months.close_month(workflow="claim", month=MONTH_BEFORE, by=house["accountant"])
    assert (first.opening, first.closing, first.entries) == (Decimal("0.00"), Decimal("1000.00"), 1)
    assert first.totals == {"claimed": {"entries": 1, "amount": "1000.00"}}
    with override("en"), pytest.raises(RuleBroken, match=r"closed already\. It cannot be opened again"):
        months.close_month(workflow="claim", month=MONTH_BEFORE, by=house["accountant"])
    second = months.close_month(workflow="claim", month=LAST_MONTH, by=house["accountant"])
    assert (second.opening, second.closing) == (Decimal("1000.00"), Decimal("700.00"))
    with override("en"), pytest.raises(RuleBroken, match="not over yet"):
        months.close_month(workflow="claim", month=THIS_MONTH, by=house["accountant"])
    told = events_of("ledger:claim")
    assert [event.kind for event in told] == ["ledger_month_closed"] * 2
    assert told[1].changes[0].after["closing"] == "700.00"


def test_only_who_may_closes_a_month(house: Claims) -> None:
    claim_of(house, LAST_MONTH)
    with override("en"), pytest.raises(NotPermitted, match="not yours to do"):
        months.close_month(workflow="claim", month=LAST_MONTH, by=house["cashier"])
    with pytest.raises(CaseNotFound):
        months.close_month(workflow="no_such", month=LAST_MONTH, by=house["accountant"])
    assert not LedgerMonth.objects.exists()


def test_an_empty_ledger_has_no_month_to_close(house: Claims) -> None:
    with override("en"), pytest.raises(RuleBroken, match="no entry yet"):
        months.close_month(workflow="claim", month=LAST_MONTH, by=house["accountant"])


def test_a_closed_month_takes_no_entry_and_the_correction_goes_into_the_open_one(house: Claims) -> None:
    case = claim_of(house, LAST_MONTH.replace(day=3))
    months.close_month(workflow="claim", month=LAST_MONTH, by=house["accountant"])
    with override("en"), pytest.raises(RuleBroken, match=f"{LAST_MONTH:%Y-%m} is closed and takes no entry"):
        house.post(case, "10", posted_on=LAST_MONTH.replace(day=28))
    with override("en"), pytest.raises(RuleBroken, match="is closed"):
        claim_of(house, MONTH_BEFORE)
    with override("en"), pytest.raises(RuleBroken, match="is closed"):
        house.reverse(case, 1, posted_on=LAST_MONTH.replace(day=4))
    house.reverse(case, 1)
    assert LedgerEntry.objects.get(number=2).posted_on == TODAY
    assert balance(case) == Decimal("0.00")
    assert months.totals_of_month("claim", LAST_MONTH).closing == Decimal("1000.00")


def test_the_database_refuses_to_change_or_remove_an_entry(house: Claims) -> None:
    case = claim_of(house, LAST_MONTH)
    row = LedgerEntry.objects.filter(case=case)
    for verb in (
        lambda: row.update(amount=Decimal("1.00")),
        lambda: row.update(posted_on=TODAY),
        lambda: row.update(note="x"),
        lambda: row._raw_delete(row.db),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            verb()
    assert entries(case) == [("claimed", Decimal("1000.00"), Decimal("1000.00"))]


def test_the_database_refuses_an_entry_without_an_event_and_a_second_reversal(house: Claims) -> None:
    case = claim_of(house, LAST_MONTH)
    entry = LedgerEntry.objects.get(case=case)
    for changed in ({"version": 99}, {"stream": "case:none"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            copy_of(entry, **changed).save(force_insert=True)
    house.reverse(case, 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        copy_of(entry, reversal_of_id=entry.pk).save(force_insert=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        copy_of(entry, number=entry.number).save(force_insert=True)
    assert LedgerEntry.objects.count() == 2


def test_the_database_refuses_an_entry_in_a_closed_month_and_to_open_the_month(house: Claims) -> None:
    case = claim_of(house, LAST_MONTH)
    entry = LedgerEntry.objects.get(case=case)
    months.close_month(workflow="claim", month=LAST_MONTH, by=house["accountant"])
    with pytest.raises(DatabaseError, match="the month of its day is closed"), transaction.atomic():
        copy_of(entry).save(force_insert=True)
    closed = LedgerMonth.objects.filter(workflow="claim")
    for verb in (lambda: closed.update(ends_on=MONTH_BEFORE), lambda: closed._raw_delete(closed.db)):
        with pytest.raises(DatabaseError), transaction.atomic():
            verb()
    month = closed.get()
    month.pk, month.month, month.version = None, MONTH_BEFORE, 99  # an event nobody wrote
    with pytest.raises(DatabaseError), transaction.atomic():
        month.save(force_insert=True)
    copy_of(entry, posted_on=TODAY).save(force_insert=True)
    assert LedgerEntry.objects.count() == 2


def test_a_server_does_not_start_without_the_guards_of_the_ledger(house: Claims) -> None:
    table = LedgerEntry._meta.db_table
    name = f"remit_{table}_month"
    with connection.cursor() as cursor:
        on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    assert guards.missing() == [name]
    guards.install()
    assert guards.missing() == []


def test_a_migration_may_rebuild_the_table_of_months_and_the_guards_come_back(house: Claims) -> None:
    guards.lift_rules_across_tables()
    field = LedgerMonth._meta.get_field("entries")
    with connection.schema_editor() as editor:
        wider = type(field)(null=True)
        wider.set_attributes_from_name("entries")
        editor.alter_field(LedgerMonth, field, wider)
    with connection.schema_editor() as editor:
        editor.alter_field(LedgerMonth, wider, field)
    guards.install()
    assert guards.missing() == []


def test_an_amount_with_more_decimals_is_never_stored(house: Claims) -> None:
    case = claim_of(house, LAST_MONTH)
    entry = LedgerEntry.objects.get(case=case)
    with pytest.raises(ValueError, match="more than 2 decimals"):
        copy_of(entry, amount=Decimal("1.005")).save(force_insert=True)
