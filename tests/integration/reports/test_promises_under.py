"""Promises on the supervisor's page and in reports: what is counted, for whom, and that each figure is its list. Read
in English.
"""

from __future__ import annotations

import datetime
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.audit.services import Actor
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import Position, User
from tests.factories.organisation import hold, make_position, make_user
from tests.factories.workflows import House, make_house, open_complaint, small_complaint, take
from workflows.models import Case, Promise
from workflows.reports.definitions import check_report
from workflows.reports.monthly import cases_of, cases_of_part, figures_of, shares_of
from workflows.reports.schema import ReportDefinition
from workflows.services.definitions import publish_workflow
from workflows.services.promises import Said, keep_promise, record_promise, sweep
from workflows.services.promising import move

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def house() -> House:
    house = make_house()
    body = small_complaint()
    body["access"] = {**body["access"], "reassigns": ["general_manager"]}
    publish_workflow(body, by=house["administrator"])
    return house


def sign(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def post_of(person: User) -> Position:
    return Position.objects.get(holdings__person=person)


def assigned(house: House, to: User | None = None) -> Case:
    case = open_complaint(house)
    take(house, case, "assign", **({"assignee": to.uuid} if to else {}))
    return Case.objects.get(pk=case.pk)


def promised(case: Case, by: User, hours: int, broken: bool = False) -> Promise:
    """Promise something; one that is due in the past was due later first, as nobody promises for yesterday."""
    due = timezone.now() + max(hours, 1) * HOUR
    said = Said(what="Call back", to_whom="Mr Wang", due_at=due)
    promise = record_promise(case_uuid=case.uuid, said=said, by=by, idempotency_key=uuid.uuid4().hex)
    if hours < 0:
        with transaction.atomic():
            move(promise, case, timezone.now() + hours * HOUR, Actor.system("test"))
    if broken:
        assert sweep() >= 1
    promise.refresh_from_db()
    return promise


def linked(page: str) -> dict[str, int]:
    found = re.findall(r'<a[^>]*href="(/promises/\?[^"]+)"[^>]*>([0-9,]+)</a>', page)
    return {address.replace("&amp;", "&"): int(number) for address, number in found}


def listed(page: str) -> int:
    return page.count("data-row-link")


def test_each_figure_opens_the_list_of_exactly_the_promises_it_counts(house: House) -> None:
    boss, worker, other = house["general_manager"], house["assignee"], house["manager"]
    post_of(worker).superiors.add(post_of(boss))
    first, second = assigned(house), assigned(house, other)
    promised(first, worker, -2, broken=True)
    promised(first, worker, -1)
    promised(first, worker, 5)
    promised(second, other, 72)
    keep_promise(promise=promised(first, worker, 9), by=worker, idempotency_key="k")

    client = sign(boss)
    told = linked(client.get(reverse("reports:load")).content.decode())

    assert {address: listed(client.get(address).content.decode()) for address in told} == told
    assert told["/promises/?whose=led&show=owed"] == 4
    assert told[f"/promises/?whose=led&show=overdue&person={worker.uuid}"] == 2
    assert told[f"/promises/?whose=led&show=soon&department={post_of(worker).department.code}"] == 1
    assert told["/promises/?whose=led&show=owed&department=others"] == 1
    assert told["/promises/?whose=led&show=owed&workflow=complaint"] == 4


def test_promises_on_cases_the_supervisor_may_not_see_are_not_counted(house: House) -> None:
    boss, top = make_user(), make_position()
    hold(boss, top)
    post_of(house["assignee"]).superiors.add(top)
    promised(assigned(house), house["assignee"], 5)

    client = sign(boss)
    assert linked(client.get(reverse("reports:load")).content.decode()) == {}
    assert listed(client.get("/promises/?whose=led&show=owed").content.decode()) == 0


def test_a_list_that_a_figure_narrowed_says_so_and_can_be_widened(house: House) -> None:
    promised(assigned(house), house["assignee"], 5)
    client = sign(house["general_manager"])
    page = client.get("/promises/?whose=led&show=owed&workflow=complaint").content.decode()

    widened = re.search(r'class="register-chip__remove" href="([^"]+)"', page)
    assert widened is not None
    assert widened[1].replace("&amp;", "&") == "?whose=led&show=owed"
    assert "Filters in use" not in client.get("/promises/?whose=led&workflow=none").content.decode()


def test_the_page_asks_as_often_however_many_promises_there_are(house: House) -> None:
    client, case = sign(house["general_manager"]), assigned(house)
    promised(case, house["assignee"], 5)

    def asked(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    few: Any = asked(reverse("reports:load"))
    for hours in (6, 7, 80):
        promised(case, house["manager"], hours)
    assert asked(reverse("reports:load")) == few


# --- in reports ------------------------------------------------------------------------------------------------------


def report() -> dict[str, Any]:
    def text(words: str) -> dict[str, str]:
        return {"zh-hans": words, "en": words}

    def figure(name: str, *standing: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "title": text(name), "where": {"promises": list(standing)}, **more}

    return {
        "schema_version": 1,
        "key": "promises",
        "title": text("Promises of the month"),
        "readers": ["general_manager", "clerk"],
        "monthly": {
            "workflow": "complaint",
            "months": 2,
            "figures": [
                figure("any"),
                figure("broken", "broken"),
                figure("missed", "broken", "late"),
                figure("kept", "kept", measure="promises"),
                figure("share", "kept", measure="share", of="any"),
            ],
            "groups": [
                {"id": "who", "title": text("Who"), "figure": "missed", "by": "promised_by"},
                {"id": "whose", "title": text("Whose"), "figure": "broken", "by": "assignee"},
            ],
        },
    }


def test_a_report_counts_what_was_kept_late_and_broken_and_each_number_is_its_list(house: House) -> None:
    worker, other, boss = house["assignee"], house["manager"], house["general_manager"]
    missed, kept, late = assigned(house), assigned(house), assigned(house)
    promised(missed, worker, -2, broken=True)
    promised(missed, other, -3)
    for hours in (5, 6):
        keep_promise(promise=promised(kept, worker, hours), by=worker, idempotency_key=str(hours))
    keep_promise(promise=promised(late, other, -1), by=other, idempotency_key="late")
    body = report()
    assert check_report(body) == []
    monthly = ReportDefinition.model_validate(body).monthly
    assert monthly is not None
    month = timezone.localdate().replace(day=1)

    found = figures_of(monthly, boss, [month])
    assert {name: values[month] for name, values in found.items()} == {
        "any": 3,
        "broken": 1,
        "missed": 2,
        "kept": 2,
        "share": Decimal("33.3"),
    }
    for figure in monthly.figures[:3]:
        listed_cases = cases_of(monthly, figure, boss, month, month)
        assert listed_cases.count() == found[figure.id][month]
    who = monthly.groups[0]
    shares = {int(one.value): one.count for one in shares_of(monthly, who, boss, month)}
    assert shares == {worker.pk: 1, other.pk: 2}
    of_other = cases_of_part(monthly, who, boss, month, str(other.pk))
    assert set(of_other) == {missed, late}
    assert list(cases_of_part(monthly, who, boss, month, "")) == []

    assert set(figures_of(monthly, make_user(), [month])["any"].values()) == {0}


def test_a_report_of_promises_is_shown_and_leads_to_cases(house: House) -> None:
    promised(assigned(house), house["assignee"], -2, broken=True)
    publish(kind=Edition.Kind.REPORT, key="promises", body=report(), by=house["administrator"])

    page = sign(house["general_manager"]).get("/reports/promises/").content.decode()

    row = re.search(r'<tr[^>]*><th scope="row">broken</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    address = re.findall(r'href="([^"]+)"[^>]*>1</a>', row[1])[0].replace("&amp;", "&")
    assert Case.objects.get().number in sign(house["general_manager"]).get(address).content.decode()
    assert "Second Manager" in page
