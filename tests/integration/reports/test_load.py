"""Load and lateness: whom a supervisor sees, what is counted, and that each figure leads to its cases."""

from __future__ import annotations

import datetime
import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.organisation.models import Position, User
from foundation.organisation.supervision import people_under
from tests.factories.clocks import put_clock
from tests.factories.organisation import hold, make_department, make_deputy, make_position, make_user
from tests.factories.workflows import House, make_house, open_complaint, take
from workflows.models import Case, CaseClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def sign(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def post_of(person: User) -> Position:
    return Position.objects.get(holdings__person=person)


def lead(boss: User, worker: User) -> None:
    post_of(worker).superiors.add(post_of(boss))


def assigned(house: House) -> Case:
    case = open_complaint(house)
    take(house, case, "assign")
    return Case.objects.get(pk=case.pk)


def due(case: Case, hours: int, clock: str = "reply") -> None:
    now = timezone.now()
    due_at = now + datetime.timedelta(hours=hours)
    put_clock(CaseClock(case=case, clock=clock, started_at=now, due_at=due_at))


def numbers(page: str) -> set[str]:
    return set(re.findall(r"data-row-link[^>]*>([^<]+)<", page))


def figures(page: str, title: str) -> list[str]:
    row = re.search(rf'<tr[^>]*><th scope="row">{re.escape(title)}</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None, title
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row[1], re.DOTALL)]


def test_people_stand_under_whoever_leads_them_directly_or_further_up(house: House) -> None:
    top, middle, bottom = house["general_manager"], house["manager"], house["assignee"]
    lead(top, middle)
    lead(middle, bottom)
    assert {post.person for post in people_under(top)} == {middle, bottom}
    assert {post.person for post in people_under(middle)} == {bottom}
    assert people_under(bottom) == []
    deputy = make_user("acting")
    make_deputy(principal=middle, deputy=deputy)
    assert {post.person for post in people_under(deputy)} == {bottom}
    assert [post.deputies for post in people_under(top) if post.person == middle] == [(deputy,)]


def test_a_circle_in_the_chart_ends_and_the_head_of_a_department_leads_what_is_part_of_it() -> None:
    whole = make_department()
    part = make_department(parent=whole)
    head, one, other = make_user(), make_user(), make_user()
    hold(head, make_position(department=whole, heads=True))
    for person in (one, other):
        hold(person, make_position(department=part))
    lead(one, other)
    lead(other, one)
    assert {post.person for post in people_under(head)} == {one, other}
    assert {post.person for post in people_under(one)} == {other}


def test_a_supervisor_reads_what_is_late_and_comes_to_the_cases(house: House) -> None:
    boss, worker = house["general_manager"], house["assignee"]
    lead(boss, worker)
    late, soon, calm = assigned(house), assigned(house), assigned(house)
    due(late, -2)
    due(late, 3, "other")
    due(soon, 5)
    due(calm, 72)
    client = sign(boss)
    page = client.get(reverse("reports:load")).content.decode()
    assert figures(page, "Second Manager")[:3] == ["3", "1", "1"]
    assert figures(page, str(post_of(worker).department.name_en))[:3] == ["3", "1", "1"]
    found = {}
    for query in ("", "&late=late", "&late=soon"):
        answer = client.get(f"{reverse('reports:load-cases')}?person={worker.pk}{query}")
        found[query] = numbers(answer.content.decode())
    assert found == {
        "": {late.number, soon.number, calm.number},
        "&late=late": {late.number},
        "&late=soon": {soon.number},
    }
    department = f"?department={post_of(worker).department.pk}&late=late"
    assert numbers(client.get(reverse("reports:load-cases") + department).content.decode()) == {late.number}
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(reverse("reports:load-file")).streaming_content))
    )
    rows = {
        row[0].value: [cell.value for cell in row[1:4]] for row in book.worksheets[0].iter_rows(min_row=4)
    }
    assert rows["Second Manager"] == [3, 1, 1]


def test_cases_the_supervisor_may_not_see_are_not_counted(house: House) -> None:
    boss = make_user(full_name_en="Boss of Another House")
    top = make_position()
    hold(boss, top)
    post_of(house["assignee"]).superiors.add(top)
    assigned(house)
    client = sign(boss)
    assert figures(client.get(reverse("reports:load")).content.decode(), "Second Manager")[0] == "0"
    listed = client.get(f"{reverse('reports:load-cases')}?person={house['assignee'].pk}")
    assert numbers(listed.content.decode()) == set()


def test_whoever_leads_nobody_is_told_so_and_reads_nobodys_load(house: House) -> None:
    case = assigned(house)
    client = sign(house["clerk"])
    page = client.get(reverse("reports:load")).content.decode()
    assert "Nobody works under you" in page
    assert "Second Manager" not in page
    address = f"{reverse('reports:load-cases')}?person={house['assignee'].pk}"
    assert client.get(address).status_code == 404
    assert client.get(reverse("reports:load-file")).status_code == 404
    assert case.assignee == house["assignee"]


def test_the_number_of_queries_does_not_grow_with_people_or_cases(house: House) -> None:
    boss = house["general_manager"]
    lead(boss, house["assignee"])
    due(assigned(house), -2)
    client = sign(boss)
    client.get(reverse("reports:load"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("reports:load"))
    for _each in range(3):
        due(assigned(house), -2)
        worker = make_user()
        hold(worker, make_position())
        lead(boss, worker)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("reports:load"))
    assert len(many) == len(few)
