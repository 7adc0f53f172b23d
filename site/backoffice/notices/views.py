"""A person's own notifications: the list, reading, and how they want to be mailed. Another's are not there."""

from __future__ import annotations

import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.notices.forms import PreferenceForm
from foundation.notifying import queries, services
from foundation.notifying.models import Notification
from foundation.notifying.preferences import PreferenceRefused, Preferences, prefer

PER_PAGE = 30


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What the person was told, newest first, by day; what is unread, or all of it."""
    everything = request.GET.get("show") == "all"
    rows = queries.notifications_of(request.user, unread=not everything)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = queries.shown_to(request.user, list(page), get_language())
    return render(
        request,
        "notices/mine.html",
        {
            "page_title": _("Notifications"),
            "page": page,
            "days": _by_day(shown),
            "everything": everything,
            "unread": queries.unread_count(request.user),
        },
    )


def _by_day(shown: list[queries.Shown]) -> list[tuple[datetime.date, str, list[queries.Shown]]]:
    today = timezone.localdate()
    words = {today: _("Today"), today - datetime.timedelta(days=1): _("Yesterday")}

    def day_of(one: queries.Shown) -> datetime.date:
        return timezone.localdate(one.row.created_at)

    return [(day, words.get(day, ""), list(found)) for day, found in groupby(shown, day_of)]


@require_GET
def follow(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Lead to what the person was told of, and mark it as read."""
    row = Notification.objects.select_related("announcement").filter(person=request.user, pk=uuid).first()
    if row is None:
        raise Http404
    services.mark_read(by=request.user, ids=[row.pk])
    return redirect(row.announcement.path)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one of the person's notifications as read or unread, or all of them as read."""
    back = reverse("notices:mine") + ("?show=all" if request.POST.get("show") == "all" else "")
    if request.POST.get("do") == "all":
        count = services.mark_read(by=request.user)
        told = ngettext("%(count)d marked as read.", "%(count)d marked as read.", count) % {"count": count}
        messages.success(request, told)
        return redirect(back)
    try:
        uuid = UUID(request.POST.get("notification", ""))
    except ValueError:
        raise Http404 from None
    if not Notification.objects.filter(person=request.user, pk=uuid).exists():
        raise Http404
    services.mark_read(by=request.user, ids=[uuid], read=request.POST.get("do") != "unread")
    return redirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How the person wants to be mailed."""
    known = Preferences({request.user.pk})
    form = PreferenceForm(
        request.POST if request.method == "POST" else None, row=known.of(request.user.pk), house=known.house
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                prefer(by=request.user, wanted=form.wanted())
            except PreferenceRefused as refused:
                form.refuse(refused)
            else:
                messages.success(request, _("Kept. It holds from the next notification on."))
                return redirect("notices:preferences")
        status = 422
    context: dict[str, Any] = {"page_title": _("Notification preferences"), "form": form}
    return render(request, "notices/preferences.html", context, status=status)
