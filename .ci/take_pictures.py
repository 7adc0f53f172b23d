"""Take the pictures of the documentation from a served demonstration. Called by ``.ci/screenshots``.

Arguments: base address, the JSON of ``manage.py demo``, folder for the pictures, parts of names (none: all).
Signs in as the demonstration's people and photographs what they see.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1360, "height": 850}
PHONE = {"width": 390, "height": 844}


class Studio:
    """The browser, the address, the people."""

    def __init__(self, browser: Browser, base: str, people: dict[str, str], password: str) -> None:
        self.browser, self.base, self.people, self.password = browser, base, people, password

    def sign_in(self, role: str, size: dict[str, int] | None = None) -> Page:
        """Return a page on which the person with ``role`` has signed in."""
        context = self.browser.new_context(
            viewport=size or SIZE, device_scale_factor=1, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page = context.new_page()
        page.goto(f"{self.base}/sign-in/")
        page.fill("input[name=username]", self.people[role])
        page.fill("input[name=password]", self.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        return page


def photograph(page: Page, path: Path) -> None:
    """Write what the page shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(path), animations="disabled")


def first(page: Page, pattern: str) -> str:
    """Return the first address in the page's main part that fits ``pattern``."""
    for link in page.locator("main a[href]").all():
        if re.search(pattern, link.get_attribute("href") or ""):
            return link.get_attribute("href") or ""
    raise SystemExit(f"{page.url} has no link like {pattern}.")


def staff(studio: Studio, role: str, address: str, size: dict[str, int] | None = None) -> Page:
    """Return the page at ``address`` as the person with ``role`` sees it."""
    page = studio.sign_in(role, size)
    page.goto(studio.base + address)
    return page


def inbox(studio: Studio, path: Path) -> None:
    """The inbox of a manager."""
    photograph(staff(studio, "manager", "/inbox/"), path)


def notifications(studio: Studio, path: Path) -> None:
    """What a manager was told."""
    photograph(staff(studio, "manager", "/notifications/?show=all"), path)


def deliveries(studio: Studio, path: Path) -> None:
    """What went out, for the administrator."""
    photograph(staff(studio, "administrator", "/admin/notifications/deliveries/"), path)


def clocks(studio: Studio, path: Path) -> None:
    """Whether clocks fire, for the administrator."""
    photograph(staff(studio, "administrator", "/clocks/"), path)


def clock_explained(studio: Studio, path: Path) -> None:
    """One due time, stretch by stretch."""
    page = staff(studio, "manager", "/cases/?workflow=complaint")
    page.goto(studio.base + first(page, r"^/cases/[0-9a-f-]+/$"))
    page.goto(studio.base + first(page, r"^/cases/[0-9a-f-]+/clocks/[a-z_]+/$"))
    photograph(page, path)


def promises(studio: Studio, path: Path) -> None:
    """What was promised, for the manager: all they may see, what is late first."""
    photograph(staff(studio, "manager", "/promises/?whose=all"), path)


def ledger(studio: Studio, path: Path) -> None:
    """What is owed, by age."""
    page = staff(studio, "finance_manager", "/ledgers/collect_money/")
    photograph(page, path)


def load(studio: Studio, path: Path) -> None:
    """Who has how much, for the general manager."""
    photograph(staff(studio, "general_manager", "/load/"), path)


def report(studio: Studio, path: Path) -> None:
    """The monthly report of complaints."""
    photograph(staff(studio, "general_manager", "/reports/complaints_monthly/"), path)


def cases(studio: Studio, path: Path) -> None:
    """The list of cases with some ticked."""
    photograph(_ticked(studio), path)


def cases_arranged(studio: Studio, path: Path) -> None:
    """A view of complaints, with answers as columns and one of them filtered by."""
    asked = "scope=all&workflow=complaint&f=matter_category@choice:answered:"
    columns = ("subject", "state", "severity@choice", "matter_category@choice", "amount_claimed@money", "due")
    page = staff(studio, "manager", f"/cases/?{asked}{''.join(f'&c={one}' for one in columns)}")
    page.locator("details.register-menu summary").last.click()
    page.fill("#view-name", "投诉：按类别")
    page.locator("details[open] button.button--primary").last.click()
    page.locator(".tabs [aria-current=page]", has_text="按类别").wait_for()
    photograph(page, path)


