"""One's own posts, for everybody signed in: what I hold, since when, the description in force, who acts for me."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.positions import queries as descriptions
from backoffice.positions.chart.structure import posts_on
from backoffice.positions.staffing import queries


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show the posts of whoever asks."""
    today = timezone.localdate()
    held, deputies, deputising = queries.of_person(request.user)
    editions = {
        one.code: one.edition_number
        for one in descriptions.readable(today).filter(
            pk__in=[holding.position_id for holding in (*held.now, *held.coming)]
        )
    }
    titles = {post.code: post for post in posts_on(today)} if held.now else {}
    current = [
        {
            "holding": holding,
            "edition": editions.get(holding.position.code),
            "superiors": [
                titles[code]
                for code in getattr(titles.get(holding.position.code), "superiors", ())
                if code in titles
            ],
        }
        for holding in held.now
    ]
    context = {
        "page_title": _("My positions"),
        "current": current,
        "coming": held.coming,
        "past": held.past,
        "deputies": [*deputies.now, *deputies.coming],
        "deputising": [*deputising.now, *deputising.coming],
        "today": today,
    }
    return render(request, "positions/mine.html", context)
