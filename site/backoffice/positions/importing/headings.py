"""Which words make a heading: names of posts and departments, kinds of document, chapters, web sites."""

import re
from collections.abc import Collection
from dataclasses import dataclass

# Words that name a post at the end of a title, and words that may stand before them. The second list is only
# needed where a title is glued to the sentence before it and nothing else tells where it begins.
_POST = (
    "总经理|副总经理|经理|副总|主管|专员|顾问|总监|站长|店长|组长|班长|队长|厂长|科长|部长|处长|主任|"
    "助理|代表|文员|"
    "出纳|会计|司机|保安|前台服务|前台接待|客户接待|前台|接待|内勤|秘书|讲师|技师|技工|钳工|电工|"
    "焊工|漆工|钣金工|维修工|修理工|学徒|"
    "负责人|人员|工程师|设计师|培训师|[^\\W\\d_]{1,2}[员师]|岗位|岗"
)
_UNIT = "部门|部|中心|科室|分公司|工作组|处"
_BEFORE_POST = (
    "销售|客户|客服|售后|售前|服务|前台|市场|大客户|财务|行政|人事|人力资源|维修|车间|配件|备件|仓库|"
    "库房|物流|技术|质量|质检|检验|"
    "保险|理赔|续保|保修|索赔|鉴定|信息|资料|档案|管理|工具|设备|车辆|二手车|新车|汽车|展厅|网络|"
    "网点|渠道|区域|大区|品牌|采购|计划|"
    "调度|接车|验车|试驾|迎宾|接待|电话|回访|投诉|关爱|关系|策划|推广|宣传|广告|媒体|新媒体|直播|"
    "电商|商务|合同|结算|收银|开票|"
    "总|副|高级|初级|中级|首席|助理|见习|值班|夜班|综合|办公室|安全|消防|后勤|保洁|食堂|门店|店面|"
    "部门|中心|集团|分公司|项目|"
    "产品|数据|系统|培训|内训|审计|法务|税务|成本|资金|融资|金融|贷款|风险|风控|控制|信贷|救援|拖车|"
    "洗车|美容|精品|装潢|"
    "部|装饰|钣金|喷漆|机电|机修|电器|涂漆|班|组|仓|储|业务|运营|生产|工艺|专业|行业|置业|家居|导购|"
    "选材|理货|促销|4[sS]店"
)
_DOCUMENT = (
    "岗位工作职责|岗位职责说明书|岗位职责说明|岗位职责|岗位责任制度?|岗位责任|岗位说明书|岗位说明|岗位描述|"
    "职位说明书|职位说明|职位描述|职务说明书|职务说明|工作职责|工作说明书|工作责任|主要职责|部门职责|"
    "职责说明书|职责描述|职责|职 责|责任制|"
    "岗位服务流程|工作流程|服务流程|岗位流程|工作范畴|工作范围|工作明细|岗位规范|岗位职"
)
_TAIL = r"(?:范文|模板|样本|解读|汇总|大全|内容|说明|制度|要求)?(?:\(\d+\))?\d{0,4}\s*[.:。]*"
_NAME = r"[^,。;:!?.\n\t|《》“”\"、]{1,24}?"

