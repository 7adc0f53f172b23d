"""What django-axes asks us: where a request comes from, and the page for whoever is locked out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def client_address(request: HttpRequest) -> str:
    """Return the address of the browser.

    Behind ``REMIT_TRUSTED_PROXIES`` proxies it is that many places from the right of X-Forwarded-For: what
    stands further left was written by the browser itself.
    """
    trusted = int(getattr(settings, "REMIT_TRUSTED_PROXIES", 0))
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not trusted:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    return hops[-trusted] if len(hops) >= trusted else peer


def locked_out(
    request: HttpRequest, original_response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Say how long to wait and whom to ask; the same whether the name exists or not."""
    context = {"hours": settings.AXES_COOLOFF_TIME}
    return render(request, "access/locked_out.html", context, status=settings.AXES_HTTP_RESPONSE_CODE)
