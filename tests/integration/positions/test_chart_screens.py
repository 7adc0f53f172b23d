"""The chart on the screen, as SVG and as PDF: for whom, of which day, what it marks, folds and leaves out."""

from __future__ import annotations

import datetime
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.access import groups
from backoffice.exports import libraries
from backoffice.positions.chart import document
from backoffice.positions.chart.selection import Selection
from foundation.outbox.models import Message
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_group,
    make_position,
    make_user,
    make_user_with_roles,
)
from tests.factories.positions import make_published

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def house():
    """A manager above a service desk with a vacancy; the desk has a description."""
    office, service = make_department("office", name="总经办"), make_department("service", name="售后服务部")
    boss = make_position("boss", title="总经理", department=office)
    head = make_position("head", title="服务经理", department=service, superiors=[boss])
    desk = make_position("desk", title="服务顾问", department=service, superiors=[head], headcount=2)
    hold(make_user(full_name="秦怀远"), boss)
    hold(make_user(full_name="顾长川"), head)
    hold(make_user(full_name="陆晚晴", full_name_en="Lu Wanqing"), desk)
    make_published("服务顾问", position=desk)
    return {"boss": boss, "head": head, "desk": desk}


def make_hr():
    group = make_group(groups.HR)
    bind_role("hr", group)
    groups.ensure()
    return make_user(full_name="林若岚", groups=[group])


def shown(client, user, name="chart", **query):
    client.force_login(user)
    return client.get(reverse(f"positions:{name}"), query)


def cards(response) -> set[str]:
    return set(re.findall(r'class="chart-card[^"]*" data-code="([^"]+)"', response.content.decode()))


def listed(response) -> list[str]:
    return re.findall(r'id="post-([^"]+)"', response.content.decode())


class TestWhoSeesWhat:
    def test_anonymous_people_are_led_to_the_sign_in(self, client, house):
        for name in ("chart", "chart-svg", "chart-pdf", "mine"):
            assert client.get(reverse(f"positions:{name}")).status_code == 302

    @pytest.mark.parametrize("name", ["chart", "chart-svg", "chart-pdf"])
    @pytest.mark.parametrize(
        ("role", "today", "other"),
        [
            ("", (200, 202), 404),
            ("clerk", (200, 202), 404),
            ("hr", (200, 202), 200),
            ("auditor", (200, 202), 200),
            ("manager", (200, 202), 200),
            ("general_manager", (200, 202), 200),
        ],
    )
    def test_today_is_for_everybody_other_days_for_those_who_read_older_texts(
        self, client, house, settings, tmp_path, name, role, today, other
    ):
        settings.RENDERED_DIR = tmp_path
        user = make_user_with_roles(*([role] if role else []))
        assert shown(client, user, name).status_code in today
        for days in (-30, 30):
            status = shown(client, user, name, on=(timezone.localdate() + days * DAY).isoformat()).status_code
            assert status == other or (other == 200 and status in today)

    @pytest.mark.parametrize("name", ["chart", "chart-svg", "chart-pdf"])
    @pytest.mark.parametrize(
        "query", [{"on": "yesterday"}, {"on": "0001-01-01"}, {"department": "no-such"}, {"department": "<b>"}]
    )
    def test_what_is_not_there_is_not_found(self, client, house, name, query):
        assert shown(client, make_hr(), name, **query).status_code == 404

    def test_plans_are_for_hr_and_auditors(self, client, house):
        make_position("plan", title="新设岗位")
        seen = {
            role: "plan" in cards(shown(client, make_user_with_roles(role)))
            for role in ("hr", "auditor", "manager", "clerk")
        }
        assert seen == {"hr": True, "auditor": True, "manager": False, "clerk": False}

    def test_only_those_who_may_choose_a_day_are_offered_one(self, client, house):
        assert 'name="on"' not in shown(client, make_user()).content.decode()
        assert 'name="on"' in shown(client, make_hr()).content.decode()


