"""Rules that know the moment, and rules that compare with what a look-up found."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from forms.checking import check
from forms.directory import StandingDirectory, standing_in
from forms.fields import Found, Reference
from forms.fields.looked_up import read_as
from forms.logic import evaluate, values_of
from forms.schema import FormDefinition
from tests.factories.forms import definition, field, form_body, text

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2026, 11, 22, 12, 0, 40, tzinfo=ZONE)
CONTRACT = "0b1d3c56-6a53-4ae7-9e0c-6c7d2f5a8b11"


class Contracts:
    """A register in which one contract stands; ``values`` is what the person may read of it."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        return {each: Found(each, "HT-1", "", self.values) for each in references if each.key == CONTRACT}

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        return ()


def rule(name: str, holds: str, *fields: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "holds": holds, "fields": list(fields), "message": text("不符", "wrong"), **more}


def payment(**more: Any) -> FormDefinition:
    return definition(
        field(
            "contract", "lookup", options={"form": "contracts", "reads": {"amount": "money", "ends": "date"}}
        ),
        field("amount", "money"),
        field("left", "money", computed="contract.amount - amount"),
        field("why", visible_if="contract.ends < today", required=True),
        rules=[rule("not_above", "amount <= contract.amount", "amount")],
        **more,
    )


def told(form: FormDefinition, answers: dict[str, Any], **more: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for error in evaluate(form, answers, "en", **more).errors:
        found.setdefault(error.field, []).append(error.message)
    return found


# --- the time ------------------------------------------------------------------------------------------------


def test_a_drive_later_today_is_registered_before_and_one_this_morning_is_not() -> None:
    form = definition(
        field("day", "date"),
        field("time", "time"),
        rules=[rule("first", "submitted_at <= moment(day, time)", "time")],
    )
    assert told(form, {"day": "2026-11-22", "time": "12:01"}, now=NOON) == {}
    assert told(form, {"day": "2026-11-22", "time": "12:00"}, now=NOON) == {}, "the minute is not over"
    assert told(form, {"day": "2026-11-22", "time": "11:59"}, now=NOON) == {"time": ["wrong"]}
    assert told(form, {"day": "2026-11-21", "time": "23:00"}, now=NOON) == {"time": ["wrong"]}


def test_a_correction_is_measured_by_the_moment_it_was_handed_in_where_the_rule_says_so() -> None:
    form = definition(
        field("day", "date"),
        field("time", "time"),
        field("late", "yes_no", visible_if="now > moment(day, time)"),
        rules=[rule("first", "submitted_at <= moment(day, time)", "time")],
    )
    answers = {"day": "2026-11-22", "time": "12:30"}
    tomorrow = NOON + datetime.timedelta(days=1)
    assert told(form, answers, now=tomorrow, submitted=NOON) == {}
    assert evaluate(form, answers, "en", now=tomorrow, submitted=NOON).fields["late"].visible
    assert not evaluate(form, answers, "en", now=NOON).fields["late"].visible


def test_the_day_alone_means_its_noon_and_the_moment_says_the_day() -> None:
    form = definition(field("at", "moment", computed="now"), field("day", "date", computed="today"))
    day = datetime.date(2026, 11, 20)
    assert evaluate(form, {}, "en", day=day).answers == {"at": "2026-11-20T12:00", "day": "2026-11-20"}
    late = datetime.datetime(2026, 11, 22, 23, 30, tzinfo=datetime.UTC)
    assert evaluate(form, {}, "en", now=late).answers == {"at": "2026-11-23T07:30", "day": "2026-11-23"}


def test_a_field_cannot_be_called_like_the_time_but_an_older_edition_that_has_one_goes_on() -> None:
    body = form_body(field("now"), field("note", visible_if='now == "x"'))
    with override("en"):
        assert [problem.path for problem in check(body)] == ["pages.first.groups.first_group.fields.now.id"]
    older = FormDefinition.model_validate(body)
    assert not evaluate(older, {"note": "n"}, "en", now=NOON).fields["note"].visible
    assert evaluate(older, {"now": "x", "note": "n"}, "en", now=NOON).answers == {"now": "x", "note": "n"}


def test_those_who_look_from_outside_know_when_it_was_handed_in() -> None:
    values = values_of(definition(), {}, submitted=NOON, now=NOON + datetime.timedelta(hours=3))
    assert values["submitted_at"] == NOON.replace(second=0)
    assert values["now"] - values["submitted_at"] == datetime.timedelta(hours=3)


# --- what a look-up found --------------------------------------------------------------------------------------


def test_an_amount_is_compared_with_that_of_the_contract() -> None:
    directory = Contracts(amount="1000.00", ends="2026-12-31")
    answers: dict[str, Any] = {"contract": {"key": CONTRACT}, "amount": "1000.00"}
    state = evaluate(payment(), answers, "en", now=NOON, directory=directory)
    assert state.errors == ()
    assert state.answers["left"] == "0.00"
    assert not state.fields["why"].visible
    assert told(payment(), {**answers, "amount": "1000.01"}, now=NOON, directory=directory) == {
        "amount": ["wrong"]
    }


def test_what_was_read_is_kept_and_asked_for_by_what_hangs_on_it() -> None:
    directory = Contracts(amount="1000.00", ends="2026-11-21", secret="s")
    answers: dict[str, Any] = {"contract": {"key": CONTRACT}, "amount": "10.00"}
    assert "why" in told(payment(), answers, now=NOON, directory=directory)
    kept = evaluate(payment(), {**answers, "why": "late"}, "en", now=NOON, directory=directory).answers
    assert kept["contract"] == {
        "key": CONTRACT,
        "label": "HT-1",
        "read": {"amount": "1000.00", "ends": "2026-11-21"},
    }
    assert values_of(payment(), kept)["contract.amount"] == 1000


def test_what_the_person_may_not_read_is_not_compared_and_not_guessed() -> None:
    answers: dict[str, Any] = {"contract": {"key": CONTRACT}, "amount": "99999.00"}
    state = evaluate(payment(), answers, "en", now=NOON, directory=Contracts())
    assert state.errors == ()
    assert "left" not in state.answers
    assert state.answers["contract"] == {"key": CONTRACT, "label": "HT-1"}


@pytest.mark.parametrize("forged", [{"amount": "5000.00"}, {"amount": ["x"]}, "x", 7, {"other": 1}])
def test_values_that_somebody_posts_with_the_contract_count_for_nothing(forged: Any) -> None:
    answers = {"contract": {"key": CONTRACT, "read": forged}, "amount": "1500.00"}
    directory = Contracts(amount="1000.00")
    assert told(payment(), answers, now=NOON, directory=directory) == {"amount": ["wrong"]}
    without = evaluate(payment(), answers, "en", now=NOON, directory=Contracts())
    assert "read" not in without.answers["contract"]


def test_a_correction_by_somebody_who_may_not_read_the_contract_compares_with_what_stood_there() -> None:
    form = payment()
    first = {"contract": {"key": CONTRACT}, "amount": "900.00"}
    kept = evaluate(form, first, "en", now=NOON, directory=Contracts(amount="1000.00")).answers
    standing = StandingDirectory(NoContracts(), standing_in(form, kept))
    changed = {**kept, "amount": "1000.01"}
    assert told(form, changed, now=NOON, directory=standing) == {"amount": ["wrong"]}
    assert evaluate(form, kept, "en", now=NOON, directory=standing).answers == kept


class NoContracts(Contracts):
    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        return {}


def test_rows_read_what_their_own_look_up_found_and_the_form_adds_it_up() -> None:
    part = field("part", "lookup", options={"form": "parts", "reads": {"price": "money"}})
    body = form_body(
        field("total", "money", computed="sum(items.map(i, i.part_price))"),
    )
    body["pages"][0]["groups"].append({"id": "items", "repeat": {"max": 3}, "fields": [part]})
    with override("en"):
        assert check(body) == []
    rows = [{"_row": "r1", "part": {"key": CONTRACT}}, {"_row": "r2", "part": {"key": CONTRACT}}]
    form = FormDefinition.model_validate(body)
    state = evaluate(form, {"items": rows}, "en", now=NOON, directory=Contracts(price="12.50"))
    assert state.answers["total"] == "25.00"


def test_a_reading_is_checked_against_the_form_it_is_read_from() -> None:
    contracts = definition(field("amount", "money"), field("ends", "date"), key="contracts")
    body = payment(key="payments").model_dump(mode="json", exclude_none=True)
    reads = body["pages"][0]["groups"][0]["fields"][0]["options"]["reads"]
    with override("en"):
        assert check(body, registers=lambda key: None) == []
        assert check(body, registers={"contracts": contracts}.get) == []
        reads["ends"] = "money"
        (wrong,) = check(body, registers={"contracts": contracts}.get)
        assert wrong.path.endswith("fields.contract.options.reads.ends")
        assert wrong.message == "“ends” is not read as “amount of money”: there it is “date”."
        reads["ends"] = "date"
        reads["sum"] = "money"
        (unknown,) = check(body, registers={"contracts": contracts}.get)
        assert unknown.names == ("amount", "ends")


def test_of_a_person_only_what_people_have_can_be_read() -> None:
    body = form_body(
        field("who", "person", options={"reads": {"phone": "text"}}), field("x", visible_if='who.phone == ""')
    )
    with override("en"):
        assert check(body) == []
        body["pages"][0]["groups"][0]["fields"][0]["options"]["reads"] = {"salary": "money"}
        assert "salary" in check(body)[0].message


def test_the_words_of_a_thing_cannot_be_hidden_by_a_reading() -> None:
    body = form_body(field("who", "person", options={"reads": {"name": "text"}}))
    with override("en"):
        assert "can always be read" in check(body)[0].message


@pytest.mark.parametrize(
    ("kind", "stored", "read"),
    [
        ("text", "京A12345", "京A12345"),
        ("text", {"key": "front-desk", "label": "前台"}, "front-desk"),
        ("text", {"other": "写的"}, "other"),
        ("text", ["a"], None),
        ("text", "x" * 1001, None),
        ("whole", 4, 4),
        ("whole", True, None),
        ("whole", "4", None),
        ("money", "12.50", Decimal("12.50")),
        ("money", "NaN", None),
        ("money", 12, None),
        ("decimal", "1e999", None),
        ("date", "2026-11-22", datetime.date(2026, 11, 22)),
        ("date", "2026-13-22", None),
        ("date", 20261122, None),
        ("moment", "2026-11-22T09:00", datetime.datetime(2026, 11, 22, 9, tzinfo=ZONE)),
        ("moment", "soon", None),
        ("moment", "2026-11-22T09:00+08:00", None),
        ("yes_no", False, False),
        ("yes_no", 0, None),
    ],
)
def test_what_is_not_of_the_kind_is_as_if_it_were_not_there(kind: str, stored: Any, read: Any) -> None:
    assert read_as(kind, stored) == read
    assert (read_as(kind, stored) is None) is (read is None)
