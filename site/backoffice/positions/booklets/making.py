"""Makes booklets: as a job of the worker, or at once for the command.

A finished booklet is a file named by everything that shows in it, so asking for the same one again finds it; its cover
then says who had it made first, and when. Editions never change, so neither does the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access import records
from backoffice.exports import booklet, documents, keeping, libraries, pdf
from backoffice.positions.booklets.contents import Entry, Scope, entries, name_of
from backoffice.positions.booklets.front import FrontMatter, charts_of, look
from foundation.audit.services import Actor
from foundation.organisation.models import User
from foundation.outbox import jobs

KIND = "positions_booklet"


class NothingInForce(Exception):
    """No description is in force on that day there. ``str()`` is a translated sentence."""


@dataclass(frozen=True)
class Made:
    """A booklet that is there. ``pages`` is 0 for one that was kept."""

    file: Path
    positions: int
    pages: int


def make(scope: Scope, *, by: User | str, advance: booklet.Advance) -> Made:
    """Return the booklet of ``scope``, made now or found.

    Raises ``NothingInForce``, ``LookupError`` for an unknown department, ``pdf.RenderFailed``, and what ``advance``
    raises; nothing half-made stays behind then.
    """
    name = name_of(scope)
    chosen = entries(scope)
    if not chosen:
        raise NothingInForce(nothing_in(scope))
    charts = charts_of(scope)
    file = file_of(scope, chosen, name, [drawn.svg for _name, drawn in charts])
    if keeping.used(file):
        return Made(file, len(chosen), 0)
    with translation.override(scope.language):
        front = FrontMatter(scope, name, chosen, str(by), timezone.localtime(), charts)
    made = booklet.make([entry.chapter for entry in chosen], front, language=scope.language, advance=advance)
    documents.write_whole(file, made.content)
    return Made(file, len(chosen), made.pages)


def nothing_in(scope: Scope) -> str:
    """Return the sentence for a booklet with nothing in it."""
    day = date_format(scope.day, "DATE_FORMAT")
    if scope.department:
        return _("No position description of this department is in force on %(day)s.") % {"day": day}
    return _("No position description is in force on %(day)s.") % {"day": day}


def folder() -> Path:
    """Return where booklets are kept."""
    return Path(settings.RENDERED_DIR) / "booklets"


def file_of(scope: Scope, chosen: list[Entry], name: str, charts: list[str]) -> Path:
    """Return where the booklet is kept, whether it is there or not."""
    shown = (scope.day.isoformat(), scope.department, name, look(scope.language), *charts)
    key = booklet.key_of([entry.chapter for entry in chosen], *shown, language=scope.language)
    return folder() / f"{key}.pdf"


def filename(scope: Scope, name: str) -> str:
    """Return the name a person's browser saves the booklet under."""
    with translation.override(scope.language):
        told = _("Position descriptions %(of)s %(day)s") % {
            "of": name or _("whole organisation"),
            "day": scope.day.isoformat(),
        }
    return documents.saved_as(told)


@jobs.carries_out(KIND, title=gettext_lazy("Booklet of position descriptions"), back="booklets:new")
def carry_out(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make the booklet a person asked for (worker)."""
    scope = Scope.of_payload(payload)
    if libraries.missing():
        raise jobs.JobFailed(libraries.notice())
    try:
        made = make(scope, by=running.job.started_by, advance=running.advance)
        name = name_of(scope)
    except NothingInForce as nothing:
        raise jobs.JobFailed(str(nothing)) from nothing
    except LookupError:
        raise jobs.JobFailed(_("This department is no longer there. Choose another one.")) from None
    except pdf.RenderFailed as failure:
        raise jobs.JobFailed(
            _("The booklet could not be made: %(why)s") % {"why": str(failure)[:300]}
        ) from failure
    result = {
        "url": reverse("booklets:download", args=[running.job.uuid]),
        "label": _("Download the booklet"),
        "text": _("%(count)s position descriptions, %(size)s MB")
        % {"count": made.positions, "size": f"{made.file.stat().st_size / 1_000_000:.1f}"},
        "file": made.file.name,
        "filename": filename(scope, name),
    }
    with transaction.atomic():
        records.note(
            running.job.started_by,
            "user.booklet_made",
            actor=Actor.of(running.job.started_by, channel="job"),
            references={
                "booklet": str(running.job.uuid),
                "day": payload["day"],
                "department": scope.department,
            },
        )
        running.finish(result)
    return result
