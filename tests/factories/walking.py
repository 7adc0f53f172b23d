"""Walks the workflows of the dealership's pack against tables written by hand.

A test module states what the trade expects (stages, steps, whose they are, where they lead, what is refused) and
inherits ``Walks``: every state is reached, every step tried by everybody, every decision of an approval made. Nothing
of the table is read from the definition; that both say the same is a test of its own.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from forms.logic import evaluate
from forms.models import Submission
from forms.sampling import sample_answers
from forms.schema import definition_of as form_of
from foundation.audit.queries import events_of
from foundation.audit.services import Actor, create_audited
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import RoleBinding, User
from tests.factories.chains import asks, fresh, waiting
from tests.factories.clocks import pack_calendars
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_group,
    make_position,
    make_user,
)
from tests.factories.step_files import with_files
from tests.factories.workflows import definition
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, RuleBroken
from workflows.models import Case
from workflows.services import approvals, cases
from workflows.services.clocks import sweep
from workflows.services.definitions import publish_workflow

DESK = ("cr_handler", "cr_specialist", "marketing_specialist", "follow_up_specialist", "clerk")
"""Roles whose people work in customer relations, under the same head as the applicant."""
REFUSALS = (CaseNotFound, NotPermitted, RuleBroken)
RELATIONS = frozenset(RoleBinding.Relation.values)
YESTERDAY = (timezone.localdate() - datetime.timedelta(days=1)).isoformat()
TODAY = timezone.localdate().isoformat()
TOMORROW = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
NOW = [f"day={YESTERDAY}", "time=09:30"]

_serial = itertools.count(1)


@dataclass(frozen=True)
class Stage:
    """A state that stands for an approval, as the trade has it. ``who``: the roles, any of which suffices."""

    state: str
    who: str | tuple[str, ...]
    agreed: str
    refused: str | None = "refused"
    corrects: str = "returned"
    when: str = ""
    own_matter: str = "pass"

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles as a tuple."""
        return (self.who,) if isinstance(self.who, str) else self.who


@dataclass(frozen=True)
class Step:
    """A step, as the trade has it. ``by``: the roles whose it is; none for the machine's.

    ``answers``: sound ones, as people type them; ``needs``: the questions it cannot be taken without, ``may_need``:
    those that other answers call for; ``reason``: it asks for one; ``gives``: the role from whose holders the person
    who gets the case is chosen; ``not_by``: steps whose actor may not take it.
    """

    name: str
    source: str | tuple[str, ...]
    by: str | tuple[str, ...]
    target: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    may_need: tuple[str, ...] = ()
    reason: bool = False
    gives: str = ""
    not_by: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles as a tuple."""
        return (self.by,) if isinstance(self.by, str) else self.by

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources as a tuple."""
        return (self.source,) if isinstance(self.source, str) else self.source


@dataclass(frozen=True)
class Guarded:
    """Answers with which a step is refused, and words of the sentence that says why (in Chinese)."""

    state: str
    step: str
    answers: Mapping[str, Any]
    says: str


