"""Who has a role, and the reasons that are stored with it."""

import datetime
import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from foundation.organisation.deputising import CHAIN_LIMIT
from foundation.organisation.models import Deputy, RoleBinding
from foundation.organisation.resolution import RoleContext, holds_role, resolve, roles_of
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_deputy,
    make_group,
    make_position,
    make_role,
    make_user,
    make_user_with_roles,
)

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 5, 6)
ON_DAY = RoleContext(day=DAY)
Relation = RoleBinding.Relation


def named(person):
    return {"id": person.pk, "name": person.full_name}


class TestPositionsAndGroups:
    def test_holders_of_a_bound_position_have_the_role_with_the_reasons(self):
        front_desk = make_position("front-desk", title="前台专员")
        regular, acting = make_user(), make_user()
        hold(regular, front_desk)
        hold(acting, front_desk, kind="acting", starts=DAY)
        hold(make_user(), front_desk, ends=DAY - datetime.timedelta(days=1))
        hold(make_user(), front_desk, starts=DAY + datetime.timedelta(days=1))
        bind_role("clerk", front_desk)

        resolution = resolve("clerk", ON_DAY)

        assert resolution.people == (regular, acting)
        assert resolution.explanation == {
            "role": "clerk",
            "day": "2026-05-06",
            "workflow": "",
            "department": None,
            "rules": [
                {
                    "rule": "position",
                    "position": "front-desk",
                    "title": "前台专员",
                    "people": [regular.pk, acting.pk],
                }
            ],
            "candidates": [named(regular), named(acting)],
            "absent": [],
            "deputies": [],
        }

    def test_members_of_a_bound_group_have_the_role(self):
        member, _outsider = make_user(groups=["Auditors"]), make_user(groups=["HR"])
        bind_role("auditor", make_group("Auditors"))
        resolution = resolve("auditor", ON_DAY)
        assert resolution.people == (member,)
        assert resolution.explanation["rules"] == [
            {"rule": "group", "group": "Auditors", "people": [member.pk]}
        ]

    def test_somebody_named_twice_is_there_once(self):
        person, position = make_user(groups=["Managers"]), make_position()
        hold(person, position)
        bind_role("manager", position)
        bind_role("manager", make_group("Managers"))
        assert resolve("manager", ON_DAY).people == (person,)

    def test_an_account_that_is_switched_off_is_absent(self):
        here, gone = make_user(groups=["HR"]), make_user(groups=["HR"], active=False)
        bind_role("hr", make_group("HR"))
        resolution = resolve("hr", ON_DAY)
        assert resolution.people == (here,)
        assert resolution.explanation["absent"] == [{**named(gone), "reason": "inactive"}]
        assert [holds_role(person, "hr", ON_DAY) for person in (here, gone)] == [True, False]

    def test_a_role_that_nobody_made_names_nobody(self):
        assert resolve("wizard", ON_DAY).people == ()


