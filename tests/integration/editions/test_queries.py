"""Which edition is in force on which day."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, in_force
from tests.factories.editions import make_edition
from tests.factories.organisation import make_user

NEW_YEAR = datetime.date(2026, 1, 1)
YEAR = [NEW_YEAR + datetime.timedelta(days=number) for number in range(365)]

periods = st.tuples(st.sampled_from(YEAR), st.none() | st.integers(0, 200)).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + datetime.timedelta(days=pair[1]))
)


def expected(queue, day):
    """The rule, told once more in the plainest way: go through all, keep what is better."""
    best = None
    for number, (begins, ends) in enumerate(queue, start=1):
        if begins > day or (ends is not None and ends < day):
            continue
        if best is None or begins >= queue[best - 1][0]:
            best = number
    return best


class TestEveryDayOfAYear(TestCase):
    @settings(max_examples=12, deadline=None)
    @given(st.lists(periods, max_size=6))
    def test_the_one_that_began_last_and_of_those_the_highest_number(self, queue):
        publisher = make_user()
        for begins, ends in queue:
            make_edition(key="adviser", effective_from=begins, effective_until=ends, by=publisher)
        numbers = []
        for day in YEAR:
            edition = in_force(Edition.Kind.FORM, "adviser", day)
            numbers.append(edition.number if edition else None)
            assert [each.number for each in all_in_force(Edition.Kind.FORM, day)] == (
                [edition.number] if edition else []
            )
        assert numbers == [expected(queue, day) for day in YEAR]


pytestmark = pytest.mark.django_db


def test_a_correction_of_the_same_day_wins_and_a_future_edition_waits(time_machine):
    time_machine.move_to("2026-05-06T00:30:00+08:00")  # still the day before in UTC
    today = datetime.date(2026, 5, 6)
    make_edition("form", "complaint", {"n": 1}, effective_from=today)
    correction = make_edition("form", "complaint", {"n": 2}, effective_from=today)
    make_edition("form", "complaint", {"n": 3}, effective_from=datetime.date(2026, 6, 1))
    assert in_force("form", "complaint") == correction


def test_after_a_limited_edition_the_one_before_is_in_force_again():
    usual = make_edition("form", "complaint", {"n": 1}, effective_from=NEW_YEAR)
    spring, end = datetime.date(2026, 2, 10), datetime.date(2026, 2, 24)
    make_edition("form", "complaint", {"n": 2}, effective_from=spring, effective_until=end)
    assert in_force("form", "complaint", end + datetime.timedelta(days=1)) == usual


def test_all_in_force_takes_one_query(django_assert_num_queries):
    first = make_edition("form", "complaint")
    with django_assert_num_queries(1):
        assert all_in_force("form") == [first]
    others = [make_edition("form", key) for key in ("leave", "visit")]
    make_edition("workflow", "complaint")
    with django_assert_num_queries(1):
        assert all_in_force("form") == [first, *others]