def typed(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return answers as they are posted: single texts as lists of one."""
    return {name: [value] if isinstance(value, str) else list(value) for name, value in answers.items()}


@cache
def roles_of_the_pack() -> tuple[str, ...]:
    """Return the keys of the pack's roles."""
    return tuple(role["key"] for role in definition(".", "roles")["roles"])


@dataclass
class Shop:
    """A dealership with one person a role, named by it, an applicant and a stranger. ``applicant`` works in customer
    relations under ``department_head``; ``seller`` in sales under ``sales_head``."""

    people: dict[str, User]

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def also(self, person: User, role: str, *, alone: bool = False) -> None:
        """Give the person a role besides; ``alone``: nobody else has it then."""
        group = Group.objects.get(name=f"shop {role}")
        if alone:
            group.user_set.clear()
        person.groups.add(group)

    def another(self, role: str) -> User:
        """Return a second person with the role."""
        person = make_user(f"{role}-{next(_serial)}")
        self.also(person, role)
        return person


def open_shop(*workflows: str, forms: Sequence[str] = ()) -> Shop:
    """Make a dealership in which these workflows of the pack are in force, with their forms and ``forms`` besides."""
    people: dict[str, User] = {}
    for role in (*roles_of_the_pack(), *RELATIONS):
        if role in RELATIONS:
            bind_role(role, role)
            continue
        group = make_group(f"shop {role}")
        bind_role(role, group)
        people[role] = make_user(f"{role}-{next(_serial)}", full_name=f"{role} 某", groups=[group])
    for code, name, head, worker in (
        ("customer-relations", "客户关系部", "department_head", "applicant"),
        ("sales", "销售部", "sales_head", "seller"),
    ):
        department = make_department(code, name=name)
        people[head], people[worker] = (
            make_user(f"{head}-{next(_serial)}"),
            make_user(f"{worker}-{next(_serial)}"),
        )
        post = make_position(department=department, heads=True)
        hold(people[head], post)
        for name in (worker, *(DESK if code == "customer-relations" else ())):
            hold(people[name], make_position(department=department, superiors=[post]))
    people["stranger"] = make_user(f"stranger-{next(_serial)}")
    by = people["administrator"]
    pack_calendars()
    bodies = [definition("workflows", key) for key in workflows]
    for key in dict.fromkeys([*(str(body["form"]) for body in bodies), *forms]):
        publish(kind=Edition.Kind.FORM, key=key, body=definition("forms", key), by=by)
    for body in bodies:
        publish_workflow(body, by=by)
    return Shop(people)


@contextmanager
def kept_shop(blocker: Any, *workflows: str, forms: Sequence[str] = ()) -> Iterator[Shop]:
    """A shop for all tests of a module; everything is rolled back at its end."""
    with blocker.unblock(), transaction.atomic():
        yield open_shop(*workflows, forms=forms)
        transaction.set_rollback(True)


def hand_in(
    shop: Shop, form_key: str, by: User, answers: Mapping[str, Any], uuid: UUID | None = None
) -> Submission:
    """Store the form as submitted by somebody (its own rules are tested elsewhere); ``uuid``: of the draft it was."""
    edition = newest(Edition.Kind.FORM, form_key)
    assert edition is not None
    asked = form_of(edition)
    stored = evaluate(asked, {**sample_answers(asked, next(_serial)), **answers}, "zh-hans").answers
    submission = Submission(
        number=f"WALK-{next(_serial):05}", form_key=form_key, edition=edition, answers=stored, submitted_by=by
    )
    submission.uuid = uuid or submission.uuid
    submission.stream = f"submission:{submission.uuid}"
    with transaction.atomic():
        create_audited(submission, kind="submission_submitted", actor=Actor.of(by))
    return submission


class Walks:
    """Tests of one workflow. What a subclass states is the trade's table.

    ``ways``: by state, what is done from the opening on to come there: ``agree`` for the decision of the stage, or the
    name of a step. ``answers``: of the form, where they matter. ``opens_in``: where a new case rests.
    """

    workflow: str
    opens_in: str
    answers: Mapping[str, Any] = {}
    applicant = "applicant"
    stages: tuple[Stage, ...] = ()
    steps: tuple[Step, ...] = ()
    guards: tuple[Guarded, ...] = ()
    ways: Mapping[str, tuple[str, ...]] = {}
    final: frozenset[str] = frozenset()
    ways_with: Mapping[str, Mapping[str, Any]] = {}
    """By state, answers of the form with which alone it is reached."""
    passing: Mapping[str, str] = {}
    """States the machine leaves at once, by where it takes a case such as most of these tests open."""

    @pytest.fixture(autouse=True)
    def _in(self, shop: Shop) -> Iterator[None]:
        self.shop = shop
        with override("zh-hans"):
            yield

    # What the tables say.

    def stage(self, state: str) -> Stage:
        """Return the stage called ``state``."""
        return next(stage for stage in self.stages if stage.state == state)

    def step(self, name: str) -> Step:
        """Return the step called ``name``."""
        return next(step for step in self.steps if step.name == name)

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        """Return sound answers to a step as they are posted; for those that name people of the shop, overridden."""
        return typed(step.answers)

    def holders(self, case: Case, roles: Sequence[str]) -> set[str]:
        """Return the names of the people of the shop who hold one of the roles towards the case."""
        found = set(roles) & self.shop.people.keys() - RELATIONS
        if "submitter" in roles:
            found |= {name for name, person in self.shop.people.items() if person == case.submitted_by}
        if "assignee" in roles:
            found |= {name for name, person in self.shop.people.items() if person == case.assignee}
        if "department_head" in roles:
            found |= {
                "sales_head" if case.department and case.department.code == "sales" else "department_head"
            }
        return found

    def cast(self) -> dict[str, User]:
        """Return who tries: everybody the table names, those above and beside the applicant, and people who have
        nothing to do with it."""
        named = {role for one in (*self.stages, *self.steps) for role in one.roles}
        named |= {step.gives for step in self.steps} | {
            "department_head",
            "applicant",
            "sales_head",
            "seller",
        }
        named |= {"stranger", "auditor", "administrator", "technician", self.applicant}
        return {name: person for name, person in self.shop.people.items() if name in named}

    # What people do.

    def open(self, by: str | None = None, **answers: Any) -> Case:
        """Hand the form in and open a case."""
        person = self.shop[by or self.applicant]
        form = str(definition("workflows", self.workflow)["form"])
        submission = hand_in(self.shop, form, person, {**self.answers, **answers})
        receipt = cases.open_case(
            workflow_key=self.workflow, submission=submission, by=person, idempotency_key=uuid4().hex
        )
        return fresh(receipt.case)

    def take(
        self, case: Case, name: str, by: User | None = None, *, files: bool = True, **changed: Any
    ) -> Case:
        """Take a step as the person it belongs to, with sound answers, and files where ``files`` are asked for."""
        case, step = fresh(case), self.step(name)
        if by is None:
            by = self.shop[sorted(self.holders(case, step.roles) - self.barred(case, step))[0]]
        arguments: dict[str, Any] = {
            "answers": self.typed_of(step),
            "reason": "写明理由" if step.reason else "",
            "assignee": self.shop[step.gives].uuid if step.gives else None,
            **changed,
        }
        if files:
            with suppress(*REFUSALS):  # whose page of the step it is not: the step itself says so
                arguments["answers"] = with_files(case, name, by, arguments["answers"])
        cases.act(
            case_uuid=case.uuid,
            step=name,
            by=by,
            seen_version=case.version,
            idempotency_key=uuid4().hex,
            **arguments,
        )
        return fresh(case)

    def agree(self, case: Case, by: User | None = None) -> Case:
        """Decide the stage the case is in, as the person it belongs to."""
        case = fresh(case)
        if by is None:
            by = self.shop[sorted(self.holders(case, self.stage(case.state).roles))[0]]
        approvals.agree(asks(case, by))
        return fresh(case)

    def walk(self, case: Case, *way: str) -> Case:
        """Do one thing after the other."""
        for done in way:
            case = self.verbs[done](self, case) if done in self.verbs else self.take(case, done)
        return case

    def refuse(self, case: Case) -> Case:
        """Refuse the stage the case is in."""
        case = fresh(case)
        by = self.shop[sorted(self.holders(case, self.stage(case.state).roles))[0]]
        approvals.refuse(asks(case, by, "不同意"))
        return fresh(case)

    def withdraw(self, case: Case) -> Case:
        """Take the case back as whose matter it is."""
        case = fresh(case)
        assert case.submitted_by is not None
        return self.take_back(case, case.submitted_by)

    def wait(self, case: Case) -> Case:
        """Let so many days pass that every clock of the case is over."""
        sweep(timezone.now() + datetime.timedelta(days=40))
        return fresh(case)

    verbs: Mapping[str, Callable[[Any, Case], Case]] = {
        "wait": wait,
        "agree": agree,
        "refuse": refuse,
        "withdraw": withdraw,
    }

    def reach(self, state: str) -> Case:
        """Return a new case that has come to ``state``."""
        case = self.walk(self.open(**self.ways_with.get(state, {})), *self.ways[state])
        assert case.state == state, (state, case.state)
        return case

    def tried(self, case: Case, act: Callable[..., Case], *how: Any) -> str | None:
        """Do ``act(case, *how)`` and take it back: the state it led to, or None when it was refused with nothing
        changed.
        """
        undo = transaction.savepoint()
        try:
            return act(case, *how).state
        except REFUSALS:
            assert Case.objects.get(pk=case.pk).version == case.version
            return None
        finally:
            transaction.savepoint_rollback(undo)

    # The tests.

    def test_the_definition_says_what_the_table_says(self) -> None:
        body = definition_of(newest(Edition.Kind.WORKFLOW, self.workflow))  # type: ignore[arg-type]
        assert {state.id for state in body.states} == self.ways.keys() | self.passing.keys() | (
            {body.merged} - {None}
        )
        assert {state.id for state in body.states if state.category == "final"} - {body.merged} == self.final
        assert {
            (
                state.id,
                state.approval.roles,
                state.approval.agreed,
                state.approval.refused,
                state.approval.returns_to,
                state.approval.withdraws_to,
                state.approval.when,
                state.approval.own_matter,
            )
            for state in body.states
            if state.approval
        } == {
            (
                one.state,
                one.roles,
                one.agreed,
                one.refused,
                (one.corrects,) if one.corrects else (),
                one.corrects or None,
                one.when,
                one.own_matter,
            )
            for one in self.stages
        }
        assert {
            (
                step.id,
                frozenset(step.source),
                frozenset(step.roles),
                step.target,
                step.reason_required,
                frozenset(step.not_by),
                frozenset(one.id for one in step.asks if one.required),
            )
            for step in body.transitions
        } == {
            (
                step.name,
                frozenset(step.sources),
                frozenset(step.roles),
                step.target,
                step.reason,
                frozenset(step.not_by),
                frozenset((*step.needs, *step.may_need)),
            )
            for step in self.steps
        }

    def test_a_new_case_rests_where_the_trade_begins(self) -> None:
        assert self.open().state == self.opens_in

    def test_every_state_is_reached_and_those_that_end_end(self) -> None:
        for state in self.ways:
            case = self.reach(state)
            assert (case.category == "final", case.closed_at is not None) == (
                state in self.final,
                state in self.final,
            ), state

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        for step in self.steps:
            self.walked_by_its_people(step)

    def walked_by_its_people(self, step: Step) -> None:
        """Let everybody try the step from each of its states: it is its people's, and leads where it should."""
        for source in step.sources if step.roles else ():
            case = self.reach(source)
            expected = self.holders(case, step.roles)
            found = {}
            for name, person in self.cast().items():
                led_to = self.tried(case, self.take, step.name, person)
                if led_to is not None:
                    found[name] = led_to
            taken = dict.fromkeys(expected - self.barred(case, step), self.rests_in(step))
            assert found == taken, (step.name, source)

    def rests_in(self, step: Step) -> str:
        """Return where the case rests after the step; further on, where the machine leaves the target at once."""
        return self.passing.get(step.target, step.target)

    def barred(self, case: Case, step: Step) -> set[str]:
        """Return who may not take the step because they took one before it."""
        if not step.not_by:
            return set()
        events = {event.kind.removeprefix("case_"): event.actor_id for event in events_of(case.stream)}
        taken = {events.get(name) for name in step.not_by}
        return {name for name, person in self.shop.people.items() if person.pk in taken}

    def test_no_step_is_possible_from_any_other_state(self) -> None:
        for state in self.ways:
            case = self.reach(state)
            for step in self.steps:
                people = sorted(self.holders(case, step.roles))
                if state not in step.sources and people:
                    by = self.shop[people[0]]
                    assert self.tried(case, self.take, step.name, by) is None, (
                        state,
                        step.name,
                    )

    def test_a_step_needs_its_answers_and_its_reason(self) -> None:
        for step in self.steps:
            for source in step.sources[:1] if step.roles else ():
                case = self.reach(source)
                person = self.shop[sorted(self.holders(case, step.roles) - self.barred(case, step))[0]]
                for missing in (*step.needs, *(["reason"] if step.reason else [])):
                    left = {name: value for name, value in self.typed_of(step).items() if name != missing}
                    with pytest.raises(AnswersRefused) as refusal:
                        self.take(
                            case,
                            step.name,
                            person,
                            files=False,
                            answers=left,
                            reason="" if missing == "reason" else "写明理由",
                        )
                    assert missing in refusal.value.errors, (step.name, missing)
                assert fresh(case).version == case.version

    def test_a_rule_that_does_not_hold_says_what_to_do(self) -> None:
        for guarded in self.guards:
            case = self.reach(guarded.state)
            step = self.step(guarded.step)
            person = self.shop[sorted(self.holders(case, step.roles) - self.barred(case, step))[0]]
            with pytest.raises(RuleBroken, match=guarded.says):
                self.take(
                    case, guarded.step, person, answers={**self.typed_of(step), **typed(guarded.answers)}
                )
            assert fresh(case).version == case.version, guarded

    # Approvals.

    def asked(self) -> list[Stage]:
        """Return the stages in which a case rests."""
        return [stage for stage in self.stages if stage.state in self.ways]

    def test_each_stage_asks_its_people_and_nobody_else_decides(self) -> None:
        for stage in self.asked():
            case = self.reach(stage.state)
            asked = self.holders(case, stage.roles)
            assert waiting(case) == {self.shop[name].pk for name in asked}
            found = {}
            for name, person in self.cast().items():
                led_to = self.tried(case, self.agree, person)
                if led_to is not None:
                    found[name] = led_to
            assert found.keys() == asked, stage.state
            assert case.submitted_by is not None
            with override("en"), pytest.raises(NotPermitted, match="your own matter"):
                approvals.agree(asks(case, case.submitted_by))

    def test_each_stage_can_be_refused_with_a_reason(self) -> None:
        for stage in self.asked():
            case = self.reach(stage.state)
            by = self.shop[sorted(self.holders(case, stage.roles))[0]]
            if stage.refused is None:
                with pytest.raises(RuleBroken):
                    approvals.refuse(asks(case, by, "不同意"))
                continue
            with pytest.raises(AnswersRefused):
                approvals.refuse(asks(case, by, " "))
            approvals.refuse(asks(case, by, "不同意"))
            assert (fresh(case).state, fresh(case).category) == (stage.refused, "final")

    def test_each_stage_sends_back_to_be_corrected_and_to_every_stage_passed(self) -> None:
        for stage in self.asked():
            case = self.reach(stage.state)
            by = self.shop[sorted(self.holders(case, stage.roles))[0]]
            path = [state for state in self.path_of(stage.state) if state != stage.state]
            assert approvals.ways_back(case) == [stage.corrects, *reversed(path)]
            with pytest.raises(AnswersRefused):
                approvals.send_back(asks(case, by, ""), to=stage.corrects)
            for to, straight in itertools.product((stage.corrects, *path), (False, True)):
                undo = transaction.savepoint()
                approvals.send_back(asks(case, by, "请补充"), to=to, straight=straight)
                assert fresh(case).state == self.passing.get(to, to)
                if to in path and to not in self.passing:
                    onward = self.agree(case).state
                    assert onward == (stage.state if straight else self.after(case, to)), (stage.state, to)
                transaction.savepoint_rollback(undo)

    def path_of(self, state: str) -> list[str]:
        """Return the stages a case passes on its way to ``state``, itself included, oldest first."""
        names = [stage.state for stage in self.stages]
        return names[: names.index(state) + 1]

    def after(self, case: Case, state: str) -> str:
        """Return where a case goes from a stage when it is agreed to."""
        return self.stage(state).agreed

    def test_the_matter_is_taken_back_before_anybody_decides_and_not_after(self) -> None:
        for stage in self.asked():
            case = self.reach(stage.state)
            assert case.submitted_by is not None
            for name in self.cast():
                if self.shop[name] != case.submitted_by:
                    assert self.tried(case, self.take_back, self.shop[name]) is None
            decided = "agree" in self.ways[stage.state]
            if decided:
                with override("en"), pytest.raises(RuleBroken, match="Somebody has decided already"):
                    self.take_back(case, case.submitted_by)
            else:
                assert self.take_back(case, case.submitted_by).state == stage.corrects

    def take_back(self, case: Case, by: User) -> Case:
        """Take one's own matter back."""
        approvals.withdraw(asks(case, by))
        return fresh(case)

    def test_who_is_in_two_stages_running_is_asked_once_and_that_is_on_record(self) -> None:
        for first, second in itertools.pairwise(self.stages):
            if first.agreed != second.state or first.when or second.when or set(second.roles) & RELATIONS:
                continue
            undo = transaction.savepoint()
            both = self.shop[sorted(self.holders(self.reach(first.state), first.roles))[0]]
            for role in second.roles:
                self.shop.also(both, role, alone=True)
            case = self.agree(self.reach(first.state), both)
            assert case.state == self.passing.get(second.agreed, second.agreed), (first.state, second.state)
            assert "agreed_before" in self.passed(case)
            transaction.savepoint_rollback(undo)

    def test_nobody_signs_their_own_matter(self) -> None:
        """A stage whose only people ask for themselves is passed over on record; the last one waits for somebody."""
        for stage in self.asked():
            if set(stage.roles) & RELATIONS:
                continue
            undo = transaction.savepoint()
            case = self.reach(stage.state)
            own = case.submitted_by
            assert own is not None
            for role in stage.roles:
                self.shop.also(own, role, alone=True)
            case = self.walk_to_stage(stage)
            if stage.own_matter == "pass":
                assert case.state != stage.state
                assert "own_matter" in self.passed(case)
            else:
                assert (case.state, waiting(case)) == (stage.state, set())
            transaction.savepoint_rollback(undo)

    def walk_to_stage(self, stage: Stage) -> Case:
        """Return a new case that has come to the stage, or over it."""
        return self.walk(self.open(**self.ways_with.get(stage.state, {})), *self.ways[stage.state])

    def passed(self, case: Case) -> list[str]:
        """Return why stages were passed over, oldest first."""
        return [
            str(change.after["why"])
            for event in events_of(case.stream)
            if event.kind == "case_passed"
            for change in event.changes
            if change.path == "decision"
        ]
