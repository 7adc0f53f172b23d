"""Writing who holds, deputises and is bound: the rules, the history, the event."""

import datetime

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from foundation.audit.queries import events_of
from foundation.organisation import services
from foundation.organisation.exceptions import (
    AlreadyBegun,
    AlreadyEnded,
    AlreadyHeld,
    BindingUnclear,
    DatesReversed,
    DepartmentLoop,
    DeputyCycle,
    DeputyIsPrincipal,
    PersonInactive,
    ReasonMissing,
    SuperiorLoop,
)
from foundation.organisation.models import Department, Deputy, Holding, Position, RoleBinding, User
from foundation.organisation.signals import holding_changed
from tests.factories.organisation import (
    hold,
    make_department,
    make_deputy,
    make_group,
    make_position,
    make_role,
    make_user,
)

pytestmark = pytest.mark.django_db
MAY, JUNE, JULY = (datetime.date(2026, month, 1) for month in (5, 6, 7))
LAST_OF_JUNE = datetime.date(2026, 6, 30)


@pytest.fixture
def hr():
    return make_user("hr")


def told(stream):
    """What the record says: kind, who, and each change."""
    return [
        (event.kind, event.actor_id, [(change.path, change.before, change.after) for change in event.changes])
        for event in events_of(stream)
    ]


class TestAppoint:
    def test_the_holding_its_author_and_its_event_are_written_together(self, hr):
        person, position = make_user(), make_position("front-desk")
        holding = services.appoint(
            person=person, position=position, by=hr, starts=MAY, ends=JUNE, kind="acting"
        )
        row = Holding.history.get(id=holding.pk)
        assert (row.history_type, row.history_user_id) == ("+", hr.pk)
        after = {"kind": "acting", "starts": "2026-05-01", "ends": "2026-06-01"}
        assert told(f"user:{person.uuid}") == [("appointed", hr.pk, [("holdings.front-desk", None, after)])]

    @pytest.mark.parametrize(
        ("starts", "ends"),
        [(MAY, MAY), (MAY, None), (JUNE, JUNE), (JUNE, None), (LAST_OF_JUNE, JULY)],
    )
    def test_nobody_holds_the_same_position_twice_on_a_day(self, hr, starts, ends):
        person, position = make_user(), make_position()
        hold(person, position, starts=MAY, ends=LAST_OF_JUNE)
        with pytest.raises(AlreadyHeld):
            services.appoint(person=person, position=position, by=hr, starts=starts, ends=ends)
        assert Holding.objects.count() == 1

    def test_the_same_position_again_after_the_end(self, hr):
        person, position = make_user(), make_position()
        hold(person, position, starts=MAY, ends=LAST_OF_JUNE)
        assert services.appoint(person=person, position=position, by=hr, starts=JULY).starts == JULY

    def test_an_account_that_is_switched_off_holds_nothing(self, hr):
        with pytest.raises(PersonInactive):
            services.appoint(person=make_user(active=False), position=make_position(), by=hr)

    def test_the_last_day_is_not_before_the_first(self, hr):
        with pytest.raises(DatesReversed):
            services.appoint(person=make_user(), position=make_position(), by=hr, starts=JUNE, ends=MAY)


class TestEndHolding:
    def test_the_last_day_is_written_and_told(self, hr, time_machine):
        time_machine.move_to("2026-06-01T12:00:00+08:00")
        holding = hold(make_user(), make_position("front-desk"), starts=MAY)
        assert services.end_holding(holding=holding, by=hr).ends == JUNE
        before = {"kind": "regular", "starts": "2026-05-01", "ends": None}
        assert told(f"user:{holding.person.uuid}") == [
            ("holding_ended", hr.pk, [("holdings.front-desk", before, {**before, "ends": "2026-06-01"})])
        ]

    def test_what_is_over_does_not_end_again(self, hr, time_machine):
        time_machine.move_to("2026-07-01T12:00:00+08:00")
        with pytest.raises(AlreadyEnded):
            services.end_holding(holding=hold(make_user(), starts=MAY, ends=JUNE), by=hr)

    def test_it_cannot_end_before_it_begins(self, hr):
        with pytest.raises(DatesReversed):
            services.end_holding(holding=hold(make_user(), starts=JULY), by=hr, ends=MAY)


