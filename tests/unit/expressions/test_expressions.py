"""The door of the expression language: kinds, money, missing values, faults, budgets."""

import threading
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.expressions import (
    Cause,
    ExpressionFault,
    Kind,
    RecordList,
    check,
    evaluate,
    is_name,
    reads,
)
from foundation.expressions import compiler as expression_compiler
from foundation.expressions.functions import FUNCTIONS

SCHEMA = {
    "amount": Kind.MONEY,
    "count": Kind.WHOLE,
    "title": Kind.TEXT,
    "urgent": Kind.YES_NO,
    "received": Kind.DATE,
    "today": Kind.DATE,
    "arrived": Kind.MOMENT,
    "submitter": Kind.PERSON,
    "assignee": Kind.PERSON,
    "rate": Kind.DECIMAL,
    "tags": Kind.LIST_OF_TEXT,
    "form.amount": Kind.MONEY,
    "lines": RecordList({"price": Kind.MONEY, "pieces": Kind.WHOLE, "name": Kind.TEXT, "size": Kind.WHOLE}),
}
VALUES = {
    "amount": Decimal("12.30"),
    "count": 3,
    "title": "客户投诉",
    "urgent": True,
    "received": date(2026, 11, 22),
    "today": date(2026, 12, 1),
    "arrived": datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")),
    "submitter": 7,
    "assignee": 8,
    "rate": Decimal("2.5"),
    "tags": ["保养", "质保"],
    "form.amount": Decimal("5"),
    "lines": [
        {"price": Decimal("1.50"), "pieces": 2, "name": "机油", "size": 1},
        {"price": Decimal("2"), "pieces": 1, "name": "滤芯", "size": 2},
    ],
}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "result", "expected"),
    [
        ('amount + yuan("1")', Kind.MONEY, Decimal("13.30")),
        ("amount - form.amount", Kind.MONEY, Decimal("7.30")),
        ("amount * 3", Kind.MONEY, Decimal("36.90")),
        ("-amount", Kind.MONEY, Decimal("-12.30")),
        ("yuan(500)", Kind.MONEY, Decimal("500.00")),
        ('percent(amount, "2.5")', Kind.MONEY, Decimal("0.31")),
        ('percent(yuan("0.20"), "2.5")', Kind.MONEY, Decimal("0.01")),
        ('percent(-yuan("0.20"), "2.5")', Kind.MONEY, Decimal("-0.01")),
        ('percent(yuan("0.19"), "2.5")', Kind.MONEY, Decimal("0.00")),
        ("times(amount, rate)", Kind.MONEY, Decimal("30.75")),
        ("divided(yuan(10), 3)", Kind.MONEY, Decimal("3.33")),
        ("divided(yuan(20), 3)", Kind.MONEY, Decimal("6.67")),
        ("rate * 2", Kind.DECIMAL, Decimal("5")),
        ('rate + decimal("0.000001")', Kind.DECIMAL, Decimal("2.500001")),
        ('times(decimal("0.1"), decimal("0.2"))', Kind.DECIMAL, Decimal("0.02")),
        ('decimal("0.1") + decimal("0.2") == decimal("0.3")', Kind.YES_NO, True),
        ("sum(lines.map(line, line.price * line.pieces))", Kind.MONEY, Decimal("5.00")),
        ("largest(lines.map(line, line.price))", Kind.MONEY, Decimal("2.00")),
        ("smallest(lines.map(line, line.pieces))", Kind.WHOLE, 1),
        ("sum(lines.map(line, line.size))", Kind.WHOLE, 3),
        ('join(lines.map(line, line.name), "、")', Kind.TEXT, "机油、滤芯"),
        ('lines.filter(line, line.price > yuan("1.50")).size()', Kind.WHOLE, 1),
        ("lines.exists_one(line, line.pieces == 2)", Kind.YES_NO, True),
        ('tags.filter(tag, tag != "保养")', Kind.LIST_OF_TEXT, ["质保"]),
        ('"质保" in tags', Kind.YES_NO, True),
        ("submitter == assignee", Kind.YES_NO, False),
        ("submitter", Kind.PERSON, "7"),
        ("received + 30", Kind.DATE, date(2026, 12, 22)),
        ("today - received", Kind.WHOLE, 9),
        ("days_between(received, today)", Kind.WHOLE, 9),
        ('add_months(date("2027-01-31"), 1)', Kind.DATE, date(2027, 2, 28)),
        ("year(received) * 10000 + month(received) * 100 + day(received)", Kind.WHOLE, 20261122),
        ("weekday(received)", Kind.WHOLE, 7),
        ('received < date("2026-11-23")', Kind.YES_NO, True),
        ("arrived", Kind.MOMENT, datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)),
        ("date_of(arrived) == received", Kind.YES_NO, True),
        ('hours_between(arrived, moment("2026-11-22T12:30"))', Kind.WHOLE, 3),
        ('minutes_between(moment("2026-11-22T09:30"), arrived)', Kind.WHOLE, -30),
        ('title.contains("投诉") && title.startsWith("客户") && title.endsWith("诉")', Kind.YES_NO, True),
        ('title.matches("^..投")', Kind.YES_NO, True),
        ('size(title) == 4 && "ab".size() == 2', Kind.YES_NO, True),
        ('money_text(yuan("1234.5"))', Kind.TEXT, "1,234.50"),
        ("decimal_text(rate)", Kind.TEXT, "2.5"),
        ("number_text(count)", Kind.TEXT, "3"),
        ("date_text(received)", Kind.TEXT, "2026-11-22"),
        ('trim("  a ")', Kind.TEXT, "a"),
        ("count / 2", Kind.WHOLE, 1),
        ("count % 2", Kind.WHOLE, 1),
        ('urgent ? "急" : "缓"', Kind.TEXT, "急"),
        ("// why\ntrue", Kind.YES_NO, True),
    ],
)
def test_an_expression_gives_its_value(text, result, expected):
    assert check(text, SCHEMA, result) == []
    value = evaluate(text, SCHEMA, VALUES, result)
    assert value == expected
    assert type(value) is type(expected)


