"""The promise of the importer, on texts nobody would write."""

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.positions.importing import Collection, read_file, unplaced
from backoffice.positions.importing.plain import plain
from backoffice.positions.importing.proposals import parts_of

FRAGMENTS = [
    "洗车员岗位职责", "展厅经理", "岗位名称:", "直接上级：", "任职资格:", "岗位职责:",
    "第1篇:", "【篇2:", "销售主管岗位职责】", "篇一", "1、", "2.",
    "3、", "(一)", "（2）", "①", "②", "a、",
    "--", "●", "4.1.1.", "一、", "每月10日前", "负责",
    "\t", "|", "1.2.3.4.", "工作内容:", "补充职责:", "http://",
    "版权所有", "某某有限公司", "2013年12月7日", "\r\n", "\n", "\n\n",
    "。", ";", " ", "\u3000", "售后服务部", "Reports to:",
    "Job description", "within 24 hours", "第3条 ", "\u2028", "\x0b", "主管",
    "岗位责任制", "的",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), min_size=1, max_size=60).map(
    "".join
)


def readable(text: str) -> bool:
    controls = sum(ord(sign) < 32 and sign not in "\t\n\r\x0b\x0c" for sign in text)
    return bool(text.strip()) and "\x00" not in text and not controls and not text.startswith("\ufeff")


def read(text: str) -> Collection:
    return read_file(text.encode("utf-8", "surrogatepass"), "any.txt")


@settings(max_examples=400, deadline=None)
@given(texts.filter(readable))
def test_every_character_stands_in_exactly_one_part(text: str) -> None:
    collection = read(text)
    assert collection.text == text
    assert unplaced(collection) == ""
    held = Counter("".join("".join(words.split()) for _place, words in parts_of(collection)))
    assert held == Counter("".join(text.split()))


@settings(max_examples=200, deadline=None)
@given(texts.filter(readable))
def test_parts_do_not_overlap_and_point_into_the_text(text: str) -> None:
    collection = read(text)
    places = sorted(place for place, _words in parts_of(collection))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(places))


@settings(max_examples=100, deadline=None)
@given(texts.filter(readable))
def test_confidence_is_a_whole_number_up_to_100(text: str) -> None:
    assert all(isinstance(unit.confidence, int) and 0 <= unit.confidence <= 100 for unit in read(text).units)


@given(st.text())
def test_the_plain_way_of_writing_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)
