"""What each kind of field takes, stores and says."""

from __future__ import annotations

import datetime
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
TAKEN: list[tuple[str, dict[str, Any], str | list[str], Any]] = [
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
    ("decimal", {}, "1,200.5", "1200.50"),
    ("decimal", {"scale": 1}, "2.50", "2.5"),
    ("decimal", {}, ".5", "0.50"),
    ("decimal", {}, "2.5", "2.50"),
    ("decimal", {"min": "-1"}, "-0", "0.00"),
    ("decimal", {"min": "-1"}, "-0.25", "-0.25"),
    ("decimal", {}, "", None),
    ("money", {"currency": "USD"}, "US$1,200", "1200.00"),
    ("money", {"currency": "USD"}, "1,200美金", "1200.00"),
    ("money", {"currency": "JPY"}, "1200 JPY", "1200.00"),
    ("time", {}, "14:03", "14:03"),
    ("time", {}, "9:5", "09:05"),
    ("time", {}, "1403", "14:03"),
    ("time", {}, "14点半", "14:30"),
    ("time", {}, "14时03分", "14:03"),
    ("time", {}, "下午2:03", "14:03"),
    ("time", {}, "2:03 pm", "14:03"),
    ("time", {}, "12:10 am", "00:10"),
    ("time", {}, "14:03", "14:03"),
    ("time", {}, "14:03:00", "14:03"),
    ("time", {}, " ", None),
    ("moment", {}, "2026-11-22T14:03", "2026-11-22T14:03"),
    ("moment", {}, "2026/11/2 9:05", "2026-11-02T09:05"),
    ("moment", {}, "2026年11月2日 下午2点", "2026-11-02T14:00"),
    ("moment", {}, "2026年11月2日14:03", "2026-11-02T14:03"),
    ("moment", {}, ["day=2026-11-22", "time=0905"], "2026-11-22T09:05"),
    ("moment", {}, ["day=", "time="], None),
    ("date_range", {}, ["start=2026/11/22", "end=20261124"], {"start": "2026-11-22", "end": "2026-11-24"}),
    ("date_range", {}, ["end=2026-11-22", "start=2026-11-22"], {"start": "2026-11-22", "end": "2026-11-22"}),
    ("date_range", {}, ["start= ", "end="], None),
    ("choice", choices("a", "b", other=True), ["b", "other=自己写"], "b"),
    ("choice", choices("a", other=True), ["other", "other= 自己 写 "], {"other": "自己 写"}),
    ("choice", choices("a", other=True), ["", "other=自己写"], {"other": "自己写"}),
    ("choice", choices("a", other=True), ["", "other="], None),
    ("choices", choices("a", "b", "c"), ["c", "a", "c"], ["a", "c"]),
    ("choices", choices("a", "b", other=True), ["b", "other", "other=其他"], ["b", {"other": "其他"}]),
    ("choices", choices("a", "b", other=True), ["", "other= "], None),
    ("email", {}, " Li.Lei@EXAMPLE.com ", "Li.Lei@example.com"),
    ("email", {}, "li@example.com", "li@example.com"),
    ("rating", {}, "4", 4),
    ("rating", {}, "4 / 5", 4),
    ("plate", {}, "粤B12345", "粤B12345"),
    ("plate", {}, "粤b·12345", "粤B12345"),
    ("plate", {}, "粤 b-12345", "粤B12345"),
    ("plate", {}, "粤BD12345", "粤BD12345"),
    ("plate", {}, "粤B12345D", "粤B12345D"),
    ("plate", {}, "京A9F8G7", "京A9F8G7"),
    ("plate", {"plates": ["police"]}, "京A1234警", "京A1234警"),
    ("plate", {"plates": ["ordinary", "trailer"]}, "鲁H12AB挂", "鲁H12AB挂"),
    ("plate", {"plates": ["border"]}, "粤Z1234港", "粤Z1234港"),
    ("plate", {"plates": ["embassy"]}, "224·578使", "224578使"),
    ("vin", {}, "1M8GDM9AXKP042788", "1M8GDM9AXKP042788"),
    (
        "vin",
        {},
        "1m8g dm9a-xkp0 42788",
        "1M8GDM9AXKP042788",
    ),
    ("vin", {"check_digit": False}, "WVWZZZ1JZ3W386752", "WVWZZZ1JZ3W386752"),
    ("id_card", {}, "11010519491231002X", "11010519491231002X"),
    ("id_card", {}, "110105 19491231 002x", "11010519491231002X"),
    (
        "id_card",
        {},
        "440524198001010013",
        "440524198001010013",
    ),
    ("static", {"content": text("说明", "Note")}, "posted all the same", None),
    ("code", {}, " http://x/?a=b ", "http://x/?a=b"),
    ("code", {"symbols": "ean"}, "6901234 567892", "6901234567892"),
    ("code", {"symbols": "ean"}, "96385074", "96385074"),
    ("rich_note", {}, "一\n二", "<p>一<br>二</p>"),
    ("rich_note", {}, "- 甲\n- 乙", "<ul><li>甲</li><li>乙</li></ul>"),
    ("rich_note", {}, "1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ("rich_note", {}, ["html=<b>粗</b><script>alert(1)</script>"], "<strong>粗</strong>"),
    ("rich_note", {}, ["html=<p onclick=x style=y>好</p>"], "<p>好</p>"),
    ("rich_note", {}, ["html=<a href=javascript:x>y</a>"], '<a rel="noopener noreferrer">y</a>'),
    ("rich_note", {}, ["粗", "html=<p><strong>粗</strong></p>"], "<p><strong>粗</strong></p>"),
    ("rich_note", {}, ["改", "html=<p><strong>粗</strong></p>"], "<p>改</p>"),
    ("rich_note", {}, ["html=<p><br></p>"], None),
]

# kind, options, what is typed, what is said
REFUSED: list[tuple[str, dict[str, Any], str | list[str], str]] = [
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
    ("money", {}, "US$100", "Write the amount in yuan with at most two decimals, for example 1,280.50."),
    ("money", {}, "100 USD", "Write the amount in yuan with at most two decimals, for example 1,280.50."),
    (
        "money",
        {"currency": "USD"},
        "100元",
        "Write the amount in US dollars as a number, for example 1,280.00.",
    ),
    ("money", {"max": "1000.00"}, "1000.01", "Write an amount of at most ¥1,000.00."),
    ("yes_no", {}, "true", "Choose yes or no."),
    *(
        ("whole_number", {}, typed, "Write a whole number in digits, for example 1200.")
        for typed in ("1.5", "1,20", "twelve", "1e3", "0x10", "9" * 30)
    ),
    ("whole_number", {"min": 1}, "0", "Write a number of at least 1."),
    ("whole_number", {"max": 9}, "10", "Write a number of at most 9."),
    *(
        ("decimal", {}, typed, "Write a number in digits, for example 2.5.")
        for typed in (".", "1e3", "NaN", "Infinity", "1.2.3", "1,20.5", "二", "9" * 13, "1" * 50)
    ),
    ("decimal", {}, "1.234", "Write at most 2 decimals."),
    ("decimal", {"scale": 1}, "1.25", "Write at most 1 decimal."),
    ("decimal", {"max": "9.5"}, "9.51", "Write a number of at most 9.5."),
    ("decimal", {}, "-0.01", "Write a number of at least 0."),
    ("money", {"currency": "JPY"}, "12.50", "Write full yen, without decimals."),
    (
        "money",
        {"currency": "USD"},
        "viel",
        "Write the amount in US dollars as a number, for example 1,280.00.",
    ),
    ("money", {"currency": "USD", "max": "5.00"}, "5.01", "Write an amount of at most US$5.00."),
    *(
        ("time", {}, typed, "Write the time as hours and minutes, for example 14:03.")
        for typed in ("14", "noon", "14:0x", "14-03", "1:2:3", "1" * 60)
    ),
    *(
        ("time", {}, typed, "There is no such time. Check the hours and the minutes.")
        for typed in ("24:00", "2460", "12:60", "99:99")
    ),
    ("time", {"earliest": "08:30"}, "8:29", "Write 08:30 or a later time."),
    ("time", {"latest": "17:00"}, "17:01", "Write 17:00 or an earlier time."),
    ("time", {"step": 10}, "10:05", "Write the time in steps of 10 minutes."),
    ("moment", {}, "2026-11-22", "Write the date and the time, for example 2026-11-22 14:03."),
    ("moment", {}, ["day=2026-11-22", "time="], "Write the time too."),
    ("moment", {}, ["day=", "time=9:00"], "Write the date too."),
    ("moment", {}, ["day=2026-02-30", "time=9:00"], "There is no such day. Check the month and the day."),
    (
        "moment",
        {},
        ["day=2026-02-03", "time=25:00"],
        "There is no such time. Check the hours and the minutes.",
    ),
    (
        "moment",
        {"not_future": True},
        ["day=2026-11-23", "time=00:00"],
        "This day has not come yet. Write today or an earlier day.",
    ),
    ("date_range", {}, ["start=2026-11-22", "end="], "Write the last day too."),
    ("date_range", {}, ["start=", "end=2026-11-22"], "Write the first day too."),
    (
        "date_range",
        {},
        ["start=2026-11-22", "end=2026-11-21"],
        "The last day lies before the first. Write a later last day.",
    ),
    (
        "date_range",
        {"min_days": 2},
        ["start=2026-11-22", "end=2026-11-22"],
        "Write a period of at least 2 days.",
    ),
    (
        "date_range",
        {"max_days": 1},
        ["start=2026-11-22", "end=2026-11-23"],
        "Write a period of at most 1 day.",
    ),
    ("choice", choices("a", other=True), ["other", "other= "], "Write what you mean by the other answer."),
    ("choice", choices("a"), ["other", "other=x"], "Choose one of the given answers."),
    ("choice", choices("a", other=True), ["b"], "Choose one of the given answers."),
    (
        "choice",
        choices("a", other=True),
        ["other", f"other={'长' * 201}"],
        "Shorten your own words to 200 characters.",
    ),
    ("choices", choices("a", "b"), ["a", "x"], "Choose among the given answers."),
    ("choices", choices("a", "b", min=2), ["a"], "Choose at least 2 answers."),
    ("choices", choices("a", "b", max=1), ["a", "b"], "Choose at most 1 answer; there are 2 now."),
    *(
        ("email", {}, typed, "Write an e-mail address, for example name@company.cn.")
        for typed in (
            "li",
            "li@",
            "@example.com",
            "li lei@",
            "a@b@c.com",
            f"{'a' * 250}@example.com",
            "a@b..com",
        )
    ),
    ("rating", {}, "6", "Choose a mark from 1 to 5."),
    ("rating", {}, "0", "Choose a mark from 1 to 5."),
    ("rating", {"max": 10}, "好", "Choose a mark from 1 to 10."),
    ("plate", {}, "B12345", "Begin with the character of the province, for example 粤B12345 / 粤BD12345."),
    ("plate", {}, "粤B1234", "Write the whole plate number, for example 粤B12345 / 粤BD12345."),
    ("plate", {}, "粤BABCDE", "Write the whole plate number, for example 粤B12345 / 粤BD12345."),
    ("plate", {}, "粤BX12345", "Write the whole plate number, for example 粤B12345 / 粤BD12345."),
    ("plate", {}, "粤BO1234", "A plate has no letters I and O. Write the figures 1 and 0 instead."),
    (
        "plate",
        {},
        "京A1234警",
        "police plates are not taken here. Write a plate like 粤B12345 / 粤BD12345.",
    ),
    (
        "plate",
        {"plates": ["ordinary"]},
        "粤BD12345",
        "new-energy plates are not taken here. Write a plate like 粤B12345.",
    ),
    ("vin", {}, "1M8GDM9AXKP04278", "A VIN has 17 characters; this has 16."),
    ("vin", {}, "1M8GDM9AXKPO42788", "A VIN has no letters I, O and Q. Write the figures 1 and 0 instead."),
    ("vin", {}, "1M8GDM9AXKP04278车", "Write the VIN in capital letters and figures only."),
    (
        "vin",
        {},
        "WVWZZZ1JZ3W386752",
        "The check digit does not fit, so a character is wrong. Compare the VIN with the vehicle licence, "
        "character by character.",
    ),
    ("id_card", {}, "130503670401001", "An identity-card number has 18 characters; this has 15."),
    ("id_card", {}, "1101051949123100XX", "Write 17 figures and then a figure or X."),
    (
        "id_card",
        {},
        "110105194912310029",
        "The last character does not fit, so a figure is wrong. Compare the number with the card.",
    ),
    (
        "id_card",
        {},
        "11010519491331002X",
        "The 7th to 14th figures are no date of birth. Check the number.",
    ),
    (
        "id_card",
        {},
        "11010520261231002X",
        "The 7th to 14th figures are no date of birth. Check the number.",
    ),
    (
        "id_card",
        {},
        "17010519491231002X",
        "No place has a number that begins like this. Check the first six figures.",
    ),
    (
        "code",
        {"symbols": "ean"},
        "6901234567893",
        "Write the 8 or 13 figures below the bars; the last one does not fit the others, or one is missing.",
    ),
    ("code", {"max_length": 3}, "ABCD", "Shorten this to 3 characters; it has 4 now."),
    ("rich_note", {"max_length": 200}, "字" * 201, "Shorten this to 200 characters; it has 201 now."),
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
    ("decimal", {}, "1.5"),
    ("decimal", {}, "01.50"),
    ("decimal", {"min": "-1"}, "-0.00"),
    ("decimal", {}, 1.5),
    ("time", {}, "9:05"),
    ("time", {}, 905),
    ("moment", {}, "2026-11-22 14:03"),
    ("moment", {}, "2026-11-22T14:03:00"),
    ("moment", {}, "2026-11-22T14:03+08:00"),
    ("date_range", {}, ["2026-11-22", "2026-11-23"]),
    ("date_range", {}, {"start": "2026-11-22"}),
    ("date_range", {}, {"start": "2026-11-22", "end": "2026-11-23", "days": 2}),
    ("choice", choices("a"), {"other": "x"}),
    ("choice", choices("a", other=True), {"other": "x", "more": 1}),
    ("choice", choices("a", other=True), {"other": " x"}),
    ("choices", choices("a", "b"), "a"),
    ("choices", choices("a", "b"), []),
    ("choices", choices("a", "b"), ["b", "a"]),
    ("choices", choices("a", "b"), ["a", "a"]),
    ("choices", choices("a", "b"), [["a"]]),
    ("choices", choices("a", "b", other=True), [{"other": "x"}, "a"]),
    ("choices", choices("a", "b", other=True), [{"other": "x"}, {"other": "y"}]),
    ("email", {}, "Li@EXAMPLE.com"),
    ("rating", {}, True),
    ("rating", {}, 4.0),
    ("plate", {}, "粤b12345"),
    ("plate", {}, "粤B·12345"),
    ("vin", {}, "1m8gdm9axkp042788"),
    ("id_card", {}, "11010519491231002x"),
    ("static", {"content": text("说明")}, "说明"),
    ("rich_note", {}, "<p>好</p><script>x</script>"),
    ("rich_note", {}, "<p onclick=x>好</p>"),
    ("rich_note", {}, "<p></p>"),
]


def options_of(kind: str, given: dict[str, Any]) -> Any:
    return KINDS[kind].options_model.model_validate(given)


@pytest.mark.parametrize(("kind", "given", "typed", "stored"), TAKEN)
def test_what_is_taken(kind: str, given: dict[str, Any], typed: str | list[str], stored: Any) -> None:
    options = options_of(kind, given)
    value = KINDS[kind].parse(typed if isinstance(typed, list) else [typed], options)
    assert (type(value), value) == (type(stored), stored)
    if value is not None:
        KINDS[kind].check(value, options, Surroundings(DAY))
        assert KINDS[kind].parse(KINDS[kind].typed(value, options), options) == value


@pytest.mark.parametrize(("kind", "given", "typed", "said"), REFUSED)
def test_what_is_refused_and_what_is_said(
    kind: str, given: dict[str, Any], typed: str | list[str], said: str
) -> None:
    options = options_of(kind, given)
    with override("en"), pytest.raises(FieldFault) as refusal:
        KINDS[kind].check(
            KINDS[kind].parse(typed if isinstance(typed, list) else [typed], options),
            options,
            Surroundings(DAY),
        )
    with override("en"):
        assert str(refusal.value.sentence) == said


@pytest.mark.parametrize(("kind", "given", "value"), UNSOUND)
def test_a_value_nobody_could_have_typed_is_refused(kind: str, given: dict[str, Any], value: Any) -> None:
    with pytest.raises(FieldFault):
        KINDS[kind].check(value, options_of(kind, given), Surroundings(DAY))


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
        ("decimal", {"unit": text("小时", "h")}, "1200.50", "1,200.50 小时", "1,200.50 h"),
        ("money", {"currency": "USD"}, "1200.00", "US$1,200.00", "US$1,200.00"),
        ("time", {}, "14:03", "14:03", "14:03"),
        ("moment", {}, "2026-01-02T14:03", "2026年1月2日 14:03", "2 Jan 2026 14:03"),
        ("choices", choices("a", "b"), ["a", "b"], "选项 a、选项 b", "Choice a, Choice b"),
        ("rating", {}, 4, "4 / 5", "4 / 5"),
        ("plate", {}, "粤BD12345", "粤B·D12345", "粤B·D12345"),
        ("id_card", {}, "11010519491231002X", "11010519491231002X", "11010519491231002X"),
        ("id_card", {"masked": True}, "11010519491231002X", "110***********002X", "110***********002X"),
        ("rich_note", {}, "<p>一</p><ul><li>二</li></ul>", "一\n\n- 二", "一\n\n- 二"),
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
