"""Automatic list numbers of Word: what the reader sees before a paragraph, counted from ``numbering.xml``.

Rules: ECMA-376 part 1, 17.9 (numbering). The text of a numbered paragraph does not hold its number; a list
without it would lose what tells one duty from the next.
"""

from collections.abc import Callable
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{W}val"
_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def chinese(number: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """Return 12 as 十二, 105 as 一百〇五."""
    if not 0 < number < 10_000:
        return str(number)
    words, gap = "", False
    for place, digit in reversed(list(enumerate(map(int, reversed(str(number)))))):
        if digit:
            words += (
                (digits[0] if gap and words else "") + digits[digit] + (units[place - 1] if place else "")
            )
            gap = False
        else:
            gap = True
    return words[1:] if words.startswith(f"{_DIGITS[1]}{units[0]}") and digits is _DIGITS else words


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * (1 + (number - 1) // 26) if number > 0 else ""


def _roman(number: int) -> str:
    words = ""
    for value, sign in _ROMAN:
        words, number = words + sign * (number // value), number % value
    return words


def _circled(number: int) -> str:
    return chr(0x245F + number) if 1 <= number <= 20 else str(number)


_FORMATS: dict[str, Callable[[int], str]] = {
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerLetter": _letters,
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerRoman": _roman,
    "decimalZero": lambda number: f"{number:02}",
    "decimalFullWidth": lambda number: str(number).translate({48 + one: 0xFF10 + one for one in range(10)}),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": lambda number: chr(0x2487 + number) if 1 <= number <= 20 else f"{number}.",
    "decimalEnclosedParen": lambda number: chr(0x2473 + number) if 1 <= number <= 20 else f"({number})",
    "ideographEnclosedCircle": lambda number: chr(0x321F + number) if 1 <= number <= 10 else chinese(number),
    "ideographTraditional": lambda number: _STEMS[(number - 1) % 10],
    "ideographZodiac": lambda number: _BRANCHES[(number - 1) % 12],
    "chineseLegalSimplified": lambda number: chinese(number, _LEGAL, "拾佰仟"),
    "none": lambda number: "",
}
for _name in (
    "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting",
    "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseDigitalTenThousand", "taiwaneseDigital",
):  # fmt: skip
    _FORMATS[_name] = chinese


def _value(element: Any, path: str) -> str | None:
    found = element.find("/".join(f"{W}{step}" for step in path.split("/"))) if element is not None else None
    return found.get(_VAL) if found is not None else None


def _whole(printed: str | None, otherwise: int) -> int:
    try:
        return int(printed) if printed is not None else otherwise
    except ValueError:
        return otherwise


class Lists:
    """Counts the lists of one document. Ask ``number`` for each paragraph, in the order of the document."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        """``numbering`` and ``styles``: the root elements of these parts, or None."""
        self._abstract: dict[str, Any] = {}
        self._lists: dict[str, Any] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._restarted: set[tuple[str, int]] = set()
        self._styles: dict[str, Any] = {}
        self._of_style: dict[str, tuple[str, int]] = {}
        if styles is not None:
            self._styles = {one.get(f"{W}styleId"): one for one in styles.findall(f"{W}style")}
        if numbering is not None:
            self._abstract = {
                one.get(f"{W}abstractNumId"): one for one in numbering.findall(f"{W}abstractNum")
            }
            self._lists = {one.get(f"{W}numId"): one for one in numbering.findall(f"{W}num")}

    def number(self, paragraph: Any) -> str:
        """Return the printed number of ``paragraph`` with the space behind it, or ""; it is counted."""
        number_id, level = self._place(paragraph)
        if number_id is None or number_id == "0" or number_id not in self._lists:
            return ""
        abstract_id = _value(self._lists[number_id], "abstractNumId") or ""
        definition = self._level(number_id, abstract_id, level)
        if definition is None:
            return ""
        counts = self._counts.setdefault(abstract_id, {})
        self._step(number_id, abstract_id, level, definition, counts)
        return self._printed(number_id, abstract_id, level, definition, counts)

    def outline_level(self, paragraph: Any) -> int | None:
        """Return the level of a heading (0 is the highest), or None for text; by style or by itself."""
        own = _value(paragraph, "pPr/outlineLvl")
        if own is not None:
            level = _whole(own, 9)
            return level if level < 9 else None
        for style in self._ancestry(_value(paragraph, "pPr/pStyle")):
            printed = _value(style, "pPr/outlineLvl")
            if printed is not None:
                level = _whole(printed, 9)
                return level if level < 9 else None
            if (_value(style, "name") or "").lower() == "title":
                return 0
        return None

    def _ancestry(self, name: str | None) -> list[Any]:
        found: list[Any] = []
        while name in self._styles and len(found) < 20:
            found.append(self._styles[name])
            name = _value(self._styles[name], "basedOn")
        return found

    def _place(self, paragraph: Any) -> tuple[str | None, int]:
        number_id = _value(paragraph, "pPr/numPr/numId")
        level = _value(paragraph, "pPr/numPr/ilvl")
        for style in self._ancestry(_value(paragraph, "pPr/pStyle")):
            if number_id is not None:
                break
            number_id = _value(style, "pPr/numPr/numId")
            level = level if level is not None else _value(style, "pPr/numPr/ilvl")
            if number_id is not None and level is None:
                level = self._level_of_style(number_id, style.get(f"{W}styleId"))
        return number_id, min(max(_whole(level, 0), 0), 8)

    def _level_of_style(self, number_id: str, style: str) -> str | None:
        abstract = self._abstract.get(_value(self._lists.get(number_id), "abstractNumId") or "")
        for level in abstract.findall(f"{W}lvl") if abstract is not None else ():
            if _value(level, "pStyle") == style:
                return str(level.get(f"{W}ilvl"))
        return None

    def _override(self, number_id: str, level: int) -> Any:
        for one in self._lists[number_id].findall(f"{W}lvlOverride"):
            if one.get(f"{W}ilvl") == str(level):
                return one
        return None

    def _level(self, number_id: str, abstract_id: str, level: int) -> Any:
        override = self._override(number_id, level)
        if override is not None and override.find(f"{W}lvl") is not None:
            return override.find(f"{W}lvl")
        abstract = self._abstract.get(abstract_id)
        for one in abstract.findall(f"{W}lvl") if abstract is not None else ():
            if one.get(f"{W}ilvl") == str(level):
                return one
        return None

    def _start(self, number_id: str, abstract_id: str, level: int) -> int:
        return _whole(_value(self._level(number_id, abstract_id, level), "start"), 1)

    def _step(
        self, number_id: str, abstract_id: str, level: int, definition: Any, counts: dict[int, int]
    ) -> None:
        override = self._override(number_id, level)
        again = _value(override, "startOverride")
        if again is not None and (number_id, level) not in self._restarted:
            counts[level] = _whole(again, 1)
            self._restarted.add((number_id, level))
        else:
            start = self._start(number_id, abstract_id, level)
            counts[level] = counts[level] + 1 if level in counts else start
        for deeper in [one for one in counts if one > level]:
            restart = _value(self._level(number_id, abstract_id, deeper), "lvlRestart")
            if restart is None or (_whole(restart, 0) and level < _whole(restart, 0)):
                del counts[deeper]

    def _printed(
        self, number_id: str, abstract_id: str, level: int, definition: Any, counts: dict[int, int]
    ) -> str:
        pattern = _value(definition, "lvlText") or ""
        behind = "" if _value(definition, "suff") == "nothing" else " "
        if _value(definition, "numFmt") == "bullet":
            return f"●{behind}" if pattern else ""
        legal = definition.find(f"{W}isLgl") is not None
        for place in range(level + 1):
            if f"%{place + 1}" not in pattern:
                continue
            shape = _value(self._level(number_id, abstract_id, place), "numFmt") or "decimal"
            count = counts.get(place, self._start(number_id, abstract_id, place))
            written = str(count) if legal else _FORMATS.get(shape, str)(count)
            pattern = pattern.replace(f"%{place + 1}", written)
        return f"{pattern}{behind}" if pattern.strip() else ""
