"""The document of an edition: what it says, that it is made once, what happens where it cannot be made."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from pypdf import PdfReader

from backoffice.exports import documents, libraries, pdf
from foundation.outbox import services as outbox
from foundation.outbox.models import Message
from tests.factories.exports import make_position_edition, position_body

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    """Keep the documents of a test to itself."""
    settings.RENDERED_DIR = tmp_path / "rendered"
    return tmp_path / "rendered"


def pages_of(content: bytes, tmp_path: Path) -> list[str]:
    """Return the text of each page without line breaks and spaces."""
    file = tmp_path / "read.pdf"
    file.write_bytes(content)
    shown = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return ["".join(page.split()) for page in shown.split("\f")[:-1]]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_duty_is_there_word_for_word_and_whole_on_one_page(language: str, tmp_path: Path) -> None:
    body = position_body(duties=43)
    pages = pages_of(documents.render(make_position_edition(body), language), tmp_path)
    assert len(pages) > 2
    missing = [
        each["text"]
        for each in body["duties"]
        if not any("".join(each["text"].split()) in page for page in pages)
    ]
    assert missing == []


def test_duties_are_numbered_through_in_the_order_of_their_cadence(tmp_path: Path) -> None:
    body = position_body(duties=10)
    whole = "".join(pages_of(documents.render(make_position_edition(body), "en"), tmp_path))
    order = ["ongoing", "daily", "weekly", "monthly", "event"]
    printed = sorted(body["duties"], key=lambda duty: order.index(duty["cadence"]))
    places = [whole.index(f"{number}{duty['text'][:6]}") for number, duty in enumerate(printed, 1)]
    assert places == sorted(places)


def test_each_page_says_document_edition_page_date_and_hash(tmp_path: Path) -> None:
    edition = make_position_edition(number=3)
    pages = pages_of(documents.render(edition, "en"), tmp_path)
    for number, page in enumerate(pages, 1):
        assert "Positiondescription·After-salesserviceadviser" in page
        assert "HR-SVC-021·edition3" in page
        assert f"{number}/{len(pages)}" in page
        assert "EffectivefromDec.1,2026" in page
        assert f"SHA-256{edition.sha256[:12]}" in page


def test_no_heading_stands_alone_at_the_foot_of_a_page(tmp_path: Path) -> None:
    headings = (
        "Ongoing",
        "Daily",
        "Weekly",
        "Monthly",
        "Whenitoccurs",
        "Duties",
        "Authority",
        "Qualifications",
    )
    for duties in range(20, 26):
        for page in pages_of(
            documents.render(make_position_edition(position_body(duties=duties)), "en"), tmp_path
        ):
            body = page.split("Effectivefrom")[0]
            assert not body.endswith(headings), f"{duties} duties: {body[-30:]}"


def test_names_follow_the_language_and_chinese_stands_in(tmp_path: Path) -> None:
    edition = make_position_edition(
        position_body(department={"code": "S", "name": "售后服务部", "name_en": ""})
    )
    chinese = pages_of(documents.render(edition, "zh-hans"), tmp_path)[0]
    english = pages_of(documents.render(edition, "en"), tmp_path)[0]
    assert "服务经理" in chinese
    assert "Servicemanager" not in chinese
    assert "Servicemanager" in english
    assert "售后服务部" in english


def test_the_body_is_attached_and_its_hash_is_the_printed_one() -> None:
    edition = make_position_edition()
    reader = PdfReader(io.BytesIO(documents.render(edition, "zh-hans")))
    assert reader.attachments["edition.json"] == [bytes(edition.body)]


def test_the_same_edition_gives_the_same_bytes() -> None:
    edition = make_position_edition()
    assert documents.render(edition, "zh-hans") == documents.render(edition, "zh-hans")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "岗位"},
        {"title": "岗位", "title_en": "", "department": None, "reports_to": [], "headcount": 0},
        {"title": "岗位", "duties": [{"id": "d", "text": "做事", "cadence": "每逢单日"}], "sections": [{}]},
        position_body(duties=0, authorities=[], qualifications=[], sections=[]),
    ],
)
def test_a_body_with_holes_is_printed_with_what_it_has(body: dict[str, Any]) -> None:
    assert documents.render(make_position_edition(body), "en").startswith(b"%PDF")


def test_hostile_text_is_printed_as_text_and_hostile_rich_text_is_cut(tmp_path: Path) -> None:
    tag = "<img src=file:///etc/passwd>"
    rich = f"<p>文{tag}<script>x</script><style>*{{}}</style>本</p>"
    body = {
        **position_body(title=tag, sections=[{"id": "s", "heading": tag, "body": rich}]),
        "duties": [{"id": "d", "cadence": "daily", "text": tag}],
    }
    whole = "".join(pages_of(documents.render(make_position_edition(body), "zh-hans"), tmp_path))
    assert whole.count("<imgsrc=file:///etc/passwd>") >= 3
    assert "文本" in whole
    assert "root:" not in whole


# --- made once ------------------------------------------------------------------------------------------


def test_a_page_asks_the_worker_once_and_then_reads_the_file(own_folder: Path) -> None:
    edition = make_position_edition()
    assert documents.request_pdf(edition, "en") is None
    assert documents.request_pdf(edition, "en") is None
    message = Message.objects.get(kind="render_pdf")
    assert message.payload == {"edition": edition.pk, "language": "en"}
    assert outbox.deliver(message.pk)
    path = documents.request_pdf(edition, "en")
    assert path == documents.file_of(edition, "en")
    assert path.read_bytes() == documents.render(edition, "en")
    assert [each.name for each in own_folder.rglob("*") if each.is_file()] == [path.name]


def test_a_cleared_folder_is_filled_again(time_machine: Any) -> None:
    time_machine.move_to("2026-11-22 10:00:00+08:00")
    edition = make_position_edition()
    documents.request_pdf(edition, "en")
    assert outbox.deliver(Message.objects.get().pk)
    documents.file_of(edition, "en").unlink()
    time_machine.move_to("2026-11-22 10:06:00+08:00")
    assert documents.request_pdf(edition, "en") is None
    assert Message.objects.filter(delivered_at=None).count() == 1


def test_a_made_document_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = make_position_edition()
    first = documents.pdf_of(edition, "en")
    monkeypatch.setattr(pdf, "render", lambda *_, **__: pytest.fail("made a second time"))
    assert documents.pdf_of(edition, "en") == first
    assert documents.request_pdf(edition, "en") == first


def test_languages_editions_and_addresses_have_files_of_their_own(settings: Any) -> None:
    body = position_body()
    one, two = make_position_edition(body), make_position_edition(body)
    assert one.sha256 == two.sha256
    names = {documents.file_of(edition, language) for edition in (one, two) for language in ("zh-hans", "en")}
    settings.BASE_URL = "https://remit.example.cn"
    assert len(names | {documents.file_of(one, "en")}) == 5


def test_a_failed_rendering_leaves_no_file(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    def fail(*args: object, **options: object) -> bytes:
        raise pdf.RenderFailed("no")

    monkeypatch.setattr(pdf, "render", fail)
    edition = make_position_edition()
    with pytest.raises(pdf.RenderFailed):
        documents.pdf_of(edition, "en")
    assert list(own_folder.rglob("*.pdf")) == []


def test_the_name_for_saving_has_no_character_a_file_system_refuses() -> None:
    edition = make_position_edition(position_body(title='售后/服务:"顾问"'), key="SVC-021", number=2)
    assert documents.filename(edition, "zh-hans").startswith("SVC-021 售后 服务 顾问 ")
    assert (
        documents.filename(make_position_edition(), "en")
        == "SVC-021 After-sales service adviser edition 3.pdf"
    )


# --- without the libraries ------------------------------------------------------------------------------


@pytest.fixture
def no_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_opens", lambda name: "pango" not in name)


def test_without_the_libraries_nothing_is_asked_and_the_page_has_words(no_pango: None) -> None:
    edition = make_position_edition()
    assert documents.request_pdf(edition, "en") is None
    assert Message.objects.count() == 0
    assert libraries.INSTALL in libraries.notice()
    with pytest.raises(pdf.RenderFailed, match="libpango-1"):
        documents.pdf_of(edition, "en")


def test_without_the_libraries_the_system_check_warns(no_pango: None) -> None:
    assert [(each.id, each.hint) for each in run_checks() if each.id.startswith("exports")] == [
        ("exports.W001", f"As root: {libraries.INSTALL}")
    ]


def test_without_the_fast_subsetter_the_system_check_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_opens", lambda name: "subset" not in name)
    assert [each.id for each in run_checks() if each.id.startswith("exports")] == ["exports.W002"]
    assert libraries.notice() == ""
