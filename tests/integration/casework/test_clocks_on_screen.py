"""Time limits on screen: beside the case, in the lists, explained, and watched by whoever looks after them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation.outbox import jobs
from foundation.outbox.models import Job, Message, Round
from foundation.outbox.signals import job_advanced
from foundation.outbox.worker import Worker
from foundation.worktime.services import export_calendar, load_calendar
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed, put_clock, the_clock
from tests.factories.organisation import make_user, make_user_with_roles
from workflows.models import CaseClock
from workflows.services.clocks import sweep

pytestmark = pytest.mark.django_db


def page(client: Client, route: str, *arguments: object, **query: str) -> str:
    answer = client.get(reverse(route, args=arguments), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_case_its_lists_and_the_explanation_show_when_it_is_due(client: Client) -> None:
    client.cookies["django_language"] = "en"
    working = clock(
        "working",
        calendar="aftersales",
        targets=[{"amount": 24, "unit": "working_hours"}],
        warnings=[{"percent": 75, "roles": ["worker"]}],
        due={"roles": ["boss"]},
    )
    people = publish_timed(clock(), working)
    worker = people["worker"][0]
    worker.language = "en"
    worker.save()
    case = open_one(worker)
    client.force_login(worker)
    assert "Time limits" in page(client, "casework:case", case.uuid)
    put_clock(the_clock(case), due_at=timezone.now() - dt.timedelta(hours=3))
    for route in ("casework:cases", "casework:inbox"):
        assert "chip--refused" in page(client, route)
    told = page(client, "casework:clock", case.uuid, "working")
    assert "24 working hours" in told
    assert "After-sales service" in told
    assert the_clock(case, "working").calendar_version in told
    assert "Counted" in told
    assert "75 % of the time has run" in told
    assert client.get(reverse("casework:clock", args=[case.uuid, "no_such"])).status_code == 404
    client.force_login(make_user())
    assert client.get(reverse("casework:clock", args=[case.uuid, "working"])).status_code == 404


def test_whoever_looks_after_the_house_sees_what_was_fired_what_is_next_and_what_failed(
    client: Client,
) -> None:
    client.cookies["django_language"] = "en"
    people = publish_timed(clock(due={"roles": ["boss"]}))
    keeper = make_user_with_roles("administrator")
    keeper.language = "en"
    keeper.save()
    client.force_login(keeper)
    assert "No time limit of this kind" in page(client, "casework:clocks")
    case = open_one(people["worker"][0], note="what it is about")
    CaseClock.objects.update(last_error="The moon is full.", last_error_at=timezone.now(), failures=3)
    shown = page(client, "casework:clocks", scope="failing")
    assert case.number in shown
    assert "The moon is full." in shown
    assert "what it is about" not in shown
    sweep(timezone.now() + dt.timedelta(hours=3))
    assert "nothing more" in page(client, "casework:clocks")
    client.force_login(people["worker"][0])
    assert client.get(reverse("casework:clocks")).status_code in (403, 404)


def test_what_would_move_with_another_calendar_is_listed_and_nothing_is_changed(client: Client) -> None:
    client.cookies["django_language"] = "en"
    people = publish_timed(clock(calendar="aftersales", targets=[{"amount": 20, "unit": "working_days"}]))
    case = open_one(people["worker"][0])
    row = the_clock(case)
    keeper = make_user_with_roles("administrator")
    keeper.language = "en"
    keeper.save()
    client.force_login(keeper)
    assert row.due_at is not None
    day = timezone.localdate(row.due_at).isoformat()
    assert case.number in page(client, "casework:what-if", calendar="aftersales", day=day, hours="")
    far = (timezone.localdate() + dt.timedelta(days=200)).isoformat()
    assert "No due time would move" in page(client, "casework:what-if", calendar="aftersales", day=far)
    assert "Write hours as" in page(
        client, "casework:what-if", calendar="aftersales", day=day, hours="nine to five"
    )
    assert the_clock(case).due_at == row.due_at


@pytest.mark.django_db(transaction=True)
def test_a_changed_calendar_is_followed_by_a_job_that_begins_again_where_it_was_broken_off(
    client: Client,
) -> None:
    client.cookies["django_language"] = "en"
    working = clock(calendar="aftersales", targets=[{"amount": 20, "unit": "working_days"}])
    people = publish_timed(working)
    cases = [open_one(people["worker"][0]) for _number in range(2)]
    before = [the_clock(case) for case in cases]
    keeper = make_user_with_roles("administrator")
    keeper.language = "en"
    keeper.save()
    client.force_login(keeper)
    assert before[0].due_at is not None
    day = timezone.localdate(before[0].due_at)
    file = export_calendar("aftersales")
    file["overrides"].append({"date": day.isoformat(), "closed": True, "note": "盘点", "note_en": "Stock"})
    load_calendar(file, by=None)
    assert "2 time limits still stand on a former version" in page(client, "casework:clocks")
    begun = client.post(reverse("casework:clocks-reckon"))
    assert "see how far it is" in page(client, "casework:clocks")
    # The round that follows calendars by itself comes later.
    Round.objects.create(name="clocks of changed calendars", due_at=timezone.now() + dt.timedelta(minutes=5))
    worker = Worker()
    job_advanced.connect(lambda **_: jobs.stopping.set(), weak=False, dispatch_uid="stop")
    try:
        worker.run(once=True)  # told to stop before the first clock
    finally:
        job_advanced.disconnect(dispatch_uid="stop")
    assert Job.objects.get().state == Job.State.WAITING
    assert [the_clock(case).due_at for case in cases] == [row.due_at for row in before]
    Message.objects.filter(kind="job").update(due_at=timezone.now())
    Worker().run(once=True)
    assert Job.objects.get().state == Job.State.DONE
    assert all(the_clock(case).due_at > row.due_at for case, row in zip(cases, before, strict=True))
    assert "2 due times have moved." in client.get(begun.url).content.decode()
    assert client.post(reverse("casework:clocks-reckon")).url == reverse("casework:clocks")
