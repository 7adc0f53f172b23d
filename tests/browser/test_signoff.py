"""A holder signs in Chinese, on a desk and on a phone: asked the first time, and again for what changed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, approve

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def test_a_holder_signs(served: Served, sign_in: Callable[[str, str], Page], tmp_path: Path) -> None:
    hr, holder = sign_in("hr", "zh-hans"), sign_in("adviser", "zh-hans")
    request = open_request(served, holder, "售后服务顾问")
    expect(holder.locator("#answer")).to_contain_text("本人已阅读并理解")
    expect(holder.locator("details.sign-off-fold[open]")).to_contain_text("岗位职责")
    answer(holder, "不是这个密码")
    expect(holder.locator(".error-summary")).to_contain_text("密码不正确")
    answer(holder, served.password)
    expect(holder.locator(".messages")).to_contain_text("已签收")
    expect(holder.locator(".sign-off-receipt")).to_contain_text("陆晚晴")
    read_the_statement(holder, request, tmp_path)

    decide_and_submit(served, hr)
    approve(served, sign_in("service_manager", "zh-hans"), "售后服务顾问")
    holder.set_viewport_size(PHONE)
    open_request(served, holder, "售后服务顾问")
    expect(holder.locator("main")).to_contain_text("以来的变化")
    expect(holder.locator(".sign-off-changes").first).to_contain_text("交车前一小时")
    expect(holder.locator("main")).to_contain_text("请看新的时限")
    assert holder.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    holder.get_by_role("link", name="去签收").click()
    answer(holder, served.password)
    expect(holder.locator(".sign-off-receipt")).to_contain_text("按期")

    hr.goto(f"{served.url}/positions/sign-offs/report/?q=陆晚晴")
    expect(hr.locator("tbody tr", has_text="陆晚晴").filter(has_text="售后服务顾问")).to_contain_text(
        "已签收"
    )
    hr.goto(f"{served.url}/positions/service-adviser/")
    expect(hr.locator("aside")).to_contain_text("已签收")
    whole = served.manage("verify", "--format", "json")
    assert whole.returncode == 0, whole.stdout


def test_a_holder_refuses_on_a_phone_and_hr_reads_why(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    holder = sign_in("form_builder", "zh-hans")
    holder.set_viewport_size(PHONE)
    open_request(served, holder, "")
    holder.get_by_text("我不签收").click()
    form = holder.locator(".sign-off-refuse form")
    form.locator("textarea").fill("夜间值守未写入合同，请先协商。")
    form.locator("input[type=password]").fill(served.password)
    form.get_by_role("button").click()
    expect(holder.locator(".messages")).to_contain_text("拒签已记录")
    hr = sign_in("hr", "zh-hans")
    hr.goto(f"{served.url}/positions/sign-offs/report/?state=refused")
    expect(hr.locator("tbody tr", has_text="许听澜")).to_contain_text("夜间值守未写入合同")


def open_request(served: Served, page: Page, wording: str) -> str:
    """Wait until the worker has asked for what `wording` names, and open it from the inbox; return its address.

    Others may wait for the same person already: the request is found by its own words, never by its place.
    """
    tile = page.locator(".sign-off-tile", has_text=wording)
    for _attempt in range(60):
        page.goto(f"{served.url}/inbox/")
        link = page.locator("main a[href='/positions/sign-offs/']")
        if link.count():
            link.first.click()
            page.wait_for_load_state("networkidle")
            if tile.count():
                break
        page.wait_for_timeout(500)
    tile.get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")
    return page.url


def answer(page: Page, password: str) -> None:
    """Tick, give the password, sign."""
    form = page.locator("#answer > form").first
    form.locator("input[type=checkbox]").check()
    form.locator("input[type=password]").fill(password)
    form.get_by_role("button", name="签署").click()
    page.wait_for_load_state("networkidle")


def read_the_statement(page: Page, request: str, folder: Path) -> None:
    """The document holds who signed what, and its fonts."""
    address = page.get_by_role("link", name="声明 PDF").get_attribute("href") or ""
    url = request.split("/positions/", maxsplit=1)[0] + address
    for _attempt in range(60):
        answered = page.request.get(url)
        if answered.status == 200:
            break
        assert answered.status == 202, answered.status
        page.wait_for_timeout(500)
    else:
        pytest.fail("The worker made no document.")
    document = folder / "statement.pdf"
    document.write_bytes(answered.body())
    shown = subprocess.run(["pdftotext", document, "-"], capture_output=True, text=True, check=True).stdout
    text = re.sub(r"\s+", "", shown)
    assert "陆晚晴" in text
    assert "本人已阅读并理解" in text
    fonts = subprocess.run(["pdffonts", document], capture_output=True, text=True, check=True).stdout
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts.splitlines()[2:])


def decide_and_submit(served: Served, page: Page) -> None:
    """HR changes a deadline, looks at what is to be signed, leaves a note, submits it for approval."""
    page.goto(f"{served.url}/positions/service-adviser/")
    page.get_by_role("link", name="编辑").click()
    page.wait_for_load_state("networkidle")
    page.locator("[role=tab]").nth(1).click()
    deadline = page.locator("[name='duties-0-value-deadline']")
    page.locator("section", has=deadline).last.locator("[data-panel-toggle]").first.click()
    deadline.fill("交车前一小时")
    page.locator("footer button.action-save").click()
    page.wait_for_load_state("networkidle")
    editor = page.url
    page.goto(editor.replace("/pages/", "/positions/").replace("/edit/", "/sign-off/"))
    boxes = page.locator("input[name=material]")
    expect(boxes).to_have_count(1)
    expect(boxes.first).to_be_checked()
    page.fill("#note", "请看新的时限。")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state("networkidle")
    page.locator("footer .w-dropdown__toggle").click()
    page.locator("button[name='action-submit']").click()
    page.wait_for_load_state("networkidle")
