"""The chart of a day: who holds what, what is vacant, who stands below whom, in the past, today and later."""

from __future__ import annotations

import datetime
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from backoffice.positions import archiving
from backoffice.positions.chart.drawing import drawing
from backoffice.positions.chart.structure import (
    charted,
    folded,
    of_department,
    of_vacancies,
    posts_on,
    units,
    with_parts,
)
from foundation.organisation import services
from foundation.organisation.models import Holding, Position
from tests.factories.organisation import hold, make_department, make_deputy, make_position, make_user
from tests.factories.positions import make_editor, make_published

pytestmark = pytest.mark.django_db
MAY, JUNE = datetime.date(2026, 5, 1), datetime.date(2026, 6, 1)
LAST_OF_MAY = datetime.date(2026, 5, 31)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def today(time_machine):
    """It is the middle of June."""
    time_machine.move_to("2026-06-15T12:00:00+08:00")


def post(code: str, day: datetime.date = JUNE, **more):
    return next(one for one in posts_on(day, **more) if one.code == code)


def recorded_since(position: Position, day: datetime.date) -> None:
    """Let the newest row of the position's history have been written on ``day``."""
    moment = timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))
    row = Position.history.filter(id=position.pk).first()
    Position.history.filter(history_id=row.history_id).update(history_date=moment)


class TestHolders:
    def test_a_holding_shows_on_its_days_and_the_post_is_vacant_before_and_after(self):
        position = make_position("desk")
        hold(make_user(full_name="周以宁"), position, starts=MAY, ends=LAST_OF_MAY)
        shown = {day: (post("desk", day, planned=True)) for day in (MAY, LAST_OF_MAY, JUNE)}
        assert {day: ([one.name for one in it.holders], it.vacancies) for day, it in shown.items()} == {
            MAY: (["周以宁"], 0),
            LAST_OF_MAY: (["周以宁"], 0),
            JUNE: ([], 1),
        }

    def test_an_appointment_for_later_shows_on_that_day(self):
        position = make_position("desk")
        hold(make_user(full_name="周以宁"), position, starts=JUNE + 60 * DAY)
        assert post("desk", JUNE + 59 * DAY, planned=True).vacancies == 1
        assert post("desk", JUNE + 60 * DAY).vacancies == 0

    def test_acting_holders_leave_the_post_vacant_and_part_time_ones_fill_it(self):
        acting, shared = make_position("acting"), make_position("shared")
        hold(make_user(), acting, kind=Holding.Kind.ACTING)
        hold(make_user(), shared, kind=Holding.Kind.PART_TIME)
        assert [(post(code).vacancies, post(code).holders[0].kind) for code in ("acting", "shared")] == [
            (1, "acting"),
            (0, "part_time"),
        ]

    def test_more_holders_than_headcount(self):
        position = make_position("desk", headcount=1)
        for _number in range(3):
            hold(make_user(), position)
        assert (post("desk").vacancies, post("desk").surplus) == (0, 2)

    def test_the_deputy_is_named_with_both_on_the_days_of_the_deputising(self):
        boss, clerk = make_user(full_name="沈知远"), make_user(full_name="周以宁")
        hold(boss, make_position("boss"))
        hold(clerk, make_position("desk"))
        make_deputy(boss, clerk, starts=JUNE, ends=JUNE, workflows=["complaint"])
        told = post("boss").holders[0].deputies
        assert [(one.name, one.limited) for one in told] == [("周以宁", True)]
        assert post("desk").holders[0].deputies == ()
        assert [one.name for one in post("desk").holders[0].deputises_for] == ["沈知远"]
        assert post("boss", JUNE + DAY).holders[0].deputies == ()

    def test_an_account_switched_off_is_marked_today_only(self):
        hold(make_user(active=False), make_position("desk"))
        assert [post("desk", day).holders[0].active for day in (JUNE, timezone.localdate())] == [True, False]


