"""Texts of positions in a pack: published when they say something new."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from backoffice.positions import archiving
from backoffice.positions.models import PositionPage
from backoffice.positions.packs import PositionLoader, stable_id
from foundation.editions.queries import body_of, editions_of, in_force
from foundation.packs.exceptions import PackFault
from tests.factories.organisation import make_position, make_user
from tests.factories.positions import make_published, publish

pytestmark = pytest.mark.django_db
PATH = PurePosixPath("positions/adviser.yaml")


def text(**more):
    return {
        "code": "adviser",
        "summary": "接待客户。",
        "duties": [{"id": "reception", "text": "接待来店客户", "cadence": "daily", "deadline": "三分钟内"}],
        "qualifications": [{"id": "licence", "kind": "certificate", "text": "持有驾驶证", "mandatory": True}],
        **more,
    }


@pytest.fixture
def adviser():
    return make_position("adviser", title="售后服务顾问")


def apply(data, by=None):
    by = by or make_user()
    return [(item.key, item.action) for item in PositionLoader().apply(PATH, data, by=by)]


def test_the_first_time_makes_and_publishes_the_page(adviser):
    by = make_user()
    assert apply(text(), by) == [("adviser", "created")]
    edition = in_force("position", "adviser")
    assert (edition.published_by, PositionPage.objects.get().live) == (by, True)
    assert body_of(edition)["duties"] == [
        {
            "id": stable_id("adviser", "duties", "reception"),
            "text": "接待来店客户",
            "cadence": "daily",
            "deadline": "三分钟内",
            "deliverable": "",
            "recipient": "",
            "category": "",
            "weight": None,
            "related": "",
            "related_name": "",
            "related_name_en": "",
            "supplementary": False,
        }
    ]


def test_applying_again_changes_nothing(adviser):
    apply(text())
    assert apply(text()) == [("adviser", "unchanged")]
    assert (editions_of("position", "adviser").count(), PositionPage.objects.get().revisions.count()) == (
        1,
        1,
    )


def test_a_reworded_duty_stays_the_same_duty(adviser):
    apply(text())
    changed = text(duties=[{"id": "reception", "text": "三分钟内出迎", "cadence": "daily"}])
    assert apply(changed) == [("adviser", "changed")]
    first, second = (
        body_of(one)["duties"][0] for one in editions_of("position", "adviser").order_by("number")
    )
    assert (first["id"], first["text"], second["text"]) == (second["id"], "接待来店客户", "三分钟内出迎")


def test_plan_writes_nothing(adviser):
    PositionLoader().plan(PATH, text(), by=make_user())
    assert not PositionPage.objects.exists()


def test_what_is_exported_applies_without_a_change(adviser):
    apply(
        text(
            sections=[{"id": "s", "heading": "话术", "body": "<p>您好</p>"}],
            pay_components=[{"id": "p", "component": "底薪", "amount": "3500.00"}],
            authorities=[{"id": "a", "text": "工时优惠", "kind": "discount", "amount": "200.00"}],
            motto="首问负责",
            catch_all=True,
        )
    )
    ((path, data),) = PositionLoader().export()
    assert path == "positions/adviser.yaml"
    assert PositionLoader().plan(PurePosixPath(path), data, by=make_user())[0].action == "unchanged"


def test_the_pack_overwrites_what_was_published_since(adviser):
    apply(text())
    publish(PositionPage.objects.get(), by=make_user(), summary="人事改过")
    assert apply(text()) == [("adviser", "changed")]
    assert body_of(in_force("position", "adviser"))["summary"] == "接待客户。"


def test_faults_are_refused_with_their_place(adviser):
    with pytest.raises(PackFault) as other_file:
        PositionLoader().plan(PurePosixPath("positions/other.yaml"), text(), by=make_user())
    with pytest.raises(PackFault) as no_post:
        PositionLoader().plan(PurePosixPath("positions/x.yaml"), text(code="x"), by=make_user())
    assert (other_file.value.at, no_post.value.at) == (("code",), ("code",))


def test_an_archived_description_is_not_brought_back_by_a_pack():
    page = make_published(position=make_position("adviser"))
    archiving.archive(page, by=page.owner)
    with pytest.raises(PackFault):
        apply(text())
