"""Public links: which forms are open to people without an account, through which links. For form builders.

A link is shown once, when it is made; the database keeps its hash. Writing goes through
``forms.services.public``.
"""

from __future__ import annotations

import uuid as uuids
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.exports import qr
from forms.exceptions import FormError
from forms.models import PublicAccess
from forms.schema import definition_of
from forms.services import public
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language


@require_GET
def links(request: HttpRequest) -> HttpResponse:
    """Every public link there is or was, and the forms one can be made for."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    found = {edition.key: definition_of(edition) for edition in all_in_force(Edition.Kind.FORM)}
    titles = {key: in_language(definition.title) for key, definition in found.items()}
    rows = (
        PublicAccess.objects.select_related("created_by", "revoked_by")
        .annotate(count=Count("submissions"))
        .order_by("revoked_at", "-created_at")
    )
    context = {
        "page_title": _("Public links"),
        "rows": [(row, titles.get(row.form_key, row.form_key), _stands(row, found)) for row in rows],
        "forms": sorted(
            ((key, titles[key]) for key, definition in found.items() if definition.public is not None),
            key=lambda pair: pair[1],
        ),
        **more,
    }
    return render(request, "intake/links.html", context, status=status)


def _stands(row: PublicAccess, found: dict[str, Any]) -> str:
    if row.revoked_at is not None:
        return "revoked"
    definition = found.get(row.form_key)
    return "open" if definition is not None and definition.public is not None else "closed"


@require_POST
def open_link(request: HttpRequest) -> HttpResponse:
    """Make a link and show it, this once."""
    form_key, purpose = request.POST.get("form", ""), request.POST.get("purpose", "")
    try:
        access, token = public.open_access(form_key=form_key, purpose=purpose, by=request.user)
    except FormError as refusal:
        return _page(request, status=422, error=str(refusal), purpose=purpose, chosen=form_key)
    address = settings.BASE_URL + reverse("intake:public", kwargs={"token": token})
    return _page(
        request, made=access, address=address, code=qr.svg(address, title=_("The form on the screen"))
    )


@require_POST
def revoke_link(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Close a link for good."""
    access = PublicAccess.objects.filter(uuid=uuid).first()
    if access is None:
        raise Http404
    public.revoke_access(access=access, by=request.user)
    messages.success(request, _("The link “%(purpose)s” is closed.") % {"purpose": access.purpose})
    return redirect("intake:links")
