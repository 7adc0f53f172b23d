"""The form builder in a real browser: a form built from nothing, tried, published and filled in; on a phone; by axe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched
from tests.factories.forms import field, form_body, text
from tests.factories.forms import page as page_of

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]


def settled(page: Page) -> None:
    """Wait until everything that was typed is saved."""
    page.wait_for_function(
        "words => document.querySelector('[data-state]').textContent.trim().startsWith(words)",
        arg=_("Saved %(at)s").partition(" ")[0],
    )


def press(page: Page, do: str) -> None:
    """Press a button of the editor and wait until it is done."""
    version = page.locator("[data-studio]").get_attribute("data-version")
    page.locator(f"[data-studio] button[name=do][value='{do}']").first.click()
    page.wait_for_function(
        "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
    )
    settled(page)


def typed(page: Page, **texts: str) -> None:
    """Type into the properties of what is selected, leave them, and wait until it is saved."""
    version = page.locator("[data-studio]").get_attribute("data-version")
    for name, said in texts.items():
        page.locator(f"[name='p.{name.replace('__', '.').replace('zh', 'zh-hans')}']").fill(said)
    page.keyboard.press("Tab")
    page.wait_for_function(
        "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
    )
    page.wait_for_timeout(300)
    settled(page)


def choose(page: Page, name: str, value: str) -> None:
    """Choose in a row of a condition, and wait for the row that follows from it."""
    with page.expect_response(lambda got: got.request.method == "POST" and "/admin/forms/" in got.url):
        page.locator(f"[name='{name}']").select_option(value)
    page.wait_for_timeout(200)


def begin(served: Served, page: Page, chinese: str, english: str) -> None:
    page.goto(f"{served.url}/admin/forms/")
    page.get_by_role("link", name=_("New form")).click()
    page.fill("#title", chinese)
    page.fill("#title_en", english)
    page.get_by_role("button", name=_("Begin the form")).click()
    page.wait_for_load_state("networkidle")


def publish(page: Page, note: str) -> None:
    page.get_by_role("link", name=_("Publish…")).click()
    page.fill("#note", note)
    page.get_by_role("button", name=_("Publish"), exact=True).click()
    page.wait_for_load_state("networkidle")


def test_a_form_is_built_from_nothing_in_chinese_and_the_clerk_fills_it_in(
    served: Served, sign_in: SignIn
) -> None:
    page = sign_in("form_builder", "zh-hans")
    complaints = watched(page)
    with override("zh-hans"):
        begin(served, page, "试驾登记表", "Test drive record")
        page.locator("[data-thing='group:group_1'] > a").click()
        page.wait_for_url("**at=group%3Agroup_1")
        press(page, "add:field:text")
        typed(page, label__zh="顾客姓名", label__en="Customer")
        expect(page.locator("#prop-id")).to_have_value("customer")
        press(page, "add:field:choice")
        typed(page, label__zh="来源", label__en="Source")
        page.locator(".studio-paste summary").first.click()
        typed(page, options__choices__paste="朋友介绍 | Friend\nweb | 网站 | Web site")
        for _time in range(2):
            press(page, "rows:remove:p.options.choices:0")
        press(page, "add:field:text")
        typed(page, label__zh="网址", label__en="Address")
        page.locator("summary", has_text=_("Conditions")).click()
        page.locator("button[value='rows:add:p.visible_if']").click()
        page.wait_for_selector("[name='p.visible_if.0.field']")
        choose(page, "p.visible_if.0.field", "source")
        choose(page, "p.visible_if.0.value", "web")
        expect(page.locator("[data-thing='field:address']")).to_contain_text(
            pgettext("mark of a condition", "if")
        )
        press(page, "add:page")
        typed(page, title__zh="同行人", title__en="Companions")
        page.locator("[data-thing='page:page_2'] [data-thing^='group:'] > a").click()
        page.wait_for_url("**at=group%3A*")
        page.locator("[name='p.repeat.on']").check()
        page.wait_for_selector("[name='p.repeat.max']")
        typed(page, title__zh="同行人", title__en="Companions")
        press(page, "add:field:text")
        typed(page, label__zh="称呼", label__en="Name of companion")

        frame = page.frame_locator("[data-frame]")
        expect(frame.locator("body")).to_contain_text("同行人")
        page.locator("[data-thing='field:source'] > a").click()
        page.wait_for_url("**at=field%3Asource")
        expect(frame.locator("body")).not_to_contain_text("网址")
        frame.get_by_label("网站").check()
        expect(frame.locator("body")).to_contain_text("网址")
        page.locator("[data-language]").select_option("en")
        expect(frame.locator("body")).to_contain_text("Web site")

        expect(page.locator(".studio-problem--error")).to_have_count(0)
        publish(page, "第一版。")
        expect(page.locator("body")).to_contain_text(_("As edition %(number)s") % {"number": 1})
        assert complaints == []

        clerk = sign_in("clerk", "zh-hans")
        clerk.goto(f"{served.url}/requests/?q=试驾")
        clerk.locator("main").get_by_role("link", name="试驾登记表").click()
        clerk.get_by_label("顾客姓名").fill("王小明")
        clerk.get_by_label("网站").check()
        clerk.get_by_label("网址").fill("example.com")
        clerk.locator("button[name=do][value=next]").click()
        clerk.locator("button[name=do][value^='add-row:']").click()
        clerk.get_by_label("称呼").fill("李女士")
        clerk.locator("button[name=do][value=submit]").click()
        clerk.get_by_role("link", name=_("See what I submitted")).click()
        expect(clerk.locator("main")).to_contain_text("李女士")


def test_a_form_is_built_on_a_phone_in_english(served: Served, sign_in: SignIn) -> None:
    page = sign_in("form_builder", "en")
    page.set_viewport_size({"width": 390, "height": 844})
    complaints = watched(page)
    with override("en"):
        begin(served, page, "钥匙领用", "Key handover")
        press(page, "add:field:date")
        typed(page, label__zh="日期", label__en="Day")
        press(page, "add:field:yes_no")
        typed(page, label__zh="备用钥匙", label__en="Spare key")
        press(page, "nudge:up")
        lines = page.locator("[data-thing^='field:']")
        expect(lines.first).to_contain_text("Spare key")
        press(page, "remove")
        expect(lines).to_have_count(1)
        press(page, page.locator("button[value^='undo:']").get_attribute("value") or "")
        expect(lines).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        publish(page, "First.")
        expect(page.locator("body")).to_contain_text("As edition 1")
    assert complaints == []


def large() -> dict[str, Any]:
    """A form of forty fields on four pages, a table and a choice in steps among them."""
    tree = [{"key": "sh", "label": text("上海店"), "children": [{"key": "pd", "label": text("浦东展厅")}]}]
    columns = [
        {"key": "part", "label": text("配件")},
        {"key": "price", "label": text("单价"), "kind": "money"},
    ]
    special = {
        3: field("q3", "table", options={"columns": columns}),
        4: field("q4", "cascade", options={"tree": tree}),
    }
    asked = [special.get(number, field(f"q{number}")) for number in range(1, 41)]
    return form_body(
        key="forty", pages=[page_of(f"p{at}", *asked[at * 10 : at * 10 + 10]) for at in range(4)]
    )


def ids(page: Page) -> list[str]:
    """Return the fields of the first page in the order of the outline."""
    lines = page.locator("[data-thing='page:p0'] [data-thing^='field:']")
    return [str(line.get_attribute("data-thing")).removeprefix("field:") for line in lines.all()]


def test_a_form_of_forty_fields_is_searched_folded_and_rearranged_by_dragging(
    served: Served, sign_in: SignIn
) -> None:
    page = sign_in("form_builder", "zh-hans")
    page.set_viewport_size({"width": 1440, "height": 900})
    complaints = watched(page)
    with override("zh-hans"):
        page.goto(f"{served.url}/admin/forms/import/")
        page.fill("textarea[name=text]", json.dumps(large()))
        page.locator("form.studio-narrow button").click()
        page.wait_for_load_state("networkidle")
        page.locator("button[name=do][value=take]").click()
        page.wait_for_load_state("networkidle")

        page.goto(f"{served.url}/admin/forms/forty/?at=field:q38")
        selected = page.locator("[data-thing='field:q38'] > a")
        expect(selected).to_be_in_viewport()
        page.fill("[data-find]", "题目 q27")
        expect(page.locator("[data-outline] [data-thing^='field:']:visible")).to_have_count(1)
        page.fill("[data-find]", "没有这个")
        expect(page.locator("[data-none]")).to_be_visible()
        page.fill("[data-find]", "")

        page.locator("[data-thing='page:p1'] > [data-fold]").click()
        expect(page.locator("[data-thing='field:q15']")).to_be_hidden()
        page.locator("[data-thing='field:q1'] > a").click()
        page.wait_for_url("**at=field%3Aq1")
        typed(page, label__zh="第一题", label__en="The first")
        expect(page.locator("[data-thing='field:q15']")).to_be_hidden()  # over every saving
        page.locator("[data-thing='page:p1'] > [data-fold]").press("Enter")
        expect(page.locator("[data-thing='field:q15']")).to_be_visible()

        version = page.locator("[data-studio]").get_attribute("data-version")
        page.locator("[data-thing='field:q1'] > a").drag_to(page.locator("[data-thing='field:q3'] > a"))
        page.wait_for_function(
            "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
        )
        settled(page)
        assert ids(page)[:4] == ["q2", "q3", "q1", "q4"]
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.get_by_role("link", name=_("Publish…"))).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


def on_pages(page: Page) -> list[list[str]]:
    """Return the fields of each page, in the order of the outline."""
    return [
        [
            str(line.get_attribute("data-thing")).removeprefix("field:")
            for line in one.locator("[data-thing^='field:']").all()
        ]
        for one in page.locator("[data-thing^='page:']").all()
    ]


def changed_by(page: Page, act: Callable[[], object]) -> None:
    """Do something and wait until the editor has saved it."""
    version = page.locator("[data-studio]").get_attribute("data-version")
    act()
    page.wait_for_function(
        "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
    )
    settled(page)


def drag(page: Page, moving: str, over: str) -> None:
    """Drag a line of the outline onto another with the pointer, as a hand does: press, move in steps, let go."""
    boxes = [page.locator(f"[data-thing='{name}'] > a").bounding_box() for name in (moving, over)]
    assert all(boxes)
    (from_x, from_y), (to_x, to_y) = (
        (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box is not None
    )
    page.mouse.move(from_x, from_y)
    page.mouse.down()
    page.mouse.move(from_x, from_y + 8, steps=3)
    page.mouse.move(to_x, to_y, steps=12)
    page.mouse.up()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the control has the focus."""
    for _time in range(200):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {selector}")


