"""What a browser may do with a page.

Ours: no inline script or style at all. Wagtail's admin: only where it cannot do without.

Found by reading the pages of Wagtail 8.0 in a browser under the strict policy
(``tests/browser/test_csp.py``).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from csp.constants import NONCE, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from backoffice.access.gate import route_of

# Pages of the admin that carry scripts in the page: date choosers and inline panels start that way.
INLINE_SCRIPT: frozenset[str] = frozenset()
# Every page of the admin sets styles through attributes (tooltips, the side panels' width, progress).
INLINE_STYLE_UNDER = "/admin/"


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp with the policy chosen by route."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Loosen the policy for the routes named above, and for no other."""
        parts = super().get_policy_parts(request, response, report_only)
        match = getattr(request, "resolver_match", None)
        if report_only or match is None or not request.path_info.startswith(INLINE_STYLE_UNDER):
            return parts
        directives: dict[str, Any] = deepcopy(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
        directives["style-src"] = [*directives["style-src"], UNSAFE_INLINE]
        if route_of(match) in INLINE_SCRIPT:
            # A nonce would switch 'unsafe-inline' off again.
            directives["script-src"] = [
                source for source in directives["script-src"] if source is not NONCE
            ] + [UNSAFE_INLINE]
        parts.config = directives
        return parts
