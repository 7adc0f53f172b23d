"""Forms for people without an account: the page behind a public link, and how a submission stands by its receipt.

A stranger's draft is bound to a signed random cookie of their browser, which only these pages get. Nothing here
tells whether something exists that one cannot name. Writing goes through ``forms.services.public``.
"""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.access.lockout import client_address
from backoffice.asking.receiving import REMOVE, brings_files, with_files, without_file
from backoffice.asking.uploading import kept_one, refused
from backoffice.exports import documents, pdf
from backoffice.intake.filling import PREFIX, ROW_ACTIONS, Filling, typed_in, with_rows_changed
from backoffice.intake.outcomes import hand_in_public, public_word
from backoffice.intake.printing import pdf_response, receipt_html
from backoffice.intake.views import day_of, filling_context, part, with_camera
from forms.exceptions import AlreadySubmitted, AnswersInvalid, FormError, NotFound, NotPermitted, RuleBroken
from forms.models import PublicAccess, PublicDraft, Submission
from forms.presentation import dom_id
from forms.rules import Taking, taking
from forms.schema import FormDefinition, definition_of
from forms.services import public
from foundation.audit.services import KeyReused
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from workflows.exceptions import WorkflowError

COOKIE = "visitor"
COOKIE_SALT = "intake.public.visitor"
HONEYPOT = "website"
"""Programs fill in everything; people never see this field."""


@dataclass(frozen=True)
class _Visit:
    """A stranger behind a link: the secret of their cookie, and since when they have it."""

    token: str
    access: PublicAccess
    edition: Edition
    definition: FormDefinition
    visitor: str
    since: datetime.datetime
    draft: PublicDraft | None

    def filling(self, page: str = "", complain: tuple[str, ...] = ()) -> Filling:
        found = Filling.of_stranger(self.edition, self.definition, self.draft, page, complain)
        return replace(found, address=reverse("intake:public", kwargs={"token": self.token}))


def _visit(request: HttpRequest, token: str) -> _Visit:
    try:
        access, edition, definition = public.access_for(token)
    except NotFound:
        raise Http404 from None
    visitor, since = _visitor(request)
    draft = public.draft_of(access, visitor)
    if draft is not None:
        edition, definition = draft.edition, definition_of(draft.edition)
    return _Visit(token, access, edition, definition, visitor, since, draft)


def _visitor(request: HttpRequest) -> tuple[str, datetime.datetime]:
    """Return the secret of this browser and since when it has it; a new one for a new browser."""
    signer = signing.TimestampSigner(salt=COOKIE_SALT)
    try:
        given = request.COOKIES.get(COOKIE, "")
        secret = signer.unsign(given, max_age=public.KEEP_DRAFTS)
        stamp = signing.b62_decode(given.rsplit(":", 2)[1])
        return secret, datetime.datetime.fromtimestamp(stamp, datetime.UTC)
    except (signing.BadSignature, ValueError, IndexError):
        return secrets.token_urlsafe(32), timezone.now()


