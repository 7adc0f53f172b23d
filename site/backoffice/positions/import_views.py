"""Import of collected descriptions in the Wagtail admin: choose a file, review what it proposes, take over
drafts.

Only HR and administrators (``rules.may_import``; the table of addresses says the same). The review reads the
kept file again on each request, so what is typed is all that travels, and nothing typed is lost to a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access.roles import roles_on
from backoffice.positions import imports, rules
from backoffice.positions.enums import Cadence
from backoffice.positions.import_differences import Again, compared
from backoffice.positions.import_forms import UnitForm, UploadForm, check_together, unit_forms
from backoffice.positions.importing import Collection, Passage, arrange, places_of
from backoffice.positions.models import ImportedText, PositionPage
from backoffice.positions.tree import index_page

SHOWN_BEFORE = 20
LONGEST_TOLD = 200


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take files: one leads to its review, several to a summary that names what was refused."""
    _check(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    received: list[imports.Received] = []
    if request.method == "POST" and form.is_valid():
        uploads = ((file.name, file.read()) for file in form.cleaned_data["file"])
        received = imports.receive_all(uploads, by=request.user)
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
        "earlier": ImportedText.objects.select_related("uploaded_by").defer("data")[:SHOWN_BEFORE],
    }
    return render(request, "positions/admin/import_upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Show the proposals beside their source; on POST, join or cut units, or make drafts of the ticked ones."""
    _check(request)
    imported = get_object_or_404(ImportedText, uuid=uuid)
    collection = imports.proposals(imported)
    steps = request.POST.get("arrangement", "").split()
    change = request.POST.get("change", "")
    if change:
        steps = steps[:-1] if change == "undo" else [*steps, change]
    arranged = arrange(collection, steps)
    again = compared(imported, [unit for _key, unit in arranged])
    shown = partial(_shown, imported, collection, again, steps)
    if request.method == "POST" and change:
        forms = unit_forms(arranged, again, typed=request.POST)
        return render(request, "positions/admin/import_review.html", shown(forms, change))
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
        elif valid:
            try:
                taken = imports.take(imported, decisions, by=request.user)
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
                    for change in one.left:
                        messages.warning(
                            request,
                            _(
                                "“%(title)s” says otherwise than the earlier file; look at this yourself: %(text)s"
                            )
                            % {
                                "title": one.page.title,
                                "text": (change.after or change.before)[:LONGEST_TOLD],
                            },
                        )
                return redirect("wagtailadmin_explore", index_page().pk)
        if not valid:
            wrong = [str(number + 1) for number, form in enumerate(forms) if form.errors]
            messages.error(
                request,
                _("Nothing was taken over yet. Look at unit %(numbers)s; what you typed is still there.")
                % {"numbers": "、".join(wrong)},
            )
        return render(request, "positions/admin/import_review.html", shown(forms), status=422)
    return render(request, "positions/admin/import_review.html", shown(unit_forms(arranged, again)))


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

    @property
    def place(self) -> str:
        """Return where the part begins in the source."""
        return self.key[1:]


@dataclass(frozen=True)
class Shown:
    """A unit as the review shows it."""

    number: int
    form: UnitForm
    duties: tuple[Part, ...]
    qualifications: tuple[Part, ...]
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
    steps: list[str],
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
    for number, form in enumerate(forms):
        unit, gone = form.unit, form.dropped_now
        units.append(
            Shown(
                number=number + 1,
                form=form,
                duties=tuple(
                    Part(
                        f"d{duty.source[0]}",
                        duty.text,
                        tuple(
                            note
                            for note in (cadences.get(duty.cadence, ""), duty.deadline, duty.group)
                            if note
                        ),
                        f"d{duty.source[0]}" in gone,
                    )
                    for duty in unit.duties
                ),
                qualifications=tuple(
                    Part(f"q{item.source[0]}", item.text, (), f"q{item.source[0]}" in gone)
                    for item in unit.qualifications
                ),
                sections=tuple(
                    Part(
                        f"s{section.source[0]}",
                        section.text,
                        (),
                        f"s{section.source[0]}" in gone,
                        section.heading,
                    )
                    for section in unit.sections
                    if section.text.strip()  # a heading alone says nothing without what stood under it
                ),
                source=collection.text[unit.source[0] : unit.source[1]],
                open=(form.prefix in change if change else number == 0) or bool(form.errors),
                split_at=frozenset(
                    f"{letter}{start}" for letter in "dqs" for start, _end in places_of(unit)[1:]
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
        "arrangement": " ".join(steps),
        "same": ImportedText.objects.filter(sha256=imported.sha256, confirmed_at__isnull=False)
        .exclude(pk=imported.pk)
        .order_by("-confirmed_at")
        .first(),
    }
