"""HR and the library in a real browser, in Chinese, by keyboard: insert two duties, publish a new version of one, take
it over in the draft."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser

FIRST = "铃响三声内接听来电，记下来电者的姓名与事由。"
SECOND = "每日下班前清点钥匙柜，当面移交并签字。"
NEWER = "铃响两声内接听来电，记下来电者的姓名与事由。"
POST = "信息系统专员"


def test_two_duties_are_inserted_by_keyboard_and_a_new_version_is_taken_over(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("hr", "zh-hans")
    complaints = watched(page)
    with override("zh-hans"):
        for text, key in ((FIRST, "browser-calls"), (SECOND, "browser-keys")):
            write_item(served, page, text, key)

        open_duties(served, page)
        before = page.locator("[name$='-value-library']").count()
        insert_by_keyboard(page, "铃响", "钥匙柜")
        expect(page.locator("[name$='-value-library']")).to_have_count(before + 2)
        assert inserted(page) == ["browser-calls@1", "browser-keys@1"]
        expect(row_of(page, "browser-calls").locator("[role=status]")).to_have_text(
            gettext("As in library version %(number)s.") % {"number": 1}
        )
        save(page)

        open_row(page, "browser-keys").locator("textarea").first.fill("每日下班前清点钥匙柜，并签字。")
        expect(row_of(page, "browser-keys").locator("[role=status]")).to_have_text(
            gettext("Differs from library version %(number)s.") % {"number": 1}
        )
        save(page)

        publish_version(served, page)

        open_duties(served, page)
        row = row_of(page, "browser-calls")
        expect(row.locator(".remit-row-badge")).to_contain_text(gettext("newer version"))
        open_row(page, "browser-calls")
        row.get_by_role("button", name=gettext("See the difference")).press("Enter")
        expect(row.locator("ins")).to_have_text("两")
        row.get_by_role("button", name=gettext("Take over version %(number)s") % {"number": 2}).press("Enter")
        expect(row_of(page, "browser-calls").locator("textarea").first).to_have_value(NEWER)
        assert inserted(page) == ["browser-calls@2", "browser-keys@1"]
        save(page)

        page.goto(f"{served.url}/admin/positions/library/items/browser-calls/")
        used = page.locator("#uses tbody tr")
        expect(used).to_have_count(1)
        expect(used).to_contain_text(POST)
        expect(used).to_contain_text(gettext("in force without it"))
        page.goto(f"{served.url}/positions/systems-officer/")
        expect(page.locator("main")).not_to_contain_text("铃响")  # nothing was published
    assert complaints == []


def write_item(served: Served, page: Page, text: str, key: str) -> None:
    """Make a published item."""
    page.goto(f"{served.url}/admin/positions/library/new/?part=duties")
    page.fill("[name='wording-text']", text)
    page.select_option("[name='wording-cadence']", "daily")
    page.fill("[name=key]", key)
    page.locator("button[name=publish]").press("Enter")
    page.wait_for_url(f"**/items/{key}/")


def open_duties(served: Served, page: Page) -> None:
    """Open the duties of the post in the editor."""
    page.goto(f"{served.url}/admin/pages/search/?q={POST}")
    page.locator("main").get_by_role("link", name=POST).first.click()
    show_duties(page)


def insert_by_keyboard(page: Page, *searches: str) -> None:
    """Choose the first hit of each search, then insert them all, without the mouse."""
    page.locator("#duties-root + .remit-library-bar button").press("Enter")
    dialog = page.locator("dialog[open]")
    for words in searches:
        expect(page.locator("#remit-library-search")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type(words)
        page.keyboard.press("ArrowDown")  # at once: the key counts when the hits are there
        expect(dialog.locator("li input:focus")).to_have_count(1)
        page.keyboard.press("Space")
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def inserted(page: Page) -> list[str]:
    """Return the references of the rows this journey put in."""
    values = page.locator("[name^='duties-'][name$='-value-library']").evaluate_all(
        "fields => fields.map(field => field.value)"
    )
    return [value for value in values if value.startswith("browser-")]


def row_of(page: Page, key: str) -> Page:
    """Return the row that refers to an item."""
    names = page.locator("[name^='duties-'][name$='-value-library']").evaluate_all(
        "fields => fields.map(field => [field.name, field.value])"
    )
    name = next(name for name, value in names if value.startswith(f"{key}@"))
    return page.locator("[data-streamfield-child]", has=page.locator(f"[name='{name}']"))


def open_row(page: Page, key: str) -> Page:
    """Open the row that refers to an item (a loaded page has them closed) and return it."""
    row = row_of(page, key)
    row.locator("[data-panel-toggle]").first.press("Enter")
    expect(row.locator("textarea").first).to_be_visible()
    return row


def save(page: Page) -> None:
    """Save the draft as the button does: the page comes back from the server, its rows closed."""
    with page.expect_navigation():
        page.locator("footer button.action-save").press("Enter")
    show_duties(page)


def show_duties(page: Page) -> None:
    """Open the tab with the duties."""
    page.wait_for_load_state("networkidle")
    page.locator("[role=tab]").nth(1).press("Enter")
    expect(page.locator("#duties-root + .remit-library-bar button")).to_be_visible()


def publish_version(served: Served, page: Page) -> None:
    """Change the words of the first item and publish its second version, with a reason."""
    page.goto(f"{served.url}/admin/positions/library/items/browser-calls/edit/")
    page.fill("[name='wording-text']", NEWER)
    page.locator("button[name=publish]").press("Enter")
    page.wait_for_url("**/publish/")
    expect(page.locator("main")).to_contain_text(POST)  # what it means is told before
    page.fill("[name=note]", "来电等候过久")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/browser-calls/")