class TestThePage:
    def test_drawing_and_list_say_the_same(self, client, house):
        response = shown(client, make_user())
        assert cards(response) == set(listed(response)) == {"boss", "head", "desk"}
        text = response.content.decode()
        assert text.count("陆晚晴") == 3  # card, its tooltip, list
        assert "1 vacancy of 2" in text or "空缺 1 / 编制 2" in text

    def test_a_card_leads_to_the_text_in_force_and_for_hr_to_the_holders(self, client, house):
        def links(user) -> set[str]:
            text = shown(client, user).content.decode()
            return set(re.findall(r'<a href="([^"]+)" tabindex="-1">', text))

        desk = reverse("positions:detail", args=["desk"])
        assert links(make_user()) == {desk}
        others = {reverse("positions_staffing_post", args=[code]) for code in ("boss", "head")}
        assert links(make_hr()) == {desk, *others}

    def test_folding_by_address_hides_what_is_below_and_says_how_many(self, client, house):
        response = shown(client, make_user(), toggled="head,nonsense")
        assert cards(response) == set(listed(response)) == {"boss", "head"}
        text = response.content.decode()
        assert ">+1</text>" in text
        assert 'aria-expanded="false"' in text
        opened = re.search(r'data-fold="head" href="([^"]+)"', text)
        assert opened is not None
        assert cards(client.get(reverse("positions:chart") + opened[1].partition("#")[0])) == {
            "boss",
            "head",
            "desk",
        }

    def test_levels_fold_everything_deeper(self, client, house):
        user = make_user()
        assert cards(shown(client, user, levels="1")) == {"boss"}
        assert cards(shown(client, user, levels="2")) == {"boss", "head"}
        assert cards(shown(client, user, levels="2", toggled="head")) == {"boss", "head", "desk"}
        for nonsense in ("0", "-1", "x", "9" * 30, "²"):
            assert cards(shown(client, user, levels=nonsense)) == {"boss", "head", "desk"}

    @pytest.mark.parametrize("words", ["顾问", "desk", "陆晚晴", "lu wanqing", "DESK 陆"])
    def test_search_marks_title_code_and_person_and_unfolds_the_way(self, client, house, words):
        response = shown(client, make_user(), q=words, toggled="boss")
        assert [post.code for post in response.context["hits"]] == ["desk"]
        assert 'class="chart-card chart-card--hit" data-code="desk"' in response.content.decode()

    def test_search_that_finds_nothing_says_so(self, client, house):
        response = shown(client, make_user(), q="<script>没有</script>")
        assert response.context["hits"] == []
        assert "&lt;script&gt;没有" in response.content.decode()

    def test_a_department_alone_names_the_superior_elsewhere(self, client, house):
        response = shown(client, make_user(), department="service")
        assert cards(response) == {"head", "desk"}
        assert "↑ 总经理" in response.content.decode()

    def test_only_vacancies_keeps_the_way_up(self, client, house):
        hold(make_user(), make_position("other", title="无空缺", superiors=[house["boss"]]))
        assert cards(shown(client, make_user(), vacant="1")) == {"boss", "head", "desk"}

    def test_empty_states(self, client):
        user = make_user()
        assert "network" in shown(client, user).content.decode()
        hold(make_user(), make_position("full", department=make_department("d")))
        make_department("nobody")
        for query in ({"vacant": "1"}, {"department": "nobody"}):
            response = shown(client, user, **query)
            assert (response.status_code, cards(response)) == (200, set())

    def test_circles_are_named_and_do_not_hang(self, client, house):
        house["boss"].superiors.add(house["desk"])
        response = shown(client, make_hr())
        assert cards(response) == {"boss", "head", "desk"}
        assert response.context["circles"] == ["总经理 → 服务顾问 → 服务经理 → 总经理"]
        assert "总经理 → 服务顾问" in response.content.decode()

    def test_a_past_day_shows_who_held_it_then(self, client, house):
        someone = make_user(full_name="前任的人")
        today = timezone.localdate()
        hold(someone, house["desk"], starts=today - 50 * DAY, ends=today - 10 * DAY)
        hr = make_hr()
        assert "前任的人" not in shown(client, hr).content.decode()
        then = shown(client, hr, on=(today - 10 * DAY).isoformat())
        assert "前任的人" in then.content.decode()
        assert "前任的人" not in shown(client, hr, on=(today - 9 * DAY).isoformat()).content.decode()

    def test_hostile_titles_stay_text(self, client):
        title = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"
        hold(make_user(full_name=title), make_position("bad", title=title))
        text = shown(client, make_user(), q="alert").content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text

    def test_the_number_of_queries_does_not_grow(self, client, house, django_assert_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        user = make_hr()
        client.force_login(user)
        address = reverse("positions:chart")
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for _number in range(12):
            hold(make_user(), make_position(superiors=[house["head"], house["boss"]]))
        with django_assert_num_queries(len(few)):
            client.get(address)


class TestDownloads:
    def test_the_svg_stands_alone(self, client, house):
        response = shown(client, make_user(), "chart-svg")
        assert response["Content-Type"].startswith("image/svg+xml")
        assert response["Content-Disposition"].startswith("attachment")
        tree = ElementTree.fromstring(response.content.decode())
        assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {
            *("svg", "g", "rect", "path", "text", "title")
        }
        assert "http" not in response.content.decode().replace("http://www.w3.org/2000/svg", "")

    def test_the_pdf_is_made_by_the_worker_and_then_sent(
        self, client, house, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks
    ):
        settings.RENDERED_DIR = tmp_path / "rendered"
        user = make_user(language="en")
        waiting = shown(client, user, "chart-pdf")
        assert waiting.status_code == 202
        assert b'http-equiv="refresh"' in waiting.content
        [message] = Message.objects.filter(kind=document.MESSAGE_KIND)
        shown(client, user, "chart-pdf")
        assert Message.objects.filter(kind=document.MESSAGE_KIND).count() == 1
        document.deliver(message.payload)
        response = shown(client, user, "chart-pdf")
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        file = tmp_path / "chart.pdf"
        file.write_bytes(b"".join(response.streaming_content))
        info = subprocess.run(["pdfinfo", file], capture_output=True, check=True, text=True).stdout
        assert re.search(r"Page size:\s+1190\.5\d* x 841\.8\d* pts \(A3\)", info)
        assert re.search(r"Pages:\s+1\b", info)
        text = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True, text=True).stdout
        text = "".join(text.split())
        for word in ("总经理", "服务经理", "服务顾问", "陆晚晴", "售后服务部", "1/1"):
            assert word in text, word
        fonts = subprocess.run(["pdffonts", file], capture_output=True, check=True, text=True).stdout
        lines = fonts.splitlines()[2:]
        assert lines
        assert all(re.search(r"Noto-Sans-SC.*\byes yes yes\b", line) for line in lines)

    def test_another_holder_is_another_document(self, house):
        selection = Selection(timezone.localdate())
        before = document.file_of(*document.page_of(selection, "en"), "en")
        assert document.file_of(*document.page_of(selection, "en"), "en") == before
        hold(make_user(), house["desk"])
        assert document.file_of(*document.page_of(selection, "en"), "en") != before

    def test_where_pdfs_cannot_be_made_the_page_says_why(self, client, house, monkeypatch):
        monkeypatch.setattr(libraries, "missing", lambda: ["libpango-1.0-0"])
        response = shown(client, make_user(), "chart-pdf")
        assert response.status_code == 503
        assert "apt-get" in response.content.decode()
        assert not Message.objects.filter(kind=document.MESSAGE_KIND).exists()
