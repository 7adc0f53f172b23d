"""The test table of a definition: each row is acted out by the real services, and everything is taken back again.

Nothing stays of a trial: no edition, no number, no mail. What it found is compared with what the row expects.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.directory import directory_for
from forms.exceptions import AnswersInvalid, FormError
from forms.logic import evaluate, read
from forms.schema import definition_of as form_of
from forms.services.submissions import enter
from foundation.audit.services import Actor
from foundation.editions.exceptions import NothingChanged
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import Holding, Position, User
from workflows import rules, way
from workflows.content import seal_of
from workflows.exceptions import AnswersRefused, WorkflowError
from workflows.machine import machine_of
from workflows.models import Case
from workflows.schema import Trial, TrialStep, WorkflowDefinition
from workflows.services import approvals, cases
from workflows.services.record import open_round, waiting_of
from workflows.services.requests import Request


@dataclass(frozen=True)
class TrialResult:
    """What a trial came to. ``approvers``: by state, the usernames of those asked. ``problems`` are sentences, one for
    each expectation that did not hold and for whatever stopped it. ``nobody``: it could not be acted out, for nobody
    holds today what it takes; that says nothing about the definition.
    """

    passed: bool
    path: tuple[str, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grade: str = ""
    problems: tuple[str, ...] = ()
    nobody: bool = False


class _TakenBack(Exception):
    """Ends a trial: carries its result past the transaction it undoes."""

    def __init__(self, result: TrialResult) -> None:
        super().__init__()
        self.result = result


class _Stopped(Exception):
    """The trial cannot go on; says why."""


class _Nobody(_Stopped):
    """The trial cannot go on, for nobody holds today what it takes."""


def run(definition: WorkflowDefinition, trial: Trial) -> TrialResult:
    """Act the trial out and return what came of it; the database is afterwards as it was.

    The definition must have no faults. Raises nothing for what a trial can do wrong: that is in the result.
    """
    try:
        with transaction.atomic():
            raise _TakenBack(_acted_out(definition, trial))
    except _TakenBack as end:
        return end.result


def _acted_out(definition: WorkflowDefinition, trial: Trial) -> TrialResult:
    case: Case | None = None
    asked: dict[str, set[int]] = {}
    problems: list[str] = []
    try:
        submitter = person_called(trial.submitter)
        case = _opened(definition, trial, submitter)
        _note(case, asked)
        for done in trial.steps:
            case = _step(case, done)
            _note(case, asked)
    except _Nobody as stop:
        return TrialResult(False, problems=(str(stop),), nobody=True)
    except _Stopped as stop:
        problems.append(str(stop))
    except AnswersInvalid as refusal:
        problems += [f"{error.field}: {error.message}" for error in refusal.errors]
    except AnswersRefused as refusal:
        lines = [f"{name}: {'; '.join(said)}" for name, said in refusal.errors.items()]
        problems += [str(refusal), *lines]
    except (WorkflowError, FormError) as refusal:
        problems.append(str(refusal))
    if case is None:
        return TrialResult(False, problems=tuple(problems))
    path = way.from_stored(case.walked).path
    unmet, missing = _unmet(trial, path, asked, case.grade)
    nobody = bool(missing) and not (problems or unmet)
    problems += [*unmet, *missing]
    names = dict(User.objects.values_list("pk", "username"))
    told = {state: tuple(sorted(names[one] for one in people)) for state, people in asked.items()}
    return TrialResult(not problems, path, told, case.grade, tuple(problems), nobody)


def person_called(name: str) -> User:
    """Return the person with the username, or who holds the post with this code today."""
    person = User.objects.filter(username=name, is_active=True).first()
    if person is not None:
        return person
    holding = (
        Holding.objects.on()
        .filter(position__code=name, person__is_active=True)
        .select_related("person")
        .first()
    )
    if holding is not None:
        return holding.person
    if Position.objects.filter(code=name).exists():
        raise _Nobody(_("Nobody holds the post “%(code)s” today.") % {"code": name})
    raise _Stopped(_("There is neither a person nor a post called “%(name)s”.") % {"name": name})


def _opened(definition: WorkflowDefinition, trial: Trial, submitter: User) -> Case:
    form = newest(Edition.Kind.FORM, definition.form)
    if form is None:
        raise _Stopped(_("The form “%(form)s” has no edition in force.") % {"form": definition.form})
    edition = _edition(definition, submitter)
    asked = form_of(form)
    reading = read(asked, _texts(trial.typed))
    state = evaluate(asked, reading.answers, unread=reading.unread, directory=directory_for(submitter))
    if state.errors:
        raise AnswersInvalid(state.errors, state)
    draft = uuid.uuid4()
    submission, _event = enter(
        edition=form,
        current=asked,
        answers=state.answers,
        actor=Actor.of(submitter),
        key=f"trial:{draft}",
        uuid=draft,
        submitted_by=submitter,
    )
    case = cases.create(edition, submission, by=submitter, actor=Actor.of(submitter))
    return _fresh(case)


def _edition(definition: WorkflowDefinition, by: User) -> Edition:
    body: dict[str, Any] = definition.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    body |= {"key": definition.key, "title": dict(definition.title)}
    try:
        return publish(kind=Edition.Kind.WORKFLOW, key=definition.key, body=body, by=by)
    except NothingChanged as same:
        there: Edition = same.edition
        return there


def _step(case: Case, done: TrialStep) -> Case:
    key = uuid.uuid4().hex
    if done.step in ("agree", "refuse"):
        by = person_called(done.by) if done.by else _first_asked(case)
        request = Request(case.uuid, by, case.version, key, reason=_("trial"), seen=seal_of(case))
        if done.step == "agree":
            approvals.agree(request, answers=_texts(done.typed))
        else:
            approvals.refuse(request)
        return _fresh(case)
    spec = machine_of(case).specs.get(done.step)
    if spec is None:
        raise _Stopped(_("There is no step “%(step)s”.") % {"step": done.step})
    by = person_called(done.by) if done.by else _first_who_may(case, done.step)
    people = cases.candidates_for(case, spec) if spec.assignment.mode == "choose" else []
    cases.act(
        case_uuid=case.uuid,
        step=done.step,
        by=by,
        seen_version=case.version,
        idempotency_key=key,
        answers=_texts(done.typed),
        reason=_("trial"),
        assignee=people[0].uuid if people else None,
    )
    return _fresh(case)


def _first_asked(case: Case) -> User:
    waiting = waiting_of(case)
    if not waiting:
        raise _Nobody(
            _("Nobody is asked in “%(state)s”, so nobody can agree or refuse.") % {"state": case.state}
        )
    return User.objects.get(pk=waiting[0])


def _first_who_may(case: Case, step: str) -> User:
    spec = machine_of(case).specs[step]
    for person in User.objects.filter(is_active=True).order_by("pk"):
        if rules.may_take(case, spec, person) and rules.may_see(case, person):
            return person
    raise _Nobody(_("Nobody here today may take “%(step)s”.") % {"step": step})


def _fresh(case: Case) -> Case:
    return Case.objects.select_related("edition", "submission__edition", "submitted_by").get(pk=case.pk)


def _note(case: Case, asked: dict[str, set[int]]) -> None:
    """Keep whom the case has asked so far, stage by stage; also in stages it has passed by itself since."""
    for stored in case.rounds:
        people = {seat["person"] for seats in stored["slots"] for seat in seats}
        asked.setdefault(stored["state"], set()).update(people)
    current = open_round(case)
    if current is not None:
        asked.setdefault(current.state, set())


def _texts(typed: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    return {
        name: [_dated(text) for text in ([value] if isinstance(value, str) else value)]
        for name, value in typed.items()
    }


_DAY = re.compile(r"((?:\w+=)?)today([+-]\d{1,4})?")


def _dated(text: str) -> str:
    """Return a text of a trial as somebody types it on the day it is acted out: ``today``, ``today+3``, ``day=today-1``
    stand for that day and those around it.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    day = timezone.localdate() + datetime.timedelta(days=int(found[2] or 0))
    return f"{found[1]}{day.isoformat()}"