def _with_cookie(request: HttpRequest, visit: _Visit, response: HttpResponse) -> HttpResponse:
    """Give the browser its secret, once; its age begins with it."""
    if _visitor(request)[0] != visit.visitor:
        response.set_cookie(
            COOKIE,
            signing.TimestampSigner(salt=COOKIE_SALT).sign(visit.visitor),
            max_age=int(public.KEEP_DRAFTS.total_seconds()),
            path="/p/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_http_methods(["GET", "POST"])
def form(request: HttpRequest, token: str) -> HttpResponse:
    """The form behind a link. GET shows it, as far as this browser has come; POST saves and goes on."""
    visit = _visit(request, token)
    if request.method == "GET":
        if taking(visit.definition, timezone.localdate()) is not Taking.OPEN:
            return _closed(request, visit)
        page = request.GET.get("page", "")
        return _show(request, visit, visit.filling(page, (page,) if request.GET.get("check") else ()))
    try:
        return _save_and_go(request, visit)
    except (NotFound, NotPermitted):
        raise Http404 from None
    except AlreadySubmitted as done:
        return _received(request, done.submission)


def _save_and_go(request: HttpRequest, visit: _Visit) -> HttpResponse:
    definition = visit.definition
    posted_page = request.POST.get("page", "")
    order = [page.id for page in definition.pages]
    action, _colon, target = request.POST.get("do", "save").partition(":")
    typed: Any = typed_in(definition, request.POST)
    fresh_row = ""
    if action in ROW_ACTIONS:
        before = visit.draft.answers if visit.draft else visit.filling().typed
        typed, fresh_row = with_rows_changed(definition, {**before, **typed}, action, target)
    if action == REMOVE:
        typed = without_file(typed, target)
    refused: list[str] = []
    if getattr(request, "too_large", False):
        refused.append(_("This is more than is taken at once. Choose smaller files, or fewer."))
    if brings_files(request, definition, typed):
        holder = _saved(visit, {}, 0)
        typed, more = with_files(request, holder.uuid, definition, typed, prefix=PREFIX, by=holder)
        refused += more
    draft = _saved(visit, typed, order.index(posted_page) if posted_page in order else 0)
    visit = replace(visit, draft=draft)
    complain = tuple(name for name in request.POST.get("complain", "").split() if name in order)
    filling = visit.filling(posted_page, complain)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return _with_cookie(request, visit, part(request, filling, draft.saved_at, fresh_row))
    if refused:
        for sentence in refused:
            messages.error(request, sentence)
        return _show(request, visit, filling, status=422)
    match action:
        case _ if action in ROW_ACTIONS:
            answer = _at(filling, filling.page.id, fresh_row or target.rpartition("/")[0])
        case "submit":
            return _hand_in(request, visit, filling)
        case "next":
            if filling.state.errors_of(filling.page.id):
                return _show(request, visit, visit.filling(filling.page.id, (filling.page.id,)), status=422)
            answer = _at(filling, filling.following or filling.page.id)
        case "go" if target in filling.state.pages:
            answer = _at(filling, target)
        case _ if action == REMOVE:
            answer = _at(filling, filling.page.id, target.rpartition(":")[0])
        case "update":
            answer = _at(filling, filling.page.id)
        case _:
            messages.success(request, _("Saved on this device for seven days. Come back by the same link."))
            answer = _at(filling, filling.page.id)
    return _with_cookie(request, visit, answer)


def _saved(visit: _Visit, typed: Any, page: int) -> PublicDraft:
    return public.save_public_draft(
        access=visit.access, edition=visit.edition, visitor=visit.visitor, typed=typed, page=page
    )


def _hand_in(request: HttpRequest, visit: _Visit, filling: Filling) -> HttpResponse:
    if filling.state.errors:
        return _show(request, visit, _complaining(visit, filling), status=422)
    if request.POST.get(HONEYPOT):
        messages.error(request, _("Leave the field “Website” empty: only programs fill it in."))
        return _show(request, visit, filling, status=422)
    if timezone.now() - visit.since < public.FASTEST:
        messages.warning(request, _("That was quick. Look at your answers once more, then submit again."))
        return _show(request, visit, filling, status=422)
    assert visit.draft is not None
    try:
        done = hand_in_public(
            access=visit.access,
            draft=visit.draft,
            answers=filling.answers,
            address=client_address(request),
        )
    except AnswersInvalid:
        return _show(request, visit, _complaining(visit, filling), status=422)
    except (RuleBroken, WorkflowError, KeyReused) as refusal:
        told = (
            _("This form has been sent from another window.") if isinstance(refusal, KeyReused) else refusal
        )
        messages.error(request, str(told))
        return _show(request, visit, filling, status=409)
    return _received(request, done)


def _received(request: HttpRequest, done: Submission) -> HttpResponse:
    return redirect("intake:public-receipt", receipt=public.receipt_of(done))


def _complaining(visit: _Visit, filling: Filling) -> Filling:
    here = filling.page.id
    page = here if filling.state.errors_of(here) else filling.first_wrong_page or here
    return visit.filling(page, tuple(each.id for each in filling.definition.pages))


def _at(filling: Filling, page: str, path: str = "") -> HttpResponse:
    place = f"#{dom_id(f'{PREFIX}{path}')}" if path else ""
    several = len(filling.definition.pages) > 1
    return redirect(f"{filling.posts_to}?page={page}{place}" if several else f"{filling.posts_to}{place}")


def _show(request: HttpRequest, visit: _Visit, filling: Filling, *, status: int = 200) -> HttpResponse:
    context = {**filling_context(filling), "base": "base_public.html", "honeypot": HONEYPOT}
    response = render(request, "intake/public_fill.html", context, status=status)
    return _with_cookie(request, visit, _private(with_camera(filling, response)))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the token in the address from other sites and from search engines."""
    # Without any referrer browsers send their forms with the origin "null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _closed(request: HttpRequest, visit: _Visit) -> HttpResponse:
    context = {
        "page_title": in_language(visit.definition.title),
        "taking": taking(visit.definition, timezone.localdate()),
        "opens_on": day_of(visit.definition.opens_on),
        "closes_on": day_of(visit.definition.closes_on),
    }
    return _private(render(request, "intake/public_closed.html", context))


@require_POST
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take one file, or a typed signature, for a field of a stranger's draft; as ``intake.files.upload``."""
    visit = _visit(request, token)
    try:
        draft = _saved(visit, {}, visit.draft.page if visit.draft else 0)
    except (NotFound, NotPermitted):
        raise Http404 from None
    except FormError as refusal:
        return refused(str(refusal))
    return _with_cookie(
        request, visit, kept_one(request, draft.uuid, by=draft, prefix=PREFIX, is_public=True)
    )


def _of_receipt(receipt: str) -> Submission:
    try:
        return public.submission_of(receipt)
    except NotFound:
        raise Http404 from None


@require_GET
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """How a submission from the public stands: number, when, the word for its state. No answer is told."""
    found = _of_receipt(receipt)
    definition = definition_of(found.edition)
    context = {
        "page_title": in_language(definition.title),
        "submission": found,
        "state": public_word(found, get_language() or ""),
        "confirmation": in_language(definition.confirmation or {}),
        "receipt": receipt,
    }
    return _private(render(request, "intake/public_received.html", context))


@require_GET
def receipt_pdf(request: HttpRequest, receipt: str) -> HttpResponse:
    """The receipt on paper, with its address as a code."""
    found = _of_receipt(receipt)
    where = settings.BASE_URL + reverse("intake:public-receipt", kwargs={"receipt": receipt})
    confirmation = in_language(definition_of(found.edition).confirmation or {})
    html, css = receipt_html(found, confirmation, where)
    try:
        documents.check_libraries()
        content = pdf.render(html, css=css)
    except pdf.RenderFailed:
        messages.error(request, _("The document could not be made just now. Try again in a moment."))
        return redirect("intake:public-receipt", receipt=receipt)
    name = _("Receipt")
    return _private(pdf_response(content, f"{found.number} {name}"))
