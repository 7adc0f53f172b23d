"""Where items are used: the index never lies, and asking it costs the same for three descriptions and for many."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.positions import archiving
from backoffice.positions.library import drafts, items, queries, uses
from backoffice.positions.library.models import LibraryItem, LibraryUse
from backoffice.positions.models import PositionPage
from foundation.editions.queries import editions_of
from tests.factories.library import make_item, publish_version
from tests.factories.organisation import make_department, make_position, make_user
from tests.factories.positions import duty, make_draft, make_editor, make_published, publish, save_draft

pytestmark = pytest.mark.django_db
KEYS = ("one", "two", "late")
LINKS = ("", "one@1", "one@2", "two@1", "late@1", "late@2", "nonsense", "one@99")

acts = st.one_of(
    st.tuples(st.just("write"), st.lists(st.sampled_from(LINKS), max_size=3)),
    st.tuples(st.just("save"), st.sampled_from(LINKS)),
    st.tuples(st.just("publish"), st.sampled_from([0, 0, 3])),
    st.tuples(st.just("end"), st.none()),
    st.tuples(st.just("version"), st.sampled_from(KEYS)),
    st.tuples(st.just("take over"), st.sampled_from(KEYS)),
    st.tuples(st.just("insert"), st.sampled_from(KEYS)),
    st.tuples(st.just("undo"), st.none()),
)


def words(link):
    """Return the words of version 1 of the item that a link names."""
    return f"{link.partition('@')[0] or '自己'} 1"


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(acts, st.integers(0, 5)), min_size=6, max_size=14))
def test_the_index_says_what_all_drafts_and_editions_say(steps):
    """HR writes, saves, publishes (also for a later day), archives, deletes, undoes, publishes versions, takes over
    and inserts, in any order: after each step the index is what reading every body finds.
    """
    hr = make_editor()
    for (act, detail), place in steps:
        pages = list(PositionPage.objects.order_by("pk"))
        page = pages[place % len(pages)] if pages else None
        carry_out(act, detail, page, hr)
        assert uses.differences() == []
    before = set(
        LibraryUse.objects.values_list("page", "edition", "part", "row", "key", "number", "reworded")
    )
    assert [done for done, _total in uses.rebuild()] == list(range(1, PositionPage.objects.count() + 1))
    after = LibraryUse.objects.values_list("page", "edition", "part", "row", "key", "number", "reworded")
    assert set(after) == before


def carry_out(act, detail, page, hr):
    """Do one step of a life, if there is something to do it to."""
    item = LibraryItem.objects.filter(key=detail).first() if isinstance(detail, str) else None
    if act == "version":
        if item is None:
            make_item(words(detail), key=detail, by=hr)
        else:
            publish_version(item, f"{detail} {item.number + 1}", by=hr)
    elif act == "write":
        make_draft(by=hr, duties=[duty(words(link), library=link) for link in detail] or [duty("空")])
    elif page is None:
        return
    elif act == "take over" and item is not None:
        drafts.take_over(page, detail, by=hr)
    elif act == "end":
        if page.is_archived:
            archiving.restore(page, by=hr)
        elif page.has_editions:
            archiving.archive(page, by=hr)
        else:
            page.delete()
    elif page.is_archived:
        return
    elif act == "insert" and item is not None:
        drafts.insert(page, [item], by=hr)
    elif act == "save":
        save_draft(page, by=hr, duties=[duty(words(detail), library=detail), duty("改过", library=detail)])
    elif act == "publish":
        later = timezone.localdate() + datetime.timedelta(days=detail)
        publish(page, by=hr, effective_from=later if detail else None)
    elif act == "undo" and not page.has_editions and page.latest_revision is not None:
        page.latest_revision.delete()


def test_the_check_finds_what_was_tampered_with_and_rebuilding_mends_it(capsys):
    make_item("甲", key="a")
    make_published(duties=[duty("甲", library="a@1")])
    call_command("library", "check")
    LibraryUse.objects.update(number=7)
    with pytest.raises(CommandError, match="rebuild"):
        call_command("library", "check")
    call_command("library", "rebuild")
    call_command("library", "check")
    assert "2 uses" in capsys.readouterr().out


# --- where used ---------------------------------------------------------------------------------------------


def test_where_used_tells_draft_and_edition_in_force_apart():
    item = make_item("旧", key="a")
    department = make_department(name="售后服务部")
    both = make_published(
        "甲岗", position=make_position(department=department), duties=[duty("旧", library="a@1")]
    )
    waiting = make_draft("乙岗", duties=[duty("自己的话", library="a@1")])
    make_published("丙岗")
    item = publish_version(item, "新")
    drafts.take_over(both, "a", by=both.owner)
    found = {use.page.title: use for use in queries.pages_using(item)}
    assert set(found) == {"甲岗", "乙岗"}
    first, second = found["甲岗"], found["乙岗"]
    assert (first.draft.versions, first.draft.outdated, first.draft.reworded) == ((2,), False, 0)
    assert (first.in_force.versions, first.in_force.number, first.in_force.outdated) == ((1,), 1, True)
    assert (first.outdated, first.takes) == (True, False)
    assert (second.in_force, second.draft.reworded, second.takes) == (None, 1, True)
    assert [use.page.title for use in queries.pages_using(item, department=department.code)] == ["甲岗"]
    publish(both)
    assert [use.page.title for use in queries.pages_using(item, outdated=True)] == ["乙岗"]
    assert waiting.title == "乙岗"


def test_an_edition_that_waits_or_was_replaced_does_not_count_as_in_force():
    item = make_item("旧", key="a")
    page = make_published(duties=[duty("旧", library="a@1")])
    publish(page, duties=[duty("别的")], effective_from=timezone.localdate() + datetime.timedelta(days=10))
    (use,) = queries.pages_using(item)
    assert (use.draft, use.in_force.number) == (None, 1)
    later = timezone.localdate() + datetime.timedelta(days=10)
    assert queries.pages_using(item, day=later) == []


def test_an_archived_description_is_told_and_counted_no_more():
    item = make_item("旧", key="a")
    page = make_published(duties=[duty("旧", library="a@1")])

    def counted():
        return queries.use_counts(LibraryItem.objects.all())["a"]

    assert (counted().used, counted().outdated) == (1, 0)
    publish_version(item, "新")
    assert (counted().used, counted().outdated) == (1, 1)
    archiving.archive(page, by=page.owner)
    assert (counted().used, counted().outdated) == (0, 0)
    (use,) = queries.pages_using(LibraryItem.objects.get())
    assert (use.in_force, use.takes, use.outdated) == (None, False, False)


def test_impact_counts_descriptions_before_a_version_is_published():
    item = make_item("旧", key="a")
    make_published(duties=[duty("旧", library="a@1")])
    make_draft(duties=[duty("自己的话", library="a@1")])
    impact = queries.impact_of(queries.pages_using(item))
    assert (impact.pages, impact.in_force, impact.reworded, impact.older) == (2, 1, 1, 0)


def test_taking_over_in_many_tells_each_result():
    item = make_item("旧", key="a")
    hr = make_editor()
    plain = make_draft("甲", by=hr, duties=[duty("旧", library="a@1")])
    own = make_draft("乙", by=hr, duties=[duty("自己的话", library="a@1")])
    replaced = make_draft("丙", by=hr, duties=[duty("别人的话", library="a@1")])
    none = make_draft("丁", by=hr)
    ended = make_published("戊", by=hr, duties=[duty("旧", library="a@1")])
    archiving.archive(ended, by=hr)
    publish_version(item, "新")
    told = []
    outcomes = drafts.take_over_in(
        [page.pk for page in (plain, own, replaced, none, ended)],
        "a",
        by=hr,
        overwrite={replaced.pk},
        advance=lambda done, total: told.append((done, total)),
    )
    assert {outcome.page.title: outcome.kind for outcome in outcomes} == {
        "甲": "done",
        "乙": "reworded",
        "丙": "done",
        "丁": "current",
        "戊": "archived",
    }
    assert all(outcome.told and outcome.word for outcome in outcomes)
    assert told == [(number, 5) for number in range(1, 6)]
    assert editions_of("position", ended.code).count() == 1


# --- cost ---------------------------------------------------------------------------------------------------


def many(pages, keys):
    """Make descriptions that each use every item, in an older edition, in force and in the draft."""
    made = [make_item(f"条目 {number}", key=f"item-{number}") for number in range(keys)]
    hr = make_editor()
    for number in range(pages):
        rows = [duty(item.wording["text"], library=f"{item.key}@1") for item in made]
        page = make_published(f"岗位 {number}", by=hr, duties=rows)
        publish(page, by=hr, summary="第二版")
        save_draft(page, by=hr, summary="草稿")
    publish_version(made[0], "新")
    return hr, made[0]


ADDRESSES = (
    ("the shelf", "positions_library", False),
    ("an item", "positions_library_item", True),
    ("publishing", "positions_library_edit", True),
    ("what occurs several times", "positions_library_similar", False),
)


def asked(client, hr, item):
    """Return how many queries each screen takes."""
    client.force_login(hr)
    counts = {}
    for name, route, of_item in ADDRESSES:
        address = reverse(route, args=[item.key] if of_item else [])
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts[name] = len(captured)
    return counts


def test_the_number_of_queries_grows_with_nothing(client):
    few = asked(client, *many(2, 2))
    for item in LibraryItem.objects.all():
        items.retire(item, by=make_user())
    more_items = [make_item(f"更多 {number}", key=f"more-{number}") for number in range(6)]
    hr = make_editor()
    for number in range(8):
        rows = [duty(item.wording["text"], library=f"{item.key}@1") for item in more_items]
        page = publish(make_published(f"更多 {number}", by=hr, duties=rows), by=hr, summary="第二版")
        save_draft(page, by=hr, summary="草稿")
    publish_version(more_items[0], "新")
    assert asked(client, hr, more_items[0]) == few
