"""What a new edition touches: everything that names a changed field is named before it is published."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from backoffice.access import groups
from backoffice.studio.impact import Use, impact_of
from forms.saved_views import keep_view
from forms.services.definitions import publish_form
from tests.factories.chains import form_body as spending_form
from tests.factories.chains import publish_all, stage, state, step, workflow_body
from tests.factories.forms import field, form_body, make_form, page, text
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


def visits(*more: dict[str, Any], **said: Any) -> dict[str, Any]:
    return form_body(
        field("plate"),
        field("price", "money"),
        field("note", "long_text", visible_if='plate != ""'),
        *more,
        key="visit",
        registered={"readers": ["clerk"], "columns": ["plate", "price"], "totals": ["price"]},
        **said,
    )


def uses(before: dict[str, Any], after: dict[str, Any]) -> dict[tuple[str, str], Use]:
    with override("en"):
        return {(use.sort, use.title, use.place): use for use in impact_of("visit", before, after).uses}


def test_register_columns_and_saved_views_that_use_a_changed_field_are_named() -> None:
    owner, clerk = make_user(), make_user_with_roles("clerk")
    body = visits()
    make_form(owner, key="other")
    keep_view(
        place="visit",
        name="贵的",
        query="f=price%40money%3Abetween%3A1000%7C",
        by=clerk,
        shared_with=["clerk"],
        role="clerk",
    )
    keep_view(
        place="visit", name="私下", query="c=plate%40text&sort=-price%40money", by=owner, shared_with=[]
    )
    keep_view(place="visit", name="无关", query="c=plate%40text", by=owner, shared_with=[])
    changed = visits()
    changed["pages"][0]["groups"][0]["fields"][1]["label"] = text("金额")
    found = uses(body, changed)
    with override("en"):
        person = str(owner)
    assert set(found) == {
        ("This form", "Settings of the form", "Register · Columns"),
        ("This form", "Settings of the form", "Register · Sums"),
        ("View of the register", "贵的", "shared with clerk"),
        ("View of the register", person, "1 of their own"),
    }
    assert {use.fields for use in found.values()} == {("Question price",)}
    assert not any(use.gone or use.retyped for use in found.values())


def test_a_field_that_goes_with_its_group_and_one_that_is_asked_otherwise_are_told_apart() -> None:
    owner = make_user()
    body = visits()
    body["pages"].append(page("second", field("vin"), field("colour")))
    body["summary"] = ["colour"]
    looking = form_body(
        field("row", "lookup", options={"form": "visit", "shows": ["vin"], "fills": {"say": "plate"}}),
        field("say"),
        key="asks",
    )
    make_form(owner, *looking["pages"][0]["groups"][0]["fields"], key="asks")
    changed = visits()
    changed["pages"][0]["groups"][0]["fields"][0] = field("plate", "plate")
    found = uses(body, changed)
    lookup = found["Looked up by", "Test form", "Question row"]
    assert (lookup.fields, lookup.gone, lookup.retyped) == (("Question plate", "Question vin"), True, True)
    condition = found["This form", "Question note", "Shown if"]
    assert (condition.fields, condition.gone, condition.retyped) == (("Question plate",), False, True)


def test_the_page_before_publishing_shows_them(client: Client) -> None:
    builder = make_user_with_roles("form_builder")

    groups.ensure()
    builder.groups.add(Group.objects.get(name=groups.FORM_BUILDERS))
    make_user_with_roles("clerk")
    publish_form(visits(), by=builder)
    client.force_login(builder)
    client.cookies["django_language"] = "en"
    client.post(
        reverse("studio_edit", args=["visit"]),
        {
            "at": "field:price",
            "opened": "0-1",
            "typed": "1",
            "do": "save",
            "p.label.zh-hans": "金额",
            "p.label.en": "Amount",
            "p.kind": "money",
        },
    )
    shown = client.get(reverse("studio_publish", args=["visit"])).content.decode()
    assert "Register · Columns" in shown
    assert "Question price" in shown


def test_each_place_of_a_workflow_that_names_a_field_is_told_and_steps_of_others_that_answer_it() -> None:
    own = workflow_body(
        [
            stage("boss", "boss", "done", when="amount > 100"),
            state("done", "final"),
            state("refused", "final"),
        ],
        [
            step(
                "check",
                "done",
                "done",
                "boss",
                asks=[{"id": "why", "kind": "text", "label": text("为何"), "visible_if": "amount > 5"}],
            )
        ],
        grades=[{"id": "grave", "title": text("重大"), "when": "amount > 1000"}],
        identities=[{"id": "same", "title": text("同车"), "fields": ["plate"]}],
    )
    other = workflow_body(
        [state("new"), state("done", "final")],
        [
            step(
                "order",
                "new",
                "done",
                "boss",
                opens=[{"workflow": "spending", "fills": {"note": "note"}, "sets": {"amount": 3}}],
            )
        ],
        key="parent",
    )
    publish_all(own, other)
    changed = spending_form()
    fields = changed["pages"][0]["groups"][0]["fields"]
    fields[0]["label"] = fields[1]["label"] = fields[3]["label"] = text("改")
    with override("en"):
        found = impact_of("spending", spending_form(), changed).uses
    told = {(use.title, use.place): use.fields for use in found if use.title in ("spending", "parent")}
    assert told == {
        ("spending", "Subject"): ("金额", "说明"),
        ("spending", "boss"): ("金额",),
        ("spending", "check"): ("金额",),
        ("spending", "同车"): ("车牌",),
        ("spending", "重大"): ("金额",),
        ("parent", "order"): ("金额", "说明"),
    }
