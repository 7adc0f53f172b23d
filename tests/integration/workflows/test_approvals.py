"""What people can do with an approval they are asked about, and what the record says of it."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    asks,
    chain_body,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    step,
    waiting,
    workflow_body,
)
from tests.factories.organisation import make_deputy, make_user
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.models import Case
from workflows.queries import cases_visible_to, decisions_waiting_for, inbox_of
from workflows.services import approvals

pytestmark = pytest.mark.django_db
STAGES = ["manager", "accountant", "finance", "deputy_gm", "gm"]


@pytest.fixture
def clerk() -> User:
    return make_user("clerk", full_name="经办人")


@pytest.fixture
def chain(clerk: User) -> dict[str, User]:
    return {role: people[0] for role, people in publish_all(chain_body(STAGES)).items()}


def kinds(case: Case) -> list[str]:
    return [event.kind for event in events_of(case.stream)]


def test_a_chain_walks_stage_by_stage_to_its_end(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    for name in STAGES:
        assert (case.state, waiting(case)) == (name, {chain[name].pk})
        assert list(decisions_waiting_for(chain[name])) == [case]
        assert case in inbox_of(chain[name])
        approvals.agree(asks(case, chain[name]))
        case = fresh(case)
        assert not decisions_waiting_for(chain[name])
        assert case in cases_visible_to(chain[name])
    assert (case.state, case.category) == ("done", "final")
    assert case.closed_at is not None
    assert kinds(case) == ["case_opened", *["case_agreed"] * 5]


def test_only_who_is_asked_decides_and_strangers_know_nothing(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    with override("en"), pytest.raises(NotPermitted, match="your own matter"):
        approvals.agree(asks(case, clerk))
    with pytest.raises(CaseNotFound):
        approvals.agree(asks(case, chain["gm"]))
    assert case not in cases_visible_to(chain["gm"])
    with override("en"), pytest.raises(NotPermitted, match="does not wait for your decision"):
        approvals.agree(asks(case, chain["auditor"]))
    assert fresh(case).version == case.version


def test_refusing_needs_a_reason_and_ends_the_chain(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    with pytest.raises(AnswersRefused):
        approvals.refuse(asks(case, chain["manager"], "  "))
    approvals.refuse(asks(case, chain["manager"], "预算已用完"))
    assert fresh(case).state == "refused"


def test_a_case_sent_back_walks_again_or_comes_straight_back(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    for name in STAGES[:3]:
        approvals.agree(asks(case, chain[name]))
    assert approvals.ways_back(fresh(case)) == ["draft", "finance", "accountant", "manager"]
    approvals.send_back(asks(case, chain["deputy_gm"], "补发票"), to="accountant", straight=True)
    assert waiting(case) == {chain["accountant"].pk}
    approvals.agree(asks(case, chain["accountant"]))
    assert fresh(case).state == "deputy_gm"
    approvals.send_back(asks(case, chain["deputy_gm"], "改金额"), to="draft")
    assert (fresh(case).state, waiting(case)) == ("draft", set())
    case = act(case, "resubmit", clerk)
    assert case.state == "manager"


def test_a_correction_of_the_submitter_can_come_straight_back_too(
    chain: dict[str, User], clerk: User
) -> None:
    case = open_one(clerk)
    for name in STAGES[:2]:
        approvals.agree(asks(case, chain[name]))
    approvals.send_back(asks(case, chain["finance"], "补附件"), to="draft", straight=True)
    assert act(case, "resubmit", clerk).state == "finance"


def test_a_step_back_must_name_a_stage_that_was_passed(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    for elsewhere in ("gm", "done", "nowhere", "manager"):
        with pytest.raises(RuleBroken):
            approvals.send_back(asks(case, chain["manager"], "看看"), to=elsewhere)


def test_whose_matter_it_is_takes_it_back_until_somebody_has_decided(
    chain: dict[str, User], clerk: User
) -> None:
    case = open_one(clerk)
    approvals.withdraw(asks(case, clerk))
    assert fresh(case).state == "draft"
    case = act(case, "resubmit", clerk)
    approvals.agree(asks(case, chain["manager"]))
    with override("en"), pytest.raises(RuleBroken, match="decided already"):
        approvals.withdraw(asks(case, clerk))
    approvals.send_back(asks(case, chain["accountant"], "改"), to="draft")
    case = act(case, "resubmit", clerk)
    approvals.withdraw(asks(case, clerk))
    assert fresh(case).state == "draft"


def test_handing_over_gives_the_decision_away(chain: dict[str, User], clerk: User) -> None:
    case, other = open_one(clerk), make_user("other")
    approvals.hand_over(asks(case, chain["manager"], "出差"), to=other.uuid)
    assert waiting(case) == {other.pk}
    with pytest.raises(NotPermitted):
        approvals.agree(asks(case, chain["manager"]))
    assert case in cases_visible_to(chain["manager"])  # who has given it away may follow it
    approvals.agree(asks(case, other))
    assert fresh(case).state == "accountant"


def test_nobody_hands_over_to_whose_matter_it_is(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    with pytest.raises(AnswersRefused):
        approvals.hand_over(asks(case, chain["manager"]), to=clerk.uuid)
    with pytest.raises(AnswersRefused):
        approvals.add_signer(asks(case, chain["manager"]), person=clerk.uuid, side="before")


@pytest.mark.parametrize(
    ("side", "order"), [("before", ("legal", "manager")), ("after", ("manager", "legal"))]
)
def test_a_signer_added_is_asked_before_or_after(
    chain: dict[str, User], clerk: User, side: str, order: tuple[str, str]
) -> None:
    case = open_one(clerk)
    people = {"legal": make_user("legal"), "manager": chain["manager"]}
    approvals.add_signer(asks(case, chain["manager"]), person=people["legal"].uuid, side=side)
    for name in order:
        assert waiting(case) == {people[name].pk}
        assert fresh(case).state == "manager"
        approvals.agree(asks(case, people[name]))
    assert fresh(case).state == "accountant"


def test_a_deputy_decides_for_somebody_and_the_record_names_both(chain: dict[str, User], clerk: User) -> None:
    deputy = make_user("deputy")
    make_deputy(chain["manager"], deputy)
    case = open_one(clerk)
    assert list(decisions_waiting_for(deputy)) == [case]
    approvals.agree(asks(case, deputy))
    case = fresh(case)
    assert case.state == "accountant"
    event = events_of(case.stream)[-1]
    assert (event.actor, event.acting_for) == (str(deputy), str(chain["manager"]))
    seat = case.rounds[0]["slots"][0][0]
    assert (seat["person"], seat["by"]) == (chain["manager"].pk, deputy.pk)


def test_whose_matter_it_is_does_not_decide_as_a_deputy(chain: dict[str, User], clerk: User) -> None:
    make_deputy(chain["manager"], clerk)
    case = open_one(clerk)
    assert not decisions_waiting_for(clerk)
    with pytest.raises(NotPermitted):
        approvals.agree(asks(case, clerk))


def test_a_decision_is_sealed_to_what_was_seen(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    with pytest.raises(Overtaken):
        approvals.agree(asks(case, chain["manager"], seen="0" * 64))
    approvals.agree(asks(case, chain["manager"]))
    decision = next(change for change in events_of(case.stream)[-1].changes if change.path == "decision")
    assert decision.after["seen"] == case.rounds[0]["content"]


def test_reminders_are_limited(chain: dict[str, User], clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    case = open_one(clerk)
    approvals.remind(asks(case, clerk))
    with pytest.raises(RuleBroken):
        approvals.remind(asks(case, clerk))
    later = timezone.now() + datetime.timedelta(hours=5)
    monkeypatch.setattr(timezone, "now", lambda: later)
    approvals.remind(asks(case, clerk))


def test_copied_people_see_the_case(chain: dict[str, User], clerk: User) -> None:
    case, reader = open_one(clerk), make_user("reader")
    approvals.copy_to(asks(case, chain["manager"]), people=[reader.uuid])
    assert case in cases_visible_to(reader)
    assert case not in inbox_of(reader)


def test_a_request_repeated_acts_once(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    request = asks(case, chain["manager"])
    first, again = approvals.agree(request), approvals.agree(request)
    assert (again.repeated, again.fingerprint) == (True, first.fingerprint)
    assert fresh(case).version == 2


def test_the_same_person_in_two_stages_is_asked_once(clerk: User) -> None:
    boss = make_user("boss")
    body = chain_body(["manager", "gm", "board"])
    people = publish_all(body, people={"manager": [boss], "gm": [boss]})
    case = open_one(clerk)
    approvals.agree(asks(case, boss))
    case = fresh(case)
    assert (case.state, waiting(case)) == ("board", {people["board"][0].pk})
    assert kinds(case) == ["case_opened", "case_agreed", "case_passed"]


def test_a_stage_that_is_not_needed_is_passed_over_on_record(clerk: User) -> None:
    people = publish_all(
        workflow_body(
            [
                stage("manager", "manager", "gm"),
                stage("gm", "gm", "done", when="amount > 5000"),
                state("done", "final"),
                state("refused", "final"),
            ]
        )
    )
    small, large = open_one(clerk, amount=5000), open_one(clerk, amount=5001)
    for case in (small, large):
        approvals.agree(asks(case, people["manager"][0]))
    assert (fresh(small).state, fresh(large).state) == ("done", "gm")
    assert kinds(small)[-1] == "case_passed"


def test_a_child_holds_its_parent_until_it_ends_and_then_moves_it(clerk: User) -> None:
    opening = {"workflow": "extra", "fills": {"note": "note"}, "sets": {"amount": 7}, "at_once": True}
    parent = workflow_body(
        [state("repair"), state("asking", "waiting", blocked_by=["extra"]), state("done", "final")],
        [
            step("find", "repair", "asking", "worker", opens=[opening]),
            step("go_on", "asking", "repair", "worker", after_child={"workflow": "extra"}),
            step("finish", "repair", "done", "worker"),
        ],
    )
    parent["access"]["sees"].append("worker")
    child = workflow_body(
        [state("asked"), state("agreed_to", "final")],
        [step("yes", "asked", "agreed_to", "worker")],
        key="extra",
    )
    child["access"]["sees"].append("worker")
    people = publish_all(child, parent)
    worker = people["worker"][0]
    case = act(open_one(clerk, note="换刹车片"), "find", worker)
    inner = case.children.get()
    assert (inner.submission.answers["note"], inner.submission.answers["amount"]) == ("换刹车片", 7)
    with override("en"), pytest.raises(RuleBroken, match=inner.number):
        act(case, "go_on", worker)
    act(inner, "yes", worker)
    assert fresh(case).state == "repair"
    assert events_of(case.stream)[-1].kind == "case_go_on"


def test_turns_go_round_and_say_why(clerk: User) -> None:
    sellers = [make_user(f"seller{number}") for number in (1, 2, 3)]
    body = workflow_body(
        [state("arrived"), state("given"), state("done", "final")],
        [
            step("give", "arrived", "given", "desk", assignment={"mode": "turn", "roles": ["seller"]}),
            step("end", "given", "done", "assignee"),
        ],
    )
    body["access"]["sees"] += ["desk", "assignee"]
    people = publish_all(body, people={"seller": sellers})
    given = []
    for _number in range(6):
        case = act(open_one(clerk), "give", people["desk"][0])
        given.append(case.assignee)
        assert case.why["mode"] == "turn"
    assert given == sellers * 2


def test_a_second_call_is_somebody_elses(clerk: User) -> None:
    body = workflow_body(
        [state("open"), state("replied"), state("done", "final")],
        [
            step("reply", "open", "replied", "desk"),
            step("call", "replied", "done", "desk", not_by=["reply"]),
        ],
    )
    body["access"]["sees"].append("desk")
    one, two = make_user("one"), make_user("two")
    publish_all(body, people={"desk": [one, two]})
    case = act(open_one(clerk), "reply", one)
    with override("en"), pytest.raises(NotPermitted, match="yourself"):
        act(case, "call", one)
    assert act(case, "call", two).state == "done"


def test_the_third_about_the_same_is_graded_and_escalates_by_itself(clerk: User) -> None:
    body = workflow_body(
        [state("open"), state("escalated"), state("done", "final")],
        [
            step("escalate", "open", "escalated", by_itself=True, guard="grade == 'grave'"),
            step("end", ["open", "escalated"], "done", "desk"),
        ],
        identities=[{"id": "car", "title": text_of("车"), "fields": ["plate"], "days": 365}],
        grades=[
            {"id": "grave", "title": text_of("重大"), "when": "earlier_car >= 2"},
            {"id": "plain", "title": text_of("一般")},
        ],
    )
    publish_all(body)
    found = [open_one(clerk, plate=plate) for plate in ("粤B 12345", "粤B１２３４５", "粤B-12345")]
    assert [(case.grade, case.state) for case in found] == [
        ("plain", "open"),
        ("plain", "open"),
        ("grave", "escalated"),
    ]


def text_of(words: str) -> dict[str, str]:
    return {"zh-hans": words, "en": words}
