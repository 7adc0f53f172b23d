"""The page of the list of cases: filters, views, columns. For staff; which cases there are is said by ``workflows``."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.access.roles import roles_on
from backoffice.casework import columns
from backoffice.casework.listed import Listed, listed_for
from backoffice.casework.presentation import rows_of
from backoffice.casework.together import MOST_AT_ONCE, deeds_for
from backoffice.casework.wanted import (
    Wanted,
    departments_offered,
    people_offered,
    states_offered,
    workflows_offered,
)
from backoffice.listing import filtering, viewing
from forms import saved_views
from forms.exceptions import NotFound
from forms.models import SavedView
from forms.registers.filters import FilterFault
from workflows.ledgers import ledgers_of
from workflows.lists import load

PER_PAGE = 25
PLACE = "@cases"
"""Under this name views of the list are kept."""


@require_GET
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases the person may know of, as the address or a saved view asks for them; open ones by default, the
    newest first.
    """
    kept = viewing.views_on(request, PLACE)
    if not request.GET and (first := saved_views.first_view(kept, request.user)) is not None:
        return redirect(f"{reverse('casework:cases')}?view={first.uuid}")
    view = viewing.named_in(request, kept)
    if view is not None and "own" not in request.GET:
        wanted = Wanted.read(QueryDict(view.query), view=str(view.uuid))
    else:
        wanted = Wanted.read(request.GET, view=str(view.uuid) if view else "")
    listed = listed_for(request.user, wanted)
    for fault in listed.faults:
        messages.warning(request, fault)
    if "add" in request.GET:
        return _filtered(request, listed, view, kept)
    return _page(request, listed, view, kept, _editor(request, listed))


def _page(
    request: HttpRequest,
    listed: Listed,
    view: SavedView | None,
    kept: Sequence[SavedView],
    editor: filtering.Editor | None,
    status: int = 200,
) -> HttpResponse:
    wanted, answers = listed.wanted, listed.answers
    page = Paginator(listed.cases.ids, PER_PAGE).get_page(request.GET.get("page"))
    rows, keys = rows_of(load(page.object_list)), columns.shown(wanted, answers)
    headed = columns.headings(wanted, keys, answers)
    scopes = [("open", _("Open")), ("final", _("Closed")), ("all", _("All"))]
    share = sorted(roles_on(request))
    names = viewing.role_names(share)
    context = {
        "page_title": _("Cases"),
        "page": page,
        "more": listed.cases.more,
        "rows": columns.told(rows, headed, answers),
        "wanted": wanted,
        "headings": headed,
        "scopes": [
            (title, wanted.address(scope=key, view=""), view is None and key == wanted.scope)
            for key, title in scopes
        ],
        "tabs": viewing.tabs_of(kept, wanted.view, request.user),
        "view": view,
        "own_view": view is not None and view.owner_id == request.user.pk,
        "changed": view is not None
        and "own" in request.GET
        and wanted.query != Wanted.read(QueryDict(view.query)).query,
        "share_roles": [(key, names[key]) for key in share if key in names],
        "workflows": workflows_offered(sorted(listed.sight.workflows)),
        "states": states_offered(wanted.workflow),
        "people": people_offered(wanted),
        "departments": departments_offered(wanted, request.user),
        "chips": _chips(listed, filtering.place_in(request.GET.get("edit", ""))),
        "without_filters": wanted.address(filters=()),
        "filters_offered": columns.offered_filters(wanted, answers),
        "columns_offered": columns.offered(keys, answers),
        "editor": editor,
        "has_ledgers": bool(ledgers_of(request.user)),
        "deeds": deeds_for(request.user) if any(row.case.closed_at is None for row in rows) else [],
        "at_once": MOST_AT_ONCE,
        "list_keys": True,
    }
    return render(request, "casework/case_list.html", context, status=status)


# --- filters by answers ------------------------------------------------------------------------------------------


def _chips(listed: Listed, editing: int | None) -> list[filtering.Chip]:
    wanted = listed.wanted
    return filtering.chips_of(
        wanted.filters,
        [listed.answers.column_for(one.column) for one in wanted.filters],
        get_language() or "",
        edit_url=lambda place: wanted.extended(("edit", str(place))),
        remove_url=lambda place: wanted.without_filter(place).address(),
        editing=editing,
    )


def _editor(request: HttpRequest, listed: Listed) -> filtering.Editor | None:
    """Return the panel the address asks for: of a filter in use by its place, of a new one by its column."""
    key, current = request.GET.get("edit", ""), None
    place = filtering.place_in(key)
    if place is not None and place < len(listed.wanted.filters):
        current = listed.wanted.filters[place]
        key = current.column
    try:
        column = listed.answers.column_for(key)
    except FilterFault:
        return None
    return filtering.editor_of(
        column, get_language() or "", current=current, place="" if place is None else str(place)
    )


def _filtered(
    request: HttpRequest, listed: Listed, view: SavedView | None, kept: Sequence[SavedView]
) -> HttpResponse:
    """Take the filter that was set in the panel: lead to the list with it, or show the panel with what is wrong."""
    key, place, wanted = request.GET["add"], request.GET.get("place", ""), listed.wanted
    address = reverse("casework:cases")
    try:
        column = listed.answers.column_for(key)
    except FilterFault as fault:
        messages.warning(request, str(fault))
        return redirect(f"{address}{wanted.address()}")
    new = filtering.posted_filter(request.GET, key)
    try:
        if new is None:
            raise FilterFault(_("Choose how to compare."))
        listed.answers.condition(new)
    except FilterFault as fault:
        editor = filtering.editor_of(column, get_language() or "", current=new, place=place, fault=str(fault))
        return _page(request, listed, view, kept, editor, status=422)
    return redirect(f"{address}{wanted.with_filter(new, filtering.place_in(place)).address()}")


# --- saved views -------------------------------------------------------------------------------------------------


@require_POST
def view_keep(request: HttpRequest) -> HttpResponse:
    """Keep what the list shows as a view under a name, for oneself or for a role one has."""
    wanted = replace(Wanted.read(QueryDict(request.POST.get("query", ""))), view="")
    address = reverse("casework:cases")
    try:
        view = viewing.keep_posted(request, PLACE, wanted.query, roles_on(request))
    except saved_views.ViewRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{address}{wanted.address()}")
    messages.success(request, _("The view “%(name)s” has been kept.") % {"name": view.name})
    return redirect(f"{address}?view={view.uuid}")


@require_POST
def view_discard(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Throw one's own view away."""
    try:
        saved_views.discard_view(uuid=uuid, place=PLACE, by=request.user)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The view has been thrown away. The cases are untouched."))
    return redirect(f"{reverse('casework:cases')}?scope=open")