def cases_given(studio: Studio, path: Path) -> None:
    """What came of giving them to somebody."""
    page = _ticked(studio)
    page.locator("[data-deed=give]").click()
    page.fill("#person-search", "sales_manager")
    page.keyboard.press("Enter")
    page.fill("#reason", "本周外出培训，请接手。")
    page.locator("button[value=try]").click()
    page.locator("button[value=do]").click()
    photograph(page, path)


def _ticked(studio: Studio) -> Page:
    page = staff(studio, "general_manager", "/cases/?workflow=complaint")
    for tick in page.locator("[data-pick]").all()[:3]:
        tick.check()
    return page


def inbox_on_a_phone(studio: Studio, path: Path) -> None:
    """The same on a phone."""
    photograph(staff(studio, "manager", "/inbox/", PHONE), path)


def case(studio: Studio, path: Path) -> None:
    """A complaint that has come far: the first one the clerk may close or return."""
    page = staff(studio, "clerk", "/inbox/")
    page.goto(studio.base + first(page, r"/cases/[0-9a-f-]{36}/$"))
    photograph(page, path)


def register(studio: Studio, path: Path) -> None:
    """The register of complaints, sorted by day, with a filter."""
    columns = "&".join(
        f"c={key}" for key in ("matter@text", "matter_category@choice", "severity@choice", "_by", "_at")
    )
    said = f"view=all&own=1&f=_state:any:submitted&{columns}"
    photograph(staff(studio, "manager", f"/registers/complaint/?{said}"), path)


def step(studio: Studio, path: Path) -> None:
    """A manager assigns a complaint."""
    page = staff(studio, "manager", "/inbox/")
    page.goto(studio.base + first(page, r"/cases/[0-9a-f-]{36}/$"))
    page.locator("[data-step]").first.click()
    photograph(page, path)


def form(studio: Studio, path: Path) -> None:
    """The complaint form, begun."""
    page = staff(studio, "clerk", "/requests/")
    page.locator(".tiles a").first.click()
    page.wait_for_load_state("networkidle")
    boxes = page.locator("main form input[type=text], main form input[type=tel]")
    for box, words in zip(boxes.all(), ("邵秋白", "138 0001 0001", "粤B1A2C3", "云途 S5"), strict=False):
        box.fill(words)
    photograph(page, path)


def requests_on_a_phone(studio: Studio, path: Path) -> None:
    """The catalogue of forms on a phone."""
    photograph(staff(studio, "clerk", "/requests/", PHONE), path)


def position(studio: Studio, path: Path) -> None:
    """A position description as staff read it."""
    photograph(staff(studio, "hr", "/positions/service-adviser/"), path)


def booklet(studio: Studio, path: Path) -> None:
    """The form for a booklet, below it one that was made."""
    page = studio.sign_in("hr")
    _make_booklet(studio, page)
    page.goto(f"{studio.base}/booklets/")
    photograph(page, path)


def booklet_pages(studio: Studio, path: Path) -> None:
    """The first four pages of a booklet: cover, contents, chart, a description."""
    page = studio.sign_in("hr")
    _make_booklet(studio, page)
    with page.expect_download() as download:
        page.locator("[data-result]").click()
    with tempfile.TemporaryDirectory() as folder:
        download.value.save_as(f"{folder}/booklet.pdf")
        subprocess.run(
            ["pdftoppm", "-r", "60", "-l", "4", "-png", "booklet.pdf", "page"], cwd=folder, check=True
        )
        pages = [Image.open(each).convert("RGB") for each in sorted(Path(folder).glob("page*.png"))]
    gap = 12
    whole = Image.new(
        "RGB",
        (sum(each.width + gap for each in pages) + gap, max(each.height for each in pages) + 2 * gap),
        "#9aa5ad",
    )
    left = gap
    for each in pages:
        whole.paste(each, (left, gap))
        left += each.width + gap
    whole.save(path)


