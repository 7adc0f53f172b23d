"""A payment through the dealership's own chain (A-11), in Chinese and in English.

Handler, department manager, accounts, finance manager, deputy general manager, general manager; then paid and filed. On
the way it is handed over, sent back and corrected, decided by a deputy, signed by somebody added, and decided from the
inbox of a phone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.casework import choose, decide, faults_on, from_inbox, look_up, send
from tests.browser.conftest import ROOT, Served
from tests.browser.test_frame import watched
from tests.factories.files import pdf, picture

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]

BEFORE = """
from decimal import Decimal
from foundation.organisation.models import User
from tests.factories.organisation import make_deputy
from tests.factories.walking import hand_in
people = {person.username: person for person in User.objects.filter(is_demo=True)}
for words in ("展厅空调更换合同甲", "展厅空调更换合同乙"):
    said = {"subject": words, "counterparty": "城北制冷设备公司", "amount": "90000.00"}
    hand_in(None, "contract-approval", people["clerk"], said)
make_deputy(principal=people["finance_manager"], deputy=people["hr"])
"""
ACCOUNT = "4402 0001 2345 678"
SAID = (
    *("本周出差。", "展厅确需更换。", "请补充三家报价。", "代为同意。", "请先看预算。", "预算内。"),
    "同意支付。",
)


@pytest.fixture(scope="module")
def contracts(served: Served) -> None:
    """Put two contracts there that can be paid for, and name a deputy of the finance manager."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0"],
        cwd=ROOT,
        env={**served.environment, "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
        input=BEFORE,
        text=True,
        check=True,
        capture_output=True,
    )


def ask_for_the_money(served: Served, page: Page, contract: str, folder: Path) -> None:
    """Fill the form in as the handler does, with the invoice and the contract, and submit it."""
    photo, paper = folder / "发票.jpg", folder / "合同.pdf"
    photo.write_bytes(picture(size=(900, 600)))
    paper.write_bytes(pdf(2))
    page.goto(f"{served.url}/requests/payment-request/")
    look_up(page, "f-contract", contract)
    payee = page.locator("[name=f-payee]")
    expect(payee).to_have_value("城北制冷设备公司")  # taken over from the contract
    for name, words in {
        "bank": "工商银行城北支行",
        "account": ACCOUNT,
        "amount": "86000",
        "due_on": "2031-01-31",
        "invoice_number": "FP-30871",
        "invoice_amount": "86000",
    }.items():
        page.fill(f"[name=f-{name}]", words)
    page.check("[name=f-copy_with_accountant][value=yes]")
    page.locator("#field-f-invoice_photo-chosen").set_input_files([photo])
    page.locator("#field-f-contract_copy").set_input_files([paper])
    expect(page.locator("[data-file]")).to_have_count(2)
    while page.locator("button[name=do][value=next]").count():
        page.locator("button[name=do][value=next]").click()
        page.wait_for_load_state("networkidle")
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_url(re.compile(r"/received/"))
    page.locator("main .button--primary").click()
    page.wait_for_url(re.compile(r"/cases/"))


