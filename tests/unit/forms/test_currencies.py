"""Which currency a text names."""

from __future__ import annotations

import pytest

from forms.fields.currencies import is_in_other_currency, says_only


@pytest.mark.parametrize(
    ("text", "currency", "other"),
    [
        ("100", "CNY", False),
        ("¥100", "CNY", False),
        ("￥100", "CNY", False),
        ("RMB 100", "CNY", False),
        ("100元", "CNY", False),
        ("人民币100元", "CNY", False),
        ("¥100", "JPY", False),
        ("¥100", "USD", True),
        ("US$100", "CNY", True),
        ("$100", "CNY", True),
        ("$100", "USD", False),
        ("$100", "HKD", False),
        ("HK$100", "USD", True),
        ("ＵＳＤ １００", "CNY", True),
        ("100 chf", "CNY", True),
        ("100日元", "CNY", True),
        ("100美金", "USD", False),
        ("1.000,00 €", "EUR", False),
    ],
)
def test_an_amount_names_its_currency(text: str, currency: str, other: bool) -> None:
    assert is_in_other_currency(text, currency) is other


@pytest.mark.parametrize(
    "text", ["CNY", "RMB", "rmb", "人民币", "人民币（元）", "元", "¥", "￥", "CNY/人民币"]
)
def test_a_column_says_yuan(text: str) -> None:
    assert says_only(text, "CNY")


@pytest.mark.parametrize(
    "text", ["USD", "美元", "澳元", "加元", "日元", "CNY/USD", "JPY ¥", "$", "卢布", "1"]
)
def test_a_column_says_something_else_than_yuan(text: str) -> None:
    assert not says_only(text, "CNY")
