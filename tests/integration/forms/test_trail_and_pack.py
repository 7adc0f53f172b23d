"""What rooms above get from forms: the trail of a submission, and forms in packs."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.utils.translation import override

from forms import trail
from forms.pack import FormLoader
from foundation.audit.trails import TrailChange, trail_kinds
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import loaders
from tests.factories.forms import complaint_body, field, form_body, make_form, make_submission, text
from tests.factories.organisation import make_role, make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


def test_the_trail_tells_answers_in_the_words_of_their_edition() -> None:
    person = make_user(full_name="李慧敏", full_name_en="Li Huimin")
    edition = make_form(person, field("price", "money", label=text("金额", "Amount")), key="bill")
    submission = make_submission(edition, person, price="1280.00")
    assert trail_kinds()["submissions"].find == trail.find
    with override("en"):
        (subject,) = trail.find("bill 0001")
        (entry,) = trail.entries("BILL-0001")
        assert trail.find("nothing") == []
    assert (subject.key, subject.streams) == ("BILL-0001", (submission.stream,))
    assert (entry.who, entry.what, entry.version) == ("Li Huimin", "Submitted", 1)
    assert [change for change in entry.changes if change.label == "Amount"] == [
        TrailChange("Amount", None, "¥1,280.00")
    ]
    assert (trail.subject("BILL-9999"), trail.entries("BILL-9999")) == (None, [])


def test_a_pack_publishes_a_form_once_and_again_when_it_changes() -> None:
    by = make_user_with_roles("administrator")
    for role in ("clerk", "manager", "general_manager"):
        make_role(role)
    loader, path, body = FormLoader(), PurePosixPath("forms/complaint.yaml"), complaint_body()
    assert isinstance(loaders()["forms"], FormLoader)
    assert [loader.plan(path, body, by=by)[0].action, Edition.objects.count()] == ["created", 0]
    loader.apply(path, body, by=by)
    assert body_of(Edition.objects.get()) == body
    assert loader.plan(path, body, by=by)[0].action == "unchanged"
    changed = {**body, "title": text("投诉登记", "Complaints")}
    loader.apply(path, changed, by=by)
    assert [edition.number for edition in Edition.objects.order_by("number")] == [1, 2]


def test_a_faulty_form_in_a_pack_is_refused_at_its_place() -> None:
    by = make_user()
    path = PurePosixPath("forms/slip.yaml")
    unknown = form_body(field("a", visible_if="b"), key="slip")
    with pytest.raises(PackFault) as refusal:
        FormLoader().plan(path, unknown, by=by)
    assert refusal.value.at == ("pages", 0, "groups", 0, "fields", 0, "visible_if")
    with pytest.raises(PackFault) as refusal:
        FormLoader().apply(path, form_body(field("a"), key="slip", submitters=["wizard"]), by=by)
    assert refusal.value.at == ("submitters",)
    assert Edition.objects.count() == 0
