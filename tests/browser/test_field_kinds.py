"""The controls of fields in a real browser: chosen by typing, filled in rows, on a phone, without script."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served
from tests.factories.forms import choices, field, form_body, text

pytestmark = pytest.mark.browser

FORM = form_body(
    field("adviser", "person", required=True, options={"fills": {"unit": "department"}}),
    field("unit", "department"),
    field("region", "cascade", options={"source": "regions"}),
    field("channel", "choice", options=choices("a", "b", other=True)),
    field("note", "rich_note"),
    field(
        "parts",
        "table",
        options={
            "columns": [
                {"key": "item", "label": text("项目", "Item"), "required": True},
                {"key": "price", "label": text("金额", "Price"), "kind": "money"},
            ],
            "totals": ["price"],
        },
    ),
    field(
        "papers",
        "checklist",
        options={"items": [{"key": "invoice", "label": text("发票", "Invoice")}], "custom": True},
    ),
    key="kinds-of-field",
)


@pytest.fixture(scope="module")
def form(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Publish the form and return its address."""
    pack = tmp_path_factory.mktemp("pack")
    (pack / "forms").mkdir()
    Path(pack / "forms" / "kinds-of-field.yaml").write_text(json.dumps(FORM, ensure_ascii=False), "utf-8")
    served.manage("pack", "apply", str(pack), "--by", "administrator")
    return f"{served.url}/requests/kinds-of-field/"


def test_a_form_of_many_kinds_is_filled_in_with_the_keyboard(
    served: Served, sign_in: Callable[[str, str], Page], form: str
) -> None:
    page = sign_in("clerk", "zh-hans")
    page.goto(form)
    adviser = page.locator("#field-f-adviser")
    adviser.press_sequentially("晚晴")
    option = page.locator(".chooser [role=option]:visible", has_text="陆晚晴")
    expect(option).to_be_visible()
    adviser.press("Enter")
    expect(adviser).to_have_value("陆晚晴")
    expect(page.locator("#field-f-unit")).not_to_have_value("")

    page.locator("#field-f-region").select_option(label="广东省")
    page.locator("[name='f-region~s2']").select_option(label="深圳市")
    page.locator("[name='f-region~s3']").select_option(label="南山区")

    words = page.locator("[name='f-channel~other']")
    expect(words).to_be_hidden()
    page.locator("#field-f-channel-other").check()
    words.fill("朋友介绍")

    note = page.locator(".note-editor__box")
    note.click()
    note.press_sequentially("空调")
    page.locator(".note-editor__tools [data-command=bold]").click()
    note.press_sequentially("异响")

    page.locator("[name='f-parts~1.item']").fill("机油")
    page.locator("[name='f-parts~1.price']").fill("68.5")
    page.locator("#field-f-parts [data-grid-add]").click()
    page.locator("[name='f-parts~2.item']").fill("工时")
    page.locator("[name='f-parts~2.price']").fill("200")
    expect(page.locator("#field-f-parts-field [data-piece=tally]")).to_contain_text("268.50")
    page.locator("[name='f-papers~invoice.received']").check()

    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(page).response["violations"] == []
    page.locator("button[name=do][value=submit]").click()
    page.locator("main a.button--primary").click()
    answers = page.locator("main")
    for said in ("陆晚晴", "广东省 / 深圳市 / 南山区", "朋友介绍", "¥268.50"):
        expect(answers).to_contain_text(said)
    expect(answers.locator("strong", has_text="异响")).to_be_visible()


def test_the_same_form_without_script(
    served: Served, sign_in: Callable[[str, str], Page], chromium: Browser, form: str
) -> None:
    signed_in = sign_in("clerk", "zh-hans").context.storage_state()
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN", storage_state=signed_in)
    page = context.new_page()
    page.goto(form)
    page.locator("#field-f-adviser").fill("陆晚晴")
    page.locator("#field-f-region").select_option("440000")
    page.locator("#field-f-note").fill("第一段\n\n第二段")
    page.locator("[name='f-parts~1.item']").fill("机油")
    page.locator("noscript button, button[name=do][value=update]:visible").last.click()
    expect(page.locator("#field-f-unit")).not_to_have_value("")
    expect(page.locator("[name='f-parts~2.item']")).to_have_value("")
    page.locator("[name='f-region~s2']").select_option("440300")
    page.locator("noscript button, button[name=do][value=update]:visible").last.click()
    page.locator("[name='f-region~s3']").select_option("440305")
    page.locator("button[name=do][value=submit]").click()
    page.locator("main a.button--primary").click()
    expect(page.locator("main")).to_contain_text("广东省 / 深圳市 / 南山区")
    expect(page.locator("main p", has_text="第二段")).to_be_visible()
    context.close()