class TestDeputies:
    def test_the_deputy_is_named_and_told_on_the_principals_stream(self, hr):
        principal, deputy = make_user(), make_user()
        row = services.name_deputy(
            principal=principal, deputy=deputy, by=hr, starts=MAY, workflows=["claim", "complaint", "claim"]
        )
        after = {
            "deputy": deputy.pk,
            "starts": "2026-05-01",
            "ends": None,
            "workflows": ["claim", "complaint"],
        }
        assert Deputy.history.get(id=row.pk).history_user_id == hr.pk
        assert told(f"user:{principal.uuid}") == [
            ("deputy_named", hr.pk, [(f"deputies.{row.pk}", None, after)])
        ]

    def test_nobody_is_their_own_deputy(self, hr):
        with pytest.raises(DeputyIsPrincipal):
            services.name_deputy(principal=hr, deputy=hr, by=hr)

    def test_a_chain_must_not_come_round(self, hr):
        one, two, three = (make_user(name, full_name=name) for name in ("one", "two", "three"))
        make_deputy(two, three)
        make_deputy(three, one)
        with pytest.raises(DeputyCycle, match="one → two → three → one"):
            services.name_deputy(principal=one, deputy=two, by=hr)
        assert Deputy.objects.count() == 2

    def test_turns_on_other_days_are_no_circle(self, hr):
        one, two = make_user(), make_user()
        make_deputy(two, one, starts=MAY, ends=datetime.date(2026, 5, 31))
        assert services.name_deputy(principal=one, deputy=two, by=hr, starts=JUNE).deputy == two

    def test_turns_in_other_workflows_are_no_circle(self, hr):
        one, two = make_user(), make_user()
        make_deputy(two, one, workflows=["claim"])
        assert services.name_deputy(principal=one, deputy=two, by=hr, workflows=["complaint"]).deputy == two
        with pytest.raises(DeputyCycle):
            services.name_deputy(principal=one, deputy=two, by=hr, workflows=["claim", "audit"])

    def test_three_who_never_meet_on_one_day_are_no_circle(self, hr):
        one, two, three = make_user(), make_user(), make_user()
        make_deputy(two, three, starts=MAY, ends=datetime.date(2026, 5, 31))
        make_deputy(three, one, starts=JUNE, ends=LAST_OF_JUNE)
        assert services.name_deputy(principal=one, deputy=two, by=hr, starts=MAY).deputy == two

    def test_the_end_is_written_and_told(self, hr, time_machine):
        time_machine.move_to("2026-06-01T12:00:00+08:00")
        row = make_deputy(make_user(), make_user(), starts=MAY)
        assert services.end_deputy(row=row, by=hr).ends == JUNE
        assert [kind for kind, *_ in told(f"user:{row.principal.uuid}")] == ["deputy_ended"]


class TestRoles:
    def test_a_binding_is_written_once_and_told(self, hr):
        role, position = make_role("clerk"), make_position("front-desk")
        binding = services.bind_role(role=role, position=position, by=hr)
        assert services.bind_role(role=role, position=position, by=hr) == binding
        assert RoleBinding.history.get(id=binding.pk).history_user_id == hr.pk
        assert told("role:clerk") == [("role_bound", hr.pk, [("bindings", None, {"position": "front-desk"})])]

    def test_what_is_unbound_stays_in_the_history_with_who_did_it(self, hr):
        role = make_role("hr")
        binding = services.bind_role(role=role, group=make_group("HR"), by=hr)
        number = binding.pk
        services.unbind_role(binding=binding, by=hr)
        rows = RoleBinding.history.filter(id=number).order_by("history_date")
        assert [(row.history_type, row.history_user_id) for row in rows] == [("+", hr.pk), ("-", hr.pk)]
        assert told("role:hr")[-1] == ("role_unbound", hr.pk, [("bindings", {"group": "HR"}, None)])

    @pytest.mark.parametrize("relation", ["", "neighbour"])
    def test_it_is_bound_to_one_known_thing(self, hr, relation):
        with pytest.raises(BindingUnclear):
            services.bind_role(role=make_role(), relation=relation, by=hr)

    def test_it_is_not_bound_to_two_things_at_once(self, hr):
        with pytest.raises(BindingUnclear):
            services.bind_role(role=make_role(), relation="assignee", group=make_group(), by=hr)


