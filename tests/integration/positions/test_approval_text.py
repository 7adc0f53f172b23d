"""What counts as the text that is approved: everything an edition would say, and nothing else."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from backoffice.positions.approval import writing
from backoffice.positions.approval.writing import said, said_by, writers_of
from backoffice.positions.body import edition_body
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import PARTS
from tests.factories.approvals import editor_form
from tests.factories.organisation import make_position, make_user
from tests.factories.positions import blocks, duty, make_draft, make_editor, publish, reload, save_draft

pytestmark = pytest.mark.django_db

# Of the page's own columns, what no edition says; and what the approval itself says.
BESIDE = {
    *(
        "page_ptr",
        "archived_at",
        "archived_by_name",
        "archive_reason",
        "source",
        "source_start",
        "source_end",
    ),
    *("reviewed_by", "approved_by"),
}


def test_every_column_of_a_description_is_text_or_known_not_to_be():
    own = {field.name for field in PositionPage._meta.local_fields} | {"scope_posts", "title"}
    counted = {
        *(*writing.VALUES, *writing.LINES, *writing.RICH, *writing.FLAGS, "scope_posts"),
        *(part.name for part in PARTS),
    }
    assert counted == own - BESIDE


def test_each_change_of_the_text_changes_its_hash():
    page = make_draft(duties=[duty("甲"), duty("乙")])
    raw = list(page.duties.raw_data)
    person, post = make_user(), make_position()
    seen = {said_by(page)}
    changes = [
        {"title": "别的"},
        {"summary": "概述"},
        {"preamble": "<p>前言</p>"},
        {"effective_from": datetime.date(2030, 1, 1)},
        {"prepared_by": person},
        {"answerable": post},
        {"catch_all": True},
        {"document_number": "X-1"},
        {"duties": list(reversed(raw))},
        {"duties": raw[:1]},
        {"duties": [{**raw[0], "value": {**raw[0]["value"], "deadline": "18:00"}}, raw[1]]},
        {"sections": blocks("section", [{"heading": "标题", "body": "<p>正文</p>"}])},
    ]
    for change in changes:
        draft = reload(page).get_latest_revision_as_object()
        for name, value in change.items():
            setattr(draft, name, value)
        seen.add(said_by(draft))
    assert len(seen) == len(changes) + 1


def test_opening_and_saving_in_the_editor_is_no_writing(client):
    first, second = make_editor(), make_editor()
    page = make_draft(by=first)
    client.force_login(second)
    before = said(page.latest_revision.content)
    client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), editor_form(page))
    page = reload(page)
    assert page.latest_revision.user == second
    assert said(page.latest_revision.content) == before
    assert writers_of(page) == [first]


def test_what_goes_live_has_the_hash_of_its_revision():
    page = publish(make_draft(summary="一", preamble="<p>二</p>"))
    assert said_by(page) == said(page.live_revision.content) == said_by(page.live_revision.as_object())
    assert edition_body(page)["summary"] == "一"


def test_writers_are_those_since_the_edition_in_force_also_where_it_was_written_over():
    page = publish(make_draft())
    owner, other = page.owner, make_editor()
    assert writers_of(page) == []
    draft = page.get_latest_revision_as_object()
    draft.summary = "同一修订被自动保存改写"
    draft.save_revision(user=owner, overwrite_revision=page.latest_revision, clean=False)
    assert writers_of(reload(page)) == [owner]
    page = save_draft(page, by=other, summary="别人再改")
    assert writers_of(page) == [owner, other]
    assert writers_of(publish(page, by=make_editor())) == []
