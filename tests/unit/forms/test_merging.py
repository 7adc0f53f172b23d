"""Two people change one definition: both changes stand, and what cannot stand is handed back."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forms import outline
from forms.merging import merge, merge_order
from forms.outline import FIELD, GROUP, PAGE, RULE, Body, Thing, same, tidy, tree_of
from tests.factories.forms import choices, complaint_body, field, page, text


def small() -> Body:
    return tidy(
        {
            "key": "small",
            "title": text("小表"),
            "pages": [
                page("one", field("a"), field("b"), field("c", "choice", options=choices("x", "y"))),
                page("two", field("d"), field("e")),
            ],
            "rules": [{"id": "r", "holds": 'a != ""', "message": text("要填"), "fields": ["a"]}],
        }
    )


def edited(body: Body, thing: Thing, **said: Any) -> Body:
    return outline.changed(body, thing, {**tree_of(body).own[thing], **said})


A, B, C, D = (Thing(FIELD, name) for name in "abcd")


def test_two_people_who_change_different_fields_both_survive() -> None:
    base = small()
    mine = edited(base, A, label=text("甲"))
    stored = edited(base, B, label=text("乙"))
    merged = merge(base, mine, stored)
    own = tree_of(merged.body).own
    assert (own[A]["label"]["zh-hans"], own[B]["label"]["zh-hans"], merged.refusals) == ("甲", "乙", ())


def test_the_two_languages_of_one_text_are_two_properties() -> None:
    base = small()
    mine = edited(base, A, label={**text("题目 a", "Question a"), "en": "Mine"})
    stored = edited(base, A, label={**text("题目 a", "Question a"), "zh-hans": "他的"})
    assert tree_of(merge(base, mine, stored).body).own[A]["label"] == {"zh-hans": "他的", "en": "Mine"}


def test_where_both_changed_the_same_text_what_is_stored_stays_and_mine_is_handed_back() -> None:
    base = small()
    mine, stored = edited(base, A, label=text("甲")), edited(base, A, label=text("子"))
    merged = merge(base, mine, stored)
    assert tree_of(merged.body).own[A]["label"]["zh-hans"] == "子"
    refusal = next(one for one in merged.refusals if one.path == ("label", "zh-hans"))
    assert (refusal.thing, refusal.base, refusal.mine, refusal.stored) == (A, "题目 a", "甲", "子")


def test_a_field_that_one_moved_and_the_other_reworded_is_moved_and_reworded() -> None:
    base = small()
    mine = outline.moved(base, A, Thing(GROUP, "two_group"), 1)
    stored = edited(base, A, label=text("新"))
    tree = tree_of(merge(base, mine, stored).body)
    assert tree.inner[Thing(GROUP, "two_group")]["fields"] == [D, A, Thing(FIELD, "e")]
    assert tree.own[A]["label"]["zh-hans"] == "新"


def test_a_field_i_removed_but_the_other_changed_is_kept_and_i_am_told() -> None:
    base = small()
    merged = merge(base, outline.removed(base, A), edited(base, A, required=True))
    assert tree_of(merged.body).own[A]["required"] is True
    assert [(one.thing, one.why) for one in merged.refusals] == [(A, "removed")]


def test_a_field_i_changed_comes_back_with_its_page_when_the_other_removed_the_page() -> None:
    base = small()
    merged = merge(base, edited(base, D, required=True), outline.removed(base, Thing(PAGE, "two")))
    tree = tree_of(merged.body)
    assert tree.own[D]["required"] is True
    assert list(tree.above(D)) == [Thing(GROUP, "two_group"), Thing(PAGE, "two"), outline.ROOT]
    assert Thing(FIELD, "e") not in tree.own


def test_choices_added_by_both_are_both_there() -> None:
    base = small()
    more = choices("x", "y", "m")
    mine = edited(base, C, options=more)
    stored = edited(base, C, options=choices("s", "x", "y"))
    keys = [one["key"] for one in tree_of(merge(base, mine, stored).body).own[C]["options"]["choices"]]
    assert keys == ["s", "x", "y", "m"]


def test_a_new_kind_brings_its_own_options_and_not_those_of_the_old_one() -> None:
    base = small()
    mine = edited(base, C, kind="text", options={"max_length": 5})
    stored = edited(base, C, options=choices("x", "y", "z"))
    merged = merge(base, mine, stored)
    own = tree_of(merged.body).own[C]
    assert (own["kind"], own["options"]) == ("choice", choices("x", "y", "z"))
    assert [one.path for one in merged.refusals] == [("kind",)]
    alone = merge(base, mine, edited(base, C, required=True))
    own = tree_of(alone.body).own[C]
    assert (own["kind"], own["options"], own["required"], alone.refusals) == (
        "text",
        {"max_length": 5},
        True,
        (),
    )


def test_groups_put_into_one_another_by_two_people_do_not_swallow_each_other() -> None:
    base = small()
    one, two = Thing(GROUP, "one_group"), Thing(GROUP, "two_group")
    merged = merge(base, outline.moved(base, one, two, 0), outline.moved(base, two, one, 0))
    assert set(tree_of(merged.body).own) == set(tree_of(base).own)


def test_a_page_that_was_emptied_and_removed_does_not_come_back() -> None:
    base = START
    tree = tree_of(base)
    first, second = [one for one in outline.order_of(tree) if one.sort == PAGE][:2]
    group = next(one for one in outline.order_of(tree) if one.sort == GROUP and first in tree.above(one))
    saved = next(one for one in outline.order_of(tree) if one.sort == FIELD and second in tree.above(one))
    mine = outline.removed(outline.moved(base, saved, group, 0), second)
    assert same(merge(base, mine, base).body, mine)


# --- whatever two people do -----------------------------------------------------------------------------------

START = tidy({**complaint_body(), "rules": complaint_body().get("rules", [])})


@st.composite
def work(draw: st.DrawFn, base: Body, name: str) -> Body:
    """What somebody makes of a definition in a few steps."""
    body = copy.deepcopy(base)
    for step in range(draw(st.integers(0, 5))):
        tree = tree_of(body)
        things = list(outline.order_of(tree))
        sorts = {sort: [one for one in things if one.sort == sort] for sort in (PAGE, GROUP, FIELD, RULE)}
        if not sorts[FIELD]:
            return body
        thing = draw(st.sampled_from(things))
        match draw(st.sampled_from(["text", "required", "remove", "move", "nudge", "add", "copy", "kind"])):
            case "text":
                at = "message" if thing.sort == RULE else "label" if thing.sort == FIELD else "title"
                body = edited(
                    body, thing, **{at: {"zh-hans": f"{name}{step}", "en": draw(st.sampled_from("pq"))}}
                )
            case "required" if thing.sort == FIELD:
                body = edited(body, thing, required=draw(st.booleans()))
            case "remove":
                body = outline.removed(body, thing)
            case "move" if thing.sort == FIELD and sorts[GROUP]:
                body = outline.moved(
                    body, thing, draw(st.sampled_from(sorts[GROUP])), draw(st.integers(0, 4))
                )
            case "move" if thing.sort == GROUP and sorts[PAGE]:
                body = outline.moved(body, thing, draw(st.sampled_from(sorts[PAGE])), draw(st.integers(0, 4)))
            case "nudge":
                body = outline.nudged(body, thing, draw(st.sampled_from([-1, 1])))
            case "add" if sorts[GROUP]:
                new = Thing(
                    FIELD, outline.fresh_id(draw(st.sampled_from(["n", f"n_{name}"])), outline.ids_in(body))
                )
                body = outline.added(body, field(new.id), new, draw(st.sampled_from(sorts[GROUP])), None)
            case "copy":
                body, _twin = outline.copied(body, thing)
            case "kind" if thing.sort == FIELD:
                body = edited(body, thing, kind=draw(st.sampled_from(["text", "date"])), options={})
    return body


@st.composite
def two_people(draw: st.DrawFn) -> tuple[Body, Body, Body]:
    base = draw(work(START, "b"))
    return base, draw(work(base, "m")), draw(work(base, "s"))


@settings(max_examples=80, deadline=None)
@given(two_people())
def test_whoever_works_alone_gets_exactly_what_they_made(bodies: tuple[Body, Body, Body]) -> None:
    base, mine, stored = bodies
    assert same(merge(base, mine, base).body, mine)
    assert same(merge(base, base, stored).body, stored)
    assert same(merge(base, mine, mine).body, mine)
    assert not merge(base, mine, base).refusals
    assert not merge(base, base, stored).refusals


@settings(max_examples=120, deadline=None)
@given(two_people())
def test_nothing_that_was_typed_is_lost(bodies: tuple[Body, Body, Body]) -> None:
    """Every new text of mine stands in the result or in a refusal, every text of the other stands."""
    base, mine, stored = bodies
    merged = merge(base, mine, stored)
    known, kept = texts(base), texts(merged.body)
    assert texts(stored) - known <= kept
    assert texts(mine) - known <= kept | texts([one.mine for one in merged.refusals])


@settings(max_examples=120, deadline=None)
@given(two_people())
def test_the_result_is_a_tree_and_a_second_merge_changes_nothing(bodies: tuple[Body, Body, Body]) -> None:
    base, mine, stored = bodies
    merged = merge(base, mine, stored)
    assert same(tidy(json.loads(json.dumps(merged.body))), merged.body)
    new = set(tree_of(mine).own) - set(tree_of(base).own)
    assert new <= set(tree_of(merged.body).own)
    theirs = set(tree_of(stored).own) - set(tree_of(base).own)
    assert theirs <= set(tree_of(merged.body).own)


names = st.lists(st.sampled_from("abcdefgh"), unique=True)


@settings(max_examples=500, deadline=None)
@given(names, names, names)
def test_orders_hold_everything_once(base: list[str], mine: list[str], stored: list[str]) -> None:
    there = set(mine) | set(stored)
    result = merge_order(base, mine, stored, there)
    assert sorted(result) == sorted(there)
    assert merge_order(base, mine, base, set(mine)) == mine
    assert merge_order(base, base, stored, set(stored)) == stored


def texts(value: Any) -> set[str]:
    """Return the Chinese texts somewhere in a value."""
    if isinstance(value, dict):
        return {
            said for key, inner in value.items() for said in ({inner} if key == "zh-hans" else texts(inner))
        }
    if isinstance(value, list | tuple):
        return {said for one in value for said in texts(one)}
    return {value} if isinstance(value, str) else set()


def test_what_one_took_out_is_gone_and_leaves_nothing_behind_that_cannot_be_stored() -> None:
    base = edited(small(), A, help=text("旁注"), width="half")
    took_out = {key: value for key, value in tree_of(base).own[A].items() if key not in ("help", "width")}
    without = outline.changed(base, A, took_out)
    other = edited(base, A, label=text("别的"))
    for mine, stored in ((without, other), (other, without)):
        merged = merge(base, mine, stored)
        assert tree_of(merged.body).own[A] == {**took_out, "label": text("别的")}
        json.dumps(merged.body)
