"""Labels inside a description: labelled values (岗位名称, Reports to …) and headings of its sections."""

import re
from dataclasses import dataclass

# key → printed labels, in the plain way of writing. The first group expects a short value, the second a text.
_VALUES = {
    "title": "岗位名称|职位名称|职务名称|岗位|职位|职务|职称|job title|position title|position|title|post",
    "department": "所属部门|所在部门|隶属部门|部门名称|部门|department",
    "reports_to": (
        "直接上级|直接上司|直属上级|直属主管|直接主管|上级岗位|上级主管|上级|汇报对象|汇报关系|汇报上级|"
        "reports? to|reporting to|line manager|supervisor|superior"
    ),
    "subordinates": "直接下级|直接下属|直属下级|下属岗位|下属人员|下级|下属|direct reports|subordinates",
    "code": "岗位编号|岗位编码|职位编号|职务编号|文件编号|编号|position code|job code",
    "grade": "岗位级别|岗位等级|职务等级|职位级别|职级|级别|grade|job grade|level",
    "headcount": "岗位编制|岗位定员|定员人数|定员|编制人数|编制|headcount",
    "internal": "内部关系|内部联系|内部沟通|internal (?:relations|contacts)",
    "external": "外部关系|外部联系|外部沟通|external (?:relations|contacts)",
    "date": "编制日期|生效日期|发布日期|修订日期|effective date",
    "location": "工作地点|location",
}
_SECTIONS = {
    "summary": (
        "岗位概要|岗位概述|职位概要|职位概述|职务概述|工作概述|本职工作|岗位目的|职位目的|岗位宗旨|工作目标|职位设置目的|"
        "(?:job |position |role )?(?:summary|purpose|overview)|purpose of the (?:job|position|post)"
    ),
    "duties": (
        "岗位职责内容|岗位职责|主要职责|工作职责|基本职责|核心职责|职责范围|职责与工作任务|岗位工作职责|职责描述|"
        "职位描述|职责|主要工作|工作任务|岗位任务|岗位工作内容|工作职责与任务|日常工作|职责与权限|"
        "(?:main |key |principal )?(?:duties|responsibilities)(?: (?:and|&) (?:duties|responsibilities))?|"
        "duties (?:and|&) tasks|tasks"
    ),
    "supplement": "补充职责",
    "content": "工作内容及要求|工作内容|工作要求",
    "qualifications": (
        "任职资格要求|任职资格|任职条件|任职要求|岗位要求|职位要求|应聘要求|招聘要求|资格要求|任职资历|素质要求|"
        "qualifications?(?: (?:and|&) (?:experience|skills))?|requirements|skills (?:and|&) experience|"
        "person specification"
    ),
    "authority": "岗位权限|工作权限|职权|权限|权力|主要权限|authority|authorities",
    "responsibility": "工作责任|岗位责任|责任|应负责任|accountabilit(?:y|ies)",
    "rights": "权利和义务|工作权利和义务|权利与义务",
    "standards": "工作标准|岗位具体要求|具体要求|服务标准|standards",
    "relations": "工作关系|工作协作关系|协作关系|相互关系|沟通关系|working relations(?:hips)?",
    "conditions": "工作条件|工作环境与条件|工作环境|工作时间|working (?:conditions|hours|environment)",
    "performance": (
        "考核指标|绩效考核|考核标准|绩效指标|关键绩效指标|业绩指标|kpi|(?:key )?performance indicators"
    ),
    "pay": (
        "薪资待遇|薪酬待遇|福利待遇|薪资|薪酬|薪酬福利|工资待遇|月度工资|年度奖金|pay|remuneration|benefits"
    ),
    "rewards": "奖惩制度|奖惩办法|奖惩|奖惩规定|rewards and penalties",
    "scripts": "(?:服务|标准|接待|参考|售后服务|电话)?话[术述]|话术要求|scripts?",
    "forms": "相关表单|相关表格|相关记录|使用表单|使用表格|工作表单|相关文件|related (?:forms|documents|records)",
    "systems": "使用系统|工作系统|使用工具与系统|systems used",
    "conduct": "行为规范|行为准则|工作纪律|code of conduct",
    "process": "工作流程|岗位工作流程|服务流程|回访流程|work process|procedure",
    "purpose": "编制目的|目的|objective",
    "scope": "适用范围|范围|scope",
    "notes": "特殊注意事项|注意事项|备注|notes",
    "motto": "服务宗旨",
}
DUTY_SECTIONS = frozenset({"duties", "supplement", "content", "standards"})
ITEM_SECTIONS = frozenset({"qualifications"})
VALUE_NAMES = frozenset(_VALUES)


_WITH_COLON = {
    name: re.compile(rf"[\[【]?\s*(?:{labels})\s*(?:\([^()]{{1,12}}\))?\s*[\]】]?\s*:", re.IGNORECASE)
    for name, labels in {**_VALUES, **_SECTIONS}.items()
}
_ALONE = {
    name: re.compile(rf"[\[【]?\s*(?:{labels})\s*(?:\([^()]{{1,12}}\))?\s*[\]】]?\s*[.:]*\s*$", re.IGNORECASE)
    for name, labels in {
        **_SECTIONS,
        **{key: _VALUES[key] for key in ("title", "department", "reports_to")},
    }.items()
}
_TRAILING = re.compile(
    r"(?<=[。;.])\s*(?=(?:补充职责|任职资格|任职条件|任职要求|岗位职责|工作职责|工作内容|工作标准)\s*:\s*$)"
)
_CELL = re.compile(r"[^\t|]+")


@dataclass(frozen=True)
class Label:
    """A label: our key, and where the printed label ends and its value begins."""

    name: str
    end: int


def label_at(plain: str, start: int, end: int) -> Label | None:
    """Return the label that ``start``–``end`` begins with: with a colon, or alone in its line."""
    for name, pattern in _WITH_COLON.items():
        if found := pattern.match(plain, start, end):
            return Label(name, found.end())
    for name, pattern in _ALONE.items():
        if found := pattern.match(plain, start, end):
            return Label(name, found.end())
    return None


def cells_of(plain: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the filled cells of a table row (tabs or bars), one cell for an ordinary line."""
    if (
        "\t" not in plain[start:end]
        and plain[start:end].count("|") < 2
        and "|" not in (plain[start], plain[end - 1])
    ):
        return [(start, end)]
    return [found.span() for found in _CELL.finditer(plain, start, end) if found.group().strip()]


def trailing_label(plain: str, start: int, end: int) -> int:
    """Return where a label begins that stands at the end of the line before its list, else ``end``."""
    found = _TRAILING.search(plain, start, end)
    return found.end() if found else end
