"""HR's own views in the Wagtail admin beside those of pages: archive and restore. Import has
``import_views``.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.positions import archiving, redrafting
from backoffice.positions.archiving import ArchivingRefused
from backoffice.positions.models import PositionPage


def _page_to_publish(request: HttpRequest, page_id: int) -> PositionPage:
    """Return the page if the person may publish it; archiving needs the same right."""
    page = get_object_or_404(PositionPage.objects.select_related("position"), pk=page_id)
    if not page.permissions_for_user(request.user).can_archive():
        raise PermissionDenied
    return page


@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, page_id: int) -> HttpResponse:
    """Say what archiving does; on POST, do it."""
    page = _page_to_publish(request, page_id)
    if request.method == "POST":
        try:
            page = archiving.archive(page, by=request.user, reason=request.POST.get("reason", ""))
        except ArchivingRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request, _("“%(title)s” is archived. Its editions stay readable.") % {"title": page.title}
            )
        return redirect("wagtailadmin_pages:edit", page.pk)
    if page.is_archived:
        return redirect("wagtailadmin_pages:edit", page.pk)
    return render(request, "positions/admin/archive.html", {"page": page, "editions": page.editions.count()})


@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, page_id: int) -> HttpResponse:
    """Say what restoring does; on POST, open an archived description for editing again."""
    page = _page_to_publish(request, page_id)
    if request.method == "GET" and page.is_archived:
        return render(request, "positions/admin/restore.html", {"page": page})
    try:
        archiving.restore(page, by=request.user)
    except ArchivingRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            _("“%(title)s” is a draft again. Publish it to bring it into force.") % {"title": page.title},
        )
    return redirect("wagtailadmin_pages:edit", page.pk)


@require_http_methods(["GET", "POST"])
def draft_from(request: HttpRequest, page_id: int, number: int) -> HttpResponse:
    """Say what a draft from an edition does; on POST, make it and open the editor."""
    page = get_object_or_404(PositionPage.objects.select_related("position"), pk=page_id)
    if not page.permissions_for_user(request.user).can_edit() or page.get_lock() is not None:
        raise PermissionDenied
    edition = get_object_or_404(page.editions, number=number)
    if request.method == "POST":
        redrafting.draft_from(page, edition, by=request.user)
        messages.success(
            request, _("The draft now says what edition %(number)s says.") % {"number": edition.number}
        )
        return redirect("wagtailadmin_pages:edit", page.pk)
    waiting = [one for one in page.edition_states if one.state == "future"]
    return render(
        request, "positions/admin/draft_from.html", {"page": page, "edition": edition, "waiting": waiting}
    )
