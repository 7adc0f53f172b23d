"""Sheets into a register: template, upload, what is wrong line by line, taking in. For those the form names as
importers, who also may fill it in. Long ones are checked and taken in by the worker.
"""

from __future__ import annotations

import datetime
import io
import uuid as uuids
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.access import records
from backoffice.access.roles import roles_on
from backoffice.intake.duplicates import rows_told
from backoffice.intake.registers.exporting import TYPES
from backoffice.intake.registers.presentation import filename
from forms.exceptions import FormError, NotFound, NotPermitted
from forms.models import RegisterImport, Submission
from forms.queries import current_form
from forms.registers import importing, rules, workbooks
from forms.rules import check_may_submit
from forms.schema import FormDefinition, definition_of
from forms.services import submissions
from foundation.audit.services import Actor, KeyReused
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from foundation.outbox import jobs
from foundation.outbox.rounds import every
from workflows.exceptions import WorkflowError
from workflows.queries import workflow_for_form
from workflows.services.cases import open_case

CHECK, TAKE = "register_import_check", "register_import_take"
TAKEN_IN = "user.register_imported"
CHECKED_AT_ONCE = 100
TAKEN_AT_ONCE = 30
KEEP = datetime.timedelta(days=30)


def _form_for(request: HttpRequest, form_key: str) -> tuple[Edition, FormDefinition]:
    """Return the form in force to those who take sheets in; for others the address is not there."""
    return form_for(request.user, form_key, roles_on(request))


def form_for(user: User, form_key: str, roles: frozenset[str]) -> tuple[Edition, FormDefinition]:
    """Return the form in force to somebody who takes sheets into its register; raises Http404."""
    try:
        edition, definition = current_form(form_key)
        check_may_submit(definition, user)
    except (NotFound, NotPermitted):
        raise Http404 from None
    if not rules.may_import(definition, roles):
        raise Http404
    return edition, definition


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, form_key: str) -> HttpResponse:
    """The template to download, the place to upload a filled-in one, and one's own earlier files."""
    edition, definition = _form_for(request, form_key)
    refusal = ""
    if request.method == "POST":
        try:
            return _received(request, edition)
        except FormError as fault:
            refusal = str(fault)
    language = get_language() or ""
    return render(
        request,
        "intake/registers/import.html",
        {
            "page_title": _("Import: %(register)s") % {"register": in_language(definition.title, language)},
            "definition": definition,
            "refusal": refusal,
            "most_rows": importing.MOST_ROWS,
            "left_out": importing.left_out(definition, language),
            "opens_case": workflow_for_form(form_key) is not None,
            "earlier": importing.imports_of(request.user, form_key),
        },
        status=422 if refusal else 200,
    )


