"""The ledger of a claim: what steps and people post, what is taken back, what is refused in words."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from tests.factories.chains import act, asks, fresh, text
from tests.factories.claims import Claims, balance, claim_body, entries
from tests.factories.organisation import make_user_with_roles
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.models import LedgerAccount, LedgerEntry
from workflows.services import approvals, ledger, migration, relations
from workflows.services.definitions import publish_workflow
from workflows.trail import entries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Claims:
    return Claims()


def test_a_step_posts_what_the_ledger_says_and_its_event_tells_of_it(house: Claims) -> None:
    case = house.filed("1200.50", filed_on="2026-01-05")
    entry = LedgerEntry.objects.get(case=case)
    assert (entry.number, entry.kind, entry.amount, entry.effect) == (
        1,
        "claimed",
        Decimal("1200.50"),
        Decimal("1200.50"),
    )
    assert (entry.posted_on, entry.reference, entry.currency) == (datetime.date(2026, 1, 5), "S-1", "CNY")
    assert (entry.stream, entry.version, entry.posted_by) == (case.stream, case.version, house["cashier"])
    event = events_of(case.stream)[-1]
    assert event.kind == "case_file"
    told = next(change.after for change in event.changes if change.path == "ledger.1")
    assert (told["kind"], told["amount"]) == ("claimed", "1200.50")
    assert balance(case) == Decimal("1200.50")
    with override("en"):
        line = entries_of(case, [event])[0].changes[-1]
    assert (line.label, line.after) == ("Ledger, entry 1", "申报 · 1,200.50 CNY · 2026-01-05 · S-1")


def test_less_is_granted_than_was_claimed_and_the_difference_leaves_the_balance(house: Claims) -> None:
    case = house.accepted("1200.00", "1000.00")
    assert entries(case) == [
        ("claimed", Decimal("1200.00"), Decimal("1200.00")),
        ("approved", Decimal("1000.00"), Decimal("0.00")),
        ("difference", Decimal("200.00"), Decimal("-200.00")),
    ]
    assert balance(case) == Decimal("1000.00")


def test_nothing_is_posted_where_the_amount_is_nought(house: Claims) -> None:
    assert [kind for kind, *_rest in entries(house.accepted("800.00", "800.00"))] == ["claimed", "approved"]


def test_more_granted_than_claimed_is_refused_in_words(house: Claims) -> None:
    case = house.filed("100.00")
    with override("en"), pytest.raises(RuleBroken, match="above zero"):
        act(case, "accept", house["cashier"], answers={"granted": ["120.00"]})
    assert fresh(case).state == "filed"
    assert len(entries(case)) == 1


def test_part_payments_leave_the_rest_open_and_the_last_one_settles_the_case(house: Claims) -> None:
    case = house.accepted("1000.00")
    case = house.post(case, "400")
    assert (case.state, balance(case)) == ("accepted", Decimal("600.00"))
    case = house.post(case, "¥600.00", reference="流水 7")
    assert (case.state, case.category, balance(case)) == ("settled", "final", Decimal("0.00"))
    assert LedgerAccount.objects.get(case=case).open_since is None
    assert verify().faults == []


@pytest.mark.parametrize(
    ("amount", "says"),
    [("12.345", "two decimals"), ("", "Write the amount"), ("abc", "Write the amount"), ("0", "above zero")],
)
def test_an_amount_that_is_none_is_refused_in_words(house: Claims, amount: str, says: str) -> None:
    case = house.accepted()
    with override("en"), pytest.raises(AnswersRefused) as refusal:
        house.post(case, amount)
    assert says in refusal.value.errors["amount"][0]
    assert len(entries(case)) == 2


def test_who_may_not_post_is_told_whose_it_is_and_strangers_find_nothing(house: Claims) -> None:
    case = house.accepted()
    with override("en"), pytest.raises(NotPermitted, match="not yours to post"):
        house.post(case, "1", by=house["auditor"])
    with override("en"), pytest.raises(NotPermitted, match="not yours to post"):
        house.post(case, "1", kind="written_off")
    with override("en"), pytest.raises(NotPermitted, match="not yours to take back"):
        house.reverse(case, 1, by=house["auditor"])
    for nobody in (house.stranger, house["chief"]):
        with pytest.raises(CaseNotFound):
            house.post(case, "1", by=nobody)
        with pytest.raises(CaseNotFound):
            house.reverse(case, 1, by=nobody)


def test_a_reversal_is_a_row_of_its_own_and_comes_once(house: Claims) -> None:
    case = house.accepted("1000.00")
    case = house.post(case, "400")
    case = house.reverse(case, 3, "记到别的单上了")
    assert entries(case)[-1] == ("received", Decimal("-400.00"), Decimal("400.00"))
    assert balance(case) == Decimal("1000.00")
    with override("en"), pytest.raises(RuleBroken, match="taken back already, by entry 4"):
        house.reverse(case, 3)
    with override("en"), pytest.raises(RuleBroken, match="A reversal is not taken back"):
        house.reverse(case, 4)
    with override("en"), pytest.raises(RuleBroken, match="has no entry 99"):
        house.reverse(case, 99)
    with override("en"), pytest.raises(AnswersRefused, match="marked below"):
        house.reverse(case, 1, "  ")
    event = events_of(case.stream)[-1]
    assert event.kind == "case_reversed"
    assert [change.after for change in event.changes if change.path == "reason"] == ["记到别的单上了"]


def test_a_reversed_receipt_opens_the_balance_of_a_closed_case_again(house: Claims) -> None:
    case = house.post(house.accepted("100.00"), "100")
    assert case.category == "final"
    case = house.reverse(case, 3, "支票被退")
    assert (case.category, balance(case)) == ("final", Decimal("100.00"))
    assert LedgerAccount.objects.get(case=case).open_since == timezone.localdate()


def test_the_same_request_twice_posts_once(house: Claims) -> None:
    case = house.accepted("1000.00")
    version = case.version
    for _time in range(2):
        house.post(case, "10", idempotency_key="same", seen_version=version)
    assert len(entries(case)) == 3
    with override("en"), pytest.raises(RuleBroken, match="with other content"):
        house.post(case, "11", idempotency_key="same", seen_version=version)
    with pytest.raises(Overtaken):
        house.post(case, "11", seen_version=version)


def test_an_entry_does_not_count_from_a_day_to_come_nor_is_it_taken_back_before_its_day(
    house: Claims,
) -> None:
    case = house.accepted()
    today = timezone.localdate()
    with override("en"), pytest.raises(RuleBroken, match="still to come"):
        house.post(case, "1", posted_on=today + datetime.timedelta(days=1))
    with override("en"), pytest.raises(RuleBroken, match="cannot be taken back before"):
        house.reverse(case, 1, posted_on=today - datetime.timedelta(days=1))
    with override("en"), pytest.raises(AnswersRefused):
        house.post(case, "1", posted_on=None)


def test_a_small_rest_is_written_off_by_the_manager_alone(house: Claims) -> None:
    case = house.post(house.accepted("1000.00"), "900")
    case = act(case, "give_up", house["cashier"])
    approvals.agree(asks(case, house["manager"]))
    case = fresh(case)
    assert (case.state, balance(case)) == ("settled", Decimal("0.00"))
    assert entries(case)[-1] == ("written_off", Decimal("100.00"), Decimal("-100.00"))


def test_a_large_rest_is_written_off_only_when_the_chief_agrees_too(house: Claims) -> None:
    case = act(house.accepted("5000.00"), "give_up", house["cashier"])
    approvals.agree(asks(case, house["manager"]))
    assert fresh(case).state == "large_write_off"
    assert balance(case) == Decimal("5000.00")
    approvals.refuse(asks(case, house["chief"], "先再催一次"))
    assert (fresh(case).state, balance(case)) == ("accepted", Decimal("5000.00"))
    case = act(case, "give_up", house["cashier"])
    approvals.agree(asks(case, house["manager"]))
    approvals.agree(asks(case, house["chief"]))
    assert (fresh(case).state, balance(case)) == ("settled", Decimal("0.00"))


def test_numbers_run_through_the_ledger_without_gaps(house: Claims) -> None:
    one, two = house.filed("10.00"), house.filed("20.00")
    with pytest.raises(AnswersRefused):
        house.post(one, "0")
    house.post(one, "1")
    house.post(two, "2")
    numbers = LedgerEntry.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]


def test_who_may_post_and_take_back_is_the_ledgers_to_say(house: Claims) -> None:
    case = house.accepted()
    assert [kind.id for kind in ledger.kinds_by_hand(case, house["cashier"])] == ["claimed", "received"]
    assert ledger.may_reverse(case, house["cashier"])
    assert ledger.kinds_by_hand(case, house["manager"]) == []
    assert not ledger.may_reverse(case, house["manager"])


def merging(house: Claims) -> None:
    """From now on claims can be merged, by the cashier."""
    body = claim_body(merged="settled")
    body["access"]["relates"] = ["cashier"]
    publish_workflow(body, by=house.clerk)


def test_a_case_is_not_merged_while_money_is_open_on_it(house: Claims) -> None:
    merging(house)
    other, case = house.drawn_up(), house.filed("1200.00")
    with (
        override("en"),
        pytest.raises(RuleBroken, match=f"Case {case.number} has an open balance of ¥1,200.00"),
    ):
        relations.merge(asks(case, house["cashier"]), into=other.uuid)
    assert (fresh(case).state, balance(case)) == ("filed", Decimal("1200.00"))
    case = house.post(case, "1300.00")  # money that is owed back is open too
    with override("en"), pytest.raises(RuleBroken, match=r"-¥100\.00"):
        relations.merge(asks(case, house["cashier"]), into=other.uuid)
    case = house.reverse(house.reverse(case, 2), 1)
    relations.merge(asks(case, house["cashier"]), into=other.uuid)
    assert fresh(case).merged_into_id == other.pk


def test_a_case_without_open_money_is_merged_into_one_with(house: Claims) -> None:
    merging(house)
    case, other = house.drawn_up(), house.filed("1200.00")
    relations.merge(asks(case, house["cashier"]), into=other.uuid)
    assert balance(other) == Decimal("1200.00")


def _other_kind(ledger: dict[str, Any]) -> None:
    ledger["kinds"].append(
        {"id": "interest", "title": text("利息"), "balance": "adds", "by_hand": ["cashier"]}
    )


def _other_effect(ledger: dict[str, Any]) -> None:
    ledger["kinds"][1]["balance"] = "adds"


def _other_posting(ledger: dict[str, Any]) -> None:
    ledger["postings"][0]["amount"] = "asked + asked"


@pytest.mark.parametrize("change", [None, _other_kind, _other_effect, _other_posting])
def test_running_cases_are_not_moved_to_an_edition_whose_ledger_differs(house: Claims, change: Any) -> None:
    case, builder = house.drawn_up(), make_user_with_roles("form_builder")
    old, body = case.edition, claim_body()
    if change is None:
        del body["ledger"]
        body["transitions"] = [one for one in body["transitions"] if not one.get("by_itself")]
        body["states"] = [
            one for one in body["states"] if one["id"] not in ("large_write_off", "written_off")
        ]
        stage = next(one for one in body["states"] if one["id"] == "write_off")
        stage["approval"]["agreed"] = "settled"
    else:
        change(body["ledger"])
    new = publish_workflow(body, by=house.clerk)
    mapped = migration.suggested(old, new)
    with override("en"):
        planned = migration.plan(mapped)
        assert all("posts to the ledger otherwise than edition 1" in one.problem for one in planned)
        with pytest.raises(RuleBroken, match=f"{case.number}: Edition 2 posts to the ledger otherwise"):
            migration.migrate(mapped, by=builder, reason="新版", seen=1)
    assert fresh(case).edition == old


def test_what_a_ledger_is_called_and_who_sees_it_keeps_no_case_back(house: Claims) -> None:
    case, builder, body = house.filed(), make_user_with_roles("form_builder"), claim_body()
    body["ledger"] |= {"title": text("索赔款"), "sees": ["auditor"], "payer_list": None}
    new = publish_workflow(body, by=house.clerk)
    migration.migrate(migration.suggested(case.edition, new), by=builder, reason="新版", seen=1)
    assert fresh(case).edition == new
