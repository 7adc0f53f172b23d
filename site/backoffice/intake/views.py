"""The catalogue of forms, filling one in, and what one has handed in. For all staff; each sees only their
own.

Writing goes through ``forms.services.submissions`` and, for forms that begin a case,
``workflows.services.cases``.
"""

from __future__ import annotations

import datetime
import re
import uuid as uuids
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.core.validators import slug_re
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.access.gate import may_open, permissions_policy
from backoffice.access.long_select import LongSelect
from backoffice.access.templatetags.remit import clock, moment_text
from backoffice.asking.receiving import REMOVE, brings_files, with_files, without_file
from backoffice.intake.duplicates import earlier_cases, join
from backoffice.intake.filling import PREFIX, ROW_ACTIONS, Filling, typed_in, with_rows_changed
from backoffice.intake.outcomes import address_of, hand_in, outcomes_of
from forms.directory import directory_for
from forms.exceptions import (
    AlreadySubmitted,
    AnswersInvalid,
    DraftKept,
    NotFound,
    NotPermitted,
    RuleBroken,
)
from forms.logic import evaluate, read
from forms.models import Draft, Submission
from forms.presentation import dom_id, summary_of
from forms.queries import (
    current_form,
    draft_for,
    drafts_of,
    edition_of,
    edition_of_draft,
    forms_open_to,
    submission_for,
    submissions_of,
)
from forms.rules import Taking, check_may_submit, counted, full, may_act_for_others, taking
from forms.schema import FormDefinition, definition_of
from forms.services import favourites, submissions
from foundation.audit.services import KeyReused
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.people import active_people
from foundation.organisation.resolution import roles_of
from workflows.exceptions import WorkflowError

PER_PAGE = 20
DRAFTS_SHOWN = 3
NUMBER = re.compile(r"[0-9]{1,9}")


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """The forms the person may fill in, by category; ``q`` searches titles, descriptions and categories."""
    words = request.GET.get("q", "").strip()
    kept = set(request.user.favourites.values_list("form_key", flat=True))
    tiles = sorted(
        (_tile(form, kept) for _edition, form in forms_open_to(request.user)),
        key=lambda tile: (tile["category"], tile["title"]),
    )
    found = [tile for tile in tiles if all(word in tile["searched"] for word in words.lower().split())]
    return render(
        request,
        "intake/catalogue.html",
        {
            "page_title": _("New request"),
            "to_links": may_open(request, "intake:links"),
            "to_retention": may_open(request, "intake:retention"),
            "categories": [
                (category, list(group)) for category, group in groupby(found, lambda tile: tile["category"])
            ],
            "favourites": [] if words else [tile for tile in tiles if tile["favourite"]],
            "words": words,
            "total": len(tiles),
            "drafts": _draft_rows(drafts_of(request.user)[:DRAFTS_SHOWN]),
        },
    )


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What the person has begun and what they have handed in, newest first."""
    page = Paginator(submissions_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "intake/mine.html",
        {
            "page_title": _("My requests"),
            "drafts": _draft_rows(drafts_of(request.user)),
            "page": page,
            "outcomes": outcomes_of(page.object_list, get_language() or ""),
        },
    )


@require_GET
def form(request: HttpRequest, form_key: str) -> HttpResponse:
    """A fresh form. Nothing is stored until something is typed."""
    try:
        edition, definition = current_form(form_key)
        check_may_submit(definition, request.user)
    except (NotFound, NotPermitted):
        raise Http404 from None
    if taking(definition, timezone.localdate()) is not Taking.OPEN or _full(definition, request.user):
        return _closed(request, definition)
    return _fill(request, Filling.fresh(edition, definition, request.user))


def _full(definition: FormDefinition, person: Any) -> str:
    """Return the sentence that says the form has been taken as often as it may be; empty while it has not."""
    if definition.limit is None:
        return ""
    found = counted(definition.limit, definition.key, person, timezone.localdate())
    return full(definition.limit) if found is not None and found.count() >= definition.limit.count else ""


def _closed(request: HttpRequest, definition: FormDefinition) -> HttpResponse:
    """A form that is not taken now: since when, until when, why; somebody may still fill it in for others."""
    return render(
        request,
        "intake/closed.html",
        {
            "page_title": in_language(definition.title),
            "description": in_language(definition.description or {}),
            "taking": taking(definition, timezone.localdate()),
            "opens_on": day_of(definition.opens_on),
            "closes_on": day_of(definition.closes_on),
            "full": _full(definition, request.user),
        },
    )


def day_of(iso: str | None) -> datetime.date | None:
    """Return a day of a definition."""
    return datetime.date.fromisoformat(iso) if iso else None


@require_POST
def favourite(request: HttpRequest, form_key: str) -> HttpResponse:
    """Put a form on top of one's catalogue, or back to its place."""
    try:
        _edition, definition = current_form(form_key)
        check_may_submit(definition, request.user)
    except (NotFound, NotPermitted):
        raise Http404 from None
    favourites.keep(form_key=form_key, by=request.user, wanted=request.POST.get("wanted") == "yes")
    return redirect("intake:catalogue")


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """A draft: GET goes on with it; POST saves what was typed and then does what the pressed button says."""
    try:
        if request.method == "GET":
            return _resume(request, uuid)
        return _save_and_go(request, uuid)
    except (NotFound, NotPermitted):
        raise Http404 from None
    except AlreadySubmitted as done:
        return _done_before(request, done)