class TestDepartmentsAndPositions:
    def test_saving_the_same_again_writes_nothing(self, hr):
        department = services.save_department(code="sales", name="销售部", by=hr)
        boss = services.save_position(code="boss", title="销售经理", department=department, by=hr)
        fields = {"code": "seller", "title": "销售顾问", "department": department, "superiors": [boss]}
        for _ in range(2):
            services.save_department(code="sales", name="销售部", by=hr)
            services.save_position(**fields, by=hr)
        assert Department.history.count() == 1
        assert [kind for kind, *_ in told("department:sales")] == ["department_made"]
        assert told("position:seller") == [
            (
                "position_made",
                hr.pk,
                [
                    ("title", None, "销售顾问"),
                    ("title_en", None, ""),
                    ("department", None, "sales"),
                    ("heads_department", None, False),
                    ("grade", None, ""),
                    ("headcount", None, 1),
                    ("superiors", [], ["boss"]),
                ],
            )
        ]
        services.save_position(**{**fields, "superiors": []}, by=hr)
        assert told("position:seller")[-1] == ("position_changed", hr.pk, [("superiors", ["boss"], [])])
        assert {row.history_user_id for row in Position.history.all()} == {hr.pk}

    def test_a_department_is_not_part_of_itself(self, hr):
        top = make_department("top")
        low = make_department("low", parent=top)
        with pytest.raises(DepartmentLoop):
            services.save_department(code="top", name="总", parent=low, by=hr)

    def test_a_position_does_not_report_to_itself_by_way_of_others(self, hr):
        top = make_position("top")
        low = make_position("low", superiors=[make_position("middle", superiors=[top])])
        with pytest.raises(SuperiorLoop):
            services.save_position(
                code="top", title="总经理", department=top.department, superiors=[low], by=hr
            )


class TestAccounts:
    def test_an_account_is_opened_and_told_without_its_password(self, hr):
        person = services.open_account(username="new", full_name="新人", by=hr, password="a-long-pass-phrase")
        assert person.check_password("a-long-pass-phrase")
        assert told(f"user:{person.uuid}") == [
            ("account_opened", hr.pk, [("username", None, "new"), ("full_name", None, "新人")])
        ]

    def test_groups_are_set_and_told_once(self, hr):
        person = make_user(groups=["HR"])
        for _ in range(2):
            services.set_groups(person=person, groups=[make_group("Auditors")], by=hr)
        assert told(f"user:{person.uuid}") == [("groups_changed", hr.pk, [("groups", ["HR"], ["Auditors"])])]

    def test_an_account_is_switched_off_not_deleted(self, hr):
        person = make_user()
        services.set_active(person=person, active=False, by=hr)
        person.refresh_from_db()
        assert not person.is_active
        with pytest.raises(ProtectedError), transaction.atomic():
            person.delete()
        with pytest.raises(ProtectedError), transaction.atomic():
            User.objects.filter(pk=person.pk).delete()
        assert User.objects.filter(pk=person.pk).exists()

    def test_the_account_of_the_machine_lets_nobody_in(self, client):
        account = services.system_account()
        assert services.system_account() == account
        assert not account.is_active
        assert not account.has_usable_password()


