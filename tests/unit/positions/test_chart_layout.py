"""The places of a chart: no card over another, parents in the middle, order kept, wide fans piled up."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.chart.layout import PILE_GAP, SPINE, Card, Layout, best, groups, lay_out

SPREAD = st.one_of(st.none(), st.integers(0, 4))
SIZES = st.tuples(st.integers(40, 260), st.integers(20, 200))


@st.composite
def forests(draw) -> list[Card]:
    """Trees of cards of any size: each new card hangs on one before it, or stands alone."""
    number = draw(st.integers(1, 45))
    below: dict[int, list[int]] = {}
    roots = []
    for one in range(number):
        above = draw(st.integers(-1, one - 1))
        (roots if above < 0 else below.setdefault(above, [])).append(one)
    made: dict[int, Card] = {}
    for one in reversed(range(number)):
        width, height = draw(SIZES)
        made[one] = Card(str(one), width, height, tuple(made[child] for child in below.get(one, ())))
    return [made[one] for one in roots]


def every(cards) -> list[Card]:
    found = list(cards)
    for card in found:
        found.extend(card.children)
    return found


def middle(layout: Layout, group) -> float:
    places = [layout.places[card.key] for card in group]
    if len(places) == 1:
        return places[0].centre
    # A pile has room for the lines on its left.
    return (min(place.x for place in places) - SPINE + max(place.x + place.width for place in places)) / 2


@given(forests(), SPREAD)
def test_no_card_lies_over_another_and_neighbours_keep_a_gap(forest, spread):
    layout = lay_out(forest, spread)
    assert set(layout.places) == {card.key for card in every(forest)}
    for one, other in itertools.combinations(layout.places.values(), 2):
        beside = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
        above = one.bottom <= other.y + 1e-6 or other.bottom <= one.y + 1e-6
        assert beside or above
        if beside and one.y == other.y:
            gap = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
            assert gap >= SPINE - 1e-6


@given(forests())
def test_each_card_stands_in_the_middle_above_its_children(forest):
    layout = lay_out(forest)
    for card in every(forest):
        if card.children:
            gathered = groups(card.children)
            # Columns of a pile may be of different widths; the pile as a whole is what is centred.
            if all(len({child.width for child in group}) == 1 for group in (gathered[0], gathered[-1])):
                ends = (middle(layout, gathered[0]), middle(layout, gathered[-1]))
                assert abs(sum(ends) / 2 - layout.places[card.key].centre) < 1e-6


@given(forests(), SPREAD)
def test_neighbours_keep_their_order_and_children_stand_below(forest, spread):
    hanging = lay_out(forest, spread)
    for card in every(forest):
        assert all(hanging.places[one.key].y > hanging.places[card.key].bottom for one in card.children)
        read = [(hanging.places[one.key].x, hanging.places[one.key].y) for one in card.children]
        assert read == sorted(read)
    layout = lay_out(forest)
    for card in [Card("", 0, 0, tuple(forest)), *every(forest)]:
        gathered = groups(card.children)
        assert [one for group in gathered for one in group] == list(card.children)
        rights = [
            max(layout.places[one.key].x + layout.places[one.key].width for one in group)
            for group in gathered
        ]
        lefts = [min(layout.places[one.key].x for one in group) for group in gathered]
        assert all(right < left for right, left in zip(rights, lefts[1:], strict=False))
        for child in card.children if card.key else ():
            assert layout.places[child.key].y > layout.places[card.key].bottom


@given(forests(), SPREAD)
def test_everything_lies_within_the_size_given(forest, spread):
    layout = lay_out(forest, spread)
    assert min(place.x for place in layout.places.values()) >= -1e-6
    assert max(place.x + place.width for place in layout.places.values()) <= layout.width + 1e-6
    assert max(place.bottom for place in layout.places.values()) <= layout.height + 1e-6


@given(forests(), SPREAD)
def test_each_card_below_another_has_one_line_that_cuts_no_card(forest, spread):
    layout = lay_out(forest, spread)
    pairs = sorted((card.key, child.key) for card in every(forest) for child in card.children)
    assert sorted((line.above, line.below) for line in layout.lines) == pairs
    for line in layout.lines:
        for (ax, ay), (bx, by) in itertools.pairwise(line.points):
            for place in layout.places.values():
                inside = (
                    max(ax, bx) > place.x + 1e-6
                    and min(ax, bx) < place.x + place.width - 1e-6
                    and max(ay, by) > place.y + 1e-6
                    and min(ay, by) < place.bottom - 1e-6
                )
                assert not inside, (line, place)


def test_a_wide_fan_is_piled_up_in_columns_read_downwards():
    fan = [Card(f"{number:03}", 200, 60) for number in range(200)]
    layout = lay_out([Card("top", 200, 60, tuple(fan))])
    columns = sorted({place.x for key, place in layout.places.items() if key != "top"})
    assert 8 <= len(columns) <= 11
    assert layout.width < 2 * layout.height
    assert layout.places["001"].y == layout.places["000"].bottom + PILE_GAP


def test_two_children_stand_side_by_side_and_small_trees_are_spread_evenly():
    layout = lay_out([Card("top", 100, 50, (Card("a", 100, 50), Card("b", 100, 50)))])
    assert layout.places["a"].y == layout.places["b"].y
    wide = Card("wide", 100, 50, tuple(Card(f"w{n}", 100, 50, (Card(f"x{n}", 100, 50),)) for n in range(6)))
    again = Card("again", 100, 50, tuple(Card(f"v{n}", 100, 50, (Card(f"y{n}", 100, 50),)) for n in range(6)))
    small = Card("small", 100, 50)
    layout = lay_out([Card("top", 100, 50, (wide, small, again))])
    left, between, right = (layout.places[key].centre for key in ("wide", "small", "again"))
    assert abs((between - left) - (right - between)) < 1e-6


def test_a_chain_of_a_thousand_is_no_problem():
    card = Card("999", 100, 50)
    for number in reversed(range(999)):
        card = Card(str(number), 100, 50, (card,))
    for spread in (None, 0, 500):
        assert len(lay_out([card], spread).places) == 1000


def test_an_organisation_of_five_hundred_is_not_a_mile_wide():
    """Eight below each: spread on all levels it would be as wide as fifteen screens."""
    below: dict[int, list[int]] = {}
    for number in range(1, 500):
        below.setdefault((number - 1) // 8, []).append(number)
    made: dict[int, Card] = {}
    for number in reversed(range(500)):
        made[number] = Card(str(number), 208, 84, tuple(made[child] for child in below.get(number, ())))
    layout = best([made[0]])
    assert 1 < layout.width / layout.height < 3
    assert layout.width * layout.height < 500 * 208 * 84 * 2.5


def test_a_small_organisation_is_spread_on_all_levels():
    forest = [Card("a", 100, 50, (Card("b", 100, 50, (Card("c", 100, 50),)), Card("d", 100, 50)))]
    assert best(forest) == lay_out(forest)


def test_nothing_at_all():
    assert lay_out([]).places == {}
