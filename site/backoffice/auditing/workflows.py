"""The auditor's pages of a workflow: its editions and what each changes, who asked and who agreed, moved cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from backoffice.definitions.differences import DifferenceView
from backoffice.definitions.words import as_yaml
from backoffice.definitions.workflow_differences import differences_of
from backoffice.diagrams.drawing import drawing
from backoffice.diagrams.telling import told
from forms.models import PublicationRequest
from foundation.audit.queries import EventView
from foundation.audit.verification import verify
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from foundation.editions.texts import in_language
from foundation.organisation.models import Role, User
from workflows.definition_trail import PUBLISHED, entries_of, events_of, subject
from workflows.definitions import definition_of
from workflows.models import Case, CaseMigration

KIND = {"name": "workflows", "title": pgettext_lazy("of cases", "Workflows")}
NUMBERS_SHOWN = 60


@dataclass(frozen=True)
class EditionRow:
    """One edition in the list. ``asked``: who had asked for it, where a second person published; ``now``: in force
    today; ``running`` and ``closed``: cases opened under it, or moved to it.
    """

    edition: Edition
    asked: str
    now: bool
    running: int
    closed: int


@dataclass(frozen=True)
class MigrationRow:
    """Running cases that were moved together. ``states``: those that changed their state, before and after."""

    migration: CaseMigration
    count: int
    numbers: Sequence[str]
    states: Sequence[tuple[str, str]]


@require_GET
def workflow(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that became of one workflow; and what the verifier says of its chains."""
    found = subject(key)
    if found is None:
        raise Http404
    events = events_of(key)
    editions = list(_editions(key).select_related("published_by"))
    request_now = PublicationRequest.objects.filter(
        working__kind=Edition.Kind.WORKFLOW, working__key=key
    ).select_related("by")
    reports = [verify(stream=stream) for stream in found.streams]
    return render(
        request,
        "auditing/workflow.html",
        {
            "page_title": found.title,
            "kind": KIND,
            "key": key,
            "editions": _rows(key, editions, events),
            "asked_now": request_now.first(),
            "migrations": _migrations(key, {one.number: one for one in editions}),
            "entries": entries_of(key, events)[::-1],
            "checked": sum(report.checked.get("events", 0) for report in reports),
            "faults": [fault for report in reports for fault in report.faults],
        },
    )


@require_GET
def edition(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """What one edition says: what is otherwise than in the one before, as a diagram, in words, and whole."""
    one = _editions(key).select_related("published_by").filter(number=number).first()
    found = subject(key)
    if one is None or found is None:
        raise Http404
    before = _editions(key).filter(number__lt=number).first()
    after = _editions(key).filter(number__gt=number).last()
    definition = definition_of(one)
    roles = {role.key: str(role) for role in Role.objects.filter(key__in=definition.roles())}
    return render(
        request,
        "auditing/workflow_edition.html",
        {
            "page_title": _("%(title)s, edition %(number)d")
            % {"title": in_language(definition.title), "number": number},
            "kind": KIND,
            "key": key,
            "workflow": found,
            "row": _rows(key, [one], events_of(key))[0],
            "before": before,
            "after": after,
            "differences": _differences(before, one),
            "diagram": drawing(definition, roles=roles).svg,
            "states": told(definition, roles),
            "whole": as_yaml(body_of(one)),
        },
    )


def _editions(key: str) -> Any:
    return Edition.objects.filter(kind=Edition.Kind.WORKFLOW, key=key).order_by("-number")


def _differences(before: Edition | None, after: Edition) -> Sequence[DifferenceView]:
    return differences_of(body_of(before), body_of(after)) if before is not None else ()


def _rows(key: str, editions: Sequence[Edition], events: Sequence[EventView]) -> list[EditionRow]:
    asked = _asked(events)
    current = in_force(Edition.Kind.WORKFLOW, key)
    found = (
        Case.objects.filter(edition__in=editions)
        .order_by()
        .values_list("edition")
        .annotate(
            running=Count("pk", filter=Q(closed_at=None)),
            closed=Count("pk", filter=Q(closed_at__isnull=False)),
        )
    )
    cases = {pk: (running, closed) for pk, running, closed in found}
    return [
        EditionRow(one, asked.get(str(one.number), ""), one == current, *cases.get(one.pk, (0, 0)))
        for one in editions
    ]


def _asked(events: Sequence[EventView]) -> dict[str, str]:
    """Return by number of an edition who had asked for it: agreeing and publishing are one act, in this order."""
    found: dict[str, str] = {}
    agreed = ""
    for event in sorted(events, key=lambda event: (event.at, event.kind == PUBLISHED)):
        if event.kind == "publication_agreed":
            agreed = event.references.get("requested_by", "")
        elif event.kind == PUBLISHED:
            if agreed:
                found[event.references.get("edition", "")] = agreed
            agreed = ""
    names = {one.get_username(): str(one) for one in User.objects.filter(username__in=set(found.values()))}
    return {number: names.get(name, name) for number, name in found.items()}


def _migrations(key: str, editions: Mapping[int, Edition]) -> list[MigrationRow]:
    moved = list(
        CaseMigration.objects.filter(workflow=key).select_related("source", "target", "made_by", "undone_by")
    )
    shown = [uuid for one in moved for uuid in list(one.versions)[:NUMBERS_SHOWN]]
    numbers = {
        str(uuid): number
        for uuid, number in Case.objects.filter(uuid__in=shown).values_list("uuid", "number")
    }
    titles = {
        number: {state.id: in_language(state.title) for state in definition_of(one).states}
        for number, one in editions.items()
    }
    return [
        MigrationRow(
            one,
            len(one.versions),
            [numbers[uuid] for uuid in list(one.versions)[:NUMBERS_SHOWN] if uuid in numbers],
            [
                (
                    titles.get(one.source.number, {}).get(old, old),
                    titles.get(one.target.number, {}).get(new, new),
                )
                for old, new in one.states.items()
            ],
        )
        for one in moved
    ]
