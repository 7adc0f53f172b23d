"""A warranty claim of the dealership by the people who do it, in Chinese: from the counter to the closed month.

The adviser hands it in and the warranty officer takes every step on a phone; finance books a part of the money at the
desk and closes the month in which it was claimed.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from tests.browser.casework import from_inbox, send
from tests.browser.conftest import ROOT, Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
PHONE = {"width": 390, "height": 844}
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
LAST_MONTH = TODAY.replace(day=1) - datetime.timedelta(days=1)

BEFORE = """
from foundation.organisation.models import Position, User
from tests.factories.organisation import hold
hold(User.objects.get(username="service_manager"), Position.objects.get(code="technician"))
"""
CAR = {
    "customer_name": "柏青",
    "phone": "13800010003",
    "plate": "粤BD12345",
    "vin": "LSVNV2182E2100012",
    "model": "云途 E3",
    "maker": "云途汽车",
    "mileage": "18200",
    "defective_part": "右前大灯总成",
    "failed_on": (TODAY - datetime.timedelta(days=50)).isoformat(),
    "defect": "夜间行驶时右前大灯间歇熄灭。",
}


@pytest.fixture(scope="module")
def technician(served: Served) -> None:
    """Fill the vacant post of the technician, who replaces the part."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0"],
        cwd=ROOT,
        env={**served.environment, "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
        input=BEFORE,
        text=True,
        check=True,
        capture_output=True,
    )


def put(page: Page, answers: Mapping[str, str]) -> None:
    """Answer questions as people do: type, tick, choose."""
    for name, value in answers.items():
        field = page.locator(f"[name='f-{name}']")
        kind = field.first.evaluate("one => one.type || one.tagName")
        if kind in ("radio", "checkbox"):
            page.locator(f"[name='f-{name}'][value='{value}']").check()
        elif kind.startswith("select"):
            field.first.select_option(value)
        else:
            field.first.fill(value)


def step(served: Served, page: Page, number: str, name: str, answers: Mapping[str, str]) -> None:
    """Take a step of the case from where it waits for the person."""
    from_inbox(served, page, number)
    page.locator(f"[data-step={name}]").click()
    put(page, answers)
    narrow(page)
    send(page)
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))


def narrow(page: Page) -> None:
    """Nothing is to be pushed sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