class TestRelations:
    def test_submitter_and_assignee_are_those_of_the_case(self):
        submitter, assignee = make_user(), make_user()
        context = RoleContext(submitter=submitter, assignee=assignee, day=DAY)
        bind_role("owner", Relation.SUBMITTER)
        assert resolve("owner", context).people == (submitter,)
        assert resolve("assignee", context).people == (assignee,), "the relation's own name needs no binding"
        assert resolve("assignee", ON_DAY).people == ()

    def test_a_binding_of_the_same_name_replaces_the_relation(self):
        bind_role("assignee", make_group("Managers"))
        manager, assignee = make_user(groups=["Managers"]), make_user()
        assert resolve("assignee", RoleContext(assignee=assignee, day=DAY)).people == (manager,)

    def test_the_line_manager_holds_the_position_above(self):
        top = make_position("top")
        middle = make_position("middle", superiors=[top])
        low = make_position("low", superiors=[middle])
        boss, chief, worker = make_user(), make_user(), make_user()
        hold(chief, top)
        hold(worker, low)
        context = RoleContext(submitter=worker, day=DAY)

        vacant = resolve("line_manager", context)
        assert vacant.people == (chief,)
        assert vacant.explanation["rules"] == [
            {
                "rule": "relation",
                "relation": "line_manager",
                "steps": [
                    {"position": "middle", "outcome": "vacant"},
                    {"position": "top", "outcome": "held"},
                ],
                "people": [chief.pk],
            }
        ]
        hold(boss, middle)
        assert resolve("line_manager", context).people == (boss,)

    def test_nobody_is_their_own_line_manager(self):
        top = make_position("top")
        middle = make_position("middle", superiors=[top])
        both, chief = make_user(), make_user()
        hold(both, make_position("low", superiors=[middle]))
        hold(both, middle)
        hold(chief, top)
        resolution = resolve("line_manager", RoleContext(submitter=both, day=DAY))
        assert resolution.people == (chief,)

    def test_lines_that_cross_or_go_round_come_to_an_end(self):
        one, two = make_position("one"), make_position("two")
        one.superiors.add(two)
        two.superiors.add(one)
        worker = make_user()
        hold(worker, one)
        assert resolve("line_manager", RoleContext(submitter=worker, day=DAY)).people == ()

    def test_the_department_head_is_looked_for_upwards(self):
        company = make_department("company")
        service = make_department("service", parent=company)
        workshop = make_department("workshop", parent=service)
        chief, head, worker = make_user(), make_user(), make_user()
        hold(chief, make_position(department=company, heads=True))
        heading = make_position(department=service, heads=True)
        hold(head, heading)
        hold(worker, make_position(department=workshop))

        of_worker = resolve("department_head", RoleContext(submitter=worker, day=DAY))
        assert of_worker.people == (head,)
        assert of_worker.explanation["rules"][0]["steps"] == [
            {"department": "workshop", "outcome": "vacant"},
            {"department": "service", "outcome": "held"},
        ]
        of_head = resolve("department_head", RoleContext(submitter=head, day=DAY))
        assert of_head.people == (chief,)
        assert of_head.explanation["rules"][0]["steps"] == [
            {"department": "service", "outcome": "submitter"},
            {"department": "company", "outcome": "held"},
        ]
        head.is_active = False
        head.save()
        gone = resolve("department_head", RoleContext(submitter=worker, day=DAY))
        assert gone.people == (chief,)
        assert gone.explanation["absent"] == [{**named(head), "reason": "inactive"}]

    def test_the_head_of_the_cases_department_is_not_the_submitters(self):
        company = make_department("company")
        service = make_department("service", parent=company)
        chief, head = make_user(), make_user()
        hold(chief, make_position(department=company, heads=True))
        hold(head, make_position(department=service, heads=True))
        context = RoleContext(submitter=head, department=service, day=DAY)
        resolution = resolve("case_department_head", context)
        assert resolution.people == (head,)
        assert resolution.explanation["department"] == "service"
        assert resolve("case_department_head", ON_DAY).people == ()


