"""A served demonstration, a real browser, and people who sign in: what the journeys need.

``served`` starts ``manage.py serve`` as ``make serve`` does, on a free port, in a data folder of its own: SQLite
there, or a new database of the PostgreSQL server that REMIT_DATABASE_URL names. One for the whole run; journeys
add to it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
OPENED = pytest.StashKey[list[BrowserContext]]()  # of a journey


@dataclass(frozen=True)
class Served:
    """Where the demonstration is, where it keeps its data, and the password of all its people."""

    url: str
    data: Path
    environment: dict[str, str]
    password: str = ""

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of ``manage.py`` on the same installation."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
        )


@pytest.fixture(scope="session")
def own_database() -> Iterator[str]:
    """Make a database for the run on the server of REMIT_DATABASE_URL; empty where that is not set."""
    url = os.environ.get("REMIT_DATABASE_URL", "")
    if not url:
        yield ""
        return
    import psycopg

    name = f"remit_browser_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    address, mark, options = url.partition("?")
    try:
        yield f"{address.rpartition('/')[0]}/{name}{mark}{options}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def served(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a fresh demonstration until the run ends."""
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "backoffice.settings.dev",
        "REMIT_DATA_DIR": str(folder),
        "REMIT_DATABASE_URL": own_database,
        "REMIT_BIND": bind,
        "REMIT_BASE_URL": f"http://{bind}",
    }
    bare = Served(f"http://{bind}", folder, environment)
    bare.manage("translations", "compile")
    bare.manage("migrate", "--verbosity", "0")
    bare.manage("collectstatic", "--noinput", "--verbosity", "0")
    demo = json.loads(bare.manage("demo", "--format", "json").stdout)
    words = folder / "words"
    with words.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"http://{bind}/healthz", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, words.read_text(errors="replace")[-3000:]
                assert time.monotonic() < deadline, words.read_text(errors="replace")[-3000:]
                time.sleep(0.3)
        yield replace(bare, password=demo["password"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a headless Chromium: Debian's, whose fonts include ours."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a journey that failed what its pages showed at that moment."""
    report = yield
    if report.failed:
        for page in (page for context in item.stash.get(OPENED, []) for page in context.pages):
            with suppress(Error):  # a page that answers no more
                report.sections.append((page.url, page.locator("body").inner_text(timeout=3_000)[:4_000]))
    return report


@pytest.fixture
def sign_in(
    request: pytest.FixtureRequest, served: Served, chromium: Browser
) -> Iterator[Callable[[str, str], Page]]:
    """Return a function that signs a person of the demonstration in, in a browser of their own, and gives the page.

    ``sign_in("clerk", "en")``; the language is then that person's, on the staff side and in the admin.
    """
    contexts = request.node.stash.setdefault(OPENED, [])

    def enter(username: str, language: str) -> Page:
        context = chromium.new_context(
            locale={"zh-hans": "zh-CN"}.get(language, language),
            timezone_id="Asia/Shanghai",
            viewport={"width": 1360, "height": 900},
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{served.url}/sign-in/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", served.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        if (page.locator("html").get_attribute("lang") or "").lower() != language:
            page.locator(f"form[action$='/language/'] button[value={language}]").first.dispatch_event("click")
            page.wait_for_load_state("networkidle")
        return page

    yield enter
    for context in contexts:
        context.close()


def approve(served: Served, page: Page, title: str) -> None:
    """Let whoever is signed in on ``page`` approve the description called ``title``, found through the inbox."""
    page.goto(f"{served.url}/inbox/")
    page.locator("main a[href='/positions/approvals/']").first.click()
    page.locator("main").get_by_role("link", name=title).click()
    page.locator("button[name=do][value=approve]").click()
    page.wait_for_url("**/positions/approvals/")