@require_POST
def draft_discard(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Throw a draft away."""
    try:
        submissions.discard_draft(uuid=uuid, by=request.user)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The draft has been thrown away."))
    return redirect("intake:mine")


def _resume(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    try:
        found = draft_for(request.user, uuid)
    except NotFound:
        # The draft may have become a submission since the page was left: its address leads on.
        return redirect(address_of(submission_for(request.user, uuid)))
    definition = definition_of(found.edition)
    page = request.GET.get("page", "")
    complain = (page,) if request.GET.get("check") else ()
    return _fill(request, Filling.resumed(found, definition, page, complain))


def _save_and_go(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    edition, definition, kept = _edition_posted(request, uuid)
    posted_page = request.POST.get("page", "")
    order = [page.id for page in definition.pages]
    action, _colon, target = request.POST.get("do", "save").partition(":")
    typed, fresh_row = typed_in(definition, request.POST), ""
    if action in ROW_ACTIONS:
        typed, fresh_row = with_rows_changed(definition, _typed_before(request, uuid, typed), action, target)
    if action == REMOVE:
        typed = without_file(typed, target)
    page = order.index(posted_page) if posted_page in order else 0
    complain = tuple(name for name in request.POST.get("complain", "").split() if name in order)
    by_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    if action == "submit" and not (kept or by_script or brings_files(request, definition, typed)):
        draft = submissions.unkept_draft(uuid=uuid, edition=edition, typed=typed, by=request.user, page=page)
        try:
            return _hand_in_at_once(
                request, draft, Filling.resumed(draft, definition, posted_page, complain), typed
            )
        except DraftKept:
            pass  # another window has kept one this very moment: what it holds counts as well
    typed, refused = _with_files(request, uuid, edition, definition, typed)
    saved = submissions.save_draft(
        uuid=uuid,
        edition=edition,
        typed=typed,
        by=request.user,
        on_behalf_of=_chosen(request) if action == "for" else None,
        page=page,
    )
    filling = Filling.resumed(saved, definition, posted_page, complain)
    if by_script:
        return part(request, filling, saved.saved_at, fresh_row)
    if refused:
        for sentence in refused:
            messages.error(request, sentence)
        return _fill(request, filling, status=422)
    match action:
        case _ if action in ROW_ACTIONS:
            return _at(saved, definition, filling.page.id, fresh_row or target.rpartition("/")[0])
        case "submit":
            return _hand_in(request, saved, filling)
        case "next":
            return _go_on(request, saved, filling)
        case "go" if target in filling.state.pages:
            return _at(saved, definition, target)
        case "update" | "for":
            return _at(saved, definition, filling.page.id)
        case _ if action == REMOVE:
            return _at(saved, definition, filling.page.id, target.rpartition(":")[0])
        case _:
            messages.success(request, _("Your draft has been saved. You can go on with it at any time."))
            return _at(saved, definition, filling.page.id)


def _with_files(
    request: HttpRequest,
    uuid: uuids.UUID,
    edition: Edition,
    definition: FormDefinition,
    typed: Mapping[str, Sequence[str]],
) -> tuple[Mapping[str, Sequence[str]], list[str]]:
    """Take in the files that came with the page, and return what was typed with their keys, and the refusals."""
    refused = []
    if getattr(request, "too_large", False):
        refused.append(_("This is more than is taken at once. Choose smaller files, or fewer."))
    if brings_files(request, definition, typed):
        submissions.save_draft(uuid=uuid, edition=edition, typed={}, by=request.user)
        typed, more = with_files(request, uuid, definition, typed, prefix=PREFIX)
        refused += more
    return typed, refused


def _chosen(request: HttpRequest) -> User:
    """Return for whom the form is filled in: somebody chosen, or oneself where nobody is."""
    chosen = request.POST.get("for", "")
    if not chosen:
        return request.user
    try:
        person = User.objects.filter(uuid=uuids.UUID(chosen), is_active=True).first()
    except ValueError:
        person = None
    if person is None:
        raise NotFound
    return person


def _typed_before(
    request: HttpRequest, uuid: uuids.UUID, typed: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return what was typed before on all pages, with what was posted now in its place."""
    draft = drafts_of(request.user).filter(uuid=uuid).first()
    return {**(draft.answers if draft else {}), **typed}


def _edition_posted(request: HttpRequest, uuid: uuids.UUID) -> tuple[Edition, FormDefinition, bool]:
    """Return the edition a draft is pinned to, and that it is kept; before it is, the edition its page was made
    from.
    """
    if (edition := edition_of_draft(request.user, uuid)) is not None:
        return edition, definition_of(edition), True
    number, key = request.POST.get("edition", ""), request.POST.get("form", "")
    try:
        if not slug_re.fullmatch(key) or not NUMBER.fullmatch(number):
            raise NotFound
        return *edition_of(key, int(number)), False
    except NotFound:
        # A page that says no longer what it is of may be that of a draft that was submitted.
        if (done := submissions_of(request.user).filter(uuid=uuid).first()) is not None:
            raise AlreadySubmitted(done) from None
        raise


def _go_on(request: HttpRequest, saved: Draft, filling: Filling) -> HttpResponse:
    """Lead to the next page, or show what is missing on this one."""
    if filling.state.errors_of(filling.page.id):
        return _fill(request, replace(filling, complain=(filling.page.id,)), status=422)
    return _at(saved, filling.definition, filling.following or filling.page.id)


def _hand_in_at_once(
    request: HttpRequest, draft: Draft, filling: Filling, typed: Mapping[str, Sequence[str]]
) -> HttpResponse:
    """Submit a form of which no draft is kept. Whatever comes in the way, one is kept then: nothing typed is lost."""
    try:
        response = _hand_in(request, draft, filling)
    except (AlreadySubmitted, DraftKept, NotFound):
        raise
    except Exception:
        _keep(draft, typed)
        raise
    if response.status_code != HTTPStatus.FOUND:
        _keep(draft, typed)
    return response


def _keep(draft: Draft, typed: Mapping[str, Sequence[str]]) -> None:
    submissions.save_draft(
        uuid=draft.uuid, edition=draft.edition, typed=typed, by=draft.person, page=draft.page
    )


def _hand_in(request: HttpRequest, saved: Draft, filling: Filling) -> HttpResponse:
    """Submit, or show everything that is wrong, beginning on the first page where something is."""
    # What cannot be read is not among the answers: asked for here, so that nothing is dropped in silence.
    if not filling.all_read and filling.state.errors:
        return _fill(request, _complaining(saved, filling), status=422)
    earlier = earlier_cases(saved.edition, filling.state.answers, request.user)
    if earlier is not None and request.POST.get("earlier") != earlier.mark:
        context = {"page_title": _("Is it the same matter?"), "filling": filling, "earlier": earlier}
        return render(request, "intake/earlier.html", context)
    try:
        done = hand_in(draft=saved, answers=filling.answers, by=request.user)
    except AnswersInvalid:
        return _fill(request, _complaining(saved, filling), status=422)
    except KeyReused:
        # Another window submitted this draft, with other answers, between our saving and our submitting.
        raise AlreadySubmitted(submission_for(request.user, saved.uuid)) from None
    except (WorkflowError, NotPermitted, RuleBroken) as refusal:
        messages.error(request, str(refusal))
        return _fill(request, filling, status=409)
    if request.POST.get("join"):
        _join(request, done)
    return redirect("intake:received", uuid=done.uuid)


def _join(request: HttpRequest, done: Submission) -> None:
    """Link the case that was opened to the earlier one that was chosen; the submission stands in any case."""
    try:
        join(done, uuids.UUID(request.POST["join"]), request.user)
    except (ValueError, WorkflowError) as refusal:
        told = str(refusal) if isinstance(refusal, WorkflowError) else _("There is no such case.")
        messages.warning(request, _("It was submitted, but not linked: %(why)s") % {"why": told})


def _complaining(saved: Draft, filling: Filling) -> Filling:
    every_page = tuple(page.id for page in filling.definition.pages)
    here = filling.page.id
    page = here if filling.state.errors_of(here) else filling.first_wrong_page or here
    return Filling.resumed(saved, filling.definition, page, every_page)


def _done_before(request: HttpRequest, done: AlreadySubmitted) -> HttpResponse:
    """Lead to what the draft has become. Only a change that came too late is worth a word."""
    address = address_of(done.submission)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return JsonResponse({"submitted": address, "message": str(done)}, status=409)
    definition = definition_of(done.submission.edition)
    typed = typed_in(definition, request.POST)
    reading = read(definition, typed)
    others = {name: value for name, value in done.submission.answers.items() if name not in typed}
    posted = evaluate(
        definition,
        {**others, **reading.answers},
        unread=reading.unread,
        directory=directory_for(request.user, done.submission.uuid),
    )
    if posted.answers == done.submission.answers:
        return redirect("intake:received", uuid=done.submission.uuid)
    messages.warning(
        request,
        _("%(already)s What you typed after that has not been added.") % {"already": str(done)},
    )
    return redirect(address)


def _at(saved: Draft, definition: FormDefinition, page: str, path: str = "") -> HttpResponse:
    """Lead to a page of the draft, there to a row or group."""
    address = reverse("intake:draft", kwargs={"uuid": saved.uuid})
    place = f"#{dom_id(f'{PREFIX}{path}')}" if path else ""
    return redirect(f"{address}?page={page}{place}" if len(definition.pages) > 1 else f"{address}{place}")


def _fill(request: HttpRequest, filling: Filling, *, status: int = 200) -> HttpResponse:
    context = {**filling_context(filling), **_for_others(request, filling)}
    return with_camera(filling, render(request, "intake/fill.html", context, status=status))


def with_camera(filling: Filling, response: HttpResponse) -> HttpResponse:
    """Let a page with codes to read use the camera."""
    if any(field.kind == "code" for field in filling.definition.fields()):
        response["Permissions-Policy"] = permissions_policy("camera")
    return response


def _for_others(request: HttpRequest, filling: Filling) -> dict[str, Any]:
    """Return the list of people the form may be filled in for; nothing for those who fill in their own only."""
    definition = filling.definition
    if not definition.on_behalf or not may_act_for_others(definition, roles_of(request.user)):
        return {}
    people = active_people().exclude(pk=request.user.pk)
    choices = [("", _("myself")), *((str(person.uuid), str(person)) for person in people)]
    chosen = str(filling.on_behalf_of.uuid) if filling.on_behalf_of else ""
    widget = LongSelect(choices=choices)
    return {"others": widget.render("for", chosen, {"id": "for"}), "for_person": filling.on_behalf_of}


def part(
    request: HttpRequest, filling: Filling, saved_at: datetime.datetime, fresh_row: str = ""
) -> HttpResponse:
    """Answer the page's own script: the form part as it now stands, when it was saved, and a row just made."""
    return JsonResponse(
        {
            "part": render_to_string("intake/_part.html", filling_context(filling), request),
            "saved": _when(saved_at),
            "address": filling.posts_to,
            "row": dom_id(f"{PREFIX}{fresh_row}") if fresh_row else "",
        }
    )


def _when(moment: datetime.datetime) -> str:
    """Return the time of day, with the date where it was another day."""
    local = timezone.localtime(moment)
    return clock(local) if local.date() == timezone.localdate() else moment_text(local)


def filling_context(filling: Filling) -> dict[str, Any]:
    return {
        "filling": filling,
        "page_title": in_language(filling.definition.title),
        "description": in_language(filling.definition.description or {}),
        "page_heading": in_language(filling.page.title),
        "page_help": in_language(filling.page.help or {}),
        "saved_text": _when(filling.saved_at) if filling.saved_at else "",
    }


def _tile(definition: FormDefinition, favourite_keys: Collection[str]) -> dict[str, Any]:
    texts = [definition.title, definition.description or {}, definition.category.title]
    return {
        "key": definition.key,
        "title": in_language(definition.title),
        "description": in_language(definition.description or {}),
        "category": in_language(definition.category.title),
        "favourite": definition.key in favourite_keys,
        "taking": str(taking(definition, timezone.localdate())),
        "opens_on": day_of(definition.opens_on),
        "closes_on": day_of(definition.closes_on),
        # In every language: people search by the word they know.
        "searched": " ".join(words for text in texts for words in text.values()).lower(),
    }


def _draft_rows(found: Any) -> list[dict[str, Any]]:
    language = get_language() or ""
    rows = []
    for one in found:
        definition = definition_of(one.edition)
        answers = read(definition, one.answers).answers
        rows.append(
            {
                "draft": one,
                "title": in_language(definition.title),
                "summary": summary_of(definition, answers, language),
            }
        )
    return rows
