"""The trail of a position and its description, for the auditor's pages: drafts, publications, acts, with
their proof.

Drafts are known from Wagtail's working papers and have no event; everything that changed what is in force is
in the record, and its entry carries the hash of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.positions.library import trail as library_trail
from backoffice.positions.models import PositionPage
from backoffice.positions.publication import stream_of
from backoffice.positions.queries import PageChange, changes_of
from backoffice.positions.signoff.trail import of_position
from foundation.audit.queries import EventView, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.models import Edition
from foundation.editions.services import stream_of as edition_stream
from foundation.organisation.models import Position

MOST = 100
ACTS = {
    "withdrawal": "position_withdrawn",
    "archive": "position_archived",
    "restore": "position_restored",
    "move": "position_moved",
}
APPROVAL = {
    "approval_submitted": gettext_lazy("Submitted for approval (%(step)s)"),
    "approval_given": gettext_lazy("Approved (%(step)s)"),
    "approval_returned": gettext_lazy("Returned (%(step)s)"),
    "approval_withdrawn": gettext_lazy("Withdrawn from approval (%(step)s)"),
}


def find(words: str) -> list[Subject]:
    """Return the positions with a description whose title or code holds every word."""
    described = PositionPage.objects.filter(position=OuterRef("pk"))
    found = Position.objects.filter(Exists(described)).order_by("code")
    for word in words.split():
        found = found.filter(Q(code__icontains=word) | Q(title__icontains=word) | Q(title_en__icontains=word))
    return [_subject(position) for position in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the position with this code, or None."""
    position = Position.objects.filter(code=key).first()
    return _subject(position) if position else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the post and its description, oldest first."""
    acts = events_of(stream_of(key))
    editions = {
        event.references.get("edition", ""): event
        for event in events_of(edition_stream(Edition.Kind.POSITION, key))
    }
    by_request = {(event.kind, event.references.get("log", "")): event for event in acts}
    told = [_told(change, editions, by_request) for change in changes_of(key)]
    told += [_of_post(event) for event in acts if event.kind in ("position_made", "position_changed")]
    told += [_rewritten(event) for event in acts if event.kind == "position_text_changed"]
    told += library_trail.of_description(acts)
    told += of_position(key)
    told += [_approval(event) for event in acts if event.kind in APPROVAL]
    told += [_loaded(event) for event in acts if event.references.get("approval_exception")]
    return sorted(told, key=lambda entry: entry.at)


def _told(
    change: PageChange, editions: dict[str, EventView], by_request: dict[tuple[str, str], EventView]
) -> TrailEntry:
    if change.edition is not None:
        proof = editions.get(str(change.edition))
    else:
        proof = by_request.get((ACTS.get(change.kind, ""), change.reference))
    return TrailEntry(
        at=change.at,
        who=change.who,
        what=" · ".join(part for part in (change.title, _beside(change)) if part),
        changes=[
            TrailChange(f"{one.word} · {one.label}", one.before or None, one.after or None)
            for one in change.differences
        ],
        reason=change.text if change.kind == "archive" else "",
        proof=proof.hash if proof else "",
        version=proof.version if proof else None,
    )


def _beside(change: PageChange) -> str:
    return change.text if change.kind in ("publication", "move") else ""


def _of_post(event: EventView) -> TrailEntry:
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=_("Post made") if event.kind == "position_made" else _("Post changed"),
        changes=_changes(event),
        proof=event.hash,
        version=event.version,
    )


def _rewritten(event: EventView) -> TrailEntry:
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=_("Text in force changed by a program"),
        proof=event.hash,
        version=event.version,
    )


def _approval(event: EventView) -> TrailEntry:
    what = APPROVAL[event.kind] % {"step": event.references.get("task", "")}
    said = next((str(change.after or "") for change in event.changes), "")
    return TrailEntry(
        at=event.at,
        who=(
            _("%(who)s for %(absent)s") % {"who": event.actor, "absent": event.acting_for}
            if event.acting_for
            else event.actor
        ),
        what=str(what),
        reason=said,
        proof=event.hash,
        version=event.version,
    )


def _loaded(event: EventView) -> TrailEntry:
    """Tell that a text came into force without an approval because a program loaded it."""
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=_("Came into force without an approval: configuration was loaded"),
        reason=event.references["approval_exception"],
        proof=event.hash,
        version=event.version,
    )


def _changes(event: EventView) -> Sequence[TrailChange]:
    return [TrailChange(change.path, _text(change.before), _text(change.after)) for change in event.changes]


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return "、".join(str(one) for one in value) or None
    return str(value)


def _subject(position: Position) -> Subject:
    return Subject(
        key=position.code,
        title=f"{position} ({position.code})",
        streams=(stream_of(position.code), edition_stream(Edition.Kind.POSITION, position.code)),
    )
