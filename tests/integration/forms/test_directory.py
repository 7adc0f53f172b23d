"""What the answers of somebody may name, and what is taken over of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from forms.directory import directory_for
from forms.exceptions import AnswersInvalid
from forms.fields import Reference
from forms.fields.reference import CANDIDATES
from forms.services.corrections import correct
from forms.services.submissions import save_draft, submit
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import field, make_form, make_submission
from tests.factories.organisation import (
    hold,
    make_department,
    make_position,
    make_role,
    make_user,
    make_user_with_roles,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """Names of people are shown in the reader's language."""
    with override("zh-hans"):
        yield


def customers(by: User) -> Edition:
    for role in ("clerk", "manager"):
        make_role(role)
    return make_form(
        by,
        field("name", required=True),
        field("phone", "phone"),
        field("secret", readers=["manager"]),
        key="customer",
        summary=["name"],
        registered={"readers": ["clerk", "manager"], "columns": ["phone"]},
    )


def visit(by: User, **more: Any) -> Edition:
    return make_form(
        by,
        field(
            "customer",
            "lookup",
            options={"form": "customer", "fills": {"phone": "phone", "who": "name", "note": "secret"}},
        ),
        field("who"),
        field("phone", "phone"),
        field("note"),
        field("adviser", "person", options={"fills": {"unit": "department", "mail": "email"}}),
        field("unit", "department"),
        field("mail", "email"),
        key="visit",
        **more,
    )


def begun(edition: Edition, by: User, **typed: list[str]) -> dict[str, list[str]]:
    return save_draft(uuid=uuid.uuid4(), edition=edition, typed=typed, by=by).answers


def key_of(source: str, key: str) -> Reference:
    return Reference(source, key)


def test_people_are_found_by_number_account_or_name_and_leavers_are_not_offered() -> None:
    person = make_user("zhang3", full_name="张三", employee_number="E001")
    hold(person, make_position(title="服务顾问", department=make_department(name="售后服务部")))
    left = make_user("zhang4", full_name="张四", active=False)
    directory = directory_for(make_user())
    for words in ("E001", "zhang3", "张三", "Zhang zhang3"):
        found = directory.load([key_of("person", f"={words}")])[key_of("person", f"={words}")]
        assert (found.reference.key, found.label) == (str(person.uuid), "张三")
    assert [one.label for one in directory.search("person", "张三")] == ["张三"]
    assert "售后服务部" in directory.search("person", "三 张")[0].detail
    assert directory.search("person", "张四") == []
    assert directory.load([key_of("person", "=张四")]) == {}
    assert directory.load(
        [key_of("person", str(left.uuid))]
    )  # who has left stays known where they were named


def test_words_that_fit_several_people_say_whom() -> None:
    for number in (1, 2):
        make_user(f"li{number}", full_name="李雷", employee_number=f"N{number}")
    reference = key_of("person", "=李雷")
    found = directory_for(make_user()).load([reference])[reference]
    assert found.values[CANDIDATES] == "李雷 (N1); 李雷 (N2)"


def test_nobody_signed_in_finds_nothing() -> None:
    person = make_user()
    directory = directory_for(None)
    assert directory.load([key_of("person", str(person.uuid))]) == {}
    assert list(directory.search("person", "")) == []


@pytest.mark.parametrize(
    "source", ["person", "department", "position", "register:customer", "moon", "register:moon"]
)
def test_keys_of_any_shape_are_looked_up_without_harm(source: str) -> None:
    customers(make_user())
    directory = directory_for(make_user_with_roles("manager"))
    keys = [
        "",
        "=",
        "x",
        "=x" * 50,
        "' OR 1=1 --",
        "00000000-0000-0000-0000-000000000000",
        "\u202e",
        "=%",
        "=_",
    ]
    assert directory.load([key_of(source, key) for key in keys]) == {}


def test_the_number_of_queries_does_not_grow_with_the_number_of_things() -> None:
    by = make_user_with_roles("manager")
    edition = customers(by)
    rows = [make_submission(edition, by, name=f"客户 {number}") for number in range(8)]
    people = [make_user() for _number in range(8)]
    directory = directory_for(by)

    def asked(count: int) -> int:
        references = [key_of("person", str(one.uuid)) for one in people[:count]]
        references += [key_of("register:customer", str(one.uuid)) for one in rows[:count]]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(directory.load(references)) == 2 * count
        return len(queries)

    asked(1)
    assert asked(1) == asked(8)


