"""How numbers are written, and which schemes are refused."""

from __future__ import annotations

import datetime

import pytest
from django.utils.translation import override

from forms.numbering import Scheme

DAY = datetime.date(2026, 3, 7)


@pytest.mark.parametrize(
    ("scheme", "series", "number"),
    [
        ("TS-{year}-{seq:05}", "TS-2026-{seq:05}", "TS-2026-00042"),
        ("{year}{month}{day}-{seq}", "20260307-{seq}", "20260307-42"),
        ("投诉{seq:1}", "投诉{seq:1}", "投诉42"),
    ],
)
def test_numbers(scheme: str, series: str, number: str) -> None:
    read = Scheme.read(scheme)
    assert (read.series(DAY), read.number(DAY, 42)) == (series, number)


@pytest.mark.parametrize(
    "scheme",
    [
        "TS",
        "{seq}{seq}",
        "{seq.__class__}",
        "{seq:05}{0}",
        "{seq!r}",
        "{seq:05} ",
        "{seq:99999999}",
        "{}{seq}",
    ],
)
def test_what_is_no_scheme(scheme: str) -> None:
    with override("en"), pytest.raises(ValueError, match="numbering scheme"):
        Scheme.read(scheme)