def test_every_function_is_reached_by_a_test():
    source = __import__("pathlib").Path(__file__).read_text(encoding="utf-8")
    assert {name for name in FUNCTIONS if f"{name}(" not in source} == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('amount > yuan("1")', None),
        ('amount > yuan("1") || true', True),
        ('amount > yuan("1") && false', False),
        ('amount == yuan("1")', False),
        ('amount != yuan("1")', True),
        ("has_value(amount)", False),
        ("is_empty(amount)", True),
        ("has_value(title) || has_value(tags) || has_value(lines) || has_value(submitter)", False),
        ('or_else(amount, yuan("7")) == yuan(7)', True),
        ('or_else(title, "x") == "x"', True),
        ('title == ""', True),
        ("!urgent", None),
        ("urgent ? true : false", None),
        ("received <= today", None),
        ("lines.all(line, line.price > yuan(0))", True),
        ("largest(lines.map(line, line.price)) > yuan(0)", None),
        ("sum(lines.map(line, line.price)) == yuan(0)", True),
        ('title.contains("x")', False),
    ],
)
def test_a_missing_value_leaves_open_what_depends_on_it(text, expected):
    assert evaluate(text, SCHEMA, {}, Kind.YES_NO) is expected
    assert evaluate(text, SCHEMA, dict.fromkeys(SCHEMA), Kind.YES_NO) is expected


def test_a_missing_field_of_a_row_leaves_the_sum_open():
    rows = {"lines": [{"price": "1"}, {"price": None}]}
    assert evaluate("sum(lines.map(l, l.price))", SCHEMA, rows, Kind.MONEY) is None
    text = 'sum(lines.filter(l, has_value(l.price)).map(l, or_else(l.price, yuan("0"))))'
    assert evaluate(text, SCHEMA, rows, Kind.MONEY) == Decimal("1.00")


