"""HR downloads the Word document, somebody edits it, HR imports it: the changes are reviewed and go into the draft."""

from __future__ import annotations

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from docx import Document
from docx.oxml.ns import qn

from backoffice.positions.models import ImportedText, PositionPage
from foundation.editions.models import Edition
from tests.factories.organisation import make_department, make_position, make_user
from tests.factories.positions import duty, make_editor, make_published, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def hr(client):
    person = make_editor("author", language="en")
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return person


@pytest.fixture
def page(hr):
    return make_published(
        "配件主管",
        by=hr,
        position=make_position("parts-lead", title="配件主管"),
        duties=[duty("核对库存"), duty("上报报表", "monthly", deadline="每月5日前")],
    )


def downloaded(client, page: PositionPage) -> bytes:
    response = client.get(reverse("positions:word", args=[page.position.code, 1]))
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert "attachment" in response["Content-Disposition"]
    return response.content


def edited(data: bytes, **new: str) -> bytes:
    document = Document(io.BytesIO(data))
    for text in document.element.body.iter(qn("w:t")):
        text.text = new.get(text.text or "", text.text)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def imported(client, data: bytes) -> str:
    upload = SimpleUploadedFile("配件主管.docx", data)
    return client.post(reverse("positions_import"), {"file": upload})["Location"]


def texts(page: PositionPage) -> list[str]:
    draft = PositionPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return [row["value"]["text"] for row in draft.duties.raw_data]


def test_the_reading_page_offers_the_document(client, page):
    text = client.get(reverse("positions:detail", args=["parts-lead"])).content.decode()
    assert reverse("positions:word", args=["parts-lead", 1]) in text


def test_the_document_says_what_hr_hands_out(client, page):
    data = downloaded(client, page)
    document = Document(io.BytesIO(data))
    words = "".join(text.text or "" for text in document.element.body.iter(qn("w:t")))
    edition = Edition.objects.get()
    assert all(one in words for one in ("配件主管", "核对库存", "每月5日前", edition.sha256))
    header = "".join(t.text or "" for t in document.sections[0].header._element.iter(qn("w:t")))
    footer = document.sections[0].footer._element
    assert "edition 1" in header
    assert edition.sha256[:12] in "".join(t.text or "" for t in footer.iter(qn("w:t")))
    assert [field.get(qn("w:instr")) for field in footer.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
    fonts = document.styles["Normal"].element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    assert fonts.get(qn("w:eastAsia")) == "微软雅黑"
    assert {"Heading 1"} <= {paragraph.style.name for paragraph in document.paragraphs}


def test_an_edited_document_is_reviewed_and_its_changes_go_into_the_draft(client, page):
    address = imported(client, edited(downloaded(client, page), 核对库存="每周核对库存"))
    response = client.get(address)
    ((change, ticked),) = response.context["changes"]
    assert (change.before, change.after, ticked) == ("核对库存", "每周核对库存", True)
    assert "每周核对库存" in response.content.decode()
    assert texts(page) == ["核对库存", "上报报表"]
    answer = client.post(address, {"change": change.key})
    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert texts(page) == ["每周核对库存", "上报报表"]
    assert Edition.objects.count() == 1  # nothing is published
    assert ImportedText.objects.get().confirmed_at is not None


def test_what_hr_changed_meanwhile_is_told_and_kept(client, page, hr):
    address = imported(client, edited(downloaded(client, page), 核对库存="每周核对库存"))
    save_draft(page, by=hr, duties=[duty("盘点库存"), duty("上报报表", "monthly")])
    key = client.get(address).context["changes"][0][0].key
    answer = client.post(address, {"change": key}, follow=True)
    assert texts(page) == ["盘点库存", "上报报表"]
    assert "The draft says otherwise by now" in answer.content.decode()


def test_nothing_ticked_changes_nothing_and_says_so(client, page):
    address = imported(client, edited(downloaded(client, page), 核对库存="每周核对库存"))
    assert "Nothing is ticked" in client.post(address).content.decode()
    assert texts(page) == ["核对库存", "上报报表"]


def test_an_untouched_document_says_that_there_is_nothing_to_take_over(client, page):
    text = client.get(imported(client, downloaded(client, page))).content.decode()
    assert "there is nothing to take over" in text
    assert "Put the ticked changes" not in text


def test_a_document_of_another_installation_becomes_a_draft_of_its_own(client, page):
    data = downloaded(client, page)
    other = edited(data, **{"配件主管": "配件组长"})
    document = Document(io.BytesIO(other))
    custom = next(
        rel for rel in document.part.package.rels.values() if rel.reltype.endswith("custom-properties")
    )
    custom.target_part._blob = custom.target_part.blob.replace(b"parts-lead", b"elsewhere")
    buffer = io.BytesIO()
    document.save(buffer)
    address = imported(client, buffer.getvalue())
    assert "not here" in client.get(address).content.decode()
    client.post(address)
    made = PositionPage.objects.get(title="配件组长")
    assert [row["value"]["text"] for row in made.duties.raw_data] == ["核对库存", "上报报表"]


def test_whoever_may_not_read_an_older_edition_does_not_get_its_document(client, page, hr):
    save_draft(page, by=hr, summary="新")
    page.refresh_from_db()
    page.get_latest_revision().publish(user=hr, skip_permission_checks=True)
    client.force_login(make_user())
    assert client.get(reverse("positions:word", args=["parts-lead", 1])).status_code == 404
    assert client.get(reverse("positions:word", args=["parts-lead", 2])).status_code == 200


# --- the command


def test_export_writes_what_is_in_force_and_import_shows_what_was_changed(page, hr, tmp_path, capsys):
    call_command("positions", "export", "--docx", str(tmp_path))
    (file,) = tmp_path.iterdir()
    printed = capsys.readouterr()
    assert (file.suffix, "[1/1]" in printed.err, "1 Word documents" in printed.out) == (".docx", True, True)
    file.write_bytes(edited(file.read_bytes(), 核对库存="每周核对库存"))
    call_command("positions", "import", str(file), "--dry-run", "--format", "json")
    printed = capsys.readouterr()
    (report,) = json.loads(printed.out)["files"]
    assert (report["written_here"], report["key"], report["edition"]) == (True, "parts-lead", 1)
    assert [(one["kind"], one["before"], one["after"]) for one in report["changes"]] == [
        ("changed", "核对库存", "每周核对库存")
    ]
    unit = report["units"][0]
    assert (unit["kind"], unit["title"]) == ("position", "配件主管")
    assert [(one["text"], one["cadence"], one["deadline"]) for one in unit["duties"]] == [
        ("每周核对库存", "ongoing", ""),
        ("上报报表", "monthly", "每月5日前"),
    ]
    assert all(one["source"] for one in unit["duties"])
    assert texts(page) == ["核对库存", "上报报表"]
    call_command("positions", "import", str(file), "--by", "author")
    assert texts(page) == ["每周核对库存", "上报报表"]


def test_export_of_a_department_takes_those_below_it(page, hr, tmp_path):
    above = make_department(code="sales", name="销售部")
    below = make_department(code="desk", name="前台组", parent=above)
    make_published("前台", by=hr, position=make_position("desk-lead", title="前台", department=below))
    call_command("positions", "export", "--docx", str(tmp_path), "--department", "sales")
    assert [path.name.split()[0] for path in tmp_path.iterdir()] == ["desk-lead"]
    with pytest.raises(CommandError):
        call_command("positions", "export", "--docx", str(tmp_path), "--department", "nowhere")
    with pytest.raises(CommandError):
        call_command("positions", "export")
