"""What no text can hold: NUL. PostgreSQL refuses it, so an address with one would make a page fail.

What people type is cleaned where it is read (``forms``, Django's own form fields); here it is about what only
programs send: the address, the query, cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse

NUL = "\0"


class DropUnreadableCookies:
    """Middleware, before the session is looked for: a cookie with a NUL was never ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if NUL in name or NUL in value]:
            del request.COOKIES[name]
        return self.get_response(request)


def is_unreadable(request: HttpRequest) -> bool:
    """Tell whether the address or the query of a request holds a NUL."""
    return NUL in request.path_info or NUL in unquote_plus(request.META.get("QUERY_STRING", ""))
