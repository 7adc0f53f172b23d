"""The pages of promises: recorded and settled one by one, and as a list of one's own and of those one leads."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.casework.deciding import key_of, uuid_of
from backoffice.casework.pages import case_or_404
from backoffice.casework.promised import Shown, shown_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.audience import people_who_see
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted, RuleBroken, WorkflowError
from workflows.load import OTHERS, Supervised
from workflows.models import Case, Promise
from workflows.promises import Reader, Standing, Whose, of_department, promises_seen_by, what_of
from workflows.services import promises

PER_PAGE = 25
STANDINGS: tuple[Standing, ...] = ("owed", "soon", "overdue", "broken", "settled")
NOBODY = "nobody"
Choice = TypeVar("Choice", bound=str)
REMINDERS = (0, 1, 4, 24)
"""So many hours before its time one can be reminded."""


# --- the list ------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    shown: Shown
    case: Case
    workflow: str


@require_GET
def promise_list(request: HttpRequest) -> HttpResponse:
    """Promises on cases the person may see: their own, of those they lead, or all; open, due soon, broken, settled."""
    leads = Supervised(request.user)
    offered: tuple[Whose, ...] = ("mine", "led", "all") if leads else ("mine", "all")
    whose = _one_of(request.GET.get("whose"), offered)
    standing = _one_of(request.GET.get("show"), STANDINGS)
    seen = promises_seen_by(request.user, whose, standing, leads)
    people = _people_in(seen) if whose != "mine" else []
    narrowed = _narrowed(request, leads) if whose != "mine" else []
    for one in narrowed:
        seen = seen.filter(one.wanted)
    person = request.GET.get("person", "")
    if person in {key for key, _name in people}:
        seen = seen.filter(Q(by=None) if person == NOBODY else Q(by__uuid=person))
    else:
        person = ""
    kept = {one.name: one.value for one in narrowed} | ({"person": person} if person else {})
    page = Paginator(seen, PER_PAGE).get_page(request.GET.get("page"))
    now, eyes = timezone.now(), Reader.of(request.user)
    rows = [
        Listed(
            shown_of(one, one.case, eyes, now), one.case, in_language(definition_of(one.case.edition).title)
        )
        for one in page.object_list
    ]
    titles = {"mine": _("My own"), "led": _("Of those I lead"), "all": pgettext("promises", "All I may see")}
    kinds = {
        "owed": pgettext("promises", "Open"),
        "soon": _("Due within a day"),
        "overdue": _("Broken, still owed"),
        "broken": _("Broken or late"),
        "settled": _("Settled"),
    }
    return render(
        request,
        "casework/promises/list.html",
        {
            "page_title": pgettext("place", "Promises"),
            "page": page,
            "rows": rows,
            "whose": whose,
            "standing": standing,
            "person": person,
            "people": people,
            "narrowed": [
                (one, f"?{urlencode({'whose': whose, 'show': standing, **_without(kept, one.name)})}")
                for one in narrowed
            ],
            "tabs": [
                (titles[one], f"?{urlencode({'whose': one, 'show': standing})}", one == whose)
                for one in offered
            ],
            "scopes": [
                (title, f"?{urlencode({'whose': whose, 'show': one, **kept})}", one == standing)
                for one, title in kinds.items()
            ],
        },
    )


@dataclass(frozen=True)
class Narrowed:
    """What a figure of the supervisor's page has narrowed the list to, besides the person."""

    name: str
    value: str
    words: str
    wanted: Q


def _narrowed(request: HttpRequest, leads: Supervised) -> list[Narrowed]:
    """Return what the address narrows the list to: a workflow, a department that one leads."""
    found = []
    workflow, department = request.GET.get("workflow", ""), request.GET.get("department", "")
    edition = newest(Edition.Kind.WORKFLOW, workflow) if workflow else None
    if edition is not None:
        title = in_language(definition_of(edition).title)
        found.append(Narrowed("workflow", workflow, title, Q(case__workflow=workflow)))
    names = {post.department.code: str(post.department) for post in leads.posts} | {OTHERS: _("others")}
    if department in names:
        wanted = of_department(leads, department)
        found.append(Narrowed("department", department, names[department], wanted))
    return found


def _without(kept: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in kept.items() if key != name}


def _people_in(found: QuerySet[Promise]) -> list[tuple[str, str]]:
    ids = set(found.order_by().values_list("by", flat=True).distinct())
    people = User.objects.filter(pk__in=ids - {None}).order_by("full_name", "pk")
    listed = [(str(one.uuid), str(one)) for one in people]
    return [*listed, (NOBODY, _("nobody of the house"))] if None in ids else listed


def _one_of(said: str | None, known: Sequence[Choice]) -> Choice:
    return next((one for one in known if one == said), known[0])


# --- one promise ------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, case_uuid: uuids.UUID) -> HttpResponse:
    """Record what was promised. Refusals show what was typed and what is to be done."""
    case = case_or_404(request, case_uuid)
    if not promises.may_record(case, request.user):
        raise Http404
    typed = _typed(request)
    if request.method == "GET":
        return _record_page(request, case, {**typed, "remind": "1", "by": str(request.user.uuid)})
    try:
        promises.record_promise(
            case_uuid=case_uuid,
            said=said_in(typed),
            by=request.user,
            idempotency_key=key_of(request),
        )
    except CaseNotFound:
        raise Http404 from None
    except (NotPermitted, RuleBroken) as refusal:
        return _record_page(request, case_or_404(request, case_uuid), typed, refusal)
    messages.success(request, _("The promise is recorded."))
    return redirect(f"{case_address(case)}#promises")


