"""When a form is taken, by whom, for whom, and what is known beforehand."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from forms.exceptions import NotPermitted, RuleBroken
from forms.models import Submission
from forms.prefill import prefilled
from forms.rules import Taking, taking
from forms.schema import definition_of
from forms.services import corrections
from forms.services.submissions import submit
from tests.factories.forms import definition, field, make_draft, make_form, make_submission
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_position,
    make_role,
    make_user,
    make_user_with_roles,
)
from tests.integration.forms.test_races import at_once

pytestmark = pytest.mark.django_db


def test_the_first_and_the_last_day_belong_to_the_time_a_form_is_open() -> None:
    form = definition(field("a"), opens_on="2026-03-01", closes_on="2026-03-31")
    days = ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")
    assert [taking(form, datetime.date.fromisoformat(day)) for day in days] == [
        Taking.NOT_YET,
        Taking.OPEN,
        Taking.OPEN,
        Taking.CLOSED,
    ]


def test_a_form_that_is_not_open_takes_nothing_whatever_its_old_edition_said() -> None:
    person = make_user()
    old = make_form(person, key="closing")
    make_form(person, key="closing", closes_on="2001-01-01")
    with pytest.raises(RuleBroken, match="2001"):
        make_submission(old, person)
    assert Submission.objects.count() == 0


def test_a_limit_counts_by_person_and_period_and_frees_what_was_withdrawn() -> None:
    person, other = make_user(), make_user()
    limit = {"count": 1, "per": "person", "within": "month"}
    form = make_form(person, key="once", limit=limit, withdrawal={"by": ["submitter"]})
    first = make_submission(form, person)
    make_submission(form, other)
    with pytest.raises(RuleBroken):
        make_submission(form, person)
    corrections.withdraw(submission=first, reason="x", by=person, seen_revision=1, idempotency_key="w")
    assert make_submission(form, person).number


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once() -> None:
    people = [make_user() for _number in range(4)]
    form = make_form(people[0], key="rush", limit={"count": 2, "per": "form"})
    done = at_once(*(lambda one=one: make_submission(form, one) for one in people))
    assert sum(isinstance(one, Submission) for one in done) == 2
    assert sum(isinstance(one, RuleBroken) for one in done) == 2


def test_for_others_submits_only_whom_the_form_names() -> None:
    make_role("desk")
    desk, guest = make_user_with_roles("desk"), make_user()
    form = make_form(desk, key="for-others", on_behalf=["desk"], limit={"count": 1, "per": "person"})

    def sent(by: object, person: object, key: str) -> Submission:
        return submit(edition=form, answers={"subject": "x"}, by=by, idempotency_key=key, on_behalf_of=person)

    assert sent(desk, guest, "a").on_behalf_of == guest
    with pytest.raises(RuleBroken):
        sent(desk, guest, "b")
    assert sent(desk, desk, "c").on_behalf_of is None
    with pytest.raises(NotPermitted):
        sent(guest, desk, "d")


def test_what_is_known_of_the_person_and_the_day_stands_in_the_new_draft() -> None:
    manager = make_user(full_name="陈经理")
    boss, below = make_position(title="经理", department=make_department(name="售后部")), None
    below = make_position(title="顾问", department=boss.department, superiors=[boss])
    hold(manager, boss)
    person = make_user(full_name="李慧敏", employee_number="A007", phone="13800138000")
    hold(person, below)
    bind_role(make_role("line_manager"), "line_manager")
    wanted = ("name", "employee_number", "email", "phone", "department", "position", "manager")
    form = make_form(
        person,
        *(field(name, "phone" if name == "phone" else "text", prefill=name) for name in wanted),
        field("day", "date", prefill="today"),
        field("fixed", prefill="name", read_only_if="true"),
        key="known",
    )
    with override("zh-hans"):
        found = prefilled(definition_of(form), person)
    assert {name: str(found[name]) for name in wanted} == {
        "name": "李慧敏",
        "employee_number": "A007",
        "email": person.email,
        "phone": found["phone"],
        "department": "售后部",
        "position": "顾问",
        "manager": "陈经理",
    }
    assert found["day"] == timezone.localdate().isoformat()
    assert prefilled(definition_of(form), None).keys() == {"day"}
    with override("zh-hans"):
        draft = make_draft(form, person, name="改过的名字")
    assert draft.answers["department"] == ["售后部"]
    with override("zh-hans"):
        done = make_submission(form, person, name="x", fixed="别人")
    assert done.answers["fixed"] == "李慧敏"
