"""Printed numbers and bullets: what they look like, which follow one another, where a line hides them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CHINESE = "一二三四五六七八九十"
_CIRCLED = (("①", 20), ("⑴", 20), ("⒈", 20), ("㈠", 10), ("⓵", 10), ("❶", 10))

# Families, outermost first; a list inside another one uses a later family more often than not.
CHINESE, BRACKETED, DOTTED, NUMBER, NUMBER_BRACKET, CIRCLED, LETTER, DASH, BULLET = (
    "chinese", "bracketed", "dotted", "number", "number_bracket", "circled", "letter", "dash", "bullet",
)  # fmt: skip
DEPTH = {
    CHINESE: 1, BRACKETED: 2, DOTTED: 2, NUMBER: 3, NUMBER_BRACKET: 4,
    CIRCLED: 5, LETTER: 6, DASH: 7, BULLET: 8,
}  # fmt: skip

_AT_START = re.compile(
    rf"""(?P<dotted>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}(?![\d%])\s*[.、:]?)
    | (?P<number_split>[1-9]\s\d)\s*[、.]
    | (?P<number>\d{{1,3}})(?:\s*[、,]|\s*\.(?!\d)|\s+(?=[^\W\d_]{{2}}))
    | (?P<number_bracket>\(\s*\d{{1,2}}\s*\)|\d{{1,2}}\)|\d{{1,2}}-\d{{1,2}}\.?)\s*[、.]?
    | (?P<bracketed>\(\s*[{_CHINESE}]{{1,3}}\s*\))\s*[、.:]?
    | (?:第)?(?P<chinese>[{_CHINESE}]{{1,3}})(?:[、.,:]|是:?|\s+(?=\S))
    | 第(?P<article>[{_CHINESE}]{{1,3}}|\d{{1,2}})[条款](?:[、.,:]|\s)?
    | (?P<circled>[①-⑳⑴-⒇⒈-⒛㈠-㈩⓵-⓾❶-❿])\s*[、.]?
    | (?P<letter>[A-Za-z])(?:[、.]|\)|:(?=\s*$))(?![A-Za-z]\.)
    | (?P<dash>[-–—]{{1,3}})(?=\s*[^\s\d–—-])
    | (?P<bullet>[●·*])\s*""",
    re.VERBOSE,
)
_INSIDE = re.compile(
    rf"""(?P<number>(?<![\d./%+~A-Za-z-])(?<!\d:)\d{{1,2}})(?:、|\.)(?!\s*\d)
    | (?P<number_bracket>\(\d{{1,2}}\)|(?<![\d(])\d{{1,2}}\)(?=\D))
    | (?P<bracketed>\([{_CHINESE}]{{1,3}}\))、?
    | (?<=[。;.\s])(?P<chinese>[{_CHINESE}]{{1,3}})(?:、|:(?=\S))
    | (?P<circled>[①-⑳⑴-⒇⒈-⒛])、?
    | (?P<letter>(?<![A-Za-z])[A-Za-z])、
    | (?P<letter_dot>(?<=[\s;。])[A-Z])\.(?=[^\W\d_A-Za-z])
    | (?P<dash>(?<![-\d])--(?!-))
    | (?<=[。;])(?P<number_bare>\d{{1,2}})\s*(?=[一-鿿])
    | (?P<bullet>●)\s*""",
    re.VERBOSE,
)
_AROUND = re.compile(r"^[\s()第]+|[\s()、.:,条款]+$")
_CLOCK_BEFORE = re.compile(r"\d\s*:\s*$")
_BOUNDARY = "。;:!?)】]>》.,、 \n"
_LOOK_AHEAD = 500
_OPENING_LABEL = re.compile(r"\s*(?:工作|岗位|主要|基本)?(?:职责|任务|内容)\s*:?\s*(?:\n|$)")


@dataclass(frozen=True)
class Marker:
    """A printed number: ``start``–``end`` in the text, its family and value (0 for dashes and bullets)."""

    start: int
    end: int
    family: str
    number: int


def number_of(printed: str) -> int:
    """Return the value of a printed number: 12, 十二, ⑿, (3), 4.1.2 (the last part), c; 0 when none."""
    sign = _AROUND.sub("", printed)
    for first, count in _CIRCLED:
        if len(sign) == 1 and ord(first) <= ord(sign) < ord(first) + count:
            return ord(sign) - ord(first) + 1
    if sign and all(one in _CHINESE for one in sign):
        tens, mark, ones = sign.rpartition("十")
        base = (_CHINESE.index(tens) + 1 if tens else 1) * 10 if mark else 0
        return base + (_CHINESE.index(ones) + 1 if ones in _CHINESE and ones else 0)
    if len(sign) == 1 and sign.isascii() and sign.isalpha():
        return ord(sign.lower()) - ord("a") + 1
    digits = re.findall(r"\d+", sign.replace(" ", "") if re.fullmatch(r"[1-9]\s\d", sign) else sign)
    return int(digits[-1]) if digits else 0


def _marker(found: re.Match[str]) -> Marker:
    family = re.sub(r"_(?:split|dot|bare)$", "", found.lastgroup or BULLET)
    printed = found.group(found.lastgroup or 0)
    return Marker(found.start(), found.end(), CHINESE if family == "article" else family, number_of(printed))


def marker_at(plain: str, start: int, end: int) -> Marker | None:
    """Return the marker a line begins with, or None."""
    found = _AT_START.match(plain, start, end)
    if found and found.lastgroup == "number" and _CLOCK_BEFORE.search(plain, max(0, start - 8), start):
        return None  # the minutes of a time that was wrapped: "9:⏎30, …"
    return _marker(found) if found else None


class Numbers:
    """Remembers the lists that are running, to tell the next item "…；6、" from "第 6 条" in a sentence."""

    def __init__(self, plain: str) -> None:
        """Start with no list running in ``plain``."""
        self._plain = plain
        self._last: dict[str, int] = {}

    def restart(self) -> None:
        """Forget the running lists: a new heading begins."""
        self._last.clear()

    def accept(self, marker: Marker) -> None:
        """Take ``marker`` as the newest of its list; deeper lists end there."""
        for family in [name for name in self._last if DEPTH[name] > DEPTH[marker.family]]:
            del self._last[family]
        self._last[marker.family] = marker.number

    def inside(self, start: int, end: int) -> Iterator[Marker]:
        """Yield and accept the markers hidden in ``start``–``end``, in order."""
        for found in _INSIDE.finditer(self._plain, start, end):
            marker = _marker(found)
            bare = found.lastgroup == "number_bare"
            if marker.start > start and self._begins_item(marker, bare=bare):
                self.accept(marker)
                yield marker

    def _begins_item(self, marker: Marker, *, bare: bool) -> bool:
        before = self._plain[marker.start - 1]
        last = self._last.get(marker.family)
        if bare:  # a number without any sign behind it: only the exact next one is trusted
            return last is not None and marker.number == last + 1
        if marker.family == BULLET:
            return True
        if marker.family == DASH:
            return last is not None or before in _BOUNDARY
        if marker.family == CIRCLED:
            return last is None or marker.number == last + 1 or (marker.number == 1 and before in _BOUNDARY)
        if last is not None and marker.number == last + 1:
            return True
        if last is not None and last < marker.number <= last + 3 and before in "。;.":
            return True
        if last == 1 and before not in _BOUNDARY:
            return False
        return marker.number == 1 and self._followed(marker, before)

    def _followed(self, marker: Marker, before: str) -> bool:
        """Tell whether a list begins here: its second number stands not far behind."""
        if before in "第共、," or before.isdigit():
            return False
        if _OPENING_LABEL.match(self._plain, marker.end):
            return True
        for found in _INSIDE.finditer(self._plain, marker.end, marker.end + _LOOK_AHEAD):
            following = _marker(found)
            if following.family == marker.family:
                return following.number == 2
        for line in re.finditer(r"\n+\s*", self._plain[marker.end : marker.end + _LOOK_AHEAD]):
            at = marker_at(self._plain, marker.end + line.end(), len(self._plain))
            if at and at.family == marker.family:
                return at.number == 2
        return before in "。;:" and marker.family in {NUMBER, BRACKETED}
