"""A register, in Chinese: a sheet with a fault, put right; filtering, keeping a view, taking a file out, reading it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser

FORM = """
key: guests
title: {zh-hans: 来访登记, en: Guests}
category: {key: front, title: {zh-hans: 前台, en: Front desk}}
numbering: LF-{seq:04}
summary: [guest]
registered: {readers: [manager], importers: [manager], columns: [guest, purpose, spent, day], totals: [spent]}
pages:
  - id: visit
    title: {zh-hans: 来访, en: Visit}
    groups:
      - id: who
        fields:
          - {id: guest, kind: text, label: {zh-hans: 来宾, en: Guest}, required: true}
          - id: purpose
            kind: choice
            label: {zh-hans: 来意, en: Purpose}
            options:
              choices:
                - {key: repair, label: {zh-hans: 维修, en: Repair}}
                - {key: purchase, label: {zh-hans: 购车, en: Purchase}}
          - {id: spent, kind: money, label: {zh-hans: 金额, en: Spent}}
          - {id: day, kind: date, label: {zh-hans: 日期, en: Day}}
"""


@pytest.fixture
def register(served: Served, tmp_path: Path) -> str:
    """Publish the form with a pack of its own and return the address of its register."""
    pack = tmp_path / "pack"
    (pack / "forms").mkdir(parents=True)
    (pack / "forms" / "guests.yaml").write_text(FORM, "utf-8")
    done = served.manage("pack", "apply", str(pack), "--by", "administrator", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{served.url}/registers/guests/"


def fill(file: Path, rows: list[list[object]]) -> None:
    """Fill a downloaded template in."""
    book = openpyxl.load_workbook(file)
    for number, row in enumerate(rows, 2):
        for place, value in enumerate(row, 1):
            book.worksheets[0].cell(number, place, value)
    book.save(file)


def upload(page: Page, register: str, file: Path) -> None:
    page.goto(f"{register}import/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_load_state()


def accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


def test_a_sheet_is_put_right_and_the_register_filtered_kept_and_taken_out(
    served: Served, register: str, tmp_path: Path, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("manager", "zh-hans")
    page.goto(register)
    assert "尚无提交记录" in page.inner_text("main")
    page.get_by_role("link", name="导入").click()
    with page.expect_download() as template:
        page.get_by_role("link", name="下载模板").click()
    file = tmp_path / "来访.xlsx"
    template.value.save_as(file)
    today = datetime.date.today()  # noqa: DTZ011 - the day of the browser's own form
    rows: list[list[object]] = [
        ["王小明", "维修", 120.5, today],
        ["=cmd()", "购车", "很多", today],
        ["李四", "购车", 80, datetime.date(2020, 1, 1)],
    ]
    fill(file, rows)
    upload(page, register, file)
    told = page.inner_text("main")
    assert "需要更正" in told
    assert "很多" in told
    assert "这是公式" in told
    accessible(page)
    rows[1] = ["张三", "购车", 99, today]
    fill(file, rows)
    upload(page, register, file)
    page.get_by_role("button", name="导入 3 行").click()
    page.wait_for_load_state()
    assert "LF-0003" in page.inner_text("main")

    page.goto(register)
    assert "¥299.50" in page.inner_text(".register-sums")
    accessible(page)
    page.get_by_text("筛选", exact=True).click()
    page.locator(".register-panel--long").get_by_role("link", name="日期").click()
    page.get_by_label("在时间段内").last.select_option("this_year")
    page.get_by_role("button", name="应用筛选").click()
    page.wait_for_load_state()
    assert "日期：今年" in page.inner_text(".register-chips")
    assert page.locator("tbody tr").count() == 2
    assert "¥219.50" in page.inner_text(".register-sums")

    page.get_by_text("视图", exact=True).click()
    page.fill("#view-name", "今年来访")
    page.get_by_role("button", name="保存视图").click()
    page.wait_for_load_state()
    assert page.locator(".tabs a[aria-current]").inner_text().startswith("今年来访")

    page.get_by_text("导出", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Excel").click()
    taken.value.save_as(tmp_path / "台账.xlsx")
    book = openpyxl.load_workbook(tmp_path / "台账.xlsx")
    sheet = book["来访登记"]
    head = [cell.value for cell in sheet[1]]
    assert sorted(row[head.index("来宾")].value for row in sheet.iter_rows(min_row=2)) == ["张三", "王小明"]
    assert {row[head.index("金额")].value for row in sheet.iter_rows(min_row=2)} == {120.5, 99}
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    about = {row[0].value: row[1].value for row in book["文件说明"].iter_rows(max_row=6)}
    assert about["筛选条件"] == "日期：今年"

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(register)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
