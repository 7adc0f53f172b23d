"""W-14: a visitor of the showroom, from the gate to the dealer system; the consultant by turn or by acquaintance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.factories.organisation import make_deputy
from tests.factories.walking import TOMORROW, Guarded, Shop, Step, Walks, kept_shop, typed
from workflows.exceptions import RuleBroken
from workflows.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "showroom_reception", forms=("visitor-registration",)) as made:
        yield made


LATER = [f"day={TOMORROW}", "time=10:00"]


class Reception(Walks):
    workflow = "showroom_reception"
    opens_in = "arrived"
    applicant = "gate_guard"
    first_visit: bool
    steps = (
        Step(
            "greet",
            "arrived",
            "greeter",
            "greeted",
            {"visitor_name": "钟先生", "visit_purpose": "buy"},
            needs=("visitor_name", "visit_purpose"),
        ),
        Step("send_to_service", "greeted", "greeter", "to_service"),
        Step(
            "check_consultant",
            "greeted",
            "greeter",
            "consultant_checked",
            needs=("first_visit",),
            may_need=("known_consultant",),
        ),
        Step("assign_in_turn", "consultant_checked", "greeter", "assigned"),
        Step("assign_known", "consultant_checked", "greeter", "assigned"),
        Step(
            "reassign",
            "consultant_checked",
            "sales_manager",
            "reassigned",
            {"accepts_other": "yes"},
            needs=("accepts_other",),
            gives="sales_consultant",
        ),
        Step(
            "make_appointment",
            "consultant_checked",
            "greeter",
            "appointment_made",
            {"appointment_at": LATER, "brochures": "车型手册"},
            needs=("appointment_at",),
        ),
        Step("see_off", "appointment_made", "greeter", "left"),
        Step(
            "register",
            ("assigned", "reassigned"),
            "assignee",
            "registered",
            {"registration_complete": "yes", "phone_left": "yes", "card_made": "yes"},
            needs=("registration_complete", "phone_left"),
            may_need=("card_made",),
        ),
        Step(
            "record",
            "registered",
            "assignee",
            "recorded",
            {"system_number": "DMS-7781", "contact_described": "介绍两款车型，约周末试驾"},
            needs=("system_number", "contact_described"),
        ),
        Step(
            "leave_early",
            ("greeted", "consultant_checked", "assigned", "reassigned"),
            ("greeter", "assignee"),
            "left",
            reason=True,
        ),
    )
    final = frozenset({"recorded", "to_service", "left"})
    MET = ("greet", "check_consultant")
    elsewhere: tuple[str, ...]
    """Steps of the other kind of visit, which the rule of the step refuses here."""

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        found = super().typed_of(step)
        if step.name == "check_consultant":
            found["first_visit"] = ["yes" if self.first_visit else "no"]
            if not self.first_visit:
                found["known_consultant"] = [str(self.shop["sales_consultant"].uuid)]
        return found

    def cast(self) -> dict[str, Any]:
        return super().cast() | {"sales_consultant": self.shop["sales_consultant"]}

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        for step in self.steps:
            if step.name not in self.elsewhere:
                self.walked_by_its_people(step)

    def for_service(self) -> Case:
        """Return a visitor greeted who comes for service."""
        answers = typed({"visitor_name": "钟先生", "visit_purpose": "service"})
        return self.take(self.open(), "greet", answers=answers)

    def test_who_comes_for_service_goes_there_and_nowhere_else(self) -> None:
        case = self.for_service()
        with pytest.raises(RuleBroken, match="转售后接待"):
            self.take(case, "check_consultant")
        assert self.take(case, "send_to_service").state == "to_service"


class TestFirstVisit(Reception):
    """Nobody is known: the next consultant in turn."""

    first_visit = True
    elsewhere = ("send_to_service", "assign_known", "reassign", "make_appointment", "see_off")
    guards = (
        Guarded("greeted", "send_to_service", {}, "由销售顾问接待"),
        Guarded("consultant_checked", "reassign", {}, "另约时间"),
        Guarded("consultant_checked", "make_appointment", {}, "请按轮值安排"),
        Guarded("assigned", "register", {"registration_complete": "no"}, "登记表填全"),
        Guarded("assigned", "register", {"card_made": "no"}, "须建跟进卡"),
    )
    ways = {
        "arrived": (),
        "greeted": Reception.MET[:1],
        "consultant_checked": Reception.MET,
        "assigned": (*Reception.MET, "assign_in_turn"),
        "reassigned": (*Reception.MET, "known_after_all", "reassign"),
        "appointment_made": (*Reception.MET, "known_after_all", "make_appointment"),
        "registered": (*Reception.MET, "assign_in_turn", "register"),
        "recorded": (*Reception.MET, "assign_in_turn", "register", "record"),
        "to_service": ("for_service_instead", "send_to_service"),
        "left": ("greet", "leave_early"),
    }

    def known_after_all(self, _case: Case) -> Case:
        """Return a visitor who does know a consultant."""
        answers = {"first_visit": ["no"], "known_consultant": [str(self.shop["sales_consultant"].uuid)]}
        return self.take(self.take(self.open(), "greet"), "check_consultant", answers=answers)

    def for_service_instead(self, _case: Case) -> Case:
        """Return a visitor who comes for service."""
        return self.for_service()

    verbs = {
        **Walks.verbs,
        "known_after_all": known_after_all,
        "for_service_instead": for_service_instead,
    }

    def test_consultants_take_turns(self) -> None:
        undo = transaction.savepoint()
        for _number in range(2):
            self.shop.another("sales_consultant")
        given = [self.reach("assigned").assignee for _number in range(6)]
        assert len(set(given[:3])) == 3
        assert given[3:] == given[:3]
        transaction.savepoint_rollback(undo)

    def test_there_is_no_known_consultant_to_give_a_first_visitor_to(self) -> None:
        assert self.tried(self.reach("consultant_checked"), self.take, "assign_known") is None

    def test_without_a_number_no_card_is_asked(self) -> None:
        answers = typed({"registration_complete": "yes", "phone_left": "no"})
        assert self.take(self.reach("assigned"), "register", answers=answers).state == "registered"


class TestKnownConsultant(Reception):
    """A known consultant: theirs when they are here, else another the customer accepts, or an appointment."""

    first_visit = False
    elsewhere = ("send_to_service", "assign_in_turn")
    guards = (
        Guarded("consultant_checked", "assign_in_turn", {}, "熟识顾问"),
        Guarded("consultant_checked", "reassign", {"accepts_other": "no"}, "请另约时间"),
    )
    ways = {
        "arrived": (),
        "greeted": Reception.MET[:1],
        "consultant_checked": Reception.MET,
        "assigned": (*Reception.MET, "assign_known"),
        "reassigned": (*Reception.MET, "reassign"),
        "appointment_made": (*Reception.MET, "make_appointment"),
        "registered": (*Reception.MET, "assign_known", "register"),
        "recorded": (*Reception.MET, "reassign", "register", "record"),
        "to_service": ("for_service_instead", "send_to_service"),
        "left": (*Reception.MET, "make_appointment", "see_off"),
    }

    def for_service_instead(self, _case: Case) -> Case:
        """Return a visitor who comes for service."""
        return self.for_service()

    verbs = {**Walks.verbs, "for_service_instead": for_service_instead}

    def test_the_known_consultant_gets_the_visitor(self) -> None:
        case = self.reach("assigned")
        assert case.assignee == self.shop["sales_consultant"]
        assert case.why["mode"] == "field"

    def test_a_known_consultant_who_is_away_is_not_given_the_visitor(self) -> None:
        undo = transaction.savepoint()
        make_deputy(self.shop["sales_consultant"], self.shop.another("sales_consultant"))
        case = self.reach("consultant_checked")
        with pytest.raises(RuleBroken):
            self.take(case, "assign_known")
        assert (
            self.take(case, "reassign", assignee=self.shop.another("sales_consultant").uuid).state
            == "reassigned"
        )
        transaction.savepoint_rollback(undo)
