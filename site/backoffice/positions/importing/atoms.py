"""From text to atoms: one pass over the lines, cut where a heading, a label, a number or a cell begins.

Atoms follow one another in the order of the text and do not overlap; between them stands white space only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from backoffice.positions.importing import fields, headings, numbering
from backoffice.positions.importing.plain import plain

Kind = Literal[
    "site", "signature", "chapter", "title", "label", "item", "prose", "table", "header", "note", "comment"
]

_NUMBERS_ONLY = re.compile(r"(?:\d{1,2}\s*[.、]\s*){3,}$")
_MARKER_BEFORE = re.compile(r"\([一二三四五六七八九十]{1,3}\)\s*$")
_SENTENCES = re.compile(r"[^。]+(?:。|$)")


@dataclass(frozen=True)
class Atom:
    """One piece of the text.

    ``start``–``end`` with its marker, ``body`` where the words begin. ``family`` and ``number`` describe the
    marker ("" and 0 without one). ``name``: the title of a "title" or "chapter", the key of a "label";
    ``document``: the printed kind of document of a title ("" for a bare name).
    """

    kind: Kind
    start: int
    end: int
    body: int
    family: str = ""
    number: int = 0
    name: str = ""
    document: str = ""
    department: bool = False
    new_line: bool = True


def read_atoms(
    text: str, *, outline: Mapping[int, int] | None = None, aside: Iterable[tuple[int, int, str]] = ()
) -> list[Atom]:
    """Return the atoms of ``text``.

    ``outline``: where the lines begin that are set as headings, with their level; ``aside``: running lines
    and notes behind the text, with what they are.
    """
    notes = sorted(aside)
    end = notes[0][0] if notes else len(text)
    atoms = list(_Reader(text[:end], outline or {}).read())
    view = plain(text)
    for start, stop, reason in notes:
        words = view[start:stop].strip()
        first = view.index(words, start)
        atoms.append(Atom(reason, first, first + len(words), first))
    return atoms


class _Reader:
    """The pass over the lines; remembers the running lists and an unfinished chapter heading."""

    def __init__(self, text: str, outline: Mapping[int, int]) -> None:
        self.plain = plain(text)
        self.outline = outline
        self.numbers = numbering.Numbers(self.plain)
        self.names: set[str] = set()
        self.pending_chapter: tuple[int, int] | None = None
        self.pending_numbers: tuple[int, int] | None = None

    def read(self) -> Iterator[Atom]:
        for found in re.finditer(r"[^\n]+", self.plain):
            start, end = self._trim(found.start(), found.end())
            if start < end:
                yield from self._line(start, end, heading=found.start() in self.outline)
        if self.pending_chapter:
            yield self._chapter(*self.pending_chapter, None)
        if self.pending_numbers:
            yield Atom("prose", *self.pending_numbers, self.pending_numbers[0])

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.plain[start].isspace():
            start += 1
        while start < end and self.plain[end - 1].isspace():
            end -= 1
        return start, end

    def _line(self, start: int, end: int, *, heading: bool) -> Iterator[Atom]:
        line = self.plain[start:end]
        if self.pending_chapter:
            opened = self.pending_chapter
            self.pending_chapter = None
            if length := headings.closing_name(line):
                title = headings.title_of_chapter(self.plain, start, start + length)
                yield self._chapter(opened[0], end, title)
                return
            yield self._chapter(*opened, None)
        if self.pending_numbers:
            opened, self.pending_numbers = self.pending_numbers, None
            yield from self._shared_numbers(opened, start, end)
            return
        if (closing := headings.closing_remark(self.plain, start, end)) < end:
            first, last = self._trim(start, closing)
            if first < last:
                yield from self._line(first, last, heading=heading)
            yield Atom("site", closing, end, closing)
        elif headings.is_site_line(line):
            yield Atom("site", start, end, start)
        elif headings.opens_chapter(line):
            self.pending_chapter = (start, end)
        elif chapter := headings.chapter_of_line(self.plain, start, end):
            yield from self._chapter_line(chapter)
        elif headings.is_signature(line):
            yield Atom("signature", start, end, start)
        elif _NUMBERS_ONLY.match(line):
            self.pending_numbers = (start, end)
        elif heading and (title := self._set_as_heading(start, end)):
            yield title
        else:
            yield from self._words(start, end)

    def _set_as_heading(self, start: int, end: int) -> Atom | None:
        """Return the title in a line set as a heading: the name of a post needs no "岗位职责" there."""
        marker = numbering.marker_at(self.plain, start, end)
        body = self._trim(marker.end, end)[0] if marker else start
        title = headings.title_of_line(self.plain, body, end) if body < end else None
        if title is None and body < end and not fields.label_at(self.plain, body, end):
            title = headings.bare_title(self.plain, body, end, self.names)
        if title is None or title.end < end:
            return None
        family, number = (marker.family, marker.number) if marker else ("", 0)
        return self._title(title, start, new_line=True, family=family, number=number)

    def _chapter(self, start: int, end: int, title: headings.Title | None) -> Atom:
        self.numbers.restart()
        if title is None:
            return Atom("chapter", start, end, start)
        return Atom("chapter", start, end, title.start, "", 0, title.name, title.document, title.department)

    def _chapter_line(self, chapter: headings.Chapter) -> Iterator[Atom]:
        start, end = self._trim(chapter.name_start, chapter.name_end)
        title = headings.title_of_chapter(self.plain, start, end) if start < end else None
        stop = chapter.end if title is None or title.end == end else title.end
        yield self._chapter(chapter.start, stop, title)
        rest, last = self._trim(stop, chapter.end)
        if rest < last:
            yield from self._words(rest, last)

    def _shared_numbers(self, opened: tuple[int, int], start: int, end: int) -> Iterator[Atom]:
        """A list whose numbers stand in one line before it: a sentence for each number, if they agree."""
        count = len(re.findall(r"\d+", self.plain[opened[0] : opened[1]]))
        sentences = [found.span() for found in _SENTENCES.finditer(self.plain, start, end)]
        yield Atom("prose", *opened, opened[0])
        if len(sentences) != count:
            yield from self._words(start, end)
            return
        for number, (first, last) in enumerate(sentences, 1):
            yield Atom(
                "item", *self._trim(first, last), first, numbering.NUMBER, number, new_line=number == 1
            )

    def _words(self, start: int, end: int) -> Iterator[Atom]:
        cells = fields.cells_of(self.plain, start, end)
        if len(cells) > 1 or "|" in (self.plain[start], self.plain[end - 1]):
            yield from self._row(start, cells)
            yield from self._bars(cells[-1][1] if cells else start, end)
            return
        if (label := fields.trailing_label(self.plain, start, end)) < end:
            yield from self._words(*self._trim(start, label))
            yield from self._run(label, end, True)
            return
        cursor, new_line = start, True
        marker = numbering.marker_at(self.plain, start, end)
        for title in headings.glued_titles(
            self.plain, self._trim(marker.end, end)[0] if marker else start, end
        ):
            if title.start < cursor:
                continue
            begin = _MARKER_BEFORE.search(self.plain, cursor, title.start)
            start_of_title = begin.start() if begin else title.start
            yield from self._run(*self._trim(cursor, start_of_title), new_line)
            yield self._title(title, start_of_title, new_line=False)
            cursor, new_line = title.end, False
        first, last = self._trim(cursor, end)
        if first < last:
            yield from self._run(first, last, new_line)

    def _row(self, row: int, cells: list[tuple[int, int]]) -> Iterator[Atom]:
        """A row of a table: labels with values, a numbered row or plain cells; bars are kept apart."""
        spans = [self._trim(*cell) for cell in cells]
        if not spans:
            return
        if self.plain[slice(*spans[0])].rstrip(".、").isdigit() and len(spans) > 1:
            yield from self._bars(row, spans[0][0])
            number = numbering.number_of(self.plain[slice(*spans[0])])
            yield Atom("item", spans[0][0], spans[-1][1], spans[1][0], numbering.NUMBER, number)
            return
        cursor, index = row, 0
        while index < len(spans):
            start, end = spans[index]
            yield from self._bars(cursor, start)
            label = fields.label_at(self.plain, start, end) or self._cell_label(start, end)
            value = spans[index + 1] if index + 1 < len(spans) else None
            if label is None or label.end < end:
                yield from self._run(start, end, True)
            elif value and label.name not in fields.VALUE_NAMES and not self._cell_label(*value):
                yield Atom("label", start, end, end, name=label.name)
                yield from self._bars(end, value[0])
                yield from self._run(*value, True)
                end, index = value[1], index + 1
            elif value and not self._cell_label(*value):
                yield Atom("label", start, value[1], value[0], name=label.name)
                end, index = value[1], index + 1
            else:
                yield Atom("label", start, end, end, name=label.name)
            cursor, index = end, index + 1

    def _bars(self, start: int, end: int) -> Iterator[Atom]:
        start, end = self._trim(start, end)
        if start < end:
            yield Atom("table", start, end, start)

    def _cell_label(self, start: int, end: int) -> fields.Label | None:
        """A cell needs no colon to be a label."""
        probe = fields.label_at(self.plain[start:end] + ":", 0, end - start + 1)
        return fields.Label(probe.name, end) if probe and probe.end == end - start + 1 else None

    def _title(
        self, title: headings.Title, start: int, *, new_line: bool, family: str = "", number: int = 0
    ) -> Atom:
        self.names.add(title.name)
        if not family:
            self.numbers.restart()
        return Atom(
            "title", start, title.end, title.start, family, number,
            title.name, title.document, title.department, new_line,
        )  # fmt: skip

    def _run(self, start: int, end: int, new_line: bool) -> Iterator[Atom]:
        """Cut one stretch of a line at its numbers and read each piece."""
        if start >= end:
            return
        marker = numbering.marker_at(self.plain, start, end)
        if marker and marker.family == numbering.LETTER and not new_line:
            marker = None
        if marker is None or marker.end >= end:
            title = headings.title_of_line(self.plain, start, end)
            if title and title.end == end:
                yield self._title(title, start, new_line=new_line)
                return
        else:
            self.numbers.accept(marker)
        begins: list[numbering.Marker | None] = [marker]
        begins += self.numbers.inside(marker.end if marker else start, end)
        for index, begin in enumerate(begins):
            following = begins[index + 1] if index + 1 < len(begins) else None
            first = begin.start if begin else start
            yield from self._piece(
                first, following.start if following else end, begin, new_line and index == 0
            )

    def _piece(self, start: int, end: int, marker: numbering.Marker | None, new_line: bool) -> Iterator[Atom]:
        start, end = self._trim(start, end)
        if start >= end:
            return
        body = self._trim(marker.end, end)[0] if marker else start
        family, number = (marker.family, marker.number) if marker else ("", 0)
        title = headings.title_of_line(self.plain, body, end) if body < end else None
        if (
            title is None
            and family in {numbering.CHINESE, numbering.BRACKETED, numbering.DOTTED}
            and body < end
        ):
            title = headings.bare_title(self.plain, body, end, self.names)
        if title:
            yield self._title(title, start, new_line=new_line, family=family, number=number)
            rest, last = self._trim(title.end, end)
            if rest < last:
                yield Atom("prose", rest, last, rest, new_line=False)
            return
        label = fields.label_at(self.plain, body, end) if new_line or family else None
        if label:
            value = self._trim(label.end, end)[0] if label.end < end else end
            yield Atom("label", start, end, value, family, number, label.name, new_line=new_line)
            return
        if family:
            yield Atom("item", start, end, body, family, number, new_line=new_line)
        else:
            yield Atom("prose", start, end, start, new_line=new_line)
