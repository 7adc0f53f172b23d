"""Taking over many units: carried out by the worker, watched and cancelled like every job, all of it or nothing.

What HR confirmed travels with the job; the units are read and judged again when it runs, as the review does. The
drafts and the end of the job are one transaction. While it is open nobody takes over the same file a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.positions import imports
from backoffice.positions.import_differences import PartChange, compared
from backoffice.positions.import_forms import check_together, unit_forms
from backoffice.positions.importing import ImportRefused, arrange
from backoffice.positions.models import ImportedText
from backoffice.positions.reviewing.states import as_query, fields_of
from foundation.outbox import jobs
from foundation.outbox.models import Job

KIND = "positions.take_over"
# Up to so many, drafts are made while the person waits: it takes about a second.
MOST_AT_ONCE = 20
# All of a take-over is one transaction, and on SQLite nobody else writes meanwhile: it has to end soon.
MOST_TOGETHER = 100
LONGEST_TOLD = 200
MOST_LINKS = 200


class BeingTaken(Exception):
    """Somebody's job takes over this file already; ``job`` is it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(str(job.uuid))


def open_job(imported: ImportedText) -> Job | None:
    """Return the job that takes over ``imported`` now, whoever began it; None without one. One query."""
    jobs_ = Job.objects.filter(kind=KIND, state__in=jobs.OPEN_STATES).select_related("started_by")
    return next((job for job in jobs_ if job.payload["imported"] == imported.pk), None)


@transaction.atomic
def begin(imported: ImportedText, *, steps: Sequence[str], typed: QueryDict, total: int, by: Any) -> Job:
    """Ask the worker to take over what is ticked in ``typed``. Raises ``BeingTaken``."""
    ImportedText.objects.select_for_update().only("pk").get(pk=imported.pk)
    if (job := open_job(imported)) is not None:
        raise BeingTaken(job)
    payload = {"imported": imported.pk, "steps": list(steps), "typed": fields_of(typed)}
    return jobs.begin(KIND, by=by, payload=payload, total=total)


@transaction.atomic
def take_now(
    imported: ImportedText, decisions: Sequence[imports.Decision], *, by: Any
) -> list[imports.Taken]:
    """Make or change few drafts at once. Raises ``BeingTaken``; ``imports.UnitRefused``."""
    ImportedText.objects.select_for_update().only("pk").get(pk=imported.pk)
    if (job := open_job(imported)) is not None:
        raise BeingTaken(job)
    return imports.take(imported, decisions, by=by)


@jobs.carries_out(KIND, title=gettext_lazy("Making drafts from the imported file"), back="positions_import")
def take_over(job: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make or change the drafts, then say which, and what found no place."""
    imported = ImportedText.objects.filter(pk=payload["imported"]).first()
    if imported is None:
        raise jobs.JobFailed(_("The file was discarded meanwhile."))
    try:
        arranged = arrange(imports.proposals(imported), payload["steps"])
    except ImportRefused as refused:
        raise jobs.JobFailed(str(refused)) from refused
    again = compared(imported, [unit for _key, unit in arranged])
    forms = unit_forms(arranged, again, as_query(payload["typed"]))
    faulty = [form for form in forms if not form.is_valid()]
    if faulty or not check_together(forms):
        raise jobs.JobFailed("\n".join(_faults(forms)))
    decisions = [form.decision(number) for number, form in enumerate(forms) if form.cleaned_data.get("take")]
    job.advance(0, len(decisions), _("Making %(number)s drafts") % {"number": len(decisions)})
    try:
        with transaction.atomic():
            taken = imports.take(imported, decisions, by=job.job.started_by, advance=job.advance_within)
            result = result_of(taken)
            job.finish(result)
    except imports.UnitRefused as refused:
        raise jobs.JobFailed(
            "\n".join([str(refused), _("Nothing was taken over. What was typed is still in the review.")])
        ) from refused
    return result


def _faults(forms: Iterable[Any]) -> list[str]:
    told = [
        _("Unit %(number)s: %(sentence)s") % {"number": number, "sentence": sentence}
        for number, form in enumerate(forms, 1)
        for sentences in form.errors.values()
        for sentence in sentences
    ]
    return [*told, _("Nothing was taken over. What was typed is still in the review.")]


def result_of(taken: Sequence[imports.Taken]) -> dict[str, Any]:
    """Return what the page of the job tells: how many drafts, each with its address, what HR has to look at."""
    return {
        "text": ngettext(
            "%(number)s draft was made or changed. Nothing is published.",
            "%(number)s drafts were made or changed. Nothing is published.",
            len(taken),
        )
        % {"number": len(taken)},
        "links": [
            {
                "url": reverse("wagtailadmin_pages:edit", args=[one.page.pk]),
                "label": one.page.title,
                "notes": [told(change) for change in one.left],
            }
            for one in sorted(taken, key=lambda one: not one.left)[:MOST_LINKS]
        ],
        "more": max(0, len(taken) - MOST_LINKS),
    }


def told(change: PartChange) -> str:
    """Return a change that found no place, for reading: where, and from what to what."""
    before, after = (text[:LONGEST_TOLD] or "—" for text in (change.before, change.after))
    if change.of_the_post:
        return _("%(part)s (kept with the post, not in the draft): %(before)s → %(after)s") % {
            "part": change.heading,
            "before": before,
            "after": after,
        }
    return _("%(part)s, reworded in the draft since: %(before)s → %(after)s") % {
        "part": change.heading,
        "before": before,
        "after": after,
    }
