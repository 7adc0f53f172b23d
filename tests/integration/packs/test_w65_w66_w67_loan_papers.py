"""W-65, W-66 and W-67: a financed car is fetched and inspected, its papers are kept, and files are lent."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from django.utils.translation import override

from forms.logic import evaluate
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from tests.factories.chains import fresh
from tests.factories.step_walks import SIGNED, ServiceShop, StepWalks, person, row, walked_shop
from tests.factories.walking import TODAY, TOMORROW, YESTERDAY, Guarded, Step, typed
from tests.factories.workflows import definition
from workflows.exceptions import RuleBroken
from workflows.models import Case, ChildOrder
from workflows.queries import cases_visible_to, orders_asked_of, transitions_open_to
from workflows.services.following import proceed

pytestmark = pytest.mark.django_db

MARKED = "answers marked below|标出的内容"
"""An answer is missing or does not hold: told beside its question."""

OFFICER, KEEPER = "inspection_officer", "archive_keeper"
BANK = "北京银行股份有限公司慧园支行"
SIX = ["price", "engine", "frame", "model", "owner", "identity"]
TEN = ["tax", "trade", "outside", "exhaust", "line", "seal", "plates", "registration", "licence", "mark"]
EIGHT = [
    "invoice",
    "registration",
    "policy",
    "tax_paid",
    "tax_receipt",
    "licence",
    "licence_photo",
    "certificate",
]


class TestCarPickup(StepWalks):
    workflow = "car_pickup"
    opens_in = "listed"
    applicant = "finance"
    answers = {"archive_informed": True}
    steps = (
        Step(
            "write_dispatch",
            "listed",
            KEEPER,
            "dispatch_written",
            {
                "dispatch_price": "128000.00",
                "dispatch_model": "别克君威 2.0T",
                "price_model_exact": "yes",
                "buyer_kind": "local",
                "region_proof": "card",
                "lending_bank": "bob_huiyuan",
                "first_beneficiary": BANK,
            },
            needs=(
                "dispatch_price",
                "dispatch_model",
                "price_model_exact",
                "buyer_kind",
                "region_proof",
                "lending_bank",
                "first_beneficiary",
            ),
        ),
        Step(
            "take_sheet",
            "dispatch_written",
            OFFICER,
            "taken",
            {
                "original_card_shown": "yes",
                "remittance_voucher": "HK-1",
                "inspection_fee": "500.00",
                "stub_kept": "yes",
            },
            needs=("original_card_shown", "remittance_voucher", "inspection_fee", "stub_kept"),
        ),
        Step(
            "meet_customer",
            "taken",
            OFFICER,
            "at_shop",
            {
                "customer_informed": "yes",
                "certificate_present": "yes",
                "imported_car": "no",
                "vouchers_handed": "yes",
            },
            needs=("customer_informed", "certificate_present", "imported_car", "vouchers_handed"),
        ),
        Step(
            "insure",
            "at_shop",
            OFFICER,
            "insured",
            {
                "policy_beneficiary": BANK,
                "invoice_price": "128000.00",
                "new_car_value": "128000.00",
                "damage_sum": "128000.00",
                "theft_sum": "128000.00",
                "compulsory_early": "yes",
            },
            needs=(
                "policy_beneficiary",
                "invoice_price",
                "new_car_value",
                "damage_sum",
                "theft_sum",
                "compulsory_early",
            ),
        ),
        Step(
            "take_over",
            "insured",
            OFFICER,
            "shop_handed_over",
            {
                "papers_received": ["invoice", "registration", "tax", "certificate", "policy", "sheet"],
                "six_compared": SIX,
            },
            needs=("papers_received", "six_compared"),
        ),
        Step(
            "inspect_car",
            "shop_handed_over",
            OFFICER,
            "inspected",
            {"inspection_done": TEN, "car_photos": SIGNED, "certificate_copy_given": "yes"},
            needs=("inspection_done", "car_photos", "certificate_copy_given"),
        ),
        Step(
            "hand_to_customer",
            "inspected",
            OFFICER,
            "customer_handover",
            {
                "handed_over_on": YESTERDAY,
                "originals_handed": ["licence", "inspection", "environment"],
                "copies_handed": ["invoice", "policies"],
                "pieces": "5",
                "customer_receipt_signature": SIGNED,
            },
            needs=(
                "handed_over_on",
                "originals_handed",
                "copies_handed",
                "pieces",
                "customer_receipt_signature",
            ),
        ),
        Step(
            "bring_papers",
            "customer_handover",
            OFFICER,
            "papers_to_archive",
            {"brought_on": TODAY, "archive_signature": SIGNED},
            needs=("brought_on", "archive_signature"),
        ),
    )
    guards = (
        Guarded("listed", "write_dispatch", {"price_model_exact": "no"}, "价格车型一致"),
        Guarded("listed", "write_dispatch", {"buyer_kind": "outsider"}, "外地看居住证"),
        Guarded("listed", "write_dispatch", {"buyer_kind": "soldier"}, "军人看居住证明"),
        Guarded("listed", "write_dispatch", {"region_proof": "residence"}, "本地看身份证"),
        Guarded("listed", "write_dispatch", {"first_beneficiary": "北京银行慧园支行"}, "一字不差"),
        Guarded("listed", "write_dispatch", {"lending_bank": "cmb_beiyuan"}, "一字不差"),
        Guarded("dispatch_written", "take_sheet", {"original_card_shown": "no"}, "身份证原件"),
        Guarded("dispatch_written", "take_sheet", {"stub_kept": "no"}, "留存右联"),
        Guarded("taken", "meet_customer", {"customer_informed": "no"}, "才能往下办"),
        Guarded("taken", "meet_customer", {"certificate_present": "no"}, "合格证在店"),
        Guarded("taken", "meet_customer", {"vouchers_handed": "no"}, "凭证已交"),
        Guarded("taken", "meet_customer", {"imported_car": "yes"}, MARKED),
        Guarded("taken", "meet_customer", {"imported_car": "yes", "trade_check_possible": "no"}, "可办商检"),
        Guarded("at_shop", "insure", {"policy_beneficiary": "北京银行"}, "第一受益人"),
        Guarded("at_shop", "insure", {"new_car_value": "127999.00"}, "等于发票价格"),
        Guarded("at_shop", "insure", {"damage_sum": "127999.00"}, "等于发票价格"),
        Guarded("at_shop", "insure", {"theft_sum": "128001.00"}, "等于发票价格"),
        Guarded("at_shop", "insure", {"compulsory_early": "no"}, "交强险"),
        Guarded("insured", "take_over", {"papers_received": ["invoice"]}, MARKED),
        *(
            Guarded("insured", "take_over", {"six_compared": [one for one in SIX if one != left]}, "六项")
            for left in SIX
        ),
        *(
            Guarded(
                "shop_handed_over",
                "inspect_car",
                {"inspection_done": [one for one in TEN if one != left]},
                "验车各项",
            )
            for left in TEN
        ),
        Guarded("shop_handed_over", "inspect_car", {"certificate_copy_given": "no"}, "复印件交客户"),
        Guarded("inspected", "hand_to_customer", {"pieces": "4"}, "件数"),
    )
    final = frozenset({"papers_to_archive"})
    WAY = tuple(one.name for one in steps)
    ways = {
        "listed": (),
        "dispatch_written": WAY[:1],
        "taken": WAY[:2],
        "at_shop": WAY[:3],
        "insured": WAY[:4],
        "shop_handed_over": WAY[:5],
        "inspected": WAY[:6],
        "customer_handover": WAY[:7],
        "papers_to_archive": WAY,
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with override("zh-hans"), walked_shop(django_db_blocker, TestCarPickup, "new_car_survey") as made:
            yield made

    @pytest.mark.parametrize(("kind", "proof"), [("outsider", "residence"), ("soldier", "certificate")])
    def test_each_kind_of_buyer_has_their_paper(self, kind: str, proof: str) -> None:
        answers = {
            **self.typed_of(self.step("write_dispatch")),
            "buyer_kind": [kind],
            "region_proof": [proof],
            "lending_bank": ["cmb_beiyuan"],
            "first_beneficiary": ["招商银行股份有限公司北京北苑路支行"],
        }
        assert self.take(self.reach("listed"), "write_dispatch", answers=answers).state == "dispatch_written"

    def test_the_archive_keeper_is_asked_to_count_the_papers(self) -> None:
        case = self.reach("papers_to_archive")
        order = ChildOrder.objects.get(case=case, child=None)
        assert (order.workflow, order.roles) == ("vehicle_papers", [KEEPER])
        given = case.submission.answers
        assert order.answers == {
            "customer_name": given["customer_name"],
            "salesperson": given["salesperson"],
            "received_on": case.answers["brought_on"],
            "imported": case.answers["imported_car"],
        }
        for role, asked in ((KEEPER, True), (OFFICER, False)):
            assert (order in orders_asked_of(self.shop[role])) == asked, role

    def test_the_car_that_is_handed_over_is_put_on_the_list_of_new_cars_to_call(self) -> None:
        case = self.reach("inspected")
        assert not case.children.exists()
        case = self.take(case, "hand_to_customer")
        survey = case.children.get()
        assert (survey.workflow, survey.state) == ("new_car_survey", "delivered")
        given = case.submission.answers
        assert survey.submission.answers == {
            "customer_name": given["customer_name"],
            "phone": given["phone"],
            "model": given["model"],
            "delivered_on": case.answers["handed_over_on"],
        }
        caller = self.shop["follow_up_specialist"]
        assert survey in cases_visible_to(caller)
        assert [step.id for step in transitions_open_to(survey, caller)] == ["update_data"]

    def test_an_import_that_can_be_checked_goes_on(self) -> None:
        answers = {
            **self.typed_of(self.step("meet_customer")),
            "imported_car": ["yes"],
            "trade_check_possible": ["yes"],
        }
        assert self.take(self.reach("taken"), "meet_customer", answers=answers).state == "at_shop"


def papers(left: str = "") -> list[dict[str, Any]]:
    """Return the papers of a car as they were counted; ``left``: the one that is missing, and comes tomorrow."""
    edition = newest(Edition.Kind.FORM, "vehicle-papers")
    assert edition is not None
    items = edition_items(edition)
    there = {"received": True, "form": "original", "count": 1, "holder": "archive"}
    return [{"_row": key, **({"due_on": TOMORROW} if key == left else there)} for key in items]


def edition_items(edition: Edition) -> list[str]:
    """Return the keys of the papers that the checklist counts."""
    body = definition("forms", edition.key)
    groups = [group for page in body["pages"] for group in page["groups"]]
    asked = next(one for group in groups for one in group["fields"] if one["id"] == "papers")
    return [str(item["key"]) for item in asked["options"]["items"]]


class TestVehiclePapers(StepWalks):
    workflow = "vehicle_papers"
    opens_in = "counted"
    applicant = KEEPER
    steps = (
        Step(
            "note_missing",
            "counted",
            KEEPER,
            "incomplete",
            {"missing_papers": "完税证明", "promised_papers_on": TOMORROW},
            needs=("missing_papers", "promised_papers_on"),
        ),
        Step(
            "papers_arrive",
            "incomplete",
            KEEPER,
            "counted",
            {"complete_now": "yes", "missing_again": "no", "delay_days": "1"},
            needs=("complete_now", "missing_again", "delay_days"),
        ),
        Step(
            "check_papers",
            "counted",
            KEEPER,
            "checked",
            {"paper_check": row("vehicle-papers-check"), "price_relation": "higher"},
            needs=("paper_check", "price_relation"),
        ),
        Step(
            "handle_deviation",
            "checked",
            KEEPER,
            "price_deviation",
            {
                "deviation_bank": "bob_huiyuan",
                "reported_before": "yes",
                "adjustable": "yes",
                "corrected_price": "130000.00",
                "deviation_papers": ["statement", "contract", "receipt"],
            },
            needs=("deviation_bank", "reported_before", "adjustable", "corrected_price", "deviation_papers"),
        ),
        Step(
            "copy_papers",
            ("checked", "price_deviation"),
            KEEPER,
            "copied",
            {"copies_made": EIGHT},
            needs=("copies_made",),
        ),
        Step(
            "return_papers",
            "copied",
            KEEPER,
            "returned_to_customer",
            {
                "pieces_returned": "11",
                "item_by_item": "yes",
                "card_stub_given": "yes",
                "papers_signature": SIGNED,
            },
            needs=("pieces_returned", "item_by_item", "card_stub_given", "papers_signature"),
        ),
        Step(
            "bind_sets",
            "returned_to_customer",
            KEEPER,
            "bound",
            {
                "bank_originals": ["identity", "invoice", "tax_receipt", "registration"],
                "bank_copies": EIGHT,
                "archive_policy": "yes",
                "archive_copies": EIGHT,
            },
            needs=("bank_originals", "bank_copies", "archive_policy", "archive_copies"),
        ),
        Step(
            "give_to_bank",
            "bound",
            KEEPER,
            "with_bank",
            {"complete_exact": "yes", "receiver_signature": SIGNED},
            needs=("complete_exact", "receiver_signature"),
        ),
        Step(
            "register_mortgage",
            "with_bank",
            ("bank_resident", KEEPER),
            "mortgage_registered",
            {"mortgage_on": YESTERDAY},
            needs=("mortgage_on",),
        ),
        Step(
            "return_card",
            "mortgage_registered",
            (KEEPER, "bank_resident"),
            "card_returned",
            {"stub_shown": "yes", "phoned_by": "company"},
            needs=("stub_shown", "phoned_by"),
        ),
        Step(
            "record_customer",
            "card_returned",
            KEEPER,
            "recorded",
            {
                "record_name": "王小明",
                "loan_amount": "80000.00",
                "car_price": "128000.00",
                "record_model": "别克君威",
                "colour": "白",
                "insurer": "平安 5600",
                "record_plate": "京A12345",
                "inspection_on": YESTERDAY,
                "record_mortgage_on": YESTERDAY,
                "record_officer": person(OFFICER),
            },
            needs=(
                "record_name",
                "loan_amount",
                "car_price",
                "record_model",
                "colour",
                "insurer",
                "record_plate",
                "inspection_on",
                "record_mortgage_on",
                "record_officer",
            ),
        ),
    )
    ALL = ("statement", "contract", "receipt", "application")
    guards = (
        Guarded("incomplete", "papers_arrive", {"missing_again": "yes"}, "只能一个为是"),
        Guarded("incomplete", "papers_arrive", {"complete_now": "no"}, "只能一个为是"),
        Guarded("counted", "check_papers", {"price_relation": "lower"}, "不予办理"),
        Guarded("checked", "handle_deviation", {"reported_before": "no"}, "事先报告"),
        Guarded("checked", "handle_deviation", {"adjustable": "no"}, "可调价"),
        *(
            Guarded("checked", "handle_deviation", {"deviation_papers": papers}, "备齐资料")
            for papers in (["contract", "receipt"], ["statement", "receipt"], ["statement", "contract"])
        ),
        *(
            Guarded(
                "checked",
                "handle_deviation",
                {"deviation_bank": "cmb_beiyuan", "deviation_papers": papers},
                "备齐资料",
            )
            for papers in (["receipt"], ["application"], ["statement", "contract", "receipt"])
        ),
        Guarded("checked", "copy_papers", {}, "先做价差处理"),
        Guarded("price_deviation", "copy_papers", {"copies_made": EIGHT[1:]}, MARKED),
        Guarded("copied", "return_papers", {"item_by_item": "no"}, "逐项核对"),
        Guarded("copied", "return_papers", {"card_stub_given": "no"}, "回执"),
        Guarded("returned_to_customer", "bind_sets", {"bank_originals": ["identity"]}, MARKED),
        Guarded("returned_to_customer", "bind_sets", {"bank_copies": EIGHT[:7]}, MARKED),
        Guarded("returned_to_customer", "bind_sets", {"archive_copies": EIGHT[:7]}, MARKED),
        Guarded("returned_to_customer", "bind_sets", {"archive_policy": "no"}, "保单原件"),
        Guarded("bound", "give_to_bank", {"complete_exact": "no"}, "不能返行"),
        Guarded("mortgage_registered", "return_card", {"stub_shown": "no"}, "凭回执"),
    )
    final = frozenset({"recorded"})
    CHECKED = ("note_missing", "papers_arrive", "check_papers")
    WAY = (
        *CHECKED,
        "handle_deviation",
        *("copy_papers", "return_papers", "bind_sets", "give_to_bank"),
        *("register_mortgage", "return_card", "record_customer"),
    )
    ways = {
        "counted": ("note_missing", "papers_arrive"),
        "incomplete": WAY[:1],
        "checked": CHECKED,
        "price_deviation": WAY[:4],
        "copied": WAY[:5],
        "returned_to_customer": WAY[:6],
        "bound": WAY[:7],
        "with_bank": WAY[:8],
        "mortgage_registered": WAY[:9],
        "card_returned": WAY[:10],
        "recorded": WAY,
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        looked_up = ("vehicle-papers-check",)
        with override("zh-hans"), walked_shop(django_db_blocker, TestVehiclePapers, forms=looked_up) as made:
            yield made

    def open(self, by: str | None = None, **answers: Any) -> Case:
        """Papers of which something is missing, unless the test says otherwise."""
        told = {"imported": False, "papers": papers(left="tax_paid"), "what_is_missing": "完税证明"}
        return super().open(by, **{**told, **answers})

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        """What is noted as missing, and copied without a deviation, needs a case of its own."""
        self.shop.cases = {**self.shop.cases, "counted": self.open(), "checked": self.checked("equal")}
        kept, self.steps = self.steps, tuple(one for one in self.steps if one.name == "note_missing")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        self.steps = tuple(one for one in kept if one.name == "copy_papers")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        again = self.walk(self.open(), "note_missing", "papers_arrive")
        self.shop.cases = {**self.shop.cases, "counted": again, "checked": self.checked("higher")}
        self.steps = tuple(one for one in kept if one.name not in ("note_missing", "copy_papers"))
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()

    def test_a_step_needs_its_answers_and_its_reason(self) -> None:
        self.shop.cases = {**self.shop.cases, "counted": self.open()}
        kept, self.steps = self.steps, tuple(one for one in self.steps if one.name == "note_missing")
        super().test_a_step_needs_its_answers_and_its_reason()
        self.steps = tuple(one for one in kept if one.name != "note_missing")
        super().test_a_step_needs_its_answers_and_its_reason()

    def checked(self, relation: str) -> Case:
        """Return a case whose papers were checked: the invoice is so to the price applied for."""
        case = self.walk(self.open(), "note_missing", "papers_arrive")
        answers = {**self.typed_of(self.step("check_papers")), "price_relation": [relation]}
        return self.take(case, "check_papers", answers=answers)

    def test_incomplete_papers_are_not_checked_and_stay_incomplete_until_all_is_there(self) -> None:
        case = self.open()
        with pytest.raises(RuleBroken, match="手续齐全才能审核"):
            self.take(case, "check_papers")
        case = self.take(case, "note_missing")
        still = typed({"complete_now": "no", "missing_again": "yes", "delay_days": "2"})
        case = self.take(case, "papers_arrive", answers=still)
        with pytest.raises(RuleBroken, match="手续齐全才能审核"):
            self.take(case, "check_papers")
        case = self.walk(case, "note_missing", "papers_arrive")
        assert case.answers["delay_days"] == 1
        with pytest.raises(RuleBroken, match="没有缺件"):
            self.take(self.complete(), "note_missing")
        assert self.take(case, "check_papers").state == "checked"

    def complete(self) -> Case:
        """Return a case of papers that were all there at the count."""
        case = self.open(papers=papers())
        assert case.submission.answers["all_there"] is True
        return case

    def test_the_second_bank_asks_for_other_papers(self) -> None:
        answers = {
            **self.typed_of(self.step("handle_deviation")),
            "deviation_bank": ["cmb_beiyuan"],
            "deviation_papers": ["receipt", "application"],
        }
        assert (
            self.take(self.reach("checked"), "handle_deviation", answers=answers).state == "price_deviation"
        )

    def test_an_equal_invoice_needs_no_deviation_and_has_none(self) -> None:
        case = self.checked("equal")
        with pytest.raises(RuleBroken, match="只有发票高于申请价"):
            self.take(case, "handle_deviation")
        assert self.take(case, "copy_papers").state == "copied"


class TestArchiveLoan(StepWalks):
    workflow = "archive_loan"
    opens_in = "requested"
    applicant = "claims_officer"
    answers = {"department_kind": "insurance", "purpose": "claim", "wanted": "file"}
    steps = (
        Step(
            "lend",
            "requested",
            KEEPER,
            "lent",
            {
                "out_on": TODAY,
                "due_back_on": TOMORROW,
                "record_complete": "yes",
                "borrower_signature": SIGNED,
            },
            needs=("out_on", "due_back_on", "record_complete", "borrower_signature"),
        ),
        Step("turn_down", "requested", KEEPER, "turned_down", reason=True),
        Step(
            "take_back",
            ("lent", "overdue"),
            KEEPER,
            "returned",
            {"returned_by": "李某", "returned_on": TODAY, "returned_complete": "yes"},
            needs=("returned_by", "returned_on", "returned_complete"),
        ),
        Step("mark_overdue", "lent", KEEPER, "overdue"),
    )
    guards = (
        Guarded("requested", "lend", {"record_complete": "no"}, "登记齐全"),
        Guarded("requested", "lend", {"due_back_on": YESTERDAY}, "不早于借出日期"),
        Guarded("lent", "take_back", {"returned_complete": "no"}, "不齐全"),
        Guarded("overdue", "take_back", {"returned_complete": "no"}, "不齐全"),
        Guarded("lent", "mark_overdue", {}, "还没有到应还日期"),
    )
    final = frozenset({"returned", "turned_down"})
    ways = {
        "requested": (),
        "lent": ("lend",),
        "overdue": ("lend_long_ago",),
        "returned": ("lend", "take_back"),
        "turned_down": ("turn_down",),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with override("zh-hans"), walked_shop(django_db_blocker, TestArchiveLoan) as made:
            yield made

    def lend_long_ago(self, case: Case) -> Case:
        """Lent and due before yesterday: the machine sees at once that it is overdue."""
        before = (timezone.localdate() - datetime.timedelta(days=9)).isoformat()
        answers = {**self.typed_of(self.step("lend")), "out_on": [before], "due_back_on": [YESTERDAY]}
        return self.take(case, "lend", answers=answers)

    verbs = {"lend_long_ago": lend_long_ago}

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        """What is not due cannot be overdue; on the day after, the machine marks it by itself."""
        kept, self.steps = self.steps, tuple(one for one in self.steps if one.name != "mark_overdue")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        self.steps = kept

    def test_what_is_not_back_in_time_becomes_overdue_by_itself(self) -> None:
        case = self.reach("lent")
        later = timezone.now() + datetime.timedelta(days=3)
        with mock.patch("django.utils.timezone.now", return_value=later):
            proceed(case, None)
        assert fresh(case).state == "overdue"
        assert self.take(fresh(case), "take_back").state == "returned"

    @pytest.mark.parametrize(
        ("department", "purpose", "wanted", "rule"),
        [
            ("insurance", "overdue", "file", "purpose_of_department"),
            ("risk", "claim", "file", "purpose_of_department"),
            ("customer", "renewal", "policy_copy", "purpose_of_department"),
            ("customer", "claim", "file", "customers_get_copies"),
        ],
    )
    def test_files_are_lent_for_the_purposes_of_the_department_and_customers_get_copies(
        self, department: str, purpose: str, wanted: str, rule: str
    ) -> None:
        edition = newest(Edition.Kind.FORM, "archive-loan")
        assert edition is not None
        definition = form_of(edition)
        sound = {
            "customer_name": "王小明",
            "file_number": "DA-7",
            "borrower": "李某",
            "department_kind": "insurance",
            "purpose": "claim",
            "wanted": "file",
        }
        assert evaluate(definition, sound).errors == ()
        broken = {**sound, "department_kind": department, "purpose": purpose, "wanted": wanted}
        message = next(one.message for one in definition.rules if one.id == rule)
        assert message["zh-hans"] in {
            error.message for error in evaluate(definition, broken, "zh-hans").errors
        }
