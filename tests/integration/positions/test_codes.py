"""A position is never called by a word of our addresses, whichever way it is made."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.urls import resolve

from backoffice.positions import addresses, imports
from backoffice.positions.models import PositionPage
from foundation.organisation.exceptions import CodeReserved
from foundation.organisation.models import Position
from foundation.organisation.services import save_position
from foundation.packs.exceptions import PackFault
from foundation.packs.loaders.organisation import OrganisationLoader
from tests.factories.organisation import make_department, make_position, make_user
from tests.factories.positions import make_editor

pytestmark = pytest.mark.django_db
PATH = PurePosixPath("organisation.yaml")


def pack(code: str) -> dict:
    return {
        "departments": [{"code": "shop", "name": "店"}],
        "positions": [{"code": code, "title": "岗位", "department": "shop"}],
    }


def test_the_words_are_those_that_lead_elsewhere():
    slugs = {word for word in addresses.words() if "." not in word}
    assert {"chart", "mine", "approvals", "sign-offs"} <= slugs
    assert all(resolve(f"/positions/{word}/").view_name != "positions:detail" for word in slugs)
    assert resolve("/positions/adviser/").view_name == "positions:detail"


@pytest.mark.parametrize("code", ["chart", "sign-offs", "Mine"])
def test_the_door_refuses_them_and_makes_nothing(code):
    shop = make_department("shop")
    with pytest.raises(CodeReserved, match=code):
        save_position(code=code, title="岗位", department=shop, by=make_user())
    assert not Position.objects.exists()


def test_a_position_that_has_such_a_code_from_earlier_can_still_be_changed():
    old = make_position("chart", title="旧")
    save_position(code="chart", title="新", department=old.department, by=make_user())
    assert Position.objects.get().title == "新"


def test_a_pack_is_refused_with_its_place_before_anything_is_written():
    with pytest.raises(PackFault) as fault:
        OrganisationLoader().plan(PATH, pack("approvals"), by=make_user())
    assert (fault.value.at, "approvals" in str(fault.value)) == (("positions", 0, "code"), True)
    assert [one.action for one in OrganisationLoader().plan(PATH, pack("adviser"), by=make_user())] == [
        "created",
        "created",
    ]


def test_an_import_names_the_unit_and_makes_nothing():
    hr, shop = make_editor(), make_department("shop")
    received = imports.receive("出纳岗位职责\n1、登记现金账。\n2、盘点库存现金。\n".encode(), "a.txt", by=hr)
    [unit] = received.collection.units
    decision = imports.Decision(index=0, unit=unit, title="出纳", new_code="mine", department=shop)
    with pytest.raises(imports.UnitRefused, match="mine") as refused:
        imports.take(received.imported, [decision], by=hr)
    assert (refused.value.number, refused.value.field) == (1, "code")
    assert not PositionPage.objects.exists()
    assert not Position.objects.exists()
