"""The list of registers, one register, its saved views. For those the forms name as readers; each sees what their
roles read. Reading a confidential column is an event, one for each page shown.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.access import records
from backoffice.access.roles import roles_on
from backoffice.intake.registers import presentation
from backoffice.intake.registers.wanted import PER_PAGE, Asked, Wanted, asked_of
from backoffice.listing import filtering, viewing
from backoffice.listing.viewing import ALL
from forms import saved_views
from forms.exceptions import NotFound, NotPermitted
from forms.models import SavedView, Submission
from forms.registers import rules
from forms.registers.columns import RegisterShape
from forms.registers.filters import FilterFault, column_for, condition_of
from forms.registers.queries import register_for, registers_of
from forms.registers.selection import ADDED_UP
from forms.rules import check_may_submit
from foundation.audit.services import Actor
from foundation.editions.texts import in_language

READ = "user.register_read"


@require_GET
def register_list(request: HttpRequest) -> HttpResponse:
    """The registers the person reads, by category; with the newest submission of each."""
    language, roles = get_language() or "", roles_on(request)
    found = registers_of(request.user, roles)
    newest = _newest([form.key for form in found])
    tiles = sorted(
        (
            {
                "key": form.key,
                "title": in_language(form.title, language),
                "category": in_language(form.category.title, language),
                "description": in_language(form.description or {}, language),
                "newest": newest.get(form.key),
                "may_import": rules.may_import(form, roles),
            }
            for form in found
        ),
        key=lambda tile: (tile["category"], tile["title"]),
    )
    return render(request, "intake/registers/list.html", {"page_title": _("Registers"), "tiles": tiles})


def _newest(keys: Sequence[str]) -> dict[str, Any]:
    """Return when the newest submission of each form came in. One query, of an index."""
    found = Submission.objects.filter(form_key__in=keys).order_by()
    return dict(found.values_list("form_key").annotate(Max("submitted_at")))


def shape_for(request: HttpRequest, form_key: str) -> RegisterShape:
    """Return a register to those who read it; for others it is not there."""
    try:
        return register_for(request.user, form_key, roles_on(request))
    except NotFound:
        raise Http404 from None


@require_GET
def register(request: HttpRequest, form_key: str) -> HttpResponse:
    """One register: filters, words, order, columns, a page of submissions, and what their numbers add up to."""
    shape = shape_for(request, form_key)
    kept = viewing.views_on(request, form_key)
    if not request.GET and (first := saved_views.first_view(kept, request.user)) is not None:
        return redirect(f"{_address(shape)}?view={first.uuid}")
    view, wanted = _wanted(request, kept)
    if "add" in request.GET:
        return _filtered(request, shape, wanted, view, kept)
    return _page(request, shape, wanted, view, kept)


def _wanted(request: HttpRequest, kept: Sequence[SavedView]) -> tuple[SavedView | None, Wanted]:
    """Return the saved view that is open, if one is, and what is asked for: by the view, or by the address itself
    once something was changed.
    """
    view = viewing.named_in(request, kept)
    if view is not None and "own" not in request.GET:
        query = QueryDict(view.query, mutable=True)
        query["page"] = request.GET.get("page", "")
        return view, Wanted.read(query, view=str(view.uuid))
    return view, Wanted.read(request.GET, view=str(view.uuid) if view else ALL)


def _page(
    request: HttpRequest,
    shape: RegisterShape,
    wanted: Wanted,
    view: SavedView | None,
    kept: Sequence[SavedView],
    editor: filtering.Editor | None = None,
    status: int = 200,
) -> HttpResponse:
    roles, language = roles_on(request), get_language() or ""
    asked = asked_of(wanted, shape, by=request.user, roles=roles)
    for fault in asked.faults:
        messages.warning(request, fault)
    if editor is None:
        editor = _editor(request, shape, asked, language)
    leaf = presentation.leaf_of(asked)
    found = asked.selection.page(max(leaf.first - 1, 0), PER_PAGE) if leaf.count else []
    _record_reading(request, shape, asked, roles, found)
    adds_up = presentation.summable(shape, asked, roles) and bool(leaf.count)
    context = {
        "page_title": shape.title(language),
        "shape": shape,
        "asked": asked,
        "wanted": asked.wanted,
        "view": view,
        "changed": view is not None and asked.wanted.query != Wanted.read(QueryDict(view.query)).query,
        "own_view": view is not None and view.owner_id == request.user.pk,
        "tabs": [
            viewing.Tab(pgettext("view of a register", "All"), f"?view={ALL}", view is None, ""),
            *viewing.tabs_of(kept, asked.wanted.view, request.user),
        ],
        "chips": presentation.chips(asked, shape, language, filtering.place_in(request.GET.get("edit", ""))),
        "number_heading": presentation.number_heading(asked),
        "headings": presentation.headings(asked, roles, language),
        "rows": presentation.rows_of(found, asked, shape, roles, language, request.user),
        "leaf": leaf,
        "adds_up": adds_up,
        "sums": presentation.sums(asked.selection, shape, asked, roles, language)
        if adds_up and (leaf.count <= ADDED_UP or asked.wanted.sums)
        else None,
        "sums_url": asked.wanted.extended(("sums", "1")),
        "filters_offered": presentation.offered_filters(asked, shape, roles, language),
        "columns_offered": presentation.offered_columns(asked, shape, roles, language),
        "share_roles": _share_roles(shape, roles),
        "editor": editor,
        "filtered": bool(asked.wanted.filters or asked.wanted.words),
        "may_import": _may_import(request, shape, roles),
        "with_rows": bool(shape.groups),
    }
    return render(request, "intake/registers/register.html", context, status=status)


def _may_import(request: HttpRequest, shape: RegisterShape, roles: frozenset[str]) -> bool:
    """Whether the way to the import is shown: to importers who may fill in the form."""
    if not rules.may_import(shape.newest, roles):
        return False
    try:
        check_may_submit(shape.newest, request.user)
    except NotPermitted:
        return False
    return True


def _record_reading(
    request: HttpRequest, shape: RegisterShape, asked: Asked, roles: frozenset[str], found: Sequence[Any]
) -> None:
    """Write down that confidential columns were read: those shown, filtered and sorted by. One event a page."""
    used = {column.key for column in asked.answered} if found else set()
    used |= {one.column for one in asked.wanted.filters} | {asked.wanted.sort.column}
    if asked.wanted.words:
        used |= {column.key for column in shape.columns if column.type.in_words}
    read = [
        column.key
        for column in shape.columns
        if column.key in used and column.recorded and column.open_to(roles)
    ]
    if read:
        with transaction.atomic():
            records.note(
                request.user,
                READ,
                actor=Actor.of(request.user),
                references={"register": shape.form_key, "columns": " ".join(read)},
            )


# --- filters -----------------------------------------------------------------------------------------------------


def _filtered(
    request: HttpRequest,
    shape: RegisterShape,
    wanted: Wanted,
    view: SavedView | None,
    kept: Sequence[SavedView],
) -> HttpResponse:
    """Take the filter that was set in the panel: lead to the list with it, or show the panel with what is wrong."""
    key, roles = request.GET["add"], roles_on(request)
    try:
        column = column_for(key, shape, roles)
    except FilterFault as fault:
        messages.warning(request, str(fault))
        return redirect(f"{_address(shape)}{wanted.address}")
    new = filtering.posted_filter(request.GET, key)
    place = request.GET.get("place", "")
    try:
        if new is None:
            raise FilterFault(_("Choose how to compare."))
        condition_of(new, shape, by=request.user, roles=roles)
    except FilterFault as fault:
        editor = filtering.editor_of(column, get_language() or "", current=new, place=place, fault=str(fault))
        return _page(request, shape, wanted, view, kept, editor, status=422)
    changed = wanted.with_filter(new, filtering.place_in(place))
    return redirect(f"{_address(shape)}{changed.address}")


def _editor(
    request: HttpRequest, shape: RegisterShape, asked: Asked, language: str
) -> filtering.Editor | None:
    """Return the panel that the address asks for: of a filter in use by its place, of a new one by its column."""
    wanted = request.GET.get("edit", "")
    place = filtering.place_in(wanted)
    current = None
    if place is not None:
        if place >= len(asked.wanted.filters):
            return None
        current = asked.wanted.filters[place]
        wanted = current.column
    if not wanted:
        return None
    try:
        column = column_for(wanted, shape, roles_on(request))
    except FilterFault:
        return None
    return filtering.editor_of(column, language, current=current, place="" if place is None else str(place))


# --- saved views -------------------------------------------------------------------------------------------------


def _may_share_with(shape: RegisterShape, roles: frozenset[str]) -> list[str]:
    """Return the roles a view can be shared with: readers of the register that the person has too."""
    readers = shape.newest.registered.readers if shape.newest.registered else []
    return [key for key in readers if key in roles]


def _share_roles(shape: RegisterShape, roles: frozenset[str]) -> list[tuple[str, str]]:
    keys = _may_share_with(shape, roles)
    names = viewing.role_names(keys)
    return [(key, names.get(key, key)) for key in keys]


@require_POST
def view_keep(request: HttpRequest, form_key: str) -> HttpResponse:
    """Keep what the list shows as a view under a name."""
    shape, roles = shape_for(request, form_key), roles_on(request)
    asked = asked_of(
        Wanted.read(QueryDict(request.POST.get("query", ""))), shape, by=request.user, roles=roles
    )
    try:
        view = viewing.keep_posted(request, form_key, asked.wanted.query, _may_share_with(shape, roles))
    except saved_views.ViewRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{_address(shape)}{asked.wanted.address}")
    messages.success(request, _("The view “%(name)s” has been kept.") % {"name": view.name})
    return redirect(f"{_address(shape)}?view={view.uuid}")


@require_POST
def view_discard(request: HttpRequest, form_key: str, uuid: uuids.UUID) -> HttpResponse:
    """Throw one's own view away."""
    shape = shape_for(request, form_key)
    try:
        saved_views.discard_view(uuid=uuid, place=form_key, by=request.user)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The view has been thrown away. The submissions are untouched."))
    return redirect(f"{_address(shape)}?view={ALL}")


def _address(shape: RegisterShape) -> str:
    return reverse("registers:register", args=[shape.form_key])
