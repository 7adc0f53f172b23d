"""Every address × everybody × every method: what ``backoffice.access.table`` says, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, path, reverse

from backoffice.access import routes
from backoffice.access.routes import Route
from backoffice.access.table import ADMINISTRATOR, ALL_ROLES, SAFE_METHODS, Kind, denied, table
from tests.integration.access import examples
from tests.integration.access.world import ANONYMOUS, DISABLED, EVERYBODY, OTHER_CLERK, World

pytestmark = pytest.mark.usefixtures("quiet")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
UNNAMED = {"unnamed:admin/test404/": "/admin/test404/", "unnamed:admin/.*/$": "/admin/no-such-address/"}
NOWHERE = "/no-such-address/"


def address_of(route: Route, arguments: dict[str, Any]) -> str:
    """Return the address; fails with the route's name when the arguments do not fit."""
    if route.name in UNNAMED:
        return UNNAMED[route.name]
    try:
        return reverse(route.name, kwargs=arguments)
    except NoReverseMatch:
        pytest.fail(
            f"No example arguments for {route.name} ({route.pattern}) in tests/integration/access/examples.py"
        )


def addresses(world: World) -> Iterator[tuple[Route, str, bool]]:
    """Yield every route with each of its example addresses, and whether what it names exists."""
    known = examples.existing(world)
    for route in routes.all_routes():
        if not route.arguments:
            yield route, address_of(route, {}), True
            continue
        if route.name in known:
            yield route, address_of(route, known[route.name]), True
        yield route, address_of(route, examples.missing(route)), False


def sign_in(world: World, name: str) -> Client:
    """Return the browser of somebody; the disabled account was switched off during its session."""
    client = Client(raise_request_exception=False)
    if name != ANONYMOUS:
        client.force_login(world.people[name])
    if name == DISABLED:
        world.people[name].is_active = False
        world.people[name].save()
    return client


