"""In the Wagtail admin, for administrators: rules of the house, robots, words, and the log of deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.notices.admin_forms import RobotForm, WordsForm
from backoffice.notices.forms import PreferenceForm
from foundation.notifying import deliveries, house_words
from foundation.notifying.enums import Channel
from foundation.notifying.kinds import Kind, UnknownKind, fields_of, kind_of, kinds, topic_of
from foundation.notifying.models import Delivery, Reception, Robot, Wording
from foundation.notifying.preferences import PreferenceRefused, house_prefers
from foundation.notifying.robots import adapter_of, keeping

PER_PAGE = 50
FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
def rules(request: HttpRequest) -> HttpResponse:
    """How the house mails whoever chose nothing."""
    row = Reception.objects.filter(house=True).first() or Reception(house=True)
    form = PreferenceForm(request.POST if request.method == "POST" else None, row=row)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                house_prefers(by=request.user, wanted=form.wanted())
            except PreferenceRefused as refused:
                form.refuse(refused)
            else:
                messages.success(request, _("Kept. It holds for whoever has chosen nothing else."))
                return redirect("notices_rules")
        status = 422
    return render(request, "notices/admin/rules.html", {"form": form}, status=status)


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """The robots, and what each tells."""
    found = [(robot, adapter_of(robot.service).name) for robot in Robot.objects.all()]
    return render(request, "notices/admin/robots.html", {"robots": found})


@sensitive_post_parameters("address", "secret")
@require_http_methods(FORM_METHODS)
def robot_add(request: HttpRequest) -> HttpResponse:
    """Make a robot."""
    return _robot(request, None)


@sensitive_post_parameters("address", "secret")
@require_http_methods(FORM_METHODS)
def robot_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change a robot."""
    return _robot(request, get_object_or_404(Robot, uuid=uuid))


def _robot(request: HttpRequest, robot: Robot | None) -> HttpResponse:
    form = RobotForm(request.POST if request.method == "POST" else None, robot=robot)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                keeping.keep(by=request.user, wanted=form.wanted(), uuid=robot.uuid if robot else None)
            except keeping.RobotRefused as refused:
                form.refuse(refused)
            else:
                messages.success(request, _("The robot is kept. Try it before you rely on it."))
                return redirect("notices_robots")
        status = 422
    return render(request, "notices/admin/robot.html", {"form": form, "robot": robot}, status=status)


@require_POST
def robot_try(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Let the robot say that it works."""
    robot = get_object_or_404(Robot, uuid=uuid)
    if wrong := keeping.try_out(robot):
        messages.error(request, wrong)
    else:
        messages.success(request, _("It has written to its group. Look there."))
    return redirect("notices_robots")


@require_http_methods(FORM_METHODS)
def robot_remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask, then take a robot away."""
    robot = get_object_or_404(Robot, uuid=uuid)
    if request.method != "POST":
        return render(request, "notices/admin/robot_remove.html", {"robot": robot})
    keeping.take_away(by=request.user, uuid=robot.uuid)
    messages.success(request, _("“%(robot)s” is taken away.") % {"robot": robot})
    return redirect("notices_robots")


@require_GET
def words(request: HttpRequest) -> HttpResponse:
    """Every kind, and where the house has its own words."""
    own = set(Wording.objects.values_list("kind", "language"))
    rows = [
        (
            topic_of(kind.key),
            kind,
            [(code, name, (kind.key, code) in own) for code, name in settings.LANGUAGES],
        )
        for kind in kinds()
        if not kind.given
    ]
    return render(request, "notices/admin/words.html", {"rows": rows})


@require_http_methods(FORM_METHODS)
def words_edit(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """Write the words of one kind in one language; look at them filled with examples; take ours back."""
    found = _kind(kind, language)
    now = house_words.words_of(found, language)
    form = WordsForm(
        request.POST if request.method == "POST" else None,
        kind=found,
        initial={"subject": now.subject, "text": now.text},
    )
    context: dict[str, Any] = {
        "form": form,
        "kind": found,
        "topic": topic_of(kind),
        "language": language,
        "language_name": dict(settings.LANGUAGES)[language],
        "words": now,
        "fields": fields_of(found),
    }
    if request.method != "POST":
        context["shown"] = house_words.preview(found, language, now.subject, now.text)
        return render(request, "notices/admin/words_edit.html", context)
    if request.POST.get("do") == "reset":
        house_words.reset(by=request.user, kind=kind, language=language)
        messages.success(request, _("It is said in our words again."))
        return redirect("notices_words")
    form.is_valid()
    subject, text = form.cleaned_data.get("subject", ""), form.cleaned_data.get("text", "")
    try:
        house_words.check(found, subject, text)
        if request.POST.get("do") != "preview":
            house_words.write(by=request.user, kind=kind, language=language, subject=subject, text=text)
            messages.success(request, _("It is said in these words from now on."))
            return redirect("notices_words")
    except house_words.WordsRefused as refused:
        for name, errors in refused.errors.items():
            for error in errors:
                form.add_error(name, error)
        return render(request, "notices/admin/words_edit.html", context, status=422)
    context["shown"] = house_words.preview(found, language, subject, text)
    return render(request, "notices/admin/words_edit.html", context)


def _kind(kind: str, language: str) -> Kind:
    try:
        found = kind_of(kind)
    except UnknownKind:
        raise Http404 from None
    if found.given or language not in dict(settings.LANGUAGES):
        raise Http404
    return found


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """What went out, what waits, and what did not get through."""
    state, channel = request.GET.get("state", ""), request.GET.get("channel", "")
    search = request.GET.get("q", "").strip()[:100]
    channel = channel if channel in Channel.values else ""
    page = Paginator(deliveries.log(state=state, channel=channel, search=search), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [
        {
            "row": row,
            "state": deliveries.state_of(row),
            "topic": topic_of(row.announcement.kind),
            "reason": deliveries.REASONS.get(row.reason, row.reason),
            "open": deliveries.state_of(row) in {deliveries.State.FAILING, deliveries.State.GIVEN_UP},
        }
        for row in page
    ]
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "notices/admin/log.html",
        {
            "page": page,
            "rows": rows,
            "states": deliveries.State.choices,
            "channels": Channel.choices,
            "state": state,
            "channel": channel,
            "search": search,
            "query": query.urlencode(),
            "given_up": deliveries.given_up(),
            "kept_days": settings.NOTIFICATIONS_KEEP_DAYS,
        },
    )


@require_POST
def delivery(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Try a delivery again, or set it aside."""
    aside = request.POST.get("do") == "aside"
    try:
        done = (deliveries.set_aside if aside else deliveries.retry)(by=request.user, uuid=uuid)
    except Delivery.DoesNotExist:
        raise Http404 from None
    if not done:
        messages.warning(request, _("There is nothing to do any more: look at how it stands now."))
    elif aside:
        messages.success(request, _("Set aside. It is not told as a trouble any more."))
    else:
        messages.success(request, _("It is being tried again now."))
    return redirect("notices_log")
