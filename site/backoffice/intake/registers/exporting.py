"""Files out of a register: at once while they are small, by the worker when they are large.

A file holds what its person may read, and is theirs alone; whoever stops reading the register gets none any more,
not even one that was ordered before. Each is an event of the person's account, with filters and count.
"""

from __future__ import annotations

import datetime
import io
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.access import records
from backoffice.access.roles import roles_on
from backoffice.intake.registers.presentation import filename, sentences
from backoffice.intake.registers.views import shape_for
from backoffice.intake.registers.wanted import Asked, Wanted, asked_of
from backoffice.listing.viewing import ALL
from forms.exceptions import NotFound
from forms.models import Submission
from forms.registers.columns import RegisterShape
from forms.registers.queries import register_for
from forms.registers.sheets import Order, write_csv, write_xlsx
from foundation.audit.services import Actor, FieldChange
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from foundation.outbox import jobs
from foundation.outbox.models import Job
from foundation.outbox.rounds import every

KIND = "register_export"
TAKEN_OUT = "user.register_exported"
MOST_AT_ONCE = 2_000
KEEP = datetime.timedelta(days=7)
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, form_key: str) -> HttpResponse:
    """A file of what the list shows: GET hands out a small one, and asks whether to have a large one made; POST
    has the worker make it.
    """
    shape, roles = shape_for(request, form_key), roles_on(request)
    said = request.POST if request.method == "POST" else request.GET
    ending, which = said.get("format", "xlsx"), said.get("which", "all")
    if ending not in TYPES or which not in ("all", "shown"):
        raise Http404
    query = QueryDict(said.get("query", "")) if request.method == "POST" else said
    asked = asked_of(Wanted.read(query, view=ALL), shape, by=request.user, roles=roles)
    if request.method == "POST":
        job = begin(shape, asked, by=request.user, which=which, ending=ending, language=get_language() or "")
        return redirect("access:job", job.uuid)
    if asked.selection.count > MOST_AT_ONCE:
        return render(
            request,
            "intake/registers/export.html",
            {
                "page_title": _("Export: %(register)s") % {"register": shape.title(get_language() or "")},
                "shape": shape,
                "wanted": asked.wanted,
                "count": asked.selection.count,
                "more": asked.selection.bounded,
                "sentences": sentences(asked, shape, get_language() or ""),
                "format": ending,
                "which": which,
            },
        )
    order = order_of(shape, asked, by=request.user, roles=roles, which=which, language=get_language() or "")
    content, count = io.BytesIO(), 0
    ids = asked.selection.ids()
    found = (row for rows in asked.selection.chunks(ids) for row in rows)
    if ending == "csv":
        text = io.TextIOWrapper(content, encoding="utf-8", newline="")
        count = write_csv(text, order, found)
        text.detach()
    else:
        count = write_xlsx(content, order, found)
    with transaction.atomic():
        record(request.user, shape, order, count=count, ending=ending, channel="web")
    content.seek(0)
    return FileResponse(
        content,
        as_attachment=True,
        filename=filename(shape.title(order.language), timezone.localdate(), ending),
        content_type=TYPES[ending],
    )


def order_of(
    shape: RegisterShape, asked: Asked, *, by: User, roles: Collection[str], which: str, language: str
) -> Order:
    """Return what goes into a file: every column in the order of the register, or those that are shown."""
    columns = tuple(asked.answered) if which == "shown" else shape.columns
    return Order(
        shape=shape,
        columns=columns,
        roles=frozenset(roles),
        language=language,
        by=str(by),
        filters=tuple(sentences(asked, shape, language)),
        with_rows=which == "all",
        beside=tuple(asked.beside) if which == "shown" else asked.offered_beside,
        reader=by,
    )


def record(
    person: User, shape: RegisterShape, order: Order, *, count: int, ending: str, channel: str
) -> None:
    """Write down that a file was taken out. What was filtered for may name people: it is kept where it can be
    erased, and only how much and of what stands in the chain for ever.
    """
    groups = [column for group in shape.groups for column in group.columns] if order.with_rows else []
    confidential = [
        column.key for column in (*order.columns, *groups) if column.recorded and column.open_to(order.roles)
    ]
    records.note(
        person,
        TAKEN_OUT,
        actor=Actor.of(person, channel=channel),
        changes=[FieldChange("filters", None, list(order.filters), records.stream_of(person))],
        references={
            "register": shape.form_key,
            "format": ending,
            "count": str(count),
            "columns": " ".join(confidential),
        },
    )


