"""Every file somebody takes out is an event of their account, and auditors read it there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.access.records import EXPORTED, stream_of
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from tests.factories.organisation import make_user, make_user_with_roles
from tests.factories.positions import make_editor, make_published

pytestmark = pytest.mark.django_db


def exported(person) -> list[tuple[str, str]]:
    return [
        (event.references["route"], event.references["address"])
        for event in events_of(stream_of(person))
        if event.kind == EXPORTED
    ]


@pytest.fixture
def hr(client):
    person = make_editor()
    client.force_login(person)
    return person


@pytest.fixture
def a_pdf(monkeypatch, tmp_path):
    file = tmp_path / "edition.pdf"
    file.write_bytes(b"%PDF-1.7")
    monkeypatch.setattr("backoffice.exports.documents.request_pdf", lambda edition, language: file)


def test_pdf_word_report_and_chart_are_each_written_down_once(client, hr, a_pdf):
    page = make_published()
    routes = {
        "positions:pdf": [page.code, 1],
        "positions:word": [page.code, 1],
        "positions:sign-off-report-file": [],
        "positions:chart-svg": [],
    }
    for route, arguments in routes.items():
        assert client.get(reverse(route, args=arguments)).status_code == 200
    assert exported(hr) == [(route, reverse(route, args=arguments)) for route, arguments in routes.items()]
    assert verify(stream=stream_of(hr)).faults == []


def test_what_is_only_read_or_refused_is_no_export(client, hr, a_pdf, monkeypatch):
    page = make_published()
    client.get(reverse("positions:detail", args=[page.code]))
    client.get(reverse("positions:chart"))
    client.head(reverse("positions:word", args=[page.code, 1]))
    client.get(reverse("positions:word", args=[page.code, 7]))
    Client().get(reverse("positions:word", args=[page.code, 1]))
    monkeypatch.setattr("backoffice.exports.documents.request_pdf", lambda edition, language: None)
    client.get(reverse("positions:pdf", args=[page.code, 1]))
    assert exported(hr) == []


def test_what_was_searched_for_is_not_kept_for_ever(client, hr):
    client.get(reverse("positions:sign-off-report-file"), {"q": "张伟"})
    assert "张伟" not in str([event.references for event in events_of(stream_of(hr))])
    assert exported(hr) == [("positions:sign-off-report-file", reverse("positions:sign-off-report-file"))]


def test_auditors_read_sign_ins_and_exports_of_a_person_on_one_page(client, hr):
    page = make_published()
    client.get(reverse("positions:word", args=[page.code, 1]))
    auditor = make_user_with_roles("auditor", language="en")
    client.force_login(auditor)
    client.cookies["django_language"] = "en"
    found = client.get(reverse("auditing:search"), {"kind": "people", "q": hr.username}).content.decode()
    assert reverse("auditing:trail", args=["people", hr.username]) in found
    told = client.get(reverse("auditing:trail", args=["people", hr.username])).content.decode()
    assert "Signed in" in told
    assert f"File taken out · {reverse('positions:word', args=[page.code, 1])}" in told
    assert client.get(reverse("auditing:trail", args=["people", "nobody-at-all"])).status_code == 404
    client.force_login(make_user())
    assert client.get(reverse("auditing:trail", args=["people", hr.username])).status_code == 404
