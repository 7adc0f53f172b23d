"""Every address × everybody × every method: what ``backoffice.access.table`` says, and nothing more."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, path, resolve, reverse
from django.utils.html import escape

from backoffice.access import routes
from backoffice.access.gate import route_of
from backoffice.access.routes import Route
from backoffice.access.table import ADMINISTRATOR, ALL_ROLES, SAFE_METHODS, Kind, Rule, denied, table
from tests.integration.access import examples
from tests.integration.access.examples import Example
from tests.integration.access.world import ANONYMOUS, DISABLED, EVERYBODY, OTHER_CLERK, World

pytestmark = pytest.mark.usefixtures("quiet")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
CLOSED = denied("not in the table")
CLOSED_LOGIN, SIGN_OUT = table()["closed-login"], table()["access:sign-out"]
UNNAMED = {"unnamed:admin/test404/": "/admin/test404/", "unnamed:admin/.*/$": "/admin/no-such-address/"}
NOWHERE = "/no-such-address/"


@dataclass(frozen=True)
class Address:
    """One address to ask for: a route with one of its examples."""

    route: Route
    path: str
    rule: Rule
    example: Example
    exists: bool


def path_of(route: Route, example: Example) -> str:
    """Return the path; fails with the route's name when the arguments do not fit."""
    if route.name in UNNAMED:
        return UNNAMED[route.name]
    try:
        path = reverse(route.name, kwargs=example.arguments)
    except NoReverseMatch:
        pytest.fail(f"tests/integration/access/examples.py fits not {route.name} ({route.pattern})")
    return f"{path}?{example.query}" if example.query else path


def addresses(world: World) -> Iterator[Address]:
    """Yield every route with each of its examples, and with the line that decides.

    A denied one is asked for once: no view learns what its arguments name. A route that stands behind another
    with the same path never answers: the line of the first one counts.
    """
    known, lines = examples.existing(world), table()
    for route in routes.all_routes():
        candidates = [(known[route.name], True)] if route.name in known else []
        if not route.arguments:
            candidates = candidates or [(Example(), True)]
        elif not candidates or lines.get(route.name, CLOSED).kind is not Kind.DENIED:
            candidates.append((examples.missing(route), False))
        for example, exists in candidates:
            where = path_of(route, example)
            answering = route_of(resolve(where.partition("?")[0]))
            rule = lines.get(answering)
            if rule is None:
                pytest.fail(f"{answering} ({route.pattern}) is not in backoffice.access.table")
            yield Address(route, where, rule, example, exists)


def sign_in(world: World, name: str) -> Client:
    """Return the browser of somebody; the disabled account was switched off during its session."""
    client = Client(raise_request_exception=False)
    if name != ANONYMOUS:
        client.force_login(world.people[name])
    if name == DISABLED:
        world.people[name].is_active = False
        world.people[name].save()
    return client


def ask(client: Client, method: str, path: str) -> HttpResponse:
    """Make the request and undo what it wrote."""
    if method in SAFE_METHODS:
        return client.generic(method, path)
    with transaction.atomic():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return response


def roles_held(name: str) -> frozenset[str]:
    """Return the roles as the table knows them."""
    return frozenset({name}) if name in ALL_ROLES else frozenset()


def plain(response: HttpResponse, path: str) -> str:
    """Return the page without what differs at each request: token, asked address."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())
    return page.replace(f'name="next" value="{escape(path)}"', 'name="next"')


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_address_answers_as_the_table_says(world: World, name: str, roles_asked_once: None) -> None:
    client = sign_in(world, name)
    signed_in = name not in {ANONYMOUS, DISABLED}
    nothing = plain(client.get(NOWHERE), NOWHERE)
    faults: list[str] = []
    for address in addresses(world):
        if not address.exists and not signed_in:
            continue  # the gate leads them away before any view learns what the arguments name
        for method in METHODS:
            if address.rule == SIGN_OUT and method == "POST" and signed_in:
                continue  # ends the session this walk needs; see test_sign_in
            where = f"{name}: {method} {address.path} ({address.route.name})"
            response = ask(client, method, address.path)
            fits = address.rule.fits(address.example.arguments)
            if fits and address.rule.allows(signed_in=signed_in, roles=roles_held(name), method=method):
                faults += judge_open(where, address, response, name, method)
            elif (
                not signed_in and fits and address.rule.kind is not Kind.DENIED and method in {"GET", "HEAD"}
            ):
                if not response.headers.get("Location", "").startswith("/sign-in/?next="):
                    faults.append(f"{where}: {response.status_code}, not led to the sign-in")
            elif response.status_code != 404:
                faults.append(f"{where}: {response.status_code}, should not be there")
            elif method != "HEAD" and plain(response, address.path) != nothing:
                faults.append(f"{where}: its 404 differs from that of an address that is not there")
            faults += leaks(world, where, name, response)
    assert not faults, "\n" + "\n".join(faults)


def judge_open(where: str, address: Address, response: HttpResponse, name: str, method: str) -> list[str]:
    """Return what is wrong with the answer to somebody who may open the address."""
    status, target = response.status_code, response.headers.get("Location", "")
    if status >= 500 and address.route.name != "access:ready":
        return [f"{where}: failed with {status}"]
    if target.startswith("/sign-in/") and address.rule not in (CLOSED_LOGIN, SIGN_OUT) and name != ANONYMOUS:
        return [f"{where}: leads to the sign-in"]
    if address.example.readers is not None and name not in address.example.readers:
        return [] if status in {404, 405} else [f"{where}: {status}, the object is not theirs"]
    if method not in {"GET", "HEAD"} or status == 405:
        return []
    if not address.exists:
        return [] if status in {302, 404} else [f"{where}: {status} for what is not there"]
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
    held, faults = roles_held(name), []
    for address in addresses(world):
        if not address.rule.allows(signed_in=True, roles=held, method="POST"):
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with transaction.atomic():
                response = client.generic(method, address.path)
                transaction.set_rollback(True)
            if response.status_code != (403 if address.rule.fits(address.example.arguments) else 404):
                faults.append(f"{method} {address.path} ({address.route.name}): {response.status_code}")
    assert faults == []


def test_private_answers_are_not_kept(world: World) -> None:
    for name in ("clerk", "hr", "administrator"):
        client = sign_in(world, name)
        for address in addresses(world):
            rule = address.rule
            open_to_them = rule.allows(signed_in=True, roles=roles_held(name), method="GET")
            if address.exists and open_to_them and not rule.cacheable:
                response = client.get(address.path)
                assert "no-store" in response.headers["Cache-Control"], address.route.name


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