@pytest.mark.parametrize(
    ("text", "cause", "line", "column", "words"),
    [
        ("amout > yuan(1)", Cause.UNKNOWN_NAME, 1, 1, "Did you mean “amount”?"),
        ("true &&\n  form.amont > amount", Cause.UNKNOWN_NAME, 2, 3, "Did you mean “form.amount”?"),
        ("lines.all(l, l.prise > amount)", Cause.UNKNOWN_NAME, 1, 16, "Did you mean “price”?"),
        (
            "lines.all(l, l.price > amount && l.prise > amount)",
            Cause.UNKNOWN_NAME,
            1,
            36,
            "Did you mean “price”?",
        ),
        ("has_valu(amount)", Cause.UNKNOWN_FUNCTION, 1, 1, "Did you mean “has_value”?"),
        ("amount > 5", Cause.NUMBER_AND_MONEY, 1, 8, "yuan("),
        ("amount == count", Cause.NUMBER_AND_MONEY, 1, 8, "amount of money"),
        ("amount * 1.5 > amount", Cause.FRACTION, 1, 10, 'decimal("1.5")'),
        ("1.5 > 1.2", Cause.FRACTION, 1, 1, 'decimal("1.5")'),
        ("received == title", Cause.KINDS_DIFFER, 1, 10, "date"),
        ("submitter == title", Cause.KINDS_DIFFER, 1, 11, "person"),
        ('"投诉" + title == title', Cause.TEXTS_ADDED, 1, 6, "join("),
        ("days_between(received, count) > 1", Cause.WRONG_ARGUMENTS, 1, 1, "date"),
        ("title.price > amount", Cause.NOT_A_RECORD, 1, 7, "price"),
        ("lines.all(l, l.price > count)", Cause.NUMBER_AND_MONEY, 1, 22, "amount of money"),
        ('[1, "a"].exists(x, x == 1)', Cause.MIXED_LIST, 1, 1, "one kind"),
        ("tags + tags == tags", Cause.LISTS_ADDED, 1, 6, "Lists"),
        ("amount", Cause.WRONG_RESULT, 1, 1, "yes or no"),
        ("null", Cause.WRONG_RESULT, 1, 1, "nothing"),
        ("lines", Cause.WRONG_RESULT, 1, 1, "list"),
        ("true &&", Cause.ENDS_EARLY, 1, 8, "missing"),
        ("", Cause.ENDS_EARLY, 1, 1, "missing"),
        ("true true", Cause.SYNTAX, 1, 6, "cannot be read"),
        ("投诉 == 1", Cause.STRAY_SIGN, 1, 1, "投"),
        ('title == "a', Cause.OPEN_TEXT, 1, 10, "closing"),
        ("title == b'a'", Cause.NOT_OFFERED, 1, 10, "b'"),
        ("{1: 2}", Cause.NOT_OFFERED, 1, 1, "{"),
        ('tags[0] == "a"', Cause.NOT_OFFERED, 1, 5, "[ ]"),
        ("dyn(1) == 1", Cause.UNKNOWN_FUNCTION, 1, 1, "dyn"),
        ("double(1) == 1", Cause.UNKNOWN_FUNCTION, 1, 1, "double"),
        ('date("2026-02-30") == today', Cause.BAD_LITERAL, 1, 1, "2026-02-30"),
        ('moment("soon") == arrived', Cause.BAD_LITERAL, 1, 1, "soon"),
        ('amount > yuan("12.345")', Cause.BAD_LITERAL, 1, 10, "12.345"),
        ('amount > yuan("1e3")', Cause.BAD_LITERAL, 1, 10, "1e3"),
        ('amount > percent(amount, "x")', Cause.BAD_LITERAL, 1, 10, "x"),
        ('rate > decimal("1.2345678")', Cause.BAD_LITERAL, 1, 8, "1.2345678"),
        ('title.matches("[")', Cause.BAD_PATTERN, 1, 7, "["),
        ("(" * 30 + "true" + ")" * 30, Cause.TOO_DEEP, 1, 25, "nested"),
        ("a" * 4_001, Cause.TOO_LONG, 0, 0, "4000"),
    ],
)
def test_a_fault_says_what_and_where(text, cause, line, column, words):
    with translation.override("en"):
        faults = check(text, SCHEMA, Kind.YES_NO)
        assert [(f.cause, f.line, f.column) for f in faults] == [(cause, line, column)]
        assert words in faults[0].message
        assert "%(" not in faults[0].message


def test_every_cause_has_a_message_that_can_be_filled():
    from foundation.expressions.faults import MESSAGES

    assert set(MESSAGES) == set(Cause)


