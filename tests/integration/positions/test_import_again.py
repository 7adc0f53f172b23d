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
    told = told_after(client, address)
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


# --- everything else that a file says -----------------------------------------------------------------------

BEFORE = """拖车司机岗位职责
直接上级：服务经理
岗位目的：保证救援及时。
一、岗位职责
1、保养拖车。
2、接到电话后出发。
3、每月5日前上报里程。
二、任职资格
1、持有驾驶证。
三、工作权限
1、有权拒绝超载。
"""
AFTER = """救援司机岗位职责
直接上级：总经理
岗位目的：保证救援及时、安全。
一、岗位职责
1、接到电话后出发。
2、保养拖车。
3、每周一上报里程。
二、任职资格
1、持有驾驶证。
三、工作权限
1、有权拒绝超载和疲劳驾驶。
2、有权建议换车。
"""


def draft() -> PositionPage:
    return PositionPage.objects.get().get_latest_revision_as_object()


def texts(page: PositionPage, part: str) -> list[str]:
    return [row.value["text"] for row in getattr(page, part)]


def told_after(client, address: str) -> str:
    return " ".join(str(one) for one in client.get(address).context["messages"])


def test_every_part_of_the_file_is_compared_and_put_into_the_draft(client, hr):
    take(client, review(client, BEFORE), "拖车司机")
    before = draft()
    assert (before.summary, texts(before, "authorities")) == ("保证救援及时。", ["有权拒绝超载。"])
    ids = {row.value["text"]: row.id for row in before.duties}
    address = review(client, AFTER)
    [unit] = client.get(address).context["units"]
    assert (unit.form.known.same, unit.form["title"].value()) == (False, "救援司机")
    assert {(one.what, one.kind) for one in unit.form.known.changes} >= {
        ("title", "changed"),
        ("summary", "changed"),
        ("duties", "moved"),
        ("duties", "changed"),
        ("authorities", "changed"),
        ("authorities", "added"),
        ("reports_to", "changed"),
    }
    take(client, address, "救援司机", position="again")
    page = draft()
    assert (page.title, page.summary) == ("救援司机", "保证救援及时、安全。")
    assert texts(page, "authorities") == ["有权拒绝超载和疲劳驾驶。", "有权建议换车。"]
    assert texts(page, "duties") == ["接到电话后出发。", "保养拖车。", "每周一上报里程。"]
    after = {row.value["text"]: row.id for row in page.duties}
    assert (after["保养拖车。"], after["接到电话后出发。"]) == (ids["保养拖车。"], ids["接到电话后出发。"])
    assert after["每周一上报里程。"] == ids["每月5日前上报里程。"]
    assert [row.value["cadence"] for row in page.duties][2] == "weekly"
    told = told_after(client, address)
    assert "服务经理 → 总经理" in told
    assert reverse("wagtailadmin_pages:edit", args=[page.pk]) in told


def test_once_taken_the_retitled_file_is_unchanged_and_its_origins_are_the_new_ones(client, hr):
    take(client, review(client, BEFORE), "拖车司机")
    take(client, review(client, AFTER), "救援司机", position="again")
    assert states(client.get(review(client, AFTER))) == [("救援司机", True, False)]
    passages = draft().import_passages
    assert [one.passage for one in passages if one.now == "有权拒绝超载和疲劳驾驶。"] == [
        "1、有权拒绝超载和疲劳驾驶。"
    ]
    newest = ImportedText.objects.order_by("-pk")[1]
    assert {one.sha256 for one in passages} == {newest.sha256}


def test_where_hr_wrote_something_else_the_change_is_told_and_seen_beside_the_passage(client, hr):
    take(client, review(client, BEFORE), "拖车司机")
    page = draft()
    page.summary = "救援。"
    blocks = [dict(block) for block in page.authorities.raw_data]
    blocks[0]["value"] = {**blocks[0]["value"], "text": "可以拒绝超载。"}
    page.authorities = blocks
    page.title = "拖车驾驶员"
    page.save_revision(user=hr, clean=False)
    address = review(client, AFTER)
    [unit] = client.get(address).context["units"]
    assert unit.form["title"].value() == "拖车驾驶员"
    take(client, address, "拖车驾驶员", position="again")
    page = draft()
    assert (page.title, page.summary) == ("拖车驾驶员", "救援。")
    assert texts(page, "authorities") == ["可以拒绝超载。", "有权建议换车。"]
    told = told_after(client, address)
    assert "有权拒绝超载。 → 有权拒绝超载和疲劳驾驶。" in told
    assert "保证救援及时。 → 保证救援及时、安全。" in told
    beside = {one.now: one.passage for one in page.import_passages}
    assert beside["可以拒绝超载。"] == "1、有权拒绝超载和疲劳驾驶。"


def test_what_hr_crosses_out_of_the_changes_stays_out(client, hr):
    take(client, review(client, BEFORE), "拖车司机")
    address = review(client, AFTER)
    [unit] = client.get(address).context["units"]
    added = next(
        part.key for _heading, parts in unit.others for part in parts if part.text == "有权建议换车。"
    )
    client.post(
        address,
        {"u0-take": "on", "u0-title": "救援司机", "u0-position": "again", "u0-dropped": [added]},
    )
    assert texts(draft(), "authorities") == ["有权拒绝超载和疲劳驾驶。"]


def test_what_hr_removed_is_not_told_again_when_the_file_loses_it(client, hr):
    take(client, review(client, WASHER), "洗车员")
    page = draft()
    page.duties = [dict(block) for block in page.duties.raw_data][:2]
    page.save_revision(user=hr, clean=False)
    address = review(client, "洗车员岗位职责\n1、清洗车辆外观。\n2、每日清点工具。\n")
    take(client, address, "洗车员", position="again")
    assert texts(draft(), "duties") == ["清洗车辆外观。", "每日清点工具。"]
    assert reverse("wagtailadmin_pages:edit", args=[page.pk]) not in told_after(client, address)
