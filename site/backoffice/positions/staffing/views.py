"""HR's screens in the Wagtail admin: who holds which post, vacancies, deputies, posts and departments.

For HR only (``backoffice.access.table``). Each change goes through a service of ``foundation.organisation``.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access.templatetags.remit import date_text
from backoffice.positions import references
from backoffice.positions.approval import approvers
from backoffice.positions.chart.outline import summary
from backoffice.positions.chart.structure import units, with_parts
from backoffice.positions.staffing import queries
from backoffice.positions.staffing.forms import (
    AppointForm,
    CorrectForm,
    DepartmentForm,
    DeputyForm,
    EndForm,
    PostForm,
    ServiceForm,
    StrikeForm,
    as_deputies,
)
from foundation.organisation import services
from foundation.organisation.models import Department, Deputy, Holding, Position, RoleBinding, User

PER_PAGE = 50
STATES = ("vacant", "surplus", "acting", "off")


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List the posts of a day (today without ``?on=``) with holders and vacancies."""
    day = _day(request) or timezone.localdate()
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    department, search = request.GET.get("department", ""), request.GET.get("q", "").strip()[:100]
    every = list(units().values())
    chosen = with_parts(department, every) if department else ()
    found = queries.posts(day, search=search, departments=chosen, state=state)
    context = {
        "day": day,
        "is_today": day == timezone.localdate(),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "summary": summary(found),
        "departments": every,
        "department": department,
        "search": search,
        "state": state,
        "states": [
            ("", _("All positions")),
            ("vacant", _("With a vacancy")),
            ("acting", _("With an acting holder")),
            ("surplus", _("Above headcount")),
            ("off", _("Held by an account that is switched off")),
        ],
        "filtered": bool(search or department or state),
        "any_post": Position.objects.exists(),
    }
    return render(request, "positions/staffing/overview.html", context)


@require_safe
def post(request: HttpRequest, code: str) -> HttpResponse:
    """Show one post: its holders now, to come and before, and what was written about them."""
    position = _position(code)
    holdings = queries.holdings_of(position, timezone.localdate())
    page = getattr(position, "page", None)
    staffed = queries.staffed(position, timezone.localdate(), for_hr=True)
    context = {
        "position": position,
        "superiors": position.superiors.order_by("code"),
        "subordinates": position.subordinates.order_by("code"),
        "holdings": holdings,
        "staffed": staffed,
        "deputies_of": {holder[0].pk: holder[4] for holder in staffed.holders},
        "written": queries.written_about(position),
        "described_at": reverse("positions:detail", args=[code]) if page and page.has_editions else "",
        "page_to_edit": page,
    }
    return render(request, "positions/staffing/post.html", context)


