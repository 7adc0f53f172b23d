"""What staff read: editions, never drafts; older ones only for those who may."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.positions import archiving
from tests.factories.organisation import hold, make_department, make_position, make_user, make_user_with_roles
from tests.factories.positions import duty, make_draft, make_editor, make_published, publish, save_draft

pytestmark = pytest.mark.django_db
OLDER_READERS = ["hr", "auditor", "general_manager", "manager"]


@pytest.fixture
def two_editions():
    """A description with edition 2 in force and a draft beside it."""
    page = make_published("售后服务顾问", duties=[duty("第一版的职责")])
    first = page.duties[0].id
    page = publish(page, duties=[{**duty("第二版的职责"), "id": first}])
    return save_draft(page, title="草稿的名称", duties=[duty("草稿的职责")])


def shown(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"positions:{name}", args=args), query)


def test_anonymous_people_are_led_to_the_sign_in(client, two_editions):
    for name, args in (("list", []), ("detail", [two_editions.code])):
        response = client.get(reverse(f"positions:{name}", args=args))
        assert (response.status_code, reverse("access:sign-in") in response["Location"]) == (302, True)


def test_everybody_signed_in_reads_what_is_in_force_and_no_draft(client, two_editions):
    text = shown(client, make_user(), "detail", two_editions.code).content.decode()
    assert ("第二版的职责" in text, "第一版的职责" in text) == (True, False)
    assert "草稿" not in text


@pytest.mark.parametrize("role", OLDER_READERS)
def test_those_who_may_read_older_editions_and_compare(client, two_editions, role):
    user = make_user_with_roles(role)
    assert "第一版的职责" in shown(client, user, "edition", two_editions.code, 1).content.decode()
    compared = shown(client, user, "compare", two_editions.code, 1, 2).content.decode()
    assert ("第<del>一</del>版的职责" in compared, "第<ins>二</ins>版的职责" in compared) == (True, True)


@pytest.mark.parametrize("roles", [[], ["clerk"], ["form_builder"]])
def test_others_do_not(client, two_editions, roles):
    user = make_user_with_roles(*roles)
    statuses = {
        ("edition", 1): shown(client, user, "edition", two_editions.code, 1).status_code,
        ("edition", 2): shown(client, user, "edition", two_editions.code, 2).status_code,
        ("edition", 3): shown(client, user, "edition", two_editions.code, 3).status_code,
        ("pdf", 1): shown(client, user, "pdf", two_editions.code, 1).status_code,
        ("compare", 1): shown(client, user, "compare", two_editions.code, 1, 2).status_code,
    }
    assert statuses == {
        ("edition", 1): 404,
        ("edition", 2): 200,
        ("edition", 3): 404,
        ("pdf", 1): 404,
        ("compare", 1): 404,
    }


def test_a_description_never_published_is_not_there(client):
    page = make_draft()
    assert shown(client, make_user_with_roles("hr"), "detail", page.code).status_code == 404
    assert page.title not in shown(client, make_user_with_roles("hr"), "list").content.decode()


def test_a_future_edition_is_seen_only_by_those_who_read_others(client):
    page = make_published(effective_from=timezone.localdate() + datetime.timedelta(days=9))
    assert shown(client, make_user(), "detail", page.code).status_code == 404
    assert shown(client, make_user_with_roles("manager"), "detail", page.code).status_code == 200
    assert shown(client, make_user(), "edition", page.code, 1).status_code == 404


def test_an_archived_description_stays_readable_with_a_note(client):
    page = archiving.archive(make_published("停用的岗位"), by=make_editor())
    user = make_user()
    response = shown(client, user, "detail", page.code)
    assert (response.status_code, response.context["withdrawn"]) == (200, True)
    assert "停用的岗位" not in shown(client, user, "list").content.decode()
    assert "停用的岗位" in shown(client, user, "list", withdrawn="1").content.decode()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("投诉", ["complaints"]),
        ("complaints", ["complaints"]),
        ("Specialist", ["complaints"]),
        ("售后", ["complaints", "technician"]),
        ("售后 技师", ["technician"]),
        ("没有这个", []),
    ],
)
def test_search_finds_title_code_and_department(client, search, found):
    service = make_department("service", name="售后服务部")
    for code, title, english in (
        ("complaints", "客户投诉处理专员", "Complaints Specialist"),
        ("technician", "机电技师", "Technician"),
    ):
        make_published(title, position=make_position(code, title=title, title_en=english, department=service))
    response = shown(client, make_user(), "list", q=search)
    assert [position.code for position in response.context["page"]] == found


def test_ones_own_position_comes_first(client):
    make_published(position=make_position("aaa"))
    mine = make_published(position=make_position("zzz"))
    user = make_user()
    hold(user, mine.position)
    page = shown(client, user, "list").context["page"]
    assert [(position.code, position.mine) for position in page] == [("zzz", True), ("aaa", False)]


def test_an_empty_list_says_what_to_do(client):
    response = shown(client, make_user(), "list")
    assert 'class="empty"' in response.content.decode()


def test_number_of_queries_does_not_grow_with_positions_or_editions(client, django_assert_max_num_queries):
    make_published()
    user = make_user()
    shown(client, user, "list")
    with django_assert_max_num_queries(32) as with_one:
        shown(client, user, "list")
    for _ in range(2):
        publish(make_published(), summary="再版")
    with django_assert_max_num_queries(len(with_one)):
        shown(client, user, "list")


def test_while_there_is_no_pdf_a_page_asks_again(client, monkeypatch, two_editions, tmp_path):
    monkeypatch.setattr("backoffice.exports.documents.request_pdf", lambda edition, language: None)
    monkeypatch.setattr("backoffice.exports.libraries.missing", list)
    waiting = shown(client, make_user(), "pdf", two_editions.code, 2)
    assert (waiting.status_code, 'http-equiv="refresh"' in waiting.content.decode()) == (202, True)

    file = tmp_path / "edition.pdf"
    file.write_bytes(b"%PDF-1.7")
    monkeypatch.setattr("backoffice.exports.documents.request_pdf", lambda edition, language: file)
    ready = shown(client, make_user(), "pdf", two_editions.code, 2)
    assert (ready.status_code, ready["Content-Type"], b"".join(ready.streaming_content)) == (
        200,
        "application/pdf",
        b"%PDF-1.7",
    )


def test_where_pdfs_cannot_be_made_the_page_says_so(client, monkeypatch, two_editions):
    monkeypatch.setattr("backoffice.exports.documents.request_pdf", lambda edition, language: None)
    monkeypatch.setattr("backoffice.exports.libraries.missing", lambda: ["libpango-1.0-0"])
    monkeypatch.setattr("backoffice.exports.libraries.notice", lambda: "no libraries")
    response = shown(client, make_user(), "pdf", two_editions.code, 2)
    assert (response.status_code, "no libraries" in response.content.decode()) == (503, True)


def test_the_choice_of_two_editions_leads_to_their_comparison(client, two_editions):
    user = make_user_with_roles("auditor")
    response = shown(client, user, "compare-chosen", two_editions.code, before="2", after="1")
    assert response["Location"] == reverse("positions:compare", args=[two_editions.code, 1, 2])
    assert shown(client, user, "compare-chosen", two_editions.code, before="x").status_code == 404


def test_the_preview_shows_the_draft_and_the_page_leads_to_the_reading_side(client, two_editions):
    hr = make_editor()
    client.force_login(hr)
    response = client.get(reverse("wagtailadmin_pages:view_draft", args=[two_editions.pk]))
    assert (response.status_code, "草稿的职责" in response.content.decode()) == (200, True)
    assert two_editions.url.endswith(reverse("positions:detail", args=[two_editions.code]))


def test_a_section_is_shown_without_anything_but_its_marks(client):
    page = make_published(
        sections=[
            {
                "type": "section",
                "value": {"heading": "话术", "body": "<p onclick='x()'>您好<script>x()</script></p>"},
            }
        ]
    )
    text = shown(client, make_user(), "detail", page.code).content.decode()
    assert ("<p>您好</p>" in text, "onclick" in text, "x()" in text) == (True, False, False)
