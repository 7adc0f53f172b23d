"""Words of rows of a register that were stored while everybody read them are not shown to those who read them no more.

Labels are read in Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from forms import rules
from forms.directory import directory_for
from forms.exceptions import DefinitionRefused
from forms.fields import Reference
from forms.models import Submission
from forms.registers.labels import shape_of
from forms.registers.queries import find_rows
from forms.services.definitions import publish_form
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFileFault
from foundation.packs.reading import written
from foundation.packs.services import apply_pack
from tests.factories import chains
from tests.factories.forms import field, form_body, make_submission
from tests.factories.organisation import make_user, make_user_with_roles
from workflows.models import CaseWords
from workflows.rules import withheld_answers

pytestmark = pytest.mark.django_db

NAME = "欧阳明月"


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    with override("zh-hans"):
        yield


def order_form(**name: Any) -> dict[str, Any]:
    return form_body(
        field("name", **name),
        field("model"),
        key="orders",
        summary=["name"],
        registered={"readers": ["clerk", "manager"]},
    )


def visit_form(*shows: str, **more: Any) -> dict[str, Any]:
    return form_body(
        field("order", "lookup", options={"form": "orders", "shows": list(shows)}, **more),
        field("note"),
        key="visit",
        registered={"readers": ["clerk", "manager"]},
    )


@pytest.fixture
def clerk() -> User:
    return make_user_with_roles("clerk")


@pytest.fixture
def manager() -> User:
    return make_user_with_roles("manager")


@pytest.fixture
def visit(clerk: User, manager: User) -> Submission:
    """A visit to an order whose name everybody read on the day, and only the manager reads today."""
    author = make_user_with_roles("clerk")
    order = make_submission(publish_form(order_form(), by=author), author, name=NAME, model="X1")
    edition = publish_form(visit_form("name", "model"), by=author)
    found = make_submission(edition, author, order={"key": str(order.uuid)}, note="回访")
    assert found.answers["order"]["label"] == f"{NAME} · X1"
    publish_form(order_form(readers=["manager"]), by=author)
    return found


def page_of(reader: User, address: str) -> str:
    client = Client()
    client.force_login(reader)
    return client.get(address, headers={"accept-language": "zh-hans"}).content.decode()


def test_whoever_may_not_read_the_row_reads_that_it_was_answered(
    visit: Submission, clerk: User, manager: User
) -> None:
    assert rules.withheld(visit, clerk) == {"order"}
    assert rules.withheld(visit, manager) == frozenset()
    assert visit.submitted_by is not None
    assert rules.withheld(visit, visit.submitted_by) == frozenset()

    address = f"/requests/{visit.uuid}/"
    assert NAME in page_of(manager, address)
    clerks = page_of(clerk, address)
    assert "回访" in clerks
    assert NAME not in clerks


def test_the_register_neither_shows_nor_finds_nor_filters_by_it(
    visit: Submission, clerk: User, manager: User
) -> None:
    column = next(one for one in shape_of("visit").columns if one.field == "order")
    assert (column.open_to({"manager"}), column.open_to({"clerk"})) == (True, False)
    assert [one.label for one in find_rows("visit", "欧阳", manager)] == [visit.number]
    assert find_rows("visit", "欧阳", clerk) == []

    assert NAME in page_of(manager, "/registers/visit/?c=order@reference")
    clerks = page_of(clerk, "/registers/visit/?c=order@reference")
    assert visit.number in clerks
    assert NAME not in clerks


def test_what_was_open_once_and_is_masked_for_everybody_now_is_shown_to_nobody_else(
    visit: Submission, manager: User
) -> None:
    publish(kind=Edition.Kind.FORM, key="orders", body=order_form(confidentiality="personal"), by=manager)

    assert rules.withheld(visit, make_user()) == {"order"}


def test_a_row_that_shows_nothing_to_whoever_chooses_it_is_called_by_its_number(
    clerk: User, manager: User
) -> None:
    """Not by its summary, which may be for fewer than the answer."""
    edition = publish_form(order_form(), by=manager)
    order = make_submission(edition, manager, name=NAME)
    reference = Reference("register:orders#model", str(order.uuid))

    assert directory_for(manager).load([reference])[reference].label == order.number


def test_a_form_with_such_a_label_is_not_published_and_says_where(manager: User, clerk: User) -> None:
    publish_form(order_form(readers=["manager"]), by=manager)

    with pytest.raises(DefinitionRefused) as refused:
        publish_form(visit_form("name"), by=manager)
    assert [one.path for one in refused.value.problems if one.severity == "error"] == [
        "pages.first.groups.first_group.fields.order.options.shows"
    ]
    publish_form(visit_form("name", readers=["manager"]), by=manager)


def test_a_pack_with_such_a_label_is_not_applied_whatever_the_order_of_its_files(
    tmp_path: Path, manager: User, clerk: User
) -> None:
    """The form that looks rows up is read before the register here: both are known when labels are checked."""
    (tmp_path / "forms").mkdir()
    asking = {**visit_form("name"), "key": "a_visit"}
    for body in (asking, order_form(readers=["manager"])):
        (tmp_path / "forms" / f"{body['key']}.yaml").write_text(written(body), encoding="utf-8")

    with pytest.raises(PackFileFault) as refused:
        apply_pack(tmp_path, by=manager)
    assert "a_visit.yaml" in str(refused.value)
    assert not Edition.objects.exists()


def test_answers_of_steps_keep_to_the_readers_of_their_questions_and_of_the_registers_they_name(
    manager: User,
) -> None:
    """On the case's page, in its timeline and when cases are found by words; files of such answers as well."""
    asks = [
        {"id": "order", "kind": "lookup", "label": chains.text("工单"), "options": _SHOWN},
        {"id": "secret", "kind": "text", "label": chains.text("底价"), "readers": ["chief"]},
        {"id": "open", "kind": "text", "label": chains.text("说法")},
    ]
    people = chains.publish_all(
        chains.workflow_body(
            [chains.state("begun"), chains.state("done", "final")],
            [chains.step("end", "begun", "done", "worker", asks=asks), *_CHIEFS],
            access={"sees": ["submitter", "worker", "chief"]},
        )
    )
    worker, chief = people["worker"][0], people["chief"][0]
    form = {"key": "orders", "registered": {"readers": ["worker", "chief"]}}
    order = make_submission(publish_form(form_body(field("name"), **form), by=manager), worker, name=NAME)
    case = chains.open_one(make_user())
    answers = {"order": [str(order.uuid)], "secret": ["八千八百"], "open": ["照旧办理"]}
    case = chains.act(case, "end", worker, answers=answers)
    publish_form(form_body(field("name", readers=["chief"]), **form), by=manager)

    assert withheld_answers(case, worker) == {"order", "secret"}
    assert withheld_answers(case, chief) == frozenset()
    chiefs, workers = (page_of(one, f"/cases/{case.uuid}/") for one in (chief, worker))
    assert NAME in chiefs
    assert "八千八百" in chiefs
    assert "照旧办理" in workers
    assert NAME not in workers
    assert "八千八百" not in workers
    kept = dict(CaseWords.objects.filter(case=case).values_list("readers", "words"))
    assert "千八" in kept[",chief,"]
    assert "千八" not in kept[""]


_SHOWN = {"form": "orders", "shows": ["name"]}
_CHIEFS = [chains.step("stop", "begun", "done", "chief")]
