"""Whether clocks fire: last fired, next due, last error, for whoever looks after the installation; and what a change of
a calendar would move. Cases are named by their number alone: what they are about is not these readers' matter.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from backoffice.access.roles import roles_on
from backoffice.access.table import ADMINISTRATOR
from backoffice.casework.timing import Shown, shown_of
from foundation.editions.texts import in_language
from foundation.outbox import jobs
from foundation.outbox.models import Round
from foundation.worktime.engine import Minutes, Override
from foundation.worktime.files import minutes_of
from foundation.worktime.loading import timetable
from foundation.worktime.models import Calendar
from workflows.definitions import definition_of
from workflows.models import CaseClock
from workflows.services.clocks import OPEN, Moved, behind, moved_by, recount

KIND = "reckon clocks anew"
PER_PAGE = 50
SHOWN_AT_MOST = 200
Status = CaseClock.Status
OVERDUE = dt.timedelta(minutes=5)
"""A firing later than this means that no worker does it."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One clock in the panel."""

    shown: Shown
    number: str
    workflow: str
    stuck: bool


@require_GET
def panel(request: HttpRequest) -> HttpResponse:
    """Every open clock: last fired, next due, last error; those that fail, and those nobody fired, first to be seen."""
    now = timezone.now()
    stuck = Q(next_fire_at__lt=now - OVERDUE)
    scopes = {
        "open": Q(status__in=OPEN),
        "failing": Q(status__in=OPEN) & ~Q(last_error=""),
        "stuck": Q(status=Status.RUNNING) & stuck,
        "late": Q(status=Status.RUNNING, due_at__lt=now),
    }
    scope = request.GET.get("scope", "open")
    scope = scope if scope in scopes else "open"
    counts = CaseClock.objects.aggregate(
        **{name: Count("pk", filter=which) for name, which in scopes.items()}
    )
    found = CaseClock.objects.filter(scopes[scope]).select_related("case__edition")
    page = Paginator(found.order_by("next_fire_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    titles = {
        "open": pgettext("of clocks", "Open"),
        "failing": _("With an error"),
        "stuck": _("Not fired in time"),
        "late": pgettext("of clocks", "Over"),
    }
    context = {
        "page_title": _("Time limits"),
        "page": page,
        "rows": [_row(row, now) for row in page.object_list],
        "scope": scope,
        "scopes": [(name, titles[name], counts[name]) for name in scopes],
        "rounds": list(Round.objects.filter(name__in=("clocks", "clocks of changed calendars", "promises"))),
        "now": now,
        "behind": len(behind()),
        "running": jobs.open_jobs_of(request.user, KIND).first(),
        "may_recount": ADMINISTRATOR in roles_on(request),
    }
    return render(request, "casework/clocks.html", context)


@require_POST
def reckon_anew(request: HttpRequest) -> HttpResponse:
    """Have the clocks that stand on a former version of their calendar reckoned anew: a job, with its page."""
    job = jobs.open_jobs_of(request.user, KIND).first()
    if job is None and not (count := len(behind())):
        messages.info(request, _("Every time limit stands on its calendar as it is now."))
        return redirect("casework:clocks")
    return redirect("access:job", (job or jobs.begin(KIND, by=request.user, payload={}, total=count)).uuid)


@jobs.carries_out(KIND, title=gettext_lazy("Reckoning time limits anew"), back="casework:clocks")
def carry_out(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Reckon them (worker). Each is kept as it is done: begun again, the job does those that are left."""

    def tell(done: int, total: int) -> None:
        running.advance(done, total, _("%(done)s of %(total)s") % {"done": done, "total": total})

    moved = recount(tell=tell)
    told = ngettext("%(count)d due time has moved.", "%(count)d due times have moved.", moved)
    return {
        "url": reverse("casework:clocks"),
        "label": _("See the time limits"),
        "text": told % {"count": moved},
    }


def _row(row: CaseClock, now: dt.datetime) -> Row:
    stuck = row.next_fire_at is not None and row.next_fire_at < now - OVERDUE
    title = in_language(definition_of(row.case.edition).title)
    return Row(shown_of(row.case, row), row.case.number, title, stuck)


class WhatIf(forms.Form):
    """One date of a calendar, open at other hours or closed."""

    calendar = forms.ModelChoiceField(
        Calendar.objects.order_by("key"), to_field_name="key", label=gettext_lazy("Working calendar")
    )
    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hours = forms.CharField(
        label=gettext_lazy("Hours on that day"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("For example 09:00-12:00, 13:00-18:00. Empty: closed all day."),
    )

    def clean_hours(self) -> tuple[Minutes, ...]:
        """Return the hours as intervals."""
        typed = self.cleaned_data["hours"].replace("，", ",").replace("：", ":").replace("–", "-")
        try:
            return tuple(sorted(minutes_of(part.strip()) for part in typed.split(",") if part.strip()))
        except ValueError:
            raise forms.ValidationError(
                _("Write hours as 09:00-12:00, several with commas between.")
            ) from None


@require_GET
def what_if(request: HttpRequest) -> HttpResponse:
    """Which due times would move if a calendar had other hours on one day. Nothing is changed."""
    form = WhatIf(request.GET if request.GET else None)
    moved: list[Moved] | None = None
    if request.GET and form.is_valid():
        day, hours = form.cleaned_data["day"], form.cleaned_data["hours"]
        table = timetable(form.cleaned_data["calendar"].key)
        moved = list(
            moved_by(dataclasses.replace(table, overrides={**table.overrides, day: Override(hours)}))
        )
    context = {
        "page_title": _("What if the calendar changes?"),
        "form": form,
        "moved": None if moved is None else [_moved(one) for one in moved[:SHOWN_AT_MOST]],
        "count": len(moved or ()),
        "more": max(len(moved or ()) - SHOWN_AT_MOST, 0),
    }
    return render(request, "casework/clocks_what_if.html", context)


def _moved(one: Moved) -> dict[str, object]:
    return {
        "number": one.row.case.number,
        "title": in_language(one.clock.title),
        "before": one.before,
        "after": one.after,
    }
