"""Rows of a description that are taken from the library: what is kept with them, and what becomes of them."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import PageLogEntry

from backoffice.positions import archiving, redrafting
from backoffice.positions.comparison import differences, link_changes
from backoffice.positions.library import drafts, items, queries, uses
from backoffice.positions.library.exceptions import DraftClosed, RuleBroken
from backoffice.positions.library.links import parse
from backoffice.positions.library.models import LibraryUse
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import DUTIES
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of, editions_of, newest
from tests.factories.library import make_item, publish_version
from tests.factories.organisation import make_user
from tests.factories.positions import (
    duty,
    make_draft,
    make_editor,
    make_published,
    publish,
    reload,
    save_draft,
)

pytestmark = pytest.mark.django_db


def duties_of(page: PositionPage) -> list[dict]:
    """Return the duties of the newest draft, as values with their id."""
    draft = reload(page).get_latest_revision_as_object()
    return [{"id": block["id"], **block["value"]} for block in draft.duties.get_prep_value()]


def state(row: dict):
    """Return what has become of a row."""
    return queries.states_of([(DUTIES, row)])[0]


def test_inserting_adds_a_row_with_the_items_words_and_its_version():
    item = make_item("铃响三声内接听", cadence="daily", deliverable="来电登记", key="calls")
    page = make_published()
    hr = make_editor()
    drafts.insert(page, [item], by=hr)
    row = duties_of(page)[-1]
    assert (row["text"], row["cadence"], row["deliverable"], row["library"]) == (
        "铃响三声内接听",
        "daily",
        "来电登记",
        "calls@1",
    )
    assert len(duties_of(page)) == 3
    revision = reload(page).latest_revision
    assert (revision.user, reload(page).live, reload(page).has_unpublished_changes) == (hr, True, True)
    assert editions_of("position", page.code).count() == 1
    event = list(events_of(f"position:{page.code}"))[-1]
    assert event.kind == "position_library_inserted"
    assert event.references["revision"] == str(revision.pk)
    assert PageLogEntry.objects.filter(page=page.pk, action=drafts.LIBRARY_ACTION, user=hr).count() == 1


def test_several_items_of_several_parts_are_one_revision():
    page = make_draft()
    before = reload(page).revisions.count()
    drafts.insert(
        page,
        [make_item("甲"), make_item("乙"), make_item("驾驶证", part="qualifications", kind="certificate")],
        by=page.owner,
    )
    draft = reload(page).get_latest_revision_as_object()
    assert reload(page).revisions.count() == before + 1
    assert [block.value["text"] for block in draft.duties][-2:] == ["甲", "乙"]
    assert [(block.value["kind"], block.value["text"]) for block in draft.qualifications] == [
        ("certificate", "驾驶证")
    ]


def test_half_filled_rows_of_the_draft_stay_when_an_item_is_inserted():
    page = make_draft(duties=[duty("", "weekly"), duty("接待")])
    drafts.insert(page, [make_item("甲")], by=page.owner)
    assert [(row["text"], row["cadence"]) for row in duties_of(page)] == [
        ("", "weekly"),
        ("接待", "ongoing"),
        ("甲", "ongoing"),
    ]


def test_an_item_without_a_version_or_a_retired_one_is_not_inserted():
    page = make_draft()
    unpublished = items.create(part="duties", wording={"text": "甲", "cadence": "daily"}, by=page.owner)
    retired = items.retire(make_item("乙"), by=page.owner)
    for item in (unpublished, retired):
        with pytest.raises(RuleBroken):
            drafts.insert(page, [item], by=page.owner)
    assert len(duties_of(page)) == 2


def test_the_version_is_in_the_edition_and_nothing_of_it_where_there_is_none():
    page = make_draft()
    drafts.insert(page, [make_item("甲", key="first")], by=page.owner)
    publish(page)
    rows = body_of(newest("position", page.code))["duties"]
    assert ["library" in row for row in rows] == [False, False, True]
    assert rows[2]["library"] == "first@1"


def test_a_draft_from_an_edition_and_a_copy_keep_the_version():
    page = make_draft()
    drafts.insert(page, [make_item("甲", key="first")], by=page.owner)
    publish(page)
    save_draft(page, duties=[duty("别的")])
    redrafting.draft_from(reload(page), newest("position", page.code), by=page.owner)
    assert duties_of(page)[2]["library"] == "first@1"
    copy = reload(page).copy(
        update_attrs={"title": "副本", "slug": "copy", "position": None}, user=page.owner, keep_live=False
    )
    assert duties_of(copy)[2]["library"] == "first@1"
    assert LibraryUse.objects.filter(page=copy.pk, key="first", edition=None).count() == 1


def test_a_row_says_same_reworded_and_newer():
    item = make_item("铃响三声内接听", key="calls")
    page = make_draft()
    drafts.insert(page, [item], by=page.owner)
    row = duties_of(page)[-1]
    assert (state(row).reworded, state(row).outdated) == (False, False)
    assert state({**row, "text": "铃响五声内接听"}).reworded is True
    publish_version(item, "铃响两声内接听")
    assert (state(row).reworded, state(row).outdated, state(row).newest) == (False, True, 2)
    assert state({**row, "library": "unknown@1"}).known is False
    assert state({**row, "library": ""}) is None
    assert parse("calls@0") is None


def test_what_a_post_says_for_itself_does_not_make_a_row_reworded():
    item = make_item("接待", key="a")
    page = make_draft()
    drafts.insert(page, [item], by=page.owner)
    assert state({**duties_of(page)[-1], "weight": 30}).reworded is False


def test_taking_over_a_version_changes_the_draft_alone_and_keeps_id_and_share_of_time():
    item = make_item("铃响三声内接听", cadence="daily", key="calls")
    page = make_draft()
    drafts.insert(page, [item], by=page.owner)
    rows = duties_of(page)
    rows[-1]["weight"] = 20
    save_draft(
        page,
        duties=[
            {"type": "duty", "id": row["id"], "value": {k: v for k, v in row.items() if k != "id"}}
            for row in rows
        ],
    )
    publish(page)
    before = newest("position", page.code)
    publish_version(item, "铃响两声内接听", deadline="当场")
    outcome = drafts.take_over(page, "calls", by=page.owner)
    assert (outcome.kind, outcome.changed, outcome.left) == ("done", 1, 0)
    row = duties_of(page)[-1]
    assert (row["id"], row["text"], row["deadline"], row["weight"], row["library"]) == (
        rows[-1]["id"],
        "铃响两声内接听",
        "当场",
        20,
        "calls@2",
    )
    assert newest("position", page.code) == before
    event = list(events_of(f"position:{page.code}"))[-1]
    assert event.kind == "position_library_taken_over"
    told = {change.path.rpartition(".")[2]: (change.before, change.after) for change in event.changes}
    assert told == {
        "library": ("calls@1", "calls@2"),
        "text": ("铃响三声内接听", "铃响两声内接听"),
        "deadline": ("", "当场"),
    }
    assert drafts.take_over(page, "calls", by=page.owner).kind == "current"


def test_a_row_reworded_by_hand_is_left_alone_unless_asked():
    item = make_item("铃响三声内接听", key="calls")
    page = make_draft(duties=[{**duty("铃响五声内接听", library="calls@1"), "id": "own"}])
    publish_version(item, "铃响两声内接听")
    outcome = drafts.take_over(page, "calls", by=page.owner)
    assert (outcome.kind, outcome.left) == ("reworded", 1)
    assert duties_of(page)[0]["text"] == "铃响五声内接听"
    assert drafts.take_over(page, "calls", by=page.owner, overwrite=True).kind == "done"
    assert (duties_of(page)[0]["text"], duties_of(page)[0]["library"]) == ("铃响两声内接听", "calls@2")


def test_a_row_that_says_the_newest_words_already_only_gets_its_number():
    item = make_item("旧", key="a")
    page = make_draft(duties=[duty("新", library="a@1")])
    publish_version(item, "新")
    assert drafts.take_over(page, "a", by=page.owner).kind == "done"
    assert (duties_of(page)[0]["text"], duties_of(page)[0]["library"]) == ("新", "a@2")


def test_closed_drafts_are_told_and_stay():
    item = make_item("旧", key="a")
    archived = make_published(duties=[duty("旧", library="a@1")])
    archiving.archive(archived, by=archived.owner)
    locked = make_draft(duties=[duty("旧", library="a@1")])
    other = make_editor(full_name="欧阳海")
    stored = reload(locked)
    stored.locked, stored.locked_by = True, other
    stored.save(update_fields=["locked", "locked_by"], clean=False)
    foreign = make_draft(duties=[duty("旧", library="a@1")])
    publish_version(item, "新")
    told = [
        drafts.take_over(archived, "a", by=archived.owner),
        drafts.take_over(locked, "a", by=locked.owner),
        drafts.take_over(foreign, "a", by=make_user()),
    ]
    assert [outcome.kind for outcome in told] == ["archived", "locked", "forbidden"]
    with override("zh-hans"):
        assert "欧阳海" in drafts.take_over(locked, "a", by=locked.owner).told
    assert [duties_of(page)[0]["text"] for page in (archived, locked, foreign)] == ["旧", "旧", "旧"]
    with pytest.raises(DraftClosed):
        drafts.insert(locked, [item], by=locked.owner)


def test_the_one_who_holds_the_lock_may_take_over():
    item = make_item("旧", key="a")
    page = make_draft(duties=[duty("旧", library="a@1")])
    stored = reload(page)
    stored.locked, stored.locked_by = True, page.owner
    stored.save(update_fields=["locked", "locked_by"], clean=False)
    publish_version(item, "新")
    assert drafts.take_over(page, "a", by=page.owner).kind == "done"


def test_linking_a_row_keeps_its_words_or_takes_the_items():
    page = make_draft(duties=[{**duty("接听电话"), "id": "one"}, {**duty("接听来电"), "id": "two"}])
    item = make_item("接听电话", key="calls")
    drafts.link(page, item, ["one", "two"], by=page.owner)
    assert [(row["text"], row["library"]) for row in duties_of(page)] == [
        ("接听电话", "calls@1"),
        ("接听来电", "calls@1"),
    ]
    assert [state(row).reworded for row in duties_of(page)] == [False, True]
    drafts.link(page, item, ["two"], by=page.owner, take_wording=True)
    assert [row["text"] for row in duties_of(page)] == ["接听电话", "接听电话"]
    with pytest.raises(RuleBroken):
        drafts.link(page, item, ["gone"], by=page.owner)


def test_a_comparison_tells_a_mere_link_apart_from_a_change_of_the_text():
    make_item("接听电话", key="calls")
    page = make_published(duties=[{**duty("接听电话"), "id": "one"}])
    publish(page, duties=[{**duty("接听电话", library="calls@1"), "id": "one"}])
    after, before = (body_of(edition) for edition in editions_of("position", page.code))
    assert differences(before, after) == []
    (one,) = link_changes(before, after)
    assert (one.title, one.after) == ("接听电话", "calls, version 1") or "calls" in one.after
    assert link_changes(after, after) == []


def test_publishing_a_version_moves_no_edition():
    item = make_item("旧", key="a")
    page = make_published(duties=[duty("旧", library="a@1")])
    edition = newest("position", page.code)
    stored = bytes(edition.body)
    publish_version(item, "新")
    assert newest("position", page.code) == edition
    assert bytes(newest("position", page.code).body) == stored
    assert reload(page).has_unpublished_changes is False


def test_a_draft_that_uses_an_item_may_be_deleted():
    make_item("旧", key="a")
    page = make_draft(duties=[duty("旧", library="a@1")])
    assert LibraryUse.objects.count() == 1
    page.delete()
    assert LibraryUse.objects.count() == 0


def test_rows_that_named_a_version_before_it_was_there_are_settled():
    page = make_published(duties=[duty("甲", library="late@1")])
    assert set(LibraryUse.objects.values_list("key", "reworded")) == {("late", None)}
    make_item("甲", key="late")
    assert set(LibraryUse.objects.filter(page=page).values_list("key", "reworded")) == {("late", False)}
    assert uses.differences() == []


def test_a_page_made_by_a_program_without_a_revision_is_indexed():
    make_item("甲", key="a")
    page = PositionPage(title="岗", owner=make_editor(), duties=[duty("甲", library="a@1")])
    index_page().add_child(instance=page)
    assert LibraryUse.objects.filter(page=page, edition=None).count() == 1


def test_deleting_the_newest_revision_of_a_draft_follows_the_one_before():
    make_item("甲", key="a")
    page = make_draft(duties=[duty("甲", library="a@1")])
    save_draft(page, duties=[duty("别的")])
    assert not LibraryUse.objects.exists()
    page = reload(page)
    page.latest_revision.delete()
    assert uses.differences() == []


def test_the_preview_and_the_reading_page_say_nothing_of_the_library(client):
    make_item("甲", key="a-very-special-key")
    page = make_published(duties=[duty("甲", library="a-very-special-key@1")])
    client.force_login(page.owner)
    answer = client.get(reverse("positions:detail", args=[page.code]))
    assert answer.status_code == 200
    assert b"a-very-special-key" not in answer.content
    assert "甲" in answer.content.decode()
    assert json.loads(reload(page).latest_revision.content["duties"])[0]["value"]["library"]