def _unmet(
    trial: Trial, path: tuple[str, ...], asked: Mapping[str, set[int]], grade: str
) -> tuple[list[str], list[str]]:
    """Return a sentence for each expectation that did not hold, and for each that names a post which nobody holds."""
    found, missing = [], []
    if trial.path and path != trial.path:
        found.append(
            _("The case came through %(path)s, not through %(expected)s.")
            % {"path": " → ".join(path), "expected": " → ".join(trial.path)}
        )
    names = dict(User.objects.values_list("pk", "username"))
    for state, expected in trial.approvers.items():
        try:
            wanted = {person_called(one).pk for one in expected}
        except _Nobody as stop:
            missing.append(str(stop))
            continue
        except _Stopped as stop:
            found.append(str(stop))
            continue
        if asked.get(state, set()) != wanted:
            found.append(
                _("“%(state)s” asks %(asked)s, not %(expected)s.")
                % {
                    "state": state,
                    "asked": "、".join(sorted(names[one] for one in asked.get(state, ()))) or "–",
                    "expected": "、".join(expected) or "–",
                }
            )
    if trial.grade is not None and grade != trial.grade:
        found.append(
            _("The grade is “%(grade)s”, not “%(expected)s”.")
            % {"grade": grade or "–", "expected": trial.grade}
        )
    return found, missing
