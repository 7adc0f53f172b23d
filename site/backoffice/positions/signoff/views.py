"""Signing off, for staff: what waits for me, one request, the report, the rules on dates.

Who may open which address stands in ``backoffice.access.table``; whose requests somebody sees in ``rules.Eyes``. A
request that is not theirs to see does not exist for them.
"""

from __future__ import annotations

import uuid as uuids
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from backoffice.access.roles import roles_on
from backoffice.exports import libraries
from backoffice.positions.body import sheet
from backoffice.positions.signoff import policy, queries, receipt, rules, services, spreadsheet
from backoffice.positions.signoff.enums import ANSWERED
from backoffice.positions.signoff.exceptions import NotFound, NotPermitted, Overtaken, RuleBroken
from backoffice.positions.signoff.forms import PolicyForm, RefuseForm, SignForm
from backoffice.positions.signoff.models import SignOff
from backoffice.positions.signoff.queries import Wanted
from backoffice.positions.signoff.rules import Eyes
from foundation.editions.queries import body_of
from foundation.organisation.models import Department

PER_PAGE = 50
LONGEST_SEARCH = 100
MOST_ROWS = 20_000


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for my signature, due first at the top, and what I signed. Everybody signed in."""
    past = Paginator(queries.past_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_title": _("Sign-offs"),
        "waiting": list(queries.open_for(request.user)),
        "page": past,
        "may_report": _eyes(request).may_report,
    }
    return render(request, "positions/signoff/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_off(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """One request: what is to be read, the answer, and afterwards the receipt. The holder, and who may see it."""
    eyes = _eyes(request)
    found = _found(eyes, uuid)
    if request.method != "POST":
        return _page(request, eyes, found)
    refusing = request.POST.get("answer") == "refuse"
    form = RefuseForm(request.POST, prefix="refuse") if refusing else SignForm(request.POST, prefix="sign")
    if not rules.may_answer(found, request.user):
        messages.error(
            request,
            _("Only %(name)s can answer this. Nobody signs for another.") % {"name": found.person},
        )
        return _page(request, eyes, found, status=403)
    if not form.is_valid() or not _confirmed(request, form):
        return _page(request, eyes, found, form, status=422)
    answer = {
        "uuid": uuid,
        "by": request.user,
        "seen_version": _whole(request.POST.get("seen_version")),
        "edition_sha256": request.POST.get("edition_sha256", ""),
        "idempotency_key": request.POST.get("idempotency_key") or uuids.uuid4().hex,
    }
    try:
        reason = {"reason": form.cleaned_data["reason"]} if refusing else {}
        done = (services.refuse if refusing else services.sign)(**answer, **reason)
    except NotFound:
        raise Http404 from None
    except NotPermitted as refusal:
        return _refused(request, eyes, uuid, str(refusal), 403)
    except Overtaken as refusal:
        return _refused(request, eyes, uuid, str(refusal), 409)
    except RuleBroken as refusal:
        return _refused(request, eyes, uuid, str(refusal), 422)
    if done.sign_off.state == "signed":
        messages.success(request, _("Signed. Receipt: %(receipt)s.") % {"receipt": done.fingerprint})
    else:
        messages.success(
            request,
            _("Your refusal is on record. HR and your line manager are told. Receipt: %(receipt)s.")
            % {"receipt": done.fingerprint},
        )
    return redirect("positions:sign-off", uuid)


def _page(
    request: HttpRequest,
    eyes: Eyes,
    found: SignOff,
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    own = rules.may_answer(found, request.user)
    context: dict[str, Any] = {
        "page_title": _("Sign-off: %(title)s") % {"title": found.position},
        "sign_off": found,
        "read": queries.to_read(found),
        "sheet": sheet(body_of(found.edition)),
        "happened": queries.happened(found),
        "own": own,
        "answered": found.state in ANSWERED,
        "ended_because": queries.reason_words(found.reason),
        "may_remind": eyes.may_remind(found),
        "reminded_today": rules.reminded_today(found),
        "may_ask_again": eyes.may_ask_again(found),
        "may_report": eyes.may_report,
    }
    if own and found.is_open:
        context.update(
            sign_form=form if isinstance(form, SignForm) else SignForm(prefix="sign"),
            refuse_form=form if isinstance(form, RefuseForm) else RefuseForm(prefix="refuse"),
            refusing=isinstance(form, RefuseForm),
            wrong=form,
            statement=services.statement_of(found),
            idempotency_key=uuids.uuid4().hex,
        )
    if found.state in ANSWERED:
        context["proof"] = receipt.decision_hash(found)
    return render(request, "positions/signoff/request.html", context, status=status)


def _refused(request: HttpRequest, eyes: Eyes, uuid: uuids.UUID, sentence: str, status: int) -> HttpResponse:
    """Show the request as it stands now, with the reason why nothing was changed."""
    messages.error(request, sentence)
    return _page(request, eyes, _found(eyes, uuid), status=status)


def _confirmed(request: HttpRequest, form: forms.Form) -> bool:
    """Whether the password is the person's. Wrong ones count like those of the sign-in and lock it in the end."""
    person = authenticate(
        request, username=request.user.get_username(), password=form.cleaned_data["password"]
    )
    if person is not None and person.pk == request.user.pk:
        return True
    form.add_error("password", _("This is not your password. Enter the one you sign in with."))
    return False


