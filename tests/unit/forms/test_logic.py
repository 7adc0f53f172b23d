"""The one interpreter: what is shown, asked for, fixed, computed and refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.exceptions import AnswerError
from forms.fields import Surroundings
from forms.logic import evaluate, initial_answers, read, typed_of
from forms.references import DependencyCycle
from tests.factories.forms import choices, complaint_body, definition, field, page, text

DAY = datetime.date(2026, 11, 22)
COMPLAINT = definition(**complaint_body())


def rule(name: str, holds: str, *fields: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "holds": holds,
        "fields": list(fields),
        "message": text("不符", "Does not hold"),
        **more,
    }


def test_a_hidden_answer_is_dropped_and_does_not_count_elsewhere() -> None:
    form = definition(
        field("kind", "choice", options=choices("a", "b")),
        field("detail", visible_if='kind == "b"', required=True),
        field("echo", computed='join([detail, "!"], "")'),
    )
    shown = evaluate(form, {"kind": "b", "detail": "secret"}, day=DAY)
    assert shown.answers == {"kind": "b", "detail": "secret", "echo": "secret!"}
    hidden = evaluate(form, {"kind": "a", "detail": "secret"}, day=DAY)
    assert hidden.answers == {"kind": "a", "echo": "!"}
    assert hidden.errors == ()


def test_undeclared_keys_and_posted_computed_values_have_no_effect() -> None:
    form = definition(
        field("price", "money", required=True), field("twice", "money", computed="price + price")
    )
    state = evaluate(
        form,
        {"price": "12.30", "twice": "1.00", "state": "closed", "__proto__": {}, "number": "TS-1"},
        day=DAY,
    )
    assert state.answers == {"price": "12.30", "twice": "24.60"}


def test_a_read_only_field_keeps_its_value_whatever_is_posted() -> None:
    form = definition(
        field("vip", "yes_no"),
        field("discount", "whole_number", initial=5, read_only_if="vip == false"),
    )
    assert evaluate(form, {"vip": True, "discount": 50}, day=DAY).answers == {"vip": True, "discount": 50}
    assert evaluate(form, {"vip": False, "discount": 50}, day=DAY).answers == {"vip": False, "discount": 5}
    corrected = evaluate(form, {"vip": False, "discount": 50}, day=DAY, kept={"discount": 8})
    assert corrected.answers == {"vip": False, "discount": 8}


def test_a_condition_that_stays_open_hides_does_not_require_and_locks() -> None:
    form = definition(
        field("amount", "money"),
        field("reason", visible_if='amount > yuan("1000")'),
        field("note", required_if='amount > yuan("1000")'),
        field("rate", "whole_number", initial=1, read_only_if='amount > yuan("1000")'),
    )
    state = evaluate(form, {"rate": 9}, day=DAY)
    assert state.answers == {"rate": 1}
    assert (state.fields["reason"].visible, state.fields["note"].required) == (False, False)
    assert state.fields["rate"].read_only is True


def test_required_and_required_if() -> None:
    form = definition(
        field("call", "yes_no", required=True),
        field("phone", "phone", required_if="call"),
        field("note"),
    )
    assert evaluate(form, {}, "en", day=DAY).errors == (
        AnswerError("call", "Question call", "Choose yes or no."),
    )
    state = evaluate(form, {"call": True}, "en", day=DAY)
    assert state.errors == (AnswerError("phone", "Question phone", "Write a telephone number."),)
    assert state.fields["phone"].missing is True
    assert evaluate(form, {"call": False}, "en", day=DAY).errors == ()
    assert evaluate(form, {"call": True, "phone": "13800138000"}, day=DAY).fields["phone"].required is True


def test_hidden_groups_and_pages_hide_their_fields() -> None:
    form = definition(
        pages=[
            page("one", field("more", "yes_no")),
            page("two", field("detail", required=True), visible_if="more"),
        ]
    )
    assert evaluate(form, {"more": False, "detail": "x"}, day=DAY).pages == ("one",)
    state = evaluate(form, {"more": True}, day=DAY)
    assert (state.pages, state.groups) == (("one", "two"), frozenset({"one_group", "two_group"}))
    assert [error.field for error in state.errors_of("two")] == ["detail"]
    assert state.errors_of("one") == ()


def test_a_rule_waits_until_what_it_names_is_answered() -> None:
    form = definition(
        field("start", "date"), field("end", "date"), rules=[rule("order", "start <= end", "end", "start")]
    )
    assert evaluate(form, {"start": "2026-02-01"}, "en", day=DAY).errors == ()
    wrong = evaluate(form, {"start": "2026-02-01", "end": "2026-01-01"}, "en", day=DAY)
    assert wrong.errors == (AnswerError("end", "Question end", "Does not hold"),)
    unsound = evaluate(form, {"start": "2026-02-01", "end": "tomorrow"}, "en", day=DAY)
    assert [error.message for error in unsound.errors] == [
        "Write the date as year, month, day, for example 2026-11-22."
    ]


def test_a_rule_can_ask_for_one_of_two() -> None:
    form = definition(
        field("phone", "phone"),
        field("mail"),
        rules=[rule("reach", "has_value(phone) || has_value(mail)", "phone", when="always")],
    )
    assert [error.field for error in evaluate(form, {}, day=DAY).errors] == ["phone"]
    assert evaluate(form, {"mail": "a@b"}, day=DAY).errors == ()


def test_rules_know_the_day() -> None:
    form = definition(field("due", "date"), rules=[rule("soon", "days_between(today, due) <= 1", "due")])
    assert evaluate(form, {"due": "2026-11-23"}, day=DAY).errors == ()
    assert [error.field for error in evaluate(form, {"due": "2026-11-24"}, day=DAY).errors] == ["due"]


def test_what_could_not_be_read_is_said_and_not_stored() -> None:
    form = definition(field("phone", "phone"), field("name"))
    reading = read(form, {"phone": ["12"], "name": ["李雷"], "evil": ["x"]})
    state = evaluate(form, reading.answers, "en", unread=reading.unread, day=DAY)
    assert state.answers == {"name": "李雷"}
    assert [error.field for error in state.errors] == ["phone"]


def test_fields_that_wait_for_one_another_are_found() -> None:
    form = definition(
        field("a", "yes_no", visible_if="b"),
        field("b", "yes_no", visible_if="c"),
        field("c", "yes_no", visible_if="a"),
    )
    with pytest.raises(DependencyCycle) as cycle:
        evaluate(form, {}, day=DAY)
    assert sorted(set(cycle.value.ids)) == ["a", "b", "c"]
    assert cycle.value.ids[0] == cycle.value.ids[-1]


def test_messages_come_in_the_language_asked_for() -> None:
    state = evaluate(
        COMPLAINT, {"occurred_on": "2026-11-22", "received_on": "2026-11-01"}, "zh-hans", day=DAY
    )
    said = {error.field: error for error in state.errors}
    assert said["received_on"] == AnswerError(
        "received_on", "接到投诉日期", "接到投诉的日期早于事情发生的日期，请核对这两个日期。"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted(COMPLAINT.by_id)) | st.text(max_size=12)


@st.composite
def near_answers(draw: st.DrawFn) -> dict[str, Any]:
    """Sound samples for some fields, anything at all for others, and keys nobody declared."""
    answers: dict[str, Any] = {}
    for asked in COMPLAINT.fields():
        match draw(st.integers(0, 3)):
            case 0:
                answers[asked.id] = draw(JSON)
            case 1 | 2:
                answers[asked.id] = asked.of_kind.sample(
                    draw(st.integers(0, 99)), asked.settings, Surroundings(DAY)
                )
    answers.update(draw(st.dictionaries(NAMES, JSON, max_size=4)))
    return answers


@given(near_answers())
def test_only_shown_and_sound_answers_to_declared_questions_are_kept(answers: dict[str, Any]) -> None:
    state = evaluate(COMPLAINT, answers, "en", day=DAY)
    for name, value in state.answers.items():
        asked = COMPLAINT.by_id[name]
        asked.of_kind.check(value, asked.settings, Surroundings(DAY))
        assert state.fields[name].visible
        assert value == answers[name]
    for name, field_state in state.fields.items():
        if field_state.missing:
            assert field_state.visible
            assert field_state.required
            assert name not in state.answers


@given(near_answers())
def test_what_is_kept_is_all_that_counts(answers: dict[str, Any]) -> None:
    first = evaluate(COMPLAINT, answers, "en", day=DAY)
    again = evaluate(COMPLAINT, first.answers, "en", day=DAY)
    assert again.answers == first.answers
    assert {name for name, one in again.fields.items() if one.visible} == {
        name for name, one in first.fields.items() if one.visible
    }


@given(near_answers())
def test_texts_of_answers_are_read_back_as_the_same_answers(answers: dict[str, Any]) -> None:
    kept = evaluate(COMPLAINT, answers, "en", day=DAY).answers
    reading = read(COMPLAINT, typed_of(COMPLAINT, kept))
    assert (reading.answers, reading.unread) == (kept, {})


@given(st.dictionaries(NAMES, st.lists(st.text(max_size=30), max_size=3), max_size=12))
def test_anything_may_be_typed(typed: dict[str, list[str]]) -> None:
    reading = read(COMPLAINT, typed)
    state = evaluate(COMPLAINT, reading.answers, "en", unread=reading.unread, day=DAY)
    assert set(state.answers) <= set(COMPLAINT.by_id) & set(typed)
    assert all(error.message for error in state.errors)


def test_a_draft_begins_with_the_initial_answers() -> None:
    form = definition(field("count", "whole_number", initial=3), field("name"))
    assert initial_answers(form) == {"count": 3}
