"""The printed description: everything the edition says is on the paper, and can be found in it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from pypdf import PdfReader
from pypdf.generic import Destination

from backoffice.exports import documents
from backoffice.positions.parts import PARTS, SINGLES
from tests.factories.exports import full_body, make_position_edition, position_body

pytestmark = pytest.mark.django_db


def pages_of(content: bytes, tmp_path: Path) -> list[str]:
    """Return the text of each page without line breaks and spaces."""
    file = tmp_path / "read.pdf"
    file.write_bytes(content)
    shown = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return ["".join(page.split()) for page in shown.split("\f")[:-1]]


def printed(body: dict[str, Any], tmp_path: Path, language: str = "zh-hans", **fields: Any) -> str:
    return "".join(pages_of(documents.render(make_position_edition(body, **fields), language), tmp_path))


def bookmarks(reader: PdfReader) -> list[str]:
    def walk(items: list[Any]) -> list[str]:
        return [
            name
            for item in items
            for name in ([str(item.title)] if isinstance(item, Destination) else walk(item))
        ]

    return walk(reader.outline)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("by", ["cadence", "category"])
def test_every_part_and_every_single_is_on_the_paper(language: str, by: str, tmp_path: Path) -> None:
    with translation.override(language):
        body, texts = full_body(duties_by=by)
        headings = [str(one.heading) for one in (*PARTS, *SINGLES) if one.name != "sections"]
    whole = printed(body, tmp_path, language)
    assert [text for text in (*texts, *headings) if "".join(text.split()) not in whole] == []


def test_each_heading_is_a_bookmark() -> None:
    with translation.override("en"):
        body, _texts = full_body()
        headings = {str(one.heading) for one in (*PARTS, *SINGLES) if one.name != "sections"}
    reader = PdfReader(io.BytesIO(documents.render(make_position_edition(body), "en")))
    assert headings - set(bookmarks(reader)) == set()


def test_none_nobody_and_not_filled_in_are_three_things(tmp_path: Path) -> None:
    body = position_body(reports_to=[], subordinates=[])
    assert "ReportstonotfilledinSubordinatesnotfilledin" in printed(body, tmp_path, "en")
    said = {**body, "no_superior": True, "no_subordinates": True}
    assert "ReportstonobodySubordinatesnone" in printed(said, tmp_path, "en", key="B")


def test_who_prepared_reviewed_and_approved_stands_there_and_a_gap_is_visible(tmp_path: Path) -> None:
    body = position_body(prepared_by={"id": "1", "name": "王敏", "name_en": "Wang Min"})
    whole = printed(body, tmp_path, "en")
    assert "PreparedbyReviewedbyApprovedbyWangMinnotfilledinnotfilledin" in whole


def test_a_document_for_reference_says_so_on_every_page(tmp_path: Path) -> None:
    edition = make_position_edition(position_body(duties=30, controlled="uncontrolled"))
    pages = pages_of(documents.render(edition, "en"), tmp_path)
    assert len(pages) > 1
    assert all("edition1·Forreferenceonly" in page for page in pages)


def test_a_duty_says_how_often_where_duties_stand_by_subject(tmp_path: Path) -> None:
    body = position_body(duties=3, duties_by="category")
    for duty in body["duties"]:
        duty["category"] = "接车"
    whole = printed(body, tmp_path, "en")
    assert "HowoftenWeekly" in whole
    assert "Subject" not in whole


def test_a_cadence_of_another_time_is_printed_under_its_own_name(tmp_path: Path) -> None:
    body = position_body(duties=1)
    body["duties"][0]["cadence"] = "每逢单日"
    assert "每逢单日" in printed(body, tmp_path)


# --- large and odd ----------------------------------------------------------------------------------------


def boxes_outside(content: bytes, tmp_path: Path) -> list[str]:
    """Return the words that stand outside the margins of their page, by pdftotext's boxes."""
    import re

    file = tmp_path / "boxes.pdf"
    file.write_bytes(content)
    shown = subprocess.run(
        ["pdftotext", "-bbox", str(file), "-"], capture_output=True, check=True
    ).stdout.decode()
    found = []
    for page in shown.split("<page ")[1:]:
        width, height = (float(each) for each in re.findall(r'(?:width|height)="([\d.]+)"', page)[:2])
        for left, top, right, bottom, word in re.findall(
            r'xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', page
        ):
            # 20 mm at the sides are 57 points; the header begins at 12 mm.
            if float(left) < 55 or float(right) > width - 55 or float(top) < 8 or float(bottom) > height - 8:
                found.append(word)
    return found


def test_three_hundred_duties_are_printed_whole_and_nothing_leaves_its_page(tmp_path: Path) -> None:
    body = position_body(duties=300)
    content = documents.render(make_position_edition(body), "zh-hans")
    pages = pages_of(content, tmp_path)
    missing = [duty["text"] for duty in body["duties"] if not any(duty["text"] in page for page in pages)]
    assert missing == []
    assert boxes_outside(content, tmp_path) == []


def test_very_long_words_and_titles_are_broken_and_not_cut_off(tmp_path: Path) -> None:
    word = "Kraftfahrzeughaftpflichtversicherung" * 12
    body, _texts = full_body(title="岗" * 200, title_en=word[:200])
    body["duties"][0]["text"] = word
    body["scorecard"][0]["indicator"] = word[:200]
    body["work_standards"][0]["requirement"] = word * 2
    for language in ("zh-hans", "en"):
        content = documents.render(make_position_edition(body, key=f"long-{language}"), language)
        assert boxes_outside(content, tmp_path) == []
        assert word in "".join(pages_of(content, tmp_path))


def test_characters_beyond_the_fonts_are_kept_as_text(tmp_path: Path) -> None:
    # Extension B, a rare name, an emoji: what the fonts cannot draw is still found and copied.
    odd = "𠀀𠮷𬱖😀"
    body = position_body(duties=1)
    body["duties"][0]["text"] = f"甲{odd}乙"
    assert f"甲{odd}乙" in printed(body, tmp_path)


def test_the_head_of_a_long_table_is_repeated_on_each_page(tmp_path: Path) -> None:
    body = position_body(
        duties=0,
        scorecard=[
            {
                "id": f"i{number}",
                "indicator": f"指标{number:03}",
                "target": "≥ 95 %",
                "weight": 1,
                "source": "月报",
            }
            for number in range(120)
        ],
    )
    pages = pages_of(documents.render(make_position_edition(body), "en"), tmp_path)
    with_rows = [page for page in pages if "指标" in page]
    assert len(with_rows) > 2
    assert all("IndicatorTargetWeight" in page for page in with_rows)
    assert [number for number in range(120) if not any(f"指标{number:03}" in page for page in pages)] == []
