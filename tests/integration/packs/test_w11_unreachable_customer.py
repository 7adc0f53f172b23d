"""W-11: a customer who is not reached. Three attempts of the kinds that count, the weekly list, data corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import NOW, YESTERDAY, Guarded, Shop, Step, Walks, kept_shop, typed
from workflows.exceptions import AnswersRefused

pytestmark = pytest.mark.django_db
CALLERS = ("follow_up_specialist", "clerk")


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "unreachable_customer") as made:
        yield made


def at(time: str) -> list[str]:
    return [NOW[0], f"time={time}"]


LISTED = ("second_failed", "third_failed", "confirm", "list")


class Unreachable(Walks):
    workflow = "unreachable_customer"
    opens_in = "attempt_1"
    steps = (
        Step(
            "second_failed",
            "attempt_1",
            CALLERS,
            "attempt_2",
            {"second_at": at("10:00"), "second_kind": "diverted"},
            needs=("second_at", "second_kind"),
        ),
        Step(
            "third_failed",
            "attempt_2",
            CALLERS,
            "attempt_3",
            {"third_at": at("11:00"), "third_kind": "unreachable"},
            needs=("third_at", "third_kind"),
        ),
        Step("was_reached", ("attempt_1", "attempt_2", "attempt_3"), CALLERS, "reached"),
        Step("confirm", "attempt_3", "follow_up_specialist", "confirmed"),
        Step(
            "list",
            "confirmed",
            "follow_up_specialist",
            "on_list",
            {"list_week": "2026-48"},
            needs=("list_week",),
        ),
        Step("give_to_sales", "on_list", "follow_up_specialist", "with_sales"),
        Step("give_to_service", "on_list", "follow_up_specialist", "with_service"),
        Step(
            "correct_by_sales",
            "with_sales",
            "sales_manager",
            "corrected",
            {"sales_new_data": "13900001111", "sales_data_exact": "yes"},
            needs=("sales_new_data", "sales_data_exact"),
        ),
        Step(
            "correct_by_service",
            "with_service",
            "service_manager",
            "corrected",
            {"service_new_data": "13900001111", "service_data_exact": "yes"},
            needs=("service_new_data", "service_data_exact"),
        ),
        Step("not_correctable_sales", "with_sales", "sales_manager", "uncorrectable", reason=True),
        Step("not_correctable_service", "with_service", "service_manager", "uncorrectable", reason=True),
        Step("resume", "corrected", "follow_up_specialist", "resumed"),
    )
    final = frozenset({"resumed", "reached", "uncorrectable"})


FROM_LIST = {
    "attempt_1": (),
    "attempt_2": LISTED[:1],
    "attempt_3": LISTED[:2],
    "confirmed": LISTED[:3],
    "on_list": LISTED,
    "reached": ("was_reached",),
}


class TestNewCar(Unreachable):
    """After a new car, the data go to sales; after-sales is not asked."""

    answers = {"event": "new_car", "first_at": f"{YESTERDAY}T09:00", "first_kind": "off"}
    guards = (Guarded("on_list", "give_to_service", {}, "新车客户交销售部"),)
    ways_with = {
        state: {"event": "service"} for state in ("with_service",)
    }  # the other branch, for the state that only it has
    ways = {
        **FROM_LIST,
        "with_sales": (*LISTED, "give_to_sales"),
        "with_service": (*LISTED, "give_to_service"),
        "corrected": (*LISTED, "give_to_sales", "correct_by_sales"),
        "resumed": (*LISTED, "give_to_sales", "correct_by_sales", "resume"),
        "uncorrectable": (*LISTED, "give_to_sales", "not_correctable_sales"),
    }

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        """Which of the two departments is asked depends on the event: the branches are walked apart."""
        for step in self.steps:
            if step.name == "give_to_service":
                continue
            self.walked_by_its_people(step)

    def test_an_attempt_of_another_kind_does_not_count(self) -> None:
        case = self.open()
        for kind in ("busy", "hung_up"):
            with pytest.raises(AnswersRefused) as refusal:
                self.take(
                    case, "second_failed", answers=typed({"second_at": at("10:00"), "second_kind": kind})
                )
            assert set(refusal.value.errors) == {"second_kind"}

    def test_it_cannot_be_confirmed_before_the_third_attempt(self) -> None:
        for state in ("attempt_1", "attempt_2"):
            assert self.tried(self.reach(state), self.take, "confirm") is None

    def test_attempts_at_the_same_time_are_not_three(self) -> None:
        case = self.take(self.open(), "second_failed")
        third = typed({"third_at": at("10:00"), "third_kind": "off"})
        case = self.take(case, "third_failed", answers=third)
        assert self.tried(case, self.take, "confirm") is None


class TestServiceVisit(Unreachable):
    """After a service visit, the data go to after-sales; sales is not asked."""

    answers = {"event": "service", "first_at": f"{YESTERDAY}T09:00", "first_kind": "off"}
    guards = (
        Guarded("on_list", "give_to_sales", {}, "维修客户交售后服务部"),
        Guarded("with_service", "correct_by_service", {"service_data_exact": "no"}, "核对准确"),
        Guarded("with_sales", "correct_by_sales", {"sales_data_exact": "no"}, "核对准确"),
    )
    ways_with = {"with_sales": {"event": "new_car"}}
    ways = {
        **FROM_LIST,
        "with_sales": (*LISTED, "give_to_sales"),
        "with_service": (*LISTED, "give_to_service"),
        "corrected": (*LISTED, "give_to_service", "correct_by_service"),
        "resumed": (*LISTED, "give_to_service", "correct_by_service", "resume"),
        "uncorrectable": (*LISTED, "give_to_service", "not_correctable_service"),
    }

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        for step in self.steps:
            if step.name == "give_to_service":
                self.walked_by_its_people(step)