UNDO = "button[name=do][value^='undo:']"


def test_a_field_goes_to_another_page_by_pointer_and_by_keyboard_alone_and_comes_back(
    served: Served, sign_in: SignIn
) -> None:
    page = sign_in("form_builder", "zh-hans")
    page.set_viewport_size({"width": 1440, "height": 900})
    complaints = watched(page)
    body = form_body(
        key="paged",
        pages=[page_of(at, *(field(f"{at}{number}") for number in range(1, 4))) for at in ("a", "b")],
    )
    before = [["a1", "a2", "a3"], ["b1", "b2", "b3"]]
    with override("zh-hans"):
        page.goto(f"{served.url}/admin/forms/import/")
        page.fill("textarea[name=text]", json.dumps(body))
        page.locator("form.studio-narrow button").click()
        page.wait_for_load_state("networkidle")
        page.locator("button[name=do][value=take]").click()
        page.wait_for_load_state("networkidle")
        page.goto(f"{served.url}/admin/forms/paged/")
        assert on_pages(page) == before

        # By pointer: onto a field of the other page (it goes behind it), and back by what is offered.
        changed_by(page, lambda: drag(page, "field:a2", "field:b1"))
        assert on_pages(page) == [["a1", "a3"], ["b1", "a2", "b2", "b3"]]
        changed_by(page, lambda: page.locator(UNDO).first.click())
        assert on_pages(page) == before

        # Onto the heading of the other page's group: it goes to the front of it.
        changed_by(page, lambda: drag(page, "field:a3", "group:b_group"))
        assert on_pages(page) == [["a1", "a2"], ["a3", "b1", "b2", "b3"]]
        changed_by(page, lambda: page.locator(UNDO).first.click())
        assert on_pages(page) == before

        # By keyboard alone, from the top of the page to the field, its place, and back.
        page.goto(f"{served.url}/admin/forms/paged/")
        tab_to(page, "[data-thing='field:a2'] > a")
        page.keyboard.press("Enter")
        page.wait_for_url("**at=field%3Aa2")
        tab_to(page, "#prop-within")
        page.keyboard.press("End")
        assert page.locator("#prop-within").input_value() == "group:b_group"
        tab_to(page, "button[value=moveto]")
        changed_by(page, lambda: page.keyboard.press("Enter"))
        assert on_pages(page) == [["a1", "a3"], ["b1", "b2", "b3", "a2"]]
        expect(page.locator("[data-thing='field:a2'] > a")).to_be_visible()
        tab_to(page, UNDO)
        changed_by(page, lambda: page.keyboard.press("Enter"))
        assert on_pages(page) == before

        # And within its page by the arrows.
        tab_to(page, "#prop-within")
        changed_by(page, lambda: page.keyboard.press("Alt+ArrowDown"))
        assert on_pages(page) == [["a1", "a3", "a2"], ["b1", "b2", "b3"]]
    assert complaints == []


