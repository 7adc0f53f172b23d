"""The trail of a form, for the auditor's pages: its editions, what became of its working copy and of drafts, its
public links, and what holds its submissions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from forms.models import LegalHold, PublicAccess, WorkingCopy
from forms.outline import Tree, thing_at, tree_of
from foundation.audit.models import Event
from foundation.audit.queries import ChangeView, EventView, events_for_streams
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.editions.services import stream_of
from foundation.editions.texts import in_language

MOST = 100
LONGEST_VALUE = 300
WORKING = "working-form:"
_ASIDE = frozenset({"reason", "@note", "@number", "@effective_from"})
"""Said elsewhere in the entry: as its reason, or in what it is called."""


def find(words: str) -> list[Subject]:
    """Return the forms whose title or key holds every word, by key; those that were thrown away too."""
    return matching(known(Edition.Kind.FORM), words)


def matching(definitions: Mapping[str, Mapping[str, Any]], words: str) -> list[Subject]:
    """Return those among definitions, by key, whose title or key holds every word."""
    wanted = words.lower().split()
    found = [Subject(key, title_of(key, body), ()) for key, body in sorted(definitions.items())]
    return [one for one in found if all(word in one.title.lower() for word in wanted)][:MOST]


def title_of(key: str, body: Mapping[str, Any]) -> str:
    """Return how a definition goes by its title and its key."""
    return f"{in_language(body.get('title') or {})} {key}".strip()


def subject(key: str) -> Subject | None:
    """Return the form with this key, or None."""
    body = known(Edition.Kind.FORM, key).get(key)
    return None if body is None else Subject(key, title_of(key, body), tuple(_streams(key)))


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the form with this key, oldest first."""
    titles = {
        "working_copy_discarded": _("Changes of the working copy discarded"),
        "drafts_migrated": _("Open drafts taken along to the newest edition"),
        "public_access_opened": _("Public link made"),
        "public_access_revoked": _("Public link revoked"),
        "hold_placed": _("Legal hold set"),
        "hold_lifted": _("Legal hold lifted"),
    }
    bodies = {edition.number: body_of(edition) for edition in _editions(key)}
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=_edition_said(event)
            if event.kind == "edition_published"
            else titles.get(event.kind, event.kind),
            changes=[*_referred(event), *_changes(event, bodies)],
            reason=_reason(event),
            proof=event.hash,
            version=event.version,
        )
        for event in sorted(events_for_streams(_streams(key)), key=lambda event: event.at)
    ]


def _editions(key: str) -> Iterator[Edition]:
    return Edition.objects.filter(kind=Edition.Kind.FORM, key=key).order_by("number").iterator()


def known(kind: str, key: str = "") -> dict[str, Mapping[str, Any]]:
    """Return by key what each definition says that there is or was; of one thrown away only its key is left.

    ``key``: that one alone.
    """
    working = f"working-{kind}:"
    told = (
        Event.objects.filter(stream=working + key)
        if key
        else Event.objects.filter(stream__startswith=working)
    )
    streams = told.order_by().values_list("stream", flat=True).distinct()
    one = {"key": key} if key else {}
    found: dict[str, Mapping[str, Any]] = {stream.removeprefix(working): {} for stream in streams}
    found |= dict(WorkingCopy.objects.filter(kind=kind, **one).values_list("key", "body"))
    for edition in Edition.objects.filter(kind=kind, **one).order_by("number"):
        found[edition.key] = body_of(edition)
    return found


def _streams(key: str) -> list[str]:
    return [
        stream_of(Edition.Kind.FORM, key),
        f"{WORKING}{key}",
        *PublicAccess.objects.filter(form_key=key).values_list("stream", flat=True),
        *LegalHold.objects.filter(form_key=key).values_list("stream", flat=True),
    ]


def _edition_said(event: EventView) -> str:
    return _("Edition %(number)s published, in force from %(day)s") % {
        "number": event.references.get("edition", ""),
        "day": event.references.get("effective_from", ""),
    }


def _referred(event: EventView) -> list[TrailChange]:
    """Return what an event says beside its changes."""
    names = {
        "version": _("Version of the working copy"),
        "drafts": pgettext("of a form", "Drafts"),
    }
    return [
        TrailChange(names[name], None, str(said)) for name, said in event.references.items() if name in names
    ]


def _reason(event: EventView) -> str:
    said = next((change for change in event.changes if change.path in ("reason", "@note")), None)
    if said is None:
        return ""
    return _("(erased)") if said.erased else str(said.after or "")


def _changes(event: EventView, bodies: Mapping[int, Mapping[str, Any]]) -> list[TrailChange]:
    number = event.references.get("edition", "")
    trees = [
        tree_of(dict(bodies[wanted]))
        for wanted in ((int(number), int(number) - 1) if str(number).isdigit() else ())
        if wanted in bodies
    ]
    return [
        TrailChange(_place(change.path, trees), _value(change, change.before), _value(change, change.after))
        for change in event.changes
        if change.path not in _ASIDE
    ]


def _place(path: str, trees: list[Tree]) -> str:
    """Return what stands at a path of a definition, called as its edition, or the one before, calls it."""
    others = {"purpose": _("What it is for"), "@effective_until": _("In force until")}
    if path.startswith("renamed."):
        return _("Answers to %(field)s") % {"field": path.removeprefix("renamed.")}
    thing, rest = thing_at(path)
    said = next((tree.own[thing] for tree in trees if thing.id and thing in tree.own), {})
    title = in_language(said.get("label") or said.get("title") or said.get("message") or {}) or thing.id
    return " · ".join(part for part in (title, others.get(rest, rest)) if part)


def _value(change: ChangeView, value: Any) -> str | None:
    if change.erased:
        return _("(erased)")
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("label") or value.get("title"), dict):
        return in_language(value.get("label") or value["title"])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Truncator(text).chars(LONGEST_VALUE)
