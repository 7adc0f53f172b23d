"""Every deadline of the trade is a clock: when it begins, when it is due on the shipped calendars, what keeps it.

Reckoned by hand. September 2026: Friday 18th, Sunday 20th is worked in exchange, 25th to 27th are holidays.
The store is open 9:00–18:00 every day, after-sales 8:30–12:00 and 13:00–18:00, Saturdays 9:00–12:00 and 13:00–17:00.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from django.utils import timezone

from forms import logic
from forms.schema import FormDefinition
from foundation import expressions
from foundation.worktime.loading import timetable
from tests.factories.clocks import at, pack_calendars
from tests.factories.pack_files import read
from tests.factories.workflows import PACK
from workflows import clocks
from workflows.clocks import Reckoning, Stretch, plain_timetable
from workflows.schema import Clock, WorkflowDefinition
from workflows.vocabulary import kinds_of

pytestmark = pytest.mark.django_db

FRIDAY = "2026-09-18 10:00"
# workflow, clock, where it comes to and by which step, answers, when, due, what keeps it
ROWS: list[tuple[str, str, tuple[str, str], dict[str, str], str, str, str]] = [
    ("complaint", "reply", ("received", "opened"), {}, "2026-09-18 17:30", "2026-09-19 17:30", "replied"),
    ("complaint", "promised_reply", ("assigned", "assign"), {"promised_on": "2026-09-19"}, FRIDAY,
     "2026-09-19 18:00", "replied"),
    ("complaint", "department", ("assigned", "assign"), {"answer_limit": "2026-09-18T16:00"}, FRIDAY,
     "2026-09-18 16:00", "answered"),
    ("complaint", "solution", ("committed", "commit"), {"solved_by": "2026-09-21"}, FRIDAY,
     "2026-09-21 18:00", "answered"),
    ("complaint", "solution", ("committed", "interim"), {"solved_by": "2026-09-21", "new_promise": "2026-09-23"},
     FRIDAY, "2026-09-23 18:00", "answered"),
    ("complaint", "next_promise", ("replied", "reply"), {"next_promise": "2026-09-22"}, FRIDAY,
     "2026-09-22 18:00", "resolved"),
    ("complaint", "second_call", ("resolved", "resolve"), {}, FRIDAY, "2026-09-21 10:00", "second_call"),
    ("complaint_order", "limit", ("ordered", "opened"), {"answer_by": "2026-09-19T12:00"}, FRIDAY,
     "2026-09-19 12:00", "answered_by_department"),
    ("complaint_order", "promised", ("taken_on", "take_on"), {"answer_promised": "2026-09-19T09:30"}, FRIDAY,
     "2026-09-19 09:30", "answered_by_department"),
    ("quick_handling", "assign", ("raised", "opened"), {}, FRIDAY, "2026-09-18 18:00", "assigned"),
    ("quick_handling", "assign", ("raised", "opened"), {}, "2026-09-24 19:00", "2026-09-28 18:00", "assigned"),
    ("quick_handling", "signed_date", ("date_signed", "sign_date"), {"solution_date": "2026-09-19"}, FRIDAY,
     "2026-09-19 17:00", "done"),
    ("after_service_follow_up", "window", ("planned", "opened"), {"left_on": "2026-09-18"}, FRIDAY,
     "2026-09-22 00:00", "called"),
    ("after_service_follow_up", "window", ("planned", "opened"), {"left_on": "2026-09-18", "special": "high_bill"},
     FRIDAY, "2026-09-26 00:00", "called"),
    ("customer_file", "classify", ("extracted", "opened"), {}, FRIDAY, "2026-09-18 18:00", "classified"),
    ("customer_file", "first_contact", ("assigned", "assign"), {}, FRIDAY, "2026-09-25 10:00", "contacted"),
    ("unreachable_customer", "weekly_list", ("confirmed", "confirm"), {}, FRIDAY, "2026-09-25 10:00", "on_list"),
    ("unreachable_customer", "weekly_hand_over", ("on_list", "list"), {}, FRIDAY, "2026-09-25 10:00", "with_sales"),
    ("unreachable_customer", "correction", ("with_sales", "give_to_sales"), {}, FRIDAY, "2026-09-21 10:00",
     "corrected"),
    ("unreachable_customer", "correction", ("with_service", "give_to_service"), {}, FRIDAY, "2026-09-21 10:00",
     "corrected"),
    ("showroom_reception", "record", ("registered", "register"), {}, FRIDAY, "2026-09-18 18:00", "recorded"),
    ("repair_order", "ready_at_the_car", ("arrived", "opened"), {}, FRIDAY, "2026-09-18 10:01", "received"),
    ("repair_order", "team", ("dispatched", "dispatch"), {"dispatch_deadline": "2026-09-18T16:00"}, FRIDAY,
     "2026-09-18 16:00", "self_checked"),
    ("repair_order", "hand_over", ("agreed", "sign_order"), {"promised_at": "2026-09-18T17:00"}, FRIDAY,
     "2026-09-18 17:00", "ready"),
    ("repair_order", "hand_over", ("in_repair", "resume_after_answer"),
     {"promised_at": "2026-09-18T17:00", "new_handover_at": "2026-09-19T11:00"}, FRIDAY, "2026-09-19 11:00", "ready"),
    ("repair_order", "out_of_the_bay", ("dispatched", "dispatch"), {"job_size": "minor"}, FRIDAY,
     "2026-09-18 18:00", "self_checked"),
    ("repair_order", "out_of_the_bay", ("dispatched", "dispatch"), {"job_size": "service"}, "2026-09-26 10:00",
     "2026-09-28 18:00", "self_checked"),
    ("missing_part", "expected", ("ordered", "order_part"), {"expected_on": "2026-09-21"}, FRIDAY,
     "2026-09-21 18:00", "arrived"),
    ("missing_part", "tell_customer", ("arrived", "record_arrival"), {}, FRIDAY, "2026-09-18 18:00",
     "customer_notified"),
    ("car_pickup", "dispatch_sheet", ("listed", "opened"), {"pickup_on": "2026-09-20"}, FRIDAY,
     "2026-09-19 18:00", "dispatch_written"),
    ("car_pickup", "papers", ("customer_handover", "hand_to_customer"), {}, FRIDAY, "2026-09-18 18:00",
     "papers_to_archive"),
    ("vehicle_papers", "missing", ("incomplete", "note_missing"), {}, FRIDAY, "2026-09-20 10:00", "counted"),
    # Sat 19, Sun 20 (worked), Mon 21, Tue 22, Wed 23
    ("vehicle_papers", "mortgage", ("with_bank", "give_to_bank"), {}, FRIDAY, "2026-09-23 18:00",
     "mortgage_registered"),
    ("vehicle_papers", "identity_card", ("with_bank", "give_to_bank"), {}, FRIDAY, "2026-09-25 10:00",
     "card_returned"),
    ("archive_loan", "due_back", ("lent", "lend"), {"due_back_on": "2026-09-21"}, FRIDAY, "2026-09-22 00:00",
     "returned"),
    ("warranty_claim", "answer", ("applied", "opened"), {}, FRIDAY, "2026-09-18 18:00", "appraised"),
    ("warranty_claim", "answer", ("applied", "opened"), {}, "2026-09-24 18:30", "2026-09-28 18:00", "appraised"),
    ("warranty_claim", "dispute", ("disputed", "dispute"), {}, FRIDAY, "2026-09-18 18:00", "settled"),
    # The day after, a Saturday, is worked until 17:00.
    ("warranty_claim", "replace", ("approved", "approve"), {}, FRIDAY, "2026-09-19 17:00", "replaced"),
    # Sat 19, Sun 20 (worked), Mon 21, Tue 22, Wed 23
    ("warranty_claim", "filing", ("replaced", "replace_part"), {}, FRIDAY, "2026-09-23 18:00", "filed"),
    ("warranty_claim", "filing", ("returned", "claim_returned"), {}, FRIDAY, "2026-09-23 18:00", "filed"),
    ("warranty_claim", "chase", ("accepted", "claim_accepted"), {}, FRIDAY, "2026-10-02 10:00", "paid"),
    ("warranty_claim", "chase", ("accepted", "chase_payment"), {}, FRIDAY, "2026-10-02 10:00", "paid"),
    ("insurance_claim", "weekly_chase", ("submitted", "submit_claim"), {}, FRIDAY, "2026-09-25 10:00", "paid"),
    ("insurance_claim", "weekly_chase", ("submitted", "chase"), {}, FRIDAY, "2026-09-25 10:00", "paid"),
    ("insurance_claim", "overdue", ("overdue", "mark_overdue"), {}, FRIDAY, "2026-09-25 10:00", "submitted"),
    ("collect_money", "due", ("open", "book"), {"due_on": "2026-09-30"}, FRIDAY, "2026-10-01 00:00", "paid"),
    ("collect_money", "weekly", ("open", "book"), {"owed_for": "insurance"}, FRIDAY, "2026-09-25 10:00", "paid"),
    ("collect_money", "promised", ("promised", "note_promise"), {"promised_on": "2026-09-21"}, FRIDAY,
     "2026-09-22 00:00", "paid"),
    ("claimed_old_part", "store", ("removed", "opened"), {}, FRIDAY, "2026-09-18 18:00", "stored"),
    ("claimed_old_part", "demand", ("packed", "pack"), {"wanted_by": "2026-09-30"}, FRIDAY, "2026-10-01 00:00", "sent"),
    ("claimed_old_part", "demand", ("packed", "pack"), {}, FRIDAY, "2026-09-25 10:00", "sent"),
    ("new_car_survey", "data", ("delivered", "opened"), {}, FRIDAY, "2026-09-18 18:00", "data_updated"),
    ("new_car_survey", "data", ("delivered", "opened"), {}, "2026-09-24 20:00", "2026-09-28 18:00", "data_updated"),
    # Delivered on the 17th: due as the 20th begins, called before the 22nd is over; by days of the calendar.
    ("new_car_survey", "from_third_day", ("data_updated", "update_data"), {"delivered_on": "2026-09-17"}, FRIDAY,
     "2026-09-20 00:00", "due"),
    ("new_car_survey", "by_fifth_day", ("delivered", "opened"), {"delivered_on": "2026-09-17"}, FRIDAY,
     "2026-09-23 00:00", "called"),
    ("new_car_survey", "weekly", ("surveyed", "record_survey"), {}, FRIDAY, "2026-09-25 10:00", "compiled"),
    ("new_car_survey", "monthly", ("compiled", "compile"), {}, FRIDAY, "2026-10-19 10:00", "analysed"),
    ("maintenance_reminder", "remind", ("cohort", "opened"), {"remind_from": "2026-11-18"}, FRIDAY,
     "2026-11-19 00:00", "reminded"),
    ("maintenance_reminder", "remind", ("cohort", "opened"),
     {"remind_from": "2026-11-18", "mileage_reached_on": "2026-10-20"}, FRIDAY, "2026-10-21 00:00", "visited"),
    ("maintenance_reminder", "no_return", ("cohort", "opened"), {"returns_by": "2026-12-18"}, FRIDAY,
     "2026-12-19 00:00", "visited"),
    ("maintenance_reminder", "monthly_list", ("not_returned", "note_not_returned"), {}, FRIDAY,
     "2026-10-19 10:00", "handed_over"),
    ("maintenance_reminder", "window", ("not_returned", "note_not_returned"), {"expires_on": "2027-03-18"}, FRIDAY,
     "2027-03-19 00:00", "returned"),
    ("thank_you_letter", "posting", ("enveloped", "envelope"), {}, FRIDAY, "2026-09-18 18:00", "posted"),
    ("showroom_reception", "register", ("assigned", "assign_known"), {}, FRIDAY, "2026-09-18 18:00", "registered"),
    # "At once" is half an hour of the workshop's time: the last quarter falls after the break.
    ("repair_order", "to_workshop", ("agreed", "sign_order"), {}, "2026-09-18 11:45", "2026-09-18 13:15", "in_queue"),
    ("repair_order", "rework", ("rework", "find_fault"), {}, FRIDAY, "2026-09-18 10:30", "in_repair"),
    ("repair_order", "notify", ("ready", "make_ready"), {}, "2026-09-18 17:45", "2026-09-19 09:15",
     "customer_notified"),
    ("additional_repair", "ask", ("found", "opened"), {}, FRIDAY, "2026-09-18 10:30", "asked"),
    ("additional_repair", "answer", ("asked", "ask"), {}, FRIDAY, "2026-09-18 18:00", "agreed"),
    ("board_data", "half_past_nine", ("reported", "opened"), {"day": "2026-09-17"}, "2026-09-18 09:10",
     "2026-09-18 09:30", "on_board"),
    ("campaign", "held", ("preparation", "announce"), {"plan_held_on": "2026-10-10"}, FRIDAY,
     "2026-10-11 00:00", "summary"),
    ("campaign", "report", ("summary", "finish_execution"), {}, FRIDAY, "2026-09-25 10:00", "publicity"),
    ("promo_reimbursement", "monthly", ("department", "opened"), {}, FRIDAY, "2026-10-19 10:00", "reimbursed"),
    ("car_pickup", "taken", ("dispatch_written", "write_dispatch"), {"pickup_on": "2026-09-20"}, FRIDAY,
     "2026-09-20 18:00", "taken"),
    ("advert_plan", "to_maker", ("department", "opened"), {"to_maker_by": "2026-10-15"}, FRIDAY,
     "2026-10-16 00:00", "sent"),
    ("price_tracking", "compiled", ("department", "opened"), {"compiled_by": "2026-09-30"}, FRIDAY,
     "2026-10-01 00:00", "distributed"),
    ("archive_loan", "overdue", ("overdue", "mark_overdue"), {}, FRIDAY, "2026-09-19 10:00", "returned"),
]  # fmt: skip


@cache
def workflow(key: str) -> WorkflowDefinition:
    return WorkflowDefinition.model_validate(read(PACK / "workflows" / f"{key}.yaml"))


def shipped() -> dict[tuple[str, str], Clock]:
    keys = [path.stem for path in (PACK / "workflows").glob("*.yaml")]
    return {(key, clock.id): clock for key in keys for clock in workflow(key).clocks}


def true(definition: WorkflowDefinition, rule: str, answers: dict[str, str]) -> bool:
    """Say whether a rule of the workflow holds for these answers to its form and steps."""
    form, now = (
        FormDefinition.model_validate(read(PACK / "forms" / f"{definition.form}.yaml")),
        timezone.now(),
    )
    kinds = kinds_of(definition, form)
    values: dict[str, Any] = dict.fromkeys(kinds)
    for asked in (form, definition.asked):
        if asked is not None:
            values |= logic.values_of(asked, answers, submitted=now, now=now)
    return not rule or bool(expressions.evaluate(rule, kinds, values, expressions.Kind.YES_NO))


def test_every_shipped_clock_stands_in_the_table() -> None:
    assert {row[:2] for row in ROWS} == shipped().keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}.{row[2][1]}")
def test_a_shipped_clock_begins_is_due_and_is_kept_as_the_trade_has_it(row: Any) -> None:
    key, name, (state, step), answers, began, due, keeps = row
    pack_calendars()
    definition = workflow(key)
    clock = next(one for one in definition.clocks if one.id == name)
    if step != "opened":
        assert definition.state(state)
        assert step in {one.id for one in definition.transitions}
        assert next(one for one in definition.transitions if one.id == step).target == state
    left = (
        None if step == "opened" else next(one for one in definition.transitions if one.id == step).source[0]
    )
    begun = clocks.deeds(clock, None, left=left, came=state, final=False, step=step)
    assert begun == ["start"]
    holds = [number for number, one in enumerate(clock.targets) if true(definition, one.when, answers)]
    spec = next((one for one in definition.transitions if one.id == step), None)
    given = {question.id for question in spec.asks} if spec else set()
    number, answer = clocks.chosen(clock, holds, answers, given)
    table = timetable(clock.calendar) if clock.calendar else plain_timetable(at(began).tzinfo)
    reckoned = Reckoning(table, clock.targets[number], answer, (Stretch(at(began), None, True, state),))
    assert reckoned.due_at == at(due)
    final = definition.state(keeps).category == "final"
    ended = clocks.deeds(clock, "running", left=state, came=keeps, final=final, step="any")
    assert ended == ["stop"]


def test_somebody_is_told_when_any_shipped_clock_is_over() -> None:
    assert [name for name, clock in shipped().items() if not clock.due.roles] == []