def ask(client: Client, method: str, address: str) -> HttpResponse:
    """Make the request and undo what it wrote."""
    if method in SAFE_METHODS:
        return client.generic(method, address)
    with transaction.atomic():
        response = client.generic(method, address, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return response


def roles_held(name: str) -> frozenset[str]:
    """Return the roles as the table knows them."""
    return frozenset({name}) if name in ALL_ROLES else frozenset()


def plain(response: HttpResponse, address: str) -> str:
    """Return the page without what differs at each request: token, asked address."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())
    return page.replace(f'name="next" value="{address}"', 'name="next"')


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_address_answers_as_the_table_says(world: World, name: str) -> None:
    client = sign_in(world, name)
    lines = table()
    signed_in = name not in {ANONYMOUS, DISABLED}
    held = roles_held(name)
    nothing = plain(client.get(NOWHERE), NOWHERE)
    faults: list[str] = []
    for route, address, exists in addresses(world):
        rule = lines.get(route.name)
        if rule is None:
            faults.append(f"{route.name} ({route.pattern}) is not in backoffice.access.table")
            continue
        for method in METHODS:
            if route.name in {"access:sign-out", "wagtailadmin_logout"} and method == "POST" and signed_in:
                continue  # ends the session this walk needs; see test_sign_in
            where = f"{name}: {method} {address} ({route.name})"
            open_to_them = rule.allows(signed_in=signed_in, roles=held, method=method)
            response = ask(client, method, address)
            status = response.status_code
            if open_to_them:
                faults += judge_open(where, route, response, exists=exists, method=method)
            elif (
                not signed_in and rule.kind is not Kind.DENIED and method in {"GET", "HEAD"} and rule.fits({})
            ):
                if status != 302 or not response["Location"].startswith("/sign-in/?next="):
                    faults.append(f"{where}: {status}, not led to the sign-in")
            elif status != 404:
                faults.append(f"{where}: {status}, should not be there")
            elif method != "HEAD" and plain(response, address) != nothing:
                faults.append(f"{where}: its 404 differs from that of an address that is not there")
            faults += leaks(world, where, name, response)
    assert not faults, "\n" + "\n".join(faults)


def judge_open(where: str, route: Route, response: HttpResponse, *, exists: bool, method: str) -> list[str]:
    """Return what is wrong with the answer to somebody who may open the address."""
    status = response.status_code
    if status >= 500:
        return [f"{where}: failed with {status}"]
    target = response.headers.get("Location", "")
    if target.startswith("/sign-in/") and route.name not in {
        "closed-login",
        "access:sign-out",
        "wagtailadmin_logout",
    }:
        return [f"{where}: leads to the sign-in"]
    if method not in SAFE_METHODS or not exists or method == "OPTIONS":
        return []
    if status == 404:
        return [f"{where}: is there, yet answers 404"]
    if target == "/admin/":
        return [f"{where}: the table lets them in, Wagtail sends them away"]
    return []


def leaks(world: World, where: str, name: str, response: HttpResponse) -> list[str]:
    """Return the secrets in an answer that are not for this person."""
    told = str(response.headers) + (
        "" if getattr(response, "streaming", False) else response.content.decode("utf-8", "replace")
    )
    return [
        f"{where}: tells {canary}, which is for {', '.join(sorted(readers))}"
        for canary, readers in world.canaries.items()
        if canary in told and name not in readers
    ]


def test_each_address_that_somebody_may_open_has_an_example(world: World) -> None:
    known, lines = examples.existing(world), table()
    lacking = [
        route.name
        for route in routes.all_routes()
        if route.arguments
        and lines[route.name].kind is not Kind.DENIED
        and route.name not in known
        and route.name not in examples.ONLY_MISSING
    ]
    assert lacking == []


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    assert routes.unclassified() == []
    assert routes.stale() == []


def test_unclassified_url_fails(settings: Any, client: Client, db: None) -> None:
    from backoffice import urls

    class Forgotten:
        urlpatterns = [
            path("forgotten/", lambda request: HttpResponse("open"), name="forgotten"),
            *urls.urlpatterns,
        ]
        handler404 = urls.handler404

    import sys

    sys.modules["tests_forgotten_urls"] = Forgotten  # type: ignore[assignment]
    settings.ROOT_URLCONF = "tests_forgotten_urls"
    try:
        assert routes.unclassified() == ["forgotten (forgotten/)"]
        assert client.get("/forgotten/").status_code == 404
    finally:
        del sys.modules["tests_forgotten_urls"]


def test_the_scan_finds_a_secret_that_is_told(world: World) -> None:
    canary = world.secret("auditor")
    response = HttpResponse(f"<p>{canary}</p>")
    assert leaks(world, "here", "clerk", response) == [f"here: tells {canary}, which is for auditor"]
    assert leaks(world, "here", "auditor", response) == []
    assert leaks(world, "here", "clerk", HttpResponse("", headers={"X-Title": canary})) != []


@pytest.mark.parametrize("name", ["clerk", "hr", "administrator"])
def test_every_unsafe_address_refuses_without_a_token(world: World, name: str) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.people[name])
    lines, held = table(), roles_held(name)
    faults = []
    for route, address, _exists in addresses(world):
        rule = lines.get(route.name, denied("not in the table"))
        if rule.kind is Kind.DENIED or not rule.allows(signed_in=True, roles=held, method="POST"):
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with transaction.atomic():
                response = client.generic(method, address)
                transaction.set_rollback(True)
            # 404: the arguments are not among those the line speaks of, which the gate finds first.
            if response.status_code not in {403, 404} or (response.status_code == 404 and rule.fits({})):
                faults.append(f"{method} {address} ({route.name}): {response.status_code}")
    assert faults == []


def test_private_answers_are_not_kept(world: World) -> None:
    lines = table()
    for name in ("clerk", "hr", "administrator"):
        client = sign_in(world, name)
        for route, address, exists in addresses(world):
            rule = lines.get(route.name, denied("not in the table"))
            if (
                not exists
                or rule.cacheable
                or not rule.allows(signed_in=True, roles=roles_held(name), method="GET")
            ):
                continue
            response = client.get(address)
            assert "no-store" in response.headers["Cache-Control"], route.name


def test_a_role_taken_away_counts_at_the_next_request(world: World) -> None:
    auditor = world.people["auditor"]
    client = sign_in(world, "auditor")
    assert client.get("/audit/").status_code == 200
    auditor.holdings.update(ends="2020-01-02")
    assert client.get("/audit/").status_code == 404


def test_an_account_switched_off_loses_its_session(world: World) -> None:
    client = sign_in(world, "clerk")
    assert client.get("/inbox/").status_code == 200
    world.people["clerk"].is_active = False
    world.people["clerk"].save()
    response = client.get("/inbox/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=%2Finbox%2F")


def test_a_superuser_is_an_administrator_and_nothing_more(world: World) -> None:
    root = world.people[OTHER_CLERK]
    root.is_superuser = True
    root.save()
    client = sign_in(world, OTHER_CLERK)
    assert ADMINISTRATOR in ALL_ROLES
    assert client.get("/admin/users/").status_code == 200
    assert client.get("/audit/").status_code == 404
