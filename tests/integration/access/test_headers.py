"""What every answer tells a browser: policy, framing, sniffing, referrer, features, keeping."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from backoffice.access.csp import INLINE_SCRIPT
from backoffice.access.table import Kind
from tests.integration.access.test_permission_matrix import addresses, roles_held, sign_in
from tests.integration.access.world import World

pytestmark = pytest.mark.usefixtures("quiet")
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"(?:application/json|text/x-template)\")[^>]*>(.*?)</script>",
    re.DOTALL,
)


def policy(response: object) -> dict[str, set[str]]:
    """Return the directives of an answer."""
    header = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    parts = [directive.split() for directive in header.split("; ")]
    return {name: set(sources) for name, *sources in parts}


@pytest.mark.django_db
def test_a_page_of_ours(client: Client) -> None:
    response = client.get("/sign-in/")
    assert policy(response) == {
        "default-src": {"'none'"},
        "script-src": {"'self'"},
        "style-src": {"'self'"},
        "img-src": {"'self'", "data:"},
        "font-src": {"'self'"},
        "connect-src": {"'self'"},
        "manifest-src": {"'self'"},
        "form-action": {"'self'"},
        "frame-ancestors": {"'self'"},
        "frame-src": {"'self'"},
        "base-uri": {"'none'"},
        "object-src": {"'none'"},
    }
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_an_error_page_has_the_same_policy(client: Client) -> None:
    assert policy(client.get("/no-such-address/")) == policy(client.get("/sign-in/"))


@pytest.mark.parametrize("name", ["clerk", "hr", "auditor", "administrator"])
def test_every_page_runs_only_what_its_policy_allows(world: World, name: str) -> None:
    client = sign_in(world, name)
    unsafe, faults = set(), []
    for address in addresses(world):
        rule = address.rule
        if not address.exists or rule.kind is Kind.DENIED:
            continue
        if not rule.allows(signed_in=True, roles=roles_held(name), method="GET"):
            continue
        response = client.get(address.path)
        if response.status_code != 200 or response.streaming:
            continue
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        sources, page = policy(response), response.content.decode()
        scripts = [script for script in INLINE.findall(page) if script.strip()]
        hashes = {source for source in sources["script-src"] if source.startswith("'sha256-")}
        if "'unsafe-inline'" in sources["script-src"]:
            unsafe.add(address.route.name)
            if not scripts:
                faults.append(f"{address.route.name}: needs no 'unsafe-inline' any more")
        elif len(set(scripts)) != len(hashes):
            faults.append(f"{address.route.name}: {len(set(scripts))} inline scripts, {len(hashes)} allowed")
        if sources["style-src"] != {"'self'"} or re.search(r"<style|\sstyle=\"", page):
            faults.append(f"{address.route.name}: an inline style")
        if re.search(r"<[^>]+\son[a-z]+=\"", page):
            faults.append(f"{address.route.name}: a script in an attribute")
        if not address.path.startswith("/admin/") and sources["script-src"] != {"'self'"}:
            faults.append(f"{address.route.name}: a page of ours with {sources['script-src']}")
    assert faults == []
    assert unsafe <= INLINE_SCRIPT


def test_only_administrators_meet_a_looser_page() -> None:
    from backoffice.access.table import ADMINISTRATOR, table

    assert {tuple(table()[route].roles) for route in INLINE_SCRIPT} == {(ADMINISTRATOR,)}