class TestCorrecting:
    def test_dates_and_kind_are_put_right_with_the_reason_on_record(self, hr, time_machine):
        time_machine.move_to("2026-07-15T12:00:00+08:00")
        holding = hold(make_user(), make_position("front-desk"), starts=MAY, ends=LAST_OF_JUNE)
        services.correct_holding(
            holding=holding, by=hr, reason=" 入职日写错 ", starts=JUNE, ends=None, kind="acting"
        )
        before = {"kind": "regular", "starts": "2026-05-01", "ends": "2026-06-30"}
        after = {"kind": "acting", "starts": "2026-06-01", "ends": None}
        assert told(f"user:{holding.person.uuid}") == [
            (
                "holding_corrected",
                hr.pk,
                [("holdings.front-desk", before, after), ("reason", None, "入职日写错")],
            )
        ]
        row = Holding.history.filter(id=holding.pk).first()
        assert (row.history_user_id, row.history_change_reason) == (hr.pk, "入职日写错")

    def test_nothing_is_put_right_without_a_reason(self, hr):
        holding = hold(make_user(), starts=MAY)
        with pytest.raises(ReasonMissing):
            services.correct_holding(
                holding=holding, by=hr, reason="  ", starts=JUNE, ends=None, kind="regular"
            )
        with pytest.raises(ReasonMissing):
            services.strike_holding(holding=holding, by=hr, reason="")
        assert Holding.objects.get(pk=holding.pk).starts == MAY

    def test_a_correction_keeps_the_rules(self, hr):
        person, position = make_user(), make_position()
        holding = hold(person, position, starts=JUNE, ends=LAST_OF_JUNE)
        hold(person, position, starts=MAY, ends=datetime.date(2026, 5, 31))

        def correct(starts, ends):
            services.correct_holding(
                holding=holding, by=hr, reason="更正", starts=starts, ends=ends, kind="regular"
            )

        with pytest.raises(AlreadyHeld):
            correct(MAY, LAST_OF_JUNE)
        with pytest.raises(DatesReversed):
            correct(JULY, LAST_OF_JUNE)
        services.set_active(person=person, active=False, by=hr)
        holding.refresh_from_db()
        with pytest.raises(PersonInactive):
            correct(JUNE, None)
        correct(JUNE, JUNE)
        assert Holding.objects.get(pk=holding.pk).ends == JUNE

    def test_the_same_again_writes_nothing(self, hr):
        holding = hold(make_user(), starts=MAY)
        services.correct_holding(holding=holding, by=hr, reason="无", starts=MAY, ends=None, kind="regular")
        assert told(f"user:{holding.person.uuid}") == []

    def test_what_was_struck_stays_in_history_and_record(self, hr):
        holding = hold(make_user(), make_position("front-desk"), starts=MAY)
        number, stream = holding.pk, f"user:{holding.person.uuid}"
        services.strike_holding(holding=holding, by=hr, reason="选错了人")
        assert not Holding.objects.filter(pk=number).exists()
        row = Holding.history.filter(id=number).first()
        assert (row.history_type, row.history_user_id, row.history_change_reason) == ("-", hr.pk, "选错了人")
        before = {"kind": "regular", "starts": "2026-05-01", "ends": None}
        assert told(stream) == [
            ("holding_struck", hr.pk, [("holdings.front-desk", before, None), ("reason", None, "选错了人")])
        ]

    def test_going_on_longer_does_not_reach_into_the_next_holding(self, hr, time_machine):
        time_machine.move_to("2026-06-15T12:00:00+08:00")
        person, position = make_user(), make_position()
        holding = hold(person, position, starts=MAY, ends=LAST_OF_JUNE)
        hold(person, position, starts=JULY)
        with pytest.raises(AlreadyHeld):
            services.end_holding(holding=holding, by=hr, ends=datetime.date(2026, 7, 2))

    def test_a_deputising_that_goes_on_longer_closes_no_circle(self, hr, time_machine):
        time_machine.move_to("2026-06-15T12:00:00+08:00")
        one, two = make_user(), make_user()
        row = make_deputy(one, two, starts=MAY, ends=LAST_OF_JUNE)
        make_deputy(two, one, starts=JULY)
        with pytest.raises(DeputyCycle):
            services.end_deputy(row=row, by=hr, ends=JULY)

    def test_only_a_deputising_that_has_not_begun_is_called_off(self, hr, time_machine):
        time_machine.move_to("2026-06-15T12:00:00+08:00")
        begun, coming = make_deputy(make_user(), make_user()), make_deputy(make_user(), hr, starts=JULY)
        with pytest.raises(AlreadyBegun):
            services.strike_deputy(row=begun, by=hr)
        services.strike_deputy(row=coming, by=hr)
        assert list(Deputy.objects.all()) == [begun]
        assert [kind for kind, *_ in told(f"user:{coming.principal.uuid}")] == ["deputy_struck"]


class TestAnnouncing:
    @pytest.fixture
    def heard(self):
        heard = []

        def hear(sender, holding, change, before, by, **kwargs):
            heard.append((change, before and before["ends"], holding.ends, by.username))

        holding_changed.connect(hear)
        yield heard
        holding_changed.disconnect(hear)

    def test_others_hear_when_a_holding_begins_changes_and_ends(self, hr, heard, time_machine):
        time_machine.move_to("2026-06-15T12:00:00+08:00")
        holding = services.appoint(person=make_user(), position=make_position(), by=hr, starts=MAY)
        services.end_holding(holding=holding, by=hr, ends=LAST_OF_JUNE)
        services.end_holding(holding=holding, by=hr, ends=LAST_OF_JUNE)  # already so: nothing to tell
        services.correct_holding(holding=holding, by=hr, reason="更正", starts=MAY, ends=JULY, kind="regular")
        services.strike_holding(holding=holding, by=hr, reason="未到岗")
        assert heard == [
            ("appointed", None, None, "hr"),
            ("ended", None, LAST_OF_JUNE, "hr"),
            ("corrected", "2026-06-30", JULY, "hr"),
            ("struck", "2026-07-01", JULY, "hr"),
        ]

    def test_one_who_hears_and_fails_undoes_the_whole(self, hr):
        def fail(**kwargs):
            raise RuntimeError("no room")

        holding_changed.connect(fail)
        try:
            with pytest.raises(RuntimeError):
                services.appoint(person=make_user(), position=make_position(), by=hr)
        finally:
            holding_changed.disconnect(fail)
        assert Holding.objects.count() == 0