def _received(request: HttpRequest, edition: Edition) -> HttpResponse:
    """Keep an uploaded file and have it checked: at once while it is short, else by the worker."""
    upload = request.FILES.get("file")
    if upload is None:
        raise importing.ImportRefused(_("Choose the file to upload."))
    if upload.size is None or upload.size > workbooks.LARGEST:
        raise importing.ImportRefused(
            _("The file is larger than %(size)d MB. Split it into several.")
            % {"size": workbooks.LARGEST // 1024**2}
        )
    language = get_language() or ""
    with transaction.atomic():
        taken = importing.receive(
            edition=edition,
            filename=str(upload.name),
            data=upload.read(),
            by=request.user,
            language=language,
        )
        if taken.count > CHECKED_AT_ONCE:
            job = _begin(CHECK, taken, by=request.user)
            return redirect("access:job", job.uuid)
        importing.check(taken, language)
    return redirect("registers:import-file", taken.form_key, taken.uuid)


@require_GET
def template(request: HttpRequest, form_key: str) -> HttpResponse:
    """An empty workbook to fill in."""
    _edition, definition = _form_for(request, form_key)
    language = get_language() or ""
    content = io.BytesIO()
    importing.write_template(content, definition, language)
    content.seek(0)
    title = _("%(form)s template") % {"form": in_language(definition.title, language)}
    return FileResponse(
        content,
        as_attachment=True,
        filename=filename(title, timezone.localdate(), "xlsx"),
        content_type=TYPES["xlsx"],
    )


def _own(request: HttpRequest, form_key: str, uuid: uuids.UUID) -> RegisterImport:
    _form_for(request, form_key)
    try:
        return importing.import_for(request.user, form_key, uuid)
    except NotFound:
        raise Http404 from None


@require_GET
def detail(request: HttpRequest, form_key: str, uuid: uuids.UUID) -> HttpResponse:
    """What an uploaded file says: what is wrong with it line by line, or that it can be taken in, or what it became."""
    taken = _own(request, form_key, uuid)
    definition, language = definition_of(taken.edition), get_language() or ""
    numbers = [number for _row, number in taken.made]
    by_number = dict(Submission.objects.filter(number__in=numbers).values_list("number", "uuid"))
    return render(
        request,
        "intake/registers/import_file.html",
        {
            "page_title": taken.filename,
            "taken": taken,
            "definition": definition,
            "title": in_language(definition.title, language),
            "wrong_rows": len({(one["sheet"], one["row"]) for one in taken.findings}),
            "most_findings": importing.MOST_FINDINGS,
            "replaced": taken.state in (RegisterImport.State.READY, RegisterImport.State.WAITING)
            and current_form(form_key)[0] != taken.edition,
            "opens_case": workflow_for_form(form_key) is not None,
            "told": rows_told(taken, request.user) if taken.state == RegisterImport.State.READY else [],
            "made": [(row, number, by_number.get(number)) for row, number in taken.made],
        },
    )


@require_POST
def take(request: HttpRequest, form_key: str, uuid: uuids.UUID) -> HttpResponse:
    """Take a checked file in: at once while it is short, else by the worker."""
    taken = _own(request, form_key, uuid)
    if taken.state == RegisterImport.State.READY and taken.count > TAKEN_AT_ONCE:
        with transaction.atomic():
            job = _begin(TAKE, taken, by=request.user)
        return redirect("access:job", job.uuid)
    try:
        with transaction.atomic():
            _take_in(taken, request.user)
    except (FormError, WorkflowError, KeyReused) as refusal:
        messages.error(request, _told(refusal))
    return redirect("registers:import-file", form_key, taken.uuid)


@require_POST
def discard(request: HttpRequest, form_key: str, uuid: uuids.UUID) -> HttpResponse:
    """Throw a file away that was not taken in."""
    importing.discard(_own(request, form_key, uuid))
    messages.success(request, _("The file has been thrown away. Nothing was taken in."))
    return redirect("registers:import", form_key)


def _told(refusal: Exception) -> str:
    if isinstance(refusal, KeyReused):
        return _("Rows of this file were taken in before with other answers. Nothing was done.")
    return str(refusal)


def _take_in(taken: RegisterImport, person: User, running: jobs.Running | None = None) -> RegisterImport:
    """Hand every row in, in the running transaction, as if the person had; where the form begins a case, open it."""
    workflow = workflow_for_form(taken.form_key)

    def hand_in(
        edition: Edition, answers: Mapping[str, Any], key: str, said: Mapping[str, str]
    ) -> Submission:
        submission = submissions.submit(
            edition=edition, answers=answers, by=person, idempotency_key=key, beside=said
        )
        if workflow is not None:
            open_case(workflow_key=workflow, submission=submission, by=person, idempotency_key=key)
        return submission

    def tell(done: int, total: int) -> None:
        if running is not None:
            running.advance_within(
                done, total, _("Row %(done)s of %(total)s") % {"done": done, "total": total}
            )

    before = taken.state
    done = importing.take_in(taken, hand_in=hand_in, tell=tell)
    if before != RegisterImport.State.DONE:
        records.note(
            person,
            TAKEN_IN,
            actor=Actor.of(person, channel="job" if running else "web"),
            references={"register": done.form_key, "import": str(done.uuid), "count": str(done.count)},
        )
    return done


# --- by the worker -----------------------------------------------------------------------------------------------


def _begin(kind: str, taken: RegisterImport, *, by: User) -> Any:
    payload = {"import": str(taken.uuid), "form": taken.form_key, "language": get_language() or ""}
    return jobs.begin(kind, by=by, payload=payload, total=taken.count)


def _found(running: jobs.Running, payload: Mapping[str, Any]) -> RegisterImport:
    """Return the import of a job; what its person may is asked anew."""
    person = running.job.started_by
    try:
        if not person.is_active:
            raise Http404
        form_for(person, payload["form"], roles_of(person))
        return importing.import_for(person, payload["form"], payload["import"])
    except (NotFound, Http404):
        raise jobs.JobFailed(
            _("This file is gone, or the register takes no sheets of yours any more.")
        ) from None


def _result(taken: RegisterImport, text: str, label: str) -> dict[str, Any]:
    return {
        "url": reverse("registers:import-file", args=[taken.form_key, taken.uuid]),
        "label": label,
        "text": text,
    }


@jobs.carries_out(CHECK, title=gettext_lazy("Checking a filled-in sheet"), back="registers:list")
def carry_out_check(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a long file (worker)."""
    taken = _found(running, payload)

    def tell(done: int, total: int) -> None:
        running.advance(done, total, _("Row %(done)s of %(total)s") % {"done": done, "total": total})

    if taken.state != RegisterImport.State.DONE:
        importing.check(taken, payload["language"], tell=tell)
    wrong = len(taken.findings)
    text = (
        ngettext("%(count)d thing is to be corrected.", "%(count)d things are to be corrected.", wrong)
        % {"count": wrong}
        if wrong
        else _("Every row is sound.")
    )
    return _result(taken, text, _("See what was found"))


@jobs.carries_out(TAKE, title=gettext_lazy("Taking a filled-in sheet in"), back="registers:list")
def carry_out_take(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a long file in (worker): all rows and the end of the job in one transaction."""
    taken = _found(running, payload)
    try:
        with transaction.atomic():
            done = _take_in(taken, running.job.started_by, running)
            text = ngettext("%(count)d row was taken in.", "%(count)d rows were taken in.", done.count) % {
                "count": done.count
            }
            result = _result(done, text, _("See the submissions"))
            running.finish(result)
    except (FormError, WorkflowError, KeyReused) as refusal:
        raise jobs.JobFailed(_told(refusal)) from refusal
    return result


@every("register-imports", datetime.timedelta(days=1))
def sweep() -> int:
    """Remove files that nobody took in in time; return how many."""
    over = timezone.now() - KEEP
    gone, _kinds = (
        RegisterImport.objects.filter(uploaded_at__lt=over).exclude(state=RegisterImport.State.DONE).delete()
    )
    return gone
