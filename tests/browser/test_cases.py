"""Cases in a real browser, in Chinese and in English: a complaint that is reopened after its end, and a payment through
six stages with a deputy, a step back, an added signer and a decision handed over. axe finds no fault on the way."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import override
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Served
from tests.browser.test_frame import watched
from tests.browser.test_thread import report_a_complaint, walk_to_the_end

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]

CHAIN = """
from foundation.organisation.models import User
from tests.factories.chains import chain_body, publish_all
from tests.factories.organisation import make_deputy
people = {person.username: person for person in User.objects.filter(is_demo=True)}
asked = ["sales_manager", "accountant", "finance_manager", "deputy_manager", "manager", "general_manager"]
stages = [f"stage_{number}" for number in range(1, 7)]
given = {stage: [people[name]] for stage, name in zip(stages, asked)}
publish_all(
    *(chain_body(stages, key=key) for key in ("chain_zh", "chain_en")),
    people={**given, "administrator": [people["administrator"]]},
)
make_deputy(principal=people["finance_manager"], deputy=people["hr"])
"""


@pytest.fixture(scope="module")
def chains(served: Served) -> None:
    """Put six stages in force, once for each language, that ask people of the demonstration; one has a deputy."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0"],
        cwd=ROOT,
        env={**served.environment, "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
        input=CHAIN,
        text=True,
        check=True,
        capture_output=True,
    )


