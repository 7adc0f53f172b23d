"""HR gives people posts, ends and corrects them, names deputies, keeps posts and departments; staff see their own."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.access import groups
from foundation.organisation.models import Department, Deputy, Holding, Position
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
from tests.factories.positions import make_published

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def hr(client):
    """HR, signed in."""
    group = make_group(groups.HR)
    bind_role("hr", group)
    groups.ensure()
    person = make_user("hr", full_name="林若岚", groups=[group])
    client.force_login(person)
    return person


@pytest.fixture
def today():
    return timezone.localdate()


def sent(client, route, /, *args, **data):
    return client.post(reverse(route, args=args), data, follow=True)


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 422
    return {name: list(found) for name, found in response.context["form"].errors.items()}


class TestAppointing:
    def test_a_person_gets_a_post_from_a_day_to_a_day(self, client, hr, today):
        person, position = make_user(full_name="陆晚晴"), make_position("desk", title="服务顾问")
        response = sent(
            client,
            "positions_appoint",
            person=person.pk,
            position="desk",
            kind="acting",
            starts=today.isoformat(),
            ends=(today + DAY).isoformat(),
        )
        holding = Holding.objects.get()
        assert (holding.person, holding.position, holding.kind) == (person, position, "acting")
        assert (holding.starts, holding.ends) == (today, today + DAY)
        assert response.redirect_chain[-1][0] == reverse("positions_staffing_post", args=["desk"])
        assert "陆晚晴" in told(response)
        assert holding.history.get().history_user_id == hr.pk

    def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(self, client, hr, today):
        person = make_user(full_name="陆晚晴")
        make_position("desk")
        typed = {"person": person.pk, "position": "desk", "kind": "regular"}
        reversed_days = sent(client, "positions_appoint", **typed, starts="2026-05-02", ends="2026-05-01")
        assert list(errors(reversed_days)) == ["ends"]
        assert 'value="2026-05-02"' in reversed_days.content.decode()
        assert list(errors(sent(client, "positions_appoint", **typed, starts="0202-05-02"))) == ["starts"]
        assert list(errors(sent(client, "positions_appoint", **typed, starts="soon"))) == ["starts"]
        assert sorted(errors(sent(client, "positions_appoint"))) == ["kind", "person", "position", "starts"]
        assert Holding.objects.count() == 0

    def test_overlaps_are_told_in_a_sentence(self, client, hr, today):
        person, position = make_user(full_name="陆晚晴"), make_position("desk", title="服务顾问")
        hold(person, position)
        response = sent(
            client,
            "positions_appoint",
            person=person.pk,
            position="desk",
            kind="regular",
            starts=today.isoformat(),
        )
        [sentence] = errors(response)["__all__"]
        assert "陆晚晴" in sentence
        assert "服务顾问" in sentence

    def test_an_account_switched_off_cannot_be_chosen(self, client, hr, today):
        person = make_user(active=False)
        make_position("desk")
        response = sent(
            client,
            "positions_appoint",
            person=person.pk,
            position="desk",
            kind="regular",
            starts=today.isoformat(),
        )
        assert list(errors(response)) == ["person"]

    def test_more_than_the_headcount_is_done_and_warned_of(self, client, hr, today):
        position = make_position("desk", headcount=1)
        hold(make_user(), position)
        response = sent(
            client,
            "positions_appoint",
            person=make_user().pk,
            position="desk",
            kind="regular",
            starts=today.isoformat(),
        )
        assert position.holdings.count() == 2
        assert [message.level_tag for message in response.context["messages"]] == ["success", "warning"]

    def test_post_and_person_may_be_chosen_beforehand(self, client, hr):
        person = make_user()
        make_position("desk")
        address = f"{reverse('positions_appoint')}?position=desk&person={person.username}"
        form = client.get(address).context["form"]
        assert (form["position"].value(), form["person"].value()) == ("desk", person.pk)


class TestEndingAndCorrecting:
    def test_a_holding_ends_on_the_day_given(self, client, hr, today):
        holding = hold(make_user(), make_position("desk"))
        sent(client, "positions_holding_end", holding.pk, ends=(today + DAY).isoformat())
        holding.refresh_from_db()
        assert holding.ends == today + DAY

    def test_what_is_lost_with_the_post_is_said_before(self, client, hr):
        position = make_position("desk")
        bind_role(make_role("clerk", name="前台"), position)
        holding = hold(make_user(), position)
        assert "前台" in client.get(reverse("positions_holding_end", args=[holding.pk])).content.decode()

    def test_the_end_is_not_before_the_beginning(self, client, hr):
        holding = hold(make_user(), starts=datetime.date(2026, 5, 1))
        assert list(errors(sent(client, "positions_holding_end", holding.pk, ends="2026-04-30"))) == ["ends"]

    def test_a_correction_asks_for_the_reason_and_shows_it_in_the_history(self, client, hr):
        holding = hold(make_user(full_name="陆晚晴"), make_position("desk"))
        typed = {"kind": "part_time", "starts": "2026-05-01", "ends": "2026-06-01"}
        assert list(errors(sent(client, "positions_holding_correct", holding.pk, **typed, reason=" "))) == [
            "reason"
        ]
        response = sent(client, "positions_holding_correct", holding.pk, **typed, reason="合同日期写错")
        holding.refresh_from_db()
        assert (holding.kind, holding.starts.isoformat(), holding.ends.isoformat()) == tuple(typed.values())
        assert "合同日期写错" in response.content.decode()
        assert "林若岚" in response.content.decode()

    def test_a_holding_struck_out_is_gone_and_stays_in_the_history(self, client, hr):
        holding = hold(make_user(full_name="选错的人"), make_position("desk"))
        response = sent(client, "positions_holding_strike", holding.pk, reason="选错了人")
        assert Holding.objects.count() == 0
        assert "选错的人" in response.content.decode()
        assert "选错了人" in response.content.decode()
        again = client.get(reverse("positions_holding_strike", args=[holding.pk]))
        assert again.status_code == 404


class TestDeputies:
    def test_a_deputy_may_be_named_for_approvals_alone(self, client, hr, today):
        boss, clerk = make_user(), make_user()
        sent(
            client,
            "positions_deputy_add",
            principal=boss.pk,
            deputy=clerk.pk,
            starts=today.isoformat(),
            workflows=["position_approval"],
        )
        assert Deputy.objects.get().workflows == ["position_approval"]

    def test_a_deputy_is_named_and_ended(self, client, hr, today):
        boss, clerk = make_user(full_name="沈知远"), make_user(full_name="周以宁")
        response = sent(
            client, "positions_deputy_add", principal=boss.pk, deputy=clerk.pk, starts=today.isoformat()
        )
        row = Deputy.objects.get()
        assert (row.principal, row.deputy, row.workflows) == (boss, clerk, [])
        assert "周以宁" in response.content.decode()
        sent(client, "positions_deputy_end", row.pk, ends=today.isoformat())
        row.refresh_from_db()
        assert row.ends == today

    def test_one_that_has_not_begun_is_called_off(self, client, hr, today):
        row = make_deputy(make_user(), make_user(), starts=today + 5 * DAY)
        sent(client, "positions_deputy_end", row.pk)
        assert Deputy.objects.count() == 0

    def test_circles_and_oneself_are_refused_at_the_field(self, client, hr, today):
        one, two = make_user(), make_user()
        make_deputy(two, one)
        for deputy in (one, two):
            response = sent(
                client, "positions_deputy_add", principal=one.pk, deputy=deputy.pk, starts=today.isoformat()
            )
            assert list(errors(response)) == ["deputy"]


class TestPostsAndDepartments:
    def test_a_post_is_made_and_changed(self, client, hr):
        boss = make_position("boss")
        typed = {"title": "服务顾问", "department": boss.department_id, "headcount": "3"}
        sent(client, "positions_post_add", code="desk", **typed, superiors=[boss.pk])
        desk = Position.objects.get(code="desk")
        assert (desk.title, desk.headcount, list(desk.superiors.all())) == ("服务顾问", 3, [boss])
        sent(client, "positions_post_edit", "desk", **{**typed, "headcount": "5"}, code="other")
        desk.refresh_from_db()
        assert (desk.code, desk.headcount, desk.superiors.count()) == ("desk", 5, 0)

    @pytest.mark.parametrize(
        "code", ["chart", "mine", "approvals", "sign-offs", "Chart", "BOSS", "with space"]
    )
    def test_codes_that_are_taken_or_an_address_are_refused(self, client, hr, code):
        boss = make_position("boss")
        response = sent(
            client,
            "positions_post_add",
            code=code,
            title="岗位",
            department=boss.department_id,
            headcount="1",
        )
        assert list(errors(response)) == ["code"]

    def test_a_post_does_not_report_to_itself_by_way_of_others(self, client, hr):
        boss = make_position("boss")
        desk = make_position("desk", superiors=[boss])
        response = sent(
            client,
            "positions_post_edit",
            "boss",
            title="经理",
            department=boss.department_id,
            headcount="1",
            superiors=[desk.pk],
        )
        assert list(errors(response)) == ["superiors"]

    def test_a_department_is_made_and_not_part_of_itself(self, client, hr):
        sent(client, "positions_department_add", code="office", name="总经办", order="1")
        office = Department.objects.get(code="office")
        part = make_department("part", parent=office)
        response = sent(
            client, "positions_department_edit", "office", name="总经办", order="1", parent=part.pk
        )
        assert list(errors(response)) == ["__all__"]
        assert "总经办" in client.get(reverse("positions_departments")).content.decode()


class TestTheOverview:
    def test_holders_vacancies_and_filters(self, client, hr, today):
        full, empty = make_position("full"), make_position("empty")
        crowded, off = make_position("crowded"), make_position("off")
        for position in (full, crowded, crowded):
            hold(make_user(), position)
        hold(make_user(), empty, kind="acting")
        hold(make_user(active=False), off)

        def codes(**query):
            response = client.get(reverse("positions_staffing"), query)
            return {post.code for post in response.context["page"]}

        assert codes() == {"full", "empty", "crowded", "off"}
        assert codes(state="vacant") == codes(state="acting") == {"empty"}
        assert codes(state="surplus") == {"crowded"}
        assert codes(state="off") == {"off"}
        assert codes(q="CROWD") == {"crowded"}
        assert codes(department=full.department.code) == {"full"}
        assert codes(on="1999-01-01") == set()

    def test_the_number_of_queries_does_not_grow(self, client, hr, django_assert_num_queries):
        def more(number: int) -> None:
            for _one in range(number):
                position = make_position()
                for kind in ("regular", "acting"):
                    hold(make_user(), position, kind=kind)

        more(2)
        position = Position.objects.first()
        addresses = [
            reverse("positions_staffing"),
            reverse("positions_staffing_post", args=[position.code]),
            reverse("positions_departments"),
            reverse("positions_deputies"),
        ]
        counts = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as counted:
                client.get(address)
            counts.append(len(counted))
        more(5)
        for _number in range(4):
            hold(make_user(), position, starts=datetime.date(2021, 1, 1), ends=datetime.date(2022, 1, 1))
            make_deputy(make_user(), make_user())
        for address, count in zip(addresses, counts, strict=True):
            with django_assert_num_queries(count):
                client.get(address)

    @pytest.mark.parametrize("role", ["clerk", "manager", "general_manager", "auditor"])
    def test_others_are_not_told_that_it_exists(self, client, role):
        position = make_position("desk")
        holding = hold(make_user(), position)
        client.force_login(make_user_with_roles(role))
        for address in (
            reverse("positions_staffing"),
            reverse("positions_staffing_post", args=["desk"]),
            reverse("positions_appoint"),
            reverse("positions_holding_end", args=[holding.pk]),
        ):
            assert client.get(address).status_code == 404
            assert client.post(address, {"ends": "2020-01-02"}).status_code == 404
        holding.refresh_from_db()
        assert holding.ends is None


class TestOnTheDescription:
    def test_everybody_reads_holders_and_vacancies_hr_also_past_ones(self, client, hr, today):
        position = make_position("desk", headcount=3)
        make_published(position=position)
        acting = hold(make_user(full_name="代职的人"), position, kind="acting")
        hold(make_user(full_name="正式的人"), position)
        hold(make_user(full_name="从前的人"), position, ends=today - DAY)
        hold(make_user(full_name="将来的人"), position, starts=today + DAY)
        make_deputy(acting.person, make_user(full_name="代理的人"))
        address = reverse("positions:detail", args=["desk"])
        as_hr = client.get(address).content.decode()
        client.force_login(make_user())
        as_staff = client.get(address).content.decode()
        for text in (as_hr, as_staff):
            assert [word in text for word in ("代职的人", "正式的人", "代理的人")] == [True] * 3
            assert "空缺 2 / 编制 3" in text or "2 vacancies of 3" in text
        seen = {word: (word in as_hr, word in as_staff) for word in ("从前的人", "将来的人")}
        assert seen == {"从前的人": (True, False), "将来的人": (True, False)}

    def test_on_another_day_its_holders_are_those_of_that_day(self, client, hr, today):
        position = make_position("desk")
        make_published(position=position)
        hold(make_user(full_name="现在的人"), position, ends=today)
        hold(make_user(full_name="下一位"), position, starts=today + DAY)
        address = reverse("positions:detail", args=["desk"])
        response = client.get(address, {"on": (today + DAY).isoformat()})
        assert [person.full_name for person, *_rest in response.context["staffed"].holders] == ["下一位"]


class TestOnesOwnPosts:
    def test_what_i_hold_since_when_and_the_description_in_force(self, client, today):
        me, boss = make_user(full_name="陆晚晴"), make_user(full_name="顾长川")
        head = make_position("head", title="服务经理")
        desk = make_position("desk", title="服务顾问", superiors=[head])
        make_published("服务顾问", position=desk)
        hold(boss, head)
        hold(me, desk, starts=today - 3 * DAY)
        hold(me, make_position("next", title="下一个岗位"), starts=today + DAY)
        hold(me, make_position("before", title="以前的岗位"), ends=today - DAY)
        make_deputy(me, boss)
        client.force_login(me)
        text = client.get(reverse("positions:mine")).content.decode()
        for word in ("服务顾问", "服务经理", "顾长川", "下一个岗位", "以前的岗位"):
            assert word in text, word
        assert reverse("positions:detail", args=["desk"]) in text

    def test_nobody_else_is_shown(self, client):
        hold(make_user(), make_position("desk", title="别人的岗位"))
        client.force_login(make_user())
        assert "别人的岗位" not in client.get(reverse("positions:mine")).content.decode()
