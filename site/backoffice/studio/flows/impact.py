"""What a new edition of a workflow touches: running cases, forms, other workflows, and who comes in or drops out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from backoffice.definitions.words import called
from backoffice.studio.flows.sketch import sketch
from forms.models import SavedView
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of
from foundation.editions.texts import in_language
from foundation.organisation.models import Role, RoleBinding
from workflows.checking import parse
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.schema import WorkflowDefinition


@dataclass(frozen=True)
class Running:
    """Cases under way in one state of one edition. ``gone``: the new edition has no such state."""

    edition: int
    state: str
    count: int
    gone: bool


@dataclass(frozen=True)
class RoleUse:
    """A role the new edition names, or names no more, with whom it is bound to."""

    role: str
    bound_to: tuple[str, ...]
    change: str
    """new, gone or empty: as before."""


@dataclass(frozen=True)
class Impact:
    """What is touched."""

    running: tuple[Running, ...]
    closed: int
    forms: tuple[str, ...]
    children: tuple[str, ...]
    parents: tuple[str, ...]
    roles: tuple[RoleUse, ...]
    reports: tuple[str, ...]

    @property
    def running_count(self) -> int:
        """All cases under way."""
        return sum(one.count for one in self.running)


def impact_of(key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Impact:
    """Return what leads on from one definition to another; a number of queries that does not grow with the cases."""
    others = {edition.key: definition_of(edition) for edition in all_in_force(Edition.Kind.WORKFLOW)}
    definition = parse(after)[0]
    opened = _opened_by(definition) if definition is not None else set()
    names = _form_names()
    form = str(after.get("form", ""))
    children = [others[one] for one in sorted(opened) if one in others]
    # Those people keep for themselves are nobody else's to know.
    views = (
        SavedView.objects.filter(place=form).exclude(role="").order_by("name").values_list("name", flat=True)
    )
    return Impact(
        running=_running(key, after),
        closed=Case.objects.filter(workflow=key, closed_at__isnull=False).count(),
        forms=tuple(
            dict.fromkeys(names.get(one, one) for one in (form, *(child.form for child in children)))
        ),
        children=tuple(in_language(others[one].title) if one in others else one for one in sorted(opened)),
        parents=tuple(
            in_language(other.title)
            for other in others.values()
            if other.key != key and key in _opened_by(other)
        ),
        roles=_roles(before, after),
        reports=tuple(views),
    )


def _running(key: str, after: Mapping[str, Any]) -> tuple[Running, ...]:
    counted = (
        Case.objects.filter(workflow=key, closed_at__isnull=True)
        .order_by("edition__number", "state")
        .values_list("edition", "edition__number", "state")
        .annotate(Count("pk"))
    )
    editions = {
        edition.pk: edition for edition in Edition.objects.filter(kind=Edition.Kind.WORKFLOW, key=key)
    }
    there = {state.id for state in sketch(after).states}
    found = []
    for edition, number, state, count in counted:
        titles = {one.id: in_language(one.title) for one in definition_of(editions[edition]).states}
        found.append(Running(number, titles.get(state, state), count, state not in there))
    return tuple(found)


def _opened_by(definition: WorkflowDefinition) -> set[str]:
    found = {opening.workflow for step in definition.transitions for opening in step.opens}
    found |= {step.after_child.workflow for step in definition.transitions if step.after_child is not None}
    return found | {child for state in definition.states for child in state.blocked_by}


def _form_names() -> dict[str, str]:
    return {
        edition.key: called(body_of(edition)) or edition.key for edition in all_in_force(Edition.Kind.FORM)
    }


def _roles(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[RoleUse, ...]:
    old, new = (_named(body) for body in (before or {}, after))
    bound: dict[str, list[str]] = {}
    bindings = RoleBinding.objects.filter(role__key__in=old | new).select_related("role", "position", "group")
    for binding in bindings.order_by("pk"):
        said = (
            str(binding.position)
            if binding.position is not None
            else _("group %(group)s") % {"group": binding.group.name}
            if binding.group is not None
            else str(binding.get_relation_display())
        )
        bound.setdefault(binding.role.key, []).append(said)
    names = {role.key: str(role) for role in Role.objects.filter(key__in=old | new)}
    return tuple(
        RoleUse(
            names.get(role, role),
            tuple(bound.get(role, ())),
            "gone" if role not in new else "" if role in old else "new",
        )
        for role in sorted(old | new)
    )


def _named(body: Mapping[str, Any]) -> set[str]:
    definition = parse(body)[0] if body else None
    return set(definition.roles()) if definition is not None else set()
