"""Publishing writes an edition; drafts, autosaves and equal texts do not."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.log_actions import LogContext
from wagtail.models import PageLogEntry

from backoffice.positions.body import edition_body
from backoffice.positions.history import content_digest
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import PARTS, SINGLES
from backoffice.positions.publication import AuthorMissing
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of, editions_of, in_force
from foundation.outbox.models import Message
from tests.factories.organisation import make_department, make_position
from tests.factories.positions import duty, make_draft, make_published, publish, reload, save_draft

pytestmark = pytest.mark.django_db


def numbers(page):
    return list(editions_of("position", page.code).values_list("number", flat=True))


def test_edition_holds_the_published_text_of_the_day():
    post = make_position(
        "adviser", title="售后服务顾问", department=make_department("service", name="售后服务部")
    )
    page = make_published("售后服务顾问", position=post, summary="接待客户。\r\n")
    edition = in_force("position", "adviser")
    ids = [block.id for block in page.duties]
    nothing: dict = {part.name: [] for part in PARTS}
    empty_duty = {
        "deliverable": "",
        "recipient": "",
        "category": "",
        "weight": None,
        "related": "",
        "related_name": "",
        "related_name_en": "",
        "supplementary": False,
    }
    assert body_of(edition) == {
        **nothing,
        **{single.name: "" for single in SINGLES},
        "schema": 2,
        "code": "adviser",
        "title": "售后服务顾问",
        "title_en": "",
        "document_kind": "description",
        "document_number": "PD-ADVISER",
        "controlled": "controlled",
        "edition_label": "",
        "unit_kind": "post",
        "department": {"code": "service", "name": "售后服务部", "name_en": ""},
        "reports_to": [],
        "no_superior": False,
        "subordinates": [],
        "no_subordinates": False,
        "grade": "",
        "headcount": 1,
        "scope_posts": [],
        "answerable": None,
        "prepared_by": None,
        "reviewed_by": None,
        "approved_by": None,
        "signatory": None,
        "issuing_company": "",
        "issue_date": "",
        "summary": "接待客户。",
        "purpose": "",
        "motto": "",
        "working_conditions": "",
        "confidential": False,
        "catch_all": False,
        "duties_by": "cadence",
        "duties": [
            {**empty_duty, "id": ids[0], "text": "接待来店客户", "cadence": "ongoing", "deadline": ""},
            {
                **empty_duty,
                "id": ids[1],
                "text": "汇总当天接待情况",
                "cadence": "daily",
                "deadline": "18:00 前",
            },
        ],
    }
    assert (edition.number, edition.published_by) == (1, page.owner)


def test_drafts_and_autosaves_write_no_edition_event_or_message():
    page = make_draft()
    before = Message.objects.count()
    page = save_draft(page, title="第二稿")
    draft = page.get_latest_revision_as_object()
    draft.title = "自动保存"
    draft.save_revision(
        user=page.owner, log_action=True, clean=False, overwrite_revision=page.latest_revision
    )
    assert (numbers(page), [e.kind for e in events_of(f"position:{page.code}")]) == ([], [])
    assert Message.objects.count() == before


def test_an_unchanged_text_makes_no_second_edition():
    page = publish(save_draft(make_published()))
    kinds = [event.kind for event in events_of(f"position:{page.code}")]
    assert (numbers(page), kinds.count("position_published")) == ([1], 2)


def test_a_changed_text_makes_the_next_edition():
    assert numbers(publish(make_published(), summary="改了")) == [2, 1]


def test_a_duty_keeps_its_id_when_moved_and_reworded_and_a_copy_gets_its_own():
    page = make_published(duties=[duty("甲"), duty("乙")])
    first, second = [block.id for block in page.duties][:2]
    raw = list(page.duties.raw_data)
    moved = [
        {**raw[1], "value": {**raw[1]["value"], "text": "乙，改写"}},
        raw[0],
        {"type": "duty", "value": raw[0]["value"]},
    ]
    page = publish(page, duties=moved)
    rows = body_of(in_force("position", page.code))["duties"]
    assert [(row["id"], row["text"]) for row in rows[:2]] == [(second, "乙，改写"), (first, "甲")]
    assert (rows[2]["text"], rows[2]["id"] in (first, second)) == ("甲", False)


def test_event_refers_to_log_revision_history_and_edition():
    page = publish(make_published(), summary="改了")
    event = max(events_of(f"position:{page.code}"), key=lambda one: one.version)
    row = PositionPage.history.filter(page_ptr_id=page.pk).latest()
    log = PageLogEntry.objects.filter(page=page.pk, action="wagtail.publish").latest("timestamp")
    assert event.kind == "position_published"
    assert event.edition_sha256 == in_force("position", page.code).sha256
    assert event.references == {
        "page": str(page.pk),
        "history": str(row.history_id),
        "history_sha256": content_digest(row.content),
        "log": str(log.uuid),
        "revision": str(page.live_revision_id),
        "revision_sha256": content_digest(page.live_revision.content),
    }


def test_a_later_date_is_taken_and_a_past_one_means_today():
    today = timezone.localdate()
    page = make_published(effective_from=today + datetime.timedelta(days=30))
    assert in_force("position", page.code) is None
    page = publish(page, summary="更正", effective_from=today - datetime.timedelta(days=30))
    assert in_force("position", page.code).effective_from == today
    assert in_force("position", page.code, today + datetime.timedelta(days=40)).number == 1


def test_a_page_that_cannot_be_published_leaves_nothing():
    page = make_draft()
    save_draft(page, title="没有岗位", position=None)
    with pytest.raises(ValidationError):
        reload(page).latest_revision.publish(user=page.owner, skip_permission_checks=True)
    stored = reload(page)
    assert (stored.live, PositionPage.history.count(), editions_of("position", page.code).count()) == (
        False,
        0,
        0,
    )


def test_without_a_person_nothing_comes_into_force():
    page = make_draft()
    page.revisions.update(user=None)
    with pytest.raises(AuthorMissing):
        reload(page).latest_revision.publish(skip_permission_checks=True)
    assert (reload(page).live, numbers(page)) == (False, [])


def test_a_failing_edition_takes_the_publication_with_it(monkeypatch):
    page = make_draft()

    def fails(**kwargs):
        raise OSError("disk full")

    monkeypatch.setattr("backoffice.positions.publication.publish", fails)
    with pytest.raises(OSError, match="disk full"):
        reload(page).latest_revision.publish(user=page.owner, skip_permission_checks=True)
    assert (reload(page).live, PositionPage.history.count()) == (False, 0)


def test_a_new_page_is_never_live_by_itself():
    page = PositionPage(title="直接上线", position=make_position("direct"), live=True)
    index_page().add_child(instance=page)
    assert (reload(page).live, numbers(page)) == (False, [])


def test_the_position_of_a_published_description_is_fixed():
    page = make_published()
    page.position = make_position("other")
    with pytest.raises(ValidationError), LogContext(user=page.owner):
        page.save()


def test_a_half_filled_draft_is_read_without_a_fault():
    page = make_draft(
        duties=[
            {"type": "duty", "value": {"text": None, "cadence": ""}},
            {"type": "duty", "value": {}},
            duty("只有正文", ""),
        ]
    )
    page = save_draft(page, position=None, qualifications=[{"type": "qualification", "value": {"text": ""}}])
    body = edition_body(page.get_latest_revision_as_object())
    assert [(row["text"], row["cadence"]) for row in body["duties"]] == [("只有正文", "ongoing")]
    assert (body["code"], body["department"], body["reports_to"], body["qualifications"]) == (
        "",
        None,
        [],
        [],
    )


def test_slug_follows_the_code_of_the_post():
    page = make_draft(position=make_position("parts-clerk"))
    loose = make_draft()
    loose = save_draft(loose, position=None).get_latest_revision_as_object()
    loose.full_clean(exclude=["position"])
    assert (page.slug, loose.slug.startswith("draft-")) == ("parts-clerk", True)


def test_migrations_do_not_know_the_blocks():
    for name in (part.name for part in PARTS):
        _name, path, args, kwargs = PositionPage._meta.get_field(name).deconstruct()
        assert (path, args, "block_lookup" in kwargs) == (
            "backoffice.positions.blocks.PartsField",
            [[]],
            False,
        )
