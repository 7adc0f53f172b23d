"""Rules built from rows: what they compile to, and that no value becomes code."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.expressions import Kind, RecordList, check, evaluate
from foundation.expressions.kinds import SCALARS
from foundation.expressions.rows import (
    OPERATOR_NAMES,
    OPERATORS_OF,
    Operator,
    Row,
    RowFault,
    compile_rows,
    quoted,
)

SCHEMA = {
    "amount": Kind.MONEY,
    "limit": Kind.MONEY,
    "title": Kind.TEXT,
    "count": Kind.WHOLE,
    "rate": Kind.DECIMAL,
    "urgent": Kind.YES_NO,
    "received": Kind.DATE,
    "arrived": Kind.MOMENT,
    "person": Kind.PERSON,
    "other": Kind.PERSON,
    "tags": Kind.LIST_OF_TEXT,
    "lines": RecordList({"price": Kind.MONEY}),
}
AT = datetime(2026, 9, 25, 14, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_rows_become_one_readable_expression():
    rows = [
        Row("amount", Operator.AT_LEAST, Decimal("500")),
        Row("title", Operator.CONTAINS, "异响"),
        Row("title", Operator.ONE_OF, ["a", "b"]),
        Row("tags", Operator.INCLUDES, "质保"),
        Row("received", Operator.LESS, date(2026, 9, 25)),
        Row("arrived", Operator.MORE, AT),
        Row("urgent", Operator.IS, True),
        Row("person", Operator.IS_NOT, "other", value_is_field=True),
        Row("lines", Operator.HAS_VALUE),
    ]
    text = compile_rows(rows, SCHEMA, combine="any")
    assert text == (
        'amount >= yuan("500") || title.contains("异响") || title in ["a", "b"] || "质保" in tags'
        ' || received < date("2026-09-25") || arrived > moment("2026-09-25T14:00:00+08:00") || urgent == true'
        " || person != other || has_value(lines)"
    )
    assert check(text, SCHEMA, Kind.YES_NO) == []


def test_no_rows_are_always_met():
    assert compile_rows([], SCHEMA) == "true"


def test_all_joins_with_and():
    rows = [Row("count", Operator.MORE, -3), Row("urgent", Operator.IS_EMPTY)]
    assert compile_rows(rows, SCHEMA) == "count > -3 && is_empty(urgent)"


@pytest.mark.parametrize(
    "row",
    [
        Row("nowhere", Operator.IS, 1),
        Row("title", Operator.LESS, "a"),
        Row("title", Operator.IS, 3),
        Row("count", Operator.IS, True),
        Row("count", Operator.IS, "1) || (true"),
        Row("amount", Operator.IS, "1 || true"),
        Row("amount", Operator.IS, 1.5),
        Row("received", Operator.IS, "2026-99-99"),
        Row("received", Operator.IS, AT),
        Row("title", Operator.ONE_OF, []),
        Row("title", Operator.ONE_OF, "ab"),
        Row("amount", Operator.IS, "count", value_is_field=True),
        Row("amount", Operator.IS, "limit || true", value_is_field=True),
        Row("title", Operator.IS, "\ud800"),
        Row("title", Operator.IS, "\x00"),
        Row("lines", Operator.IS, []),
    ],
)
def test_a_row_that_says_nothing_is_refused_with_its_index(row):
    with pytest.raises(RowFault) as caught:
        compile_rows([Row("urgent", Operator.IS, True), row], SCHEMA)
    assert caught.value.index == 1
    assert str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


@given(TEXTS)
def test_any_text_survives_as_a_literal(text):
    assert evaluate(quoted(text), SCHEMA, {}, Kind.TEXT) == text


@given(TEXTS, TEXTS)
def test_a_text_row_compares_and_nothing_else(text, other):
    rule = compile_rows([Row("title", Operator.IS, text)], SCHEMA)
    assert evaluate(rule, SCHEMA, {"title": text}, Kind.YES_NO) is True
    assert evaluate(rule, SCHEMA, {"title": other}, Kind.YES_NO) is (text == other)


@given(st.decimals(-(10**12), 10**12, places=2))
def test_any_amount_survives_as_a_literal(amount):
    rule = compile_rows([Row("amount", Operator.IS, amount)], SCHEMA)
    assert evaluate(rule, SCHEMA, {"amount": amount}, Kind.YES_NO) is True


def value_of(kind):
    return {
        Kind.TEXT: "a",
        Kind.WHOLE: 3,
        Kind.DECIMAL: Decimal("1.5"),
        Kind.MONEY: Decimal("1.50"),
        Kind.YES_NO: True,
        Kind.DATE: date(2026, 1, 1),
        Kind.MOMENT: AT,
        Kind.LIST_OF_TEXT: "a",
    }.get(kind)


@pytest.mark.parametrize("name", SCHEMA)
def test_every_operator_offered_for_a_field_compiles(name):
    entry = SCHEMA[name]
    kind = Kind.RECORD_LIST if isinstance(entry, RecordList) else entry
    for operator in OPERATORS_OF[kind]:
        value = value_of(kind)
        row = Row(name, operator, [value] if operator is Operator.ONE_OF else value)
        if kind is Kind.PERSON and operator in (Operator.IS, Operator.IS_NOT):
            row = Row(name, operator, "other", value_is_field=True)
        assert check(compile_rows([row], SCHEMA), SCHEMA, Kind.YES_NO) == []


def test_every_kind_and_operator_is_offered():
    assert set(OPERATORS_OF) == set(Kind) >= set(SCALARS)
    assert set(OPERATOR_NAMES) == set(Operator)