_TITLED = re.compile(rf"(?P<name>{_NAME})\s*的?\s*(?P<document>{_DOCUMENT}){_TAIL}$")
_TITLED_THEN = re.compile(
    rf"(?P<name>{_NAME})\s*的?\s*(?P<document>{_DOCUMENT}){_TAIL}(?=\s*\(?[1一①][、.)])"
)
_TITLED_CHAPTER = re.compile(rf"(?P<name>{_NAME})的?(?P<document>岗位职责|工作职责|岗位说明书)(?=[^\s.:的])")
_ENGLISH_TITLED = re.compile(
    r"(?:(?:job|position|role)\s+(?:description|profile)\s*(?:[:\-]|"
    r"for)\s*(?P<after>[A-Za-z][\w /&,'-]{2,60})"
    r"|(?P<before>[A-Za-z][\w /&,']{2,60}?)\s*[-:,]?\s+(?:job|position|role)\s+(?:description|profile))\s*$",
    re.IGNORECASE,
)
_ENGLISH_POST = re.compile(
    r"(?!(?:the|a|an|all|to|report|manage|work|each|every|other|any|this|our|your|inform|assist|support)\b)"
    r"(?:[A-Za-z][\w/&'-]*\s+(?:of\s+|and\s+)?){0,5}?"
    r"(?:manager|supervisor|consultant|advis[eo]r|director|specialist|clerk|officer|assistant|receptionist|"
    r"technician|inspector|driver|engineer|mechanic|painter|electrician|accountant|cashier|keeper|planner|"
    r"coordinator|administrator|representative|executive|leader|trainer|greeter|guard|analyst|designer|"
    r"secretary|agent|dispatcher|appraiser|buyer|cleaner|valeter|storekeeper|foreman|controller|operator|"
    r"head of [a-z][\w &/-]{2,40})(?:\s*\([^()]{1,30}\))?",
    re.IGNORECASE,
)
_ENGLISH_UNIT = re.compile(
    r"(?:[A-Za-z][\w/&'-]*\s+(?:and\s+)?){1,5}(?:department|division|team|centre|center)", re.I
)
_CLOSING = re.compile(
    r"(?:^|(?<=[。;.!?\s]))\s*(?P<words>(?:(?:以上|本)(?:文|文章|内容|资料|信息|就是|便是)[^。]{0,40}?(?:网络|互联网|整理|参考|"
    r"分享|全部内容|提供|所有)|(?:本文|文章|内容|资料)(?:来源|来自|摘自|转自|选自|源自)|"
    r"(?:来源|摘自|转自|源自)于?(?:网络|互联网)|希望(?:以上|本文|这篇|能)?[^。]{0,16}?对(?:大家|你|您)|"
    r"(?:更多|想了解更多)[^。]{2,30}(?:请|欢迎|尽在|关注|点击|访问)|(?:感谢|谢谢)(?:您的|大家)?(?:阅读|观看|浏览|下载)|"
    r"\(?仅供参考|(?:this (?:article|text)|source:) .{0,20}(?:internet|web)).*)$",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:[^\W_]|[()/]){{0,12}}?(?:{_POST})(?:\([^()]{{1,8}}\))?$")
_UNIT_NAMED = re.compile(rf"(?:[^\W_]){{1,12}}(?:{_UNIT})$")
_GLUED = re.compile(
    rf"(?P<name>(?:{_BEFORE_POST}){{0,5}}(?:{_POST}|{_UNIT}))\s*的?(?P<document>岗位职责|工作职责|"
    rf"岗位说明书|职责|岗位职)"
    rf"\s*[.:]*(?=\s*\(?[1一][、.)]|\s*$|\s*\n)"
)
_GLUED_APART = re.compile(
    rf"(?<=[。;.)】\s])(?P<name>[^\W\d_]{{1,10}}?(?:{_POST}|{_UNIT}))的?(?P<document>岗位职责|"
    rf"工作职责|岗位说明书|职责)"
    rf"\s*[.:]*(?=\s*\(?[1一][、.)]|\s*$|\s*\n)"
)
_BARE_AHEAD = re.compile(r"^(?:岗位职责|工作职责)(?=\w{2})")
_BARE_BEFORE = re.compile(r"(?:岗位职责|工作职责)\s*$")
# Words that no title of a post begins with: they open a sentence or a heading inside a description.
_NOT_A_NAME = re.compile(
    r"^(?:负责|协助|完成|做好|按照?|根据|对|在|向|与|和|为|以|由|其他?|本|各|该|此|全面|认真|严格|"
    r"及时|积极|定期|有|无|不|必须|应|要|参加|参与|"
    r"遵守|执行|组织|落实|监督|检查|指导|督促|配合|接受|提供|建立|制定|拟订|维护|了解|掌握|熟悉|通知|"
    r"引导|主要|基本|具体|补充|"
    r"岗位|职位|工作|一般|通用|共同|相关|直接|间接|上级|下级|日常|任职|内部|外部|明确|规范|因|从|履行)"
)
_NOT_A_POST = {
    "相关人员",
    "其他人员",
    "工作人员",
    "有关人员",
    "全体人员",
    "领导",
    "岗位",
    "人员",
    "适用岗位",
    "岗",
    "部门",
    "部",
}
_SENTENCE = re.compile(r"[,。;!?、“”\"]")