# --- by the worker -----------------------------------------------------------------------------------------------


def folder() -> Path:
    """Return where files wait for their people."""
    return Path(settings.RENDERED_DIR) / "registers"


def begin(shape: RegisterShape, asked: Asked, *, by: User, which: str, ending: str, language: str) -> Job:
    """Ask the worker for a file and return the job."""
    payload = {
        "form": shape.form_key,
        "query": asked.wanted.query,
        "which": which,
        "format": ending,
        "language": language,
    }
    return jobs.begin(KIND, by=by, payload=payload, total=asked.selection.count)


@jobs.carries_out(KIND, title=gettext_lazy("Export of a register"), back="registers:list")
def carry_out(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make the file (worker). What the person reads is asked anew: it may have changed since."""
    person, ending, language = running.job.started_by, payload["format"], payload["language"]
    roles = roles_of(person)
    try:
        if not person.is_active:
            raise NotFound
        shape = register_for(person, payload["form"], roles)
    except NotFound:
        raise jobs.JobFailed(_("This register is not open to you any more.")) from None
    asked = asked_of(Wanted.read(QueryDict(payload["query"]), view=ALL), shape, by=person, roles=roles)
    order = order_of(shape, asked, by=person, roles=roles, which=payload["which"], language=language)
    ids = asked.selection.ids()
    folder().mkdir(parents=True, exist_ok=True)
    file = folder() / f"{running.job.uuid}.{ending}"
    part = file.with_suffix(".part")

    def tell(done: int) -> None:
        running.advance(
            done, len(ids), _("%(done)s of %(total)s submissions") % {"done": done, "total": len(ids)}
        )

    found = (row for rows in asked.selection.chunks(ids) for row in rows)
    try:
        if ending == "csv":
            with part.open("w", encoding="utf-8", newline="") as text:
                count = write_csv(text, order, found, tell)
        else:
            count = write_xlsx(str(part), order, found, tell)
        result = {
            "url": reverse("registers:file", args=[running.job.uuid]),
            "label": _("Download the file"),
            "text": ngettext("%(count)s submission, %(size)s MB", "%(count)s submissions, %(size)s MB", count)
            % {"count": f"{count:,}", "size": f"{part.stat().st_size / 1_000_000:.1f}"},
            "notes": [_("The file is kept for %(days)d days.") % {"days": KEEP.days}],
            "form": shape.form_key,
            "format": ending,
            "filename": filename(shape.title(language), timezone.localdate(), ending),
        }
        part.rename(file)
        with transaction.atomic():
            record(person, shape, order, count=count, ending=ending, channel="job")
            running.finish(result)
    except BaseException:
        part.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        raise
    return result


@require_GET
def exported(request: HttpRequest, uuid: Any) -> HttpResponse:
    """The file of a job, to whoever ordered it and still reads the register; for others it is not there."""
    job = get_object_or_404(Job, uuid=uuid, kind=KIND, started_by=request.user, state=Job.State.DONE)
    shape_for(request, job.result["form"])
    ending = job.result["format"]
    try:
        content = (folder() / f"{job.uuid}.{ending}").open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(
        content, as_attachment=True, filename=job.result["filename"], content_type=TYPES[ending]
    )


def forget(submission: Submission, answers: Mapping[str, Any]) -> None:
    """Remove the files of a register of which a submission is being erased: they may hold what goes. Whoever needs
    one orders it again.
    """
    made = list(
        Job.objects.filter(kind=KIND, payload__form=submission.form_key).values_list("uuid", flat=True)
    )

    def remove() -> None:
        for uuid in made:
            for file in folder().glob(f"{uuid}.*"):
                file.unlink(missing_ok=True)

    transaction.on_commit(remove)


@every("register-files", datetime.timedelta(days=1))
def sweep() -> int:
    """Remove the files whose time is over, and what a killed worker left half-written; return how many."""
    removed = 0
    for file in folder().glob("*"):
        try:
            if time.time() - file.stat().st_mtime > KEEP.total_seconds():
                file.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # another worker was faster
    return removed
