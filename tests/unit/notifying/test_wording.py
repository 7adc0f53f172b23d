"""Texts with fields: what they may say, what is refused, and that nothing else is understood."""

from __future__ import annotations

import datetime

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from foundation.notifying.kinds import COMMON, fields_of, kinds
from foundation.notifying.wording import faults, fill, said, stored

KNOWN = {"case.number", "stage"}


@pytest.mark.parametrize(
    ("text", "line", "column", "about"),
    [
        ("{case.numbr}", 1, 1, "case.numbr"),
        ("fine {stage}\nnot {case}", 2, 5, "{stage}"),
        ("{case.number.__class__}", 1, 1, "__class__"),
        ("{stage!r}", 1, 1, "stage!r"),
        ("{stage:>9}", 1, 1, "stage:>9"),
        ("{}", 1, 1, ""),
        ("an { alone", 1, 4, "brace"),
        ("an } alone", 1, 4, "brace"),
    ],
)
def test_an_unknown_field_is_refused_with_its_place(text: str, line: int, column: int, about: str) -> None:
    with override("en"):
        (fault,) = faults(text, KNOWN)
        assert (fault.line, fault.column) == (line, column)
        assert about in fault.message


def test_known_fields_and_doubled_braces_are_fine() -> None:
    assert faults("{stage} {{literally}} {case.number}", KNOWN) == []
    assert fill("{stage} {{literally}}", {"stage": "审批"}, "zh-hans") == "审批 {literally}"


@given(st.text(), st.text())
def test_a_value_is_never_read_as_a_text_with_fields(before: str, value: str) -> None:
    text = before.replace("{", "{{").replace("}", "}}") + "{stage}"
    assert faults(text, KNOWN) == []
    assert fill(text, {"stage": value, "case.number": "secret"}, "en") == before + value


@given(st.text(alphabet="{}ab.", max_size=30))
def test_any_text_is_filled_without_failing(text: str) -> None:
    fill(text, {"a": "1"}, "en")


def test_days_are_said_as_the_reader_writes_them() -> None:
    day = stored(datetime.date(2026, 11, 22))
    assert said(day, "zh-hans") == "2026年11月22日"
    assert "2026" in said(day, "en")
    assert said({"zh-hans": "审批", "en": "Approval"}, "en") == "Approval"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_our_own_texts_use_only_fields_of_their_kind(language: str) -> None:
    assert kinds()
    with override(language):
        for kind in kinds():
            known = fields_of(kind)
            assert set(COMMON) <= set(known)
            for text in (str(kind.subject), str(kind.text)):
                assert faults(text, known) == [], kind.key
            assert kind.given or str(kind.subject).strip(), kind.key
