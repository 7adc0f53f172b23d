"""Open drafts are taken along to a newer edition: by id, by a chosen id, read as another kind, left out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from backoffice.access import groups
from forms.exceptions import NotPermitted
from forms.models import Draft
from forms.services import migration
from foundation.audit.models import Event
from foundation.organisation.models import User
from tests.factories.forms import choices, field, make_draft, make_form
from tests.factories.notifying import mails_written
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def builder() -> User:
    groups.ensure()
    person = make_user_with_roles("form_builder")
    person.groups.add(Group.objects.get(name=groups.FORM_BUILDERS))
    return person


@pytest.fixture
def author() -> User:
    return make_user()


def prepared(builder: User, author: User) -> Draft:
    old = make_form(
        builder,
        field("kept"),
        field("old_name"),
        field("number"),
        field("colour", "choice", options=choices("red")),
        field("gone"),
        key="visit",
    )
    draft = make_draft(old, author, kept="a", old_name="b", number="12", colour="red", gone="c")
    make_form(
        builder,
        field("kept"),
        field("new_name"),
        field("number", "whole_number"),
        field("colour", "text"),
        field("more"),
        key="visit",
    )
    return draft


def test_what_would_happen_is_shown_field_by_field_without_what_was_typed(
    builder: User, author: User
) -> None:
    prepared(builder, author)
    plan = migration.plan(key="visit", renamed={"old_name": "new_name"}, language="en")
    fates = {one.id: (one.to, one.fate, one.answered, one.unread) for one in plan.fields}
    assert fates == {
        "kept": ("kept", "kept", 1, 0),
        "old_name": ("new_name", "renamed", 1, 0),
        "number": ("number", "retyped", 1, 0),
        "colour": ("colour", "retyped", 1, 0),
        "gone": ("", "dropped", 1, 0),
    }
    assert (plan.drafts, plan.numbers, plan.added) == (1, (1,), ("Question more",))


def test_the_draft_goes_on_under_the_new_edition_and_its_author_is_told(builder: User, author: User) -> None:
    draft = prepared(builder, author)
    assert migration.migrate(key="visit", renamed={"old_name": "new_name"}, by=builder) == 1
    draft.refresh_from_db()
    assert (draft.edition.number, draft.answers) == (
        2,
        {"kept": ["a"], "new_name": ["b"], "number": ["12"], "colour": ["red"]},
    )
    assert Event.objects.filter(stream="working-form:visit").count() == 1
    assert mails_written(author).count() == 1
    assert migration.migrate(key="visit", renamed={}, by=builder) == 0


def test_what_the_new_kind_cannot_read_stays_in_its_words_to_be_put_right(
    builder: User, author: User
) -> None:
    old = make_form(builder, field("amount"), key="visit")
    draft = make_draft(old, author, amount="a dozen")
    make_form(builder, field("amount", "whole_number"), key="visit")
    (one,) = migration.plan(key="visit", renamed={}).fields
    assert (one.fate, one.unread) == ("retyped", 1)
    migration.migrate(key="visit", renamed={}, by=builder)
    draft.refresh_from_db()
    assert draft.answers == {"amount": ["a dozen"]}


def test_rows_of_a_repeating_group_keep_their_names(builder: User, author: User) -> None:
    group: dict[str, Any] = {"id": "items", "title": {"zh-hans": "明细"}, "repeat": {}}

    def pages(name: str) -> list[dict[str, Any]]:
        return [{"id": "p", "title": {"zh-hans": "页"}, "groups": [{**group, "fields": [field(name)]}]}]

    old = make_form(builder, key="visit", pages=pages("part"))
    draft = make_draft(old, author)
    Draft.objects.filter(pk=draft.pk).update(answers={"items": ["r1", "r2"], "items/r1/part": ["x"]})
    make_form(builder, key="visit", pages=pages("piece"))
    migration.migrate(key="visit", renamed={"part": "piece"}, by=builder)
    draft.refresh_from_db()
    assert draft.answers == {"items": ["r1", "r2"], "items/r1/piece": ["x"]}


@pytest.mark.parametrize("renamed", [{"gone": "nowhere"}, {"gone": "kept"}])
def test_two_answers_never_go_to_one_field_nor_to_none_that_is(
    builder: User, author: User, renamed: dict[str, str]
) -> None:
    prepared(builder, author)
    with pytest.raises(migration.MappingRefused):
        migration.migrate(key="visit", renamed=renamed, by=builder)
    assert Draft.objects.get().edition.number == 1


def test_only_who_may_build_forms_takes_drafts_along(builder: User, author: User) -> None:
    prepared(builder, author)
    with pytest.raises(NotPermitted):
        migration.migrate(key="visit", renamed={}, by=author)


def test_the_screen_shows_the_mapping_and_carries_it_out(builder: User, author: User) -> None:
    prepared(builder, author)
    client = Client()
    client.force_login(builder)
    client.cookies["django_language"] = "en"
    address = reverse("studio_drafts", args=["visit"])
    assert "left out" in client.get(address).content.decode()
    shown = client.post(address, {"do": "show", "to.old_name": "new_name"}).content.decode()
    assert "under another id" in shown
    assert client.post(address, {"do": "migrate", "to.old_name": "kept"}).status_code == 422
    assert (
        client.post(address, {"do": "migrate", "to.old_name": "new_name", "to.gone": ""}).status_code == 302
    )
    assert Draft.objects.get().answers["new_name"] == ["b"]
