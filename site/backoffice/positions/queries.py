"""Questions about position descriptions: what staff read, and what an auditor sees of how a text came about.

``changes_of`` is for the auditor's page (who may see it is asked there); its number of queries grows with
the number of revisions. ``readable`` and ``editions_with_state`` are for the reading pages and take a fixed
number.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.models import PageLogEntry

from backoffice.positions import timeline
from backoffice.positions.archiving import ARCHIVE_ACTION, RESTORE_ACTION
from backoffice.positions.body import edition_body
from backoffice.positions.comparison import Difference, differences
from backoffice.positions.history import InForceEvent
from backoffice.positions.models import PositionPage
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of
from foundation.organisation.models import Holding, Position

KIND = Edition.Kind.POSITION
IN_AND_OUT = (InForceEvent.PUBLISH, InForceEvent.SAVE, InForceEvent.UNPUBLISH)


# --- for readers --------------------------------------------------------------------------------------------


def readable(
    day: datetime.date,
    *,
    user: Any = None,
    search: str = "",
    department: str = "",
    withdrawn: bool = False,
) -> QuerySet[Position]:
    """Return the positions with a text in force on ``day`` (or withdrawn ones), those ``user`` holds first.

    Each has ``edition_number``, ``edition_from``, ``mine``. One query.
    """
    begun = Edition.objects.filter(kind=KIND, key=OuterRef("code"), effective_from__lte=day).filter(
        Q(effective_until__isnull=True) | Q(effective_until__gte=day)
    )
    newest_first = begun.order_by("-effective_from", "-number")
    held = Holding.objects.on(day).filter(position=OuterRef("pk"), person=user)
    if day >= timezone.localdate():
        in_and_out = Position.objects.filter(page__live=not withdrawn)
    else:
        done = PositionPage.history.model.objects.filter(
            page_ptr_id=OuterRef("page__pk"), event__in=IN_AND_OUT, history_date__lt=_end_of(day)
        ).order_by("-history_date")
        out = Q(last_event=InForceEvent.UNPUBLISH)
        in_and_out = Position.objects.filter(page__isnull=False).annotate(
            last_event=Subquery(done.values("event")[:1])
        )
        in_and_out = in_and_out.filter(out) if withdrawn else in_and_out.exclude(out)
    found = (
        in_and_out.annotate(
            edition_number=Subquery(newest_first.values("number")[:1]),
            edition_from=Subquery(newest_first.values("effective_from")[:1]),
            mine=Exists(held),
        )
        .filter(edition_number__isnull=False)
        .select_related("department")
        .order_by("-mine", "department__order", "department__code", "code")
    )
    if department:
        found = found.filter(department__code=department)
    for word in search.split():
        found = found.filter(
            Q(title__icontains=word)
            | Q(title_en__icontains=word)
            | Q(code__icontains=word)
            | Q(department__name__icontains=word)
            | Q(department__name_en__icontains=word)
            | Q(page__title__icontains=word)
        )
    return found


@dataclass(frozen=True)
class EditionState:
    """An edition in a list: ``state`` is in_force, future, past, overtaken or withdrawn.

    ``starts`` and ``ends`` are the days of its present, next or last time in force.
    """

    edition: Edition
    state: str
    starts: datetime.date | None = None
    ends: datetime.date | None = None

    @property
    def word(self) -> str:
        """Return the state in a word."""
        return {
            "in_force": _("in force"),
            "future": _("not yet in force"),
            "past": _("replaced"),
            "overtaken": _("replaced before it took effect"),
            "withdrawn": _("withdrawn"),
        }[self.state]

    @property
    def tone(self) -> str:
        """Return the tone of the chip."""
        return {"in_force": "done", "future": "waiting"}.get(self.state, "ended")


def editions_with_state(
    code: str, day: datetime.date, *, withdrawn: bool = False
) -> tuple[list[EditionState], Edition | None]:
    """Return the editions of ``code``, newest first, and the one in force on ``day``. One query."""
    editions = list(editions_of(KIND, code).select_related("published_by").defer("body"))
    every = timeline.spans(editions)
    current = timeline.in_force_on(editions, day)
    return [_state(edition, every, day, current, withdrawn=withdrawn) for edition in editions], current


def _state(
    edition: Edition,
    every: list[timeline.Span],
    day: datetime.date,
    current: Edition | None,
    *,
    withdrawn: bool,
) -> EditionState:
    own = [span for span in every if span.edition == edition]
    if not own:
        return EditionState(edition, "overtaken")
    now = next((span for span in own if span.holds(day)), None)
    coming = next((span for span in own if span.starts > day), None)
    span = now or coming or own[-1]
    state = "in_force" if now else "future" if coming else "past"
    if withdrawn and edition == current:
        state = "withdrawn"
    return EditionState(edition, state, span.starts, span.ends)


def withdrawn_on(page: PositionPage, day: datetime.date) -> bool:
    """Whether the description was out of force at the end of ``day``: the last thing done to it until then.

    One query. A later day counts as today: nobody knows yet.
    """
    if day >= timezone.localdate():
        return not page.live
    last = (
        PositionPage.history.filter(page_ptr_id=page.pk, event__in=IN_AND_OUT, history_date__lt=_end_of(day))
        .order_by("-history_date")
        .values_list("event", flat=True)
        .first()
    )
    return last == InForceEvent.UNPUBLISH


def _end_of(day: datetime.date) -> datetime.datetime:
    """Return the first moment after ``day``."""
    return timezone.make_aware(datetime.datetime.combine(day + timeline.DAY, datetime.time()))


# --- for the auditor ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PageChange:
    """One thing that was done to a description.

    ``kind``: draft, publication, withdrawal, archive, restore or move. ``reference`` is the uuid that joins
    Wagtail's log, the history row and the event of the same request.
    """

    at: datetime.datetime
    kind: str
    title: str
    who: str
    who_id: int | None
    differences: tuple[Difference, ...] = ()
    edition: int | None = None
    revision: int | None = None
    reference: str = ""
    text: str = ""


def changes_of(position_code: str) -> list[PageChange]:
    """Return everything done to the description of ``position_code``, newest first: who, when, what, from,
    to.

    Drafts are told revision by revision (a sitting's autosaves overwrite one revision, so they are one
    entry), with what differs from the revision before; publications with what differs from the edition
    before.
    """
    found = [*_publications(position_code)]
    page = PositionPage.objects.filter(position__code=position_code).first()
    if page is not None:
        found += [*_drafts(page), *_acts(page)]
    return sorted(found, key=lambda change: change.at, reverse=True)


def _publications(code: str) -> Iterator[PageChange]:
    before = None
    for edition in editions_of(KIND, code).select_related("published_by").order_by("number"):
        body = body_of(edition)
        yield PageChange(
            at=edition.published_at,
            kind="publication",
            title=_("Edition %(number)s published") % {"number": edition.number},
            who=str(edition.published_by),
            who_id=edition.published_by_id,
            differences=tuple(differences(before, body)),
            edition=edition.number,
            text=_("Effective from %(day)s") % {"day": date_format(edition.effective_from, "DATE_FORMAT")},
        )
        before = body


def _drafts(page: PositionPage) -> Iterator[PageChange]:
    logged = {
        entry.revision_id: entry
        for entry in PageLogEntry.objects.filter(page=page.pk, revision__isnull=False).order_by("pk")
    }
    before = None
    for revision in page.revisions.select_related("user").order_by("created_at", "pk"):
        body = edition_body(revision.as_object())
        found = differences(before, body)
        entry = logged.get(revision.pk)
        if found or before is None:
            yield PageChange(
                at=revision.created_at,
                kind="draft",
                title=_("Draft begun") if before is None else _("Draft saved"),
                who=str(revision.user) if revision.user else _name(entry),
                who_id=revision.user_id or (entry.user_id if entry else None),
                differences=tuple(found),
                revision=revision.pk,
                reference=str(entry.uuid or "") if entry else "",
            )
        before = body


def _acts(page: PositionPage) -> Iterator[PageChange]:
    told = {
        "wagtail.unpublish": ("withdrawal", _("Taken out of force")),
        ARCHIVE_ACTION: ("archive", _("Archived")),
        RESTORE_ACTION: ("restore", _("Restored from the archive")),
        "wagtail.move": ("move", _("Moved")),
        "wagtail.revert": ("draft", _("Went back to an earlier revision")),
        "wagtail.lock": ("draft", _("Locked for others")),
        "wagtail.unlock": ("draft", _("Unlocked")),
    }
    for entry in PageLogEntry.objects.filter(page=page.pk, action__in=told).order_by("pk"):
        kind, title = told[entry.action]
        where = entry.data.get("destination", {}) if isinstance(entry.data, dict) else {}
        yield PageChange(
            at=entry.timestamp,
            kind=kind,
            title=title,
            who=_name(entry),
            who_id=entry.user_id,
            reference=str(entry.uuid or ""),
            text=str(entry.data.get("reason", "") or where.get("title", "")),
        )


def _name(entry: PageLogEntry | None) -> str:
    return str(entry.user_display_name) if entry is not None else ""
