"""``/healthz`` and ``/readyz``: what they say, and to whom."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from backoffice.access import health
from foundation.audit import guards
from foundation.audit.exceptions import MasterKeyInvalid
from tests.factories.organisation import make_user_with_roles

pytestmark = pytest.mark.django_db
OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}


def test_the_process_says_ok_to_everybody(client: Client) -> None:
    response = client.get("/healthz", **OUTSIDE)
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_the_picture_of_the_product_is_found_where_browsers_look_unasked(client: Client) -> None:
    answer = client.get("/favicon.ico", **OUTSIDE)
    assert (answer.status_code, "favicon" in answer["Location"]) == (302, True)


def test_readiness_is_told_without_reasons_to_strangers(client: Client) -> None:
    response = client.get("/readyz", **OUTSIDE)
    assert (response.status_code, response.json()) == (200, {"ready": True})


def test_reasons_are_told_to_the_machine_itself(client: Client) -> None:
    answer = client.get("/readyz").json()
    assert [finding["name"] for finding in answer["findings"]] == [
        "database",
        "migrations",
        "master key",
        "audit guards",
        "worker",
        "rounds",
        "deliveries",
        "words of cases",
        "pdf libraries",
        "virus scanner",
    ]


def test_a_proxy_on_the_machine_is_not_the_machine(client: Client) -> None:
    assert "findings" not in client.get("/readyz", headers={"x-forwarded-for": "203.0.113.7"}).json()


def test_reasons_are_told_to_an_administrator(client: Client) -> None:
    client.force_login(make_user_with_roles("auditor"))
    assert "findings" not in client.get("/readyz", **OUTSIDE).json()
    client.force_login(make_user_with_roles("administrator"))
    assert "findings" in client.get("/readyz", **OUTSIDE).json()


def test_an_unprotected_record_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "missing", lambda using="default": ["remit_audit_event_delete"])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert {
        "name": "audit guards",
        "ok": False,
        "detail": "remit_audit_event_delete",
        "needed": True,
    } in response.json()["findings"]


def test_a_silent_worker_is_told_and_does_not_stop_the_pages(client: Client) -> None:
    finding = health.worker()
    assert (finding.ok, finding.needed) == (False, False)
    assert client.get("/readyz").json()["ready"] is True


def test_a_round_that_fails_is_told_and_does_not_stop_the_pages(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foundation.outbox.rounds.troubled", lambda: ["reminders failed 2 times, last: no"])
    finding = next(one for one in client.get("/readyz").json()["findings"] if one["name"] == "rounds")
    assert finding == {
        "name": "rounds",
        "ok": False,
        "detail": "reminders failed 2 times, last: no",
        "needed": False,
    }
    assert client.get("/readyz").json()["ready"] is True


def test_a_silent_scanner_is_told_and_does_not_stop_the_pages(client: Client, settings: Any) -> None:
    told = {one["name"]: one for one in client.get("/readyz").json()["findings"]}["virus scanner"]
    assert (told["ok"], told["detail"]) == (True, "none set")
    with socket.socket() as nobody:  # bound and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        settings.FILES_SCANNER = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        answer = client.get("/readyz").json()
    told = {one["name"]: one for one in answer["findings"]}["virus scanner"]
    assert (told["ok"], told["needed"], answer["ready"]) == (False, False, True)
    assert "ConnectionRefusedError" in told["detail"]


def test_a_scanner_that_answers_is_in_order(settings: Any) -> None:
    class Pong(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            assert self.request.recv(100) == b"zPING\0"
            self.request.sendall(b"PONG\0")

    with socketserver.TCPServer(("127.0.0.1", 0), Pong) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        settings.FILES_SCANNER = f"tcp://127.0.0.1:{server.server_address[1]}"
        finding = health.scanner()
    assert (finding.ok, finding.detail) == (True, "")


def test_without_a_database_nothing_else_is_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise DatabaseError("password authentication failed for user remit")

    monkeypatch.setattr(health, "connections", {"default": Gone()})
    response = client.get("/readyz", **OUTSIDE)
    assert (response.status_code, response.json()) == (503, {"ready": False})
    local = client.get("/readyz").json()
    assert local["findings"] == [{"name": "database", "ok": False, "detail": "DatabaseError", "needed": True}]


def test_with_another_master_key_nothing_is_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def another() -> None:
        raise MasterKeyInvalid("REMIT_MASTER_KEY is not the key")

    monkeypatch.setattr(health, "assert_opens", another)
    response = client.get("/readyz")
    assert response.status_code == 503
    told = {"name": "master key", "ok": False, "detail": "REMIT_MASTER_KEY is not the key", "needed": True}
    assert told in response.json()["findings"]