def test_tables_and_trees_are_edited_in_rows_and_lines(served: Served, sign_in: SignIn) -> None:
    page = sign_in("form_builder", "zh-hans")
    complaints = watched(page)
    with override("zh-hans"):
        page.goto(f"{served.url}/admin/forms/import/")
        page.fill("textarea[name=text]", json.dumps({**large(), "key": "rows"}))
        page.locator("form.studio-narrow button").click()
        page.wait_for_load_state("networkidle")
        page.locator("button[name=do][value=take]").click()
        page.wait_for_load_state("networkidle")
        page.goto(f"{served.url}/admin/forms/rows/?at=field:q3")
        press(page, "rows:add:p.options.columns")
        typed(page, **{"options__columns__2__label__zh": "方式", "options__columns__2__label__en": "How"})
        choose(page, "p.options.columns.2.kind", "choice")
        page.wait_for_selector("[name='p.options.columns.2.options.choices.rows']", state="attached")
        press(page, "rows:remove:p.options.columns:1")
        expect(page.locator("[name='p.options.columns.rows']")).to_have_count(2)
        expect(page.locator(".studio-problem--error")).to_have_count(0)

        page.goto(f"{served.url}/admin/forms/rows/?at=field:q4")
        tree = page.locator("[name='p.options.tree']")
        expect(tree).to_have_value(re.compile(r"^sh \| 上海店"))
        tree.press("Control+End")
        version = page.locator("[data-studio]").get_attribute("data-version")
        page.keyboard.type("\n北京店 | Beijing\n  海淀展厅")
        page.wait_for_function(
            "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
        )
        settled(page)
        expect(tree).to_have_value(re.compile(r"北京店 \| Beijing\n  海淀展厅$"))  # left as it is typed
        page.locator("[name='p.label.zh-hans']").focus()
        expect(tree).to_have_value(re.compile(r"beijing \| 北京店 \| Beijing\n  c1 \| 海淀展厅 \|$"))
        page.locator("[name='p.options.tree']").press("Control+End")
        page.locator("[data-indent=out]").click()
        settled(page)
        page.locator("[name='p.label.zh-hans']").focus()
        expect(tree).to_have_value(re.compile(r"\nc1 \| 海淀展厅 \|$"))
        expect(page.frame_locator("[data-frame]").locator("body")).to_contain_text("q4")
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_in_the_builder(served: Served, sign_in: SignIn, theme: str) -> None:
    page = sign_in("form_builder", "zh-hans")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for path in (
        "/admin/forms/",
        "/admin/forms/new/",
        "/admin/forms/import/",
        "/admin/forms/complaint/",
        "/admin/forms/complaint/?at=field%3Achannel_other",
        "/admin/forms/complaint/?at=field%3Achannel",
        "/admin/forms/complaint/publish/",
        "/admin/forms/complaint/history/",
        "/admin/forms/complaint/preview/",
    ):
        page.goto(served.url + path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options={"iframes": False})
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
