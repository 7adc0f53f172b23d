"""A form on two devices, corrected with a reason; and one behind a public link on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser

FORM = {
    "key": "journey-parts",
    "title": {"zh-hans": "配件领用申请", "en": "Parts request"},
    "category": {"key": "workshop", "title": {"zh-hans": "车间", "en": "Workshop"}},
    "numbering": "PL-{year}-{seq:05}",
    "correction": {"by": ["submitter"]},
    "withdrawal": {"by": ["submitter"]},
    "public": {"per_hour": 5},
    "pages": [
        {
            "id": "one",
            "title": {"zh-hans": "领用信息", "en": "Request"},
            "groups": [
                {
                    "id": "car",
                    "title": {"zh-hans": "用途", "en": "Use"},
                    "fields": [
                        {
                            "id": "why",
                            "kind": "text",
                            "label": {"zh-hans": "用途", "en": "Use"},
                            "required": True,
                        },
                        {"id": "note", "kind": "long_text", "label": {"zh-hans": "说明", "en": "Note"}},
                    ],
                }
            ],
        }
    ],
}
PUBLISH = """
import json, sys
from forms.services.definitions import publish_form
from forms.services.public import open_access
from foundation.organisation.models import User
by = User.objects.get(username="administrator")
publish_form(json.loads('''%s'''), by=by)
print("TOKEN " + open_access(form_key="journey-parts", purpose="waiting room", by=by)[1])
"""


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    """Publish the form and open a public link to it."""
    said = served.manage("shell", "-c", PUBLISH % json.dumps(FORM)).stdout
    found = re.search(r"TOKEN (\S+)", said)
    assert found, said
    return found[1]


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state].save-state--saved")).to_be_visible(timeout=15_000)


def test_begun_on_one_device_and_finished_corrected_and_printed_on_another(
    served: Served, sign_in: Callable[[str, str], Page], token: str
) -> None:
    desk = sign_in("clerk", "zh-hans")
    desk.goto(f"{served.url}/requests/journey-parts/")
    desk.fill("[name=f-why]", "左前保险杠")
    saved(desk)
    phone = sign_in("clerk", "zh-hans")
    phone.set_viewport_size({"width": 390, "height": 800})
    phone.goto(f"{served.url}/requests/mine/")
    phone.get_by_role("link", name="配件领用申请").first.click()
    expect(phone.locator("[name=f-why]")).to_have_value("左前保险杠")
    phone.fill("[name=f-note]", "明早提车")
    phone.locator("button[name=do][value=submit]").click()
    phone.wait_for_url("**/received/")
    number = phone.locator(".received__number").inner_text()
    assert re.fullmatch(r"PL-\d{4}-\d{5}", number)
    phone.locator("main .button--primary").click()
    phone.locator("main a[href$='/correct/']").first.click()
    phone.fill("[name=f-note]", "后天提车")
    phone.locator("button[name=do][value=submit]").click()
    expect(phone.locator(".error-summary")).to_be_visible()
    expect(phone.locator("[name=f-note]")).to_have_value("后天提车")
    phone.fill("[name=reason]", "客户改期")
    phone.locator("button[name=do][value=submit]").click()
    phone.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}/$"))
    expect(phone.locator("main")).to_contain_text("客户改期")
    phone.locator("main a[href$='/history/']").first.click()
    expect(phone.locator("del.revised").first).to_contain_text("明早")
    expect(phone.locator("ins.revised").first).to_contain_text("后天")
    printed = phone.request.get(phone.url.replace("/history/", "/print/standard.pdf"))
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")


def test_a_stranger_sends_a_form_from_a_phone_and_keeps_the_receipt(
    served: Served, chromium: Browser, token: str
) -> None:
    context = chromium.new_context(locale="en-US", viewport={"width": 390, "height": 800})
    page = context.new_page()
    policy: list[Any] = []
    page.on(
        "console", lambda message: policy.append(message.text) if "Security Policy" in message.text else None
    )
    page.goto(f"{served.url}/p/{token}/")
    if (page.locator("html").get_attribute("lang") or "") != "en":
        page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Parts request")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.fill("[name=f-why]", "Bumper")
    saved(page)
    page.reload()
    expect(page.locator("[name=f-why]")).to_have_value("Bumper")
    page.wait_for_timeout(3_500)  # a program would be faster
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_url("**/r/**")
    expect(page.locator(".received__number")).to_contain_text("PL-")
    expect(page.locator("main")).not_to_contain_text("Bumper")
    assert policy == []
    context.close()
