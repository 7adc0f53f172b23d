"""Texts of our own in the styles in which collected descriptions are written; each test is one style."""

import pytest

from backoffice.positions.importing import DOUBTFUL, Collection, Unit, read_file, unplaced


def read(text: str) -> Collection:
    collection = read_file(text.encode(), "collected.txt")
    assert unplaced(collection) == ""
    return collection


def titles(collection: Collection) -> list[str]:
    return [unit.title for unit in collection.units]


def duties(unit: Unit) -> list[str]:
    return [duty.text for duty in unit.duties]


def test_heading_and_numbered_list_make_a_position() -> None:
    [unit] = read("洗车员岗位职责\n1、清洗交付车辆的外观和内饰。\n2、保养高压水枪。\n").units
    assert (unit.kind, unit.title) == ("position", "洗车员")
    assert duties(unit) == ["清洗交付车辆的外观和内饰。", "保养高压水枪。"]
    assert [duty.marker for duty in unit.duties] == ["1、", "2、"]
    assert unit.headings[0].heading == "洗车员岗位职责"


def test_several_items_on_one_line_are_told_apart() -> None:
    [unit] = read(
        "试驾专员岗位职责\n1、检查试驾车的油量;2、登记客户的驾驶证;3、每日充电\n4、陪同试驾。5、填写试驾反馈"
    ).units
    assert duties(unit) == [
        "检查试驾车的油量;",
        "登记客户的驾驶证;",
        "每日充电",
        "陪同试驾。",
        "填写试驾反馈",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "拖车司机岗位职责\n1、保证拖车有1、2号钥匙和3.5吨绞盘。\n2、到场时间为8:30—9:30。",
        "拖车司机岗位职责\n1.保证拖车有1、2号钥匙和3.5吨绞盘。\n2.到场时间为8:30—9:30。",
    ],
)
def test_numbers_inside_a_sentence_do_not_begin_an_item(text: str) -> None:
    [unit] = read(text).units
    assert duties(unit) == ["保证拖车有1、2号钥匙和3.5吨绞盘。", "到场时间为8:30—9:30。"]


def test_wrapped_lines_are_joined() -> None:
    [unit] = read("库管员岗位职责\n1、按照先进先出的原则发放备\n\n件。\n2、check the\nshelf labels\n").units
    assert duties(unit) == ["按照先进先出的原则发放备件。", "check the shelf labels"]


@pytest.mark.parametrize(
    "text",
    [
        "美容技师岗位职责:1.打蜡前清洗漆面。2.清点药剂。贴膜技师岗位职责:1.贴膜后告知保养方法。"
        "2.整理裁膜台。",
        "美容技师岗位职责\n1.打蜡前清洗漆面。\n2.清点药剂。贴膜技师岗位职责:1.贴膜后告知保养方法。\n"
        "2.整理裁膜台。",
        "美容技师岗位职责\n1.打蜡前清洗漆面。\n2.清点药剂。(二)贴膜技师岗位职责:\n"
        "1.贴膜后告知保养方法。\n2.整理裁膜台。",
        "美容技师岗位职责\n1.打蜡前清洗漆面。\n2.清点药剂。 贴膜技师岗位职责\n1.贴膜后告知保养方法。"
        "\n2.整理裁膜台。",
    ],
)
def test_title_glued_to_the_last_item_of_the_list_before(text: str) -> None:
    collection = read(text)
    assert titles(collection) == ["美容技师", "贴膜技师"]
    assert [duties(unit) for unit in collection.units] == [
        ["打蜡前清洗漆面。", "清点药剂。"],
        ["贴膜后告知保养方法。", "整理裁膜台。"],
    ]


def test_bare_name_over_a_list_is_a_title() -> None:
    collection = read("救援专员\n\n1、接听救援电话\n2、安排拖车\n\n续保主管:\n\n1、分配续保名单\n2、核对保单")
    assert titles(collection) == ["救援专员", "续保主管"]


def test_title_with_spaces_between_the_characters() -> None:
    assert titles(read("洗 车 员 职 责\n1、清洗车辆。\n2、整理工具。")) == ["洗车员"]


