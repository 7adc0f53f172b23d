"""The working copy of a form: what two people make of it, what is taken back, discarded, published."""

from __future__ import annotations

from typing import Any

import pytest

from forms import outline
from forms.exceptions import DefinitionRefused, NotFound, NotPermitted
from forms.models import RefusedChange, WorkingCopy
from forms.outline import FIELD, GROUP, Thing, tree_of
from forms.services import working as service
from forms.services.definitions import publish_form
from foundation.audit.models import Event
from foundation.editions.exceptions import NothingChanged
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.organisation.models import User
from tests.factories.forms import field, form_body, text
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db
SUBJECT, NOTE = Thing(FIELD, "subject"), Thing(FIELD, "note")


@pytest.fixture
def builder() -> User:
    return make_user_with_roles("form_builder", full_name="甲")


@pytest.fixture
def other() -> User:
    return make_user_with_roles("administrator", full_name="乙")


def said(working: WorkingCopy, thing: Thing) -> dict[str, Any]:
    return tree_of(working.body).own[thing]


def with_label(working: WorkingCopy, thing: Thing, words: str) -> outline.Body:
    return outline.changed(working.body, thing, {**said(working, thing), "label": text(words)})


def begun(by: User, key: str = "visit") -> WorkingCopy:
    return service.begin(key=key, body=form_body(key=key), by=by)


def test_two_people_who_change_different_fields_lose_nothing(builder: User, other: User) -> None:
    opened = begun(builder)
    service.save(key="visit", opened=1, body=with_label(opened, SUBJECT, "事由"), by=builder)
    saved = service.save(key="visit", opened=1, body=with_label(opened, NOTE, "备注"), by=other)
    assert (said(saved.working, SUBJECT)["label"]["en"], said(saved.working, NOTE)["label"]["en"]) == (
        "事由",
        "备注",
    )
    assert (saved.refused, saved.others, saved.working.version) == ((), True, 3)


def test_the_second_to_change_a_property_sees_both_values_and_chooses(builder: User, other: User) -> None:
    opened = begun(builder)
    service.save(key="visit", opened=1, body=with_label(opened, SUBJECT, "事由"), by=builder)
    saved = service.save(key="visit", opened=1, body=with_label(opened, SUBJECT, "主题"), by=other)
    assert said(saved.working, SUBJECT)["label"]["zh-hans"] == "事由"
    refused = {tuple(one.path): one for one in saved.refused}
    one = refused[("label", "zh-hans")]
    assert (one.wanted, one.stood, one.by, one.other) == ("主题", "事由", other, builder)
    with pytest.raises(NotFound):  # the choice is the second person's
        service.settle(key="visit", refused=one.pk, take=True, by=builder)
    after = service.settle(key="visit", refused=one.pk, take=True, by=other)
    assert said(after, SUBJECT)["label"]["zh-hans"] == "主题"
    assert not RefusedChange.objects.filter(pk=one.pk).exists()


def test_a_change_is_taken_back_and_later_ones_stay(builder: User) -> None:
    opened = begun(builder)
    service.save(key="visit", opened=1, body=outline.removed(opened.body, NOTE), by=builder, what="gone")
    working = service.open_form(key="visit", by=builder)
    service.save(key="visit", opened=2, body=with_label(working, SUBJECT, "后来"), by=builder)
    back = service.take_back(key="visit", version=2, by=builder).working
    assert said(back, NOTE)["kind"] == "long_text"
    assert said(back, SUBJECT)["label"]["zh-hans"] == "后来"
    assert (
        service.take_back(key="visit", version=back.version, by=builder).working.version == back.version + 1
    )


def test_a_form_with_faults_is_kept_as_it_is_but_not_published(builder: User) -> None:
    opened = begun(builder)
    broken = outline.changed(opened.body, SUBJECT, {**said(opened, SUBJECT), "visible_if": "nothing == 1"})
    saved = service.save(key="visit", opened=1, body=broken, by=builder)
    with pytest.raises(DefinitionRefused) as refusal:
        service.publish_working(key="visit", seen=saved.working.version, by=builder, note="n")
    assert refusal.value.problems[0].path.endswith("fields.subject.visible_if")
    assert not Edition.objects.filter(key="visit").exists()


def test_what_was_looked_at_is_what_is_published(builder: User, other: User) -> None:
    opened = begun(builder)
    service.save(key="visit", opened=1, body=with_label(opened, NOTE, "备注"), by=other)
    with pytest.raises(service.Overtaken):
        service.publish_working(key="visit", seen=1, by=builder, note="first")
    edition = service.publish_working(key="visit", seen=2, by=builder, note="first")
    assert (edition.number, edition.note, body_of(edition)) == (1, "first", WorkingCopy.objects.get().body)
    assert not service.is_changed(service.open_form(key="visit", by=builder))
    with pytest.raises(NothingChanged):
        service.publish_working(key="visit", seen=2, by=builder, note="again")


def test_a_published_id_stays_and_an_unpublished_one_takes_its_rules_along(builder: User) -> None:
    body = form_body(field("kind_of"), field("why", visible_if='kind_of == "x"'), key="visit")
    service.begin(key="visit", body=body, by=builder)
    saved = service.rename(key="visit", opened=1, thing=Thing(FIELD, "kind_of"), name="sort", by=builder)
    assert said(saved.working, Thing(FIELD, "why"))["visible_if"] == 'sort == "x"'
    service.publish_working(key="visit", seen=2, by=builder, note="n")
    with pytest.raises(service.IdFixed):
        service.rename(key="visit", opened=2, thing=Thing(FIELD, "sort"), name="other", by=builder)


