"""How often and by when, read from the words of a duty."""

import re

from backoffice.positions.importing.plain import plain

# The first that is found wins: a day inside a month is monthly, a day of the week weekly.
_CADENCES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile("|".join(words), re.IGNORECASE))
    for name, words in (
        ("half_yearly", ("每半年|半年度", "half[- ]year|every six months")),
        (
            "quarterly",
            ("每(?:个|一)?季|季度", "(?:每|隔)(?:三|3)个?月", "quarterly|(?:each|every|per) quarter"),
        ),
        (
            "monthly",
            (
                "每(?:个|一)?月|按月|逐月|月底|月末|月中|月初|当月|月报|月度",
                "monthly|(?:each|every|per) month|of (?:the|each) month",
            ),
        ),
        (
            "weekly",
            (
                "每(?:个|一)?周|每(?:个)?星期|按周|周例会|周报|周会",
                "weekly|(?:each|every|per) (?:week|(?:mon|tues|wednes|thurs|fri|satur|sun)day)",
            ),
        ),
        (
            "daily",
            (
                "每(?:个|一)?(?:日|天|晚|早)|每个?工作日|按日|逐日|当日|当天|日报|晨会|早会|夕会|下班前",
                "daily|(?:each|every|per) (?:working )?day",
            ),
        ),
        ("yearly", ("每(?:个|一)?年|年度|全年|年终|年初|年底", "annual|yearly|(?:each|every|per) year")),
        (
            "event",
            (
                "随时|一旦|接到.{1,20}?后|发生.{1,20}?时|如(?:有|遇|果|因)|若(?!干)",
                "when(?:ever)? |as soon as|in case",
            ),
        ),
    )
)
_NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_WEEKDAY = "[一二三四五六日天]"
_HOUR = rf"(?:\d{{1,2}}\s*:\s*\d{{2}}|{_NUMBER}\s*[点时](?:半|{_NUMBER}\s*分)?)"
_CLOCK = rf"(?:上午|下午|中午|晚上)?{_HOUR}(?:钟|整)?(?:分)?"
_BEFORE = "(?:之前|以前|前|之内|以内|内)"
_PERIOD = "每(?:个|一)?(?:月|季度?|年|周|星期)"
_DAY_NAME = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DEADLINE = re.compile(
    "|".join(
        (
            rf"{_PERIOD}[^,。;\n]{{0,14}}?(?:日|号|天|工作日|周{_WEEKDAY}|{_WEEKDAY})(?:{_CLOCK})?{_BEFORE}",
            rf"每(?:周|星期){_WEEKDAY}\s*(?:{_CLOCK})?{_BEFORE}?",
            rf"每(?:个)?(?:工作)?[日天]\s*(?:{_CLOCK}{_BEFORE}|下班前|晨会后)",
            rf"每(?:个|一)?月(?:的)?第[一二三四五]个工作日(?:{_CLOCK})?{_BEFORE}?",
            rf"每(?:个|一)?月(?:的)?最后一[天日](?:{_CLOCK})?{_BEFORE}?",
            rf"每(?:个|一)?月(?:的)?{_NUMBER}[日号](?:[、和]{_NUMBER}[日号])?(?:{_CLOCK})?{_BEFORE}?",
            rf"每(?:个|一)?季度?第[一二三]个月(?:{_BEFORE}|底)?",
            rf"(?:于|在)?{_NUMBER}\s*(?:个)?(?:小时|分钟|工作日|天|日|周|个月){_BEFORE}",
            rf"(?:当[日天]|次[日天]|即日|月底|月末|年底|下班){_BEFORE}",
            rf"{_CLOCK}{_BEFORE}",
            r"within\s+(?:\d+|one|two|three|five|seven|ten|twenty-four)\s+(?:working\s+|business\s+)?"
            r"(?:hours?|days?|minutes?|weeks?)",
            r"(?:by|before|no\s+later\s+than)\s+(?:the\s+)?(?:\d{1,2}(?:st|nd|rd|th)?|end)\s+"
            r"of\s+(?:each|every|the)\s+(?:month|week|quarter|day)",
            r"(?:by|before)\s+\d{1,2}(?::\d{2})?\s*(?:am|pm|noon)?(?:\s+(?:each|every|on)\s+\w+)?",
            rf"(?:every|each)\s+{_DAY_NAME}(?:\s+(?:by|before)\s+(?:\d{{1,2}}(?::\d{{2}})?\s*(?:am|pm)?|noon))?",
        )
    ),
    re.IGNORECASE,
)


def cadence_of(text: str) -> str:
    """Return how often: the key of the first time word that decides, or ""."""
    words = plain(text)
    for name, pattern in _CADENCES:
        if pattern.search(words):
            return name
    return ""


def deadline_of(text: str) -> str:
    """Return the words of ``text`` that set a deadline, as printed, or ""."""
    found = _DEADLINE.search(plain(text))
    return text[found.start() : found.end()].strip() if found else ""
