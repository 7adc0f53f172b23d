"""The form as it will be filled in: with sample answers, or tried out. Nothing is stored.

Shown by the room where forms are filled in, so that the preview cannot differ from it.
"""

from __future__ import annotations

import json
import uuid as uuids
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.views.decorators.http import require_http_methods

from backoffice.access.templatetags.remit import clock
from backoffice.intake.filling import PREFIX, ROW_ACTIONS, Filling, typed_in, with_rows_changed
from backoffice.studio.views import shown_form
from forms.checking import Problem, parse
from forms.logic import initial_answers, typed_of
from forms.outline import FIELD, GROUP, PAGE, Thing, tree_of
from forms.presentation import dom_id
from forms.references import DependencyCycle
from forms.sampling import sample_answers
from forms.schema import FormDefinition
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.expressions import ExpressionFault

MOST_TYPED = 400_000
"""Characters of what was typed on other pages, which a preview carries along."""


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, key: str) -> HttpResponse:
    """GET: the form, empty or with the sample ``seed``, at the page of ``at``; POST: as it stands with what was
    typed, evaluated and not stored.
    """
    working = shown_form(request, key)
    language = _language(request)
    with override(language):
        definition, problems = parse(_without_what_is_empty(working.body))
        if definition is None or (problems := _cycles(definition)):
            return render(request, "studio/preview_refused.html", {"problems": problems})
        try:
            if request.method == "POST":
                return _tried(request, definition, language)
            return _shown(request, definition, language)
        except ExpressionFault as fault:
            problem = Problem("", str(fault))
            return render(request, "studio/preview_refused.html", {"problems": [problem]})


def _language(request: HttpRequest) -> str:
    wanted = request.POST.get("language") or request.GET.get("language") or get_language() or ""
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _without_what_is_empty(body: dict[str, Any]) -> dict[str, Any]:
    """Return the definition without pages and groups in which nothing stands yet, and rules not written yet."""
    pages = []
    for page in body.get("pages", []):
        groups = [group for group in page.get("groups", []) if group.get("fields")]
        if groups:
            pages.append({**page, "groups": groups})
    rules = [rule for rule in body.get("rules", []) if rule.get("holds") and rule.get("fields")]
    return {**body, "pages": pages, "rules": rules}


def _cycles(definition: FormDefinition) -> list[Problem]:
    try:
        for scope in definition.scopes.values():
            _order = scope.order
    except DependencyCycle as cycle:
        return [Problem(f"fields.{cycle.ids[0]}", str(cycle))]
    return []


def _shown(request: HttpRequest, definition: FormDefinition, language: str) -> HttpResponse:
    seed = request.GET.get("seed", "")
    if seed.isascii() and seed.isdigit() and len(seed) < 9:
        answers = sample_answers(definition, int(seed))
    else:
        answers = initial_answers(definition)
    filling = _filling(definition, typed_of(definition, answers), _page_of(definition, request))
    return render(request, "studio/preview.html", _context(request, filling, language))


def _tried(request: HttpRequest, definition: FormDefinition, language: str) -> HttpResponse:
    typed = {**_carried(request, definition), **typed_in(definition, request.POST)}
    action, _colon, target = request.POST.get("do", "").partition(":")
    row = ""
    if action in ROW_ACTIONS:
        changed, row = with_rows_changed(definition, typed, action, target)
        typed = {path: list(texts) for path, texts in changed.items()}
    filling = _filling(definition, typed, request.POST.get("page", ""))
    match action:
        case "next" if filling.state.errors_of(filling.page.id):
            filling = replace(filling, complain=(filling.page.id,))
        case "next":
            filling = replace(filling, wanted_page=filling.following or filling.page.id)
        case "go" if target in filling.state.pages:
            filling = replace(filling, wanted_page=target)
        case "submit":
            wrong = filling.first_wrong_page
            filling = replace(
                filling,
                complain=tuple(page.id for page in definition.pages),
                wanted_page=wrong or filling.page.id,
            )
    context = _context(request, filling, language)
    context["passed"] = action == "submit" and not filling.state.errors
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return JsonResponse(
            {
                "part": render_to_string("intake/_part.html", context, request),
                "saved": clock(timezone.localtime()),
                "address": request.path,
                "row": dom_id(f"{PREFIX}{row}") if row else "",
            }
        )
    return render(request, "studio/preview.html", context)


def _carried(request: HttpRequest, definition: FormDefinition) -> dict[str, list[str]]:
    """Return what was typed on the other pages, as the page before carried it along."""
    text = request.POST.get("carried", "")
    try:
        found = json.loads(text) if len(text) <= MOST_TYPED else {}
    except ValueError:
        return {}
    return {
        path: [str(one) for one in texts]
        for path, texts in (found.items() if isinstance(found, dict) else ())
        if isinstance(texts, list) and definition.at(str(path)) is not None
    }


def _filling(definition: FormDefinition, typed: Any, page: str) -> Filling:
    edition = Edition(kind=Edition.Kind.FORM, key=definition.key, number=0)
    return Filling(uuids.UUID(int=0), edition, definition, typed, page)


def _page_of(definition: FormDefinition, request: HttpRequest) -> str:
    """Return the page on which the selected thing stands."""
    thing = Thing.read(request.GET.get("at", ""))
    if thing.sort == PAGE:
        return thing.id
    if thing.sort in (GROUP, FIELD):
        tree = tree_of(definition.model_dump(mode="json"))
        if thing in tree.own:
            return next((above.id for above in tree.above(thing) if above.sort == PAGE), "")
    return ""


def _context(request: HttpRequest, filling: Filling, language: str) -> dict[str, Any]:
    return {
        "filling": filling,
        "language": language,
        "address": reverse("studio_preview", args=[filling.definition.key]),
        "carried": json.dumps(
            {path: list(texts) for path, texts in filling.typed.items()}, ensure_ascii=False
        ),
        "page_title": in_language(filling.definition.title),
        "description": in_language(filling.definition.description or {}),
        "page_heading": in_language(filling.page.title),
        "page_help": in_language(filling.page.help or {}),
    }
