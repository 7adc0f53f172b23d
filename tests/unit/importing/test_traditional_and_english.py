"""Traditional Chinese and English descriptions, read by the same rules."""

import pytest

from backoffice.positions.importing import Collection, read_file, unplaced
from tests.factories.word import make_word


def read(text: str) -> Collection:
    collection = read_file(text.encode(), "collected.txt")
    assert unplaced(collection) == ""
    return collection


ENGLISH = """Parts Manager
Reports to: After-sales Director
Department: Parts Department
Purpose: Keep the right parts in stock.
Duties and responsibilities
1. Order parts every Monday before 10 am.
2. Answer enquiries from the workshop within 24 hours.
3. Count the shelves monthly.
Qualifications
1. Diploma in logistics.
2. Three years of experience.

Workshop Receptionist
Reports to: Parts Manager
Duties and responsibilities:
- Greet customers at the door.
- Prepare a report by the 5th of each month.
Qualifications:
- Good English.
"""


def test_english_descriptions_with_labels_are_told_apart() -> None:
    manager, receptionist = read(ENGLISH).units
    assert [(unit.title, unit.reports_to) for unit in (manager, receptionist)] == [
        ("Parts Manager", "After-sales Director"),
        ("Workshop Receptionist", "Parts Manager"),
    ]
    assert (manager.department, manager.summary) == ("Parts Department", "Keep the right parts in stock.")
    assert [(duty.text, duty.cadence, duty.deadline) for duty in manager.duties] == [
        ("Order parts every Monday before 10 am.", "weekly", "every Monday before 10 am"),
        ("Answer enquiries from the workshop within 24 hours.", "", "within 24 hours"),
        ("Count the shelves monthly.", "monthly", ""),
    ]
    assert [item.text for item in manager.qualifications] == [
        "Diploma in logistics.",
        "Three years of experience.",
    ]
    assert [duty.text for duty in receptionist.duties] == [
        "Greet customers at the door.",
        "Prepare a report by the 5th of each month.",
    ]


@pytest.mark.parametrize(
    "heading",
    ["Job description: Service Adviser", "Service Adviser - Job Description", "Position: Service Adviser",
     "Job title: Service Adviser", "Service Adviser"],
)  # fmt: skip
def test_english_ways_to_name_the_post(heading: str) -> None:
    [unit] = read(f"{heading}\nKey responsibilities\n1. Receive customers.\n2. Explain the invoice.\n").units
    assert (unit.title, len(unit.duties)) == ("Service Adviser", 2)


def test_an_english_word_file_with_headings_and_a_table() -> None:
    data = make_word(
        "# Sales Consultant",
        [["Reports to", "Showroom Manager"], ["Department", "Sales"]],
        "## Main duties",
        "1. Present the cars.",
        "2. Record each test drive daily.",
        "# Showroom Manager",
        "## Main duties",
        "1. Lead the consultants.",
        "2. Plan the shifts weekly.",
    )
    consultant, manager = read_file(data, "posts.docx").units
    assert (consultant.title, consultant.reports_to, len(consultant.duties)) == (
        "Sales Consultant",
        "Showroom Manager",
        2,
    )
    assert (manager.title, [duty.cadence for duty in manager.duties]) == ("Showroom Manager", ["", "weekly"])


TRADITIONAL = """崗位名稱：售後接待專員
所屬部門：售後服務部
直接上級：服務經理
崗位職責：
1、迎接車主並登記車輛外觀。
2、每週一12點前整理預約名單。
3、接到投訴後24小時內回覆車主。
任職資格：
1、專科以上學歷。
2、具備兩年以上接待經驗。

零件倉管員崗位職責
1、按照先進先出發放零件。
2、每月最後一天盤點庫存。
"""


def test_traditional_labels_titles_cadences_and_deadlines() -> None:
    reception, keeper = read(TRADITIONAL).units
    assert (reception.title, reception.department, reception.reports_to) == (
        "售後接待專員",
        "售後服務部",
        "服務經理",
    )
    assert [(duty.cadence, duty.deadline) for duty in reception.duties] == [
        ("", ""),
        ("weekly", "每週一12點前"),
        ("event", "24小時內"),
    ]
    assert [item.text for item in reception.qualifications] == ["專科以上學歷。", "具備兩年以上接待經驗。"]
    assert (keeper.title, [duty.cadence for duty in keeper.duties]) == ("零件倉管員", ["", "monthly"])


@pytest.mark.parametrize(
    "ending",
    [
        "\n本文来源于网络，仅供参考",
        "本文来源于网络。",
        "\n以上内容由网友整理，希望对大家有帮助。",
        "\n感谢您的阅读！",
        "\n資料來源於網絡，僅供參考",
    ],
)
def test_a_remark_of_whoever_copied_the_text_is_not_a_duty(ending: str) -> None:
    collection = read(f"洗车员岗位职责\n1、清洗车辆。\n2、保养水枪。{ending}")
    assert [duty.text for duty in collection.units[0].duties] == ["清洗车辆。", "保养水枪。"]
    assert [(passage.text, passage.reason) for passage in collection.kept] == [(ending.strip(), "site")]
