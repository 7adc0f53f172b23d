"""Rows of a condition become an expression and come back as the same rows."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from backoffice.studio.conditions import faults_of, posted_condition, rows_of
from foundation.expressions import Kind
from foundation.expressions.rows import OPERATORS_OF, Operator, Row, compile_rows

SCHEMA = {
    "name": Kind.TEXT,
    "count": Kind.WHOLE,
    "price": Kind.MONEY,
    "day": Kind.DATE,
    "urgent": Kind.YES_NO,
    "parts": Kind.LIST_OF_TEXT,
    "span.start": Kind.DATE,
}
VALUES = {
    Kind.TEXT: st.text(
        alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12
    ),
    Kind.WHOLE: st.integers(-(2**40), 2**40),
    Kind.MONEY: st.decimals(0, 10_000, places=2).map(lambda amount: f"{amount:f}"),
    Kind.DATE: st.dates().map(lambda day: day.isoformat()),
    Kind.YES_NO: st.booleans(),
    Kind.LIST_OF_TEXT: st.text(alphabet='ab中"\\', max_size=5),
}


@st.composite
def rows(draw: st.DrawFn) -> Row:
    name = draw(st.sampled_from(sorted(SCHEMA)))
    kind = SCHEMA[name]
    operator = draw(st.sampled_from(OPERATORS_OF[kind]))
    if operator in (Operator.HAS_VALUE, Operator.IS_EMPTY):
        return Row(name, operator)
    value: Any = draw(VALUES[kind])
    if operator is Operator.ONE_OF:
        value = draw(st.lists(VALUES[kind], min_size=1, max_size=3))
    return Row(name, operator, value)


@given(st.lists(rows(), min_size=1, max_size=4), st.sampled_from(["all", "any"]))
def test_rows_come_back_from_the_text_they_made(found: list[Row], combine: Any) -> None:
    text = compile_rows(found, SCHEMA, combine=combine)
    again = rows_of(text, SCHEMA)
    assert again is not None
    assert [_plain(row) for row in again[0]] == [_plain(row) for row in found]
    assert again[1] == (combine if len(found) > 1 else "all")
    assert compile_rows(again[0], SCHEMA, combine=again[1]) == text


def _plain(row: Row) -> tuple[str, str, Any]:
    return row.field, str(row.operator), row.value


def test_what_rows_cannot_say_stays_with_the_expert() -> None:
    for text in (
        'name == "a" && (count > 1 || urgent == true)',
        "count > 1 + 1",
        "!urgent",
        "size(parts) > 1",
        "((",
    ):
        assert rows_of(text, SCHEMA) is None


def posted(**values: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    query["c.mode"] = "rows"
    query.setlist("c.rows", ["0"])
    for name, value in values.items():
        query[f"c.0.{name}"] = value
    return query


def test_a_row_that_is_not_complete_keeps_the_condition_as_it_was_and_says_what_is_missing() -> None:
    found = posted_condition("c", posted(field="count", operator="more", value=""), SCHEMA, "urgent == true")
    assert found.text == "urgent == true"
    assert found.pending is not None
    assert found.pending.rows[0].fault
    assert posted_condition("c", posted(field="", operator="is"), SCHEMA, "").pending is not None


def test_a_complete_row_is_the_condition() -> None:
    found = posted_condition("c", posted(field="count", operator="more", value="3"), SCHEMA, "")
    assert (found.text, found.pending) == ("count > 3", None)
    several = posted_condition("c", posted(field="name", operator="one_of", value="甲\n乙"), SCHEMA, "")
    assert several.text == 'name in ["甲", "乙"]'


def test_a_fault_is_shown_at_its_place() -> None:
    (fault,) = faults_of('name == "a" && cuont > 1', SCHEMA, Kind.YES_NO)
    assert (fault.before, fault.place, fault.after) == ('name == "a" && ', "cuont", " > 1")
    assert "count" in fault.message