def test_chinese_numerals_number_the_posts_and_letters_their_duties() -> None:
    collection = read(
        "二网部岗位职责\n一、二网经理1、工作职责\na、负责二网签约;b、负责二网授信\n2、工作任务\na、月度工作\n"
        "--核对二网库存--催收到期车款\nb、每日工作\n--回复二网询价\n二、二网助理1、工作职责\na、负责整理合同"
    )
    assert titles(collection) == ["二网经理", "二网助理"]
    assert [(duty.text, duty.group, duty.cadence) for duty in collection.units[0].duties] == [
        ("负责二网签约;", "工作职责", ""),
        ("负责二网授信", "工作职责", ""),
        ("核对二网库存", "月度工作", "monthly"),
        ("催收到期车款", "月度工作", "monthly"),
        ("回复二网询价", "每日工作", "daily"),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("第1篇:仓管岗位职责", "第2篇:叉车司机岗位职责"),
        ("篇一:\n仓管岗位职责", "篇二:\n叉车司机岗位职责"),
        ("【篇1:\n\n仓管岗位职责】\n", "【篇2:\n\n叉车司机岗位职责】\n"),
        ("1.仓管岗位职责 篇一", "2.叉车司机岗位职责 篇二"),
    ],
)
def test_chapters_of_a_collection(first: str, second: str) -> None:
    collection = read(f"{first}\n1、验收到货。\n2、登记台账。\n{second}\n1、检查叉车。\n2、装卸托盘。")
    assert titles(collection) == ["仓管岗位", "叉车司机"]
    assert duties(collection.units[1]) == ["检查叉车。", "装卸托盘。"]


def test_chapter_repeated_by_its_own_heading_is_one_position() -> None:
    collection = read("第3篇:展车专员职责\n\n展车专员岗位职责\n1、擦拭展车。\n2、调整车内温度。")
    assert titles(collection) == ["展车专员"]
    assert [section.heading for section in collection.units[0].headings] == [
        "第3篇:展车专员职责",
        "展车专员岗位职责",
    ]


def test_text_follows_the_chapter_without_a_break() -> None:
    [unit] = read("第7篇:年审专员岗位职责协助客户办理车辆年审,代缴费用并保管行驶证复印件。").units
    assert (unit.title, duties(unit)) == ("年审专员", ["协助客户办理车辆年审,代缴费用并保管行驶证复印件。"])


def test_nested_numbers_of_one_post_in_several_places_are_one_position() -> None:
    collection = read(
        "2.1.活动专员职责\n策划车友活动;保管活动物料;联系场地。\n2.2.内训师职责\n培训新进员工;"
        "编写教材;组织考试。\n"
        "4.1.活动专员\n4.1.1.每日\n(1)更新活动报名表。\n(2)回复车友群。\n4.1.2.每月\n"
        "(1)每月25日前提交下月活动方案。\n"
        "4.2.内训师\n4.2.1.每周\n(1)每周五17点前公布考试成绩。"
    )
    assert titles(collection) == ["活动专员", "内训师"]
    first, second = collection.units
    assert first.summary == "策划车友活动;保管活动物料;联系场地。"
    assert [(duty.text, duty.cadence, duty.deadline) for duty in first.duties] == [
        ("更新活动报名表。", "daily", ""),
        ("回复车友群。", "daily", ""),
        ("每月25日前提交下月活动方案。", "monthly", "每月25日前"),
    ]
    assert [(duty.cadence, duty.deadline) for duty in second.duties] == [("weekly", "每周五17点前")]


LABELLED = (
    "一、岗位名称:道路救援调度员\n二、所属部门:客户服务部\n三、直接上级:\n救援主管\n四、岗位概要:\n"
    "统筹夜间救援车辆。\n"
    "五、主要职责:\n1、接到求助后10分钟内派车。\n2、每日交接班时核对里程。\n六、任职资格:\n"
    "1、高中以上学历。\n2、持C1驾驶证。\n"
    "七、工作权限:\n1、可调用合作拖车。\n"
)


def test_labelled_fields() -> None:
    [unit] = read(LABELLED).units
    assert (unit.title, unit.department, unit.reports_to) == ("道路救援调度员", "客户服务部", "救援主管")
    assert unit.summary == "统筹夜间救援车辆。"
    assert duties(unit) == ["接到求助后10分钟内派车。", "每日交接班时核对里程。"]
    assert [item.text for item in unit.qualifications] == ["高中以上学历。", "持C1驾驶证。"]
    assert [(row.part, row.marker + row.text) for row in unit.rows] == [
        ("authorities", "1、可调用合作拖车。")
    ]
    assert unit.confidence > 80


def test_labelled_fields_in_traditional_characters() -> None:
    [unit] = read(
        "崗位名稱:維修顧問\n所屬部門:售後服務部\n直屬主管:服務經理\n主要職責:\n1、每日檢查預約單。\n"
        "2、於24小時內回覆客戶。\n任職資格:\n1、三年以上經驗。"
    ).units
    assert (unit.title, unit.department, unit.reports_to) == ("維修顧問", "售後服務部", "服務經理")
    assert [(duty.text, duty.cadence, duty.deadline) for duty in unit.duties] == [
        ("每日檢查預約單。", "daily", ""),
        ("於24小時內回覆客戶。", "", "於24小時內"),
    ]
    assert [item.text for item in unit.qualifications] == ["三年以上經驗。"]


