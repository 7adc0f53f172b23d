"""Items of the library: versions, who and why, retiring; what is refused; the record; packs."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils.translation import override

from backoffice.positions.library import items, queries, trail
from backoffice.positions.library.exceptions import KeyTaken, Overtaken, RuleBroken, WordingInvalid
from backoffice.positions.library.models import LibraryItem, LibraryUse
from backoffice.positions.library.packs import LibraryLoader
from backoffice.positions.models import PositionPage
from backoffice.positions.packs import PositionLoader
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of, editions_of, newest
from foundation.packs.exceptions import PackFault
from foundation.packs.reading import written
from foundation.packs.registry import loaders
from tests.factories.library import make_item, publish_version, wording
from tests.factories.organisation import make_position, make_user
from tests.factories.positions import duty, make_draft, make_published, publish

pytestmark = pytest.mark.django_db


def kinds(item):
    """Return the kinds of the events of an item."""
    return [event.kind for event in events_of(items.stream_of(item.key))]


# --- versions -----------------------------------------------------------------------------------------------


def test_publishing_numbers_the_versions_and_keeps_who_and_why():
    by, other = make_user(full_name="林若岚"), make_user(full_name="欧阳海")
    item = make_item("铃响三声内接听", by=by, key="calls")
    publish_version(item, "铃响两声内接听", by=other)
    second, first = editions_of("library", "calls").select_related("published_by")
    assert [(one.number, one.published_by, one.note) for one in (first, second)] == [
        (1, by, ""),
        (2, other, "措辞更清楚"),
    ]
    assert body_of(second) == {
        "schema": 1,
        "key": "calls",
        "part": "duties",
        "wording": {**wording(text="铃响两声内接听"), **_empty()},
    }
    assert len({first.sha256, second.sha256}) == 2
    assert kinds(item) == [
        "library_item_made",
        "library_item_published",
        "library_item_changed",
        "library_item_published",
    ]


def _empty():
    return {
        "deadline": "",
        "deliverable": "",
        "recipient": "",
        "category": "",
        "related": "",
        "supplementary": False,
    }


def test_a_draft_is_not_offered_until_it_is_published():
    item = items.create(part="duties", wording=wording(), by=make_user())
    assert (item.number, item.changed) == (0, True)
    assert list(queries.shelf(published=True)) == []
    items.publish(item, by=make_user())
    assert [(one.key, one.number, one.changed) for one in queries.shelf(published=True)] == [
        (item.key, 1, False)
    ]


def test_subject_and_note_make_no_new_version():
    item = make_item("甲")
    item = items.change(
        item, by=make_user(), version=item.version, wording=item.wording, subject="接待", note="新"
    )
    assert (item.subject, item.changed, item.number) == ("接待", False, 1)
    with pytest.raises(RuleBroken):
        items.publish(item, by=make_user())
    assert editions_of("library", item.key).count() == 1


def test_saving_what_is_there_writes_nothing():
    item = make_item("甲", subject="接待")
    before = kinds(item)
    items.change(item, by=make_user(), version=item.version, wording=item.wording, subject="接待")
    assert kinds(item) == before


def test_going_back_to_the_published_words_leaves_nothing_to_publish():
    item = make_item("甲")
    item = items.change(item, by=make_user(), version=item.version, wording=wording(text="乙"))
    assert item.changed
    item = items.change(item, by=make_user(), version=item.version, wording=wording(text="甲"))
    assert not item.changed


def test_who_saw_an_older_state_does_not_overwrite_it():
    item = make_item("甲")
    items.change(item, by=make_user(), version=item.version, wording=wording(text="乙"))
    with pytest.raises(Overtaken):
        items.change(item, by=make_user(), version=item.version, wording=wording(text="丙"))
    with pytest.raises(Overtaken):
        items.publish(item, by=make_user(), version=item.version)
    assert LibraryItem.objects.get().wording["text"] == "乙"


def test_numbers_are_given_by_part_and_keys_are_unique():
    by = make_user()
    assert [make_item(by=by).key for _ in range(3)] == ["duty-1", "duty-2", "duty-3"]
    assert make_item(part="qualifications", by=by).key == "qualification-1"
    make_item(key="duty-9", by=by)
    assert make_item(by=by).key == "duty-10"
    with pytest.raises(KeyTaken):
        make_item(key="duty-9", by=by)
    with pytest.raises(WordingInvalid):
        make_item(key="Greet Customer", by=by)


@pytest.mark.parametrize(
    ("part", "said", "fault"),
    [
        ("duties", {"text": "", "cadence": "daily"}, "text"),
        ("duties", {"text": "甲", "cadence": "sometimes"}, "cadence"),
        ("duties", {"text": "甲" * 2001, "cadence": "daily"}, "text"),
        ("duties", {"text": "甲", "cadence": "daily", "deadline": "一" * 121}, "deadline"),
        ("authorities", {"text": "甲", "amount": "much"}, "amount"),
        ("authorities", {"text": "甲", "amount": "-1"}, "amount"),
        ("scripts", {"situation": "甲", "text": ""}, "text"),
    ],
)
def test_what_is_missing_or_not_allowed_is_named(part, said, fault):
    with pytest.raises(WordingInvalid) as refused:
        items.create(part=part, wording=said, by=make_user())
    assert list(refused.value.faults) == [fault]
    assert not LibraryItem.objects.exists()


def test_a_retired_item_is_offered_to_nobody_and_stays_where_it_is_used():
    item = make_item("甲", key="a")
    page = make_draft(duties=[duty("甲", library="a@1")])
    item = items.retire(item, by=make_user(), reason="合并")
    assert list(queries.shelf(published=True)) == []
    assert list(queries.shelf(retired=True)) == [item]
    assert [use.page.pk for use in queries.pages_using(item)] == [page.pk]
    for act in (items.retire, items.publish):
        with pytest.raises(RuleBroken):
            act(item, by=make_user())
    with pytest.raises(RuleBroken):
        items.change(item, by=make_user(), version=item.version, wording=wording())
    item = items.restore(item, by=make_user())
    assert list(queries.shelf(published=True)) == [item]
    with pytest.raises(RuleBroken):
        items.restore(item, by=make_user())


def test_the_database_refuses_to_delete_an_item_or_to_change_it_without_an_event():
    item = make_item("甲")
    for way in (
        lambda: item.delete(),
        lambda: LibraryItem.objects.update(subject="假"),
        lambda: LibraryItem.objects.filter(pk=item.pk).update(number=7),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            way()
    assert LibraryItem.objects.get().subject == ""


def test_words_are_found_in_any_part_of_the_wording():
    make_item("铃响三声内接听", deliverable="来电登记", subject="前台", key="calls")
    make_item("盘点仓库", key="stock")

    def found(words):
        return [one.key for one in queries.shelf(search=words)]

    assert found("三声 登记") == ["calls"]
    assert found("前台") == ["calls"]
    assert found("stock") == ["stock"]
    assert found("接听 盘点") == []


# --- the record ---------------------------------------------------------------------------------------------


def test_the_trail_of_an_item_tells_everything_with_proof():
    by = make_user(full_name="林若岚")
    item = make_item("铃响三声内接听", by=by, key="calls")
    publish_version(item, "铃响两声内接听", by=by)
    items.retire(item, by=by, reason="合并到别的条目")
    with override("zh-hans"):
        told = trail.entries("calls")
    assert [entry.who for entry in told] == ["林若岚"] * 5
    assert all(len(entry.proof) == 64 for entry in told)
    assert told[-1].reason == "合并到别的条目"
    published = told[3].changes
    assert ("铃响三声内接听", "铃响两声内接听") in [(one.before, one.after) for one in published]
    assert [subject.key for subject in trail.find("两声")] == ["calls"]
    assert trail.subject("calls").streams == ("library:calls", "edition:library:calls")
    assert (trail.subject("none"), trail.entries("none")) == (None, [])


def test_the_record_verifies(capsys):
    item = make_item("甲", key="a")
    make_published(duties=[duty("甲", library="a@1")])
    publish_version(item, "乙")
    call_command("verify", "--format", "json")
    assert "library" not in capsys.readouterr().err


# --- packs --------------------------------------------------------------------------------------------------

PATH = PurePosixPath("library/calls.yaml")


def text(**more):
    return {
        "key": "calls",
        "part": "duties",
        "subject": "前台",
        "wording": {"text": "铃响三声内接听", "cadence": "daily"},
        **more,
    }


def apply(data, path=PATH):
    return [(one.key, one.action) for one in LibraryLoader().apply(path, data, by=make_user())]


def test_a_pack_makes_changes_and_repeats_items():
    assert apply(text()) == [("calls", "created")]
    assert apply(text()) == [("calls", "unchanged")]
    assert apply(text(wording={"text": "铃响两声内接听", "cadence": "daily"})) == [("calls", "changed")]
    assert apply(text(wording={"text": "铃响两声内接听", "cadence": "daily"}, subject="来电")) == [
        ("calls", "changed")
    ]
    assert (LibraryItem.objects.get().number, LibraryItem.objects.get().subject) == (2, "来电")
    assert apply(text(wording={"text": "铃响两声内接听", "cadence": "daily"}, retired=True)) == [
        ("calls", "changed")
    ]
    assert LibraryItem.objects.get().is_retired
    assert apply(text()) == [("calls", "changed")]
    assert (LibraryItem.objects.get().is_retired, LibraryItem.objects.get().number) == (False, 3)


def test_an_unpublished_change_does_not_leave_by_a_pack():
    item = make_item("甲", key="calls")
    items.change(item, by=make_user(), version=item.version, wording=wording(text="乙"))
    ((path, data),) = LibraryLoader().export()
    assert (path, data["wording"]["text"]) == ("library/calls.yaml", "甲")


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (text(key="other"), ("key",)),
        (text(part="sections"), ("part",)),
        (text(wording={"text": "", "cadence": "daily"}), ("wording", "text")),
        (text(wording={"text": "甲", "weight": 3}), ("wording", "weight")),
    ],
)
def test_faults_of_a_pack_are_refused_with_their_place(data, at):
    with pytest.raises(PackFault) as fault:
        LibraryLoader().plan(PATH, data, by=make_user())
    assert fault.value.at == at


def test_the_library_is_applied_before_the_positions():
    order = list(loaders())
    assert order.index("library") < order.index("positions")


def position(link, words="铃响三声内接听"):
    return {
        "code": "desk",
        "duties": [{"id": "calls", "text": words, "cadence": "daily", "library": link}],
    }


def apply_position(data):
    done = PositionLoader().apply(PurePosixPath("positions/desk.yaml"), data, by=make_user())
    return done[0].action


def linked():
    return body_of(newest("position", "desk"))["duties"][0]["library"]


def test_a_position_of_a_pack_names_an_item_by_its_key():
    make_position("desk")
    make_item("铃响三声内接听", key="calls", cadence="daily")
    assert apply_position(position("calls")) == "created"
    assert linked() == "calls@1"
    publish_version(LibraryItem.objects.get(), "铃响两声内接听")
    assert apply_position(position("calls")) == "unchanged"  # its words are still those of version 1
    assert apply_position(position("calls", "铃响两声内接听")) == "changed"
    assert linked() == "calls@2"


def test_a_reworded_row_of_a_pack_names_the_newest_version():
    make_position("desk")
    publish_version(make_item("铃响三声内接听", key="calls", cadence="daily"), "铃响两声内接听")
    apply_position(position("calls", "铃响一声内接听"))
    assert linked() == "calls@2"
    assert LibraryUse.objects.filter(edition=None).get().reworded is True


def test_an_unknown_item_is_refused_with_its_place():
    make_position("desk")
    make_item("高中", part="qualifications", key="school")
    for link in ("nothing", "school"):
        with pytest.raises(PackFault) as fault:
            apply_position(position(link))
        assert fault.value.at == ("duties", 0, "library")
    assert not PositionPage.objects.exists()


def test_what_is_exported_applies_elsewhere_and_again():
    make_position("desk")
    item = make_item("铃响三声内接听", key="calls", cadence="daily")
    apply_position(position("calls"))
    publish_version(item, "铃响两声内接听")
    page = PositionPage.objects.get()
    publish(page, summary="新")
    ((_path, said),) = PositionLoader().export()
    assert said["duties"][0]["library"] == "calls@1"
    assert written(said)
    assert apply_position(said) == "unchanged"
    ((path, shelf),) = LibraryLoader().export()
    assert LibraryLoader().plan(PurePosixPath(path), shelf, by=make_user())[0].action == "unchanged"
