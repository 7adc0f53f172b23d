"""The trail of a person's account, for the auditor's pages: sign-ins, files taken out, posts held, deputies, groups.

Everything here is in the record; nothing is known from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext_lazy

from backoffice.access.records import EXPORTED, stream_of
from foundation.audit.queries import EventView, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry, TrailKind, register_trail
from foundation.organisation.models import User

MOST = 100
KIND = "people"
WORDS = {
    "user.signed_in": gettext_lazy("Signed in"),
    "user.signed_out": gettext_lazy("Signed out"),
    "user.sign_in_refused": gettext_lazy("Sign-in refused"),
    EXPORTED: gettext_lazy("File taken out"),
    "user.booklet_made": gettext_lazy("Booklet made"),
    "user.register_read": gettext_lazy("Confidential columns of a register read"),
    "user.register_imported": gettext_lazy("Filled-in sheet taken into a register"),
    "user.ledger_exported": gettext_lazy("Open amounts of a ledger taken out as a file"),
    "user.cases_exported": gettext_lazy("List of cases taken out as a file"),
    "user.register_exported": gettext_lazy("Register taken out as a file"),
    "appointed": gettext_lazy("Appointed"),
    "holding_ended": gettext_lazy("Holding ended"),
    "holding_corrected": gettext_lazy("Holding corrected"),
    "holding_struck": gettext_lazy("Holding struck out"),
    "deputy_named": gettext_lazy("Deputy named"),
    "deputy_ended": gettext_lazy("Deputising ended"),
    "deputy_struck": gettext_lazy("Deputy struck out"),
    "account_opened": gettext_lazy("Account opened"),
    "account_switched_on": gettext_lazy("Account switched on"),
    "account_switched_off": gettext_lazy("Account switched off"),
    "groups_changed": gettext_lazy("Groups changed"),
}


def connect() -> None:
    """Let auditors look up people."""
    register_trail(TrailKind(KIND, gettext_lazy("Accounts"), find, subject, entries))


def find(words: str) -> list[Subject]:
    """Return the people whose name or account holds every word."""
    found = User.objects.order_by("full_name", "username")
    for word in words.split():
        found = found.filter(
            Q(username__icontains=word) | Q(full_name__icontains=word) | Q(full_name_en__icontains=word)
        )
    return [_subject(person) for person in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the person with this account name, or None."""
    person = User.objects.filter(username=key).first()
    return _subject(person) if person else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the account, oldest first."""
    person = User.objects.filter(username=key).first()
    return [_entry(event) for event in events_of(stream_of(person))] if person else []


def _entry(event: EventView) -> TrailEntry:
    names = ("address", "booklet", "register", "columns", "format", "count")
    said = " ".join(event.references[name] for name in names if event.references.get(name))
    return TrailEntry(
        at=event.at,
        who=event.actor,
        what=" · ".join(part for part in (str(WORDS.get(event.kind, event.kind)), said) if part),
        changes=[TrailChange(one.path, _text(one.before), _text(one.after)) for one in event.changes],
        proof=event.hash,
        version=event.version,
    )


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(one) or '—'}" for name, one in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "、".join(str(one) for one in value) or None
    return str(value)


def _subject(person: User) -> Subject:
    return Subject(key=person.username, title=f"{person} ({person.username})", streams=(stream_of(person),))