def _make_booklet(studio: Studio, page: Page) -> None:
    """Have a booklet made of the after-sales department and wait until it is there."""
    page.goto(f"{studio.base}/booklets/?department=after-sales")
    page.locator("main form button.button--primary").click()
    page.wait_for_selector("[data-result]", timeout=180_000)


def chart(studio: Studio, path: Path) -> None:
    """The organisation chart."""
    photograph(staff(studio, "hr", "/positions/chart/"), path)


def staffing(studio: Studio, path: Path) -> None:
    """Who holds which position, and what is vacant."""
    photograph(staff(studio, "hr", "/admin/positions/staffing/"), path)


def admin_home(studio: Studio, path: Path) -> None:
    """The first page of the Wagtail admin, for HR."""
    photograph(staff(studio, "hr", "/admin/"), path)


def position_editor(studio: Studio, path: Path) -> None:
    """The duties of a description in the editor."""
    page = staff(studio, "hr", "/positions/service-adviser/")
    page.goto(studio.base + (page.locator(".page-header__actions a").last.get_attribute("href") or ""))
    page.get_by_role("tab").nth(1).click()
    photograph(page, path)


def approval(studio: Studio, path: Path) -> None:
    """A description that waits, as its approver sees it."""
    page = staff(studio, "general_manager", "/positions/approvals/")
    page.goto(studio.base + first(page, r"/positions/approvals/[0-9a-f-]{36}/$"))
    photograph(page, path)


def approval_on_a_phone(studio: Studio, path: Path) -> None:
    """The same on a phone."""
    page = staff(studio, "general_manager", "/positions/approvals/", PHONE)
    page.goto(studio.base + first(page, r"/positions/approvals/[0-9a-f-]{36}/$"))
    photograph(page, path)


def approval_submit(studio: Studio, path: Path) -> None:
    """What HR sees before submitting a changed description."""
    page = staff(studio, "hr", "/admin/pages/search/?q=配件主管")
    page.locator("main").get_by_role("link", name="配件主管").first.click()
    page.wait_for_load_state("networkidle")
    page.fill("[name=summary]", "管理配件的计划、订购、入库、发放与盘点，做到账实相符，紧急件当日到位。")
    page.locator("footer button.action-save").click()
    page.wait_for_load_state("networkidle")
    page.locator("footer .w-dropdown__toggle").click()
    page.locator("footer a[href$='/submit/']").click()
    photograph(page, path)


def library_item(studio: Studio, path: Path) -> None:
    """An item of the library and where it is used."""
    photograph(staff(studio, "hr", "/admin/positions/library/items/driving-licence/"), path)


def library_insert(studio: Studio, path: Path) -> None:
    """Choosing items of the library in the editor."""
    page = staff(studio, "hr", "/positions/service-adviser/")
    page.goto(studio.base + (page.locator(".page-header__actions a").last.get_attribute("href") or ""))
    page.get_by_role("tab").nth(1).click()
    page.locator("#duties-root + .remit-library-bar button").click()
    page.locator("dialog li input").first.check()
    photograph(page, path)


def import_review(studio: Studio, path: Path) -> None:
    """What the import proposes for a text, beside the text."""
    page = staff(studio, "hr", "/admin/positions/import/")
    text = {"name": "洗车岗位.txt", "mimeType": "text/plain", "buffer": COLLECTED.encode()}
    page.set_input_files("main form input[type=file]", text)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    if not re.search(r"/import/[0-9a-f-]{36}/", page.url):
        page.goto(studio.base + first(page, r"/import/[0-9a-f-]{36}/$"))
    photograph(page, path)


