"""The thread through the house, in Chinese and in English: HR publishes and imports, a clerk reports a complaint, four
people walk it to its end, the auditor reads it all and proves it."""

from __future__ import annotations

import itertools
import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, approve
from tests.browser.test_files import draw

pytestmark = pytest.mark.browser

COLLECTION = """售后岗位说明汇编

一、洗车工岗位职责
1、每日上班前检查洗车设备，发现故障立即报告组长。
2、按先后次序清洗车辆，每台车内外清洁后请服务顾问验收。
3、每周五整理洗车用品，登记用量并提出申领。
4、完成上级安排的其他工作。

二、旧件管理员岗位职责
1、接收索赔旧件，核对标签后入库。
2、每月5日前向索赔专员提交旧件清单。
3、按厂家要求打包并寄回旧件，保存回单。
"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_thread(
    served: Served, sign_in: Callable[[str, str], Page], language: str, tmp_path: Path
) -> None:
    marked = f"交车前三十分钟电话告知顾客预计完工时间（{language}）。"

    with override(language):
        hr = sign_in("hr", language)
        edition = publish_a_changed_duty(served, hr, sign_in("service_manager", language), marked, language)
        read_the_pdf(served, hr, edition, marked, tmp_path)
        import_a_collection(served, hr, tmp_path)

        number, case_url = report_a_complaint(served, sign_in("clerk", language), language)
        walk_to_the_end(served, sign_in, language, case_url)
        read_the_record(served, sign_in("auditor", language), number, marked)
    whole = served.manage("verify", "--format", "json")
    assert whole.returncode == 0, whole.stdout


def publish_a_changed_duty(served: Served, page: Page, manager: Page, text: str, language: str) -> int:
    """HR finds 售后服务顾问 by part of its title, changes a duty, saves and submits it; the head of the department
    approves it on the staff side; return the new edition's number.
    """
    page.goto(f"{served.url}/admin/pages/search/?q=服务顾问")
    assert page.locator("html").get_attribute("lang") == {"zh-hans": "zh-hans", "en": "en"}[language]
    page.locator("main").get_by_role("link", name="售后服务顾问").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("[role=tab]").nth(1).click()
    duty = page.locator("[name='duties-0-value-text']")
    page.locator("section", has=duty).last.locator("[data-panel-toggle]").first.click()
    duty.fill(text)
    page.locator("footer button.action-save").click()
    page.wait_for_load_state("networkidle")
    reading = page.context.new_page()
    reading.goto(f"{served.url}/positions/service-adviser/")
    expect(reading.locator("main")).not_to_contain_text(text)  # a draft is not in force
    before = edition_shown(reading)

    page.locator("footer .w-dropdown__toggle").click()
    expect(page.locator("button[name='action-publish']")).to_have_count(0)  # an approval governs
    page.locator("button[name='action-submit']").click()
    page.wait_for_load_state("networkidle")
    reading.reload()
    expect(reading.locator("main")).not_to_contain_text(text)

    approve(served, manager, "售后服务顾问")
    reading.reload()
    expect(reading.locator("main")).to_contain_text(text)
    after = edition_shown(reading)
    assert after == before + 1
    for name in ("林若岚", "顾长川") if language == "zh-hans" else ("Lin Ruolan", "Gu Changchuan"):
        expect(reading.locator("main")).to_contain_text(name)
    reading.close()
    return after


def edition_shown(page: Page) -> int:
    """Return the number of the edition a reading page shows, from the address of its document."""
    address = page.locator("a[href$='.pdf']").first.get_attribute("href") or ""
    found = re.search(r"/editions/(\d+)\.pdf$", address)
    assert found, address
    return int(found[1])


def read_the_pdf(served: Served, page: Page, edition: int, text: str, folder: Path) -> None:
    """The document holds the text for selection, fonts embedded, edition, page and hash at its foot."""
    url = f"{served.url}/positions/service-adviser/editions/{edition}.pdf"
    for _attempt in range(60):
        answer = page.request.get(url)
        if answer.status == 200 and answer.headers["content-type"] == "application/pdf":
            break
        assert answer.status == 202, answer.status
        page.wait_for_timeout(500)
    else:
        pytest.fail("The worker made no document.")
    document = folder / "position.pdf"
    document.write_bytes(answer.body())
    words = subprocess.run(
        ["pdftotext", "-layout", document, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert text in re.sub(r"\s+", "", words)
    assert gettext("Edition %(number)s") % {"number": edition} in words or str(edition) in words
    assert re.search(r"1\s*/\s*\d", words)
    assert sha256_of(served, edition)[:12] in words
    fonts = subprocess.run(
        ["pdffonts", document], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert fonts
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts), fonts


def sha256_of(served: Served, edition: int) -> str:
    """Return the hash the database holds for an edition of 售后服务顾问."""
    question = (
        "from foundation.editions.models import Edition; "
        f"print(Edition.objects.get(kind='position', key='service-adviser', number={edition}).sha256)"
    )
    return served.manage("shell", "--no-imports", "-c", question).stdout.strip()


def import_a_collection(served: Served, page: Page, folder: Path) -> None:
    """A text file becomes proposals beside their source, and those ticked become drafts that nobody sees in force."""
    collection = folder / "汇编.txt"
    collection.write_text(COLLECTION, "utf-8")
    page.goto(f"{served.url}/admin/positions/import/")
    page.set_input_files("input[type=file]", collection)
    page.locator("form.remit-upload button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    for title in ("洗车工", "旧件管理员"):
        expect(page.locator("main")).to_contain_text(title)
    expect(page.locator(".remit-unit")).to_have_count(2)
    page.locator(".remit-review__bar button[type=submit]:not([name])").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{served.url}/admin/pages/search/?q=旧件管理")
    expect(page.locator("main").get_by_role("link", name=re.compile("旧件管理员")).first).to_be_visible()
    page.goto(f"{served.url}/positions/?q=旧件管理")
    expect(page.locator("main")).not_to_contain_text("旧件管理员")


PHONES = itertools.count(13800010001)
"""A customer of their own for each complaint: the same one would be asked about the earlier case."""


def report_a_complaint(served: Served, page: Page, language: str) -> tuple[str, str]:
    """The clerk fills in the form, page by page; return the number of the case and its address."""
    page.goto(f"{served.url}/requests/")
    page.get_by_role(
        "link", name="客户投诉登记表" if language == "zh-hans" else "Complaint record"
    ).first.click()
    page.fill("[name=f-customer_name]", "邵秋白")
    page.fill("[name=f-phone]", str(next(PHONES)))
    page.check("[name=f-channel][value=other]")
    expect(
        page.locator("[name=f-channel_other]")
    ).to_be_visible()  # the server drew what the answer calls for
    page.check("[name=f-channel][value=phone]")
    expect(page.locator("[name=f-channel_other]")).to_have_count(0)
    page.fill("[name=f-occurred_on]", "2026-11-02")
    page.locator(
        "button[name=f-go][value=next], button[data-go=next], .action-bar .button--primary"
    ).first.click()
    page.select_option("[name=f-matter_category]", "waiting")
    page.check("[name=f-severity][value=ordinary]")
    page.fill("[name=f-matter]", "预约时间到店仍等候两小时")
    page.fill("[name=f-description]", "顾客已预约上午十点保养，等候至十二点，期间无人说明原因。")
    page.check("[name=f-repeated][value=no]")
    page.check("[name=f-answered_on_spot][value=no]")
    page.locator("[name=f-reply_told_for]").fill(today())
    page.check("[name=f-wants_call_back][value=no]")
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_url(re.compile(r"/received/"))
    page.locator("main .button--primary").click()
    page.wait_for_url(re.compile(r"/cases/"))
    number = page.locator("[data-case-number]").inner_text()
    assert re.fullmatch(r"TS-\d{4}-\d{5}", number)
    return number, page.url


def today() -> str:
    from django.utils import timezone

    return timezone.localdate().isoformat()


def walk_to_the_end(
    served: Served, sign_in: Callable[[str, str], Page], language: str, case_url: str
) -> None:
    """From received to archived, by four people, each refused what is not theirs."""
    names = ("clerk", "manager", "service_manager", "specialist", "consultant", "hr")
    people = {name: sign_in(name, language) for name in names}

    def steps(name: str) -> list[str]:
        page = people[name]
        page.goto(case_url)
        return [str(link.get_attribute("data-step")) for link in page.locator("[data-step]").all()]

    def take(name: str, step: str, **typed: str) -> None:
        page = people[name]
        page.goto(f"{case_url}{step}/")
        for field, text in typed.items():
            page.fill(f"[name='{field.replace('__', '~')}']", text)

    def send(name: str) -> None:
        people[name].locator("main form.form button[type=submit]").click()

    def done(name: str) -> None:
        send(name)
        people[name].wait_for_url(case_url)

    for stranger in ("consultant", "hr"):
        answer = people[stranger].goto(case_url)
        assert answer is not None
        assert answer.status == 404

    assert {name: steps(name) for name in ("clerk", "manager", "specialist")} == {
        "clerk": ["answer_at_once", "assign", "escalate"],
        "manager": ["assign", "escalate"],
        "specialist": ["escalate"],
    }
    people["specialist"].goto(f"{case_url}assign/")
    assert people["specialist"].url == case_url  # led back: the step is not the specialist's
    take("manager", "assign", promised_on=today(), answer_limit__day=today(), answer_limit__time="23:59")
    manager = people["manager"]
    manager.select_option("[name=assignee]", label="顾长川" if language == "zh-hans" else "Gu Changchuan")
    done("manager")

    take("service_manager", "commit", solved_by=today())
    draw(people["service_manager"].locator("[data-pad] canvas"))
    with override(language):
        expect(people["service_manager"].locator("[data-pad-state]")).to_have_text(gettext("Signature kept"))
    done("service_manager")
    page = people["service_manager"]
    page.locator("[data-step=answer]").click()
    send("service_manager")  # nothing answered: told what is missing
    expect(page.locator(".error-summary")).to_be_visible()
    page.fill("[name=finding]", "当日工位排满，接待未及时说明。")
    page.check("[name=remedy][value=explain]")
    done("service_manager")

    take("clerk", "reply", reply_text="让您久等了，向您致歉。")
    people["clerk"].check("[name=customer_reaction][value=accepts]")
    done("clerk")
    take("clerk", "resolve", settled_how="致歉并说明")
    page = people["clerk"]
    page.check("[name=customer_accepts][value=no]")
    send("clerk")  # the rule holds: not before the customer agrees
    expect(page.locator(".error-summary")).to_be_visible()
    page.check("[name=customer_accepts][value=yes]")
    done("clerk")

    assert steps("clerk") == []  # the second call is somebody else's
    assert "close" not in steps("specialist")  # … and due three days after the solution
    four_days_later(served, case_url)
    take("specialist", "close")
    page = people["specialist"]
    page.check("[name=customer_content][value=yes]")
    page.locator("[name=satisfaction][value='5']").check(force=True)
    done("specialist")
    take("specialist", "archive", cause="到店高峰未分流，接待未说明。")
    page.select_option("[name=cause_class]", "waiting")
    page.check("[name=training_case][value=no]")
    done("specialist")
    expect(page.locator("h1 + .chip, .chip").first).to_contain_text(
        "已归档" if language == "zh-hans" else "Archived"
    )
    assert steps("clerk") == []


FIRES = """
import datetime
from django.utils import timezone
from workflows.models import CaseClock
from workflows.services import clocks
later = clocks.Round(timezone.now() + datetime.timedelta(days=4))
print([clocks.fire(one.pk, later) for one in CaseClock.objects.filter(case__uuid="{case}", next_fire_at__isnull=False)])
"""


def four_days_later(served: Served, case_url: str) -> None:
    """Let the clocks of a case fire that will have in four days, as the worker's round does then."""
    said = served.manage("shell", "-c", FIRES.format(case=case_url.rstrip("/").rpartition("/")[2]))
    assert "fired" in said.stdout


