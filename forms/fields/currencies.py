"""Which currency a text names: an amount as somebody wrote it, a cell's own column, the format of a cell.

An amount in another currency is never taken for one in this: 100 dollars are not 100 yuan.
"""

from __future__ import annotations

import re

from forms.fields.base import plain_digits

SIGNS = r"US\$|HK\$|CN¥|JP¥|¥|\$|€|£"
WORDS = "人民币|港币|港元|美元|美金|欧元|英镑|日元|元"
"""Parts of patterns: what stands before an amount, and after it."""
_SIGN = re.compile(rf"{SIGNS}|{WORDS}|(?<![A-Z])[A-Z]{{3}}(?![A-Z])")
_MEANS = {
    **dict.fromkeys(["RMB", "CN¥", "人民币", "元"], ("CNY",)),
    **dict.fromkeys(["US$", "美元", "美金"], ("USD",)),
    **dict.fromkeys(["HK$", "港币", "港元"], ("HKD",)),
    **dict.fromkeys(["€", "欧元"], ("EUR",)),
    **dict.fromkeys(["£", "英镑"], ("GBP",)),
    **dict.fromkeys(["JP¥", "日元"], ("JPY",)),
    "¥": ("CNY", "JPY"),
    "$": ("USD", "HKD"),
}
"""What signs and words mean; three letters mean themselves."""


def currency_signs(text: str) -> list[str]:
    """Return the signs, words and codes of currencies that stand in a text, full-width ones as plain ones."""
    return _SIGN.findall(plain_digits(text).upper())


def is_in_other_currency(text: str, currency: str) -> bool:
    """Say whether an amount, or the format of one, names a currency other than ``currency`` (an ISO 4217 code)."""
    return any(currency not in _MEANS.get(sign, (sign,)) for sign in currency_signs(text))


def says_only(text: str, currency: str) -> bool:
    """Say whether a text names this currency and nothing else: "RMB", "人民币（元）"; not "澳元", nor "CNY or USD"."""
    rest = plain_digits(text).upper()
    names = [currency, *(sign for sign, means in _MEANS.items() if currency in means)]
    for name in sorted(names, key=len, reverse=True):
        rest = rest.replace(name, " ")
    return not any(map(str.isalnum, rest)) and not currency_signs(rest)
