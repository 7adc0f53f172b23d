"""HR's screens for the library in the Wagtail admin. Who may open them stands in ``backoffice.access.table``.

Views fetch, call ``items`` or ``drafts``, say what came of it. The endpoints of the editor are in ``editor``.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from backoffice.positions.body import rows_of
from backoffice.positions.comparison import Difference
from backoffice.positions.library import drafts, items, queries, similar, uses, work
from backoffice.positions.library.exceptions import DraftClosed, LibraryError, WordingInvalid
from backoffice.positions.library.forms import ItemForm, PublishForm, initial_of
from backoffice.positions.library.links import Link
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.wording import (
    BY_NAME,
    LIBRARY_PARTS,
    columns_of,
    headline,
    main_column,
    told,
)
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import LINK, Part
from foundation.editions.queries import body_of
from foundation.organisation.models import Department
from foundation.outbox.models import Job

PER_PAGE = 50
AT_ONCE = 20  # descriptions taken over while the person waits; more go to the worker
SHOWN_CANDIDATES = 40


def _part_of(request: HttpRequest, *, default: str = "") -> Part | None:
    return BY_NAME.get(request.GET.get("part", "") or default)


def _item(key: str) -> LibraryItem:
    return get_object_or_404(LibraryItem, key=key)


# --- the shelf ----------------------------------------------------------------------------------------------


@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """List the items; search by words, filter by part, subject and retired."""
    search = request.GET.get("q", "").strip()[:100]
    subject = request.GET.get("subject", "").strip()[:80]
    retired = request.GET.get("retired") == "1"
    part = _part_of(request)
    found = queries.shelf(search=search, part=part.name if part else "", subject=subject, retired=retired)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.use_counts(page)
    for item in page:
        item.count = counts[item.key]
        item.headline = headline(BY_NAME[item.part], item.wording)
        item.part_word = BY_NAME[item.part].one
    context = {
        "page": page,
        "search": search,
        "part": part,
        "parts": LIBRARY_PARTS,
        "subject": subject,
        "subjects": queries.subjects(part.name if part else ""),
        "retired": retired,
        "filtered": bool(search or part or subject or retired),
        "query": _query(request),
    }
    return render(request, "positions/library/shelf.html", context)


def _query(request: HttpRequest) -> str:
    query: QueryDict = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


@require_safe
def item(request: HttpRequest, key: str) -> HttpResponse:
    """Show one item: what it says, its versions, and where it is used."""
    one = _item(key)
    part = BY_NAME[one.part]
    outdated = request.GET.get("outdated") == "1"
    department = request.GET.get("department", "")
    found = queries.pages_using(one, outdated=outdated, department=department)
    context = {
        **_about(one),
        "versions": queries.versions_of(one),
        "told": told(part, items.newest_wording(one) or one.wording),
        "uses": found,
        "takes": sum(use.takes for use in found),
        "outdated": outdated,
        "department": department,
        "departments": Department.objects.all(),
    }
    return render(request, "positions/library/item.html", context)


def _about(one: LibraryItem) -> dict[str, Any]:
    part = BY_NAME[one.part]
    return {"item": one, "part": part, "title": headline(part, items.newest_wording(one) or one.wording)}


@require_safe
def compare(request: HttpRequest, key: str, before: int, after: int) -> HttpResponse:
    """Show what one version says otherwise than another."""
    one = _item(key)
    versions = {edition.number: edition for edition in queries.versions_of(one)}
    if before not in versions or after not in versions:
        raise Http404
    first, second = sorted((before, after))
    context = {
        **_about(one),
        "before": versions[first],
        "after": versions[second],
        "differences": differing(
            BY_NAME[one.part], body_of(versions[first])["wording"], body_of(versions[second])["wording"]
        ),
    }
    return render(request, "positions/library/compare.html", context)


@require_safe
def compare_chosen(request: HttpRequest, key: str) -> HttpResponse:
    """Lead from the choice of two versions to their comparison."""
    try:
        before, after = sorted((int(request.GET["before"]), int(request.GET["after"])))
    except (KeyError, ValueError):
        raise Http404 from None
    if before < 0:
        raise Http404
    return redirect("positions_library_compare", _item(key).key, before, after)


def differing(part: Part, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Return what one wording says otherwise than another, value by value, in the language in use."""
    old, new = dict(_values(part, before)), dict(_values(part, after))
    return [
        Difference(
            column.name,
            "changed"
            if old[column.name] and new[column.name]
            else "added"
            if new[column.name]
            else "removed",
            str(column.label),
            old[column.name],
            new[column.name],
        )
        for column in columns_of(part)
        if old[column.name] != new[column.name]
    ]


