"""What each kind of field takes, stores and says."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.utils.translation import override

from forms.fields import KINDS, FieldFault, Segment, Surroundings
from tests.factories.forms import choices, text

DAY = datetime.date(2026, 11, 22)
PLATE = {
    "pattern": "[A-Z]{2}[0-9]{2}",
    "example": "AB12",
    "pattern_message": text("写两个字母两个数字", "Two and two"),
}

# kind, options, what is typed, what is stored
TAKEN: list[tuple[str, dict[str, Any], str, Any]] = [
    ("text", {}, "  李  雷 ", "李 雷"),
    ("text", {}, "e\u0301", "\u00e9"),
    ("text", {}, "a\x00b\u202ec", "abc"),
    ("text", {}, "   ", None),
    ("text", {"max_length": 2}, "车辆", "车辆"),
    ("text", PLATE, "AB12", "AB12"),
    ("long_text", {}, "一\r\n二  \r\n\r\n", "一\n二"),
    ("long_text", {}, "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("long_text", {}, "\n \n", None),
    ("choice", choices("a", "b"), "b", "b"),
    ("choice", choices("a", "b"), "", None),
    ("phone", {}, "138 0013 8000", "13800138000"),
    ("phone", {}, "+86 138-0013-8000", "13800138000"),
    ("phone", {}, "0086 13800138000", "13800138000"),
    ("phone", {}, "8613800138000", "13800138000"),
    ("phone", {}, "13800138000", "13800138000"),
    ("phone", {}, "19912345678", "19912345678"),
    ("phone", {}, "0755-26001234", "0755-26001234"),
    ("phone", {}, "(010) 6552 9988", "010-65529988"),
    ("phone", {}, "+86 21 5888 6666", "021-58886666"),
    ("phone", {}, "0371 6789012", "0371-6789012"),
    ("phone", {}, "400 123 4567", "400-123-4567"),
    ("phone", {}, "8008201234", "800-820-1234"),
    ("phone", {"mobile_only": True}, "13800138000", "13800138000"),
    ("phone", {}, "", None),
    ("date", {}, "2026-11-22", "2026-11-22"),
    ("date", {}, "2026/1/2", "2026-01-02"),
    ("date", {}, "2026.1.2", "2026-01-02"),
    ("date", {}, "20260102", "2026-01-02"),
    ("date", {}, "2026年1月2日", "2026-01-02"),
    ("date", {}, "2024-02-29", "2024-02-29"),
    ("date", {"not_future": True}, "2026-11-22", "2026-11-22"),
    ("date", {"not_past": True}, "2026-11-22", "2026-11-22"),
    ("money", {}, "12.3", "12.30"),
    ("money", {}, "¥12,300.5", "12300.50"),
    ("money", {}, "12300元", "12300.00"),
    ("money", {}, "1280", "1280.00"),
    ("money", {}, "0", "0.00"),
    ("money", {}, "007.10", "7.10"),
    ("money", {"min": "-100.00"}, "-12.30", "-12.30"),
    ("money", {"min": "-100.00"}, "-0", "0.00"),
    ("money", {}, "", None),
    ("yes_no", {}, "yes", True),
    ("yes_no", {}, "no", False),
    ("yes_no", {}, "", None),
    ("whole_number", {}, "1,200", 1200),
    ("whole_number", {}, "+7", 7),
    ("whole_number", {}, "42", 42),
    ("whole_number", {"min": -5}, "-5", -5),
    ("whole_number", {}, "", None),
]

# kind, options, what is typed, what is said
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("text", {"max_length": 2}, "三个字", "Shorten this to 2 characters; it has 3 now."),
    ("text", {"min_length": 3}, "两字", "Write at least 3 characters; there are 2 now."),
    ("text", PLATE, "ab12", "Two and two"),
    ("long_text", {"max_length": 1}, "两字", "Shorten this to 1 character; it has 2 now."),
    ("choice", choices("a", "b"), "c", "Choose one of the given answers."),
    ("choice", choices("a", "b"), "A", "Choose one of the given answers."),
    *(
        (
            "phone",
            {},
            typed,
            "Write a mobile number of 11 digits, for example 138 0013 8000, "
            "or a fixed line with its area code, for example 0755-26001234.",
        )
        for typed in (
            "12800138000",
            "1380013800",
            "138001380001",
            "26001234",
            "0755-12345678",
            "0123-4567890",
            "110",
            "一三八",
            "1380013800a",
            "138 0013 8000; drop",
        )
    ),
    (
        "phone",
        {"mobile_only": True},
        "0755-26001234",
        "Write a mobile number of 11 digits, for example 138 0013 8000.",
    ),
    ("date", {}, "22.11.2026", "Write the date as year, month, day, for example 2026-11-22."),
    ("date", {}, "明天", "Write the date as year, month, day, for example 2026-11-22."),
    ("date", {}, "2026-02-30", "There is no such day. Check the month and the day."),
    ("date", {}, "2026-13-01", "There is no such day. Check the month and the day."),
    ("date", {"not_future": True}, "2026-11-23", "This day has not come yet. Write today or an earlier day."),
    ("date", {"not_past": True}, "2026-11-21", "This day is over. Write today or a later day."),
    ("date", {"latest": "2026-01-01"}, "2026-01-02", "Write 2026-01-01 or an earlier day."),
    ("date", {"earliest": "2026-01-01"}, "2025-12-31", "Write 2026-01-01 or a later day."),
    *(
        (
            "money",
            {},
            typed,
            "Write the amount in yuan with at most two decimals, for example 1,280.50.",
        )
        for typed in ("12.345", "1,28.00", "1e3", "十元", "--5", "1234567890123", "12.3.4", "NaN", "Infinity")
    ),
    ("money", {}, "-1", "Write an amount of at least ¥0.00."),
    ("money", {"max": "1000.00"}, "1000.01", "Write an amount of at most ¥1,000.00."),
    ("yes_no", {}, "true", "Choose yes or no."),
    *(
        ("whole_number", {}, typed, "Write a whole number in digits, for example 1200.")
        for typed in ("1.5", "1,20", "twelve", "1e3", "0x10", "9" * 30)
    ),
    ("whole_number", {"min": 1}, "0", "Write a number of at least 1."),
    ("whole_number", {"max": 9}, "10", "Write a number of at most 9."),
]

# kind, options, what claims to be a stored value
UNSOUND: list[tuple[str, dict[str, Any], Any]] = [
    ("text", {}, 5),
    ("text", {}, ["a"]),
    ("text", {}, " a"),
    ("text", {}, "a\nb"),
    ("long_text", {}, {"a": 1}),
    ("long_text", {}, "a\r\nb"),
    ("choice", choices("a"), ["a"]),
    ("choice", choices("a"), True),
    ("phone", {}, "138 0013 8000"),
    ("phone", {}, 13800138000),
    ("date", {}, "20261122"),
    ("date", {}, 20261122),
    ("date", {}, "2026-11-22T00:00"),
    ("date", {}, "1899-12-31"),
    ("money", {}, 12.3),
    ("money", {}, "12.3"),
    ("money", {}, "012.30"),
    ("money", {"min": "-1.00"}, "-0.00"),
    ("yes_no", {}, "yes"),
    ("yes_no", {}, 1),
    ("whole_number", {}, True),
    ("whole_number", {}, 1.0),
    ("whole_number", {}, "1"),
    ("whole_number", {}, 2**53),
]


def options_of(kind: str, given: dict[str, Any]) -> Any:
    return KINDS[kind].options_model.model_validate(given)


def no_float(value: Any) -> Any:
    raise AssertionError(f"{value} is a float")


@pytest.mark.parametrize(("kind", "given", "typed", "stored"), TAKEN)
def test_what_is_taken(kind: str, given: dict[str, Any], typed: str, stored: Any) -> None:
    options = options_of(kind, given)
    value = KINDS[kind].parse([typed], options)
    assert (type(value), value) == (type(stored), stored)
    if value is not None:
        KINDS[kind].check(value, options, Surroundings(DAY))
        assert KINDS[kind].parse(KINDS[kind].typed(value, options), options) == value


@pytest.mark.parametrize(("kind", "given", "typed", "said"), REFUSED)
def test_what_is_refused_and_what_is_said(kind: str, given: dict[str, Any], typed: str, said: str) -> None:
    options = options_of(kind, given)
    with override("en"), pytest.raises(FieldFault) as refusal:
        KINDS[kind].check(KINDS[kind].parse([typed], options), options, Surroundings(DAY))
    with override("en"):
        assert str(refusal.value.sentence) == said


@pytest.mark.parametrize(("kind", "given", "value"), UNSOUND)
def test_a_value_nobody_could_have_typed_is_refused(kind: str, given: dict[str, Any], value: Any) -> None:
    with pytest.raises(FieldFault):
        KINDS[kind].check(value, options_of(kind, given), Surroundings(DAY))


OPTIONS: dict[str, dict[str, Any]] = {
    "text": {"min_length": 5, "max_length": 8},
    "choice": choices("a", "b", "c"),
    "date": {"not_future": True, "earliest": "2026-11-01"},
    "money": {"min": "-5.00", "max": "99.99"},
    "whole_number": {"min": -3, "max": 3},
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_samples_are_sound_and_repeatable(kind: str) -> None:
    for given in ({}, OPTIONS.get(kind, {})) if kind != "choice" else (OPTIONS["choice"],):
        options = options_of(kind, given)
        for seed in range(200):
            value = KINDS[kind].sample(seed, options, Surroundings(DAY))
            KINDS[kind].check(value, options, Surroundings(DAY))
            assert value == KINDS[kind].sample(seed, options, Surroundings(DAY))
            json.loads(json.dumps(value), parse_float=no_float)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_posted_is_no_answer(kind: str) -> None:
    assert KINDS[kind].parse([], options_of(kind, OPTIONS.get(kind, {}))) is None


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_expression_values_come_back_as_they_were_stored(kind: str) -> None:
    options = options_of(kind, OPTIONS.get(kind, {}))
    value = KINDS[kind].sample(7, options, Surroundings(DAY))
    assert KINDS[kind].from_expression(KINDS[kind].in_expression(value)) == value


@pytest.mark.parametrize(
    ("kind", "given", "value", "chinese", "english"),
    [
        ("text", {}, "李雷", "李雷", "李雷"),
        ("choice", choices("a"), "a", "选项 a", "Choice a"),
        ("phone", {}, "13800138000", "138 0013 8000", "138 0013 8000"),
        ("phone", {}, "0755-26001234", "0755-26001234", "0755-26001234"),
        ("date", {}, "2026-01-02", "2026年1月2日", "2 Jan 2026"),
        ("money", {}, "12300.00", "¥12,300.00", "¥12,300.00"),
        ("money", {"min": "-9.00"}, "-1.50", "-¥1.50", "-¥1.50"),
        ("yes_no", {"yes": text("已通知", "Told")}, True, "已通知", "Told"),
        ("whole_number", {"unit": text("公里", "km")}, 12300, "12,300 公里", "12,300 km"),
        ("whole_number", {"grouped": False}, 2026, "2026", "2026"),
    ],
)
def test_what_is_shown(kind: str, given: dict[str, Any], value: Any, chinese: str, english: str) -> None:
    options = options_of(kind, given)
    assert KINDS[kind].display(value, options, "zh-hans") == chinese
    assert KINDS[kind].display(value, options, "en") == english


def test_texts_are_compared_by_character_and_word() -> None:
    options = options_of("long_text", {})
    assert KINDS["long_text"].difference("前保险杠有划痕", "后保险杠有划痕", options, "zh-hans") == [
        Segment("removed", "前"),
        Segment("added", "后"),
        Segment("same", "保险杠有划痕"),
    ]


def test_other_kinds_are_compared_as_they_are_shown() -> None:
    options = options_of("money", {})
    assert KINDS["money"].difference("1.00", "2.00", options, "en") == [
        Segment("removed", "¥1.00"),
        Segment("added", "¥2.00"),
    ]
    assert KINDS["money"].difference(None, "2.00", options, "en") == [Segment("added", "¥2.00")]
    assert KINDS["money"].difference("2.00", "2.00", options, "en") == [Segment("same", "¥2.00")]
