"""The typed lines of a register say what the submissions say, whatever writes a submission."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from forms.exceptions import NotFound
from forms.models import RegisterNumber, RegisterText, RegisterWords, Submission
from forms.registers.columns import number_of, unanswered
from forms.registers.filters import Filter, Op, condition_of
from forms.registers.keeping import complete
from forms.registers.labels import shape_of
from forms.registers.lines import differences, folded, rebuild
from forms.registers.queries import find_rows, load_rows, register_for, registers_of
from forms.registers.selection import Selection
from forms.services import corrections, retention
from forms.services.definitions import publish_form
from foundation.audit.services import Actor, change_audited
from foundation.organisation.models import User
from tests.factories.forms import choices, field, form_body, make_form, make_submission, text
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db

READERS = {"registered": {"readers": ["manager"]}}


def customers(by: Any) -> Any:
    return make_form(
        by,
        field("name"),
        field("phone", "phone", confidentiality="personal"),
        field("level", "choice", options=choices("gold", "plain")),
        field("spent", "money"),
        field("since", "date"),
        field("vip", "yes_no"),
        key="customer",
        summary=["name", "phone"],
        **READERS,
    )


def test_a_submission_has_its_lines_when_it_is_there() -> None:
    person = make_user_with_roles("manager")
    made = make_submission(
        customers(person), person, name="王 小明", level="gold", spent="12.30", since="2026-11-22", vip=True
    )
    numbers = {column.key: column.number for column in shape_of("customer").columns}
    assert {(row.column, row.key, row.text) for row in RegisterText.objects.all()} == {
        (numbers["name@text"], "", "王 小明"),
        (numbers["level@choice"], "gold", "0000"),
        (number_of("customer", "_number"), "", "customer-0001"),
        (number_of("customer", "_state"), "submitted", "submitted"),
        (number_of("customer", "_by"), str(person.uuid), folded(f"{person.full_name} {person.full_name_en}")),
    }
    assert {(row.column, row.number) for row in RegisterNumber.objects.all()} == {
        (numbers["spent@money"], 1230),
        (numbers["since@date"], datetime.date(2026, 11, 22).toordinal()),
        (numbers["vip@yes_no"], 1),
        (unanswered("customer", "phone@text"), 0),
    }
    assert {row.at for row in RegisterNumber.objects.all()} == {made.submitted_at}


def test_whatever_changes_a_submission_changes_its_lines() -> None:
    person = make_user_with_roles("manager")
    made = make_submission(customers(person), person, name="甲", spent="1.00")
    made.answers = {"name": "乙"}
    change_audited(made, kind="submission_corrected", actor=Actor.of(person))
    assert list(RegisterText.objects.filter(text__in=["甲", "乙"]).values_list("text", flat=True)) == ["乙"]
    spent = shape_of("customer").by_key["spent@money"].number
    assert not RegisterNumber.objects.filter(column=spent).exists()
    assert RegisterNumber.objects.filter(column=unanswered("customer", "spent@money")).exists()


def not_answered(key: str, column: str, by: User) -> tuple[set[str], bool]:
    """Return the names of those who did not answer, and whether they were found by their marks."""
    shape = shape_of(key)
    condition = condition_of(Filter(column, Op.EMPTY), shape, by=by, roles={"manager"})
    found = Selection(shape, [condition], roles={"manager"})
    rows = found.load(found.ids())
    assert found.count == len(rows)
    return {row.answers["name"] for row in rows}, not condition.absent


def test_what_is_not_answered_is_found_by_its_marks_as_soon_as_all_have_them() -> None:
    person = make_user_with_roles("manager")
    edition = customers(person)
    make_submission(edition, person, name="甲", spent="1.00")
    make_submission(edition, person, name="乙")
    assert not_answered("customer", "spent@money", person) == ({"乙"}, False)
    RegisterNumber.objects.all().delete()  # as lines were written before there were marks
    assert complete() == 2
    assert not_answered("customer", "spent@money", person) == ({"乙"}, True)
    make_submission(edition, person, name="丙")
    assert not_answered("customer", "spent@money", person) == ({"乙", "丙"}, True)
    assert complete() == 0


def test_a_question_of_a_later_edition_is_not_answered_by_those_who_were_never_asked() -> None:
    person = make_user_with_roles("manager")
    make_submission(customers(person), person, name="甲", spent="1.00")
    wider = form_body(field("name"), field("email", "email"), key="customer", **READERS)
    later = publish_form(wider, by=person)
    make_submission(later, person, name="乙", email="yi@example.com")
    make_submission(later, person, name="丙")
    rebuild("customer")
    assert not_answered("customer", "email@text", person) == ({"甲", "丙"}, False)
    assert not_answered("customer", "spent@money", person) == ({"乙", "丙"}, False)
    assert not_answered("customer", "name@text", person) == (set(), True)


def test_what_is_rolled_back_leaves_no_lines() -> None:
    person = make_user_with_roles("manager")
    edition = customers(person)
    with transaction.atomic():
        make_submission(edition, person, name="甲")
        transaction.set_rollback(True)
    assert not RegisterText.objects.exists()


def test_the_lines_are_checked_and_written_anew() -> None:
    person = make_user_with_roles("manager")
    edition = customers(person)
    made = [make_submission(edition, person, name=f"客户 {at}", spent=f"{at}.00") for at in range(3)]
    assert differences("customer") == []
    RegisterText.objects.filter(submission=made[0]).update(text="something else")
    RegisterNumber.objects.filter(submission=made[2]).delete()
    told: list[tuple[int, int]] = []
    assert differences("customer") == [made[0].number, made[2].number]
    assert rebuild("customer", tell=lambda done, total: told.append((done, total))) == 3
    assert (differences("customer"), told) == ([], [(3, 3)])


def test_columns_stay_when_fields_are_renamed_removed_and_retyped() -> None:
    person = make_user_with_roles("manager")
    body = form_body(field("name"), field("amount", "text"), field("gone", "date"), key="changing", **READERS)
    publish_form(body, by=person)
    changed = form_body(
        field("amount", "money"),
        {**field("name"), "label": text("称呼", "Called")},
        key="changing",
        **READERS,
    )
    publish_form(changed, by=person)
    shape = shape_of("changing")
    assert [(column.key, column.heading("en"), column.asked) for column in shape.columns] == [
        ("amount@money", "Question amount", True),
        ("name@text", "Called", True),
        ("amount@text", "Question amount", False),
        ("gone@date", "Question gone", False),
    ]


def test_no_edition_lifts_the_limit_of_another() -> None:
    person = make_user_with_roles("manager")
    publish_form(
        form_body(
            field("salary", "money", confidentiality="confidential", readers=["hr"]), key="pay", **READERS
        ),
        by=make_user_with_roles("hr"),
    )
    publish_form(form_body(field("salary", "money"), key="pay", **READERS), by=person)
    (column,) = shape_of("pay").columns
    assert (column.open_to({"manager"}), column.open_to({"hr"}), column.recorded) == (False, True, True)


def test_a_register_is_read_by_the_roles_it_names_and_by_nobody_else() -> None:
    manager, clerk = make_user_with_roles("manager"), make_user_with_roles("clerk")
    customers(manager)
    make_form(manager, key="without")
    assert [form.key for form in registers_of(manager)] == ["customer"]
    assert registers_of(clerk) == []
    assert register_for(manager, "customer").form_key == "customer"
    for person, key in ((clerk, "customer"), (manager, "without"), (manager, "nothing")):
        with pytest.raises(NotFound):
            register_for(person, key)


def test_other_forms_find_rows_by_number_and_by_words_open_to_the_person() -> None:
    manager, clerk = make_user_with_roles("manager"), make_user_with_roles("clerk")
    edition = customers(manager)
    wang = make_submission(edition, manager, name="王小明", phone="13800138000", level="gold")
    make_submission(edition, clerk, name="李四", phone="13900139000")
    (found,) = find_rows("customer", "小明", manager)
    assert (found.reference.source, found.reference.key) == ("register:customer", str(wang.uuid))
    assert found.label == f"{wang.number} 王小明"
    assert found.values == {"name": "王小明", "level": "gold"}
    assert [row.label for row in find_rows("customer", wang.number, manager)] == [found.label]
    assert [row.label for row in find_rows("customer", "gold", manager)] == [found.label]
    assert find_rows("customer", "13800138000", manager) == []
    assert len(find_rows("customer", "", manager)) == 2
    assert [row.values["name"] for row in find_rows("customer", "", clerk)] == ["李四"]
    assert load_rows("customer", [str(wang.uuid), "nonsense"], manager) == {str(wang.uuid): found}
    assert load_rows("customer", [str(wang.uuid)], clerk) == {}
    assert find_rows("nothing", "", manager) == []
    assert find_rows("customer", "", make_user()) == []
    assert Submission.objects.count() == 2


def test_submissions_from_before_there_were_lines_get_theirs() -> None:
    person = make_user_with_roles("manager")
    make_submission(customers(person), person, name="甲")
    assert (complete(), complete()) == (1, 0)
    for table in (RegisterText, RegisterNumber):
        table.objects.all().delete()
    assert (complete(), differences("customer")) == (1, [])


def test_withdrawing_and_erasing_reach_the_lines() -> None:
    person = make_user_with_roles("manager")
    edition = make_form(
        person,
        field("name", confidentiality="personal"),
        field("note", "long_text"),
        key="visit",
        withdrawal={"by": ["submitter"]},
        retention={"months": 12, "then": "anonymise"},
        **READERS,
    )
    made = make_submission(edition, person, name="王小明", note="很长的说明" * 40)
    words = RegisterWords.objects.get()
    assert words.words == "很长的说明" * 40
    corrections.withdraw(submission=made, reason="录错", by=person, seen_revision=1, idempotency_key="w")
    state = number_of("visit", "_state")
    assert RegisterText.objects.get(column=state).key == "withdrawn"
    assert RegisterText.objects.filter(text="王小明").exists()
    assert retention.carry_out(timezone.now() + datetime.timedelta(days=400)) == 1
    assert not RegisterText.objects.filter(text="王小明").exists()
    assert differences("visit") == []
