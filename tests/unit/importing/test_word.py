"""Word files: the text the reader sees, cut into the same proposals as a text file."""

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from backoffice.positions.importing import Collection, read_file, unplaced
from backoffice.positions.importing.lists import chinese
from tests.factories.word import add_numbered, make_list, make_word


def read(data: bytes) -> Collection:
    collection = read_file(data, "posts.docx")
    assert unplaced(collection) == ""
    return collection


def lines(collection: Collection) -> list[str]:
    return collection.text.split("\n")


def test_a_heading_style_makes_a_title_of_the_name_of_a_post() -> None:
    collection = read(
        make_word(
            "# 展厅经理", "1、巡视展厅。", "2、安排值班。", "# 试驾专员", "1、检查试驾车。", "2、办理手续。"
        )
    )
    assert [(unit.title, len(unit.duties)) for unit in collection.units] == [("展厅经理", 2), ("试驾专员", 2)]


def test_automatic_numbers_are_printed_as_the_reader_sees_them() -> None:
    def build(document) -> None:
        outline = make_list(
            document, [("chineseCounting", "%1、"), ("decimal", "%1.%2"), ("bullet", "\uf0b7")]
        )
        document.add_paragraph("洗车员岗位职责")
        for level, text in (
            (0, "准备"),
            (1, "检查水枪。"),
            (1, "备好毛巾。"),
            (2, "每车一条。"),
            (0, "清洗"),
            (1, "冲洗。"),
        ):
            add_numbered(document, text, outline, level)

    assert lines(read(make_word(build=build)))[1:] == [
        "一、 准备", "一.1 检查水枪。", "一.2 备好毛巾。", "● 每车一条。", "二、 清洗", "二.1 冲洗。",
    ]  # fmt: skip


def test_legal_numbering_counts_in_arabic_digits_and_a_list_may_start_again() -> None:
    def build(document) -> None:
        number = make_list(document, [("decimal", "%1."), ("lowerLetter", "%2)")], start_again=True)
        for text, one in (
            ("甲。", number),
            ("乙。", number),
            ("丙。", number + 1000),
            ("丁。", number + 1000),
        ):
            add_numbered(document, text, one)

    collection = read_file(make_word("洗车员岗位职责", build=build), "posts.docx")
    assert lines(collection)[1:] == ["1. 甲。", "2. 乙。", "1. 丙。", "2. 丁。"]


def test_numbers_of_a_list_style_are_found_through_the_style() -> None:
    def build(document) -> None:
        for text in ("清洗车辆。", "保养水枪。"):
            document.add_paragraph(text, style="List Number")

    [unit] = read(make_word("洗车员岗位职责", build=build)).units
    assert [(duty.marker, duty.text) for duty in unit.duties] == [("1.", "清洗车辆。"), ("2.", "保养水枪。")]


def test_a_table_of_labels_becomes_fields_and_duties() -> None:
    [unit] = read(
        make_word(
            [
                ["岗位名称", "索赔专员", "所属部门", "售后部"],
                ["直接上级", "服务经理", "", ""],
                ["岗位职责", "1、整理索赔件。\n2、每月5日前上报索赔单。", "", ""],
                ["任职资格", "1、大专以上学历。\n2、两年以上经验。", "", ""],
            ]
        )
    ).units
    assert (unit.title, unit.department, unit.reports_to) == ("索赔专员", "售后部", "服务经理")
    assert [(duty.text, duty.deadline) for duty in unit.duties] == [
        ("整理索赔件。", ""),
        ("每月5日前上报索赔单。", "每月5日前"),
    ]
    assert [item.text for item in unit.qualifications] == ["大专以上学历。", "两年以上经验。"]


def test_merged_cells_are_read_once() -> None:
    def build(document) -> None:
        table = document.add_table(rows=3, cols=3)
        table.cell(0, 0).merge(table.cell(2, 0)).text = "岗位职责"
        for row, text in enumerate(("1、接待来访客户。", "2、登记客户信息。", "3、整理资料架。")):
            table.cell(row, 1).merge(table.cell(row, 2)).text = text

    collection = read(make_word("前台接待岗位职责", build=build))
    assert [duty.text for duty in collection.units[0].duties] == [
        "接待来访客户。",
        "登记客户信息。",
        "整理资料架。",
    ]
    assert collection.text.count("岗位职责") == 2


def test_running_lines_and_comments_are_kept_and_begin_no_description() -> None:
    def build(document) -> None:
        section = document.sections[0]
        section.header.paragraphs[0].text = "销售经理岗位职责"
        section.footer.paragraphs[0].text = "内部资料"

    collection = read(make_word("洗车员岗位职责", "1、清洗车辆。", "2、保养水枪。", build=build))
    assert [unit.title for unit in collection.units] == ["洗车员"]
    assert [(passage.text, passage.reason) for passage in collection.kept] == [
        ("销售经理岗位职责\n内部资料", "header")
    ]


def test_text_boxes_content_controls_and_insertions_are_read_deletions_are_not() -> None:
    def build(document) -> None:
        body = document.element.body
        space = nsdecls("w")
        for xml in (
            f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>1、来自内容控件。</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            f"<w:p {space}><w:ins><w:r><w:t>2、插入的。</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>删掉的</w:delText></w:r></w:del></w:p>",
            f"<w:p {space}><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>3、文本框里的。</w:t></w:r></w:p>"
            "</w:txbxContent></w:pict></w:r></w:p>",
            f"<w:p {space}><w:r><w:t>4、软</w:t><w:br/><w:t>换行。</w:t></w:r></w:p>",
        ):
            body.insert(len(body) - 1, parse_xml(xml))

    [unit] = read(make_word("洗车员岗位职责", build=build)).units
    assert [duty.text for duty in unit.duties] == ["来自内容控件。", "插入的。", "文本框里的。", "软换行。"]


@pytest.mark.parametrize(
    ("number", "printed"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百〇五"), (110, "一百一十"), (0, "0")],
)
def test_chinese_numbers(number: int, printed: str) -> None:
    assert chinese(number) == printed
