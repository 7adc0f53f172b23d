"""A form as text: taken out as YAML or JSON, taken in with the same checks as everything else.

A form that exists is updated in place: what was taken in is merged into its working copy by the ids of its parts,
so nothing is doubled and nobody's work is lost.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from backoffice.definitions.differences import differences
from backoffice.studio.views import shown_form
from forms.checking import Problem, check
from forms.exceptions import FormError, NotFound, NotPermitted
from forms.outline import NotATree, tidy
from forms.services import working as service
from forms.services.definitions import form_in_force
from foundation.organisation.models import Role
from foundation.packs.reading import plain, written

LARGEST = 2_000_000
"""Characters of a definition as text."""


@require_GET
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The working copy as a file of a pack; ``as=json`` as JSON."""
    working = shown_form(request, key)
    if request.GET.get("as") == "json":
        text, kind = json.dumps(working.body, ensure_ascii=False, indent=2) + "\n", "json"
    else:
        text, kind = written(working.body), "yaml"
    response = HttpResponse(text, content_type=f"application/{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.{kind}"'
    return response


@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Read a definition, show what it would change and what is wrong with it; ``do=take`` takes it in."""
    context: dict[str, Any] = {"text": ""}
    status = 200
    if request.method == "POST":
        text = _posted(request)
        context["text"] = text
        try:
            body = read(text)
            working = _working(request, body["key"])
            before = working.body if working is not None else None
            if request.POST.get("do") == "take":
                return _taken(request, body, working)
            context |= {
                "read": body,
                "exists": working is not None,
                "opened": working.opened if working is not None else "",
                "differences": differences(before, body),
                "problems": _problems(body),
            }
        except NotPermitted:
            raise Http404 from None
        except (FormError, NotATree, ValueError) as refusal:
            context["error"], status = str(refusal), 422
    return render(request, "studio/import.html", context, status=status)


def _posted(request: HttpRequest) -> str:
    uploaded = request.FILES.get("file")
    if uploaded is None:
        return request.POST.get("text", "").replace("\r\n", "\n")
    if uploaded.size is None or uploaded.size > LARGEST:
        return ""
    return uploaded.read().decode("utf-8-sig", "replace")


def read(text: str) -> dict[str, Any]:
    """Return the definition a text holds; raises ValueError with a sentence."""
    if not text.strip() or len(text) > LARGEST:
        raise ValueError(_("Choose a file, or paste a definition as YAML or JSON."))
    try:
        body = plain(YAML(typ="safe").load(text))
    except YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise ValueError(
            _("Line %(line)d cannot be read: %(what)s")
            % {"line": line, "what": getattr(fault, "problem", "")}
        ) from fault
    if not isinstance(body, dict) or not isinstance(body.get("key"), str):
        raise ValueError(_("This is no definition of a form: it has no key."))
    return tidy(body)


def _working(request: HttpRequest, key: str) -> Any:
    try:
        return service.look_at(key=key, by=request.user)
    except NotFound:
        return None


def _problems(body: dict[str, Any]) -> list[Problem]:
    return check(body, roles=set(Role.objects.values_list("key", flat=True)), registers=form_in_force)


def _taken(request: HttpRequest, body: dict[str, Any], working: Any) -> HttpResponse:
    what = _("Taken in from a text")
    if working is None:
        service.begin(key=body["key"], body=body, by=request.user, what=what)
        messages.success(request, _("The form has been taken in. It is a working copy until you publish it."))
    else:
        seen = service.Opened.read(request.POST.get("opened") or working.opened)
        saved = service.save(key=body["key"], opened=seen, body=body, by=request.user, what=what)
        if saved.refused:
            messages.warning(
                request, _("Somebody else has changed the same meanwhile: choose which is to stay.")
            )
        messages.success(request, _("The working copy has been updated. Nothing is published yet."))
    return redirect("studio_edit", key=body["key"])
