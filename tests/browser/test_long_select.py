"""Lists of people and posts in the editor: searched by typing, worked by keyboard, kept by the server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def test_hr_names_who_signs_by_typing_part_of_the_name(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("hr", "zh-hans")
    page.goto(f"{served.url}/admin/pages/search/?q=前台专员")
    page.locator("main").get_by_role("link", name="前台专员").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("[role=tab]").nth(4).click()
    signatory = page.get_by_role("combobox", name="签发人")
    signatory.click()
    signatory.press_sequentially("不存在的人")
    expect(page.get_by_role("listbox", name="签发人")).to_contain_text("没有找到")
    signatory.fill("")
    signatory.press_sequentially("亦舟")
    expect(signatory).to_have_attribute("aria-expanded", "true")
    signatory.press("Enter")
    expect(signatory).to_have_value("方亦舟")
    expect(signatory).to_have_attribute("aria-expanded", "false")
    page.locator("footer button.action-save").click()
    page.wait_for_load_state("networkidle")
    page.reload()
    page.locator("[role=tab]").nth(4).click()
    expect(page.get_by_role("combobox", name="签发人")).to_have_value("方亦舟")

    # Several posts: chosen one after the other, taken out again with the backspace key.
    page.locator("[role=tab]").nth(0).click()
    panel = page.locator("section", has=page.locator("[name=scope_posts]")).last
    panel.locator("[data-panel-toggle]").first.click()
    scope = page.get_by_role("combobox", name="适用岗位")
    for part in ("索赔", "服务经理"):
        scope.press_sequentially(part)
        scope.press("Enter")
    chips = page.locator(".long-select__chips > li")
    expect(chips).to_have_count(2)
    scope.press("Backspace")
    expect(chips).to_have_count(1)