def sign_off_marks(studio: Studio, path: Path) -> None:
    """What a draft changes, and which of it holders sign for."""
    page = staff(studio, "hr", "/positions/service-adviser/")
    page.get_by_role("link", name="编辑").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("tab").nth(1).click()
    for name, words in (("0-value-deadline", "每日 16:00 前"), ("1-value-recipient", "服务经理")):
        field = page.locator(f"[name='duties-{name}']")
        page.locator("section", has=field).last.locator("[data-panel-toggle]").first.click()
        field.fill(words)
    page.locator("footer button.action-save").click()
    page.wait_for_load_state("networkidle")
    page.goto(page.url.replace("/pages/", "/positions/").replace("/edit/", "/sign-off/"))
    photograph(page, path)


def sign_off_report(studio: Studio, path: Path) -> None:
    """Who has signed, by department."""
    photograph(staff(studio, "hr", "/positions/sign-offs/report/"), path)


def sign_off_on_a_phone(studio: Studio, path: Path) -> None:
    """A request to sign on a phone, at the signature."""
    page = staff(studio, "general_manager", "/positions/sign-offs/", PHONE)
    page.locator(".sign-off-tile a").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("#answer").scroll_into_view_if_needed()
    photograph(page, path)


def import_word(studio: Studio, path: Path) -> None:
    """What somebody changed in the Word document of a description."""
    page = staff(studio, "hr", "/positions/service-adviser/")
    document = Document(
        io.BytesIO(page.request.get(f"{studio.base}/positions/service-adviser/editions/1.docx").body())
    )
    duties = [
        control
        for control in document.element.body.iter(qn("w:sdt"))
        if str(control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val"))).startswith("remit:duty:text:")
    ]
    words = next(duties[1].iter(qn("w:t")))
    words.text = (words.text or "").replace("三分钟", "五分钟")
    for one in (duties[3].getparent(), duties[3].getparent().getnext()):
        one.getparent().remove(one)
    added = document.add_paragraph("交车当日向客户发送保养提醒。")
    duties[5].getparent().addprevious(added._p)
    changed = io.BytesIO()
    document.save(changed)
    page.goto(f"{studio.base}/admin/positions/import/")
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    page.set_input_files(
        "main form input[type=file]",
        {"name": "服务顾问-修改.docx", "mimeType": word, "buffer": changed.getvalue()},
    )
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    photograph(page, path)


def audit(studio: Studio, path: Path) -> None:
    """The auditor's page."""
    photograph(staff(studio, "auditor", "/audit/"), path)


def audit_trail(studio: Studio, path: Path) -> None:
    """Every change of a complaint that is closed."""
    page = staff(studio, "auditor", "/audit/?kind=cases&q=温知夏")
    page.goto(studio.base + first(page, r"/audit/cases/.+"))
    photograph(page, path)


def people(studio: Studio, path: Path) -> None:
    """The accounts an administrator keeps."""
    photograph(staff(studio, "administrator", "/admin/users/"), path)


def forms(studio: Studio, path: Path) -> None:
    """The list of forms, for those who build them."""
    photograph(staff(studio, "form_builder", "/admin/forms/"), path)


def form_editor(studio: Studio, path: Path) -> None:
    """A form being built, with a sample in its preview."""
    page = staff(studio, "form_builder", "/admin/forms/complaint/?at=field%3Achannel_other")
    page.locator("[data-sample]").click()
    photograph(page, path)


def form_table(studio: Studio, path: Path) -> None:
    """The columns of a table and their own options, in the builder."""
    page = staff(studio, "form_builder", "/admin/forms/contract-approval/?at=field%3Aoffers")
    page.wait_for_load_state("networkidle")
    page.locator(".studio-fold > summary").first.click()
    page.locator("[data-key='field-options']").scroll_into_view_if_needed()
    page.evaluate("document.querySelector(\"[data-key='field-options']\").scrollIntoView()")
    page.evaluate("scrollBy(0, -90)")
    photograph(page, path)


def _reception(studio: Studio) -> Page:
    """Begin a vehicle reception sheet and return its first page, filled in."""
    page = staff(studio, "service_adviser", "/requests/vehicle-reception/")
    page.wait_for_load_state("networkidle")
    for name, words in (("plate", "粤BD12345"), ("vin", "LSVAA4182E2184847"), ("mileage", "36200")):
        field = page.locator(f"[name='f-{name}']")
        if field.count():
            field.first.fill(words)
    return page


def field_kinds(studio: Studio, path: Path) -> None:
    """Kinds of field on a reception sheet."""
    photograph(_reception(studio), path)


def files(studio: Studio, path: Path) -> None:
    """A photo of an invoice added to a payment request on a phone."""
    page = staff(studio, "manager", "/requests/payment-request/", PHONE)
    page.wait_for_load_state("networkidle")
    image = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(image, "JPEG")
    photo = {"name": "发票 0412.jpg", "mimeType": "image/jpeg", "buffer": image.getvalue()}
    page.locator("#field-f-invoice_photo-chosen").set_input_files([photo])
    page.wait_for_selector("[data-file]", timeout=20_000)
    page.locator("[data-path=invoice_photo]").scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 160)")
    photograph(page, path)


