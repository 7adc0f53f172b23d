"""What an imported text says goes where its words say, and every part of a draft knows where it came from."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.positions.import_parts import filled
from backoffice.positions.importing import DOUBTFUL, read_file, unplaced
from backoffice.positions.models import ImportedPart, ImportedText, PositionPage
from backoffice.positions.parts import BY_NAME
from backoffice.positions.reviewing.origins import passages_of
from tests.factories.positions import make_editor

FULL = """岗位名称：配件主管
所属部门：配件部
直接上级：售后经理
内部关系：维修车间、财务部
外部关系：配件供应商
编制目的：明确配件主管的工作。
适用范围：本店配件部。
一、岗位职责
1、每月5日前上报库存报表。
2、负责配件出入库登记。
二、岗位权限
1、有权审批五百元以内的采购。
2、有权检查仓库的防火情况。
三、工作责任
1、对库存账实相符负责。
四、任职资格
1、大专以上学历。
五、工作关系
内部：与前台核对工单
外部：与厂家核对订单
六、考核指标
库存准确率：99%
七、薪资待遇
底薪：3200元
八、工作流程
1、收货。
2、验货，当日内入库。
九、话术
缺件时：您好，配件预计三天后到货。
十、相关表单
1、入库单
十一、奖惩制度
1、盘点差错每次罚款50元。
十二、注意事项
1、仓库内禁止吸烟。
十三、工作环境
仓库内，冬季较冷。
"""


def values(unit, part: str) -> list[dict[str, object]]:
    return [block["value"] for block in filled(unit).fields.get(part, ())]


@pytest.fixture(scope="module")
def unit():
    collection = read_file(FULL.encode(), "a.txt")
    assert (len(collection.units), unplaced(collection)) == (1, "")
    return collection.units[0]


def test_authorities_say_what_kind_they_are(unit):
    assert [(one["kind"], one["text"]) for one in values(unit, "authorities")] == [
        ("spend", "有权审批五百元以内的采购。"),
        ("inspect", "有权检查仓库的防火情况。"),
    ]


def test_relations_know_their_side(unit):
    assert [(one["kind"], one["party"]) for one in values(unit, "relations")] == [
        ("internal", "与前台核对工单"),
        ("external", "与厂家核对订单"),
        ("internal", "维修车间、财务部"),
        ("external", "配件供应商"),
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("accountabilities", {"text": "对库存账实相符负责。"}),
        ("scorecard", {"indicator": "库存准确率", "target": "99%"}),
        ("pay_components", {"component": "底薪", "formula": "3200元"}),
        ("scripts", {"situation": "缺件时", "text": "您好，配件预计三天后到货。"}),
        ("related_documents", {"title": "入库单"}),
        ("rewards", {"kind": "penalty", "condition": "盘点差错每次罚款50元。"}),
        ("cautions", {"text": "仓库内禁止吸烟。"}),
    ],
)
def test_other_parts_are_filled_by_their_headings(unit, part, expected):
    assert values(unit, part) == [expected]


def test_steps_keep_their_order_and_deadline(unit):
    assert [(one["text"], one["deadline"]) for one in values(unit, "process_steps")] == [
        ("收货。", ""),
        ("验货，当日内入库。", "当日内"),
    ]


def test_texts_that_stand_once_stand_in_their_fields(unit):
    fields = filled(unit).fields
    assert (fields["purpose"], fields["scope"], fields["working_conditions"]) == (
        "明确配件主管的工作。",
        "本店配件部。",
        "仓库内，冬季较冷。",
    )


def test_duties_and_qualifications_are_what_they_were(unit):
    assert [(one["text"], one["cadence"]) for one in values(unit, "duties")] == [
        ("每月5日前上报库存报表。", "monthly"),
        ("负责配件出入库登记。", "ongoing"),
    ]
    assert [one["kind"] for one in values(unit, "qualifications")] == ["education"]


def test_what_does_not_fit_its_part_becomes_a_section_and_is_doubtful():
    long = "本岗位薪酬按照集团统一制度执行，" * 30
    collection = read_file(f"配件主管岗位职责\n1、负责登记。\n薪资待遇\n{long}\n".encode(), "a.txt")
    made = filled(collection.units[0])
    assert "pay_components" not in made.fields
    assert [block["value"]["heading"] for block in made.fields["sections"]] == ["薪资待遇"]
    assert [one.confidence < DOUBTFUL for one in made.origins if one.part == "sections"] == [True]


def test_every_filled_column_fits_its_field(unit):
    for part, blocks in filled(unit).fields.items():
        if part in BY_NAME:
            columns = {column.name: column for column in BY_NAME[part].columns}
            for block in blocks:
                for name, text in block["value"].items():
                    if columns[name].kind == "text":
                        assert len(str(text)) <= columns[name].length


def test_sure_and_doubtful_parts_are_told_apart():
    titled = read_file("洗车员岗位职责\n1、负责清洗车辆。\n2、水\n".encode(), "a.txt")
    assert [duty.confidence >= DOUBTFUL for duty in titled.units[0].duties] == [True, False]
    untitled = read_file("1、负责清洗车辆。\n2、完成登记。\n3、水\n".encode(), "b.txt")
    assert [duty.confidence >= DOUBTFUL for duty in untitled.units[0].duties] == [True, True, False]


@pytest.mark.django_db
def test_a_draft_keeps_where_each_part_came_from(client):
    hr = make_editor(language="en")
    client.force_login(hr)
    client.cookies["django_language"] = "en"
    client.post(reverse("positions_import"), {"file": SimpleUploadedFile("full.txt", FULL.encode())})
    imported = ImportedText.objects.get()
    address = reverse("positions_import_review", args=[imported.uuid])
    page = client.get(address).content.decode()
    assert "有权审批五百元以内的采购。" in page
    assert page.count("Working relations") == 1
    client.post(address, {"u0-take": "on", "u0-title": "配件主管", "u0-position": ""})
    draft = PositionPage.objects.get()
    assert {row["value"]["text"] for row in draft.authorities.raw_data} == {
        "有权审批五百元以内的采购。",
        "有权检查仓库的防火情况。",
    }
    duty = draft.duties.raw_data[0]
    origin = ImportedPart.objects.get(page=draft, block=duty["id"])
    assert (origin.part, FULL[origin.start : origin.end], origin.first_paragraph) == (
        "duties",
        "1、每月5日前上报库存报表。",
        9,
    )
    assert origin.source == imported
    told = {one.now: one.passage for one in passages_of(draft)}
    assert told["每月5日前上报库存报表。"] == "1、每月5日前上报库存报表。"
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[draft.pk])).content.decode()
    assert "Where it came from" in edit
    assert "paragraph 9" in edit
    assert imported.sha256[:12] in edit


@pytest.mark.django_db
def test_a_part_that_was_crossed_out_leaves_no_trace_in_the_draft(client):
    client.force_login(make_editor())
    client.post(reverse("positions_import"), {"file": SimpleUploadedFile("full.txt", FULL.encode())})
    imported = ImportedText.objects.get()
    unit = read_file(FULL.encode(), "full.txt").units[0]
    client.post(
        reverse("positions_import_review", args=[imported.uuid]),
        {
            "u0-take": "on",
            "u0-title": "配件主管",
            "u0-position": "",
            "u0-dropped": f"r{unit.rows[0].source[0]}",
        },
    )
    draft = PositionPage.objects.get()
    left = str(draft.get_latest_revision().content)
    assert unit.rows[0].text not in left
    assert not ImportedPart.objects.filter(page=draft, start=unit.rows[0].source[0]).exists()
