"""What the Wagtail admin answers where a description stays, and what it offers instead."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from backoffice.positions import guards
from backoffice.positions.models import PositionPage


def refuse_deletion(request: HttpRequest, published: Sequence[PositionPage]) -> HttpResponse:
    """Say why ``published`` are not deleted, with the way to archive the first; lead back to the explorer."""
    first = published[0]
    buttons = []
    if not first.is_archived:
        label = _("Archive “%(title)s”") % {"title": first.title}
        buttons.append(messages.button(reverse("positions_archive", args=[first.pk]), label))
    messages.error(request, guards.refusal(published), buttons=buttons)
    return redirect("wagtailadmin_explore", first.get_parent().pk)


def refuse_publishing(request: HttpRequest, pages: Sequence[PositionPage]) -> HttpResponse:
    """Say that these descriptions need an approval each; lead back to the explorer."""
    messages.error(
        request,
        _("Nothing was published: %(titles)s need an approval each. Open them and submit them for approval.")
        % {"titles": "、".join(f"“{page.title}”" for page in pages)},
    )
    return redirect("wagtailadmin_explore", pages[0].get_parent().pk)
