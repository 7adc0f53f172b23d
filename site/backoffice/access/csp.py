"""What a browser may do with a page: no inline script or style, anywhere but on the pages named here.

Wagtail 8.0 starts its date and page choosers by a script in the page. Such a script is one call with plain data;
its hash is added to the policy of that one answer. Anything else in the page stays forbidden, so text that slips
through unescaped still does not run. The four pages with repeated forms (InlinePanel) make such scripts in the browser,
where no hash can be foreseen.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from csp.constants import NONCE, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from backoffice.access.gate import route_of

UNDER = "/admin/"
# For administrators only. The test of the policy fails when one of them no longer needs it.
INLINE_SCRIPT = frozenset(
    {
        "wagtailadmin_workflows:add",
        "wagtailadmin_workflows:edit",
        "wagtailusers_groups:add",
        "wagtailusers_groups:edit",
    }
)
# Wagtail's rich text editor makes ``style`` elements in the browser (its placeholder, nested lists), with texts no
# hash can foresee. A style changes how the page looks; it runs nothing, and it can load nothing from elsewhere.
STYLE_ELEMENTS = frozenset({"wagtailadmin_pages:add", "wagtailadmin_pages:edit"})
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STARTER = re.compile(
    r"(?:initDateChooser|initTimeChooser|initDateTimeChooser|new PageChooser)"
    r'\("[\w-]+"(?:, (?P<options>\{.*\}))?\);',
    re.DOTALL,
)


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp, with what one answer of Wagtail's admin needs beyond the policy of the settings."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Add what this page may run, and the style elements of its rich text."""
        parts = super().get_policy_parts(request, response, report_only)
        match = getattr(request, "resolver_match", None)
        if report_only or match is None or not request.path_info.startswith(UNDER):
            return parts
        directives: dict[str, Any] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        more: dict[str, Any] = {}
        if route_of(match) in INLINE_SCRIPT:
            # A nonce would switch 'unsafe-inline' off again.
            allowed = [source for source in directives["script-src"] if source is not NONCE]
            more["script-src"] = [*allowed, UNSAFE_INLINE]
        elif hashes := starters_in(response):
            more["script-src"] = [*directives["script-src"], *hashes]
        if route_of(match) in STYLE_ELEMENTS:
            more["style-src-elem"] = [*directives["style-src"], UNSAFE_INLINE]
        if more:
            parts.config = {**directives, **more}
        return parts


def starters_in(response: HttpResponseBase) -> list[str]:
    """Return the hash sources of the scripts in a page that start a chooser and do nothing else."""
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
        return []
    page = response.content.decode(response.charset or "utf-8", "replace")  # type: ignore[attr-defined]
    return [_hash(script) for script in dict.fromkeys(_SCRIPT.findall(page)) if is_starter(script)]


def is_starter(script: str) -> bool:
    """Tell whether a script is one call of a chooser's start with plain data."""
    match = _STARTER.fullmatch(script.strip())
    if match is None:
        return False
    try:
        json.loads(match["options"] or "{}")
    except ValueError:
        return False
    return True


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"