def read_the_record(served: Served, page: Page, number: str, duty: str) -> None:
    """The auditor sees every change of the case and of the description: who, when, from, to."""
    page.goto(f"{served.url}/audit/?q={number}")
    page.locator(f"main a[href='/audit/cases/{number}/']").click()
    body = page.locator("main")
    for word in ("TS-", "当日工位排满，接待未及时说明。"):
        expect(body).to_contain_text(word)
    # Nine versions of the case; its clock fell due, and took the step; two promises, each made and settled.
    expect(body.locator("tbody tr")).to_have_count(15)
    page.goto(f"{served.url}/audit/positions/service-adviser/")
    expect(page.locator("main")).to_contain_text(duty)
    assert page.locator("[role=alert]").count() == 0


def test_an_altered_byte_is_found_and_named(served: Served, sign_in: Callable[[str, str], Page]) -> None:
    """``manage.py verify`` fails, naming the row, once somebody changes a byte; not once it is back."""
    assert served.manage("verify", check=False).returncode == 0
    flip_a_byte(served)
    try:
        found = served.manage("verify", check=False)
        assert found.returncode == 1
        assert "audit_event" in found.stdout + found.stderr
        page = sign_in("auditor", "zh-hans")
        page.goto(f"{served.url}/audit/")
        expect(page.locator("h1")).to_be_visible()
    finally:
        # The other journeys read the same record: the byte goes back, and the guards that ``migrate`` puts up.
        flip_a_byte(served)
        served.manage("migrate", "--verbosity", "0")
    assert served.manage("verify", check=False).returncode == 0


CHANGE = "UPDATE audit_event SET body = %s WHERE id = 1"


def flip_a_byte(served: Served) -> None:
    """Change the first event as somebody who owns the database can: its guards dropped, one bit turned over."""
    if not served.environment["REMIT_DATABASE_URL"]:
        with sqlite3.connect(served.data / "remit.sqlite3") as database:
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
            ).fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            (body,) = database.execute("SELECT body FROM audit_event WHERE id = 1").fetchone()
            database.execute(CHANGE.replace("%s", "?"), (flipped(body),))
        return
    import psycopg
    import psycopg.sql

    with psycopg.connect(served.environment["REMIT_DATABASE_URL"]) as database:
        for (name,) in database.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal"
        ).fetchall():
            database.execute(
                psycopg.sql.SQL("DROP TRIGGER {} ON audit_event").format(psycopg.sql.Identifier(name))
            )
        row = database.execute("SELECT body FROM audit_event WHERE id = 1").fetchone()
        assert row is not None
        database.execute(CHANGE, (flipped(bytes(row[0])),))


def flipped(body: bytes) -> bytes:
    """Return ``body`` with one bit of one byte changed."""
    return body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]