def faults_on(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        # Colours glide from one scheme to the other; what axe measures on the way is neither.
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        found += [
            f"{page.url} {scheme}: {violation['id']}: {[node['html'][:120] for node in violation['nodes']]}"
            for violation in Axe().run(page).response["violations"]
        ]
    page.emulate_media(color_scheme="light")
    return found


def from_inbox(served: Served, page: Page, number: str) -> None:
    """Open the case from the inbox of whoever is signed in."""
    page.goto(f"{served.url}/inbox/")
    page.locator("main").get_by_role("link", name=number, exact=True).click()


def decide(page: Page, verb: str, reason: str = "") -> None:
    """Do something with the approval from the page of the case."""
    link = page.locator(f"[data-verb={verb}]")
    if not link.is_visible():
        page.locator(".menu--up > summary").click()
    link.click()
    if reason:
        page.fill("#reason", reason)


def send(page: Page) -> None:
    """Press the button of a page of decision or step."""
    page.locator("main form.form button[type=submit].button--primary").click()
    page.wait_for_load_state("networkidle")


def choose(page: Page, words: str) -> None:
    """Choose a person by typing part of their account."""
    page.fill("#person-search", words)
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("chains")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_payment_through_six_stages(served: Served, sign_in: SignIn, language: str) -> None:
    key = f"chain_{language[:2]}"
    clerk = sign_in("clerk", language)
    complaints = watched(clerk)
    clerk.goto(f"{served.url}/requests/{key}/")
    clerk.fill("[name=f-amount]", "86000")
    clerk.fill("[name=f-note]", "展厅空调更换")
    clerk.locator("button[name=do][value=submit]").click()
    clerk.wait_for_url(re.compile(r"/received/"))
    clerk.locator("main .button--primary").click()
    clerk.wait_for_url(re.compile(r"/cases/"))
    case_url, number = clerk.url, clerk.locator("[data-case-number]").inner_text()
    expect(clerk.locator("[data-verb=withdraw]")).to_have_count(1)

    first = sign_in("sales_manager", language)
    assert first.goto(f"{served.url}/inbox/") is not None
    faults = faults_on(first)
    from_inbox(served, first, number)
    faults += faults_on(first)
    decide(first, "agree", "展厅确需更换。")
    faults += faults_on(first)
    send(first)
    expect(first.locator("main")).to_contain_text("展厅确需更换。")

    # Sent back to whoever submitted it, and straight back once it is corrected.
    second = sign_in("accountant", language)
    from_inbox(served, second, number)
    decide(second, "send-back")
    send(second)  # what has to change is missing
    expect(second.locator("#reason-errors")).to_be_visible()
    second.fill("#reason", "请补充三家报价。")
    second.check("input[name=do-straight][value=yes]")
    send(second)
    clerk.goto(case_url)
    expect(clerk.locator("main")).to_contain_text("请补充三家报价。")
    clerk.locator("[data-step=resubmit]").click()
    send(clerk)
    from_inbox(served, second, number)
    decide(second, "agree")
    send(second)

    # The third stage is decided by a deputy: the record names both.
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

    # A signer added before, found by typing.
    fourth = sign_in("deputy_manager", language)
    from_inbox(served, fourth, number)
    decide(fourth, "add-signer", "请先看预算。")
    choose(fourth, "(marketing)")
    faults += faults_on(fourth)
    send(fourth)
    signer = sign_in("marketing", language)
    from_inbox(served, signer, number)
    decide(signer, "agree", "预算内。")
    send(signer)
    from_inbox(served, fourth, number)
    decide(fourth, "agree")
    send(fourth)

    # Handed over: whoever gave it away may follow it, and somebody else decides.
    fifth = sign_in("manager", language)
    from_inbox(served, fifth, number)
    decide(fifth, "hand-over", "本周出差。")
    choose(fifth, "(service_manager)")
    send(fifth)
    fifth.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
    other = sign_in("service_manager", language)
    from_inbox(served, other, number)
    decide(other, "agree")
    send(other)

    # The last one decides from the inbox, with a tick, on a phone.
    last = sign_in("general_manager", language)
    last.set_viewport_size({"width": 390, "height": 844})
    last.goto(f"{served.url}/inbox/")
    assert last.evaluate("document.documentElement.scrollWidth") <= 390
    last.locator("tr", has_text=number).locator("input[type=checkbox]").check()
    last.fill("#bulk-reason", "同意支付。")
    last.locator("button[name=do][value=agree]").click()
    expect(last.locator("main")).to_contain_text(number)
    faults += faults_on(last)
    last.goto(case_url)
    expect(last.locator(".page-header .chip--done")).to_have_count(1)
    assert last.evaluate("document.documentElement.scrollWidth") <= 390

    auditor = sign_in("auditor", language)
    auditor.goto(case_url)
    for words in ("展厅确需更换。", "请补充三家报价。", "代为同意。", "预算内。", "本周出差。", "同意支付。"):
        expect(auditor.locator("main")).to_contain_text(words)
    auditor.locator("[data-diagram] > summary").click()
    expect(auditor.locator(".flow-line--walked").first).to_be_visible()
    faults += faults_on(auditor)
    assert faults == []
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_complaint_from_intake_to_its_end_and_reopened(
    served: Served, sign_in: SignIn, language: str
) -> None:
    with override(language):
        number, case_url = report_a_complaint(served, sign_in("clerk", language), language)
        walk_to_the_end(served, sign_in, language, case_url)
    manager = sign_in("general_manager", language)
    manager.goto(case_url)
    expect(manager.locator(".page-header .chip--done")).to_have_count(1)
    manager.locator("[data-step=reopen]").click()
    manager.locator("main form.form button[type=submit].button--primary").click()
    expect(manager.locator(".error-summary")).to_be_visible()  # the reason is missing
    manager.fill("#reason", "顾客再次来电，仍未解决。")
    manager.locator("main form.form button[type=submit].button--primary").click()
    manager.wait_for_url(case_url)
    expect(manager.locator(".page-header .chip--done")).to_have_count(0)
    expect(manager.locator("main")).to_contain_text("顾客再次来电，仍未解决。")
    assert faults_on(manager) == []
    # It waits again for whoever assigns complaints.
    responsible = sign_in("manager", language)
    from_inbox(served, responsible, number)
    expect(responsible.locator("[data-step]").first).to_be_visible()
