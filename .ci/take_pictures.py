"""Take the pictures of the documentation from a served demonstration. Called by ``.ci/screenshots``.

Arguments: base address, the JSON of ``manage.py demo``, folder for the pictures, parts of names (none: all).
Signs in as the demonstration's people and photographs what they see.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1360, "height": 850}
PHONE = {"width": 390, "height": 844}


class Studio:
    """The browser, the address, the people."""

    def __init__(self, browser: Browser, base: str, people: dict[str, str], password: str) -> None:
        self.browser, self.base, self.people, self.password = browser, base, people, password

    def sign_in(self, role: str, size: dict[str, int] | None = None) -> Page:
        """Return a page on which the person with ``role`` has signed in."""
        context = self.browser.new_context(
            viewport=size or SIZE, device_scale_factor=1.5, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page = context.new_page()
        page.goto(f"{self.base}/sign-in/")
        page.fill("input[name=username]", self.people[role])
        page.fill("input[name=password]", self.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        return page


def photograph(page: Page, path: Path) -> None:
    """Write what the page shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(path), animations="disabled")


def inbox(studio: Studio, path: Path) -> None:
    """The inbox of a manager."""
    page = studio.sign_in("manager")
    page.goto(f"{studio.base}/inbox/")
    photograph(page, path)


def case(studio: Studio, path: Path) -> None:
    """A complaint at its desk: the first case the clerk finds in the list."""
    page = studio.sign_in("clerk")
    page.goto(f"{studio.base}/cases/")
    links = page.locator("main a[href*='/cases/']")
    own = [each.get_attribute("href") for each in links.all()]
    target = next((href for href in own if href and re.search(r"/cases/[^?#]+", href)), None)
    if target is None:
        raise SystemExit("The demonstration has no case to photograph.")
    page.goto(f"{studio.base}{target}" if target.startswith("/") else target)
    photograph(page, path)


def position(studio: Studio, path: Path) -> None:
    """A position description as staff read it."""
    page = studio.sign_in("clerk")
    page.goto(f"{studio.base}/positions/")
    page.locator("main a[href*='/positions/']").first.click()
    photograph(page, path)


def requests_on_a_phone(studio: Studio, path: Path) -> None:
    """The catalogue of forms on a phone."""
    page = studio.sign_in("clerk", PHONE)
    page.goto(f"{studio.base}/requests/")
    photograph(page, path)


def audit(studio: Studio, path: Path) -> None:
    """The auditor's page."""
    page = studio.sign_in("auditor")
    page.goto(f"{studio.base}/audit/")
    photograph(page, path)


PICTURES: dict[str, Callable[[Studio, Path], None]] = {
    "inbox": inbox,
    "case": case,
    "position": position,
    "phone": requests_on_a_phone,
    "audit": audit,
}


def wait_for(base: str, seconds: float = 60) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"{base} did not answer within {seconds:g} seconds.") from None
            time.sleep(0.3)


def main() -> None:
    """Take every picture asked for."""
    base, demo, folder, *wanted = sys.argv[1:]
    document = json.loads(Path(demo).read_text(encoding="utf-8"))
    people: dict[str, str] = {}
    for person in document["people"]:
        for role in person["roles"]:
            people.setdefault(role, person["username"])
    wait_for(base)
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        studio = Studio(browser, base, people, document["password"])
        for name, take in PICTURES.items():
            if not wanted or any(part in name for part in wanted):
                take(studio, Path(folder) / f"{name}.png")
                print(f"{folder}/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