def test_discarding_goes_back_to_the_edition_is_recorded_and_can_be_taken_back(builder: User) -> None:
    begun(builder)
    service.publish_working(key="visit", seen=1, by=builder, note="n")
    working = service.open_form(key="visit", by=builder)
    service.save(key="visit", opened=1, body=with_label(working, NOTE, "改"), by=builder)
    left = service.discard(key="visit", by=builder, reason="不用了")
    assert left is not None
    assert not service.is_changed(left)
    assert Event.objects.filter(stream="working-form:visit").count() == 1
    back = service.take_back(key="visit", version=left.version, by=builder).working
    assert said(back, NOTE)["label"]["zh-hans"] == "改"


def test_a_form_never_published_is_thrown_away(builder: User) -> None:
    begun(builder)
    assert service.discard(key="visit", by=builder) is None
    with pytest.raises(NotFound):
        service.open_form(key="visit", by=builder)


def test_an_edition_that_came_from_a_pack_is_merged_into_work_that_was_begun(builder: User) -> None:
    publish_form(form_body(key="visit"), by=builder)
    working = service.open_form(key="visit", by=builder)
    service.save(key="visit", opened=1, body=with_label(working, NOTE, "我的"), by=builder)
    publish_form(
        form_body(field("subject", required=True), field("note", "long_text"), field("more"), key="visit"),
        by=builder,
    )
    merged = service.open_form(key="visit", by=builder)
    assert tree_of(merged.body).inner[Thing(GROUP, "first_group")]["fields"][-1] == Thing(FIELD, "more")
    assert said(merged, NOTE)["label"]["zh-hans"] == "我的"
    assert merged.base is not None
    assert merged.base.number == 2


def test_what_was_only_looked_at_is_merged_like_anything_else(builder: User, other: User) -> None:
    publish_form(form_body(key="visit"), by=builder)
    seen = service.look_at(key="visit", by=builder)
    assert (seen.pk, seen.opened) == (None, "0-1")
    publish_form(
        form_body(field("subject", required=True), field("note", "long_text", width="half"), key="visit"),
        by=builder,
    )
    service.save(
        key="visit",
        opened=service.Opened.read(seen.opened),
        body=with_label(seen, NOTE, "我的"),
        by=other,
    )
    stored = service.look_at(key="visit", by=builder)
    assert (said(stored, NOTE)["label"]["zh-hans"], said(stored, NOTE)["width"]) == ("我的", "half")
    publish_form(
        form_body(field("subject"), field("note", "long_text"), field("more"), key="visit"), by=builder
    )
    lagging = service.look_at(key="visit", by=builder)
    assert lagging.opened == f"{stored.version}-3"
    assert Thing(FIELD, "more") in tree_of(lagging.body).own
    assert WorkingCopy.objects.get(key="visit").version == stored.version  # nothing was stored by looking
    saved = service.save(
        key="visit",
        opened=service.Opened.read(lagging.opened),
        body=with_label(lagging, Thing(FIELD, "more"), "更多"),
        by=other,
    )
    assert said(saved.working, Thing(FIELD, "more"))["label"]["zh-hans"] == "更多"
    assert said(saved.working, NOTE)["label"]["zh-hans"] == "我的"
    # And what was shown can be published as it was shown: the edition is taken over on the way.
    publish_form(
        form_body(field("subject"), field("note", "long_text"), field("more"), field("last"), key="visit"),
        by=builder,
    )
    shown = service.look_at(key="visit", by=builder)
    edition = service.publish_working(
        key="visit", seen=service.Opened.read(shown.opened), by=builder, note="n"
    )
    assert tree_of(body_of(edition)).own == tree_of(shown.body).own


@pytest.mark.parametrize("text", ["", "-1", "1-", "x", "1-2-3", "9999999999", "１"])
def test_a_page_that_says_nonsense_about_what_it_shows_is_too_old(text: str) -> None:
    with pytest.raises(service.TooOld):
        service.Opened.read(text)


def test_the_changes_of_somebody_who_opened_the_form_long_ago_are_refused_with_a_sentence(
    builder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SAVES_KEPT", 2)
    opened = begun(builder)
    for number in range(4):
        working = service.open_form(key="visit", by=builder)
        service.save(
            key="visit", opened=working.version, body=with_label(working, NOTE, str(number)), by=builder
        )
    with pytest.raises(service.TooOld):
        service.save(key="visit", opened=1, body=with_label(opened, SUBJECT, "旧"), by=builder)


def test_keys_are_unique_and_fit_addresses(builder: User) -> None:
    begun(builder)
    with pytest.raises(service.KeyTaken):
        begun(builder)
    with pytest.raises(service.KeyUnfit):
        begun(builder, "Über")


@pytest.mark.parametrize("roles", [["clerk"], ["hr"], ["auditor"], ["manager"], []])
def test_nobody_but_form_builders_and_administrators_works_on_forms(builder: User, roles: list[str]) -> None:
    working = begun(builder)
    stranger = make_user_with_roles(*roles) if roles else make_user()
    calls = [
        lambda: service.begin(key="x", body=form_body(key="x"), by=stranger),
        lambda: service.open_form(key="visit", by=stranger),
        lambda: service.save(key="visit", opened=1, body=working.body, by=stranger),
        lambda: service.take_back(key="visit", version=1, by=stranger),
        lambda: service.settle(key="visit", refused=1, take=True, by=stranger),
        lambda: service.discard(key="visit", by=stranger),
        lambda: service.publish_working(key="visit", seen=1, by=stranger, note="n"),
        lambda: service.rename(key="visit", opened=1, thing=NOTE, name="x", by=stranger),
    ]
    for call in calls:
        with pytest.raises(NotPermitted):
            call()
