"""A file that comes again shows what changed and changes the drafts it made, not more."""

from __future__ import annotations

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from backoffice.positions.models import ImportedText, PositionPage
from tests.factories.organisation import make_user
from tests.factories.positions import make_editor

pytestmark = pytest.mark.django_db

WASHER = "洗车员岗位职责\n1、清洗车辆外观。\n2、每日清点工具。\n3、保养高压水枪。\n"
DRIVER = "拖车司机岗位职责\n1、保养拖车。\n2、接到电话后出发。\n"
CHANGED = "洗车员岗位职责\n1、清洗车辆外观。\n2、每周清点工具和毛巾。\n3、登记洗车台账。\n"


@pytest.fixture
def hr(client):
    user = make_editor()
    client.force_login(user)
    return user


def review(client, text: str, name: str = "posts.txt") -> str:
    response = client.post(reverse("positions_import"), {"file": SimpleUploadedFile(name, text.encode())})
    return str(response["Location"])


def take(client, address: str, *units: str, position: str = "") -> None:
    titles = {f"u{number}-title": title for number, title in enumerate(units)}
    client.post(
        address,
        {f"u{number}-take": "on" for number in range(len(units))} | titles | {"u0-position": position},
    )


def states(response) -> list[tuple[str, bool | None, bool]]:
    return [
        (one.unit.title, one.form.known.same if one.form.known else None, one.form.taken_now)
        for one in response.context["units"]
    ]


def test_the_same_file_again_ticks_nothing(client, hr):
    take(client, review(client, WASHER + DRIVER), "洗车员", "拖车司机")
    response = client.get(review(client, WASHER + DRIVER))
    assert states(response) == [("洗车员", True, False), ("拖车司机", True, False)]
    assert response.context["gone"] == ()


def test_a_unit_is_known_again_by_what_it_says_though_its_draft_has_another_title(client, hr):
    take(client, review(client, WASHER), "车辆清洗专员")
    [state] = states(client.get(review(client, WASHER)))
    assert state == ("洗车员", True, False)


def test_a_changed_file_shows_only_the_differences(client, hr):
    take(client, review(client, WASHER + DRIVER), "洗车员", "拖车司机")
    response = client.get(review(client, CHANGED + "贴膜员岗位职责\n1、贴膜。\n2、裁膜。\n"))
    assert states(response) == [("洗车员", False, True), ("贴膜员", None, True)]
    [washer, _new] = response.context["units"]
    assert [(one.kind, one.before, one.after) for one in washer.form.known.changes] == [
        ("changed", "每日清点工具。", "每周清点工具和毛巾。"),
        ("removed", "保养高压水枪。", ""),
        ("added", "", "登记洗车台账。"),
    ]
    assert [page.title for page in response.context["gone"]] == ["拖车司机"]


def test_changes_go_into_the_draft_and_leave_alone_what_hr_wrote(client, hr):
    take(client, review(client, WASHER), "洗车员")
    draft = PositionPage.objects.get().get_latest_revision_as_object()
    blocks = [dict(block) for block in draft.duties.raw_data]
    blocks[2]["value"] = {**blocks[2]["value"], "text": "每月保养一次水枪。"}
    draft.duties = blocks
    draft.save_revision(user=hr, clean=False)
    before = {block["value"]["text"]: block["id"] for block in draft.duties.raw_data}
    take(client, review(client, CHANGED), "洗车员", position="again")
    page = PositionPage.objects.get().get_latest_revision_as_object()
    assert [row.value["text"] for row in page.duties] == [
        "清洗车辆外观。",
        "每周清点工具和毛巾。",
        "登记洗车台账。",
        "每月保养一次水枪。",
    ]
    after = {row.value["text"]: row.id for row in page.duties}
    assert after["每周清点工具和毛巾。"] == before["每日清点工具。"]
    assert [row.value["cadence"] for row in page.duties][1] == "weekly"
    assert (page.live, PositionPage.objects.get().source) == (
        False,
        ImportedText.objects.latest("uploaded_at"),
    )


def test_a_change_of_what_hr_reworded_is_told_and_not_forced(client, hr):
    take(client, review(client, WASHER), "洗车员")
    draft = PositionPage.objects.get().get_latest_revision_as_object()
    blocks = [dict(block) for block in draft.duties.raw_data]
    blocks[1]["value"] = {**blocks[1]["value"], "text": "每天两次清点工具。"}
    draft.duties = blocks
    draft.save_revision(user=hr, clean=False)
    address = review(client, CHANGED)
    take(client, address, "洗车员", position="again")
    page = PositionPage.objects.get().get_latest_revision_as_object()
    assert "每天两次清点工具。" in [row.value["text"] for row in page.duties]
    told = " ".join(str(one) for one in client.get(address).context["messages"])
    assert "每周清点工具和毛巾。" in told


def test_the_command_twice_makes_no_second_draft(tmp_path):
    make_user("importer")
    path = tmp_path / "posts.txt"
    for text, drafts in ((WASHER, 1), (WASHER, 0), (CHANGED, 1)):
        path.write_text(text, encoding="utf-8")
        out = io.StringIO()
        call_command(
            "positions", "import", str(path), "--by", "importer", "--format", "json",
            stdout=out, stderr=io.StringIO(),
        )  # fmt: skip
        assert len(json.loads(out.getvalue())["files"][0]["drafts"]) == drafts
    page = PositionPage.objects.get().get_latest_revision_as_object()
    assert [row.value["text"] for row in page.duties] == [
        "清洗车辆外观。",
        "每周清点工具和毛巾。",
        "登记洗车台账。",
    ]


def test_after_the_changes_were_taken_the_file_is_unchanged(client, hr):
    take(client, review(client, WASHER), "洗车员")
    take(client, review(client, CHANGED), "洗车员", position="again")
    assert states(client.get(review(client, CHANGED))) == [("洗车员", True, False)]


def test_another_file_knows_nothing(client, hr):
    take(client, review(client, WASHER), "洗车员")
    assert states(client.get(review(client, WASHER + DRIVER, "other.txt"))) == [
        ("洗车员", None, True),
        ("拖车司机", None, True),
    ]