@require_safe
def statement_pdf(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse | FileResponse:
    """Send the signed statement; while the worker makes it, a page that asks again by itself."""
    found = _found(_eyes(request), uuid)
    if found.state not in ANSWERED:
        raise Http404
    language = get_language() or "zh-hans"
    path = receipt.request_pdf(found, language)
    if path is not None:
        return FileResponse(
            path.open("rb"), content_type="application/pdf", filename=receipt.filename(found, language)
        )
    context = {"sign_off": found, "impossible": libraries.notice() if libraries.missing() else ""}
    status = 503 if context["impossible"] else 202
    return render(request, "positions/signoff/pdf_pending.html", context, status=status)


@require_POST
def remind(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Remind the holder now. HR, and whoever leads the holder; once a day."""
    try:
        reminded = services.remind(uuid=uuid, eyes=_eyes(request))
    except NotFound:
        raise Http404 from None
    except (NotPermitted, Overtaken, RuleBroken) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is reminded by mail.") % {"name": reminded.person})
    return redirect("positions:sign-off", uuid)


@require_POST
def ask_again(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Ask anew after a refusal. HR."""
    try:
        asked = services.ask_again(uuid=uuid, eyes=_eyes(request))
    except NotFound:
        raise Http404 from None
    except (NotPermitted, Overtaken, RuleBroken) as refusal:
        messages.error(request, str(refusal))
        return redirect("positions:sign-off", uuid)
    messages.success(request, _("%(name)s is asked again.") % {"name": asked.person})
    return redirect("positions:sign-off", asked.uuid)


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """Who signed which edition when, who has not, by department. HR and auditors all, others those they lead."""
    eyes, wanted = _report_for(request)
    found = queries.report(eyes, wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    by_department = queries.counts(found)
    context = {
        "page_title": _("Sign-off report"),
        "wanted": wanted,
        "page": page,
        "counts": by_department,
        "totals": {
            key: sum(row[key] for row in by_department)
            for key in ("total", *(f"n_{state}" for state in queries.STATES))
        },
        "departments": Department.objects.all(),
        "states": state_words(),
        "eyes": eyes,
        "query": request.GET.urlencode(),
        "today": timezone.localdate(),
    }
    return render(request, "positions/signoff/report.html", context)


@require_GET
def report_file(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file. As the report."""
    eyes, wanted = _report_for(request)
    text = spreadsheet.report(queries.report(eyes, wanted)[:MOST_ROWS])
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"sign-offs-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def state_words() -> list[tuple[str, str]]:
    """Return the states one can limit the report to."""
    return [
        ("open", pgettext("sign-off", "to be signed")),
        ("overdue", pgettext("sign-off", "overdue")),
        ("signed", pgettext("sign-off", "signed")),
        ("late", _("answered late")),
        ("refused", pgettext("sign-off", "refused")),
        ("ended", _("lapsed or cancelled")),
    ]


def _report_for(request: HttpRequest) -> tuple[Eyes, Wanted]:
    eyes = _eyes(request)
    if not eyes.may_report:
        raise Http404  # there is nobody whose signatures were theirs to follow
    state = request.GET.get("state", "")
    return eyes, Wanted(
        department=request.GET.get("department", "")[:LONGEST_SEARCH],
        position=request.GET.get("position", "")[:LONGEST_SEARCH],
        state=state if state in queries.STATES else "",
        words=request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        every=request.GET.get("every") == "1",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def rules_on_dates(request: HttpRequest) -> HttpResponse:
    """How long holders have, when they are reminded, how long a signature is valid. HR."""
    row = policy.current()
    form = PolicyForm(request.POST if request.method == "POST" else None, instance=row)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                policy.save(
                    values={name: form.cleaned_data[name] for name in policy.FIELDS},
                    by=request.user,
                    seen_version=_whole(request.POST.get("seen_version")),
                )
            except RuleBroken as refusal:
                messages.error(request, str(refusal))
                status = 409
            else:
                messages.success(
                    request,
                    _("The rules are saved. Requests that exist keep their due dates."),
                )
                return redirect("positions:sign-off-rules")
    context = {
        "page_title": _("Rules on signing off"),
        "form": form,
        "seen_version": policy.current().version,
    }
    return render(request, "positions/signoff/rules.html", context, status=status)


def _eyes(request: HttpRequest) -> Eyes:
    return Eyes(request.user, roles_on(request))


def _found(eyes: Eyes, uuid: uuids.UUID) -> SignOff:
    found = get_object_or_404(SignOff.objects.select_related(*queries.RELATED), uuid=uuid)
    if not eyes.may_see(found):
        raise Http404
    return found


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
