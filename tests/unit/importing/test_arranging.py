"""Joining and cutting moves parts and loses none."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.positions.importing import arrange, read_file, unplaced
from backoffice.positions.importing.proposals import parts_of

TEXT = "".join(
    f"{name}岗位职责\n直接上级：经理\n1、清洗{name}。\n2、登记{name}。\n3、每月盘点。\n任职资格：\n1、会驾驶。\n2、能吃苦。\n"
    for name in ("洗车员", "试驾员", "拖车员", "贴膜员")
)
COLLECTION = read_file(TEXT.encode(), "posts.txt")
keys = st.integers(0, 4).map(lambda number: f"u{number}")
steps = st.one_of(
    st.builds("merge:{}".format, keys),
    st.builds("split:{}:{}".format, keys, st.integers(0, len(TEXT))),
    st.text(max_size=8),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=8))
def test_every_part_stays_in_exactly_one_unit(taken: list[str]) -> None:
    arranged = arrange(COLLECTION, taken)
    after = replace(COLLECTION, units=tuple(unit for _key, unit in arranged))
    assert Counter(parts_of(after)) == Counter(parts_of(COLLECTION))
    assert unplaced(after) == ""
    assert len({key for key, _unit in arranged}) == len(arranged)


def test_cut_and_joined_again_is_what_it_was() -> None:
    place = COLLECTION.units[1].duties[1].source[0]
    [_first, (key, again), *_rest] = arrange(COLLECTION, [f"split:u1:{place}", f"merge:u1s{place}"])
    assert (key, again.duties, again.title) == ("u1", COLLECTION.units[1].duties, "试驾员")
