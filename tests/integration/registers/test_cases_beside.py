"""Registers show where the case of each submission stands and what its steps added: to whoever may see the case."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, form_body, open_one, publish_all, state, step, text, workflow_body
from tests.factories.organisation import make_user
from workflows.models import Case

pytestmark = pytest.mark.django_db

LIST = "/registers/spending/"
PAID, WAY, VOUCHER = "_case.paid_on@date", "_case.way@choice", "_case.voucher@text"
STATE, SECRET, CALLED = "_case.state", "_case.secret@text", "_case.called@text"
DAY = "2 Mar 2026"


def asks() -> list[dict[str, Any]]:
    ways = {"choices": [{"key": "cash", "label": text("现金")}, {"key": "bank", "label": text("转账")}]}
    return [
        {"id": "paid_on", "kind": "date", "label": text("付款日期")},
        {"id": "way", "kind": "choice", "label": text("付款方式"), "options": ways},
        {"id": "called", "kind": "text", "label": text("通话对象"), "confidentiality": "personal"},
        {"id": "secret", "kind": "text", "label": text("账号"), "confidentiality": "confidential"},
        {"id": "voucher", "kind": "text", "label": text("凭证号"), "readers": ["cashier"]},
    ]


@pytest.fixture
def people() -> dict[str, list[User]]:
    body = workflow_body(
        [state("to_pay"), {**state("paid", "final"), "title": {"zh-hans": "已付款", "en": "Paid"}}],
        [step("pay", "to_pay", "paid", "cashier", asks=asks())],
        access={"sees": ["submitter", "cashier", "controller"]},
    )
    form = {**form_body(), "registered": {"readers": ["cashier", "controller", "outsider"]}}
    publish(kind=Edition.Kind.FORM, key="spending", body=form, by=make_user())
    found = publish_all(body)
    return found | publish_all(
        workflow_body(
            [state("new"), state("done", "final")], [step("end", "new", "done", "outsider")], key="other"
        )
    )


ANSWERS = {
    "paid_on": ["2026-03-02"],
    "way": ["bank"],
    "called": ["王小明"],
    "secret": ["6222020200"],
    "voucher": ["记-118"],
}


def paid(people: dict[str, list[User]]) -> Case:
    return act(open_one(make_user(), note="空调"), "pay", people["cashier"][0], answers=ANSWERS)


def shown(person: User, *columns: str) -> str:
    return str(signed_in(person).get(LIST, {"c": list(columns)} if columns else {}).content.decode())


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def rows(page: str) -> str:
    return page[page.index("<tbody") :]


def test_where_the_case_stands_is_shown_without_asking_for_it(people: dict[str, list[User]]) -> None:
    paid(people)
    page = shown(people["cashier"][0])
    assert "Where the case stands" in page
    assert "Paid" in rows(page)


def test_what_the_steps_added_is_shown_to_those_who_may_read_it(people: dict[str, list[User]]) -> None:
    paid(people)
    page = rows(shown(people["cashier"][0], PAID, WAY, VOUCHER, CALLED))
    for words in (DAY, "转账", "记-118"):
        assert words in page, words
    assert "王小明" not in page  # personal, and the question names nobody who reads it
    limited = rows(shown(people["controller"][0], PAID, WAY, VOUCHER))
    assert DAY in limited
    assert "记-118" not in limited


def test_of_a_case_that_one_may_not_see_nothing_stands_there(people: dict[str, list[User]]) -> None:
    case = paid(people)
    page = rows(shown(people["outsider"][0], STATE, PAID, WAY))
    assert case.submission.number in page
    for words in ("Paid", DAY, "转账"):
        assert words not in page


def test_what_is_confidential_is_never_a_column(people: dict[str, list[User]]) -> None:
    paid(people)
    page = shown(people["cashier"][0], PAID, SECRET)
    assert "6222020200" not in page
    assert SECRET not in page.split("<tbody")[0].split("register-columns")[-1]


def test_files_hold_it_typed_and_as_far_as_their_reader_may_see_it(people: dict[str, list[User]]) -> None:
    paid(people)
    answer = signed_in(people["cashier"][0]).get(f"{LIST}export/", {"format": "xlsx", "which": "all"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    told = dict(zip([one.value for one in sheet[1]], [one.value for one in sheet[2]], strict=True))
    assert told["Where the case stands"] == "Paid"
    assert told["付款日期"].date() == datetime.date(2026, 3, 2)
    assert told["付款方式"] == "转账"
    assert "账号" not in told
    outside = signed_in(people["outsider"][0]).get(f"{LIST}export/", {"format": "csv", "which": "all"})
    content = b"".join(outside.streaming_content).decode("utf-8-sig")
    assert "付款日期" in content
    assert "2026-03-02" not in content
    assert "Paid" not in content


def test_only_the_columns_shown_go_into_a_file_where_that_is_asked(people: dict[str, list[User]]) -> None:
    paid(people)
    query = {"format": "csv", "which": "shown", "c": [WAY]}
    answer = signed_in(people["cashier"][0]).get(f"{LIST}export/", query)
    heading = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert "付款方式" in heading
    assert "付款日期" not in heading


def test_it_can_be_neither_filtered_nor_sorted_by(people: dict[str, list[User]]) -> None:
    paid(people)
    client = signed_in(people["cashier"][0])
    page = client.get(LIST, {"sort": PAID, "f": f"{PAID}:between:2020-01-01|"})
    assert page.status_code == 200
    assert page.context["wanted"].filters == ()
    assert page.context["wanted"].sort.column != PAID
    assert client.get(LIST, {"c": PAID}).context["headings"][0].sort_url == ""


def test_a_view_keeps_it_and_the_queries_do_not_grow(people: dict[str, list[User]]) -> None:
    client = signed_in(people["cashier"][0])
    paid(people)
    client.post(f"{LIST}views/", {"name": "付款", "query": f"c={PAID}&c={STATE}"})
    counts = []
    for _turn in range(2):
        client.get(LIST, {"c": [PAID, STATE]})
        with CaptureQueriesContext(connection) as seen:
            page = client.get(LIST, {"c": [PAID, STATE]})
        counts.append(len(seen))
        for _more in range(4):
            paid(people)
    assert counts[0] == counts[1]
    assert "付款日期" in page.content.decode()
    assert "付款" in client.get(LIST, follow=True).content.decode()


def test_a_form_that_opens_no_case_has_no_such_column(people: dict[str, list[User]]) -> None:
    by = people["cashier"][0]
    form = {**form_body("plain"), "registered": {"readers": ["cashier"]}}
    publish(kind=Edition.Kind.FORM, key="plain", body=form, by=by)
    assert "Where the case stands" not in signed_in(by).get("/registers/plain/").content.decode()