_CHAPTER = re.compile(
    r"""第\s*[\d一二三四五六七八九十百]{1,4}\s*[篇章]\s*[:]?\s*(?P<after>.*)$
    | 【?\s*[篇]\s*[\d一二三四五六七八九十]{1,3}\s*(?:[::、]\s*(?P<behind>.*?)\s*】?\s*$|】?\s*$)
    | (?:\d{1,2}[.、]\s*)?(?P<before>[^。;,]{2,30}?)\s*[篇]\s*[一二三四五六七八九十\d]{1,3}$
    | (?:chapter|part)\s+[\divx]{1,4}\b\s*[.:\-]?\s*(?P<english>.*)$""",
    re.VERBOSE | re.IGNORECASE,
)
_OPEN_CHAPTER = re.compile(
    r"【\s*篇\s*[\d一二三四五六七八九十]{1,3}\s*:?\s*$|^篇\s*[\d一二三四五六七八九十]{1,3}\s*:?\s*$"
)
_CLOSING_CHAPTER = re.compile(r"(?P<name>.{2,40}?)\d{0,4}】\s*$")

_SITE = re.compile(
    r"""^(?:上传人|文档编号|上传时间|下载\s|下载$|下载资源|资源描述|点击查看|展开阅读|相关资源|猜你喜欢|相关搜索|
        当前位置|作者[:]|发布时间|来源[:]|收藏本文|责任编辑|本文标题|本文链接|链接地址|版权声明|您可能关注|
        重点推荐|推荐阅读|相关文章|相关推荐|上一篇|下一篇|第\d+页|共\d+页|阅读全文|文档下载|免费下载|立即下载|
        扫码|微信公众号|关注我们|网站首页|返回首页|返回顶部|打印本页|格式[:]\s*\w+|页码[:]|点击数|浏览次数|
        标签[:]|分享到|手机阅读$)
    | copyright|版权所有|经营许可证|ICP备|https?://|www\.|上传日期[:]|小编[:]|\(共\s*\d+\s*篇\)|著作权|转载|本网|
      由会员分享|请在.{1,12}网上搜索|范文网|文库|\.(?:docx?|pdf|pptx?)(?:_第\d+页)?$|
      (?:扫描|扫一扫).{0,6}二维码|in\ this\ article|all\ rights\ reserved|cookie""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:[^,。;:]{3,24}(?:有限公司|有限责任公司|股份有限公司|汽车销售服务公司)|(?:19|"
    r"20)\d\d\s*[年.-]\s*\d{1,2}\s*[月.-]\s*\d{1,2}\s*日?"
    r"|\S{3,24}公司\s*(?:19|20)\d\d年.{2,6}日)$"
)


@dataclass(frozen=True)
class Title:
    """A heading that names whom a text is about. ``document``: the printed kind of document ("" for a bare
    name).

    ``start``–``end`` is the heading, ``clear`` tells whether the line says so itself ("…岗位职责").
    """

    start: int
    end: int
    name: str
    document: str
    department: bool


def clean_name(name: str) -> str:
    """Return the name of a post as a title: no spaces between Chinese characters, no number, no owner."""
    name = re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", name.strip(" :.-"))
    name = re.sub(r"^(?:某|本|我)?[^的]{0,12}公司的?(?=.{2})", "", name)
    name = re.sub(r"^某[^的]{1,10}的", "", name)
    name = re.sub(r"^\d{1,2}(?=[^\d\WsS])", "", name)
    return re.sub(r"各(?=[组班])", "", name).removesuffix("的").strip()


def is_department(name: str) -> bool:
    """Tell whether ``name`` names a unit, not a post."""
    if name.isascii():
        return bool(_ENGLISH_UNIT.fullmatch(name))
    return bool(_UNIT_NAMED.fullmatch(name)) and not _NAMED.fullmatch(name)


def is_post(name: str) -> bool:
    """Tell whether ``name``, standing alone, can only be the name of a post."""
    if name.isascii():
        return len(name) <= 60 and bool(_ENGLISH_POST.fullmatch(name.strip()))
    tight = name.replace(" ", "")
    return (
        2 <= len(tight) <= 14
        and tight not in _NOT_A_POST
        and not _NOT_A_NAME.match(tight)
        and not _SENTENCE.search(tight)
        and bool(_NAMED.fullmatch(tight))
    )


def _title(start: int, end: int, name: str, document: str) -> Title | None:
    tight = clean_name(_BARE_AHEAD.sub("", name))
    if (
        len(tight) < 2
        or not tight[0].isalnum()
        or _NOT_A_NAME.match(tight)
        or tight in _NOT_A_POST - {"人员"}
    ):
        return None
    if document.startswith("岗位") and len(tight) <= 4 and not is_post(tight) and not is_department(tight):
        tight += "岗位"
    return Title(start, end, tight, document, is_department(tight))


def title_of_line(plain: str, start: int, end: int) -> Title | None:
    """Return the title that opens ``start``–``end``: a whole line, or one with a first item behind it."""
    line = plain[start:end]
    spread = re.sub(r"(?<=\S) (?=\S)", "", line) if re.fullmatch(r"(?:\S ){2,}\S", line.strip()) else ""
    if spread and (found := _TITLED.match(spread)):
        return _title(start, end, found["name"], found["document"])
    if found := _TITLED.match(line):
        return _title(start, end, found["name"], found["document"])
    if found := _TITLED_THEN.match(line):
        return _title(start, start + found.end(), found["name"], found["document"])
    if found := _ENGLISH_TITLED.match(line):
        name = found["after"] or found["before"]
        return Title(start, end, name.strip(), "job description", name.lower().endswith("department"))
    return None


def title_of_chapter(plain: str, start: int, end: int) -> Title | None:
    """Return the title inside the heading of a chapter, where the text may follow without a break."""
    found = title_of_line(plain, start, end)
    if found is None and (glued := _TITLED_CHAPTER.match(plain, start, end)):
        found = _title(start, glued.end(), glued["name"], glued["document"])
    return found


def bare_title(plain: str, start: int, end: int, known: Collection[str] = ()) -> Title | None:
    """Return the title when ``start``–``end`` is nothing but the name of a post ("展厅经理", "前台部分:").

    ``known`` are the names that stand in clear headings elsewhere in the text.
    """
    line = plain[start:end].strip()
    if line.isascii():
        name = line.rstrip(": ")
        return Title(start, end, name, "", is_department(name)) if is_post(name) or name in known else None
    spread = line.replace(" ", "") if re.fullmatch(r"(?:\S ){2,}\S", line) else line
    name = spread.rstrip(": ").removesuffix("部分")
    if not (is_post(name) or name in known):
        return None
    return Title(start, end, clean_name(name), "", is_department(name))


def glued_titles(plain: str, start: int, end: int) -> list[Title]:
    """Return the titles that stand inside a line, after the end of another list."""
    titles: list[Title] = []
    matches = [*_GLUED_APART.finditer(plain, start, end), *_GLUED.finditer(plain, start, end)]
    for found in sorted(matches, key=lambda match: match.start()):
        begin = found.start()
        if begin == start or (titles and begin < titles[-1].end):
            continue
        if bare := _BARE_BEFORE.search(plain, start, begin):
            begin = bare.start()
        at_end = not plain[found.end() : end].strip()
        apart = plain[begin - 1] in "。.;)】 \t:"
        if at_end and not apart:
            continue
        if title := _title(begin, found.end(), found["name"], found["document"]):
            titles.append(title)
    return titles


@dataclass(frozen=True)
class Chapter:
    """The heading of one text in a collection; ``name_start``–``name_end`` is the name in it, if any."""

    start: int
    end: int
    name_start: int
    name_end: int


def chapter_of_line(plain: str, start: int, end: int) -> Chapter | None:
    """Return the chapter that begins with this line, or None."""
    found = _CHAPTER.match(plain, start, end)
    if not found or end - start > 200:
        return None
    for group in ("after", "behind", "before", "english"):
        if found[group] is not None:
            return Chapter(start, end, found.start(group), found.end(group))
    return Chapter(start, end, end, end)


def opens_chapter(line: str) -> bool:
    """Tell whether the name of the chapter stands in the next line ("【篇2:", "篇3:")."""
    return bool(_OPEN_CHAPTER.search(line))


def closing_name(line: str) -> int:
    """Return how long the name is in a line that closes a bracketed chapter ("…岗位说明书】"), 0 if none."""
    found = _CLOSING_CHAPTER.match(line)
    return found.end("name") if found else 0


def is_site_line(line: str) -> bool:
    """Tell whether the line belongs to the web site the text was copied from."""
    return bool(_SITE.search(line))


def closing_remark(plain: str, start: int, end: int) -> int:
    """Return where a remark of whoever copied the text begins ("本文来源于网络"), ``end`` if there is none."""
    found = _CLOSING.search(plain[start:end])
    return start + found.start("words") if found else end


def is_signature(line: str) -> bool:
    """Tell whether the line is an issuing company or a date standing alone."""
    return bool(_SIGNATURE.match(line.strip()))
