"""Lists and rules are two answers to one question: who may know of a case, whose step is next. They must agree."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pytest
from django.utils import timezone

from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.organisation import hold, make_department, make_deputy, make_position, make_user
from tests.factories.workflows import House, complaint_in, make_house, open_complaint, small_complaint
from workflows import rules
from workflows.models import Case
from workflows.queries import cases_visible_to, inbox_of, transitions_open_to
from workflows.services.definitions import publish_workflow

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate() - datetime.timedelta(days=1)


@pytest.fixture
def house() -> House:
    return make_house()


def seen_by(*roles: str) -> Edition:
    """Put an edition into force whose cases are seen, and assigned, by these roles only."""
    body = small_complaint()
    body["access"] = {"sees": list(roles)}
    body["transitions"][0]["roles"] = list(roles)
    return publish_workflow(body, by=User.objects.filter(is_active=True).earliest("pk"))


def agree(people: Iterable[User]) -> dict[str, tuple[int, int]]:
    """Assert that lists and rules say the same of everybody; return how many cases each sees and may act on."""
    found = {}
    for person in people:
        every = list(Case.objects.order_by("pk"))
        may_see = {case for case in every if rules.may_see(case, person)}
        final = {"closed"}
        mine = {case for case in may_see if case.state not in final and transitions_open_to(case, person)}
        assert set(cases_visible_to(person)) == may_see, f"{person} list"
        assert set(inbox_of(person)) == mine, f"{person} inbox"
        found[person.username] = (len(may_see), len(mine))
    return found


def test_everybody_of_the_house(house: House) -> None:
    for state in ("received", "assigned", "answered", "closed"):
        complaint_in(house, state)
    agree(house.people.values())


def test_a_deputy_for_this_workflow_only_finds_the_cases_in_the_lists(house: House) -> None:
    complaint_in(house, "assigned")
    open_complaint(house)
    deputy, other = make_user(), make_user()
    make_deputy(house["manager"], deputy, workflows=["complaint"])
    make_deputy(house["manager"], other, workflows=["warranty"])
    assert agree([deputy, other]) == {deputy.username: (2, 1), other.username: (0, 0)}


def test_the_deputy_of_an_assignee_finds_the_assigned_case(house: House) -> None:
    deputy = make_user()
    make_deputy(house["assignee"], deputy, workflows=["complaint"])
    seen_by("assignee", "manager")
    complaint_in(house, "assigned")
    clerks_deputy = make_user()
    make_deputy(house["clerk"], clerks_deputy)
    assert agree([deputy, clerks_deputy])[deputy.username] == (1, 1)


def test_a_post_given_up_shows_nothing_any_more(house: House) -> None:
    """The submitter's old posts have no superiors and no department head that could still look in."""
    seen_by("line_manager", "department_head", "manager")
    old_boss, boss, clerk = make_user(), make_user(), make_user()
    old, new = make_department(), make_department()
    old_head = make_position(department=old, heads=True)
    new_head = make_position(department=new, heads=True)
    hold(old_boss, old_head)
    hold(boss, new_head)
    hold(clerk, make_position(department=old, superiors=[old_head]), ends=YESTERDAY)
    hold(clerk, make_position(department=new, superiors=[new_head]))
    open_complaint(house, clerk)
    assert agree([old_boss, boss, clerk]) == {
        old_boss.username: (0, 0),
        boss.username: (1, 1),
        clerk.username: (0, 0),
    }


def test_above_a_vacant_post_the_next_one_sees_the_case(house: House) -> None:
    seen_by("line_manager", "manager")
    clerk, director, deputy = make_user(), make_user(), make_user()
    top = make_position()
    middle = make_position(superiors=[top])
    hold(clerk, make_position(superiors=[middle]))
    hold(director, top)
    make_deputy(director, deputy)
    open_complaint(house, clerk)
    assert agree([director, deputy]) == {director.username: (1, 1), deputy.username: (1, 1)}
    hold(make_user(), middle)
    assert agree([director, deputy]) == {director.username: (0, 0), deputy.username: (0, 0)}


@pytest.mark.parametrize("role", ["department_head", "case_department_head"])
def test_of_a_department_with_a_head_the_head_above_sees_nothing(house: House, role: str) -> None:
    seen_by(role, "manager")
    house_head, own_head, clerk = make_user(), make_user(), make_user()
    whole = make_department()
    part = make_department(parent=whole)
    hold(house_head, make_position(department=whole, heads=True))
    post = make_position(department=part, heads=True)
    holding = hold(own_head, post)
    hold(clerk, make_position(department=part))
    open_complaint(house, clerk)
    assert agree([house_head, own_head]) == {house_head.username: (0, 0), own_head.username: (1, 1)}
    holding.ends = YESTERDAY
    holding.save()
    assert agree([house_head, own_head]) == {house_head.username: (1, 1), own_head.username: (0, 0)}


def test_the_head_of_a_department_is_not_their_own_head(house: House) -> None:
    seen_by("department_head", "manager")
    head = make_user()
    hold(head, make_position(heads=True))
    open_complaint(house, head)
    assert agree([head]) == {head.username: (0, 0)}


def test_a_step_on_a_case_one_may_not_see_is_not_in_the_inbox(house: House) -> None:
    body = small_complaint()
    body["access"] = {"sees": ["auditor"]}
    publish_workflow(body, by=house["administrator"])
    open_complaint(house)
    assert agree([house["manager"], house["auditor"]]) == {
        house["manager"].username: (0, 0),
        house["auditor"].username: (1, 0),
    }