def test_of_a_register_only_those_who_read_it_find_rows_of_others() -> None:
    clerk = make_user_with_roles("clerk")
    row = make_submission(customers(clerk), clerk, name="王小明", phone="13800138000")
    reference = key_of("register:customer", str(row.uuid))
    assert directory_for(clerk).load([reference])[reference].label == f"{row.number} 王小明"
    shown = key_of("register:customer#phone,name", str(row.uuid))
    assert directory_for(clerk).load([shown])[shown].label == "138 0013 8000 · 王小明"
    stranger = directory_for(make_user())
    assert stranger.load([reference]) == {}
    assert list(stranger.search("register:customer", "王")) == []
    by_number = key_of("register:customer", f"={row.number}")
    assert directory_for(clerk).load([by_number])[by_number].reference.key == str(row.uuid)


def test_what_is_chosen_fills_what_is_still_empty_and_nothing_else() -> None:
    clerk = make_user_with_roles("clerk")
    row = make_submission(customers(clerk), clerk, name="王小明", phone="13800138000", secret="x")
    edition = visit(clerk)
    answers = begun(edition, clerk, customer=[str(row.uuid)], who=["王太太"], phone=[""])
    assert answers["who"] == ["王太太"]
    assert answers["phone"] == ["13800138000"]
    other = make_user_with_roles("clerk")
    assert "note" not in begun(edition, other, customer=[str(row.uuid)])  # they may not read it there


def test_a_person_named_by_words_is_looked_up_and_their_department_taken_over() -> None:
    adviser = make_user("wang5", full_name="王五")
    unit = make_department("service", name="售后服务部")
    hold(adviser, make_position(department=unit))
    by = make_user()
    answers = begun(
        visit(by), by, adviser=["", "label=", "words=王五"], unit=["", "label=", "words="], mail=[""]
    )
    assert answers["adviser"] == [str(adviser.uuid), "label=王五", "words=王五"]
    assert answers["unit"] == ["service", "label=售后服务部", "words=售后服务部"]
    assert answers["mail"] == ["wang5@example.com"]


def test_what_was_cleared_is_not_filled_again() -> None:
    adviser, by = make_user("wang6", full_name="王六"), make_user()
    edition, draft = visit(by), uuid.uuid4()
    typed = {"adviser": [str(adviser.uuid)]}
    assert save_draft(uuid=draft, edition=edition, typed=typed, by=by).answers["mail"]
    again = save_draft(uuid=draft, edition=edition, typed={**typed, "mail": [""]}, by=by)
    assert again.answers["mail"] == [""]


def test_a_submission_keeps_the_words_of_the_day_and_a_correction_may_leave_them() -> None:
    by, colleague = make_user_with_roles("clerk"), make_user()
    row = make_submission(customers(colleague), colleague, name="王七")
    edition = visit(by, correction={"by": ["submitter"]})
    made = submit(
        edition=edition,
        answers={"customer": {"key": str(row.uuid), "label": "forged"}, "who": "甲"},
        by=by,
        idempotency_key="one",
    )
    assert made.answers["customer"] == {"key": str(row.uuid), "label": f"{row.number} 王七"}
    by.groups.clear()  # they read the register no longer
    corrected = correct(
        submission=made,
        answers={**made.answers, "who": "乙"},
        reason="漏写",
        by=by,
        seen_revision=made.revision,
        idempotency_key="two",
    )
    assert corrected.answers == {"customer": made.answers["customer"], "who": "乙"}


def test_somebody_who_is_not_there_cannot_be_named() -> None:
    by = make_user()
    with pytest.raises(AnswersInvalid) as refused:
        submit(
            edition=visit(by),
            answers={"adviser": {"key": "00000000-0000-0000-0000-000000000000"}},
            by=by,
            idempotency_key="one",
        )
    assert [error.field for error in refused.value.errors] == ["adviser"]
