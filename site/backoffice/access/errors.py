"""The pages for 400, 403, 404 and 500. They say what to do and nothing about what there is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The request could not be read."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The person sees the thing, and may not do this to it."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Nothing there, or nothing there for this person."""
    return render(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """We failed. The page asks neither the database nor the session: either may be the reason."""
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long, in another session, or came from elsewhere."""
    return render(request, "access/stale_form.html", status=403)
