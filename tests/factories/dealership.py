"""The forms of the dealership's pack as the trade describes them: what each must ask, answers that keep its
rules, and for each rule answers that break it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from forms.logic import ROW
from forms.schema import FormDefinition
from tests.factories.forms import PACK
from tests.factories.pack_files import read


@dataclass(frozen=True)
class Broken:
    """One rule, answers that break it, and the path at which it must be told."""

    rule: str
    answers: Mapping[str, Any]
    at: str
    there: Mapping[str, Any] | None = None
    """What can be read of the rows of registers that are named."""


@dataclass(frozen=True)
class Sheet:
    """One form of the trade."""

    number: str
    key: str
    asks: Mapping[str, str]
    """What it must ask, by id, and of which kind; ``group`` for rows."""
    sound: Mapping[str, Any]
    """Answers that keep its rules, over sample answers to everything else."""
    broken: tuple[Broken, ...]
    submitter: str
    """Role of whoever fills it in; empty: everybody."""
    copies: tuple[str, ...] = ()
    """Copies that are printed of it."""
    personal: tuple[str, ...] = ()
    """What must not travel."""


@cache
def body_of_form(key: str) -> dict[str, Any]:
    """Return a form of the pack as its file says it."""
    return read(PACK / f"{key}.yaml")


@cache
def form_of(key: str) -> FormDefinition:
    """Return a form of the pack."""
    return FormDefinition.model_validate(body_of_form(key))


def kinds(**asked: str) -> dict[str, str]:
    """Return ids by kind turned round: ``text="a b"`` gives a and b as text."""
    return {name: kind for kind, names in asked.items() for name in names.split()}


def row(number: int, **cells: Any) -> dict[str, Any]:
    """Return a row of a repeating group."""
    return {ROW: f"r{number}", **cells}


def there(*keys: str, **more: Any) -> list[dict[str, Any]]:
    """Return the rows of a checklist for papers that are there."""
    return [{ROW: key, "received": True, **more} for key in keys]


PAPERS = [
    *(
        "identity",
        "licence",
        "invoice",
        "registration",
        "tax_receipt",
        "tax_paid",
        "inspection",
        "environment",
    ),
    *("compulsory_mark", "compulsory", "commercial", "policy_invoice", "certificate"),
]
BANK = "北京银行股份有限公司慧园支行"
FRAME = "LSVAA49J132047371"


def sheets(day: datetime.date) -> list[Sheet]:
    """Return the twenty forms as they are to be filled in on ``day``."""

    def on(days: int) -> str:
        return (day + datetime.timedelta(days)).isoformat()

    def at(time: str, days: int = 0) -> str:
        return f"{on(days)}T{time}"

    part = {"part": "制动片", "quantity": 2, "unit_price": "150.00"}
    job = {"operation": "更换前制动片", "trade": "mechanical", "hours": "1.5", "hour_price": "200.00"}
    order_rows = [
        row(
            1,
            **job,
            parts=[
                row(1, **part, origin="genuine"),
                row(2, **part, origin="own", key_assembly=True, no_guarantee=True),
            ],
        ),
        row(2, **job),
    ]
    unwritten = [
        row(1, **job, parts=[row(1, **part, origin="secondary", key_assembly=True, no_guarantee=False)])
    ]
    booking = [
        row(1, item="保养", estimate="500.00", expensive=False),
        row(2, item="换变速箱", estimate="9000.00", expensive=True, part="变速箱", part_price="8000.01"),
    ]
    claim = {
        "sold_on": on(-400),
        "failed_on": on(-10),
        "warranty_until": on(300),
        "mileage": 20_000,
        "warranty_mileage": 100_000,
        "responsibility": "material",
        "labour": "300.00",
        "parts_cost": "900.00",
        "other_costs": "0.00",
        "permitted_amount": "2000.00",
        "appraiser_trained": True,
        "papers": there("order", "licence", "booklet", "photos", "parts_slip", form="copy", count=1),
    }
    agreed = {
        "buyer_kind": "local",
        "region_proof": "card",
        "bank": "bob_huiyuan",
        "beneficiary": BANK,
        "dispatch_beneficiary": BANK,
        "clause": ["who", "loss", "payout"],
        "identity_original": True,
        "applied_price": "158000.00",
        "dispatch_price": "158000.00",
        "invoice_price": "158000.00",
        "new_car_value": "158000.00",
        "damage_sum": "158000.00",
        "theft_sum": "158000.00",
        "tax_invoice_amount": "158000.00",
        "registration_name": "王小明",
        "licence_name": "王小明",
        "insured_name": "王小明",
        "registration_plate": "京A12345",
        "licence_plate": "京A12345",
        "registration_model": "途安 1.4T",
        "dispatch_model": "途安 1.4T",
        "policy_model": "途安 1.4T",
        "registration_engine": "EA211-0099",
        "policy_engine": "EA211-0099",
        "registration_frame": FRAME,
        "policy_frame": FRAME,
        "reported_before": True,
        "deviation_papers": ["statement", "contract", "receipt"],
    }
    dearer = {
        "invoice_price": "160000.00",
        "new_car_value": "160000.00",
        "damage_sum": "160000.00",
        "theft_sum": "160000.00",
        "tax_invoice_amount": "160000.00",
    }
    second_bank = {
        "bank": "cmb_beiyuan",
        "beneficiary": "招商银行股份有限公司北京北苑路支行",
        "dispatch_beneficiary": "招商银行股份有限公司北京北苑路支行",
    }
    return [
        Sheet(
            "F-01",
            "visitor-registration",
            kinds(
                text="customer_name model_of_interest follow_up_card source_detail",
                phone="phone",
                choice="source way purpose intent outcome",
                moment="arrived_at",
                person="consultant",
            ),
            {},
            (
                Broken("B-04", {"customer_name": "不详"}, "customer_name"),
                Broken("B-04", {"source": None}, "source"),
                Broken("B-04", {"source": {"other": "?"}}, "source"),
                Broken("B-05", {"phone_given": True, "follow_up_card": None}, "follow_up_card"),
                Broken("F-01", {"purpose": "buy", "model_of_interest": None}, "model_of_interest"),
                Broken("F-01", {"arrived_at": at("09:00", 1)}, "arrived_at"),
            ),
            "sales_consultant",
            personal=("customer_name", "phone"),
        ),
        Sheet(
            "F-06",
            "test-drive",
            kinds(
                text="customer_name occupation licence_number address car_model",
                whole_number="age",
                phone="phone",
                date="drive_on",
                time="drive_at",
                signature="customer_signature consultant_signature",
                plate="car_plate",
                choice="route",
                person="consultant",
            ),
            {"has_licence": True, "agreement_signed": True, "drive_on": on(1)},
            (
                Broken("B-01", {"has_licence": False}, "has_licence"),
                Broken("B-01", {"licence_number": None}, "licence_number"),
                Broken("B-01", {"drive_on": on(-1)}, "drive_on"),
                # The tests stand at noon.
                Broken("B-01", {"drive_on": on(0), "drive_at": "11:55"}, "drive_at"),
                Broken("B-03", {"customer_signature": None}, "customer_signature"),
                Broken("B-03", {"consultant_signature": None}, "consultant_signature"),
                Broken("B-03", {"agreement_signed": False}, "agreement_signed"),
            ),
            "sales_consultant",
            personal=("age", "occupation", "licence_number", "address"),
        ),
        Sheet(
            "F-16",
            "vehicle-reception",
            kinds(
                whole_number="mileage",
                text="model",
                group="damages",
                photo="damage_photo",
                long_text="interior customer_questions other_conditions",
                signature="customer_signature",
                vin="vin",
                plate="plate",
                phone="phone",
                choice="fuel",
                choices="covers",
            ),
            {"with_customer": True, "valuables": True, "covers": ["seat", "wheel", "mat"]},
            (
                Broken("F-16", {"with_customer": False}, "with_customer"),
                Broken("F-16", {"customer_signature": None}, "customer_signature"),
                Broken("B-18", {"covers": ["seat", "wheel"]}, "covers"),
                Broken("B-19", {"valuables": False}, "valuables"),
                Broken("F-16", {"damage_found": True, "damages": []}, "damages"),
                Broken("F-16", {"plate": None, "vin": None}, "plate"),
            ),
            "service_adviser",
            copies=("workshop", "customer"),
            personal=("customer_name", "phone", "plate", "vin"),
        ),
        Sheet(
            "F-17",
            "repair-order",
            kinds(
                text="customer_unit customer_name model chassis_number engine_number operation part",
                phone="phone",
                plate="plate",
                vin="vin",
                whole_number="mileage quantity",
                choice="fuel trade origin",
                long_text="first_inspection requirements",
                group="items parts",
                money="unit_price amount labour labour_total parts_total total",
                decimal="hours",
                lookup="reception",
                signature="customer_signature inspector_signature customer_return_signature",
                person="team_leader inspector",
            ),
            {"items": order_rows, "inspection_passed": True, "paint_fault": False},
            (
                Broken("B-23", {"items": unwritten}, "items/r1/parts/r1/no_guarantee"),
                Broken("B-27", {"finished": True, "inspector_signature": None}, "inspector_signature"),
                Broken("B-28", {"finished": True, "inspection_passed": False}, "inspection_passed"),
                Broken("B-28", {"finished": True, "paint_fault": True}, "paint_fault"),
                Broken("F-17", {"customer_signature": None}, "customer_signature"),
                Broken("F-17", {"items": []}, "items"),
            ),
            "service_adviser",
            copies=("customer", "workshop", "desk"),
            personal=("customer_name", "phone", "plate", "vin", "engine_number"),
        ),
        Sheet(
            "F-20",
            "repair-estimate",
            kinds(
                group="items",
                decimal="hours hours_total surcharge",
                money="hour_price parts_price amount expected",
                choice="pricing payment parts_supply old_parts",
                moment="handover_at",
                choices="basis",
                long_text="undetermined",
                signature="customer_signature",
                lookup="reception",
            ),
            {"history_read": True, "not_assured_told": True},
            (
                Broken("B-20", {"customer_signature": None}, "customer_signature"),
                Broken("B-39", {"pricing": "item", "not_assured_told": False}, "not_assured_told"),
                Broken("B-39", {"pricing": "symptom", "surcharge": None}, "surcharge"),
                Broken("B-117", {"basis": None}, "basis"),
                Broken("W-20", {"history_read": False}, "history_read"),
            ),
            "service_adviser",
            copies=("customer", "desk"),
            personal=("customer_name", "plate"),
        ),
        Sheet(
            "F-22",
            "items-left",
            kinds(
                checklist="tools",
                group="articles papers",
                text="article difference box",
                whole_number="count article_count paper_count counted_again papers_again",
                yes_no="valid complete different handed_back",
                choice="paper condition",
                signature="customer_signature differences_signature return_signature",
                lookup="reception",
            ),
            {},
            (
                Broken("F-22", {"tools": None, "articles": [], "papers": []}, "articles"),
                Broken(
                    "B-38",
                    {
                        "papers": [
                            row(
                                1,
                                paper="licence",
                                valid=False,
                                complete=True,
                                condition="good",
                                different=False,
                                difference="已过期",
                            )
                        ],
                        "differences_signature": None,
                    },
                    "differences_signature",
                ),
                Broken(
                    "B-38",
                    {
                        "papers": [
                            row(
                                1,
                                paper="licence",
                                valid=True,
                                complete=True,
                                condition="good",
                                different=True,
                            )
                        ]
                    },
                    "papers/r1/difference",
                ),
                Broken(
                    "B-36",
                    {
                        "articles": [row(1, article="雨伞", count=2)],
                        "handed_back": True,
                        "counted_again": 1,
                        "shortfall": None,
                    },
                    "shortfall",
                ),
                Broken("B-36", {"handed_back": True, "return_signature": None}, "return_signature"),
            ),
            "service_adviser",
            copies=("customer", "box"),
            personal=("customer_name", "plate"),
        ),
        Sheet(
            "F-24",
            "additional-repair",
            kinds(
                group="items",
                text="item",
                money="price total",
                decimal="extra_time extra_hours",
                choice="answer asked_how",
                moment="told_at slip_at new_handover asked_at",
                person="told_person",
                signature="refusal_signature consent_signature",
                lookup="order",
            ),
            {
                "items": [row(1, item="换刹车油", price="120.00", extra_time="0.5")],
                "asked_at": at("09:00"),
                "slip_at": at("09:30"),
                "told_at": at("09:40"),
                "time_told": True,
            },
            (
                Broken("B-21", {"answer": "agreed", "slip_at": at("08:30")}, "slip_at"),
                Broken("B-21", {"answer": "agreed", "slip_at": None}, "slip_at"),
                Broken("B-22", {"answer": "refused", "refusal_signature": None, "told_at": None}, "told_at"),
                Broken(
                    "B-22",
                    {"answer": "refused", "refusal_signature": None, "told_person": None},
                    "told_person",
                ),
                Broken("B-22", {"answer": "refused", "told_at": at("08:59")}, "told_at"),
                Broken("F-24", {"time_told": False}, "time_told"),
                Broken("F-24", {"plate": "京A12345"}, "plate", {"plate": "京A12346"}),
                Broken(
                    "F-24",
                    {"answer": "agreed", "new_handover": at("16:00")},
                    "new_handover",
                    {"handover_at": at("16:30")},
                ),
                Broken("F-24", {"answer": "agreed", "new_handover": None}, "new_handover"),
            ),
            "service_adviser",
            copies=("workshop", "order"),
            personal=("plate",),
        ),
        Sheet(
            "F-39",
            "service-appointment",
            kinds(
                group="items",
                text="item part customer_name model deposit_terms",
                moment="appointment_at",
                money="estimate part_price deposit least_deposit estimate_total",
                yes_no="expensive workshop_told",
                phone="phone",
                plate="plate",
                long_text="wish fault",
                choice="channel remind",
                signature="customer_signature",
            ),
            {"items": booking, "deposit": "4000.01", "workshop_told": True},
            (
                Broken("B-24", {"deposit": "4000.00"}, "deposit"),
                Broken("B-24", {"deposit": None}, "deposit"),
                Broken("F-39", {"appointment_at": None}, "appointment_at"),
                Broken("F-39", {"appointment_at": at("09:00", -1)}, "appointment_at"),
                Broken("F-39", {"channel": "phone", "fault": None}, "fault"),
                Broken("S-40", {"workshop_told": False}, "workshop_told"),
            ),
            "service_adviser",
            copies=("customer", "desk"),
            personal=("customer_name", "phone", "plate"),
        ),
        Sheet(
            "F-47",
            "warranty-claim",
            kinds(
                lookup="order",
                vin="vin",
                text="part part_number old_part_number",
                long_text="finding",
                choice="responsibility claim_class decision",
                money="labour parts_cost other_costs total permitted_amount granted",
                checklist="papers",
                photo="photos",
                date="due_on",
                person="appraiser approved_by",
            ),
            claim,
            (
                Broken("B-48", {"warranty_until": on(-20)}, "warranty_until"),
                Broken("B-48", {"mileage": 100_001}, "warranty_mileage"),
                Broken("B-48", {"responsibility": "use"}, "responsibility"),
                Broken("B-48", {"permitted_amount": "1199.99"}, "total"),
                Broken("Q-18", {"permitted_amount": None, "approved_by": None}, "approved_by"),
                Broken("B-47", {"appraiser_trained": False}, "appraiser_trained"),
                Broken("B-49", {"old_part_number": None}, "old_part_number"),
                Broken("F-47", {"papers": there("order", "licence")}, "papers"),
                Broken("F-47", {"due_on": on(-1), "late_reason": None}, "late_reason"),
                Broken("F-47", {"failed_on": on(-500)}, "failed_on"),
            ),
            "warranty_officer",
            personal=("customer_name", "vin", "plate"),
        ),
        Sheet(
            "F-55",
            "tool-loan",
            kinds(
                group="tools",
                code="code",
                text="tool",
                person="borrower keeper",
                moment="out_at due_at back_at",
                signature="borrower_signature keeper_signature",
                choice="used_in condition_out condition_back",
            ),
            {
                "used_in": "workshop",
                "out_at": at("08:00"),
                "due_at": at("18:00"),
                "back_at": at("17:00"),
                "loss_reported": True,
            },
            (
                Broken("B-56", {"used_in": "outside"}, "used_in"),
                Broken("B-56", {"borrower_signature": None}, "borrower_signature"),
                Broken("F-55", {"due_at": at("07:00")}, "due_at"),
                Broken("F-55", {"returned": True, "back_at": at("07:00")}, "back_at"),
                Broken(
                    "W-40",
                    {
                        "returned": True,
                        "loss_reported": False,
                        "tools": [
                            row(
                                1,
                                code="T1",
                                tool="扭力扳手",
                                count=1,
                                condition_out="good",
                                condition_back="lost",
                            )
                        ],
                    },
                    "loss_reported",
                ),
            ),
            "tool_keeper",
        ),
        Sheet(
            "F-58",
            "insurance-case",
            kinds(
                choice="cause liability",
                group="items",
                money="labour parts amount estimate_total assessed",
                long_text="insurer_demands customer_demands course",
                checklist="papers",
                choices="demanded_by",
                photo="damage_photos",
                signature="authority_signature",
                text="insurer policy_number",
                vin="vin",
                plate="plate",
            ),
            {
                "police_finding": True,
                "papers": there(
                    "vehicle_licence", "driving_licence", "identity", "policy", "estimate", holder="desk"
                ),
            },
            (
                Broken(
                    "B-70", {"cause": "collision", "liability": "full", "police_finding": False}, "liability"
                ),
                Broken("F-58", {"papers": there("policy")}, "papers"),
                Broken("F-58", {"demanded_by": ["insurer"], "insurer_demands": None}, "insurer_demands"),
                Broken("F-58", {"demanded_by": ["customer"], "customer_demands": None}, "customer_demands"),
                Broken("W-26", {"authorised": True, "authority_signature": None}, "authority_signature"),
                Broken("F-58", {"assessed": "0.01", "difference_reason": None}, "difference_reason"),
            ),
            "claims_officer",
            copies=("insurer", "customer", "desk"),
            personal=("customer_name", "policy_number", "vin"),
        ),
        Sheet(
            "F-63",
            "complaint",
            kinds(
                text="customer_name matter address",
                date="occurred_on received_on reply_told_for",
                time="reply_told_at",
                choice="channel department phase demand standing validity result reaction severity",
                phone="phone",
                plate="plate",
                long_text="description answer_given",
            ),
            {
                "occurred_on": on(-3),
                "received_on": on(-1),
                "reply_told_for": on(1),
                "severity": "ordinary",
            },
            (
                Broken("F-63", {"received_on": on(-5)}, "received_on"),
                Broken("S-01", {"answered_on_spot": False, "reply_told_for": on(2)}, "reply_told_for"),
                Broken("B-41", {"answered_on_spot": False, "reply_told_for": None}, "reply_told_for"),
                Broken("B-41", {"severity": "major", "answered_on_spot": True}, "answered_on_spot"),
                Broken("F-63", {"answered_on_spot": True, "reaction": None}, "reaction"),
            ),
            "",
            personal=("customer_name", "phone", "plate", "address"),
        ),
        Sheet(
            "F-64",
            "complaint-work-order",
            kinds(
                lookup="complaint",
                department="department",
                long_text="request",
                moment="answer_by told_customer_by ordered_at",
                person="responsible",
            ),
            {
                "ordered_at": at("09:00"),
                "answer_by": at("12:00"),
                "told_customer_by": at("17:00"),
            },
            (
                Broken("F-64", {"answer_by": at("08:00")}, "answer_by"),
                Broken("F-64", {"answer_by": at("18:00")}, "answer_by"),
                Broken("S-01", {"told_customer_by": at("10:00", 1)}, "told_customer_by"),
            ),
            "clerk",
            copies=("department", "desk"),
        ),
        Sheet(
            "F-65",
            "quick-handling",
            kinds(
                long_text="problem",
                date="repaired_on",
                lookup="follow_up",
                choice="raised_by",
            ),
            {},
            (
                Broken("F-65", {"problem": None}, "problem"),
                Broken("W-02", {"repaired_on": on(-4), "late_reason": None}, "late_reason"),
            ),
            "clerk",
            personal=("customer_name", "phone", "plate"),
        ),
        Sheet(
            "F-66",
            "follow-up-record",
            kinds(
                date="contact_on",
                time="contact_at",
                long_text="content dissatisfaction measure",
                choice="result attempt",
                whole_number="attempts",
                person="reported_to",
                lookup="order complaint",
            ),
            {"agreed_time": True, "unreachable": False, "data_checked": True},
            (
                Broken("B-46", {"reached": True, "data_checked": False}, "data_checked"),
                Broken("B-45", {"contact_at": "07:30", "agreed_time": False}, "contact_at"),
                Broken("B-45", {"contact_at": "12:30", "agreed_time": None}, "agreed_time"),
                Broken("B-44", {"reached": False, "unreachable": True, "attempts": 2}, "unreachable"),
                Broken("F-66", {"reached": True, "content": None}, "content"),
                Broken("F-66", {"reached": True, "result": "dissatisfied", "measure": None}, "measure"),
                Broken(
                    "B-119",
                    {"reached": True, "result": "complaint", "urgent": True, "reported_to": None},
                    "reported_to",
                ),
            ),
            "service_adviser",
            personal=("customer_name", "phone", "plate"),
        ),
        Sheet(
            "F-67",
            "sales-satisfaction",
            kinds(
                yes_no="address_checked data_checked complaint",
                rating="overall",
                likert="topics",
                long_text="suggestions",
                whole_number="days_after",
                date="delivered_on called_on",
                lookup="complaint_entry",
            ),
            {
                "delivered_on": on(-4),
                "called_on": on(0),
                "address_checked": True,
                "data_checked": True,
            },
            (
                Broken("S-15", {"delivered_on": on(-2)}, "called_on"),
                Broken("S-15", {"delivered_on": on(-6), "late_reason": None}, "late_reason"),
                Broken("F-67", {"address_checked": False}, "address_checked"),
                Broken("F-67", {"complaint": True, "complaint_entry": None}, "complaint_entry"),
                Broken("F-67", {"overall": 1, "complaint": False, "suggestions": None}, "suggestions"),
            ),
            "clerk",
            personal=("customer_name", "phone"),
        ),
        Sheet(
            "F-93",
            "contract-approval",
            kinds(
                person="handler",
                department="department",
                file="paper",
                choice="paper_kind",
                money="amount",
                date_range="term",
                table="offers",
            ),
            {"safety_agreement": True},
            (
                Broken("F-93", {"paper": None}, "paper"),
                Broken("B-60", {"contract_kind": "advert", "offers": None}, "offers"),
                Broken("B-68", {"in_budget": False, "budget_reason": None}, "budget_reason"),
                Broken(
                    "B-61",
                    {"contract_kind": "decoration", "at_height": True, "safety_agreement": False},
                    "safety_agreement",
                ),
            ),
            "manager",
        ),
        Sheet(
            "F-95",
            "payment-request",
            kinds(
                money="amount invoice_amount",
                text="payee account bank invoice_number",
                photo="invoice_photo",
                file="contract_copy",
                lookup="contract",
                yes_no="copy_with_accountant",
            ),
            {"amount": "1000.00", "invoice_amount": "1000.00", "copy_with_accountant": True},
            (
                Broken("B-64", {"invoice_photo": None}, "invoice_photo"),
                Broken("B-64", {"contract_copy": None}, "contract_copy"),
                Broken("B-64", {"copy_with_accountant": False}, "copy_with_accountant"),
                Broken("F-95", {"amount": "1000.01"}, "amount"),
                Broken("F-95", {}, "amount", {"amount": "999.99"}),
            ),
            "manager",
            copies=("finance", "handler"),
            personal=("account",),
        ),
        Sheet(
            "F-127",
            "vehicle-papers",
            kinds(
                checklist="papers import_papers",
                text="customer_name salesperson what_is_missing",
                person="inspector",
                yes_no="all_there imported overdue",
                date="comes_on received_on",
                choice="identity_kind",
                whole_number="missing_count",
            ),
            {
                "papers": there(*PAPERS, form="original", count=1, holder="archive"),
                "import_papers": there("commodity", "customs", form="copy"),
                "received_on": on(0),
                "comes_on": on(1),
            },
            (
                Broken("F-127", {"papers": there(*PAPERS[1:])}, "papers"),
                Broken(
                    "F-127",
                    {"papers": [{ROW: "identity", "due_on": on(1)}, *there(*PAPERS[1:])], "comes_on": on(-1)},
                    "comes_on",
                ),
                Broken("F-127", {"imported": True, "import_papers": there("customs")}, "import_papers"),
                Broken(
                    "S-58",
                    {
                        "papers": [
                            {ROW: "identity", "due_on": on(1)},
                            *there(*PAPERS[1:]),
                        ],
                        "received_on": on(-2),
                        "overdue_reason": None,
                    },
                    "overdue_reason",
                ),
                Broken(
                    "F-127",
                    {
                        "papers": [
                            {ROW: "identity", "due_on": on(1)},
                            *there(*PAPERS[1:]),
                        ],
                        "what_is_missing": None,
                    },
                    "what_is_missing",
                ),
            ),
            "archive_keeper",
            personal=("customer_name", "vin", "plate"),
        ),
        Sheet(
            "F-128",
            "vehicle-papers-check",
            kinds(
                lookup="intake",
                text="beneficiary registration_name licence_name insured_name policy_engine",
                money="invoice_price applied_price new_car_value damage_sum theft_sum tax_invoice_amount",
                choices="clause deviation_papers",
                choice="bank buyer_kind region_proof",
                plate="registration_plate licence_plate",
                vin="registration_frame policy_frame",
            ),
            agreed,
            (
                Broken("B-71", {"beneficiary": "北京银行慧园支行"}, "beneficiary"),
                Broken("B-71", {"clause": ["who", "loss"]}, "clause"),
                Broken(
                    "B-71", second_bank | {"beneficiary": BANK, "dispatch_beneficiary": BANK}, "beneficiary"
                ),
                Broken("B-72", {"new_car_value": "158000.01"}, "new_car_value"),
                Broken("B-72", {"damage_sum": "157000.00"}, "damage_sum"),
                Broken("B-72", {"theft_sum": "1.00"}, "theft_sum"),
                Broken("B-73", {"applied_price": "158000.01"}, "invoice_price"),
                Broken("B-73", dearer | {"reported_before": False}, "reported_before"),
                Broken("B-73", dearer | {"deviation_papers": ["receipt"]}, "deviation_papers"),
                Broken("B-73", dearer | second_bank | {"deviation_papers": ["receipt"]}, "deviation_papers"),
                Broken("B-74", {"dispatch_price": "150000.00"}, "dispatch_price"),
                Broken("B-74", {"dispatch_model": "途观"}, "dispatch_model"),
                Broken("B-74", {"buyer_kind": "soldier"}, "region_proof"),
                Broken("B-75", {"dispatch_beneficiary": "工商银行"}, "dispatch_beneficiary"),
                Broken("B-75", {"identity_original": False}, "identity_original"),
                Broken("B-76", {"tax_invoice_amount": "158000.10"}, "tax_invoice_amount"),
                Broken("B-77", {"licence_name": "李雷"}, "licence_name"),
                Broken("B-77", {"licence_plate": "京A12346"}, "licence_plate"),
                Broken("B-77", {"insured_name": "李雷"}, "insured_name"),
                Broken("B-77", {"policy_model": "途观"}, "policy_model"),
                Broken("B-77", {"policy_engine": "EA211-0098"}, "policy_engine"),
                Broken("B-77", {"policy_frame": "LSVAA49J132047372"}, "policy_frame"),
            ),
            "archive_keeper",
            personal=("registration_name", "registration_plate", "registration_frame"),
        ),
    ]