def correct_the_purpose(page: Page, words: str) -> None:
    """Correct what was submitted, from the page of the case, with a reason."""
    page.locator("main a[href*='/requests/'][href$='/']", has_text=re.compile("打印|Print")).click()
    page.locator("main a[href$='/correct/']").click()
    page.wait_for_load_state("networkidle")
    page.fill("[name=f-purpose]", words)
    while page.locator("button[name=do][value=next]").count():
        with page.expect_navigation():
            page.locator("button[name=do][value=next]").click()
        page.wait_for_load_state("networkidle")
    page.fill("[name=reason]", "按会计要求补充")
    with page.expect_navigation():
        page.locator("button[name=do][value=submit]").click()
    expect(page).not_to_have_url(re.compile("/correct/"))


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(("language", "contract"), [("zh-hans", "更换合同甲"), ("en", "更换合同乙")])
def test_a_payment_through_six_stages(
    served: Served, sign_in: SignIn, tmp_path: Path, language: str, contract: str
) -> None:
    handler = sign_in("clerk", language)
    complaints = watched(handler)
    ask_for_the_money(served, handler, contract, tmp_path)
    case_url, number = handler.url, handler.locator("[data-case-number]").inner_text()
    expect(handler.locator("[data-verb=withdraw]")).to_have_count(1)

    # The manager of the department is away and hands it over; whoever gave it away may follow it.
    head = sign_in("manager", language)
    head.goto(f"{served.url}/inbox/")
    faults = faults_on(head)
    from_inbox(served, head, number)
    faults += faults_on(head)
    expect(head.locator("main")).not_to_contain_text(ACCOUNT)  # for finance and the general manager alone
    decide(head, "hand-over", "本周出差。")
    choose(head, "(sales_manager)")
    faults += faults_on(head)
    send(head)
    head.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
    stand_in = sign_in("sales_manager", language)
    from_inbox(served, stand_in, number)
    decide(stand_in, "agree", "展厅确需更换。")
    faults += faults_on(stand_in)
    send(stand_in)
    expect(stand_in.locator("main")).to_contain_text("展厅确需更换。")

    # The accountant sends it back; corrected, it comes straight back to the accountant.
    accountant = sign_in("accountant", language)
    from_inbox(served, accountant, number)
    expect(accountant.locator("main")).to_contain_text(ACCOUNT)
    decide(accountant, "send-back")
    send(accountant)  # what has to change is missing
    expect(accountant.locator("#reason-errors")).to_be_visible()
    accountant.fill("#reason", "请补充三家报价。")
    accountant.check("input[name=do-straight][value=yes]")
    send(accountant)
    handler.goto(case_url)
    expect(handler.locator("main")).to_contain_text("请补充三家报价。")
    correct_the_purpose(handler, "展厅空调更换，三家比价后最低")
    handler.goto(case_url)
    handler.locator("[data-step=resubmit]").click()
    send(handler)
    from_inbox(served, accountant, number)
    expect(accountant.locator("main")).to_contain_text("三家比价后最低")
    decide(accountant, "agree")
    send(accountant)

    # A deputy decides for the finance manager: the record names both.
    deputy = sign_in("hr", language)
    deputy.goto(f"{served.url}/inbox/")
    row = deputy.locator("main tr", has_text=number)
    expect(row).to_contain_text("贺知秋" if language == "zh-hans" else "He Zhiqiu")
    row.get_by_role("link", name=number, exact=True).click()
    decide(deputy, "agree", "代为同意。")
    send(deputy)
    deputy.goto(case_url)
    expect(deputy.locator(".approval")).to_contain_text(
        re.compile(r"林若岚.*贺知秋" if language == "zh-hans" else r"Lin .* for He Zhiqiu")
    )

    # The deputy general manager asks somebody to sign first, found by typing.
    second = sign_in("deputy_manager", language)
    from_inbox(served, second, number)
    decide(second, "add-signer", "请先看预算。")
    choose(second, "(marketing)")
    faults += faults_on(second)
    send(second)
    signer = sign_in("marketing", language)
    from_inbox(served, signer, number)
    decide(signer, "agree", "预算内。")
    send(signer)
    from_inbox(served, second, number)
    decide(second, "agree")
    send(second)

    # The general manager decides from the inbox, with a tick, on a phone.
    last = sign_in("general_manager", language)
    last.set_viewport_size({"width": 390, "height": 844})
    last.goto(f"{served.url}/inbox/")
    assert last.evaluate("document.documentElement.scrollWidth") <= 390
    last.locator("tr", has_text=number).locator("input[type=checkbox]").check()
    last.fill("#bulk-reason", "同意支付。")
    last.locator("button[name=do][value=agree]").click()
    expect(last.locator("main")).to_contain_text(number)
    faults += faults_on(last)

    # Paid and filed by those who keep the money.
    cashier = sign_in("finance_manager", language)
    from_inbox(served, cashier, number)
    cashier.locator("[data-step=pay]").click()
    send(cashier)  # when and how are missing
    expect(cashier.locator(".error-summary")).to_be_visible()
    cashier.fill("[name=payment_date]", "2026-03-02")
    cashier.check("[name=payment_way][value=transfer]")
    faults += faults_on(cashier)
    send(cashier)
    cashier.locator("[data-step=file]").click()
    cashier.fill("[name=voucher_number]", "记-118")
    send(cashier)
    expect(cashier.locator(".page-header .chip--done")).to_have_count(1)
    last.goto(case_url)
    assert last.evaluate("document.documentElement.scrollWidth") <= 390

    auditor = sign_in("auditor", language)
    auditor.goto(case_url)
    for words in (*SAID, "记-118"):
        expect(auditor.locator("main")).to_contain_text(words)
    expect(auditor.locator("main")).not_to_contain_text(ACCOUNT)
    auditor.locator("[data-diagram] > summary").click()
    expect(auditor.locator(".flow-line--walked").first).to_be_visible()
    faults += faults_on(auditor)
    assert faults == []
    assert complaints == []
    assert served.manage("verify", "--format", "json").returncode == 0
