"""Requests to sign in the auditor's pages: a trail of their own each, and lines in that of the description."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.positions.signoff.models import EditionMarks, SignOff
from backoffice.positions.signoff.queries import event_words, reason_words
from foundation.audit.queries import EventView, events_for_streams, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry, TrailKind, register_trail

KIND = "sign-offs"
MOST = 100


def connect() -> None:
    """Make requests known to the auditor's pages."""
    register_trail(TrailKind(KIND, gettext_lazy("Sign-offs"), find, subject, entries))


def find(words: str) -> list[Subject]:
    """Return the requests whose person or post holds every word, newest first. One query."""
    found = SignOff.objects.select_related("person", "position", "edition").order_by("-asked_at", "-pk")
    for word in words.split():
        found = found.filter(
            Q(person__full_name__icontains=word)
            | Q(person__full_name_en__icontains=word)
            | Q(person__username__icontains=word)
            | Q(position__title__icontains=word)
            | Q(position__title_en__icontains=word)
            | Q(position__code__icontains=word)
        )
    return [_subject(one) for one in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the request with this uuid, or None."""
    found = SignOff.objects.select_related("person", "position", "edition")
    one = found.filter(stream=f"sign-off:{key}").first()
    return _subject(one) if one else None


def entries(key: str) -> list[TrailEntry]:
    """Return what happened to one request, oldest first."""
    return [_entry(event, "") for event in events_of(f"sign-off:{key}")]


def of_position(code: str) -> list[TrailEntry]:
    """Return what happened to the requests about one post, and what was marked of its editions. Five queries."""
    requests = {
        one.stream: ", ".join([str(one.person), _("edition %(number)s") % {"number": one.edition.number}])
        for one in SignOff.objects.filter(position__code=code).select_related("person", "edition")
    }
    marks = dict(
        EditionMarks.objects.filter(edition__kind="position", edition__key=code).values_list(
            "stream", "edition__number"
        )
    )
    found = []
    for event in events_for_streams([*requests, *marks]):
        if event.stream in marks:
            found.append(_marked(event, marks[event.stream]))
        else:
            found.append(_entry(event, requests[event.stream]))
    return found


def _entry(event: EventView, about: str) -> TrailEntry:
    values = {change.path: change.after for change in event.changes}
    what = event_words()[event.kind][0]
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=f"{what} · {about}" if about else what,
        changes=_changes(event),
        reason=reason_words(str(values.get("reason") or "")),
        proof=event.hash,
        version=event.version,
    )


def _marked(event: EventView, number: int) -> TrailEntry:
    values = {change.path: change.after for change in event.changes}
    marks = values.get("marks") or []
    overruled = [mark for mark in marks if mark["material"] != mark["proposed"]]
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=_("Decided what holders sign for · edition %(number)s") % {"number": number},
        changes=[
            TrailChange(
                _("Parts to be signed for"), None, str(sum(bool(mark["material"]) for mark in marks))
            ),
            TrailChange(_("Parts judged otherwise than proposed"), None, str(len(overruled))),
        ],
        proof=event.hash,
        version=event.version,
    )


def _changes(event: EventView) -> list[TrailChange]:
    labels = {
        "due_on": _("Due on"),
        "late": _("Late"),
        "statement": _("Statement"),
        "reminded_on": _("Reminded on"),
        "overdue_since": _("Overdue since"),
    }
    return [
        TrailChange(labels[change.path], _text(change.before), _text(change.after))
        for change in event.changes
        if change.path in labels and not (change.path == "late" and not change.after)
    ]


def _text(value: object) -> str | None:
    if value is None or value is False or value == "":
        return None
    return _("yes") if value is True else str(value)


def _subject(one: SignOff) -> Subject:
    edition = _("edition %(number)s") % {"number": one.edition.number}
    title = f"{one.person} · {one.position} · {edition}"
    return Subject(key=str(one.uuid), title=title, streams=(one.stream,))
