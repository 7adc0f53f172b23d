"""Whom a note names: as people write it, without blanks, and never by accident."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.mentions import Named, mentions_in

PEOPLE = [
    Named(1, "wangfang", ("王芳", "Wang Fang")),
    Named(2, "wangfangfang", ("王芳芳", "")),
    Named(3, "zhangwei", ("张伟", "")),
    Named(4, "zhangwei2", ("张伟", "")),
    Named(5, "li", ("", "Li")),
]


def told(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.written(text), one.people) for one in mentions_in(text, PEOPLE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@王芳请看一下", [("王芳", (1,))]),
        ("＠王芳 请看", [("王芳", (1,))]),
        ("请@王芳芳处理", [("王芳芳", (2,))]),
        ("@wang fang", [("wang fang", (1,))]),
        ("@Wang Fang please", [("Wang Fang", (1,))]),
        ("@WANGFANG", [("WANGFANG", (1,))]),
        ("@张伟", [("张伟", (3, 4))]),
        ("@张伟(zhangwei2)来", [("张伟(zhangwei2)", (4,))]),
        ("@张伟（zhangwei）来", [("张伟（zhangwei）", (3,))]),
        ("@张伟(nobody)", [("张伟", (3, 4))]),
        ("@Lina", []),
        ("@Li, please", [("Li", (5,))]),
        ("mail li@li", []),
        ("a@wangfang.cn", []),
        ("@没有这个人", []),
        ("@王芳@张伟(zhangwei)", [("王芳", (1,)), ("张伟(zhangwei)", (3,))]),
        ("@", []),
        ("", []),
    ],
)
def test_names_are_found_as_people_write_them(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert told(text) == expected


@given(st.text(alphabet="@＠王芳张伟Li()（） wangfu\n", max_size=60))
def test_whatever_is_written_mentions_stand_apart_and_name_somebody(text: str) -> None:
    found = mentions_in(text, PEOPLE)
    assert all(text[one.at] in "@＠" and one.people for one in found)
    assert all(before.end <= after.at for before, after in itertools.pairwise(found))
