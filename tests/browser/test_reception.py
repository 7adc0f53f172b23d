"""A reception sheet beside the car: begun at the desk, gone on with on the phone, photographed, signed, corrected.

In Chinese and in English, with the dealership's own form: conditions, rows, photos, a drawn signature.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
CAR = {
    "customer_name": "顾平川",
    "phone": "13800138000",
    "model": "途岳 2024",
    "mileage": "23000",
}


@pytest.mark.parametrize(("language", "plate"), [("zh-hans", "京A12345"), ("en", "沪AD12345")])
def test_a_reception_sheet_from_the_desk_to_the_register(
    served: Served, sign_in: Callable[[str, str], Page], tmp_path: Path, language: str, plate: str
) -> None:
    desk, phone = sign_in("adviser", language), sign_in("adviser", language)
    begin(served, desk, plate)
    phone.set_viewport_size(PHONE)
    go_on(served, phone)
    photograph(phone, tmp_path)
    no_faults_for_screen_readers(phone)
    sign(phone)
    phone.locator("button[name=do][value=submit]").click()
    phone.wait_for_load_state("networkidle")
    address = open_submitted(served, phone, plate)
    correct(phone, address)

    manager = sign_in("service_manager", language)
    listed = export(served, manager)
    assert any({CAR["model"], "32000"} <= set(row) for row in listed), listed
    whole = served.manage("verify", "--format", "json")
    assert whole.returncode == 0, whole.stdout


def begin(served: Served, page: Page, plate: str) -> None:
    """Fill in the first page, go on to the second, find a damage."""
    page.goto(f"{served.url}/requests/")
    page.locator("main a[href$='/vehicle-reception/']").first.click()
    page.wait_for_load_state("networkidle")
    for name, words in {**CAR, "plate": plate}.items():
        page.fill(f"[name=f-{name}]", words)
    page.check("[name=f-fuel][value=half]")
    page.locator("button[name=do][value=next]").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-group=damages]")).to_have_count(0)
    page.check("[name=f-damage_found][value=yes]")
    expect(page.locator("[data-row-path='damages/r1']")).to_be_visible()
    page.select_option("[name='f-damages/r1/place']", "left")
    page.select_option("[name='f-damages/r1/damage']", "scratch")
    with page.expect_response(lambda got: "约十厘米".encode() in (got.request.post_data_buffer or b"")):
        page.fill("[name='f-damages/r1/damage_note']", "约十厘米")  # saved when one stops typing
    expect(page.locator(".save-state--saved")).to_be_visible()


def go_on(served: Served, page: Page) -> None:
    """Open the draft on another device, where it was left; add a second damage and the rest."""
    page.goto(f"{served.url}/requests/mine/")
    page.locator(".drafts__link").first.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name='f-damages/r1/damage_note']")).to_have_value("约十厘米")
    page.locator("button[value='add-row:damages']").click()
    expect(page.locator("[data-row-path='damages/r2']")).to_be_visible()
    page.select_option("[name='f-damages/r2/place']", "front")
    page.select_option("[name='f-damages/r2/damage']", "dent")
    page.check("[name=f-with_customer][value=yes]")
    for cover in ("seat", "wheel", "mat"):
        page.check(f"[name=f-covers][value={cover}]")
    page.check("[name=f-valuables][value=yes]")
    page.check("[name=f-articles_left][value=yes]")
    page.fill("[name=f-interior]", "整洁")
    page.fill("[name=f-customer_questions]", "冷车起步有异响")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def photograph(page: Page, folder: Path) -> None:
    """Upload a photograph that says where it was taken; what is kept says it no longer."""
    file, picture = folder / "左前门.jpg", Image.new("RGB", (640, 480), (90, 120, 150))
    marks = Image.Exif()
    marks[0x010F] = "SecretCamera"
    marks.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    picture.save(file, exif=marks)
    page.set_input_files("#field-f-damages-r1-damage_photo-chosen", file)
    shown = page.locator("[data-row-path='damages/r1'] [data-files-list] li img")
    expect(shown).to_be_visible()
    kept = page.request.get(page.evaluate("(image) => image.src", shown.element_handle()))
    assert kept.status == 200
    assert b"SecretCamera" not in kept.body()
    assert not Image.open(io.BytesIO(kept.body())).getexif()


def no_faults_for_screen_readers(page: Page) -> None:
    """The filled page has no fault that axe finds."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def sign(page: Page) -> None:
    """Draw a signature on the glass."""
    canvas = page.locator("[data-pad] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 40 + step * 18, box["y"] + (80 if step % 2 else 40))
    page.mouse.up()
    expect(page.locator("[data-signature] [data-files-list] li")).to_have_count(1)


def open_submitted(served: Served, page: Page, plate: str) -> str:
    """Find what was handed in among one's own, and read it back."""
    expect(page.locator("main")).to_contain_text("JC-")
    page.goto(f"{served.url}/requests/mine/")
    page.locator("main table tbody tr", has_text="途岳").get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".answered-rows__row")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("冷车起步有异响")
    return page.url


def correct(page: Page, address: str) -> None:
    """Correct the mileage, with a reason; the page then tells of both."""
    page.locator("a[href$='/correct/']").first.click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{page.url.partition('?')[0]}?page=car")
    page.fill("[name=f-mileage]", "32000")
    page.locator("button[name=do][value=next]").click()
    page.wait_for_load_state("networkidle")
    page.fill("[name=reason]", "里程数字抄反了")
    page.locator("button[name=do][value=submit]").last.click()
    page.wait_for_load_state("networkidle")
    page.goto(address)
    expect(page.locator("main")).to_contain_text("32,000")


def export(served: Served, page: Page) -> list[list[str]]:
    """Export the register and return the rows of its first sheet as texts."""
    page.goto(f"{served.url}/registers/vehicle-reception/")
    page.wait_for_load_state("networkidle")
    page.locator("summary", has=page.locator("use[href$='#download']")).first.click()
    with page.expect_download() as waiting:
        page.locator("button[value=xlsx]").first.click()
    book = load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()), read_only=True)
    return [
        ["" if cell is None else str(cell) for cell in row]
        for sheet in book.worksheets
        for row in sheet.values
    ]
