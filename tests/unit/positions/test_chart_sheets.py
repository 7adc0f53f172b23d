"""A chart cut into pages: readable, and no post left out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.positions.chart.drawing import size_of
from backoffice.positions.chart.sheets import SMALLEST, fits, scale_of, sheets
from backoffice.positions.chart.structure import Chart, Holder, Post, Unit, charted

UNITS = [Unit(f"d{number}", f"部门{number}", number) for number in range(5)]


def organisation(number: int, above, unit=lambda one: 0) -> Chart:
    """Return a chart of so many posts; ``above`` and ``unit`` say where each one stands."""
    posts = []
    for one in range(number):
        upper = above(one)
        posts.append(
            Post(
                f"p{one:04}",
                f"岗位{one}",
                UNITS[unit(one)],
                superiors=() if upper is None else (f"p{upper:04}",),
                holders=(Holder(f"员工{one}"),),
            )
        )
    return charted(posts)


def shown(pages) -> set[str]:
    return {code for page in pages for code in page.chart.posts}


def test_a_small_chart_is_one_page_with_everything():
    chart = organisation(30, lambda one: None if one == 0 else (one - 1) // 5)
    [page] = sheets(chart)
    assert (page.chart, dict(page.hidden)) == (chart, {})


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 400), st.integers(1, 60), st.integers(1, 5))
def test_every_post_stands_on_a_page_and_every_page_is_readable(number, fan, units):
    chart = organisation(number, lambda one: None if one == 0 else (one - 1) // fan, lambda one: one % units)
    pages = sheets(chart)
    whole = pages[1:] if pages[0].hidden else pages
    assert shown(whole) == set(chart.posts)
    assert all(fits(page.chart) for page in pages)
    for page in pages:
        assert scale_of(*size_of(page.chart)) >= SMALLEST


def test_a_department_of_three_hundred_below_one_head_repeats_the_head():
    pages = sheets(organisation(301, lambda one: None if one == 0 else 0))
    assert shown(pages) == {f"p{one:04}" for one in range(301)}
    parts = [page for page in pages if page.unit is not None]
    assert len(parts) > 1
    assert all("p0000" in page.chart.posts for page in parts)
    assert [page.part for page in parts] == list(range(1, len(parts) + 1))


def test_hundreds_who_report_to_nobody_have_no_overview():
    pages = sheets(organisation(400, lambda one: None))
    assert shown(pages) == {f"p{one:04}" for one in range(400)}
    assert all(fits(page.chart) for page in pages)


def test_the_overview_says_how_many_it_hides():
    chart = organisation(400, lambda one: None if one == 0 else (one - 1) // 7, lambda one: one % 4)
    overview = sheets(chart)[0]
    assert overview.unit is None
    assert len(overview.chart.posts) + sum(overview.hidden.values()) == 400


def test_an_empty_chart_is_one_page():
    assert len(sheets(Chart())) == 1