class TestDeputies:
    def test_a_deputy_acts_beside_the_principal_and_says_for_whom(self):
        principal, deputy = make_user_with_roles("manager"), make_user()
        make_deputy(principal, deputy)
        resolution = resolve("manager", ON_DAY)
        assert resolution.people == (principal, deputy)
        assert resolution.explanation["absent"] == [{**named(principal), "reason": "deputised"}]
        assert resolution.explanation["deputies"] == [
            {**named(deputy), "for": principal.pk, "for_name": principal.full_name, "via": []}
        ]
        assert holds_role(deputy, "manager", ON_DAY)
        assert roles_of(deputy, DAY) == {"manager"}

    @pytest.mark.parametrize(
        ("starts", "ends", "acts"),
        [
            (DAY, DAY, True),
            (DAY + datetime.timedelta(days=1), None, False),
            (datetime.date(2026, 1, 1), DAY, True),
        ],
    )
    def test_only_on_the_days_given(self, starts, ends, acts):
        principal, deputy = make_user_with_roles("manager"), make_user()
        make_deputy(principal, deputy, starts=starts, ends=ends)
        assert (deputy in resolve("manager", ON_DAY).people) is acts
        assert (roles_of(deputy, DAY) == {"manager"}) is acts

    def test_only_in_the_workflows_given(self):
        principal, deputy = make_user_with_roles("manager"), make_user()
        make_deputy(principal, deputy, workflows=["complaint"])
        complaint, claim = (RoleContext(workflow=key, day=DAY) for key in ("complaint", "claim"))
        assert [holds_role(deputy, "manager", context) for context in (complaint, claim, ON_DAY)] == [
            True,
            False,
            False,
        ]
        assert roles_of(deputy, DAY) == frozenset()
        assert roles_of(deputy, DAY, "complaint") == {"manager"}

    def test_a_chain_is_followed_so_far_and_no_further(self):
        people = [make_user_with_roles("manager"), *(make_user() for _ in range(CHAIN_LIMIT + 1))]
        for principal, deputy in itertools.pairwise(people):
            make_deputy(principal, deputy)
        resolution = resolve("manager", ON_DAY)
        assert resolution.people == tuple(people[: CHAIN_LIMIT + 1])
        assert resolution.explanation["deputies"][-1]["via"] == [
            person.pk for person in people[1:CHAIN_LIMIT]
        ]
        assert [bool(roles_of(person, DAY)) for person in people] == [True] * (CHAIN_LIMIT + 1) + [False]

    def test_an_account_that_is_switched_off_neither_acts_nor_hands_on(self):
        principal, off, last = make_user_with_roles("manager"), make_user(active=False), make_user()
        make_deputy(principal, off)
        make_deputy(off, last)
        assert resolve("manager", ON_DAY).people == (principal,)
        assert roles_of(off, DAY) == roles_of(last, DAY) == frozenset()

    def test_a_circle_in_the_rows_comes_to_an_end(self):
        one, two = make_user_with_roles("manager"), make_user()
        make_deputy(one, two)
        make_deputy(two, one)
        assert resolve("manager", ON_DAY).people == (one, two)
        assert roles_of(two, DAY) == {"manager"}


class TestRandomDeputies(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] != pair[1])))
    def test_both_directions_agree_and_the_explanation_is_json(self, pairs):
        """Whoever ``resolve`` names has the role by ``roles_of``, and nobody else does."""
        people = [make_user_with_roles("manager"), *(make_user() for _ in range(5))]
        Deputy.objects.bulk_create(
            Deputy(principal=people[principal], deputy=people[deputy], starts=DAY)
            for principal, deputy in pairs
        )
        resolution = resolve("manager", ON_DAY)
        assert set(resolution.people) == {person for person in people if roles_of(person, DAY)}
        assert json.loads(json.dumps(resolution.explanation)) == resolution.explanation


class TestQueries:
    """The cost does not grow with people, positions or departments."""

    @pytest.mark.parametrize("size", [1, 3])
    def test_positions_groups_and_deputies(self, size, django_assert_num_queries):
        for _ in range(size):
            position = make_position()
            for _ in range(size):
                person = make_user(groups=["Managers"])
                hold(person, position)
                make_deputy(person, make_user())
            bind_role("manager", position)
        bind_role("manager", make_group("Managers"))
        with django_assert_num_queries(4):
            assert len(resolve("manager", ON_DAY).people) == 2 * size * size
        with django_assert_num_queries(2):
            assert roles_of(person, DAY) == {"manager"}

    @pytest.mark.parametrize("size", [1, 3])
    def test_relations(self, size, django_assert_num_queries):
        department = superior = None
        for _ in range(size):
            department = make_department(parent=department)
            superior = make_position(department=department, superiors=[superior] if superior else [])
        chief = make_user()
        hold(chief, make_position(department=department, heads=True))
        hold(chief, superior)
        worker = make_user()
        hold(worker, make_position(department=department, superiors=[superior]))
        context = RoleContext(submitter=worker, department=department, day=DAY)
        for key, queries in (
            ("submitter", 2),
            ("line_manager", 6),
            ("department_head", 5),
            ("case_department_head", 4),
        ):
            with django_assert_num_queries(queries):
                people = resolve(key, context).people
            assert people == ((worker,) if key == "submitter" else (chief,))


def test_nobody_signed_in_has_no_role():
    make_role("clerk")
    assert roles_of(make_user(active=False)) == frozenset()
