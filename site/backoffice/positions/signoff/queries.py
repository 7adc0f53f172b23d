"""What the screens of signing off show. Whose eyes each is for is said there; ``rules.Eyes`` limits what is found."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.positions.comparison import HEADINGS, SHORT, Group, differences, grouped
from backoffice.positions.parts import BY_NAME
from backoffice.positions.signoff import materiality
from backoffice.positions.signoff.enums import ANSWERED, SignOffState, WhyEnded
from backoffice.positions.signoff.models import EditionMarks, SignOff
from backoffice.positions.signoff.rules import Eyes
from foundation.audit.queries import EventView, events_of
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.organisation.models import Holding, Position, User

RELATED = ("person", "position__department", "edition")


def open_for(user: User) -> QuerySet[SignOff]:
    """Return what waits for the person, what is due first at the top. One query."""
    return SignOff.objects.filter(person=user, state=SignOffState.OPEN).select_related(*RELATED)


def past_of(user: User) -> QuerySet[SignOff]:
    """Return what the person answered, or what ended without them, newest first. One query."""
    found = SignOff.objects.filter(person=user).exclude(state=SignOffState.OPEN)
    return found.select_related(*RELATED).order_by("-decided_at", "-pk")


@dataclass(frozen=True)
class ToRead:
    """What the person reads before they answer.

    ``since``: the request they signed last for this post (None: the first time, the whole text counts);
    ``same``: they signed this very text. ``material`` and ``beside``: the changes to sign for, and the others.
    """

    since: SignOff | None
    same: bool
    material: tuple[Group, ...]
    beside: tuple[Group, ...]
    note: str


def to_read(sign_off: SignOff) -> ToRead:
    """Return what changed for this person since they signed last. Four queries."""
    marks = {
        row.edition_id: row
        for row in EditionMarks.objects.filter(
            edition__kind=Edition.Kind.POSITION, edition__key=sign_off.edition.key
        )
    }
    own = marks.get(sign_off.edition_id)
    note = own.note if own else ""
    before = SignOff.objects.filter(
        person=sign_off.person_id, position=sign_off.position_id, state=SignOffState.SIGNED
    ).exclude(pk=sign_off.pk)
    if sign_off.decided_at is not None:
        before = before.filter(decided_at__lt=sign_off.decided_at)
    since = before.select_related("edition").order_by("-decided_at", "-pk").first()
    if since is None:
        return ToRead(None, False, (), (), note)
    if since.edition_sha256 == sign_off.edition_sha256:
        return ToRead(since, True, (), (), note)
    old, new = body_of(since.edition), body_of(sign_off.edition)
    wanted = _material_keys(marks, since.edition_id, sign_off.edition_id)
    if wanted is None:
        wanted = {part.key for part in materiality.changed_parts(old, new) if part.material}
    found = differences(old, new)
    to_sign = [one for one in found if materiality.key_of(one.path) in wanted]
    beside = [one for one in found if materiality.key_of(one.path) not in wanted]
    return ToRead(since, False, tuple(grouped(to_sign)), tuple(grouped(beside)), note)


def _material_keys(marks: Mapping[int, EditionMarks], since: int, edition: int) -> set[str] | None:
    """Return the keys marked on the way from one edition to another; None where no way leads there."""
    keys: set[str] = set()
    step: int | None = edition
    for _turn in range(len(marks) + 1):
        if step == since:
            return keys
        row = marks.get(step) if step is not None else None
        if row is None:
            return None
        keys |= {mark["key"] for mark in row.marks if mark["material"]}
        step = row.against_id
    return None


@dataclass(frozen=True)
class Happened:
    """One line of what happened to a request."""

    at: datetime.datetime
    title: str
    who: str
    icon: str
    tone: str
    text: str = ""
    changes: tuple[Any, ...] = ()
    hash: str = ""


def happened(sign_off: SignOff) -> list[Happened]:
    """Return what happened to the request, newest first. Three queries."""
    return [_happened(event) for event in reversed(events_of(sign_off.stream))]


def event_words() -> dict[str, tuple[str, str, str]]:
    """Return what each event is called, with icon and tone."""
    return {
        "sign_off_asked": (_("Asked to sign"), "send", "open"),
        "sign_off_signed": (pgettext("sign-off", "Signed"), "circle-check", "done"),
        "sign_off_refused": (_("Refused to sign"), "circle-x", "refused"),
        "sign_off_reminded": (_("Reminded"), "clock", "waiting"),
        "sign_off_overdue": (_("The due day passed"), "hourglass", "waiting"),
        "sign_off_lapsed": (_("The request lapsed"), "circle-minus", "ended"),
        "sign_off_cancelled": (_("The request was cancelled"), "circle-minus", "ended"),
    }


def _happened(event: EventView) -> Happened:
    title, icon, tone = event_words()[event.kind]
    values = {change.path: change.after for change in event.changes}
    text = reason_words(str(values.get("reason") or ""))
    return Happened(event.at, title, event.actor, icon, tone, text, hash=event.hash)


def reason_words(reason: str) -> str:
    """Return a reason as people read it: a word of ours translated, a person's own as it is."""
    return str(dict(WhyEnded.choices).get(reason, reason))


# --- the report ---------------------------------------------------------------------------------------------

