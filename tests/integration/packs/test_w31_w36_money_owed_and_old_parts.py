"""W-31 and W-36: money that stays open is collected or written off; parts replaced under warranty are kept and sent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.chains import fresh
from tests.factories.claims import balance, entries
from tests.factories.step_walks import ServiceShop, StepWalks, walked_shop
from tests.factories.walking import NOW, TODAY, TOMORROW, Guarded, Stage, Step, typed
from workflows.models import Case

pytestmark = pytest.mark.django_db

MARKED = "answers marked below|标出的内容"
"""An answer is missing: told beside its question."""
CHASERS = ("settlement_clerk", "claims_officer", "sales_consultant")
OFFICER = "warranty_officer"
RECEIPT = {"receipt": "100.00", "receipt_on": TODAY, "receipt_mark": "收据 1"}


class TestCollectMoney(StepWalks):
    workflow = "collect_money"
    opens_in = "open"
    applicant = "settlement_clerk"
    answers = {
        "owed": "1500.00",
        "owed_since": TODAY,
        "due_on": TOMORROW,
        "concerns": "WX-1",
        "debtor": "王先生",
    }
    stages = (
        Stage("write_off", "finance_manager", "large_write_off", None, "escalated", own_matter="wait"),
        Stage(
            "large_write_off",
            "general_manager",
            "written_off",
            None,
            "escalated",
            "ledger_balance > yuan(2000)",
            own_matter="wait",
        ),
    )
    steps = (
        Step("book", "registered", (), "open"),
        Step(
            "remind",
            ("open", "reminded", "overdue"),
            CHASERS,
            "reminded",
            {"contacted_at": NOW, "contacted_whom": "王先生，电话"},
            needs=("contacted_at", "contacted_whom"),
        ),
        Step(
            "note_promise",
            "reminded",
            CHASERS,
            "promised",
            {"promised_on": TOMORROW, "promised_by": "王先生"},
            needs=("promised_on", "promised_by"),
        ),
        Step(
            "book_receipt",
            ("open", "reminded", "promised", "overdue", "escalated"),
            "finance",
            "reminded",
            RECEIPT,
            needs=("receipt", "receipt_on", "receipt_mark"),
        ),
        Step("settle", ("open", "reminded", "promised", "overdue", "escalated"), (), "paid"),
        Step("mark_overdue", "promised", CHASERS, "overdue", reason=True),
        Step(
            "escalate",
            "overdue",
            ("service_manager", "sales_manager"),
            "escalated",
            {"measure": "发函"},
            needs=("measure",),
        ),
        Step("propose_write_off", "escalated", "finance", "write_off", reason=True),
        Step("post_write_off", "written_off", (), "ended"),
    )
    guards = (Guarded("open", "book_receipt", {"receipt": "1500.01"}, "超过未收余额"),)
    final = frozenset({"paid", "ended"})
    passing = {"registered": "open", "written_off": "ended"}
    UP = ("remind", "note_promise", "mark_overdue", "escalate")
    ways = {
        "open": (),
        "reminded": UP[:1],
        "promised": UP[:2],
        "overdue": UP[:3],
        "escalated": UP,
        "write_off": (*UP, "propose_write_off"),
        "large_write_off": (*UP, "propose_write_off", "agree"),
        "paid": ("pay_all",),
        "ended": (*UP, "propose_write_off", "agree"),
    }
    ways_with = {"large_write_off": {"owed": "5000.00"}}

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with override("zh-hans"), walked_shop(django_db_blocker, TestCollectMoney) as made:
            yield made

    def pay_all(self, case: Case) -> Case:
        """Everything that is open comes in."""
        return self.take(case, "book_receipt", answers=typed({**RECEIPT, "receipt": str(balance(case))}))

    verbs = {**StepWalks.verbs, "pay_all": pay_all}

    def test_what_is_owed_stands_in_the_ledger_and_part_payments_leave_the_rest_open(self) -> None:
        case = self.reach("open")
        assert entries(case) == [("owed", Decimal("1500.00"), Decimal("1500.00"))]
        case = self.take(case, "book_receipt")
        assert (case.state, balance(case)) == ("reminded", Decimal("1400.00"))
        case = self.pay_all(case)
        assert (case.state, balance(case)) == ("paid", Decimal("0.00"))

    def test_a_write_off_up_to_two_thousand_is_the_finance_managers_alone(self) -> None:
        case = self.reach("ended")
        assert entries(case)[-1] == ("written_off", Decimal("1500.00"), Decimal("-1500.00"))
        assert "not_needed" in self.passed(case)
        case = self.agree(self.reach("large_write_off"))
        assert (case.state, balance(case)) == ("ended", Decimal("0.00"))

    def test_nothing_is_written_off_while_it_is_only_proposed(self) -> None:
        assert balance(self.reach("write_off")) == Decimal("1500.00")
        assert balance(self.reach("large_write_off")) == Decimal("5000.00")


class TestClaimedOldPart(StepWalks):
    workflow = "claimed_old_part"
    opens_in = "removed"
    applicant = "technician"
    steps = (
        Step(
            "store",
            "removed",
            ("warranty_officer", "parts_keeper"),
            "stored",
            {"old_part_number": "J-001", "store_shelf": "A-3", "store_clean": "yes"},
            needs=("old_part_number", "store_shelf", "store_clean"),
        ),
        Step(
            "assess",
            "stored",
            "quality_inspector",
            "assessed",
            {"part_acceptance": "claimable", "part_value": "320.00"},
            needs=("part_acceptance", "part_value"),
            may_need=("assessment_note",),
        ),
        Step(
            "pack",
            "assessed",
            "warranty_officer",
            "packed",
            {"maker_demand": "三月回收批次"},
            needs=("maker_demand",),
        ),
        Step(
            "send",
            "packed",
            OFFICER,
            "sent",
            {"shipment": "SF-1", "sent_on": TODAY},
            needs=("shipment", "sent_on"),
        ),
        Step(
            "confirm_arrival",
            "sent",
            "warranty_officer",
            "confirmed",
            {"confirmed_on": TODAY},
            needs=("confirmed_on",),
        ),
    )
    guards = (
        Guarded("removed", "store", {"store_clean": "no"}, "5S"),
        Guarded("stored", "assess", {"part_acceptance": "damaged"}, MARKED),
    )
    final = frozenset({"confirmed"})
    WAY = ("store", "assess", "pack", "send", "confirm_arrival")
    ways = {
        "removed": (),
        "stored": WAY[:1],
        "assessed": WAY[:2],
        "packed": WAY[:3],
        "sent": WAY[:4],
        "confirmed": WAY,
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with override("zh-hans"), walked_shop(django_db_blocker, TestClaimedOldPart) as made:
            yield made

    def test_the_number_of_the_part_stays_with_it(self) -> None:
        assert fresh(self.reach("confirmed")).answers["old_part_number"] == "J-001"
