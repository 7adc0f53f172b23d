"""HR edits, compares and submits a description; the manager returns it once and approves it, on desk and phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser

DESK = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_hr_edits_compares_submits_and_the_manager_approves(
    served: Served, sign_in: Callable[[str, str], Page], size: dict[str, int]
) -> None:
    hr, manager = sign_in("hr", "zh-hans"), sign_in("manager", "zh-hans")
    manager.set_viewport_size(size)
    complaints = watched(manager)
    summary = f"接待来访与来电，登记投诉与咨询（{size['width']}）。"

    edit_summary(served, hr, summary)
    submit_with_note(hr, "请看摘要。", summary)

    approval = open_waiting(served, manager)
    expect(manager.locator("main")).to_contain_text("请看摘要。")
    expect(manager.locator(".comparison ins").first).to_be_visible()
    assert manager.evaluate("document.documentElement.scrollWidth") <= size["width"]
    manager.locator("button[name=do][value=return]").click()  # why is missing: nothing is decided
    expect(manager.locator("#comment-errors")).to_be_visible()
    manager.fill("#comment", "请写明时限。")
    manager.locator("button[name=do][value=return]").click()
    manager.wait_for_url("**/positions/approvals/")

    hr.goto(approval)
    expect(hr.locator("main")).to_contain_text("请写明时限。")
    summary = summary.replace("登记", "三十分钟内登记")
    edit_summary(served, hr, summary)
    submit_with_note(hr, "已写明。", summary)
    hr.goto(open_waiting(served, manager))
    expect(hr.locator("button[name=do]")).to_have_count(0)  # who wrote it does not decide
    expect(hr.locator(".notice").first).to_contain_text("沈知远")

    manager.locator("main").get_by_role("link", name=re.compile("在一篇|合并|一个文本|One|In one")).or_(
        manager.locator("a[href='?view=inline']")
    ).first.click()
    expect(manager.locator(".comparison__inline").first).to_be_visible()
    manager.locator("button[name=do][value=approve]").click()
    manager.wait_for_url("**/positions/approvals/")
    expect(manager.locator(".messages")).to_contain_text("版")
    manager.goto(f"{served.url}/positions/front-desk/")
    expect(manager.locator("main")).to_contain_text(summary)
    expect(manager.locator("main")).to_contain_text("沈知远")
    assert [told for told in complaints if not told.startswith("422 ") and "422" not in told] == []


def edit_summary(served: Served, hr: Page, summary: str) -> None:
    """HR opens 前台专员 in the editor, changes its summary, and saves the draft."""
    hr.goto(f"{served.url}/admin/pages/search/?q=前台专员")
    hr.locator("main").get_by_role("link", name="前台专员").first.click()
    hr.wait_for_load_state("networkidle")
    hr.fill("[name=summary]", summary)
    hr.locator("footer button.action-save").click()
    hr.wait_for_load_state("networkidle")


def submit_with_note(hr: Page, note: str, summary: str) -> None:
    """HR sees what differs from the edition in force and who will be asked, and submits it with a note."""
    hr.locator("footer .w-dropdown__toggle").click()
    hr.locator("footer a[href$='/submit/']").click()
    hr.wait_for_load_state("networkidle")
    expect(hr.locator("main ins").first).to_be_visible()
    expect(hr.locator("main")).to_contain_text("沈知远")
    hr.fill("[name=note]", note)
    hr.locator("main form button[type=submit]").last.click()
    hr.wait_for_load_state("networkidle")
    expect(hr.locator("body")).to_contain_text("沈知远")


def open_waiting(served: Served, manager: Page) -> str:
    """The manager finds the text through the inbox; return its address."""
    manager.goto(f"{served.url}/inbox/")
    manager.locator("main a[href='/positions/approvals/']").click()
    manager.locator("main").get_by_role("link", name="前台专员").click()
    manager.wait_for_url(re.compile(r"/positions/approvals/[0-9a-f-]{36}/$"))
    return manager.url