def _values(part: Part, wording: dict[str, Any]) -> list[tuple[str, str]]:
    shown = dict(told(part, wording))
    return [(column.name, shown.get(str(column.label), "")) for column in columns_of(part)]


# --- writing items ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Make an item: of the part ``?part=``, as a copy of ``?copy=``, or from the row ``?row=`` of ``?page=``.

    Saved, or saved and published at once; made from a row, it is published and the row linked to it.
    """
    copied = LibraryItem.objects.filter(key=request.GET.get("copy", "")).first()
    part = BY_NAME[copied.part] if copied else _part_of(request)
    if part is None:
        return render(request, "positions/library/choose_part.html", {"parts": LIBRARY_PARTS})
    source, row = _row_asked_for(request, part)
    initial = initial_of(row or (copied.wording if copied else {}))
    if copied:
        initial["subject"] = copied.subject
    form = ItemForm(
        request.POST or None, part=part, new=True, subjects=queries.subjects(part.name), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        publish = "" if "publish" in request.POST or source else None
        try:
            made = items.create(
                part=part.name,
                wording=form.wording,
                by=request.user,
                key=form.cleaned_data["key"].strip(),
                subject=form.cleaned_data["subject"],
                note=form.cleaned_data["note"],
                publish=publish,
            )
            if source and row:
                drafts.link(source, made, [row["id"]], by=request.user)
        except WordingInvalid as invalid:
            form.tell(invalid.faults)
        except LibraryError as refused:
            form.add_error(None, str(refused))
        else:
            if source:
                messages.success(
                    request, _("“%(key)s” is in the library, and the row refers to it.") % {"key": made.key}
                )
                return redirect("positions_page_library", source.pk)
            messages.success(request, _saved_sentence(made))
            return redirect("positions_library_item", made.key)
    context = {"form": form, "part": part, "copied": copied, "source": source}
    return render(request, "positions/library/form.html", context)


def _row_asked_for(request: HttpRequest, part: Part) -> tuple[PositionPage | None, dict[str, Any] | None]:
    """Return the page and row named in the address, if any. 404 for one that is not there or not to be edited."""
    if not request.GET.get("row"):
        return None, None
    page = _editable(request, request.GET.get("page", ""))
    draft = page.get_latest_revision_as_object()
    rows = rows_of(part, getattr(draft, part.name).get_prep_value())
    row = next((one for one in rows if one["id"] == request.GET["row"]), None)
    if row is None:
        raise Http404
    return page, row


def _editable(request: HttpRequest, page_id: int | str) -> PositionPage:
    """Return the description if the person may edit it. 404 without one, 403 without the right."""
    if not str(page_id).isdigit():
        raise Http404
    page = get_object_or_404(PositionPage.objects.select_related("position__department"), pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    return page


def _saved_sentence(one: LibraryItem) -> str:
    if one.changed:
        return _("“%(key)s” is saved. Descriptions can take it once it is published.") % {"key": one.key}
    return _("Version %(number)s of “%(key)s” is published.") % {"key": one.key, "number": one.number}


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change the working copy of an item. Publishing is the next page, which shows what it means."""
    one = _item(key)
    part = BY_NAME[one.part]
    if one.is_retired:
        messages.error(request, _("This item is retired. Restore it first."))
        return redirect("positions_library_item", one.key)
    initial = {
        **initial_of(one.wording),
        "subject": one.subject,
        "note": one.note,
        "version": one.version,
    }
    form = ItemForm(
        request.POST or None, part=part, new=False, subjects=queries.subjects(part.name), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            one = items.change(
                one,
                by=request.user,
                version=form.cleaned_data["version"] or 0,
                wording=form.wording,
                subject=form.cleaned_data["subject"],
                note=form.cleaned_data["note"],
            )
        except WordingInvalid as invalid:
            form.tell(invalid.faults)
        except LibraryError as refused:
            one.refresh_from_db()
            # What was typed stays; saving again is a decision made in sight of what is there now.
            form.data = {**form.data.dict(), "version": str(one.version)}
            form.add_error(None, str(refused))
        else:
            if "publish" in request.POST and one.changed:
                return redirect("positions_library_publish", one.key)
            messages.success(request, _("“%(key)s” is saved.") % {"key": one.key})
            return redirect("positions_library_item", one.key)
    context = {**_about(one), "form": form, "told": told(part, one.wording)}
    return render(request, "positions/library/form.html", context)


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Show what publishing the working copy changes and for whom; on POST, do it."""
    one = _item(key)
    part = BY_NAME[one.part]
    if one.is_retired or not one.changed:
        messages.error(request, _("There is nothing to publish: the newest version says the same."))
        return redirect("positions_library_item", one.key)
    form = PublishForm(request.POST or None, first=one.number == 0, initial={"version": one.version})
    if request.method == "POST" and form.is_valid():
        try:
            one = items.publish(
                one, by=request.user, version=form.cleaned_data["version"], note=form.cleaned_data["note"]
            )
        except LibraryError as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _saved_sentence(one))
        return redirect("positions_library_item", one.key)
    found = queries.pages_using(one)
    context = {
        **_about(one),
        "form": form,
        "next": one.number + 1,
        "told": told(part, one.wording),
        "differences": differing(part, items.newest_wording(one) or {}, one.wording) if one.number else [],
        "uses": found,
        "impact": queries.impact_of(found),
    }
    return render(request, "positions/library/publish.html", context)


@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, key: str) -> HttpResponse:
    """Say what retiring does; on POST, do it."""
    one = _item(key)
    if request.method == "POST":
        try:
            items.retire(one, by=request.user, reason=request.POST.get("reason", "")[:2000])
        except LibraryError as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("“%(key)s” is retired; it can be restored.") % {"key": one.key})
        return redirect("positions_library_item", one.key)
    found = queries.pages_using(one)
    return render(request, "positions/library/retire.html", {**_about(one), "uses": found})


@require_POST
def restore(request: HttpRequest, key: str) -> HttpResponse:
    """Put a retired item back."""
    try:
        one = items.restore(_item(key), by=request.user)
    except LibraryError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%(key)s” is offered again.") % {"key": one.key})
    return redirect("positions_library_item", key)


# --- taking over in many ------------------------------------------------------------------------------------


@require_POST
def take_over(request: HttpRequest, key: str) -> HttpResponse:
    """Bring the newest version into the drafts of the chosen descriptions, and tell what became of each."""
    one = _item(key)
    chosen = [int(text) for text in request.POST.getlist("page") if text.isdigit()]
    overwrite = {int(text) for text in request.POST.getlist("overwrite") if text.isdigit()}
    if not chosen:
        messages.error(request, _("Choose at least one description."))
        return redirect("positions_library_item", one.key)
    if len(chosen) > AT_ONCE:
        job = work.begin_taking_over(one.key, chosen, sorted(overwrite), by=request.user)
        return redirect("access:job", job.uuid)
    outcomes = drafts.take_over_in(chosen, one.key, by=request.user, overwrite=overwrite)
    return _outcomes(request, one, [work.told(outcome) for outcome in outcomes])


@require_safe
def taken_over(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Tell what became of each description of a job. For whoever began it."""
    job = get_object_or_404(Job, uuid=uuid, kind=work.KIND, started_by=request.user, state=Job.State.DONE)
    return _outcomes(request, _item(job.result["key"]), job.result["outcomes"])


def _outcomes(request: HttpRequest, one: LibraryItem, outcomes: list[dict[str, Any]]) -> HttpResponse:
    context = {**_about(one), "outcomes": outcomes}
    return render(request, "positions/library/taken_over.html", context)


# --- one description ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def page_library(request: HttpRequest, page_id: int) -> HttpResponse:
    """Insert items into the draft of one description, take over newer versions, save its rows to the library.

    Does on the server what the editor does with script.
    """
    page = _editable(request, page_id)
    if request.method == "POST":
        _do(request, page)
        return redirect(f"{reverse('positions_page_library', args=[page.pk])}?{_query(request)}")
    part = _part_of(request, default="duties")
    if part is None:
        raise Http404
    search = request.GET.get("q", "").strip()[:100]
    subject = request.GET.get("subject", "").strip()[:80]
    found = queries.shelf(search=search, part=part.name, subject=subject, published=True)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    said = queries.wordings(Link(one.key, one.number) for one in shown)
    for one in shown:
        one.told = told(part, said[Link(one.key, one.number)].wording)
    rows = _rows_of(page, part)
    context = {
        "description": page,
        "part": part,
        "parts": LIBRARY_PARTS,
        "search": search,
        "subject": subject,
        "subjects": queries.subjects(part.name),
        "page": shown,
        "rows": rows,
        "closed": _closed(request, page),
        "query": _query(request),
    }
    return render(request, "positions/library/page.html", context)


def _closed(request: HttpRequest, page: PositionPage) -> str:
    """Return why the draft cannot be changed now; empty where it can."""
    try:
        drafts.check_open(page, request.user)
    except DraftClosed as closed:
        return str(closed)
    return ""


def _rows_of(page: PositionPage, part: Part) -> list[dict[str, Any]]:
    """Return the rows of the draft with what has become of those from the library."""
    content = uses.draft_parts(page.pk)
    rows = rows_of(part, uses.blocks_of(content, part))
    states = queries.states_of([(part, row) for row in rows])
    return [
        {"id": row["id"], "text": row[main_column(part).name], "state": state, "link": row.get(LINK.name, "")}
        for row, state in zip(rows, states, strict=True)
    ]


def _do(request: HttpRequest, page: PositionPage) -> None:
    """Do what the button of the page asks for, and say what came of it."""
    try:
        if key := request.POST.get("take"):
            get_object_or_404(LibraryItem, key=key)
            row = request.POST.get("row", "")
            outcome = drafts.take_over(page, key, by=request.user, overwrite=True, rows=[row])
            (messages.success if outcome.kind == "done" else messages.error)(request, outcome.told)
            return
        chosen = list(LibraryItem.objects.filter(key__in=request.POST.getlist("item")))
        if not chosen:
            messages.error(request, _("Choose at least one item."))
            return
        drafts.insert(page, chosen, by=request.user)
    except LibraryError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            ngettext(
                "%(number)s row was added to the draft.",
                "%(number)s rows were added to the draft.",
                len(chosen),
            )
            % {"number": len(chosen)},
        )


