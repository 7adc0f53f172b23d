"""The difference of two bodies speaks of things, and leads from one to the other exactly."""

from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.editions.canonical import canonical
from foundation.editions.difference import Change, applied, difference, split_path

words = st.text("abc.\\岗", max_size=3)
scalars = st.none() | st.booleans() | st.integers(0, 3) | words
ids = st.sampled_from(["a", "b", "c", "d.e", "f\\", "g"])


def things(inner):
    fields = st.dictionaries(words.filter(lambda key: key != "id"), inner, max_size=3)
    return st.lists(
        st.tuples(ids, fields).map(lambda pair: {**pair[1], "id": pair[0]}),
        max_size=5,
        unique_by=lambda thing: thing["id"],
    )


values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3) | things(inner),
    max_leaves=12,
)
bodies = st.dictionaries(words, values | things(values), max_size=4)


@settings(max_examples=200, deadline=None)
@given(bodies, bodies)
def test_applied_to_the_first_the_difference_gives_the_second(one, other):
    assert canonical(applied(one, difference(one, other))) == canonical(other)


@settings(max_examples=100, deadline=None)
@given(things(values), things(values))
def test_lists_of_things_come_out_in_the_new_order(one, other):
    before, after = {"duties": one}, {"duties": other}
    assert canonical(applied(before, difference(before, after))) == canonical(after)


@settings(deadline=None)
@given(bodies)
def test_nothing_differs_from_itself(body):
    assert difference(body, body) == []


@settings(deadline=None)
@given(things(scalars), st.data())
def test_a_mere_change_of_order_only_moves(listed, data):
    reordered = data.draw(st.permutations(listed))
    kinds = {change.kind for change in difference({"x": listed}, {"x": reordered})}
    assert kinds == (set() if list(reordered) == listed else {"moved"})


@settings(deadline=None)
@given(bodies)
def test_the_first_edition_adds_everything(body):
    assert [(change.kind, split_path(change.path), change.after) for change in difference(None, body)] == [
        ("added", [key], value) for key, value in body.items()
    ]


BEFORE = {
    "title": {"zh-hans": "服务顾问"},
    "duties": [
        {"id": "greet", "text": "接待到店客户", "cadence": "daily"},
        {"id": "quote", "text": "报价"},
        {"id": "stock", "text": "盘点"},
    ],
}
AFTER = {
    "title": {"zh-hans": "售后服务顾问"},
    "duties": [
        {"id": "stock", "text": "盘点"},
        {"id": "greet", "text": "接待到店客户", "cadence": "weekly"},
        {"id": "call", "text": "回访"},
    ],
}


def test_each_thing_is_named_by_what_a_person_calls_it():
    assert difference(BEFORE, AFTER) == [
        Change("title.zh-hans", "changed", "服务顾问", "售后服务顾问", "title › zh-hans"),
        Change("duties.quote", "removed", {"id": "quote", "text": "报价"}, None, "duties › 报价"),
        Change("duties.stock", "moved", 2, 0, "duties › 盘点", 0),
        Change("duties.greet.cadence", "changed", "daily", "weekly", "duties › 接待到店客户 › cadence"),
        Change("duties.call", "added", None, {"id": "call", "text": "回访"}, "duties › 回访", 2),
    ]


def test_a_list_without_ids_changes_as_a_whole():
    assert difference({"roles": ["hr"]}, {"roles": ["hr", "clerk"]}) == [
        Change("roles", "changed", ["hr"], ["hr", "clerk"], "roles")
    ]


def test_yes_and_one_are_not_the_same():
    assert [change.kind for change in difference({"required": 1}, {"required": True})] == ["changed"]
