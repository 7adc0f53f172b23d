"""HR takes out a description as PDF and as Word document, and the booklet of a department, in Chinese, on a desk and on
a phone; each file says what the screen said.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser

TITLE = "售后服务顾问"
DEPARTMENT = "售后服务部"
PHONE = {"width": 390, "height": 844}
WAIT = 120_000  # milliseconds; the first document of a run starts its renderer


def squeezed(text: str) -> str:
    """Return the text without white space: a PDF breaks lines where it likes."""
    return "".join(text.split())


def text_of_pdf(file: Path) -> str:
    """Return what ``pdftotext`` reads in a PDF."""
    return subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()


def is_pdf(answer: Response) -> bool:
    """Whether an answer is a PDF."""
    return answer.headers.get("content-type", "").startswith("application/pdf")


def fits(page: Page) -> bool:
    """Whether nothing of the page stands outside the window to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("device", ["desk", "phone"])
def test_hr_exports_pdf_word_and_booklet(
    served: Served, sign_in: Callable[[str, str], Page], tmp_path: Path, device: str
) -> None:
    page = sign_in("hr", "zh-hans")
    if device == "phone":
        page.set_viewport_size(PHONE)
    complaints = watched(page)
    with override("zh-hans"):
        page.goto(f"{served.url}/positions/?q={TITLE}")
        page.locator("main").get_by_role("link", name=TITLE, exact=True).click()
        assert fits(page)
        duties = [squeezed(one) for one in page.locator(".duties__item p:first-child").all_inner_texts()]
        assert len(duties) > 3

        # The browser shows it itself; until it is made, a page that asks again by itself.
        with page.expect_response(is_pdf, timeout=WAIT) as shown:
            page.get_by_role("link", name=gettext("Open PDF")).click()
        taken_out = page.context.request.get(shown.value.url)
        (tmp_path / "one.pdf").write_bytes(taken_out.body())
        printed = squeezed(text_of_pdf(tmp_path / "one.pdf"))
        assert [one for one in duties if one not in printed] == []

        page.goto(f"{served.url}/positions/?q={TITLE}")
        page.locator("main").get_by_role("link", name=TITLE, exact=True).click()
        with page.expect_download() as taken:
            page.get_by_role("link", name=gettext("Word document")).click()
        taken.value.save_as(tmp_path / "one.docx")
        # Everything of a duty is a field of its own, and the library's paragraphs leave such fields out.
        body = docx.Document(str(tmp_path / "one.docx")).element.body
        written = squeezed("".join(body.itertext()))
        assert [one for one in duties if one not in written] == []

        page.goto(f"{served.url}/positions/")
        page.locator("main").get_by_role("link", name=gettext("Booklet")).first.click()
        page.get_by_label(gettext("Department")).select_option(label=DEPARTMENT)
        assert fits(page)
        page.get_by_role("button", name=gettext("Make the booklet")).click()
        page.wait_for_url("**/jobs/**")
        assert fits(page)
        result = page.get_by_role("link", name=gettext("Download the booklet"))
        expect(result).to_be_visible(timeout=WAIT)
        with page.expect_download() as taken:
            result.click()
        taken.value.save_as(tmp_path / "booklet.pdf")
        assert DEPARTMENT in taken.value.suggested_filename
        bound = squeezed(text_of_pdf(tmp_path / "booklet.pdf"))
        assert squeezed(gettext("Contents")) in bound
        assert [one for one in duties if one not in bound] == []

        page.goto(f"{served.url}/booklets/")
        expect(page.locator("main")).to_contain_text(taken.value.suggested_filename)
        assert fits(page)
    assert complaints == []
