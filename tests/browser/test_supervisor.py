"""A supervisor's morning, in Chinese: what is late, given to somebody else in one go, and the passport of one case."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.casework import choose, faults_on
from tests.browser.conftest import ROOT, Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]

BEFORE = """
import datetime
from django.utils import timezone
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.organisation.models import Department, User
from tests.factories.clocks import put_clock, the_clock
from tests.factories.workflows import House, key, submit_complaint
from workflows.services import cases

people = {name: User.objects.get(username=name) for name in ("clerk", "service_manager")}
house = House(people, Department.objects.first(), in_force(Edition.Kind.FORM, "complaint"), None)
soon = timezone.localtime() + datetime.timedelta(hours=20)
for _number in range(3):
    told = submit_complaint(house, severity="ordinary", answered_on_spot="no", repeated=False)
    case = cases.open_case(
        workflow_key="complaint", submission=told, by=people["clerk"], idempotency_key=key()
    ).case
    case = cases.act(
        case_uuid=case.uuid,
        step="assign",
        by=people["clerk"],
        seen_version=case.version,
        idempotency_key=key(),
        answers={"promised_on": [f"{soon:%Y-%m-%d}"], "answer_limit": [f"{soon:%Y-%m-%dT%H:%M}"]},
        assignee=people["service_manager"].uuid,
    ).case
    put_clock(the_clock(case, "reply"), due_at=timezone.now() - datetime.timedelta(hours=2))
    print(case.number)
"""


@pytest.fixture(scope="module")
def late(served: Served) -> list[str]:
    """Open three complaints that are late; return their numbers."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0"],
        cwd=ROOT,
        env={**served.environment, "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
        input=BEFORE,
        text=True,
        check=True,
        capture_output=True,
    )
    return done.stdout.split()


def narrow(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_a_supervisor_finds_what_is_late_gives_it_to_somebody_else_and_prints_a_passport(
    served: Served, sign_in: SignIn, late: list[str], tmp_path: Path
) -> None:
    page = sign_in("general_manager", "zh-hans")
    complaints = watched(page)
    page.goto(f"{served.url}/load/")
    faults = faults_on(page)
    page.locator("tr", has_text="顾长川").locator("td a").nth(1).click()
    page.wait_for_url("**/cases/?led=1&person=*&late=1")
    for number in late:
        expect(page.get_by_role("link", name=number)).to_be_visible()
    faults += faults_on(page)

    # By keyboard: from row to row, each ticked; what is typed into the search is not a key.
    page.keyboard.press("/")
    page.keyboard.type("xo")
    expect(page.locator("#q")).to_have_value("xo")
    page.keyboard.press("Escape")
    expect(page.locator("[data-pick]:checked")).to_have_count(0)
    for _row in page.locator("[data-pick]").all():
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_contain_text(str(page.locator("[data-pick]").count()))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("勾选当前行")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    narrow(page)
    faults += faults_on(page)
    page.locator("[data-deed=give]").click()
    choose(page, "sales_manager")
    page.fill("#reason", "顾长川本周外出培训，请接手。")
    narrow(page)
    faults += faults_on(page)
    page.set_viewport_size({"width": 1360, "height": 900})
    page.locator("button[value=try]").click()
    expect(page.locator("main")).to_contain_text("尚未执行")
    faults += faults_on(page)
    page.locator("button[value=do]").click()
    for number in late:
        row = page.locator("tr", has_text=number)
        expect(row).to_contain_text("魏停云")
        expect(row.locator(".chip--done")).to_be_visible()
    faults += faults_on(page)

    page.get_by_role("link", name=late[0]).click()
    expect(page.locator("main")).to_contain_text("由 秦怀远 转交给 魏停云")
    faults += faults_on(page)
    address = page.locator("[data-passport]").get_attribute("href")
    printed = tmp_path / "passport.pdf"
    printed.write_bytes(page.request.get(f"{served.url}{address}").body())
    text = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True)
    for words in (late[0], "转交他人", "魏停云", "外出培训"):
        assert words in text.stdout
    assert faults == []
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_list_is_arranged_kept_as_a_view_and_opens_again(
    served: Served, sign_in: SignIn, late: list[str], language: str
) -> None:
    words = {
        "zh-hans": (
            "列",
            "显示这些列",
            "按答案",
            "严重程度",
            "应用筛选",
            "视图",
            "保存视图",
            "一般投诉",
            "所有",
        ),
        "en": (
            "Columns",
            "Show these columns",
            "Answer",
            "Severity",
            "Set the filter",
            "View",
            "Keep the view",
            "Ordinary",
            "All",
        ),
    }[language]
    columns, show, answer, severity, use, view, keep, name, everything = words
    page = sign_in("manager", language)
    complaints = watched(page)
    page.goto(f"{served.url}/cases/?scope=all&workflow=complaint")
    page.locator("summary", has_text=columns).click()
    page.get_by_role("checkbox", name=severity, exact=True).check()
    page.get_by_role("button", name=show).click()
    expect(page.get_by_role("columnheader", name=severity)).to_be_visible()
    page.locator("summary", has_text=answer).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=severity, exact=True).click()
    page.locator("#filter input[type=checkbox]").first.check()
    page.get_by_role("button", name=use).click()
    expect(page.locator(".register-chip")).to_have_count(1)
    for number in late:
        expect(page.get_by_role("row", name=number)).to_be_visible()
    page.locator("summary", has_text=view).last.click()
    page.locator("#view-name").fill(name)
    page.get_by_role("button", name=keep).click()
    expect(page.locator(".tabs [aria-current=page]")).to_have_text(name)
    assert faults_on(page) == []
    page.get_by_role("link", name=everything, exact=True).click()
    expect(page.locator(".tabs [aria-current=page]")).to_have_text(everything)
    page.goto(f"{served.url}/cases/?scope=open")
    page.locator(".tabs").get_by_role("link", name=name).click()
    expect(page.locator(".register-chip")).to_have_count(1)
    expect(page.get_by_role("columnheader", name=severity)).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    narrow(page)
    assert faults_on(page) == []
    assert complaints == []
