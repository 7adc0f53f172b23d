"""The comparison of two editions as PDF: what it says, that it is made once, and who gets it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from backoffice.exports import libraries, pdf
from backoffice.positions import comparison_document
from foundation.editions.models import Edition
from foundation.outbox import services as outbox
from foundation.outbox.models import Message
from tests.factories.organisation import make_position, make_user_with_roles
from tests.factories.positions import duty, make_published, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.RENDERED_DIR = tmp_path / "rendered"


@pytest.fixture
def editions() -> tuple[Edition, Edition]:
    """Two editions: a deadline changed, a duty gone, a duty new, forty that stayed."""
    stays = [duty(f"第{number:02}项照旧的工作") for number in range(40)]
    page = make_published(
        "服务顾问",
        position=make_position("adviser", title="服务顾问"),
        duties=[duty("回访客户", deadline="三日内"), duty("清点备件"), *stays],
    )
    kept = [dict(block) for block in page.duties.get_prep_value()]
    kept[0] = {**kept[0], "value": {**kept[0]["value"], "deadline": "二十四小时内"}}
    publish(page, duties=[kept[0], *kept[2:], duty("<b>记录投诉</b>")])
    first, second = Edition.objects.filter(kind="position").order_by("number")
    return first, second


def text_of(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "read.pdf"
    file.write_bytes(content)
    shown = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return "".join(shown.split())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_says_what_is_gone_what_is_new_and_what_changed_and_nothing_else(
    editions: tuple[Edition, Edition], language: str, tmp_path: Path
) -> None:
    content = comparison_document.render(*editions, language)
    whole = text_of(content, tmp_path)
    for told in ("清点备件", "<b>记录投诉</b>", "三日内", "二十四小时内", "服务顾问"):
        assert told in whole
    assert "照旧的工作" not in whole
    for edition in editions:
        assert edition.sha256[:12] in whole


def test_it_is_tagged_archivable_and_numbered(editions: tuple[Edition, Edition], tmp_path: Path) -> None:
    content = comparison_document.render(*editions, "en")
    reader = PdfReader(io.BytesIO(content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value is True
    assert b'pdfaid:part="3"' in reader.trailer["/Root"]["/Metadata"].get_data()
    assert f"1/{len(reader.pages)}" in text_of(content, tmp_path)
    assert reader.metadata is not None
    assert reader.metadata.title == "服务顾问 · Edition 1 → edition 2"


def test_two_editions_that_say_the_same_say_so(editions: tuple[Edition, Edition], tmp_path: Path) -> None:
    content = comparison_document.render(editions[0], editions[0], "en")
    assert "Botheditionssaythesame" in text_of(content, tmp_path)


def test_it_is_made_once_by_the_worker_and_then_a_file(
    editions: tuple[Edition, Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert comparison_document.request_pdf(*editions, "en") is None
    assert comparison_document.request_pdf(*editions, "en") is None
    message = Message.objects.get(kind="render_comparison")
    assert outbox.deliver(message.pk)
    monkeypatch.setattr(pdf, "render", lambda *_, **__: pytest.fail("made a second time"))
    made = comparison_document.request_pdf(*editions, "en")
    assert made is not None
    assert made.read_bytes().startswith(b"%PDF")
    assert comparison_document.request_pdf(*reversed(editions), "en") is None


def test_its_name_says_which_editions(editions: tuple[Edition, Edition]) -> None:
    assert comparison_document.filename(*editions, "en") == "adviser editions 1 and 2 compared.pdf"


@pytest.mark.parametrize("role", ["hr", "manager", "general_manager", "auditor"])
def test_those_who_read_older_editions_get_it(editions: tuple[Edition, Edition], role: str) -> None:
    client = Client()
    client.force_login(make_user_with_roles(role))
    address = reverse("positions:compare-pdf", args=["adviser", 1, 2])
    waiting = client.get(address)
    assert waiting.status_code == 202
    assert outbox.deliver(Message.objects.get(kind="render_comparison").pk)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_others_do_not(editions: tuple[Edition, Edition]) -> None:
    client = Client()
    client.force_login(make_user_with_roles("clerk"))
    assert client.get(reverse("positions:compare-pdf", args=["adviser", 1, 2])).status_code == 404
    assert Message.objects.filter(kind="render_comparison").count() == 0


def test_where_no_pdf_can_be_made_the_page_says_so(
    editions: tuple[Edition, Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "_opens", lambda name: "pango" not in name)
    client = Client()
    client.force_login(make_user_with_roles("hr"))
    answer = client.get(reverse("positions:compare-pdf", args=["adviser", 1, 2]))
    assert answer.status_code == 503
    assert libraries.INSTALL in answer.content.decode()
