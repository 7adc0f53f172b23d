"""Who gets a case after a step, and why: the reasons are stored with the case and read to the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.schema import definition_of as form_of
from foundation.audit.services import take_turn
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import User
from foundation.organisation.resolution import resolve, roles_of
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused, RuleBroken
from workflows.models import Case, Turn
from workflows.schema import Transition


@dataclass(frozen=True)
class Chosen:
    """Who has the case, and why, as JSON: ``mode``, ``step``, and what the mode looked at."""

    person: User | None
    why: dict[str, Any]


def assign(case: Case, spec: Transition, by: User | None, chosen: UUID | None) -> Chosen | None:
    """Return who has the case after the step, None where that does not change.

    ``chosen`` is whom the acting person picked, where they pick. Raises ``AnswersRefused`` when nobody was picked,
    ``RuleBroken`` when the rule finds nobody.
    """
    rule = spec.assignment
    if rule.mode == "keep":
        return None
    if rule.mode == "clear":
        return Chosen(None, {})
    if rule.mode == "actor":
        return Chosen(by, _why(spec, "actor"))
    if rule.mode == "submitter":
        return Chosen(case.submitted_by, _why(spec, "submitter"))
    if rule.mode == "field":
        known, absent = _known(case, rule.field or "")
        if known is not None and not absent:
            return Chosen(known, _why(spec, "field", field=rule.field))
        if rule.otherwise == "refuse":
            raise RuleBroken(_nobody_known(known))
        missing = {"known": known.full_name or known.username} if known else {}
        return _by_mode(case, spec, rule.otherwise, chosen, **missing)
    return _by_mode(case, spec, rule.mode, chosen)


def _by_mode(case: Case, spec: Transition, mode: str, chosen: UUID | None, **why: Any) -> Chosen:
    people = candidates_for(case, spec)
    if mode == "choose":
        found = {person.uuid: person for person in people}
        if chosen is None or chosen not in found:
            raise AnswersRefused(
                _("Choose who is to have the case."),
                {"assignee": [_("Choose one of the people in the list.")]},
            )
        return Chosen(found[chosen], _why(spec, "choose", **why))
    if not people:
        raise RuleBroken(
            _("Nobody can be given the case: nobody here today holds %(roles)s.")
            % {"roles": "、".join(rules.role_names(spec.assignment.roles))}
        )
    return _in_turn(case, spec, people, why) if mode == "turn" else _least_loaded(case, spec, people, why)


def candidates_for(case: Case, spec: Transition) -> list[User]:
    """Return the people who may be given the case with this step, by name, each once.

    Where the step demands a skill, only those who have it. Where the machine picks, of these those whose deputy is
    in force today are not there, as long as anybody else is.
    """
    rule = spec.assignment
    people = _holders(case, rule.roles)
    skill = _skill(case, rule.skill, rule.skills)
    if skill and rule.by_skill == "must":
        people = [person for person in people if skill in roles_of(person, workflow=case.workflow)]
    if rule.mode not in ("choose", "keep") or rule.otherwise in ("turn", "load"):
        away = {
            stand_in.principal.pk
            for stand_in in DeputiesInForce(timezone.localdate(), case.workflow).of(people)
        }
        people = [person for person in people if person.pk not in away] or people
    return people


def _skilled(case: Case, spec: Transition, people: Sequence[User]) -> tuple[frozenset[int], dict[str, Any]]:
    """Return the ids of those who have the skill the case asks for, and what to keep of it with the reasons."""
    rule = spec.assignment
    skill = _skill(case, rule.skill, rule.skills)
    if not skill:
        return frozenset(), {}
    found = frozenset(one.pk for one in people if skill in roles_of(one, workflow=case.workflow))
    return found, {"skill": skill, "by_skill": rule.by_skill}


def _holders(case: Case, roles: Iterable[str]) -> list[User]:
    context = rules.context_of(case)
    found: dict[int, User] = {}
    for role in roles:
        for person in resolve(role, context).people:
            found.setdefault(person.pk, person)
    return sorted(found.values(), key=lambda person: (person.get_full_name(), person.pk))


def _skill(case: Case, name: str | None, skills: Mapping[str, str]) -> str:
    value = _answer(case, name) if name else None
    key = value.get("key") if isinstance(value, dict) else value
    return skills.get(str(key), "") if key is not None else ""


def _answer(case: Case, name: str) -> Any:
    return case.answers.get(name, case.submission.answers.get(name))


def _known(case: Case, name: str) -> tuple[User | None, bool]:
    """Return whom the field names and whether they are absent today (switched off, or deputised)."""
    value = _answer(case, name)
    if value is None:
        return None, False
    field = form_of(case.submission.edition).by_id.get(name) or definition_of(case.edition).questions().get(
        name
    )
    assert field is not None
    key = value.get("key") if isinstance(value, dict) else value
    person = User.objects.filter(uuid=str(key)).first()
    if person is None:
        return None, False
    away = bool(DeputiesInForce(timezone.localdate(), case.workflow).of([person]))
    return person, away or not person.is_active


def _nobody_known(person: User | None) -> str:
    if person is None:
        return _("Nobody is named to have the case; fill in who it is to be.")
    return _("%(person)s is not here today; choose somebody else.") % {"person": person}


def _in_turn(case: Case, spec: Transition, people: Sequence[User], why: Mapping[str, Any]) -> Chosen:
    take_turn(f"turn {case.workflow} {spec.id}")
    turns = dict(
        Turn.objects.filter(workflow=case.workflow, step=spec.id, person__in=people).values_list(
            "person", "number"
        )
    )
    skilled, told = _skilled(case, spec, people)
    next_one = min(
        people,
        key=lambda one: (turns.get(one.pk, 0), one.pk not in skilled, one.get_full_name(), one.pk),
    )
    told = told if next_one.pk in skilled else {}
    newest = (
        Turn.objects.filter(workflow=case.workflow, step=spec.id).aggregate(Max("number"))["number__max"] or 0
    )
    Turn.objects.update_or_create(
        workflow=case.workflow, step=spec.id, person=next_one, defaults={"number": newest + 1}
    )
    return Chosen(next_one, _why(spec, "turn", turn=newest + 1, of=len(people), **told, **why))


def _least_loaded(case: Case, spec: Transition, people: Sequence[User], why: Mapping[str, Any]) -> Chosen:
    take_turn(f"load {case.workflow}")
    open_now = Q(assigned_cases__closed_at=None, assigned_cases__workflow=case.workflow)
    loads = dict(
        User.objects.filter(pk__in=[person.pk for person in people])
        .annotate(load=Count("assigned_cases", filter=open_now))
        .values_list("pk", "load")
    )
    skilled, told = _skilled(case, spec, people)
    least = min(
        people,
        key=lambda one: (loads.get(one.pk, 0), one.pk not in skilled, one.get_full_name(), one.pk),
    )
    told = told if least.pk in skilled else {}
    return Chosen(least, _why(spec, "load", load=loads.get(least.pk, 0), of=len(people), **told, **why))


def _why(spec: Transition, mode: str, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "step": spec.id, "roles": list(spec.assignment.roles), **more}