class TestWhichPosts:
    def test_what_nobody_held_and_nothing_describes_is_a_plan(self):
        make_position("plan")
        assert posts_on(timezone.localdate()) == []
        assert [one.code for one in posts_on(timezone.localdate(), planned=True)] == ["plan"]

    def test_a_plan_between_two_posts_is_passed_over(self):
        top = make_position("top")
        plan = make_position("plan", superiors=[top])
        low = make_position("low", superiors=[plan])
        hold(make_user(), top)
        hold(make_user(), low)
        assert post("low").superiors == ("top",)
        assert post("low", timezone.localdate(), planned=True).superiors == ("plan",)

    def test_a_post_is_there_from_its_first_edition_or_holder(self):
        make_published(position=make_position("described"), effective_from=None)
        hold(make_user(), make_position("held"), starts=MAY)
        assert [one.code for one in posts_on(MAY)] == ["held"]
        assert [one.code for one in posts_on(timezone.localdate())] == ["described", "held"]

    def test_a_withdrawn_description_leaves_the_post_only_while_somebody_holds_it(self):
        for code in ("merged", "held"):
            page = make_published(position=make_position(code))
            archiving.archive(page, by=make_editor())
        hold(make_user(), Position.objects.get(code="held"))
        assert [one.code for one in posts_on(timezone.localdate())] == ["held"]


class TestStructureOfAPastDay:
    def test_it_is_what_was_on_record_at_the_end_of_that_day(self):
        old, new = make_position("old"), make_position("new")
        low = make_position("low", title="旧名", superiors=[old])
        for one in (old, new, low):
            hold(make_user(), one, starts=MAY)
            recorded_since(one, MAY)
        services.save_position(
            code="low",
            title="新名",
            department=make_department("elsewhere"),
            superiors=[new],
            headcount=4,
            by=make_user(),
        )
        before, after = post("low", MAY), post("low", timezone.localdate())
        assert (before.title, before.superiors, before.headcount) == ("旧名", ("old",), 1)
        assert (after.title, after.superiors, after.headcount) == ("新名", ("new",), 4)
        assert (before.unit.code, after.unit.code) == (low.department.code, "elsewhere")

    def test_before_anything_was_on_record_the_edition_in_force_tells(self, time_machine):
        time_machine.move_to("2026-05-01T12:00:00+08:00")
        old, new = make_position("old"), make_position("new")
        low = make_position("low", title="岗位", superiors=[old])
        for one in (old, new, low):
            hold(make_user(), one, starts=MAY)
        make_published("第一版岗位", position=low)
        time_machine.move_to("2026-06-15T12:00:00+08:00")
        low.superiors.set([new])
        Position.history.update(history_date=timezone.now())  # the organisation was entered today
        assert (post("low", MAY).title, post("low", MAY).superiors) == ("第一版岗位", ("old",))
        assert post("low", timezone.localdate()).superiors == ("new",)

    def test_without_either_it_is_as_it_is_now(self):
        top = make_position("top")
        low = make_position("low", superiors=[top])
        for one in (top, low):
            hold(make_user(), one, starts=MAY)
        assert post("low", MAY).superiors == ("top",)


