"""Faults of clocks and ledgers in a real browser: said at their properties, kept as typed, found from the list by mouse
and by keyboard; and what is typed while the connection is lost.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext as _
from django.utils.translation import override
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched
from tests.browser.test_studio import press, settled

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]


def fill(page: Page, name: str, said: str) -> None:
    """Type into a property of what is selected, leave it, and wait until it is saved."""
    with page.expect_response(lambda got: got.request.method == "POST" and "/case-workflows/" in got.url):
        page.locator(f"[name='{name}']").fill(said)
        page.keyboard.press("Tab")
    page.wait_for_timeout(300)
    settled(page)


def problem(page: Page, *said: str) -> Locator:
    """Return the line of the list of problems that says all of it."""
    found = page.locator("[data-region=problems] .studio-problem")
    for words in said:
        found = found.filter(has_text=words)
    return found


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [
        ("zh-hans", 1440, "light"),
        ("zh-hans", 390, "dark"),
        ("en", 1440, "dark"),
        ("en", 390, "light"),
    ],
)
def test_faults_of_a_clock_and_of_the_ledger_are_found_from_the_list(
    served: Served, sign_in: SignIn, language: str, width: int, theme: str
) -> None:
    page = sign_in("form_builder", language)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    complaints = watched(page)
    editor = f"{served.url}/admin/case-workflows/warranty_claim/"
    with override(language):
        page.goto(f"{editor}?at=clock%3Aanswer")
        page.locator("[data-key=clock-warnings] > summary").click()
        press(page, "rows:add:p.warnings")
        fill(page, "p.warnings.0.percent", "150")
        fill(page, "p.targets.0.amount", "soon")
        page.goto(f"{editor}?at=workflow")
        press(page, "rows:add:p.ledger.kinds")
        fill(page, "p.ledger.kinds.5.id", "claimed")
        fill(page, "p.ledger.kinds.5.title.zh-hans", "又一次")
        fill(page, "p.ledger.kinds.5.title.en", "Once more")
        with page.expect_response(lambda got: got.request.method == "POST"):
            page.locator("[name='p.ledger.kinds.5.balance']").select_option("notes")
        fill(page, "p.ledger.postings.0.amount", "claim_amount +")

        # The words of the list are those above the control, in the language of the reader.
        too_much = problem(page, _("Percentage of the time that has run"))
        expect(too_much).to_contain_text(_("Write %(number)s or less.") % {"number": 99})
        too_much.locator("a").click()
        percent = page.locator("[name='p.warnings.0.percent']")
        expect(percent).to_be_focused()
        expect(percent).to_be_in_viewport()
        expect(percent).to_have_value("150")
        described = str(percent.get_attribute("aria-describedby")).split()
        said = page.locator(f"#{described[-1]}")
        expect(said).to_have_text(_("Write %(number)s or less.") % {"number": 99})

        # From there by keyboard to a fault of another part; its section opens.
        link = problem(page, _("Amount, over the names of the workflow")).locator("a")
        link.focus()
        page.keyboard.press("Enter")
        amount = page.locator("[name='p.ledger.postings.0.amount']")
        expect(amount).to_be_focused()
        expect(amount).to_be_in_viewport()
        expect(amount).to_have_value("claim_amount +")

        twice = problem(page, _("The id “%(id)s” is used more than once.") % {"id": "claimed"})
        twice.first.locator("a").click()
        expect(page.locator("[name='p.ledger.kinds.0.id']")).to_be_focused()
        expect(page.locator(".studio-row--wrong")).not_to_have_count(0)

        # A link of the page before publishing leads there as well.
        page.goto(f"{editor}publish/")
        page.locator(".studio-problem", has_text=_("Write a whole number.")).locator("a").click()
        soon = page.locator("[name='p.targets.0.amount']")
        expect(soon).to_be_focused()
        expect(soon).to_have_value("soon")

        found = Axe().run(page, options={"iframes": False})
        assert found.violations_count == 0, found.generate_report()
        outside = page.evaluate(
            "[...document.querySelectorAll('.studio-side > *, .studio-properties *')]"
            ".filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 90))"
        )
        assert outside == []
        page.goto(f"{editor}discard/")
        page.locator("main form button[type=submit], .studio form button").last.click()
        page.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize(
    ("language", "address"),
    [("zh-hans", "case-reports/complaints_monthly"), ("en", "case-workflows/complaint")],
)
def test_what_is_typed_while_the_connection_is_lost_is_saved_when_it_is_back(
    served: Served,
    sign_in: SignIn,
    language: str,
    address: str,
) -> None:
    page = sign_in("form_builder", language)
    with override(language):
        page.goto(f"{served.url}/admin/{address}/")
        first = page.locator("[data-thing^='figure:'] > a, [data-thing^='clock:'] > a").first
        first.click()
        page.wait_for_url("**at=*")
        settled(page)
        title = page.locator("[name='p.title.en']")
        before = title.input_value()

        page.context.set_offline(True)
        title.fill("Typed in a tunnel")
        state = page.locator("[role=status][data-state]")
        lost = _("Not saved: no connection. What you typed stays on this page; it is tried again.")
        expect(state).to_have_text(lost)
        expect(title).to_have_value("Typed in a tunnel")
        title.fill("Typed in a long tunnel")
        page.wait_for_timeout(1500)
        expect(state).to_have_text(lost)

        page.context.set_offline(False)
        settled(page)
        expect(title).to_have_value("Typed in a long tunnel")
        page.reload()
        expect(title).to_have_value("Typed in a long tunnel")
        title.fill(before)
        page.keyboard.press("Tab")
        page.wait_for_timeout(1500)
        settled(page)
