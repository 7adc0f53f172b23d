"""``manage.py positions export``: files in a folder, and what it says when there are none."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from backoffice.exports import libraries
from tests.factories.organisation import make_department, make_position
from tests.factories.positions import make_published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22 10:00:00+08:00")
    settings.RENDERED_DIR = tmp_path / "rendered"


@pytest.fixture
def descriptions() -> None:
    sales, service = make_department("sales", name="销售部"), make_department("service", name="售后服务部")
    for code, title, department in (
        ("s-1", "销售经理", sales),
        ("v-1", "服务经理", service),
        ("v-2", "服务顾问", service),
    ):
        make_published(title, position=make_position(code, title=title, department=department))


def exported(*arguments: str) -> tuple[str, str]:
    out, told = io.StringIO(), io.StringIO()
    call_command("positions", "export", *arguments, stdout=out, stderr=told)
    return out.getvalue(), told.getvalue()


def test_each_description_is_one_pdf_and_all_of_them_a_booklet(descriptions: None, tmp_path: Path) -> None:
    out, told = exported("--pdf", str(tmp_path / "out"), "--booklet")
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert [name.split()[0] for name in names if name[1] == "-"] == ["s-1", "v-1", "v-2"]
    booklet = next(file for file in (tmp_path / "out").iterdir() if file.name[1] != "-")
    singles = sum(len(PdfReader(file).pages) for file in (tmp_path / "out").iterdir() if file != booklet)
    assert len(PdfReader(booklet).pages) > singles
    assert "3 PDF documents" in out
    assert "[3/3]" in told


def test_one_department_as_json_and_nothing_else_on_standard_output(
    descriptions: None, tmp_path: Path
) -> None:
    out, _told = exported("--pdf", str(tmp_path / "out"), "--department", "service", "--format", "json")
    report = json.loads(out)
    assert [row["code"] for row in report["positions"]] == ["v-1", "v-2"]
    assert all(Path(row["file"]).read_bytes().startswith(b"%PDF") for row in report["positions"])
    assert (report["day"], report["booklet"]) == ("2026-11-22", None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--pdf DIR"),
        (("--pdf", "{folder}", "--department", "gone"), "no department 'gone'"),
        (("--pdf", "{folder}", "--on", "2020-01-01"), "in force there on 2020-01-01"),
    ],
)
def test_what_cannot_be_exported_is_said(
    descriptions: None, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        exported(*(each.format(folder=tmp_path / "out") for each in arguments))
    assert not (tmp_path / "out").exists()


def test_a_day_to_come_has_what_is_in_force_then(descriptions: None, tmp_path: Path) -> None:
    later = (datetime.date(2026, 11, 22) + datetime.timedelta(days=400)).isoformat()
    assert json.loads(exported("--pdf", str(tmp_path), "--on", later, "--format", "json")[0])["day"] == later


def test_without_the_libraries_it_says_what_to_install(
    descriptions: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "_opens", lambda name: "pango" not in name)
    with pytest.raises(CommandError, match="libpango-1"):
        exported("--pdf", str(tmp_path / "out"))