def test_full_width_signs() -> None:
    [unit] = read(
        "岗位名称：定损员\n直接上级：理赔主管\n岗位职责：\n１、现场查勘；２、核定金额；３、复勘。"
    ).units
    assert (unit.title, unit.reports_to) == ("定损员", "理赔主管")
    assert duties(unit) == ["现场查勘；", "核定金额；", "复勘。"]


def test_english() -> None:
    [unit] = read(
        "Parts Adviser - Job Description\nDepartment: Parts\nReports to: Parts Manager\n"
        "Purpose: keep the workshop supplied.\nDuties and responsibilities\n"
        "1. Answer enquiries within 24 hours.\n2. Count fast-moving stock every Friday.\n"
        "- Report differences.\n"
        "Qualifications\n- Two years in a parts department.\n"
    ).units
    assert (unit.title, unit.department, unit.reports_to) == ("Parts Adviser", "Parts", "Parts Manager")
    assert unit.summary == "keep the workshop supplied."
    assert [(duty.text, duty.cadence, duty.deadline) for duty in unit.duties] == [
        ("Answer enquiries within 24 hours.", "", "within 24 hours"),
        ("Count fast-moving stock every Friday.\n- Report differences.", "weekly", "every Friday"),
    ]
    assert [item.text for item in unit.qualifications] == ["Two years in a parts department."]


@pytest.mark.parametrize("bar", ["\t", " | "])
def test_tables(bar: str) -> None:
    rows = [["岗位名称", "夜班保安", "所属部门", "综合部"], ["直接上级", "安全主管"], ["岗位职责"]]
    rows += [["1", "每两小时巡查车场", "签到表"], ["2", "登记夜间出入车辆", "登记簿"]]
    edge = bar.strip()
    [unit] = read("\n".join(edge + bar.join(row) + edge for row in rows)).units
    assert (unit.title, unit.department, unit.reports_to) == ("夜班保安", "综合部", "安全主管")
    assert [" ".join(duty.text.replace("|", " ").split()) for duty in unit.duties] == [
        "每两小时巡查车场 签到表",
        "登记夜间出入车辆 登记簿",
    ]


def test_department_description() -> None:
    collection = read(
        "精品部岗位职责\n1、制定精品陈列方案。\n2、管理精品库存。\n精品安装工岗位职责\n1、安装精品。"
        "\n2、清理边角料。"
    )
    assert [(unit.kind, unit.title) for unit in collection.units] == [
        ("department", "精品部"),
        ("position", "精品安装工"),
    ]


def test_lists_whose_titles_were_lost_are_proposed_without_a_title() -> None:
    collection = read(
        "部门岗位职责说明书篇一\n1、负责区域招商。\n2、协助签订合同。\n3、统计客户需求。\n"
        "1、组织团队培训。\n2、制定销售计划。\n3、审核报价。\n"
        "任职要求:\n1、五年经验。\n2、会驾驶。\n岗位职责:\n1、陈列商品。\n2、补充货架。\n"
    )
    assert titles(collection)[1:] == ["", ""]
    assert [len(unit.duties) for unit in collection.units] == [3, 3, 2]
    assert [item.text for item in collection.units[1].qualifications] == ["五年经验。", "会驾驶。"]
    assert all(unit.confidence < 50 for unit in collection.units if not unit.title)
    assert len(collection.warnings) == 1


def test_site_chrome_adverts_and_essays_are_kept_apart() -> None:
    text = (
        "当前位置: 首页 > 范文\n上传人:甲乙 文档编号:42\n玻璃技师岗位职责\n1、更换风挡玻璃。\n"
        "2、清理碎玻璃。\n3、填写工单。\n"
        "某某汽车销售有限公司\n2019年3月8日\n名句摘抄\n1、山不在高。\n2、学而时习之。\n"
        "展开阅读全文\n版权所有 示例网\n钣金工岗位职责\n喷漆工岗位职责\n"
    )
    collection = read(text)
    assert titles(collection) == ["玻璃技师"]
    assert duties(collection.units[0])[-1] == "填写工单。"
    assert {passage.reason for passage in collection.kept} == {"site", "signature", "text", "heading"}
    assert [passage.text for passage in collection.kept if passage.reason == "heading"] == [
        "钣金工岗位职责\n喷漆工岗位职责"
    ]


