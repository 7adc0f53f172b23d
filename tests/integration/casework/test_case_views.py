"""The list of cases arranged for oneself: answers as columns and filters, and views that are kept and shared."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from backoffice.access.records import stream_of
from backoffice.casework.listed import listed_for
from backoffice.casework.wanted import Wanted
from forms.models import SavedView
from forms.registers.filters import Filter, Op
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, form_body, open_one, publish_all, state, step, text, workflow_body
from tests.factories.organisation import bind_role, make_group, make_user
from workflows.models import Case

pytestmark = pytest.mark.django_db

CASES = "/cases/"
AMOUNT, NOTE, PHONE, SALARY, SECRET = (
    "amount@whole",
    "note@text",
    "phone@text",
    "salary@whole",
    "secret@text",
)
WAY, VOUCHER = "_step.way@choice", "_step.voucher@text"


@pytest.fixture
def people() -> dict[str, list[User]]:
    """Claims that clerks and cashiers see; what a salary is, only cashiers read, and nobody in lists the secret."""
    form = form_body()
    form["pages"][0]["groups"][0]["fields"] += [
        {"id": "phone", "kind": "text", "label": text("电话"), "confidentiality": "personal"},
        {"id": "salary", "kind": "whole_number", "label": text("工资"), "readers": ["cashier"]},
        {
            "id": "secret",
            "kind": "text",
            "label": text("密语"),
            "confidentiality": "confidential",
            "readers": ["cashier", "clerk"],
        },
    ]
    ways = {"choices": [{"key": "cash", "label": text("现金")}, {"key": "bank", "label": text("转账")}]}
    asks = [
        {"id": "way", "kind": "choice", "label": text("付款方式"), "options": ways},
        {"id": "voucher", "kind": "text", "label": text("凭证号"), "readers": ["cashier"]},
    ]
    body = workflow_body(
        [state("to_pay"), state("paid", "final")],
        [step("pay", "to_pay", "paid", "cashier", asks=asks)],
        access={"sees": ["submitter", "cashier", "clerk"], "reassigns": ["clerk"]},
    )
    publish(kind=Edition.Kind.FORM, key="spending", body=form, by=make_user())
    found = publish_all(body)
    return found | publish_all(
        workflow_body(
            [state("new"), state("done", "final")],
            [step("end", "new", "done", "outsider")],
            key="other",
            access={"sees": ["outsider"]},
        )
    )


def client_of(person: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = language
    return client


def opened(people: dict[str, list[User]], amount: int, note: str = "", **more: Any) -> Case:
    return open_one(
        make_user(),
        amount=amount,
        note=note or f"第 {amount} 号",
        phone="13812345678",
        salary=amount * 10,
        secret=f"密{amount}",
        **more,
    )


def amounts(page: Any) -> list[int]:
    assert page.status_code == 200, page.status_code
    keys = re.findall(r'<th scope="row"><a href="/cases/([^"/]+)/">', page.content.decode())
    found = {str(case.uuid): case.submission.answers["amount"] for case in Case.objects.all()}
    return [found[key] for key in keys]


def ask(client: Client, **said: Any) -> Any:
    return client.get(CASES, {"scope": "all", "workflow": "spending", **said})


# --- answers as filters ----------------------------------------------------------------------------------------------


def test_cases_are_filtered_by_an_answer_and_the_filter_says_so(people: dict[str, list[User]]) -> None:
    for amount in (5, 50, 500):
        opened(people, amount)
    client = client_of(people["clerk"][0])
    page = ask(client, f=f"{AMOUNT}:between:10|100")
    assert amounts(page) == [50]
    assert [chip.sentence for chip in page.context["chips"]] == ["金额 from 10 to 100"]
    assert amounts(ask(client, f=[f"{AMOUNT}:between:10|", f"{NOTE}:contains:500"])) == [500]
    assert sorted(amounts(client.get(CASES + page.context["chips"][0].remove_url))) == [5, 50, 500]
    chinese = ask(client_of(people["clerk"][0], "zh-hans"), f=f"{AMOUNT}:between:10|")
    assert [chip.sentence for chip in chinese.context["chips"]] == ["金额 从 10 起"]


def test_a_filter_is_set_in_the_panel_and_a_fault_keeps_what_was_typed(people: dict[str, list[User]]) -> None:
    opened(people, 5)
    opened(people, 50)
    client = client_of(people["clerk"][0])
    panel = ask(client, edit=AMOUNT)
    assert panel.context["editor"].heading == "金额"
    wrong = ask(client, add=AMOUNT, op="between", first="many", last="")
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.content.decode()
    assert "Write a number in digits" in wrong.content.decode()
    set_now = ask(client, add=AMOUNT, op="between", first="10", last="")
    assert amounts(client.get(set_now["Location"])) == [50]
    again = client.get(set_now["Location"] + "&edit=0")
    assert again.context["editor"].place == "0"
    changed = client.get(f"{set_now['Location']}&add={AMOUNT}&place=0&op=between&first=&last=10")
    assert amounts(client.get(changed["Location"])) == [5]


@pytest.mark.parametrize(
    "probe",
    [
        f"{SALARY}:between:1|",
        f"{SECRET}:contains:密",
        f"{PHONE}:is:13812345678",
        "_by:contains:a",
        "_number:contains:SP",
        f"{WAY}:any:cash",
        "nothing@text:answered:",
    ],
)
def test_nothing_is_found_out_by_filtering_what_is_masked_or_not_of_the_answers(
    people: dict[str, list[User]], probe: str
) -> None:
    for amount in (5, 50):
        opened(people, amount)
    client = client_of(people["clerk"][0])
    page = ask(client, f=probe)
    assert sorted(amounts(page)) == [5, 50]
    assert page.context["chips"] == []
    assert "not open to you here" in page.content.decode()
    taken = client.get("/cases/file/", {"scope": "all", "workflow": "spending", "f": probe})
    assert taken.status_code == 302
    told = [event.kind for event in events_of(stream_of(people["clerk"][0]))]
    assert "user.cases_exported" not in told


def test_who_reads_an_answer_filters_by_it_but_never_by_what_is_confidential(
    people: dict[str, list[User]],
) -> None:
    for amount in (5, 50):
        opened(people, amount)
    client = client_of(people["cashier"][0])
    assert amounts(ask(client, f=f"{SALARY}:between:100|")) == [50]
    offered = [one.key for one in ask(client).context["filters_offered"]]
    assert AMOUNT in offered
    assert SALARY in offered
    assert SECRET not in offered
    assert SECRET not in [one.key for one in ask(client).context["columns_offered"]]


def test_answers_of_a_workflow_one_sees_nothing_of_are_not_even_named(people: dict[str, list[User]]) -> None:
    page = ask(client_of(people["outsider"][0]))
    assert page.context["filters_offered"] == []
    assert "金额" not in page.content.decode()


def test_filters_of_one_workflow_fall_out_when_another_is_chosen(people: dict[str, list[User]]) -> None:
    opened(people, 5)
    both = people["clerk"][0]
    both.groups.add(*people["outsider"][0].groups.all())
    page = client_of(both).get(
        CASES,
        {"scope": "all", "workflow": "other", "of": "spending", "f": f"{AMOUNT}:between:9|", "c": AMOUNT},
    )
    assert page.context["wanted"].filters == ()
    assert page.context["wanted"].columns == ()
    assert "left out" not in page.content.decode()


@pytest.mark.parametrize("bound", [3, 1000])
@pytest.mark.parametrize("few", [2, 1000])
def test_whichever_way_the_list_is_read_the_same_cases_are_found(
    people: dict[str, list[User]], bound: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.lists.FEW_SUBMISSIONS", few)
    for amount in range(1, 9):
        opened(people, amount)
    wanted = Wanted(
        scope="all", workflow="spending", filters=(Filter(AMOUNT, Op.BETWEEN, ("3", "")),), sort="opened"
    )
    found = listed_for(people["clerk"][0], wanted, bound=bound).cases
    expected = [
        case.pk for case in Case.objects.order_by("opened_at", "pk") if case.submission.answers["amount"] >= 3
    ]
    assert found.ids == expected[:bound]
    assert found.more == (len(expected) > bound)
    unanswered = Wanted(scope="all", workflow="spending", filters=(Filter("plate@text", Op.EMPTY),))
    assert len(listed_for(people["clerk"][0], unanswered, bound=bound).cases.ids) == min(bound, 8)


def test_all_of_the_list_given_together_are_those_of_the_filter(people: dict[str, list[User]]) -> None:
    opened(people, 5)
    wanted = opened(people, 50)
    client = client_of(people["clerk"][0])
    back = ask(client, f=f"{AMOUNT}:between:10|").context["wanted"].address()
    page = client.post("/cases/together/give/", {"back": back, "every": "1"})
    assert wanted.number in page.content.decode()
    assert Case.objects.exclude(pk=wanted.pk).get().number not in page.content.decode()
    masked = back.replace("amount%40whole", "salary%40whole")
    page = client.post("/cases/together/give/", {"back": masked, "every": "1"})
    assert wanted.number not in page.content.decode()


# --- columns -------------------------------------------------------------------------------------------------------


def test_columns_are_chosen_and_show_answers_of_form_and_steps(people: dict[str, list[User]]) -> None:
    case = opened(people, 5)
    cashier = people["cashier"][0]
    act(case, "pay", cashier, answers={"way": ["bank"], "voucher": ["V-77"]})
    said = {"c": ["state", AMOUNT, WAY, VOUCHER, PHONE, SALARY, "department", "grade", "closed", "submitter"]}
    page = ask(client_of(cashier), **said).content.decode()
    assert [one.text for one in ask(client_of(cashier), **said).context["headings"]][:4] == [
        "Number",
        "State",
        "金额",
        "付款方式",
    ]
    assert "转账" in page
    assert "V-77" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    clerk = ask(client_of(people["clerk"][0]), **said).content.decode()
    assert "V-77" not in clerk
    assert "••••" in clerk
    assert "转账" in clerk


def test_without_a_workflow_only_what_every_case_has_can_be_a_column(people: dict[str, list[User]]) -> None:
    opened(people, 5)
    page = client_of(people["clerk"][0]).get(CASES, {"c": [AMOUNT, "opened"]})
    assert [one.key for one in page.context["headings"]] == ["number", "opened"]
    assert "once a workflow is chosen" in page.content.decode()


def test_the_file_holds_the_answers_shown_typed_and_masked_as_on_the_screen(
    people: dict[str, list[User]],
) -> None:
    opened(people, 5, note="=1+1")
    client = client_of(people["clerk"][0])
    said = {"scope": "all", "workflow": "spending", "c": [AMOUNT, NOTE, SALARY]}
    content = b"".join(client.get("/cases/file/", {**said, "format": "xlsx"}).streaming_content)
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    told = dict(zip([one.value for one in sheet[1]], [one.value for one in sheet[2]], strict=True))
    assert told["金额"] == 5
    assert told["说明"] == "=1+1"
    assert told["工资"] == "••••"
    text_file = b"".join(client.get("/cases/file/", {**said, "format": "csv"}).streaming_content).decode()
    assert "'=1+1" in text_file
    assert "50" not in text_file.split("\n")[1].split(",")[-1]


def test_the_list_asks_the_same_however_many_cases_there_are(people: dict[str, list[User]]) -> None:
    client = client_of(people["clerk"][0])
    said = {"f": f"{AMOUNT}:between:1|", "c": [AMOUNT, WAY, "due"]}
    opened(people, 1)
    ask(client, **said)
    with CaptureQueriesContext(connection) as one:
        ask(client, **said)
    for amount in range(2, 12):
        opened(people, amount)
    with CaptureQueriesContext(connection) as many:
        ask(client, **said)
    assert len(many) == len(one)


# --- views -----------------------------------------------------------------------------------------------------------


def keep(client: Client, **said: str) -> Any:
    query = f"scope=all&workflow=spending&f={AMOUNT}:between:10|&c=amount@whole&sort=number"
    return client.post("/cases/views/", {"query": query, "name": "大额", **said})


def test_a_view_is_kept_and_opens_what_it_says(people: dict[str, list[User]]) -> None:
    opened(people, 5)
    opened(people, 50)
    client = client_of(people["clerk"][0])
    kept = keep(client)
    view = SavedView.objects.get()
    assert kept["Location"] == f"{CASES}?view={view.uuid}"
    page = client.get(kept["Location"])
    assert amounts(page) == [50]
    assert not page.context["changed"]
    assert [tab.current for tab in page.context["tabs"]] == [True]
    assert amounts(client.get(CASES)) == [50, 5]
    keep(client, first="1")
    assert client.get(CASES)["Location"] == f"{CASES}?view={view.uuid}"
    assert sorted(amounts(client.get(CASES, {"scope": "open"}))) == [5, 50]
    changed = client.get(CASES + page.context["chips"][0].remove_url)
    assert changed.context["changed"]
    assert "Back to the view" in changed.content.decode()
    assert sorted(amounts(changed)) == [5, 50]


def test_a_view_is_shared_with_a_role_one_has_and_seen_with_ones_own_eyes(
    people: dict[str, list[User]],
) -> None:
    opened(people, 5)
    both = make_user()
    group = make_group()
    both.groups.add(group, *people["cashier"][0].groups.all())
    bind_role("clerk", group)
    client = client_of(both)
    query = f"scope=all&workflow=spending&f={SALARY}:between:999|&c={SALARY}"
    keep(client, name="高薪", query=query, role="clerk")
    assert amounts(client.get(CASES, {"view": SavedView.objects.get().uuid})) == []
    keep(client, name="不许", role="outsider")
    assert [view.name for view in SavedView.objects.all()] == ["高薪"]
    clerk = client_of(people["clerk"][0])
    page = clerk.get(CASES, {"view": SavedView.objects.get().uuid})
    assert amounts(page) == [5]
    assert "shared by" in page.content.decode()
    assert "••••" in page.content.decode()
    assert client_of(people["outsider"][0]).get(CASES).context["tabs"] == []


def test_a_view_is_thrown_away_by_its_owner_alone(people: dict[str, list[User]]) -> None:
    client = client_of(people["clerk"][0])
    keep(client, role="clerk")
    view = SavedView.objects.get()
    address = f"/cases/views/{view.uuid}/discard/"
    assert client_of(people["cashier"][0]).post(address).status_code == 404
    assert client.post(address)["Location"] == f"{CASES}?scope=open"
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_refused_and_the_list_stays_as_it_was(people: dict[str, list[User]]) -> None:
    opened(people, 50)
    client = client_of(people["clerk"][0])
    page = client.get(keep(client, name="  ")["Location"])
    assert "Give the view a name." in page.content.decode()
    assert amounts(page) == [50]
    assert len(page.context["chips"]) == 1


def test_views_of_the_list_and_of_registers_do_not_meet(people: dict[str, list[User]]) -> None:
    clerk = people["clerk"][0]
    SavedView.objects.create(place="spending", name="台账的", owner=clerk)
    keep(client_of(clerk))
    assert [tab.name for tab in client_of(clerk).get(CASES, {"scope": "open"}).context["tabs"]] == ["大额"]
