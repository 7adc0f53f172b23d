"""Calendars in the database: loading, exporting, counting, the national table and its command."""

import json
from datetime import date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import translation
from pydantic import ValidationError

from foundation.worktime.loading import UnknownCalendar, timetable
from foundation.worktime.models import ArrangedYear, Calendar, CalendarOverride, Day, WeeklyInterval
from foundation.worktime.services import (
    calendar_warnings,
    due,
    export_calendar,
    export_calendars,
    load_calendar,
    plain_calendar,
    plan_days,
    refresh_days,
    working_time_between,
)

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = ["09:00-12:00", "13:30-18:00"]
AFTERSALES = {
    "key": "aftersales",
    "name": "售后服务",
    "name_en": "After-sales service",
    "weekly": {"monday": DAY, "tuesday": DAY, "wednesday": DAY, "thursday": DAY, "friday": DAY},
    "overrides": [
        {"date": "2026-10-08", "closed": True, "note": "盘点", "note_en": "Stock-taking"},
        {"date": date(2026, 10, 4), "open": ["10:00-16:00"]},
    ],
}


@pytest.fixture
def national():
    for year in (2026, 2027):
        refresh_days(year)


@pytest.fixture
def aftersales(national):
    return load_calendar(AFTERSALES, by=None)


def test_a_calendar_goes_in_and_comes_out_the_same(aftersales):
    told = export_calendar("aftersales")
    assert told == {
        **AFTERSALES,
        "follows_national": True,
        "overrides": [
            {"date": "2026-10-04", "open": ["10:00-16:00"], "note": "", "note_en": ""},
            {"date": "2026-10-08", "closed": True, "note": "盘点", "note_en": "Stock-taking"},
        ],
    }
    assert plain_calendar(AFTERSALES) == told
    assert plain_calendar(told) == told
    assert [calendar["key"] for calendar in export_calendars()] == ["aftersales"]


def test_loading_the_same_again_writes_nothing(aftersales):
    before = Calendar.objects.get().changed_at
    hours = set(WeeklyInterval.objects.values_list("pk", flat=True))
    load_calendar(export_calendar("aftersales"), by=None)
    assert Calendar.objects.get().changed_at == before
    assert set(WeeklyInterval.objects.values_list("pk", flat=True)) == hours


def test_loading_a_changed_file_replaces_hours_and_overrides(aftersales):
    load_calendar({**AFTERSALES, "weekly": {"sunday": ["10:00-24:00"]}, "overrides": []}, by=None)
    assert list(WeeklyInterval.objects.values_list("weekday", "starts", "ends")) == [(7, 600, 1440)]
    assert not CalendarOverride.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"key": "After Sales"},
        {"name": ""},
        {"weekly": {"monday": ["09:00-08:00"]}},
        {"weekly": {"monday": ["09:00-12:00", "11:00-13:00"]}},
        {"weekly": {"monday": ["9:00-12:00"]}},
        {"weekly": {"monday": ["09:00-24:30"]}},
        {"weekly": {"someday": DAY}},
        {"overrides": [{"date": "2026-10-08"}]},
        {"overrides": [{"date": "2026-10-08", "closed": True, "open": DAY}]},
        {"overrides": [{"date": "2026-10-08", "closed": True}, {"date": "2026-10-08", "open": DAY}]},
        {"surprise": 1},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValidationError):
        load_calendar({**AFTERSALES, **change}, by=None)
    assert not Calendar.objects.exists()


def test_due_by_key_by_row_and_by_timetable(aftersales):
    start = datetime(2026, 9, 30, 17, 0, tzinfo=SHANGHAI)
    expected = datetime(
        2026, 10, 4, 11, 0, tzinfo=SHANGHAI
    )  # an hour on 30 Sep, an hour of the opened Sunday
    for calendar in ("aftersales", aftersales, timetable("aftersales")):
        assert due(calendar, start, timedelta(hours=2)).at == expected
        assert working_time_between(calendar, start, expected) == timedelta(hours=2)
    assert due("aftersales", start, timedelta(hours=2), mode="calendar").at == start + timedelta(hours=2)


def test_an_unknown_calendar_is_named():
    with pytest.raises(UnknownCalendar, match="nowhere"):
        due("nowhere", datetime(2026, 9, 30, tzinfo=SHANGHAI), timedelta(hours=1))
    with pytest.raises(UnknownCalendar):
        export_calendar("nowhere")


def test_the_number_of_queries_does_not_grow(aftersales, django_assert_num_queries):
    start = datetime(2026, 1, 5, 9, 0, tzinfo=SHANGHAI)
    with django_assert_num_queries(5):
        due("aftersales", start, timedelta(hours=1))
    with django_assert_num_queries(5):
        due("aftersales", start, timedelta(hours=1_500))


def test_the_version_follows_the_rules_and_nothing_else(aftersales):
    first = timetable("aftersales").version
    assert len(first) == 16
    load_calendar({**AFTERSALES, "name": "售后"}, by=None)
    assert timetable("aftersales").version == first
    load_calendar({**AFTERSALES, "overrides": []}, by=None)
    second = timetable("aftersales").version
    Day.objects.filter(day=date(2026, 10, 1)).delete()
    assert len({first, second, timetable("aftersales").version}) == 3


