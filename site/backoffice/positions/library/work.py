"""Taking over a version in many descriptions, carried out by the worker and watched on the page of the job.

Each draft is a transaction of its own, so work that is broken off stays done as far as it came; begun again, it
finds those drafts up to date and says that it had done them before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.positions.library import drafts
from backoffice.positions.library.models import LibraryItem
from foundation.outbox.jobs import JobFailed, Running, begin, carries_out
from foundation.outbox.models import Job

KIND = "library_take_over"


def begin_taking_over(key: str, pages: list[int], overwrite: list[int], *, by: Any) -> Job:
    """Ask the worker to take over the newest version of ``key`` in the drafts of ``pages``; return the job."""
    payload = {"key": key, "pages": pages, "overwrite": overwrite}
    return begin(KIND, by=by, payload=payload, total=len(pages))


@carries_out(KIND, title=gettext_lazy("Taking over from the library"), back="positions_library")
def take_over(running: Running, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Carry it out; return what became of each description."""
    key = payload["key"]
    if not LibraryItem.objects.filter(key=key).exists():
        raise JobFailed(_("The item is no longer there."))
    outcomes = drafts.take_over_in(
        payload["pages"],
        key,
        by=running.job.started_by,
        overwrite=frozenset(payload["overwrite"]),
        advance=running.advance,
        job=str(running.job.uuid),
    )
    return {
        "url": reverse("positions_library_result", args=[running.job.uuid]),
        "label": _("See what became of each description"),
        "key": key,
        "outcomes": [told(outcome) for outcome in outcomes],
    }


def told(outcome: drafts.Outcome) -> dict[str, Any]:
    """Return an outcome as plain values, in the language in use."""
    return {
        "page": outcome.page.pk,
        "title": outcome.page.title,
        "kind": outcome.kind,
        "word": outcome.word,
        "told": outcome.told,
    }