class TestTrees:
    def test_several_roots_and_the_first_superior_is_the_one_in_the_department(self):
        sales, service = make_department("sales"), make_department("service")
        other = make_position("a-other", department=sales)
        own = make_position("z-own", department=service, heads=True)
        low = make_position("low", department=service, superiors=[other, own])
        for one in (other, own, low):
            hold(make_user(), one)
        chart = charted(posts_on(JUNE))
        assert (chart.roots, dict(chart.children)) == (("a-other", "z-own"), {"z-own": ("low",)})
        assert chart.dotted == (("a-other", "low"),)

    def test_a_circle_is_cut_open_named_and_drawn(self):
        one, two, three = (make_position(code) for code in ("one", "two", "three"))
        for below, above in ((one, two), (two, three), (three, one)):
            below.superiors.add(above)
            hold(make_user(), below)
        hold(make_user(), make_position("low", superiors=[one]))
        chart = charted(posts_on(JUNE))
        assert chart.circles == (("one", "two", "three"),)
        assert chart.roots == ("one",)
        assert sorted(chart.below("one")) == ["low", "three", "two"]
        assert 'class="chart-circle"' in drawing(JUNE).svg

    def test_one_that_reports_to_itself(self):
        position = make_position("self")
        position.superiors.add(position)
        hold(make_user(), position)
        assert charted(posts_on(JUNE)).roots == ("self",)

    def test_a_department_shows_its_parts_and_names_superiors_elsewhere(self):
        office = make_department("office")
        service = make_department("service", parent=office)
        shop = make_department("shop", parent=service)
        boss = make_position("boss", title="总经理", department=office)
        head = make_position("head", department=service, superiors=[boss])
        smith = make_position("smith", department=shop, superiors=[head])
        for one in (boss, head, smith):
            hold(make_user(), one)
        every = list(units().values())
        chart = of_department(charted(posts_on(JUNE)), with_parts("service", every))
        assert (chart.roots, dict(chart.children)) == (("head",), {"head": ("smith",)})
        assert dict(chart.outside) == {"head": ("总经理",)}
        with pytest.raises(LookupError):
            drawing(JUNE, "nowhere")

    def test_only_vacancies_keeps_the_way_up_to_them(self):
        top = make_position("top")
        left = make_position("left", superiors=[top])
        right = make_position("right", superiors=[top])
        empty = make_position("empty", superiors=[left])
        for one in (top, left, right):
            hold(make_user(), one)
        hold(make_user(), empty, starts=MAY, ends=LAST_OF_MAY)
        assert sorted(of_vacancies(charted(posts_on(JUNE))).posts) == ["empty", "left", "top"]

    def test_folding_hides_what_hangs_below(self):
        top = make_position("top")
        left = make_position("left", superiors=[top])
        low = make_position("low", superiors=[left])
        for one in (top, left, low):
            hold(make_user(), one)
        chart = folded(charted(posts_on(JUNE)), {"left", "no-such"})
        assert (sorted(chart.posts), dict(chart.children)) == (["left", "top"], {"top": ("left",)})


class TestTheDrawing:
    def test_hostile_titles_and_names_stay_text_and_there_is_no_script(self):
        title = "<script>alert(1)</script>\x0b\" onload='x' & ]]>"
        position = make_position("desk", title=title)
        hold(make_user(full_name="<img src=x onerror=alert(1)>"), position)
        tree = ElementTree.fromstring(drawing(JUNE, language="zh-hans").svg)
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert tags <= {"svg", "g", "rect", "path", "text", "title"}
        names = {name.lower() for element in tree.iter() for name in element.attrib}
        assert not [name for name in names if name.startswith("on") or "href" in name]
        said = " ".join(element.text or "" for element in tree.iter())
        assert "<script>alert(1)</script>" in said

    def test_the_size_is_that_of_the_document(self):
        hold(make_user(), make_position("desk"))
        drawn = drawing(JUNE)
        tree = ElementTree.fromstring(drawn.svg)
        assert tree.attrib["viewBox"] == f"0 0 {drawn.width:g} {drawn.height:g}"

    def test_an_empty_organisation_has_a_drawing_that_says_so(self):
        assert "No positions to show" in drawing(JUNE, language="en").svg

    @pytest.mark.parametrize(("language", "word"), [("zh-hans", "前台专员"), ("en", "Front desk clerk")])
    def test_it_speaks_the_language_asked_for(self, language, word):
        hold(make_user(), make_position("desk", title="前台专员", title_en="Front desk clerk"))
        assert word in drawing(JUNE, language=language).svg


def test_the_number_of_queries_does_not_grow(django_assert_num_queries, django_assert_max_num_queries):
    def more(number: int) -> None:
        top = None
        for _one in range(number):
            position = make_position(superiors=[top] if top else ())
            top = top or position
            hold(make_user(), position)
            make_published(position=position)

    more(2)
    counts = {}
    for day in (MAY, timezone.localdate()):
        with django_assert_max_num_queries(14) as counted:
            posts_on(day)
        counts[day] = len(counted)
    more(6)
    for day, count in counts.items():
        with django_assert_num_queries(count):
            posts_on(day)
