"""A step in a real browser: the customer signs on the screen, a photo goes up, a colleague is looked for by typing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_files import draw
from tests.factories.chains import form_body
from tests.factories.files import picture
from tests.factories.step_files import signing_body

pytestmark = pytest.mark.browser


def publish(served: Served) -> None:
    """Publish the form and the workflow whose step asks for photos and a signature."""
    both = json.dumps(json.dumps([form_body("signing"), signing_body()]))
    served.manage(
        "shell",
        "-c",
        "from forms.services.definitions import publish_form\n"
        "from workflows.services.definitions import publish_workflow\n"
        "from foundation.organisation.models import User\nimport json\n"
        f"form, workflow = json.loads({both})\nby = User.objects.get(username='administrator')\n"
        "publish_form(form, by=by)\npublish_workflow(workflow, by=by)",
    )


def test_a_step_is_signed_and_photographed_on_the_page_of_the_case(
    served: Served, sign_in: Callable[[str, str], Page], tmp_path: Path
) -> None:
    photo = tmp_path / "车头.jpg"
    photo.write_bytes(picture(size=(1200, 900)))
    publish(served)
    with override("en"):
        page = sign_in("clerk", "en")
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{served.url}/requests/signing/")
        page.get_by_label("金额").fill("120")
        page.locator("button[name=do][value=submit]").click()
        page.wait_for_url(re.compile(r"/received/"))
        page.goto(f"{served.url}/cases/?q=SI-")
        page.locator("table a[href*='/cases/']").first.click()
        page.locator("[data-step=sign]").click()
        step = page.url
        page.locator("#field-photos-chosen").set_input_files([photo])
        expect(page.locator("[data-file]")).to_have_count(1)
        draw(page.locator("[data-pad] canvas"))
        expect(page.locator("[data-pad-state]")).to_have_text(gettext("Signature kept"))
        box = page.get_by_role("combobox", name="接收人")
        box.press_sequentially("周", delay=30)
        option = page.get_by_role("option").first
        expect(option).to_be_visible()
        option.click()
        chosen = box.input_value()
        expect(page.locator("[data-save-state]")).to_contain_text(gettext("Saved"))
        assert Axe().run(page).response["violations"] == []

        # Left and opened again: all is there.
        page.goto(step)
        expect(page.locator("[data-file]")).to_have_count(2)
        expect(page.get_by_role("combobox", name="接收人")).to_have_value(chosen)
        page.locator("form[data-fill] button.button--primary").click()
        page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
        shown = page.locator(".timeline .given-files img")
        expect(shown).to_have_count(2)
        for at in range(2):
            shown.nth(at).scroll_into_view_if_needed()
            expect(shown.nth(at)).to_have_js_property("complete", True)
            assert shown.nth(at).evaluate("image => image.naturalWidth") > 0
        assert Axe().run(page).response["violations"] == []
        with page.expect_download() as download:
            page.locator(".timeline").get_by_role("link", name="车头.jpg").click()
        assert download.value.suggested_filename == "车头.jpg"
    assert served.manage("files", "check").returncode == 0