def test_due_into_a_year_not_announced_warns(aftersales):
    answer = due("aftersales", datetime(2026, 12, 31, 17, 30, tzinfo=SHANGHAI), timedelta(hours=1))
    assert answer.at == datetime(2027, 1, 4, 9, 30, tzinfo=SHANGHAI)
    assert [(warning.code, warning.year) for warning in answer.warnings] == [("not_announced", 2027)]


@pytest.mark.parametrize(
    ("starts", "ends", "weekday"), [(600, 600, 1), (700, 600, 1), (0, 1441, 1), (0, 60, 8)]
)
def test_the_database_refuses_impossible_hours(aftersales, starts, ends, weekday):
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyInterval.objects.create(calendar=aftersales, weekday=weekday, starts=starts, ends=ends)


# --- the national table -------------------------------------------------------------------------


def test_refreshing_fills_a_year_and_twice_changes_nothing():
    Day.objects.all().delete()
    first = refresh_days(2026)
    assert (len(first.added), first.changed, first.removed, first.announced) == (39, (), (), True)
    assert Day.objects.filter(kind=Day.Kind.WORK).count() == 6
    again = refresh_days(2026)
    assert not again.differs
    assert Day.objects.count() == 39


def test_refreshing_corrects_and_removes_what_is_ours_and_keeps_what_is_by_hand(national):
    Day.objects.filter(day=date(2026, 10, 1)).update(kind=Day.Kind.WORK)
    Day.objects.create(day=date(2026, 3, 3), kind=Day.Kind.REST, name="旧", source="holidays 0.1")
    Day.objects.create(day=date(2026, 3, 4), kind=Day.Kind.REST, name="停电", source="hand")
    Day.objects.filter(day=date(2026, 10, 2)).update(kind=Day.Kind.WORK, source="hand")
    plan = plan_days(2026)
    done = refresh_days(2026)
    assert done == plan
    assert (done.changed, done.removed) == ((date(2026, 10, 1),), (date(2026, 3, 3),))
    assert done.kept_by_hand == (date(2026, 3, 4), date(2026, 10, 2))
    assert Day.objects.get(day=date(2026, 10, 1)).kind == Day.Kind.REST
    assert Day.objects.get(day=date(2026, 10, 2)).kind == Day.Kind.WORK


def test_a_year_not_announced_is_provisional_and_said(national):
    assert set(Day.objects.filter(day__year=2027).values_list("provisional", "kind")) == {(True, "rest")}
    assert ArrangedYear.objects.get(year=2027).announced is False
    with translation.override("en"):
        assert calendar_warnings(date(2026, 10, 31)) == []
        assert calendar_warnings(date(2026, 11, 1)) == [
            "The holiday arrangement for 2027 is not announced yet; its days are provisional, "
            "without exchanged weekends."
        ]
        assert len(calendar_warnings(date(2027, 1, 1))) == 1


def test_the_migration_fills_the_table_and_can_go_back():
    Day.objects.all().delete()
    ArrangedYear.objects.all().delete()
    migration = import_module("foundation.worktime.migrations.0002_national_days")
    migration.fill(apps, None)
    assert {year: plan_days(year).differs for year in migration.YEARS} == dict.fromkeys(
        migration.YEARS, False
    )
    assert dict(ArrangedYear.objects.values_list("year", "announced"))[2026] is True
    Day.objects.create(day=date(2026, 3, 4), kind=Day.Kind.REST, name="停电", source="hand")
    migration.empty(apps, None)
    assert list(Day.objects.values_list("day", flat=True)) == [date(2026, 3, 4)]
    assert not ArrangedYear.objects.exists()


def test_the_command_refreshes_and_prints_one_json_document(capsys):
    Day.objects.all().delete()
    call_command("calendar_days", "--year", "2026", "--year", "2027", "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert [(year["year"], year["announced"], len(year["added"])) for year in told] == [
        (2026, True, 39),
        (2027, False, Day.objects.filter(day__year=2027).count()),
    ]
    assert told[0]["warnings"] == []
    assert len(told[1]["warnings"]) == 1


def test_the_command_checks_without_writing(national, capsys):
    call_command("calendar_days", "--year", "2026", "--check")
    assert "2026: +0 ~0 -0" in capsys.readouterr().out
    Day.objects.filter(day=date(2026, 10, 1)).delete()
    with pytest.raises(SystemExit) as caught:
        call_command("calendar_days", "--year", "2026", "--check")
    assert caught.value.code == 1
    assert "2026: +1 ~0 -0" in capsys.readouterr().out
    assert not Day.objects.filter(day=date(2026, 10, 1)).exists()


def test_the_command_refuses_a_year_nobody_knows():
    with pytest.raises(CommandError, match="2300"):
        call_command("calendar_days", "--year", "2300")