STATES = ("open", "overdue", "signed", "late", "refused", "ended")


@dataclass(frozen=True)
class Wanted:
    """What the report is limited to. ``every``: also what was signed before, and what lapsed or was cancelled."""

    department: str = ""
    position: str = ""
    state: str = ""
    words: str = ""
    every: bool = False

    @property
    def filtered(self) -> bool:
        """Whether anything is left out on purpose."""
        return bool(self.department or self.position or self.state or self.words)


def report(eyes: Eyes, wanted: Wanted) -> QuerySet[SignOff]:
    """Return the requests of others that ``eyes`` may see, by department, post and person.

    Without ``every``: of each holding in force what is open, and what was answered last.
    """
    found = eyes.of_others().select_related(*RELATED)
    if wanted.department:
        found = found.filter(position__department__code=wanted.department)
    if wanted.position:
        found = found.filter(position__code=wanted.position)
    for word in wanted.words.split():
        found = found.filter(
            Q(person__full_name__icontains=word)
            | Q(person__full_name_en__icontains=word)
            | Q(person__username__icontains=word)
            | Q(position__title__icontains=word)
            | Q(position__title_en__icontains=word)
        )
    if not wanted.every and wanted.state != "ended":
        newest = SignOff.objects.filter(holding_key=OuterRef("holding_key"), state__in=ANSWERED).order_by(
            "-decided_at", "-pk"
        )
        found = found.filter(
            Exists(Holding.objects.on().filter(pk=OuterRef("holding_key"))),
            Q(state=SignOffState.OPEN) | Q(pk=Subquery(newest.values("pk")[:1])),
        )
    if wanted.state:
        found = found.filter(_state(wanted.state))
    return found.order_by(
        "position__department__order",
        "position__department__code",
        "position__code",
        Case(When(state=SignOffState.OPEN, then=0), default=1),
        "person__full_name",
        "-asked_at",
        "-pk",
    )


def _state(state: str) -> Q:
    today = timezone.localdate()
    return {
        "open": Q(state=SignOffState.OPEN),
        "overdue": Q(state=SignOffState.OPEN, due_on__lt=today),
        "signed": Q(state=SignOffState.SIGNED),
        "late": Q(state__in=ANSWERED, late=True),
        "refused": Q(state=SignOffState.REFUSED),
        "ended": Q(state__in=[SignOffState.LAPSED, SignOffState.CANCELLED]),
    }[state]


def counts(found: QuerySet[SignOff]) -> list[dict[str, Any]]:
    """Return, for each department among ``found``, how many there are in each state. One query."""
    told = {state: Count("pk", filter=_state(state)) for state in STATES}
    department = ("position__department__code", "position__department__name", "position__department__name_en")
    rows = (
        found.order_by()
        .values(*department, "position__department__order")
        .annotate(**{f"n_{state}": count for state, count in told.items()}, total=Count("pk"))
        .order_by("position__department__order", "position__department__code")
    )
    return list(rows)


# --- beside the description ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class HolderState:
    """How one holder of a post stands towards the edition in force."""

    holding: Holding
    sign_off: SignOff | None
    newest: bool

    @property
    def word(self) -> str:
        """Return the state in words."""
        if self.sign_off is None:
            return _("not asked yet")
        if self.newest:
            return self.sign_off.word
        return _("%(state)s: edition %(number)s; nothing new to sign") % {
            "state": self.sign_off.word,
            "number": self.sign_off.edition.number,
        }

    @property
    def tone(self) -> str:
        """Return the tone of the chip."""
        return self.sign_off.tone if self.sign_off else "ended"


def holders_of(position: Position, edition: Edition) -> list[HolderState]:
    """Return who holds the post today, and how they stand towards ``edition``. For HR and auditors. Two queries."""
    holdings = list(
        Holding.objects.on().filter(position=position, person__is_active=True).select_related("person")
    )
    found: dict[int, SignOff] = {}
    rows = SignOff.objects.filter(
        holding_key__in=[one.pk for one in holdings],
        state__in=[SignOffState.OPEN, *ANSWERED],
        edition__number__lte=edition.number,
    ).select_related("edition")
    for row in rows.order_by("pk"):
        best = found.get(row.holding_key)
        if best is None or best.edition_id != edition.pk or row.edition_id == edition.pk:
            found[row.holding_key] = row
    return [
        HolderState(
            one, found.get(one.pk), bool(found.get(one.pk) and found[one.pk].edition_id == edition.pk)
        )
        for one in holdings
    ]


def overdue_count(eyes: Eyes) -> int:
    """Return how many requests of others are overdue. One query."""
    return eyes.of_others().filter(_state("overdue")).count()


def label_of(key: str, *bodies: Mapping[str, Any] | None) -> str:
    """Return what a changed part is called: a duty by its first words (from the first body that has it)."""
    name, _dot, thing = key.partition(".")
    if thing:
        for body in bodies:
            row = next((row for row in (body or {}).get(name, ()) if row["id"] == thing), None)
            if row is not None:
                words = str(row.get("text", ""))
                return f"{words[:SHORT]}{'…' if len(words) > SHORT else ''}"
    return str(BY_NAME[name].heading if name in BY_NAME else HEADINGS.get(name, name))