@pytest.mark.parametrize(
    ("text", "result", "cause"),
    [
        ("1 / (count - 3)", Kind.WHOLE, Cause.DIVIDED_BY_ZERO),
        ("1 % (count - 3)", Kind.WHOLE, Cause.DIVIDED_BY_ZERO),
        ("divided(amount, count - 3)", Kind.MONEY, Cause.DIVIDED_BY_ZERO),
        ("count * 9223372036854775807", Kind.WHOLE, Cause.OUT_OF_RANGE),
        ("received + 99999999", Kind.DATE, Cause.OUT_OF_RANGE),
        ("year(received - 99999999)", Kind.WHOLE, Cause.OUT_OF_RANGE),
        ("date(title)", Kind.DATE, Cause.BAD_LITERAL),
        ('"a".matches(join([title, "["], ""))', Kind.YES_NO, Cause.BAD_PATTERN),
    ],
)
def test_a_failing_evaluation_is_a_fault(text, result, cause):
    with pytest.raises(ExpressionFault) as caught:
        evaluate(text, SCHEMA, VALUES, result)
    assert [fault.cause for fault in caught.value.faults] == [cause]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 1.5),
        ("amount", "1e400"),
        ("amount", Decimal("0.001")),
        ("amount", Decimal("NaN")),
        ("amount", True),
        ("count", "3"),
        ("count", 2**63),
        ("title", 3),
        ("title", "x" * 20_001),
        ("title", "\ud800"),
        ("urgent", 1),
        ("received", datetime(2026, 1, 1, tzinfo=SHANGHAI)),
        ("received", "2026-13-01"),
        ("arrived", date(2026, 1, 1)),
        ("tags", "ab"),
        ("tags", ["a"] * 2_001),
        ("submitter", 1.0),
        ("lines", [1]),
        ("lines", {"price": 1}),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(name, value):
    with pytest.raises(ExpressionFault) as caught:
        evaluate(f"has_value({name})", SCHEMA, {name: value}, Kind.YES_NO)
    (fault,) = caught.value.faults
    assert (fault.cause, fault.parameters["name"]) == (Cause.BAD_VALUE, name)


def test_money_given_as_text_or_whole_yuan_is_exact():
    assert evaluate("amount", SCHEMA, {"amount": "0.1"}, Kind.MONEY) == Decimal("0.10")
    assert evaluate("amount", SCHEMA, {"amount": 7}, Kind.MONEY) == Decimal("7.00")
    assert evaluate("amount", SCHEMA, {"amount": ""}, Kind.MONEY) is None


@given(fen=st.integers(-(10**15), 10**15), rate=st.decimals("-500", "500", places=4))
def test_percent_is_half_up_to_the_fen(fen, rate):
    from decimal import ROUND_HALF_UP

    amount = Decimal(fen) / 100
    value = evaluate(f'percent(amount, "{rate:f}")', SCHEMA, {"amount": amount}, Kind.MONEY)
    assert value == (amount * rate / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(st.lists(st.integers(-(10**12), 10**12), max_size=30))
def test_a_sum_of_money_is_exact(fens):
    rows = {"lines": [{"price": Decimal(fen) / 100} for fen in fens]}
    value = evaluate("sum(lines.map(l, l.price))", SCHEMA, rows, Kind.MONEY)
    assert value == Decimal(sum(fens)) / 100


# --- hostile texts ------------------------------------------------------------------------------------------


def stopped(text, values):
    with pytest.raises(ExpressionFault) as caught:
        evaluate(text, SCHEMA, values, Kind.YES_NO)
    return [fault.cause for fault in caught.value.faults]


def test_a_triple_loop_over_300_items_is_stopped():
    text = "tags.all(a, tags.all(b, tags.all(c, a == b || b == c || a == c || true)))"
    assert stopped(text, {"tags": ["x"] * 300}) == [Cause.TOO_MUCH]


def test_work_inside_functions_is_stopped_too():
    text = 'tags.all(a, tags.all(b, title.matches("(a|aa)+$") || true))'
    assert stopped(text, {"tags": ["x"] * 95, "title": "a" * 20_000}) == [Cause.TOO_MUCH]


def test_a_fault_swallowed_by_or_still_counts_as_too_much():
    text = "tags.all(a, tags.all(b, " + " || ".join(["date(title) == today"] * 20) + " || true))"
    assert stopped(text, {"tags": ["x"] * 95, "title": "no date"}) == [Cause.TOO_MUCH]


def test_a_fourth_loop_and_a_long_loop_are_refused():
    deep = "tags.all(a, tags.all(b, tags.all(c, tags.all(d, true))))"
    assert [f.cause for f in check(deep, SCHEMA, Kind.YES_NO)] == [Cause.TOO_DEEP]
    long = "tags.all(a, " + " && ".join(["a == a"] * 120) + ")"
    assert [f.cause for f in check(long, SCHEMA, Kind.YES_NO)] == [Cause.LOOP_TOO_LARGE]


def test_texts_cannot_be_made_to_grow_without_bound():
    text = f'size(join([{", ".join(["title"] * 50)}], "")) > 0'
    assert stopped(text, {"title": "x" * 1_000}) == [Cause.TOO_MUCH]


@pytest.mark.parametrize(
    "text",
    ["@#" * 2_000, "(" * 4_000, "!" * 3_999 + "a", "a?" * 1_300 + "a", "[" * 4_000, "a" + ".b" * 1_999],
)
def test_a_hostile_text_is_refused(text):
    assert check(text, SCHEMA, Kind.YES_NO) != []


SIGNS = '( ) [ ] , && || ! == < + - * / % ? : . // @ # { } ` \' " \\ 1.5 0x r\' """ null true in as 1 "a" 投'
WORDS = st.sampled_from(
    [
        *SCHEMA,
        *FUNCTIONS,
        "l",
        "l.price",
        "l.all(",
        ".map(",
        ".filter(",
        *SIGNS.split(),
        "\n",
        "\x00",
        "\ud800",
    ]
)


@settings(max_examples=400, deadline=2_000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS).map("".join))
)
def test_no_text_raises_anything_but_a_fault(text):
    for result in (Kind.YES_NO, Kind.MONEY):
        faults = check(text, SCHEMA, result)
        for fault in faults:
            assert fault.message
            assert 0 <= fault.position <= len(text)
        try:
            value = evaluate(text, SCHEMA, VALUES, result)
        except ExpressionFault:
            continue
        else:
            assert faults == []
            assert value is None or isinstance(value, (bool, Decimal))


