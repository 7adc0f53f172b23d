"""A small workflow with a ledger: a claim is filed, accepted for less or all of it, paid, or written off."""

from __future__ import annotations

import copy
import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone

from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, fresh, open_one, publish_all, stage, state, step, text, workflow_body
from tests.factories.organisation import make_user
from workflows.models import Case, LedgerAccount, LedgerEntry
from workflows.services import ledger

KEY = "claim"


def claim_form() -> dict[str, Any]:
    """Return a form with the amounts and marks of a claim."""
    fields = [
        {"id": "payer", "kind": "text", "label": text("付款方"), "required": True},
        {"id": "claim_no", "kind": "text", "label": text("索赔单号")},
        {"id": "vin", "kind": "text", "label": text("车架号")},
        {
            "id": "asked",
            "kind": "money",
            "label": text("索赔金额"),
            "required": True,
            "options": {"min": "-9.00"},
        },
        {"id": "filed_on", "kind": "date", "label": text("申报日期")},
    ]
    return {
        "key": KEY,
        "title": text("索赔"),
        "category": {"key": "claims", "title": text("索赔")},
        "numbering": "CL-{year}-{seq:05}",
        "pages": [{"id": "one", "title": text("一"), "groups": [{"id": "all", "fields": fields}]}],
    }


def claim_ledger() -> dict[str, Any]:
    """Return the ledger of the workflow."""
    return copy.deepcopy(
        {
            "title": text("索赔台账"),
            "currency": "CNY",
            "payer": "payer",
            "kinds": [
                {"id": "claimed", "title": text("申报"), "balance": "adds", "by_hand": ["cashier"]},
                {"id": "approved", "title": text("核定"), "balance": "notes"},
                {"id": "difference", "title": text("差额"), "balance": "takes"},
                {"id": "received", "title": text("到账"), "balance": "takes", "by_hand": ["cashier"]},
                {"id": "written_off", "title": text("核销"), "balance": "takes"},
            ],
            "postings": [
                {
                    "step": "file",
                    "kind": "claimed",
                    "amount": "asked",
                    "dated": "filed_on",
                    "reference": "claim_no",
                },
                {"step": "accept", "kind": "approved", "amount": "granted"},
                {"step": "accept", "kind": "difference", "amount": "asked - granted"},
                {"step": "give_up_rest", "kind": "written_off", "amount": "ledger_balance"},
            ],
            "sees": ["cashier", "auditor"],
            "reverses": ["cashier"],
            "closes": ["accountant"],
            "payer_list": {
                "posts": "received",
                "keys": [
                    {
                        "id": "claim",
                        "title": text("索赔单号"),
                        "headings": ["索赔单号", "Claim"],
                        "field": "claim_no",
                    },
                    {"id": "vin", "title": text("车架号"), "headings": ["车架号", "VIN"], "field": "vin"},
                ],
                "amount_headings": ["到账金额", "Amount"],
                "day_headings": ["到账日期", "Paid on"],
                "reference_headings": ["流水号", "Reference"],
                "matches": [{"keys": ["claim"]}, {"keys": ["vin", "amount"]}],
                "less": "post",
                "more": "leave",
                "roles": ["cashier"],
            },
        }
    )


def claim_body(**more: Any) -> dict[str, Any]:
    """Return the workflow."""
    granted = {"id": "granted", "kind": "money", "label": text("核定金额"), "required": True}
    return workflow_body(
        [
            state("drawn_up"),
            state("filed", "waiting"),
            state("accepted", "waiting"),
            stage("write_off", "manager", "large_write_off", refused="accepted"),
            stage(
                "large_write_off",
                "chief",
                "written_off",
                refused="accepted",
                when="ledger_balance > yuan(1000)",
            ),
            state("written_off"),
            state("settled", "final"),
        ],
        [
            step("file", "drawn_up", "filed", "cashier"),
            step("accept", "filed", "accepted", "cashier", asks=[granted]),
            step("give_up", "accepted", "write_off", "cashier"),
            step("give_up_rest", "written_off", "settled", by_itself=True, guard="true"),
            step(
                "settle",
                "accepted",
                "settled",
                by_itself=True,
                guard="ledger_received > yuan(0) && ledger_balance <= yuan(0)",
            ),
        ],
        key=KEY,
        subject=["payer", "claim_no"],
        access={"sees": ["submitter", "cashier", "auditor"]},
        ledger=claim_ledger(),
        **more,
    )


class Claims:
    """A house with the workflow in force, a clerk, and one person a role."""

    def __init__(self, **more: Any) -> None:
        self.clerk = make_user("claims-clerk", full_name="索赔员")
        self.stranger = make_user("claims-stranger")
        publish(kind=Edition.Kind.FORM, key=KEY, body=claim_form(), by=make_user())
        people = publish_all(claim_body(**more))
        self.people: dict[str, User] = {role: ones[0] for role, ones in people.items()}

    def __getitem__(self, role: str) -> User:
        return self.people[role]

    def drawn_up(self, asked: str = "1200.00", **answers: Any) -> Case:
        """Return a claim that is not filed yet."""
        said = {"asked": asked, "payer": "厂家", "claim_no": "S-1", "vin": "LSVAA1234", **answers}
        return open_one(self.clerk, KEY, amount=None, **said)

    def filed(self, asked: str = "1200.00", **answers: Any) -> Case:
        """Return a claim that is filed: the ledger has its first entry."""
        return act(self.drawn_up(asked, **answers), "file", self["cashier"])

    def accepted(self, asked: str = "1200.00", granted: str | None = None, **answers: Any) -> Case:
        """Return a claim that was accepted."""
        case = self.filed(asked, **answers)
        return act(case, "accept", self["cashier"], answers={"granted": [granted or asked]})

    def post(self, case: Case, amount: str, kind: str = "received", **more: Any) -> Case:
        """Post by hand."""
        said = {
            "posted_on": timezone.localdate(),
            "reference": "",
            "note": "",
            "by": self["cashier"],
            "seen_version": fresh(case).version,
            "idempotency_key": uuid.uuid4().hex,
            **more,
        }
        ledger.post_by_hand(case_uuid=case.uuid, kind=kind, amount=amount, **said)
        return fresh(case)

    def reverse(self, case: Case, number: int, reason: str = "记错了", **more: Any) -> Case:
        """Take an entry back."""
        said = {
            "by": self["cashier"],
            "seen_version": fresh(case).version,
            "idempotency_key": uuid.uuid4().hex,
            **more,
        }
        ledger.reverse(case_uuid=case.uuid, number=number, reason=reason, **said)
        return fresh(case)


def entries(case: Case) -> list[tuple[str, Decimal, Decimal]]:
    """Return what was posted: kind, amount, effect."""
    return list(
        LedgerEntry.objects.filter(case=case).order_by("number").values_list("kind", "amount", "effect")
    )


def balance(case: Case) -> Decimal:
    """Return the open balance that lists show."""
    return LedgerAccount.objects.get(case=case).balance
