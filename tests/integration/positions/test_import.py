"""Import: proposals are reviewed, taken over as drafts, all of them or none."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from backoffice.positions import imports
from backoffice.positions.models import ImportedText, PositionPage
from foundation.editions.models import Edition
from foundation.organisation.models import Position
from tests.factories.organisation import make_department, make_position, make_user, make_user_with_roles
from tests.factories.positions import make_editor

pytestmark = pytest.mark.django_db

TEXT = """岗位职责汇编

第1篇：配件主管岗位职责
直接上级：服务经理
1、每月10日前提交配件库存分析报告。
2、负责旧件的登记与保管。
任职资格：
1、大专及以上学历。
2、三年以上配件管理经验。

第2篇：洗车员岗位职责
1、接车后检查车身外观。
2、每日下班前清点工具。

本文来源于网络，仅供参考
"""


@pytest.fixture
def hr(client):
    user = make_editor()
    client.force_login(user)
    return user


def upload(client, data: bytes = TEXT.encode(), name: str = "collection.txt") -> Any:
    return client.post(reverse("positions_import"), {"file": SimpleUploadedFile(name, data)})


def review_of(client, **posted: str) -> tuple[Any, ImportedText]:
    upload(client)
    imported = ImportedText.objects.get()
    return client.post(reverse("positions_import_review", args=[imported.uuid]), posted), imported


def unit(number: int, **values: str) -> dict[str, str]:
    return {f"u{number}-{name}": value for name, value in {"take": "on", "code": "", **values}.items()}


def nothing_made() -> bool:
    return not PositionPage.objects.exists() and not Edition.objects.filter(kind="position").exists()


@pytest.mark.parametrize(
    ("roles", "status"),
    [(["hr"], 200), (["administrator"], 200), (["clerk"], 404), (["auditor"], 404), ([], 404)],
)
def test_only_hr_and_administrators_import(client, roles, status):
    user = make_user_with_roles(*roles)
    user.groups.add(*make_editor().groups.all()) if status == 200 else None
    client.force_login(user)
    allowed = client.get(reverse("positions_import")).status_code
    assert (allowed == 200) == (status == 200)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_in_any_usual_encoding_is_read(client, hr, encoding):
    response = upload(client, TEXT.encode(encoding))
    imported = ImportedText.objects.get()
    assert response["Location"] == reverse("positions_import_review", args=[imported.uuid])
    page = client.get(response["Location"]).content.decode()
    assert all(text in page for text in ("配件主管", "洗车员", "本文来源于网络"))
    assert nothing_made()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.txt"),
        (b"\x00\x01\x02\x03" * 50, "binary.txt"),
        (TEXT.encode(), "collection.exe"),
        ("随便的一行文字".encode(), "no-description.txt"),
        (b"x" * (5 * 1024 * 1024 + 1), "large.txt"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason_and_leaves_nothing(client, hr, data, name):
    response = upload(client, data, name)
    assert (response.status_code, ImportedText.objects.count()) == (422, 0)
    assert "error-message" in response.content.decode()


def test_ticked_units_become_drafts_that_remember_their_source(client, hr):
    existing = make_position("parts-supervisor", title="配件主管")
    response, imported = review_of(client, **unit(0, title="配件主管", position=str(existing.pk)))
    page = PositionPage.objects.get()
    collection = imports.proposals(imported)
    assert response.status_code == 302
    assert (page.title, page.position, page.live, page.source) == ("配件主管", existing, False, imported)
    assert (page.source_start, page.source_end) == collection.units[0].source
    assert "旧件的登记与保管" in collection.text[page.source_start : page.source_end]
    assert [(row.value["text"], row.value["cadence"]) for row in page.duties] == [
        ("每月10日前提交配件库存分析报告。", "monthly"),
        ("负责旧件的登记与保管。", "ongoing"),
    ]
    assert [row.value["kind"] for row in page.qualifications] == ["education", "experience"]
    assert not Edition.objects.filter(kind="position").exists()


def test_a_new_post_is_made_where_hr_says_so(client, hr):
    service = make_department("service")
    review_of(
        client, **unit(1, title="洗车员", position="new", code="car-washer", department=str(service.pk))
    )
    post = Position.objects.get(code="car-washer")
    assert (post.title, post.department, post.page.title) == ("洗车员", service, "洗车员")


def test_what_is_dropped_is_not_taken(client, hr):
    upload(client)
    imported = ImportedText.objects.get()
    [first, *_others] = imports.proposals(imported).units
    gone = [f"d{first.duties[0].source[0]}", f"q{first.qualifications[1].source[0]}"]
    address = reverse("positions_import_review", args=[imported.uuid])
    client.post(address, {**unit(0, title="配件主管"), "u0-dropped": gone})
    page = PositionPage.objects.get()
    assert ([row.value["text"] for row in page.duties], len(page.qualifications)) == (
        ["负责旧件的登记与保管。"],
        1,
    )


def test_a_department_and_the_headings_over_its_duties_come_along(client, hr):
    text = "配件部岗位职责\n一、收货\n1、核对到货数量。\n2、登记破损。\n二、发货\n1、按领料单发放。\n2、每日盘点。\n"
    upload(client, text.encode())
    address = reverse("positions_import_review", args=[ImportedText.objects.get().uuid])
    client.post(address, unit(0, title="配件部"))
    page = PositionPage.objects.get()
    assert (page.unit_kind, [row.value["category"] for row in page.duties]) == (
        "department",
        ["收货", "收货", "发货", "发货"],
    )


def test_a_fault_in_one_unit_takes_nothing_and_keeps_what_was_typed(client, hr):
    make_position("taken")
    response, _imported = review_of(
        client,
        **unit(0, title="自己改的名称"),
        **unit(1, title="洗车员", position="new", code="taken"),
    )
    text = response.content.decode()
    assert (response.status_code, nothing_made()) == (422, True)
    assert 'value="自己改的名称"' in text
    errors = {name: sorted(shown.form.errors) for name, shown in enumerate(response.context["units"])}
    assert errors == {0: [], 1: ["code", "department"]}


def test_the_same_post_twice_is_refused(client, hr):
    post = str(make_position().pk)
    response, _imported = review_of(
        client, **unit(0, title="甲", position=post), **unit(1, title="乙", position=post)
    )
    assert (response.status_code, nothing_made()) == (422, True)


def test_a_failure_while_storing_names_the_unit_and_leaves_nothing(client, hr, monkeypatch):
    made = imports.filled

    def fails_at_the_second(unit, *, dropped):
        if unit.title == "洗车员":
            from django.core.exceptions import ValidationError

            raise ValidationError("too bad")
        return made(unit, dropped=dropped)

    monkeypatch.setattr(imports, "filled", fails_at_the_second)
    response, imported = review_of(client, **unit(0, title="配件主管"), **unit(1, title="洗车员"))
    imported.refresh_from_db()
    assert (response.status_code, nothing_made(), imported.confirmed_at) == (422, True, None)
    assert response.context["units"][1].form.non_field_errors() == ["too bad"]


def test_ticking_nothing_says_so(client, hr):
    response, _imported = review_of(client)
    assert (response.status_code, nothing_made()) == (422, True)


def test_a_file_is_discarded_only_while_nothing_came_from_it(client, hr):
    _response, imported = review_of(client, **unit(0, title="配件主管"))
    discard = reverse("positions_import_discard", args=[imported.uuid])
    client.post(discard)
    assert ImportedText.objects.count() == 1
    PositionPage.objects.get().delete()
    client.post(discard)
    assert ImportedText.objects.count() == 0


# --- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="gb18030")
    (tmp_path / "notes.md").write_text("no")
    return tmp_path


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("positions", "import", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_dry_run_prints_one_json_document_and_writes_nothing(folder):
    out, err = run(str(folder), "--dry-run", "--format", "json")
    (report,) = json.loads(out)["files"]
    assert [(one["kind"], one["title"], len(one["duties"])) for one in report["units"]] == [
        ("position", "配件主管", 2),
        ("position", "洗车员", 2),
    ]
    assert {"text", "cadence", "deadline", "source"} <= set(report["units"][0]["duties"][0])
    assert ("岗位职责汇编" in json.dumps(report["kept"], ensure_ascii=False), "a.txt" in err) == (
        True,
        True,
    )
    assert (nothing_made(), ImportedText.objects.exists()) == (True, False)


def test_the_command_makes_drafts_for_the_named_author(folder):
    author = make_user("importer")
    post = make_position("washer", title="洗车员")
    run(str(folder), "--by", "importer")
    pages = PositionPage.objects.order_by("pk")
    assert [(page.title, page.position, page.owner, page.live) for page in pages] == [
        ("配件主管", None, author, False),
        ("洗车员", post, author, False),
    ]


def test_the_command_asks_for_the_author_and_names_refused_files(folder):
    with pytest.raises(CommandError, match="--by"):
        run(str(folder))
    (folder / "b.txt").write_bytes(b"")
    with pytest.raises(CommandError, match="1 of 2"):
        run(str(folder), "--dry-run")