# --- names, reading, keeping --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount > form.amount", {"amount", "form.amount"}),
        ("lines.all(amount, amount.price > yuan(1))", {"lines", "lines.price"}),
        ("lines.all(l, l.price > amount) && title.size() > 1", {"lines", "lines.price", "amount", "title"}),
        ('title == "amount"', {"title"}),
        ("true", set()),
        ("has_value(urgent) ? tags.exists(t, t == title) : false", {"urgent", "tags", "title"}),
    ],
)
def test_reads_names_what_is_used(text, expected):
    assert reads(text, SCHEMA) == expected


@pytest.mark.parametrize(
    "name", ["投诉", "a b", "1a", "a..b", "in", "a.true", "", "a-b", "a.b()", "list", "string", "map.key"]
)
def test_a_name_that_cannot_be_spelled_is_refused(name):
    assert not is_name(name)
    with pytest.raises(ValueError, match="cannot be a name"):
        check("true", {name: Kind.TEXT}, Kind.YES_NO)


def test_a_field_may_be_called_as_a_function_is():
    schema = {
        "lines": RecordList({"size": Kind.WHOLE, "date": Kind.DATE, "map": Kind.TEXT}),
        "date": Kind.DATE,
    }
    rows = {"lines": [{"size": 4, "date": "2026-01-01", "map": "m"}], "date": "2026-01-01"}
    text = 'lines.all(l, l.size == 4 && l.date == date && date == date("2026-01-01") && l.map == "m")'
    assert evaluate(text, schema, rows, Kind.YES_NO) is True


def test_the_shelf_of_expressions_is_bounded_and_answers_the_same():
    shelf = expression_compiler._Shelf(3)
    for number in range(10):
        assert shelf.get(number, lambda number=number: number * 2) == number * 2
    assert len(shelf) == 3
    assert shelf.get(9, lambda: -1) == 18
    assert shelf.get(0, lambda: -1) == -1


def test_the_same_text_over_another_schema_is_another_expression():
    assert evaluate("x > 1", {"x": Kind.WHOLE}, {"x": 2}, Kind.YES_NO) is True
    assert [f.cause for f in check("x > 1", {"x": Kind.MONEY}, Kind.YES_NO)] == [Cause.NUMBER_AND_MONEY]


def test_threads_do_not_disturb_each_other():
    wrong = []

    def work(start):
        for number in range(start, start + 200):
            text = f"count > {number % 7} && amount >= yuan({number % 5})"
            expected = number % 7 < 3 and Decimal("12.30") >= number % 5
            if evaluate(text, SCHEMA, VALUES, Kind.YES_NO) is not expected:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
