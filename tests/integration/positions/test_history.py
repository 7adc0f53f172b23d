"""The history keeps what was in force: one row per publication, withdrawal and move, none for a draft."""

from __future__ import annotations

import pytest
from django.db.models.signals import pre_delete
from wagtail.actions.move_page import MovePageAction
from wagtail.log_actions import LogContext
from wagtail.models import Page, PageLogEntry, Revision

from backoffice.positions import guards
from backoffice.positions.models import PositionPage
from backoffice.positions.tree import index_page
from foundation.editions.queries import editions_of
from tests.factories.organisation import make_user
from tests.factories.positions import duty, make_draft, make_published, publish, reload, save_draft

pytestmark = pytest.mark.django_db


def rows(page: PositionPage) -> list[tuple[str, str]]:
    """Return event and history type of each row, oldest first."""
    return list(
        PositionPage.history.filter(page_ptr_id=page.pk)
        .order_by("history_date")
        .values_list("event", "history_type")
    )


def log_actions(page: PositionPage) -> list[str]:
    return list(PageLogEntry.objects.filter(page=page.pk).order_by("pk").values_list("action", flat=True))


PUBLISHED = ("publish", "+")


def _save_draft(page: PositionPage) -> None:
    save_draft(page, title="改名的草稿")


def _autosave_three_times(page: PositionPage) -> None:
    page = save_draft(page, title="第一稿")
    for title in ("第二稿", "第三稿", "第四稿"):
        draft = reload(page).get_latest_revision_as_object()
        draft.title = title
        draft.save_revision(
            user=page.owner, log_action=True, clean=False, overwrite_revision=page.latest_revision
        )


def _publish_again(page: PositionPage) -> None:
    publish(page, title="新的名称")


def _publish_unchanged(page: PositionPage) -> None:
    publish(save_draft(page))


def _revert_as_draft(page: PositionPage) -> None:
    first = page.revisions.order_by("created_at").first()
    page = publish(page, title="新的名称")
    old = first.as_object()
    old.save_revision(user=page.owner, log_action=True, previous_revision=first, clean=False)


def _lock_and_unlock(page: PositionPage) -> None:
    for locked in (True, False):
        page = reload(page)
        page.locked = locked
        page.save()


def _unpublish(page: PositionPage) -> None:
    page.unpublish(user=page.owner)


def _unpublish_and_publish(page: PositionPage) -> None:
    page.unpublish(user=page.owner)
    publish(page)


def _program_saves_live(page: PositionPage) -> None:
    page.summary = "由程序改写"
    with LogContext(user=page.owner):
        page.save()


def _program_saves_nothing_new(page: PositionPage) -> None:
    with LogContext(user=page.owner):
        page.save()


def _second_index() -> Page:
    # max_count binds the editor, not the tree: enough to have somewhere to move to.
    return Page.get_first_root_node().add_child(instance=type(index_page())(title="另一处", slug="elsewhere"))


def _move(page: PositionPage) -> None:
    page.move(_second_index(), pos="last-child", user=make_user(is_superuser=True))


def _move_of_the_page_above(page: PositionPage) -> None:
    elsewhere = _second_index()
    MovePageAction(page.get_parent(), elsewhere, pos="last-child", user=page.owner).execute(
        skip_permission_checks=True
    )


def _reorder(page: PositionPage) -> None:
    make_draft()
    reload(page).move(index_page(), pos="last-child", user=page.owner)


def _queryset_update(page: PositionPage) -> None:
    PositionPage.objects.filter(pk=page.pk).update(summary="绕过一切")


def _copy(page: PositionPage) -> None:
    page.copy(update_attrs={"slug": "another", "title": "副本"}, user=page.owner)


