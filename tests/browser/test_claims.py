"""A warranty claim of the dealership by the people who do it, in Chinese: from the counter to the closed month.

The adviser hands it in and the warranty officer takes every step on a phone; finance books a part of the money at the
desk and closes the month in which it was claimed.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.casework import faults_on, from_inbox, send
from tests.browser.conftest import ROOT, Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
PHONE = {"width": 390, "height": 844}
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
LAST_MONTH = TODAY.replace(day=1) - datetime.timedelta(days=1)

BEFORE = """
from foundation.organisation.models import Position, User
from tests.factories.organisation import hold
hold(User.objects.get(username="service_manager"), Position.objects.get(code="technician"))
"""
CAR = {
    "customer_name": "柏青",
    "phone": "13800010003",
    "plate": "粤BD12345",
    "vin": "LSVNV2182E2100012",
    "model": "云途 E3",
    "maker": "云途汽车",
    "mileage": "18200",
    "defective_part": "右前大灯总成",
    "failed_on": (TODAY - datetime.timedelta(days=50)).isoformat(),
    "defect": "夜间行驶时右前大灯间歇熄灭。",
}


@pytest.fixture(scope="module")
def technician(served: Served) -> None:
    """Fill the vacant post of the technician, who replaces the part."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0"],
        cwd=ROOT,
        env={**served.environment, "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
        input=BEFORE,
        text=True,
        check=True,
        capture_output=True,
    )


def put(page: Page, answers: Mapping[str, str], prefix: str = "") -> None:
    """Answer questions as people do: type, tick, choose."""
    for name, value in answers.items():
        field = page.locator(f"[name='{prefix}{name}']")
        kind = field.first.evaluate("one => one.type || one.tagName")
        if kind in ("radio", "checkbox"):
            page.locator(f"[name='{prefix}{name}'][value='{value}']").check()
        elif kind.startswith("select"):
            field.first.select_option(value)
        else:
            field.first.fill(value)


def step(served: Served, page: Page, number: str, name: str, answers: Mapping[str, str]) -> None:
    """Take a step of the case from where it waits for the person."""
    from_inbox(served, page, number)
    page.locator(f"[data-step={name}]").click()
    put(page, answers)
    narrow(page)
    send(page)
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))


def narrow(page: Page) -> None:
    """Nothing is to be pushed sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def hand_in(served: Served, page: Page) -> str:
    """Fill in the request at the counter, on a phone; return the number of its case."""
    page.goto(f"{served.url}/requests/warranty-request/")
    put(page, CAR, "f-")
    narrow(page)
    while page.locator("button[name=do][value=next]").count():
        page.locator("button[name=do][value=next]").click()
        page.wait_for_load_state("networkidle")
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_url(re.compile(r"/received/"))
    narrow(page)
    page.locator("main .button--primary").click()
    page.wait_for_url(re.compile(r"/cases/"))
    narrow(page)
    return page.locator("[data-case-number]").inner_text()


@pytest.mark.usefixtures("technician")
def test_a_warranty_claim_is_paid_in_part_and_its_month_is_closed(served: Served, sign_in: SignIn) -> None:
    adviser, officer = sign_in("adviser", "zh-hans"), sign_in("clerk2", "zh-hans")
    for phone in (adviser, officer):
        phone.set_viewport_size(PHONE)
    complaints = watched(adviser)
    number = hand_in(served, adviser)
    faults = faults_on(adviser)

    finding = {"finding": "大灯控制模块虚焊。", "covered": "covered", "appraiser_trained": "yes"}
    step(served, officer, number, "appraise", finding)
    step(served, officer, number, "approve", {})
    technician = sign_in("service_manager", "zh-hans")
    replaced = {"replaced_on": LAST_MONTH.isoformat()}
    step(served, technician, number, "replace_part", replaced)
    claim = {
        "claim_class": "new_car",
        "claim_number": "SP-77031",
        "claim_amount": "3,000.00",
        "filed_on": LAST_MONTH.isoformat(),
    }
    from_inbox(served, officer, number)
    officer.locator("[data-step=file_claim]").click()
    put(officer, claim)
    faults += faults_on(officer)
    send(officer)  # the papers are missing
    expect(officer.locator("main")).to_contain_text("索赔资料")
    for tick in officer.locator("input[type=checkbox][name^='papers']").all():
        tick.check()
    send(officer)
    officer.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
    case_url = officer.url
    step(
        served, officer, number, "claim_accepted", {"granted": "2800", "difference_reason": "工时按厂家标准"}
    )

    # The manufacturer pays a part of it; more than is open is refused.
    finance = sign_in("finance_manager", "zh-hans")
    finance.goto(case_url)
    finance.locator("[data-step=book_payment]").click()
    put(finance, {"payment": "2800.01", "payment_on": TODAY.isoformat(), "payment_mark": "HK-0917"})
    send(finance)
    expect(finance.locator("[role=alert]")).to_contain_text("到账金额超过未收余额")
    put(finance, {"payment": "1000"})
    faults += faults_on(finance)
    send(finance)
    finance.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
    expect(finance.locator("#ledger")).to_contain_text("1,800.00")
    faults += faults_on(finance)

    # What was claimed last month is closed with it, for ever; the rest stays open at the desk.
    finance.goto(f"{served.url}/ledgers/warranty_claim/months/")
    expect(finance.locator("main")).to_contain_text("3,000.00")
    faults += faults_on(finance)
    finance.locator("main form input[type=checkbox]").check()
    finance.locator("main form .button--primary").click()
    expect(finance.locator(".ledger-table")).to_contain_text("3,000.00")
    faults += faults_on(finance)
    finance.goto(f"{served.url}/ledgers/warranty_claim/")
    row = finance.locator("tr[data-row]", has_text=number)
    expect(row).to_contain_text("1,800.00")
    faults += faults_on(finance)
    row.locator("a[data-row-link]").click()
    expect(finance.locator("#ledger")).to_contain_text("HK-0917")
    officer.goto(case_url)
    narrow(officer)
    faults += faults_on(officer)
    assert complaints == []
    assert faults == []


def test_axe_finds_nothing_on_what_administrators_keep(served: Served, sign_in: SignIn) -> None:
    page = sign_in("administrator", "zh-hans")
    faults = []
    for path in ("/clocks/", "/clocks/what-if/"):
        page.goto(served.url + path)
        faults += faults_on(page)
    for path in ("", "robots/", "robots/add/", "words/", "deliveries/"):
        page.goto(f"{served.url}/admin/notifications/{path}")
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options={"iframes": False})
        faults += [f"{path}: {found.generate_report()}"] if found.violations_count else []
    page.set_viewport_size(PHONE)
    page.goto(f"{served.url}/admin/notifications/deliveries/")
    narrow(page)
    assert faults == []
