"""The gate before every view: what ``access.table`` does not allow does not exist.

Refused means 404, the same for an address that is not there, one that is not in the table and one that is
not for this person. Whoever is not signed in and asks for a page is led to the sign-in instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, ResolverMatch, resolve, reverse
from django.utils.datastructures import MultiValueDictKeyError

from backoffice.access import errors, records
from backoffice.access.roles import roles_on
from backoffice.access.table import Kind, Rule, table
from backoffice.access.unreadable import is_unreadable

_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)


def permissions_policy(*allowed: str) -> str:
    """Return the header that keeps a page from the devices of whoever reads it, but for those ``allowed`` to its
    own scripts. A view that needs one sets the header itself.
    """
    return ", ".join(f"{feature}={'(self)' if feature in allowed else '()'}" for feature in _FEATURES)


PERMISSIONS_POLICY = permissions_policy()


def route_of(match: ResolverMatch) -> str:
    """Return the name a route has in the table."""
    if match.url_name is None:
        return f"unnamed:{match.route}"
    return ":".join([*match.namespaces, match.url_name])


def rule_for(match: ResolverMatch, lines: Mapping[str, Rule] | None = None) -> Rule | None:
    """Return the line of the table for a resolved address, None when it has none."""
    return (table() if lines is None else lines).get(route_of(match))


def may_open(request: HttpRequest, route: str, method: str = "GET") -> bool:
    """Tell whether the person may open ``route``; for menus and links, the gate decides again."""
    rule = table().get(route)
    return rule is not None and rule.allows(
        signed_in=request.user.is_authenticated, roles=roles_on(request), method=method
    )


def may_open_path(request: HttpRequest, path: str) -> bool:
    """Tell whether the person may open the address ``path`` (without query)."""
    try:
        match = resolve(path)
    except Http404:
        return False
    rule = rule_for(match)
    return (
        rule is not None
        and rule.fits(match.kwargs)
        and rule.allows(signed_in=request.user.is_authenticated, roles=roles_on(request), method="GET")
    )


def address(route: str) -> str:
    """Return the address of a route without arguments; empty when there is none."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


class Gate:
    """Middleware: asks the table before every view, keeps private answers out of caches, and writes down which
    files were handed out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        rule: Rule | None = getattr(request, "_rule", None)
        # Every address that hands out a file comes by here, so none can forget to write it down.
        handed_out = rule is not None and request.method == "GET" and records.is_file(response)
        if handed_out and request.user.is_authenticated:
            records.note_export(request)
        if not (rule is not None and rule.cacheable) and "no-store" not in response.headers.get(
            "Cache-Control", ""
        ):
            response.headers["Cache-Control"] = "private, no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let the view run, lead to the sign-in, or answer 404; 400 where the address is no text."""
        if is_unreadable(request):
            return errors.bad_request(request)
        rule = rule_for(request.resolver_match)  # type: ignore[arg-type]
        request._rule = rule  # type: ignore[attr-defined]
        if rule is None or rule.kind is Kind.DENIED or not rule.fits(kwargs):
            raise Http404
        if rule.kind is Kind.PUBLIC:
            return None
        if not request.user.is_authenticated:
            return self._anonymous(request)
        if not rule.allows(signed_in=True, roles=roles_on(request), method=request.method or ""):
            raise Http404
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 to a form that lacks a field every browser sends: Wagtail reads some without asking."""
        return errors.bad_request(request) if isinstance(exception, MultiValueDictKeyError) else None

    def _anonymous(self, request: HttpRequest) -> HttpResponse:
        wants_page = request.method in {"GET", "HEAD"} and request.accepts("text/html")
        if wants_page and request.headers.get("x-requested-with") != "XMLHttpRequest":
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('access:sign-in')}?{query}")
        raise Http404
