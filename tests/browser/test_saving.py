"""HR saves a draft while the editor saves by itself, in a real browser: no alarm about oneself, nothing twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser

POST = "信息系统专员"
NEW = "档案数字化专员"
CONFLICT = "() => document.querySelector('form.w-editing-sessions').dataset.wSessionInterceptValue || ''"
WATCHED = 2_600  # milliseconds: the editor takes what stands there two seconds after opening for unchanged


def by_itself(request: Request) -> bool:
    """Say whether this request is the editor saving by itself."""
    return request.method == "POST" and request.headers.get("accept", "") == "application/json"


def by_hand(request: Request) -> bool:
    """Say whether this request is a save by the button."""
    return request.method == "POST" and "text/html" in request.headers.get("accept", "")


@pytest.fixture
def draft(served: Served, sign_in: Callable[[str, str], Page]) -> Page:
    """Return the editor of a description, opened by HR in Chinese and ready to notice changes."""
    page = sign_in("hr", "zh-hans")
    page.goto(f"{served.url}/admin/pages/search/?q={POST}")
    page.locator("main").get_by_role("link", name=POST).first.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(WATCHED)
    return page


def change(page: Page, words: str) -> None:
    """Type at the end of the title's field."""
    page.locator("#id_title").press("End")
    page.keyboard.type(words)


def press_save(page: Page) -> None:
    """Press the button that saves the draft, without waiting for what comes of it."""
    page.locator("footer button.action-save").focus()
    page.keyboard.press("Enter")


def save(page: Page) -> None:
    """Press the button that saves the draft, and wait for the page that comes back."""
    with page.expect_navigation():
        press_save(page)
    page.wait_for_load_state("networkidle")


def test_the_button_waits_for_the_save_that_is_under_way(draft: Page) -> None:
    sent: list[str] = []
    draft.on("request", lambda request: by_hand(request) and sent.append("by hand"))
    draft.on("requestfinished", lambda request: by_itself(request) and sent.append("saved by itself"))
    held: list[Route] = []
    draft.route(
        "**/edit/", lambda route: held.append(route) if by_itself(route.request) else route.continue_()
    )
    change(draft, "甲")
    with draft.expect_request(by_itself):
        pass
    change(draft, "乙")
    press_save(draft)
    draft.wait_for_timeout(800)
    assert sent == [], "the save by hand overtook the one under way"
    with draft.expect_navigation():
        held[0].continue_()
    assert sent == ["saved by itself", "by hand"]
    expect(draft.locator("#id_title")).to_have_value(f"{POST}甲乙")
    undo(draft)


def test_nothing_is_saved_by_itself_once_the_button_was_pressed(draft: Page) -> None:
    alone: list[Request] = []
    draft.on("request", lambda request: by_itself(request) and alone.append(request))
    held: list[Route] = []
    draft.route("**/edit/", lambda route: held.append(route) if by_hand(route.request) else route.continue_())
    change(draft, "丙")
    with draft.expect_request(by_hand):
        press_save(draft)
    draft.wait_for_timeout(2_500)  # the server thinks; the editor would save two seconds after the last key
    assert alone == []
    with draft.expect_navigation():
        held[0].continue_()
    expect(draft.locator("#id_title")).to_have_value(f"{POST}丙")
    undo(draft)


def test_a_question_asked_before_a_save_raises_no_alarm_after_it(draft: Page) -> None:
    held: list[Route] = []
    draft.route("**/ping/**", lambda route: route.continue_() if held else held.append(route))
    draft.evaluate(
        "() => document.querySelector('form.w-editing-sessions')"
        ".dispatchEvent(new CustomEvent('w-session:ping', { bubbles: true }))"
    )
    draft.wait_for_timeout(300)
    with draft.expect_request_finished(by_itself):
        change(draft, "丁")
    draft.wait_for_timeout(300)
    held[0].continue_()
    draft.wait_for_timeout(1_500)
    assert draft.evaluate(CONFLICT) == ""
    save(draft)
    expect(draft.get_by_role("dialog")).to_have_count(0)
    undo(draft)


def test_a_new_description_is_made_once(served: Served, draft: Page) -> None:
    shelf = draft.locator("[data-w-breadcrumbs] a").nth(-2).get_attribute("href")
    draft.goto(f"{served.url}/admin/pages/add/positions/positionpage/{str(shelf).strip('/').split('/')[-1]}/")
    draft.wait_for_load_state("networkidle")
    draft.wait_for_timeout(WATCHED)
    held: list[Route] = []
    draft.route(
        "**/pages/add/**", lambda route: held.append(route) if by_itself(route.request) else route.continue_()
    )
    change(draft, NEW)
    with draft.expect_request(by_itself):
        pass
    press_save(draft)
    draft.wait_for_timeout(800)
    with draft.expect_navigation(url="**/edit/"):
        held[0].continue_()
    draft.goto(f"{served.url}/admin/pages/search/?q={NEW}")
    expect(draft.locator("main").get_by_role("link", name=NEW, exact=True)).to_have_count(1)


def undo(page: Page) -> None:
    """Put the title back, so that other journeys find the description."""
    page.unroute_all()
    page.locator("#id_title").fill(POST)
    save(page)