def _record_page(
    request: HttpRequest, case: Case, typed: Mapping[str, str], refusal: WorkflowError | None = None
) -> HttpResponse:
    people = {str(one.uuid): str(one) for one in people_who_see(case)}
    people.setdefault(str(request.user.uuid), str(request.user))
    return render(
        request,
        "casework/promises/record.html",
        {
            **_common(case, typed, refusal),
            "page_title": _("Record a promise"),
            "people": sorted(people.items(), key=lambda one: one[1]),
        },
        status=_status(refusal),
    )


@require_http_methods(["GET", "POST"])
def one_promise(request: HttpRequest, case_uuid: uuids.UUID, uuid: uuids.UUID) -> HttpResponse:
    """One promise with those it took the place of; and what may be done with it: kept, another time, taken back."""
    case = case_or_404(request, case_uuid)
    rows = Promise.objects.select_related("edition", "by", "settled_by", "case")
    promise = rows.filter(case=case, uuid=uuid).first()
    if promise is None:
        raise Http404
    typed = _typed(request)
    if request.method == "GET":
        return _promise_page(request, case, promise, {**typed, "remind": "1"})
    doing: dict[str, Callable[[], tuple[Promise, str]]] = {
        "keep": lambda: (
            promises.keep_promise(promise=promise, by=request.user, idempotency_key=key_of(request)),
            _("The promise is kept."),
        ),
        "anew": lambda: (
            promises.promise_anew(
                promise=promise,
                said=said_in(typed),
                reason=typed["why"],
                by=request.user,
                idempotency_key=key_of(request),
            ),
            _("The new time is recorded; the one before stays in the record."),
        ),
        "withdraw": lambda: (
            promises.withdraw(
                promise=promise, reason=typed["reason"], by=request.user, idempotency_key=key_of(request)
            ),
            _("The promise is taken back."),
        ),
    }
    do = doing.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        _settled, told = do()
    except CaseNotFound:
        raise Http404 from None
    except (NotPermitted, RuleBroken) as refusal:
        promise.refresh_from_db()
        return _promise_page(request, case, promise, typed, refusal)
    messages.success(request, told)
    return redirect(f"{case_address(case)}#promises")


def _promise_page(
    request: HttpRequest,
    case: Case,
    promise: Promise,
    typed: Mapping[str, str],
    refusal: WorkflowError | None = None,
) -> HttpResponse:
    rows = Promise.objects.filter(case=case).select_related("edition", "by", "settled_by")
    by_id = {one.pk: one for one in rows}
    chain: list[Shown] = []
    eyes = Reader.of(request.user)
    earlier = promise.replaces_id
    while earlier is not None:
        chain.append(shown_of(by_id[earlier], case, eyes))
        earlier = by_id[earlier].replaces_id
    return render(
        request,
        "casework/promises/one.html",
        {
            **_common(case, typed, refusal),
            "page_title": what_of(promise),
            "one": shown_of(promise, case, eyes),
            "earlier": chain,
            "may_settle": promises.may_settle(promise, case, request.user),
        },
        status=_status(refusal),
    )


def _typed(request: HttpRequest) -> dict[str, str]:
    names = ("what", "to_whom", "due_day", "due_time", "remind", "by", "why", "reason")
    return {name: request.POST.get(name, "") for name in names}


def said_in(typed: Mapping[str, str]) -> promises.Said:
    """Return what was typed as a promise; a time that is none is left out, and refused at its field."""
    try:
        day = dt.date.fromisoformat(typed["due_day"])
        time = dt.time.fromisoformat(typed["due_time"])
        due = timezone.make_aware(dt.datetime.combine(day, time.replace(tzinfo=None)))
    except (ValueError, OverflowError):
        due = None
    hours = int(typed["remind"]) if typed["remind"] in map(str, REMINDERS) else 0
    remind = due - dt.timedelta(hours=hours) if due is not None and hours else None
    return promises.Said(typed["what"], typed["to_whom"], due, remind, uuid_of(typed["by"]))


def _common(case: Case, typed: Mapping[str, str], refusal: WorkflowError | None) -> dict[str, Any]:
    errors = dict(getattr(refusal, "errors", {}))
    if "due" in errors:
        errors["due_day"] = errors.pop("due")
    return {
        "case": case,
        "typed": typed,
        "refusal": str(refusal) if refusal else "",
        "errors": errors,
        "today": timezone.localdate().isoformat(),
        "reminders": [(str(hours), _reminder(hours)) for hours in REMINDERS],
        "idempotency_key": uuids.uuid4().hex,
    }


def _reminder(hours: int) -> str:
    if hours == 0:
        return _("No reminder")
    return ngettext("%(count)d hour before", "%(count)d hours before", hours) % {"count": hours}


def case_address(case: Case) -> str:
    """Return the address of the page of a case."""
    return reverse("casework:case", args=[case.uuid])


def _status(refusal: WorkflowError | None) -> int:
    if refusal is None:
        return 200
    return 403 if isinstance(refusal, NotPermitted) else 422
