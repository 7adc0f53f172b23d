"""Search on the real index of position descriptions; runs on SQLite and on PostgreSQL alike."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from modelsearch import index
from modelsearch.backends import get_search_backend

from backoffice.positions.models import PositionPage
from tests.factories.positions import duty, make_draft

pytestmark = pytest.mark.django_db

COMPLAINTS = "客户投诉处理专员岗位说明书"
CLAIMS = "理赔审核岗"
ADVISER = "4S店服务顾问 Service consultant HR-001"


@pytest.fixture(autouse=True)
def pages() -> dict[str, PositionPage]:
    made = {
        COMPLAINTS: make_draft(COMPLAINTS, duties=[duty("24小时内回复车主的质疑")]),
        CLAIMS: make_draft(CLAIMS, duties=[duty("核对保险公司的赔付清单")]),
        ADVISER: make_draft(ADVISER, duties=[duty("引导车主到休息区就座")]),
    }
    for page in made.values():
        index.insert_or_update_object(page)
    return made


def found(query: str) -> set[str]:
    return {page.title for page in PositionPage.objects.search(query)}


def test_the_backend_is_ours() -> None:
    expected = {"sqlite": "SQLiteBackend", "postgresql": "PostgresBackend"}
    assert type(get_search_backend()).__name__ == expected[connection.vendor]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("投诉", {COMPLAINTS}),
        ("岗位", {COMPLAINTS}),
        ("说明书", {COMPLAINTS}),
        ("理赔", {CLAIMS}),
        ("审核岗", {CLAIMS}),
        ("岗", {COMPLAINTS, CLAIMS}),
        ("诉处", {COMPLAINTS}),  # across what a dictionary would call words
        ("车主", {COMPLAINTS, ADVISER}),  # in the duties
        ("投诉 说明书", {COMPLAINTS}),
        ("投诉 理赔", set()),
        ("赔理", set()),
        ("service", {ADVISER}),
        ("CONSULTANT", {ADVISER}),
        ("4S店", {ADVISER}),
        ("HR-001", {ADVISER}),
        ("服务顾问 Service", {ADVISER}),
        ("24小时", {COMPLAINTS}),
        ("serv", set()),
    ],
)
def test_queries(query: str, titles: set[str]) -> None:
    assert found(query) == titles


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("投", {COMPLAINTS}),
        ("说明", {COMPLAINTS}),
        ("serv", {ADVISER}),
        ("4", {ADVISER}),
        ("服务 cons", {ADVISER}),
        ("HR-0", {ADVISER}),
        ("onsultant", set()),
    ],
)
def test_autocomplete(query: str, titles: set[str]) -> None:
    assert {page.title for page in PositionPage.objects.autocomplete(query)} == titles


@pytest.mark.parametrize(
    "query", ["“", '"', '5"', "'", "%", "100%", "\\", "*", "a' OR '1", "(", "岗:*", "NOT", "\x00岗"]
)
def test_signs_in_a_query_do_no_harm(query: str) -> None:
    assert found(query) <= {COMPLAINTS, CLAIMS, ADVISER}


def test_search_in_chosen_fields() -> None:
    assert {page.title for page in PositionPage.objects.search("投诉", fields=["title"])} == {COMPLAINTS}
    assert {page.title for page in PositionPage.objects.search("车主", fields=["title"])} == set()


def test_title_ranks_before_text(pages: dict[str, PositionPage]) -> None:
    longer = make_draft("市场专员", duties=[duty("统计活动效果并整理理赔以外的各类数据报表")])
    index.insert_or_update_object(longer)
    assert [page.title for page in PositionPage.objects.search("理赔")] == [CLAIMS, "市场专员"]


HAN = st.sampled_from("客户投诉处理专员岗位说明书理赔审核保险续保车间调度配件仓库质检索赔回访满意度")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(HAN, min_size=2, max_size=30), st.data())
def test_any_two_neighbouring_characters_are_found(
    pages: dict[str, PositionPage], title: str, data: st.DataObject
) -> None:
    page = pages[CLAIMS]
    page.title = title
    index.insert_or_update_object(page)
    start = data.draw(st.integers(0, len(title) - 2))
    assert page.pk in {hit.pk for hit in PositionPage.objects.search(title[start : start + 2])}
