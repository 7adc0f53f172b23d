"""The builder of workflows in a real browser: a form with its workflow built from nothing, published, filed, walked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched
from tests.browser.test_studio import begin, press, publish, settled, typed

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]


def tick(page: Page, name: str, *values: str) -> None:
    """Tick some of a list in the properties, and wait until each is saved."""
    for value in values:
        version = page.locator("[data-studio]").get_attribute("data-version")
        page.locator(f"[name='{name}'][value='{value}']").check()
        page.wait_for_function(
            "version => document.querySelector('[data-studio]').dataset.version !== version", arg=version
        )
    settled(page)


def select(page: Page, thing: str) -> None:
    """Choose a part in the outline."""
    page.locator(f"[data-thing='{thing}'] > a").click()
    page.wait_for_function(
        "at => document.querySelector('[data-properties]').elements.at.value === at", arg=thing
    )


@pytest.mark.parametrize(
    ("language", "width", "name"), [("zh-hans", 1440, "stamp"), ("en", 390, "locker")], ids=["zh-hans", "en"]
)
def test_a_workflow_with_its_form_is_built_from_nothing_and_a_clerk_walks_it(
    served: Served, sign_in: SignIn, language: str, width: int, name: str
) -> None:
    page = sign_in("form_builder", language)
    page.set_viewport_size({"width": width, "height": 900})
    complaints = watched(page)
    chinese, english = {"stamp": ("借章登记", "Stamp request"), "locker": ("储物柜申请", "Locker request")}[
        name
    ]
    with override(language):
        begin(served, page, chinese, english)
        press(page, "add:field:text")
        typed(page, label__zh="事由", label__en="Matter")
        publish(page, "1")

        page.goto(f"{served.url}/admin/case-workflows/")
        page.locator("header").get_by_role("link", name=pgettext("of cases", "New workflow")).click()
        page.fill("#title", chinese)
        page.fill("#title_en", english)
        page.select_option("#form", label=chinese if language == "zh-hans" else english)
        page.get_by_role("button", name=_("Begin the workflow")).click()
        page.wait_for_load_state("networkidle")
        key = page.url.rstrip("/").rpartition("/")[2]

        select(page, "state:received")
        press(page, "add:state")
        expect(page.locator("[data-state='state_1'].flow-state--lost")).to_have_count(
            1
        )  # nothing leads there yet
        typed(page, title__zh="核对中", title__en="Being checked")
        expect(page.locator("#prop-id")).to_have_value("being_checked")
        select(page, "state:received")
        press(page, "add:step")
        typed(page, title__zh="核对", title__en="Check")
        expect(page.locator("[name='p.target']")).to_have_value("being_checked")
        tick(page, "p.roles", "clerk")
        expect(page.locator(".flow-state--lost")).to_have_count(0)
        select(page, "step:finish")
        page.locator("[name='p.source'][value='received']").uncheck()
        tick(page, "p.source", "being_checked")
        tick(page, "p.roles", "clerk")
        press(page, "add:field:text")
        typed(page, label__zh="结果", label__en="Outcome")
        select(page, "step:check")
        press(page, "copy")
        press(page, "remove")
        press(page, page.locator("button[value^='undo:']").get_attribute("value") or "")
        select(page, "step:check_2")
        press(page, "remove")
        page.goto(f"{served.url}/admin/case-workflows/{key}/?at=workflow")
        tick(page, "p.access.sees", "clerk")
        expect(page.locator(".studio-problem--error")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        publish(page, "1")
        expect(page.locator("body")).to_contain_text(_("As edition %(number)s") % {"number": 1})
        assert complaints == []

        clerk = sign_in("clerk", language)
        clerk.goto(f"{served.url}/requests/?q={chinese if language == 'zh-hans' else english}")
        clerk.locator("main").get_by_role(
            "link", name=chinese if language == "zh-hans" else english
        ).first.click()
        clerk.get_by_label("事由" if language == "zh-hans" else "Matter").fill("合同")
        clerk.locator("button[name=do][value=submit]").click()
        clerk.wait_for_url(re.compile(r"/received/"))
        clerk.locator("main .button--primary").click()
        clerk.wait_for_url(re.compile(r"/cases/"))
        case = clerk.url
        clerk.goto(f"{case}check/")
        clerk.locator("main form.form button[type=submit]").click()
        clerk.wait_for_url(case)
        clerk.goto(f"{case}finish/")
        clerk.fill("[name=outcome]", "已盖章")
        clerk.locator("main form.form button[type=submit]").click()
        clerk.wait_for_url(case)
        expect(clerk.locator("main")).to_contain_text(_("Done"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_in_the_builder_of_workflows(served: Served, sign_in: SignIn, theme: str) -> None:
    page = sign_in("form_builder", "zh-hans")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for path in (
        "/admin/case-workflows/",
        "/admin/case-workflows/new/",
        "/admin/case-workflows/complaint/",
        "/admin/case-workflows/complaint/?at=step%3Aassign",
        "/admin/case-workflows/complaint/trials/",
        "/admin/case-workflows/complaint/publish/?replay=5",
    ):
        page.goto(served.url + path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options={"iframes": False})
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
