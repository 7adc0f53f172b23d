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
from tests.factories import chains
from tests.factories.clocks import put_clock
from tests.factories.organisation import hold, make_department, make_deputy, make_position, make_user
from tests.factories.workflows import (
    House,
    complaint_in,
    make_house,
    open_complaint,
    small_complaint,
    take,
)
from workflows.models import Case, CaseClock
from workflows.services.definitions import publish_workflow

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


def numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cases/[^"]+">([^<]+)</a>', page)


def linked(page: str) -> list[tuple[str, str]]:
    """Return every figure that leads to cases: the address, and the number that stands there."""
    found = re.findall(r'<a[^>]*href="(/cases/\?[^"]+)"[^>]*>([0-9,]+)</a>', page)
    return [(address.replace("&amp;", "&"), number) for address, number in found]


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
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(reverse("reports:load-file")).streaming_content))
    )
    rows = {
        row[0].value: [cell.value for cell in row[1:4]] for row in book.worksheets[0].iter_rows(min_row=4)
    }
    assert rows["Second Manager"] == [3, 1, 1]


def test_each_figure_opens_the_list_of_exactly_the_cases_it_counts(house: House) -> None:
    boss, worker, other = house["general_manager"], house["assignee"], house["manager"]
    body = small_complaint()
    body["access"] = {**body["access"], "reassigns": ["general_manager"]}
    publish_workflow(body, by=house["administrator"])
    lead(boss, worker)
    late, soon, theirs = assigned(house), assigned(house), open_complaint(house)
    take(house, theirs, "assign", assignee=other.uuid)
    open_complaint(house)
    complaint_in(house, "closed")
    due(late, -2)
    due(late, 3, "other")
    due(soon, 5)
    due(theirs, -1)
    client = sign(boss)
    figures_told = linked(client.get(reverse("reports:load")).content.decode())
    told = {address: int(number) for address, number in figures_told}
    assert {address: len(numbers(client.get(address).content.decode())) for address in told} == told
    assert told["/cases/?led=1&late=1"] == 2
    assert told[f"/cases/?led=1&person={worker.uuid}&late=soon"] == 1
    assert told[f"/cases/?led=1&department={post_of(worker).department.code}"] == 2
    assert told["/cases/?led=1&department=others&late=1"] == 1
    assert told["/cases/?led=1&person=nobody"] == 1
    assert numbers(client.get("/cases/?led=1&late=1").content.decode()) == [late.number, theirs.number]


def test_a_decision_that_is_waited_for_is_found_in_the_list() -> None:
    found = chains.publish_all(chains.chain_body(["gm"]), people={"gm": [make_user("decider")]})
    decider, boss = found["gm"][0], found["auditor"][0]
    hold(decider, make_position())
    hold(boss, make_position())
    lead(boss, decider)
    case = chains.open_one(make_user("asks"))
    client = sign(boss)
    told = linked(client.get(reverse("reports:load")).content.decode())
    assert (f"/cases/?asked={decider.uuid}", "1") in told
    assert numbers(client.get(f"/cases/?asked={decider.uuid}").content.decode()) == [case.number]


def test_cases_the_supervisor_may_not_see_are_not_counted(house: House) -> None:
    boss = make_user(full_name_en="Boss of Another House")
    top = make_position()
    hold(boss, top)
    post_of(house["assignee"]).superiors.add(top)
    assigned(house)
    client = sign(boss)
    assert figures(client.get(reverse("reports:load")).content.decode(), "Second Manager")[0] == "0"
    assert numbers(client.get(f"/cases/?led=1&person={house['assignee'].uuid}").content.decode()) == []


def test_whoever_leads_nobody_is_told_so_and_reads_nobodys_load(house: House) -> None:
    case = assigned(house)
    client = sign(house["clerk"])
    page = client.get(reverse("reports:load")).content.decode()
    assert "Nobody works under you" in page
    assert "Second Manager" not in page
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
