"""Files in a real browser: photos and papers go up while one fills in, a signature is drawn, all of it comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Served
from tests.factories.files import pdf, picture
from tests.factories.forms import field, form_body, text

pytestmark = pytest.mark.browser


def publish(served: Served) -> str:
    """Publish a form with photos, papers and a signature; return its key."""
    body = form_body(
        field("subject", required=True),
        field("photos", "photo", required=True, options={"most": 3}),
        field("papers", "file"),
        field(
            "signed", "signature", required=True, options={"statement": text("以上属实。", "This is true.")}
        ),
        key="damage-record",
        title=text("车损登记", "Damage record"),
    )
    served.manage(
        "shell",
        "-c",
        "from forms.services.definitions import publish_form as publish\n"
        "from foundation.organisation.models import User\nimport json\n"
        f"publish(json.loads({json.dumps(json.dumps(body))}), by=User.objects.get(username='administrator'))",
    )
    return "damage-record"


def draw(pad: Locator) -> None:
    """Draw two strokes."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    mouse = pad.page.mouse
    for points in ([(40, 120), (120, 40), (160, 130)], [(200, 60), (300, 120)]):
        mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
        mouse.down()
        for x, y in points[1:]:
            mouse.move(box["x"] + x, box["y"] + y, steps=6)
        mouse.up()


def test_files_go_up_while_one_fills_in_and_come_back(
    served: Served, sign_in: Callable[[str, str], Page], tmp_path: Path
) -> None:
    photo, paper, broken = tmp_path / "车头.jpg", tmp_path / "报价单.pdf", tmp_path / "broken.pdf"
    photo.write_bytes(picture(size=(1200, 900)))
    paper.write_bytes(pdf(2))
    broken.write_bytes(b"%PDF-1.7 cut off")
    key = publish(served)
    with override("en"):
        page = sign_in("clerk", "en")
        page.goto(f"{served.url}/requests/{key}/")
        page.get_by_label("Question subject").fill("左前门")
        page.locator("#field-f-photos-chosen").set_input_files([photo, photo])
        page.locator("#field-f-papers").set_input_files([paper, broken])
        expect(page.locator("[data-file]")).to_have_count(3)
        expect(page.get_by_role("alert")).to_contain_text("broken.pdf")
        page.get_by_role("button", name=gettext("Dismiss")).click()
        draw(page.locator("[data-pad] canvas"))
        expect(page.locator("[data-pad-state]")).to_have_text(gettext("Signature kept"))
        expect(page.locator("[data-save-state]")).to_contain_text(gettext("Saved"))
        assert Axe().run(page).response["violations"] == []

        # On another device: all is there, and one photo is taken out again.
        page.reload()
        expect(page.locator("[data-file]")).to_have_count(4)
        page.locator("[data-path=photos] [data-file-remove]").first.click()
        expect(page.locator("[data-file]")).to_have_count(3)
        expect(page.locator("[data-path=photos] [data-file-remove]")).to_be_focused()

        # Whoever cannot draw types the name.
        page.get_by_role("button", name=gettext("Sign again")).click()
        page.get_by_text(gettext("Type the name instead")).click()
        page.get_by_label(gettext("Full name")).fill("王小明")
        page.get_by_label(gettext("This typed name is the signature.")).check()
        expect(page.get_by_role("img", name="王小明")).to_be_visible()

        # A file that is still on its way is waited for.
        page.locator("#field-f-photos-chosen").set_input_files(photo)
        page.locator("button[name=do][value=submit]").click()
        page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}/"))
        number = re.search(r"/requests/([0-9a-f-]{36})/", page.url)
        assert number is not None
        page.goto(f"{served.url}/requests/{number[1]}/")
        shown = page.locator("main .given-files img")
        expect(shown).to_have_count(3)
        for at in range(3):
            shown.nth(at).scroll_into_view_if_needed()
            expect(shown.nth(at)).to_have_js_property("complete", True)
            assert shown.nth(at).evaluate("image => image.naturalWidth") > 0
        with page.expect_download() as download:
            page.get_by_role("link", name="报价单.pdf").click()
        assert download.value.suggested_filename == "报价单.pdf"
        assert Path(download.value.path()).read_bytes() == paper.read_bytes()
        assert Axe().run(page).response["violations"] == []
    assert served.manage("files", "check").returncode == 0