def registers(studio: Studio, path: Path) -> None:
    """The registers a manager reads."""
    photograph(staff(studio, "manager", "/registers/"), path)


def workflow_editor(studio: Studio, path: Path) -> None:
    """A workflow being built, with its diagram."""
    photograph(staff(studio, "form_builder", "/admin/case-workflows/complaint/?at=step%3Aassign"), path)


COLLECTED = """洗车工岗位职责
岗位名称：洗车工
所属部门：售后服务部
直接上级：服务经理
岗位职责：
1、交车前把车身、脚垫和玻璃清洗干净，当班完成。
2、清洗前环车看一遍，发现划痕当面告诉服务顾问并记在交接单上。
3、每天收工前清点毛巾、清洗液等用品，不够时报配件主管。
任职要求：
1、能吃苦，做事细心。
2、持有驾驶证者优先。
"""

PICTURES: dict[str, Callable[[Studio, Path], None]] = {
    "inbox": inbox,
    "inbox-phone": inbox_on_a_phone,
    "load": load,
    "report": report,
    "cases": cases,
    "cases-arranged": cases_arranged,
    "cases-given": cases_given,
    "notifications": notifications,
    "notification-deliveries": deliveries,
    "clocks": clocks,
    "clock-explained": clock_explained,
    "promises": promises,
    "ledger": ledger,
    "case": case,
    "register": register,
    "step": step,
    "form": form,
    "requests-phone": requests_on_a_phone,
    "position": position,
    "booklet": booklet,
    "booklet-pages": booklet_pages,
    "chart": chart,
    "staffing": staffing,
    "admin-home": admin_home,
    "position-editor": position_editor,
    "approval": approval,
    "approval-phone": approval_on_a_phone,
    "approval-submit": approval_submit,
    "library-item": library_item,
    "library-insert": library_insert,
    "import-review": import_review,
    "sign-off-marks": sign_off_marks,
    "sign-off-report": sign_off_report,
    "sign-off-phone": sign_off_on_a_phone,
    "import-word": import_word,
    "audit": audit,
    "audit-trail": audit_trail,
    "people": people,
    "forms": forms,
    "form-editor": form_editor,
    "form-table": form_table,
    "field-kinds": field_kinds,
    "files": files,
    "registers": registers,
    "workflow-editor": workflow_editor,
}


def wait_for(base: str, seconds: float = 60) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"{base} did not answer within {seconds:g} seconds.") from None
            time.sleep(0.3)


def main() -> None:
    """Take every picture asked for."""
    base, demo, folder, *wanted = sys.argv[1:]
    document = json.loads(Path(demo).read_text(encoding="utf-8"))
    people: dict[str, str] = {}
    for person in document["people"]:
        for role in person["roles"]:
            people.setdefault(role, person["username"])
    wait_for(base)
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        studio = Studio(browser, base, people, document["password"])
        for name, take in PICTURES.items():
            if not wanted or any(part in name for part in wanted):
                take(studio, Path(folder) / f"{name}.png")
                print(f"{folder}/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