@require_safe
def person(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Show one person: posts and deputies, now, to come and before."""
    somebody = get_object_or_404(User, uuid=uuid)
    held, deputies, deputising = queries.of_person(somebody)
    context = {"somebody": somebody, "held": held, "deputies": deputies, "deputising": deputising}
    return render(request, "positions/staffing/person.html", context)


@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest) -> HttpResponse:
    """Give a person a post; ``?position=`` and ``?person=`` choose beforehand."""
    chosen = Position.objects.filter(code=request.GET.get("position", "")).first()
    initial = {"position": chosen.code if chosen else None, "person": _initial_person(request)}
    form = AppointForm(_typed(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        holding = form.carried_out(services.appoint, **form.cleaned_data, by=request.user)
        if holding is not None:
            said = _("%(person)s holds %(position)s from %(day)s.") % {
                "person": holding.person,
                "position": holding.position,
                "day": date_text(holding.starts),
            }
            messages.success(request, said)
            _warn_of_surplus(request, holding.position, holding.starts)
            return redirect("positions_staffing_post", holding.position.code)
    back = reverse("positions_staffing_post", args=[chosen.code]) if chosen else reverse("positions_staffing")
    return _asked(request, form, _("Appoint"), str(chosen or ""), _("Appoint"), back, icon="user")


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a holding, or let one that ends go on longer."""
    holding = _holding(pk)
    back = reverse("positions_staffing_post", args=[holding.position.code])
    initial = {"ends": holding.ends or max(timezone.localdate(), holding.starts)}
    form = EndForm(_typed(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        ended = form.carried_out(
            services.end_holding, holding=holding, ends=form.cleaned_data["ends"], by=request.user
        )
        if ended is not None:
            said = _("%(person)s holds %(position)s until %(day)s.") % {
                "person": holding.person,
                "position": holding.position,
                "day": date_text(ended.ends),
            }
            messages.success(request, said)
            return redirect(back)
    consequences = _lost_with(holding.position)
    title = _("End a holding")
    return _asked(request, form, title, str(holding), _("End the holding"), back, consequences=consequences)


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right the days or the kind of a holding, with the reason."""
    holding = _holding(pk)
    back = reverse("positions_staffing_post", args=[holding.position.code])
    initial = {"kind": holding.kind, "starts": holding.starts, "ends": holding.ends}
    form = CorrectForm(_typed(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        corrected = form.carried_out(
            services.correct_holding, holding=holding, **form.cleaned_data, by=request.user
        )
        if corrected is not None:
            messages.success(
                request, _("The holding of %(person)s is corrected.") % {"person": holding.person}
            )
            return redirect(back)
    consequences = [
        _("For what was written wrongly. When somebody leaves the post, end the holding instead."),
        _("What stood here before stays in the history, with your name and the reason."),
    ]
    return _asked(
        request,
        form,
        _("Correct a holding"),
        str(holding),
        _("Save the correction"),
        back,
        consequences=consequences,
    )


@require_http_methods(["GET", "POST"])
def strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take away a holding that never should have been written, with the reason."""
    holding = _holding(pk)
    back = reverse("positions_staffing_post", args=[holding.position.code])
    form = StrikeForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        form.carried_out(services.strike_holding, holding=holding, **form.cleaned_data, by=request.user)
        if not form.errors:
            messages.success(
                request, _("The holding of %(person)s is struck out.") % {"person": holding.person}
            )
            return redirect(back)
    consequences = [
        _("The holding counts as if it had never been, on every day, also in the past."),
        _(
            "For the wrong person or an appointment called off. When somebody leaves the post, end the holding instead."
        ),
        _(
            "It cannot be undone, but the person can be appointed again. The history keeps what was struck out."
        ),
    ]
    return _asked(
        request,
        form,
        _("Strike out a holding"),
        str(holding),
        _("Strike it out"),
        back,
        consequences=consequences,
        serious=True,
    )


@require_safe
def deputies(request: HttpRequest) -> HttpResponse:
    """List who acts for whom: now, to come, before."""
    search = request.GET.get("q", "").strip()[:100]
    found = queries.deputies(timezone.localdate(), search)
    titles = dict(_workflows())
    for row in (*found.now, *found.coming, *found.past):
        row.in_words = [titles.get(key, key) for key in row.workflows]
    context = {"found": found, "search": search}
    return render(request, "positions/staffing/deputies.html", context)


@require_http_methods(["GET", "POST"])
def name_deputy(request: HttpRequest) -> HttpResponse:
    """Name a deputy; ``?person=`` chooses who is absent."""
    initial = {"principal": _initial_person(request)}
    form = DeputyForm(_typed(request), initial=initial, workflows=_workflows())
    back = reverse("positions_deputies")
    if request.method == "POST" and form.is_valid():
        row = form.carried_out(services.name_deputy, **form.cleaned_data, by=request.user)
        if row is not None:
            messages.success(request, _("Deputy named: %(who)s.") % {"who": as_deputies(row)})
            return redirect(back)
    consequences = [_("The deputy gets the roles and the work of who is absent, and keeps their own.")]
    return _asked(
        request, form, _("Name a deputy"), "", _("Name the deputy"), back, consequences=consequences
    )


@require_http_methods(["GET", "POST"])
def end_deputy(request: HttpRequest, pk: int) -> HttpResponse:
    """End a deputising; one that has not begun is called off."""
    row = get_object_or_404(Deputy.objects.select_related("principal", "deputy"), pk=pk)
    back, coming = reverse("positions_deputies"), row.starts > timezone.localdate()
    form = (
        ServiceForm(_typed(request))
        if coming
        else EndForm(_typed(request), initial={"ends": row.ends or timezone.localdate()})
    )
    if not coming:
        form.fields["ends"].help_text = _("The deputy still acts on this day.")
    if request.method == "POST" and (coming or form.is_valid()):
        if coming:
            form.full_clean()
            form.carried_out(services.strike_deputy, row=row, by=request.user)
        else:
            form.carried_out(services.end_deputy, row=row, ends=form.cleaned_data["ends"], by=request.user)
        if not form.errors:
            said = _("Called off: %(who)s.") if coming else _("Last day set: %(who)s.")
            messages.success(request, said % {"who": as_deputies(row)})
            return redirect(back)
    title = _("Call off a deputy") if coming else _("End a deputy")
    button = _("Call it off") if coming else _("Set the last day")
    return _asked(request, form, title, as_deputies(row), button, back)


@require_http_methods(["GET", "POST"])
def add_post(request: HttpRequest) -> HttpResponse:
    """Make a post."""
    return _saved_post(request, None)


@require_http_methods(["GET", "POST"])
def edit_post(request: HttpRequest, code: str) -> HttpResponse:
    """Change a post: title, department, superiors, headcount."""
    return _saved_post(request, _position(code))


@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """List the departments as a tree."""
    counts: dict[int, int] = {}
    for key in Position.objects.order_by().values_list("department_id", flat=True):
        counts[key] = counts.get(key, 0) + 1
    depths: dict[str, int] = {}
    rows = []
    for key, unit in units().items():
        depths[unit.code] = depths.get(unit.parent, -1) + 1 if unit.parent else 0
        rows.append({"unit": unit, "level": range(depths[unit.code]), "posts": counts.get(key, 0)})
    return render(request, "positions/staffing/departments.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def add_department(request: HttpRequest) -> HttpResponse:
    """Make a department."""
    return _saved_department(request, None)


@require_http_methods(["GET", "POST"])
def edit_department(request: HttpRequest, code: str) -> HttpResponse:
    """Change a department."""
    return _saved_department(request, get_object_or_404(Department, code=code))


def _saved_post(request: HttpRequest, position: Position | None) -> HttpResponse:
    form = PostForm(_typed(request), post=position)
    if request.method == "POST" and form.is_valid():
        saved = form.carried_out(services.save_position, **form.cleaned_data, by=request.user)
        if saved is not None:
            messages.success(request, _("The position %(title)s is saved.") % {"title": saved})
            return redirect("positions_staffing_post", saved.code)
    back = (
        reverse("positions_staffing_post", args=[position.code])
        if position
        else reverse("positions_staffing")
    )
    title = _("Change a position") if position else _("Add a position")
    consequences = (
        [_("Editions in force keep the superiors and the department they were published with.")]
        if position
        else []
    )
    return _asked(
        request, form, title, str(position or ""), _("Save the position"), back, consequences=consequences
    )


def _saved_department(request: HttpRequest, department: Department | None) -> HttpResponse:
    form = DepartmentForm(_typed(request), department=department)
    back = reverse("positions_departments")
    if request.method == "POST" and form.is_valid():
        saved = form.carried_out(services.save_department, **form.cleaned_data, by=request.user)
        if saved is not None:
            messages.success(request, _("The department %(name)s is saved.") % {"name": saved})
            return redirect(back)
    title = _("Change a department") if department else _("Add a department")
    return _asked(request, form, title, str(department or ""), _("Save the department"), back)


def _asked(
    request: HttpRequest,
    form: ServiceForm,
    title: str,
    subtitle: str,
    button: str,
    back: str,
    *,
    icon: str = "group",
    consequences: list[str] | None = None,
    serious: bool = False,
) -> HttpResponse:
    """Show a form that asks one thing."""
    context = {
        "form": form,
        "title": title,
        "subtitle": subtitle,
        "button": button,
        "back": back,
        "icon": icon,
        "consequences": consequences or [],
        "serious": serious,
    }
    return render(request, "positions/staffing/form.html", context, status=422 if form.errors else 200)


def _typed(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, also where it is nothing; None where a form is only shown."""
    return request.POST if request.method == "POST" else None


def _position(code: str) -> Position:
    return get_object_or_404(Position.objects.select_related("department"), code=code)


def _holding(pk: int) -> Holding:
    return get_object_or_404(Holding.objects.select_related("person", "position"), pk=pk)


def _initial_person(request: HttpRequest) -> int | None:
    return User.objects.filter(username=request.GET.get("person", "")).values_list("pk", flat=True).first()


def _day(request: HttpRequest) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None


def _workflows() -> list[tuple[str, str]]:
    """Return what a deputy may be named for: the approval of descriptions, then the workflows there are."""
    approval = (approvers.WORKFLOW, _("Approval of position descriptions"))
    chosen = (one for _kind, group in references.choices() for one in group)
    own = [(name.partition(":")[2], title) for name, title in chosen if name.startswith("workflow:")]
    return [approval, *own]


def _lost_with(position: Position) -> list[str]:
    """Return what ends with the holding of a post, in sentences."""
    bound = RoleBinding.objects.filter(position=position).select_related("role").order_by("role__key")
    names = "、".join(str(binding.role) for binding in bound)
    lost = [_("Roles that come with the post end with it: %(names)s.") % {"names": names}] if names else []
    return [*lost, _("Cases and duties in hand are not passed on by this.")]


def _warn_of_surplus(request: HttpRequest, position: Position, day: datetime.date) -> None:
    told = queries.staffed(position, day, for_hr=False).surplus
    if told:
        said = _("%(position)s now has more holders than its headcount: %(told)s.")
        messages.warning(request, said % {"position": position, "told": told})