def test_sub_points_stay_with_their_item() -> None:
    [unit] = read(
        "回访专员岗位职责\n1.负责交车后的回访工作:\n● 三天内首次回访;\n● 记录抱怨;\n2.整理回访报表;"
    ).units
    assert duties(unit) == ["负责交车后的回访工作:\n● 三天内首次回访;\n● 记录抱怨;", "整理回访报表;"]


def test_headings_inside_a_description_group_its_duties() -> None:
    [unit] = read(
        "交车专员岗位职责\n一、遵守公司制度。\n二、服务工作:\n(一)交车前:\n1、检查车辆。\n"
        "2、准备文件。\n(二)交车后\n1、三天内致电客户。"
    ).units
    assert [(duty.group, duty.text) for duty in unit.duties] == [
        ("", "遵守公司制度。"),
        ("交车前", "检查车辆。"),
        ("交车前", "准备文件。"),
        ("交车后", "三天内致电客户。"),
    ]


def test_content_label_belongs_to_the_item_above_it() -> None:
    [unit] = read(
        "接车专员岗位职责\n工作标准:\n1、环车检查\n工作内容:与客户一起检查外观,记录划痕。\n"
        "2、办理手续\n工作内容:打印工单。"
    ).units
    assert duties(unit) == ["环车检查工作内容:与客户一起检查外观,记录划痕。", "办理手续工作内容:打印工单。"]


def test_pay_rules_are_not_duties() -> None:
    [unit] = read(
        "电销专员岗位职责\n一、岗位职责:\n1、拨打邀约电话。\n2、登记邀约结果。\n(一)月度工资:\n"
        "底薪加提成。\n(二)年度奖金:\n"
        "a、按利润率核发。\n(一)达成率100%以上:\n系数为1。\n二、岗位具体要求:\n1、制定话术。"
    ).units
    assert duties(unit) == ["拨打邀约电话。", "登记邀约结果。", "制定话术。"]
    assert [section.heading for section in unit.sections if section.name == "pay"] == [
        "(一)月度工资:",
        "(二)年度奖金:",
    ]


def test_numbers_printed_apart_from_their_sentences() -> None:
    [unit] = read("单证员岗位职责\n1.2.3.\n负责整理合格证。负责寄送单证。负责登记借阅。").units
    assert duties(unit) == ["负责整理合格证。", "负责寄送单证。", "负责登记借阅。"]


def test_superior_from_the_words_of_the_text() -> None:
    [unit] = read("安装工岗位职责\n1、在车间主任的直接领导下安装附件。\n2、保养工具。").units
    assert unit.reports_to == "车间主任"


def test_second_description_of_the_same_post_under_another_kind_of_document_is_joined() -> None:
    collection = read(
        "预约专员工作流程\n1、打开预约系统。\n2、致电客户。\n预约专员岗位职责\n1、维护预约看板。\n"
        "2、统计爽约率。"
    )
    assert titles(collection) == ["预约专员"]
    assert len(collection.units[0].duties) == 4


def test_a_text_without_positions_is_kept_whole() -> None:
    collection = read("今天天气晴朗。\n我们去郊外试驾新车,\n晚上回到店里。")
    assert collection.units == ()
    assert [passage.text for passage in collection.kept] == [collection.text]
    assert len(collection.warnings) == 1


def test_sources_point_at_the_printed_words() -> None:
    collection = read(LABELLED)
    [unit] = collection.units
    for item in (*unit.duties, *unit.qualifications):
        start, end = item.source
        assert collection.text[start:end].split() == (item.marker + item.text).split()


def test_a_single_paragraph_under_a_title_is_the_work_and_marked_as_doubtful() -> None:
    [first, second] = read(
        "1、洗车组长岗位职责\n安排洗车班次,检查洗车质量,保管洗车用品并登记领用。\n"
        "2、洗车员岗位职责\n1、清洗车辆。\n2、保养水枪。\n"
    ).units
    assert (first.title, duties(first)) == (
        "洗车组长",
        ["安排洗车班次,检查洗车质量,保管洗车用品并登记领用。"],
    )
    assert (first.summary, first.sections) == ("", ())
    assert first.duties[0].confidence < DOUBTFUL
    assert duties(second) == ["清洗车辆。", "保养水枪。"]


def test_a_paragraph_before_a_list_stays_what_the_post_is_there_for() -> None:
    [unit] = read("洗车员岗位职责\n洗车员让每辆车干净地交到客户手中。\n1、清洗车辆。\n2、保养水枪。\n").units
    assert (unit.summary, duties(unit)) == (
        "洗车员让每辆车干净地交到客户手中。",
        ["清洗车辆。", "保养水枪。"],
    )