# --- similar wording ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def similar_wording(request: HttpRequest) -> HttpResponse:
    """Propose items: wording that occurs (nearly) alike in several descriptions; on POST, make one of them."""
    part = _part_of(request, default="duties")
    if part is None:
        raise Http404
    if request.method == "POST":
        _make_item(request, part)
        return redirect(f"{reverse('positions_library_similar')}?{_query(request)}")
    search = request.GET.get("q", "").strip()[:100]
    found = similar.candidates(part, search=search)
    context = {
        "part": part,
        "parts": LIBRARY_PARTS,
        "search": search,
        "found": found[:SHOWN_CANDIDATES],
        "more": max(0, len(found) - SHOWN_CANDIDATES),
        "query": _query(request),
    }
    return render(request, "positions/library/similar.html", context)


def _make_item(request: HttpRequest, part: Part) -> None:
    """Make an item of the chosen wording and link the chosen rows to it."""
    chosen = request.POST.getlist("row")
    rows = {f"{row.page}:{row.id}": row for row in similar.unlinked_rows(part)}
    kept = [rows[name] for name in chosen if name in rows]
    model = rows.get(request.POST.get("wording", ""))
    if model is None or not kept:
        messages.error(
            request, _("Choose a wording and at least one row; the drafts may have changed meanwhile.")
        )
        return
    try:
        made = items.create(
            part=part.name,
            wording=model.wording,
            by=request.user,
            subject=request.POST.get("subject", "")[:80],
            publish="",
        )
    except LibraryError as refused:
        messages.error(request, str(refused))
        return
    by_page: dict[int, list[str]] = {}
    for row in kept:
        by_page.setdefault(row.page, []).append(row.id)
    linked, refusals = 0, []
    take_wording = request.POST.get("take_wording") == "1"
    for page in PositionPage.objects.filter(pk__in=by_page):
        try:
            drafts.link(page, made, by_page[page.pk], by=request.user, take_wording=take_wording)
            linked += len(by_page[page.pk])
        except LibraryError as refused:
            refusals.append(f"{page.title}: {refused}")
    messages.success(
        request,
        ngettext(
            "“%(key)s” is in the library; %(number)s row refers to it.",
            "“%(key)s” is in the library; %(number)s rows refer to it.",
            linked,
        )
        % {"key": made.key, "number": linked},
        buttons=[messages.button(reverse("positions_library_item", args=[made.key]), _("Open the item"))],
    )
    for sentence in refusals:
        messages.warning(request, sentence)
