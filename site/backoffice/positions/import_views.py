"""Import of collected descriptions in the Wagtail admin: choose a file, review what it proposes, take over
drafts.

Only HR and administrators (``rules.may_import``; the table of addresses says the same). The review reads the
kept file again on each request; what was joined, cut and typed is stored (``reviewing.states``), so the review can be
left, and taken up by somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages as wagtail_messages

from backoffice.access.roles import roles_on
from backoffice.positions import imports, rules
from backoffice.positions.enums import Cadence
from backoffice.positions.import_differences import Again, compared
from backoffice.positions.import_forms import UnitForm, UploadForm, check_together, unit_forms
from backoffice.positions.importing import DOUBTFUL, Collection, Passage, arrange, places_of
from backoffice.positions.models import ImportedText, PositionPage
from backoffice.positions.reviewing import taking, uploads
from backoffice.positions.reviewing.origins import heading_of
from backoffice.positions.reviewing.states import Overtaken, State, save_state, state_of
from backoffice.positions.tree import index_page
from backoffice.positions.word import views as word_views
from backoffice.positions.word.reading import read_own
from foundation.outbox import jobs
from foundation.outbox.models import Job

SHOWN_BEFORE = 20


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take files: one leads to its review, several to a summary that names what was refused."""
    _check(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    received: list[imports.Received] = []
    if request.method == "POST" and form.is_valid():
        files = [(file.name, file.read()) for file in form.cleaned_data["file"]]
        if uploads.takes_long(files):
            return redirect("access:job", uploads.begin(files, by=request.user).uuid)
        received = imports.receive_all(files, by=request.user)
        if len(received) == 1 and received[0].imported:
            return redirect("positions_import_review", received[0].imported.uuid)
        if not any(one.imported for one in received):
            for one in received:
                form.add_error("file", one.refusal)
            received = []
    context = {
        "form": form,
        "received": received,
        "read": sum(one.imported is not None for one in received),
        "running": jobs.open_jobs_of(request.user, uploads.KIND),
        "earlier": ImportedText.objects.select_related("uploaded_by").defer("data")[:SHOWN_BEFORE],
    }
    return render(request, "positions/admin/import_upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Show the proposals beside their source; on POST, join or cut units, or make drafts of the ticked ones."""
    _check(request)
    imported = get_object_or_404(ImportedText, uuid=uuid)
    if own := read_own(bytes(imported.data), imported.filename):
        return word_views.review(request, imported, own)
    collection = imports.proposals(imported)
    state = state_of(imported)
    change = request.POST.get("change", "")
    if request.method == "POST" and change:
        return _changed(request, imported, collection, state, change)
    arranged = arrange(collection, state.steps)
    again = compared(imported, [unit for _key, unit in arranged])
    shown = partial(_shown, imported, collection, again, state)
    if request.method == "POST" and _version(request) != state.version:
        # What was ticked was ticked on other units than these.
        messages.error(request, _overtaken(state))
        forms = unit_forms(arranged, again, typed=state.typed)
        return render(request, "positions/admin/import_review.html", shown(forms), status=409)
    if request.method == "POST":
        forms = unit_forms(arranged, again, request.POST)
        # All forms are asked, so that every fault shows at once.
        faulty = [form for form in forms if not form.is_valid()]
        valid = not faulty and check_together(forms)
        decisions = (
            [form.decision(number) for number, form in enumerate(forms) if form.cleaned_data.get("take")]
            if valid
            else []
        )
        if valid and not decisions:
            messages.error(request, _("Nothing is ticked. Tick the descriptions to take over."))
        elif len(decisions) > taking.MOST_TOGETHER:
            messages.error(
                request,
                _("Tick at most %(number)s at a time; the others can follow afterwards.")
                % {"number": taking.MOST_TOGETHER},
            )
        elif valid:
            try:
                if len(decisions) > taking.MOST_AT_ONCE:
                    job = taking.begin(
                        imported,
                        steps=state.steps,
                        typed=request.POST,
                        total=len(decisions),
                        by=request.user,
                    )
                    return redirect("access:job", job.uuid)
                taken = taking.take_now(imported, decisions, by=request.user)
            except taking.BeingTaken as busy:
                messages.error(request, _being_taken(busy.job))
                return render(request, "positions/admin/import_review.html", shown(forms), status=409)
            except imports.UnitRefused as refused:
                forms[refused.number - 1].add_error(refused.field, refused.sentence)
                valid = False
            else:
                messages.success(
                    request,
                    ngettext(
                        "%(number)s draft was made or changed. Nothing is published.",
                        "%(number)s drafts were made or changed. Nothing is published.",
                        len(taken),
                    )
                    % {"number": len(taken)},
                )
                for one in taken:
                    if one.left:
                        _tell_left(request, one)
                return redirect("wagtailadmin_explore", index_page().pk)
        if not valid:
            wrong = [str(number + 1) for number, form in enumerate(forms) if form.errors]
            messages.error(
                request,
                _("Nothing was taken over yet. Look at unit %(numbers)s; what you typed is still there.")
                % {"numbers": "、".join(wrong)},
            )
        return render(request, "positions/admin/import_review.html", shown(forms), status=422)
    forms = unit_forms(arranged, again, typed=state.typed)
    return render(request, "positions/admin/import_review.html", shown(forms))


def _changed(
    request: HttpRequest, imported: ImportedText, collection: Collection, state: State, change: str
) -> HttpResponse:
    """Store what was typed, joined, cut or taken back; or say who was faster, and show theirs.

    ``change`` is a step of ``arrange``, ``undo``, or ``save`` for what was typed alone.
    """
    quiet = request.headers.get("x-requested-with") == "XMLHttpRequest"
    steps = {"save": state.steps, "undo": state.steps[:-1]}.get(change, [*state.steps, change])
    if change not in ("save", "undo") and arrange(collection, steps) == arrange(collection, state.steps):
        steps = state.steps  # a step that fits nothing is nothing to undo either
    status = 200
    try:
        state = save_state(
            imported, steps=steps, typed=request.POST, version=_version(request), by=request.user
        )
    except Overtaken:
        state, status = state_of(imported), 409
        if not quiet:
            messages.error(request, _overtaken(state))
    if quiet:
        told = {"version": state.version, "told": _overtaken(state) if status == 409 else _("Saved")}
        return JsonResponse(told, status=status)
    arranged = arrange(collection, state.steps)
    again = compared(imported, [unit for _key, unit in arranged])
    forms = unit_forms(arranged, again, typed=state.typed)
    return render(
        request,
        "positions/admin/import_review.html",
        _shown(imported, collection, again, state, forms, "" if status == 409 else change),
        status=status,
    )


def _tell_left(request: HttpRequest, taken: imports.Taken) -> None:
    """Say what of the file did not go into a draft, with the way there."""
    sentence = _("“%(title)s”: look at this yourself: %(text)s") % {
        "title": taken.page.title,
        "text": " | ".join(taking.told(change) for change in taken.left),
    }
    editor = reverse("wagtailadmin_pages:edit", args=[taken.page.pk])
    buttons = [wagtail_messages.button(editor, _("Open the draft"))]
    if taken.page.code and any(change.of_the_post for change in taken.left):
        post = reverse("positions_post_edit", args=[taken.page.code])
        buttons.append(wagtail_messages.button(post, _("Open the post")))
    wagtail_messages.warning(request, sentence, buttons=buttons)


def _being_taken(job: Job) -> str:
    return _("%(person)s is taking over this file (since %(at)s). Wait until that has ended.") % {
        "person": job.started_by,
        "at": date_format(timezone.localtime(job.created_at), "H:i"),
    }


def _version(request: HttpRequest) -> int:
    said = request.POST.get("version", "0")
    return int(said) if said.isdecimal() and len(said) < 10 else -1


def _overtaken(state: State) -> str:
    return _(
        "%(person)s changed this review meanwhile (%(at)s). Shown is what it says now; your last change is not in it."
    ) % {
        "person": state.changed_by or _("Somebody"),
        "at": date_format(timezone.localtime(state.changed_at), "H:i") if state.changed_at else "",
    }


@require_POST
def discard(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Forget an uploaded file nobody took anything from."""
    _check(request)
    imported = get_object_or_404(ImportedText, uuid=uuid)
    try:
        imports.discard(imported)
    except ProtectedError:
        messages.error(request, _("Drafts were made from this file; it is kept as their source."))
    else:
        messages.success(request, _("“%(name)s” was discarded.") % {"name": imported.filename})
    return redirect("positions_import")


def _check(request: HttpRequest) -> None:
    if not rules.may_import(roles_on(request)):
        raise PermissionDenied


@dataclass(frozen=True)
class Part:
    """A part of a unit in the review: its key for crossing out, its text, what was recognised beside it."""

    key: str
    text: str
    notes: tuple[str, ...]
    dropped: bool
    heading: str = ""
    confidence: int = 100
    doubt: int = 0

    @property
    def place(self) -> str:
        """Return where the part begins in the source."""
        return self.key[1:]

    @property
    def next_doubt(self) -> int:
        """Return the number of the doubtful part after this one."""
        return self.doubt + 1


@dataclass(frozen=True)
class Shown:
    """A unit as the review shows it."""

    number: int
    form: UnitForm
    duties: tuple[Part, ...]
    qualifications: tuple[Part, ...]
    others: tuple[tuple[str, tuple[Part, ...]], ...]
    sections: tuple[Part, ...]
    source: str
    open: bool
    described: PositionPage | None
    split_at: frozenset[str]

    @property
    def unit(self) -> Any:
        """Return the proposal."""
        return self.form.unit


def _shown(
    imported: ImportedText,
    collection: Collection,
    again: Again,
    state: State,
    forms: list[UnitForm],
    change: str = "",
) -> dict[str, Any]:
    cadences = {choice.value: str(choice.label) for choice in Cadence}
    titles = [str(form["title"].value() or "") for form in forms]
    described = {
        page.position.title: page
        for page in PositionPage.objects.filter(position__title__in=titles).select_related("position")
    }
    units = []
    doubts = 0

    def part(letter: str, proposed: Any, notes: tuple[str, ...] = (), heading: str = "") -> Part:
        nonlocal doubts
        key = f"{letter}{proposed.source[0]}"
        doubtful = proposed.confidence < DOUBTFUL and key not in gone
        doubts += doubtful
        return Part(
            key,
            proposed.text,
            tuple(note for note in notes if note),
            key in gone,
            heading,
            proposed.confidence,
            doubts if doubtful else 0,
        )

    for number, form in enumerate(forms):
        unit, gone = form.unit, form.dropped_now
        units.append(
            Shown(
                number=number + 1,
                form=form,
                duties=tuple(
                    part("d", duty, (cadences.get(duty.cadence, ""), duty.deadline, duty.group))
                    for duty in unit.duties
                ),
                qualifications=tuple(part("q", item) for item in unit.qualifications),
                others=tuple(
                    (heading_of(name), tuple(part("r", row) for row in unit.rows if row.part == name))
                    for name in dict.fromkeys(row.part for row in unit.rows)
                ),
                sections=tuple(
                    part("s", section, (), section.heading)
                    for section in unit.sections
                    if section.text.strip()  # a heading alone says nothing without what stood under it
                ),
                source=collection.text[unit.source[0] : unit.source[1]],
                open=(form.prefix in change if change else number == 0) or bool(form.errors),
                split_at=frozenset(
                    f"{letter}{start}" for letter in "dqrs" for start, _end in places_of(unit)[1:]
                ),
                described=described.get(form["title"].value() or ""),
            )
        )
    reasons = {
        "site": _("from the web page it was copied from"),
        "chapter": _("chapter heading"),
        "heading": _("heading"),
        "signature": _("signature"),
        "header": _("header or footer"),
        "note": _("note"),
        "comment": _("margin comment"),
        "table": _("lines of a table"),
        "text": _("text without a place"),
    }
    kept: list[tuple[Passage, str]] = [
        (passage, reasons.get(passage.reason, passage.reason))
        for passage in collection.kept
        if passage.text.strip()
    ]
    return {
        "imported": imported,
        "units": units,
        "kept": kept,
        "warnings": collection.warnings,
        "ticked": sum(form.taken_now for form in forms),
        "known": sum(known.same for known in again.known.values()),
        "gone": again.gone,
        "state": state,
        "doubts": doubts,
        "busy": taking.open_job(imported),
        "same": ImportedText.objects.filter(sha256=imported.sha256, confirmed_at__isnull=False)
        .exclude(pk=imported.pk)
        .order_by("-confirmed_at")
        .first(),
    }
