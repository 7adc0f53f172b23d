"""A complaint in a real browser, in Chinese and in English, that is reopened after its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.translation import override
from playwright.sync_api import Page, expect

from tests.browser.casework import faults_on, from_inbox
from tests.browser.conftest import Served
from tests.browser.test_thread import report_a_complaint, walk_to_the_end

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_complaint_from_intake_to_its_end_and_reopened(
    served: Served, sign_in: SignIn, language: str
) -> None:
    with override(language):
        number, case_url = report_a_complaint(served, sign_in("clerk", language), language)
        walk_to_the_end(served, sign_in, language, case_url)
    manager = sign_in("general_manager", language)
    manager.goto(case_url)
    expect(manager.locator(".page-header .chip--done")).to_have_count(1)
    manager.locator("[data-step=reopen]").click()
    manager.locator("main form.form button[type=submit].button--primary").click()
    expect(manager.locator(".error-summary")).to_be_visible()  # the reason is missing
    manager.fill("#reason", "顾客再次来电，仍未解决。")
    manager.locator("main form.form button[type=submit].button--primary").click()
    manager.wait_for_url(case_url)
    expect(manager.locator(".page-header .chip--done")).to_have_count(0)
    expect(manager.locator("main")).to_contain_text("顾客再次来电，仍未解决。")
    assert faults_on(manager) == []
    # It waits again for whoever assigns complaints.
    responsible = sign_in("manager", language)
    from_inbox(served, responsible, number)
    expect(responsible.locator("[data-step]").first).to_be_visible()
