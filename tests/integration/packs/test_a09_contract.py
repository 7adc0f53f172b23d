"""W-47: A-09, the signature, then A-10 as a child case; a contract is filed when its seal is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.chains import act, asks, fresh
from tests.factories.step_files import with_files
from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop, typed
from workflows.models import Case
from workflows.services import approvals

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "contract_sealing", "contract") as made:
        yield made


AGREED = ("agree",) * 4


class TestContract(Walks):
    workflow = "contract"
    opens_in = "department"
    applicant = "cr_handler"  # who finds the contract again in the register
    stages = (
        Stage("department", "department_head", "finance_manager"),
        Stage("finance_manager", "finance_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_sign", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step("sign", "to_sign", "general_manager", "signed", {"signed_on": TODAY}, needs=("signed_on",)),
        Step("decline_to_sign", "to_sign", "general_manager", "returned", reason=True),
        Step(
            "request_seal",
            "signed",
            "submitter",
            "sealing",
            {"seal_kind": "contract", "seal_copies": "3"},
            needs=("seal_kind", "seal_copies"),
        ),
        Step("sealed", "sealing", (), "filed"),
        Step("not_sealed", "sealing", (), "signed"),
    )
    final = frozenset({"filed", "refused", "cancelled"})
    ways = {
        "department": (),
        "finance_manager": AGREED[:1],
        "deputy_gm": AGREED[:2],
        "gm": AGREED[:3],
        "to_sign": AGREED,
        "signed": (*AGREED, "sign"),
        "sealing": (*AGREED, "sign", "request_seal"),
        "filed": (*AGREED, "sign", "request_seal", "seal_it"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    def sealing(self, case: Case) -> Case:
        """Return the child case that seals the contract."""
        return case.children.get()

    def seal_it(self, case: Case) -> Case:
        """Seal and file the child, as its people do."""
        child = self.sealing(case)
        approvals.agree(asks(child, self.shop["department_head"]))
        approvals.agree(asks(child, self.shop["deputy_general_manager"]))
        act(
            child,
            "seal",
            self.shop["general_affairs"],
            answers=typed({"sealed_on": TODAY, "sealed_copies": "3"}),
        )
        filing = {"photocopies_made": "3", "register_number": "L10-7"}
        keeper = str(self.shop["general_affairs"].uuid)
        answers = typed({**filing, "original_kept_by": keeper})
        handler = self.shop["cr_handler"]
        act(child, "file", handler, answers=with_files(fresh(child), "file", handler, answers))
        return fresh(case)

    verbs = {**Walks.verbs, "seal_it": seal_it}

    def test_the_seal_request_names_the_contract_and_is_the_handlers(self) -> None:
        case = self.reach("sealing")
        child = self.sealing(case)
        assert child.workflow == "contract_sealing"
        assert child.submission.answers["contract"]["key"] == str(case.submission.uuid)
        assert (child.submission.answers["copies"], child.submission.answers["seal"]) == (3, "contract")
        assert child.submitted_by == self.shop["cr_handler"]

    def test_nobody_files_a_contract_by_hand_while_the_seal_is_open(self) -> None:
        case = self.reach("sealing")
        for name in self.cast():
            for step in ("sealed", "not_sealed"):
                assert self.tried(case, self.take, step, self.shop[name]) is None

    def test_a_refused_or_cancelled_seal_gives_the_contract_back(self) -> None:
        case = self.reach("sealing")
        approvals.refuse(asks(self.sealing(case), self.shop["department_head"], "份数不对"))
        assert fresh(case).state == "signed"
        case = self.take(case, "request_seal")
        child = case.children.get(closed_at=None)
        approvals.withdraw(asks(child, self.shop["cr_handler"]))
        assert fresh(case).state == "sealing"
        act(child, "cancel", self.shop["cr_handler"])
        assert fresh(case).state == "signed"
