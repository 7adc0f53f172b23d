"""Calendars in packs: loaded once, changed with a record, exported as they were read."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from foundation.audit.queries import events_of
from foundation.packs.loaders.calendars import CalendarLoader
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db

PATH = PurePosixPath("calendars/shop.yaml")


def file(**changed: Any) -> dict[str, Any]:
    return {"key": "shop", "name": "门店", "weekly": {"monday": ["09:00-12:00"]}, **changed}


def test_a_calendar_is_created_then_unchanged_then_changed_with_each_difference_on_record() -> None:
    by, loader = make_user(), CalendarLoader()
    assert [change.action for change in loader.apply(PATH, file(), by=by)] == ["created"]
    assert [change.action for change in loader.plan(PATH, file(), by=by)] == ["unchanged"]
    later = file(weekly={"monday": ["09:00-17:00"]})
    assert [change.action for change in loader.apply(PATH, later, by=by)] == ["changed"]
    told = events_of("calendar:shop")
    assert [(event.kind, event.actor_id) for event in told] == [("calendar_changed", by.pk)] * 2
    assert [(change.path, change.before, change.after) for change in told[1].changes] == [
        ("weekly", {"monday": ["09:00-12:00"]}, {"monday": ["09:00-17:00"]})
    ]


def test_what_is_exported_reads_back_as_nothing_new() -> None:
    by, loader = make_user(), CalendarLoader()
    loader.apply(PATH, file(overrides=[{"date": "2026-10-08", "closed": True, "note": "盘点"}]), by=by)
    ((path, content),) = loader.export()
    assert path == str(PATH)
    assert [change.action for change in loader.plan(PATH, content, by=by)] == ["unchanged"]