TABLE = [
    (_save_draft, []),
    (_autosave_three_times, []),
    (_publish_again, [("publish", "~")]),
    (_publish_unchanged, [("publish", "~")]),
    (_revert_as_draft, [("publish", "~")]),
    (_lock_and_unlock, []),
    (_unpublish, [("unpublish", "~")]),
    (_unpublish_and_publish, [("unpublish", "~"), ("publish", "~")]),
    (_program_saves_live, [("save", "~")]),
    (_program_saves_nothing_new, []),
    (_move, [("move", "~")]),
    (_move_of_the_page_above, [("move", "~")]),
    (_reorder, []),
    (_queryset_update, []),
    (_copy, []),
]


@pytest.mark.parametrize(("action", "added"), TABLE, ids=[action.__name__[1:] for action, _ in TABLE])
def test_rows_per_action_on_a_published_page(action, added):
    page = make_published()
    action(page)
    assert rows(page) == [PUBLISHED, *added]


@pytest.mark.parametrize("action", [_save_draft, _autosave_three_times, _lock_and_unlock, _move, _copy])
def test_a_page_never_published_has_no_rows(action):
    page = make_draft()
    action(page)
    assert (rows(page), editions_of("position", page.code).count()) == ([], 0)


def test_a_changed_slug_above_writes_a_move(django_capture_on_commit_callbacks):
    page, draft = make_published(), make_draft()
    with django_capture_on_commit_callbacks(execute=True):
        above = index_page()
        above.slug = "job-descriptions"
        above.save()
    moved = PositionPage.history.filter(page_ptr_id=page.pk).order_by("history_date").last()
    assert (rows(page), rows(draft)) == ([PUBLISHED, ("move", "~")], [])
    assert moved.url_path == f"/job-descriptions/{page.code}/"


def test_a_draft_on_a_live_page_leaves_the_row_of_the_published_text():
    page = make_published("售后服务顾问")
    save_draft(page, title="草稿标题", duties=[duty("草稿里的职责")])
    (row,) = PositionPage.history.filter(page_ptr_id=page.pk)
    assert (row.title, row.content["title"], "草稿里的职责" in row.content["duties"]) == (
        "售后服务顾问",
        "售后服务顾问",
        False,
    )


def test_every_row_finds_its_log_entries_by_uuid():
    page = make_published()
    save_draft(page, title="草稿")
    publish(page, title="再版")
    page = reload(page)
    page.move(_second_index(), pos="last-child", user=make_user(is_superuser=True))
    reload(page).unpublish(user=page.owner)
    found = {
        row.event: sorted(
            PageLogEntry.objects.filter(page=page.pk, uuid=row.log_uuid).values_list("action", flat=True)
        )
        for row in PositionPage.history.filter(page_ptr_id=page.pk).exclude(history_type="+")
    }
    assert found == {
        "publish": ["wagtail.publish", "wagtail.rename"],
        "move": ["wagtail.move"],
        "unpublish": ["wagtail.unpublish"],
    }


def test_the_author_outlives_the_account():
    author = make_user("leaver", full_name="李离职")
    page = publish(make_draft(), by=author)
    row = PositionPage.history.get(page_ptr_id=page.pk)
    author_id = author.pk
    assert (row.history_user_id, row.author_name) == (author_id, "李离职")
    # No key points from the row to the account, so nothing of this changes when the account goes.
    assert not PositionPage.history.model._meta.get_field("history_user_id").is_relation


def test_a_deleted_page_is_rebuilt_from_its_last_row():
    page = make_published("客户关系经理")
    texts = [block.value["text"] for block in page.duties]
    pre_delete.disconnect(sender=PositionPage, dispatch_uid="positions.page_guard")
    pre_delete.disconnect(sender=Revision, dispatch_uid="positions.revision_guard")
    try:
        page.delete()
    finally:
        guards.connect()
    last = PositionPage.history.order_by("history_date").last()
    rebuilt = PositionPage.from_serializable_data(last.content)
    assert (last.event, last.history_type) == ("delete", "-")
    assert (rebuilt.title, [block.value["text"] for block in rebuilt.duties]) == ("客户关系经理", texts)
