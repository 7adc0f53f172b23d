"""From blocks to proposals: what each piece of a description is; what found no place is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from backoffice.positions.importing import blocks, fields, numbering
from backoffice.positions.importing.atoms import Atom
from backoffice.positions.importing.cadence import cadence_of, deadline_of
from backoffice.positions.importing.placing import PART_OF, TEXTS
from backoffice.positions.importing.plain import plain
from backoffice.positions.importing.proposals import (
    Collection,
    DutyProposal,
    FieldProposal,
    ItemProposal,
    Passage,
    RowProposal,
    Section,
    Unit,
)

_LONGEST_HEADING = 18
_LONGEST_VALUE = 40
_SHORTEST, _LONGEST = 4, 400
_COLONS = ":\uff1a"
_VALUE_ENDS = "。.; \uff1b"
_BREAK = re.compile(r"\s*[\n\r\x0b\x0c\x85\u2028\u2029]\s*")
_WIDE = re.compile(r"[^\x00-\x7f]")
_LED_BY = re.compile(r"在(?:公司)?(?P<who>[^,。;在]{2,12}?)(?:的)?(?:直接|具体)?(?:领导|带领|指导|督导)下")
_SUB_POINTS = {
    numbering.NUMBER_BRACKET,
    numbering.CIRCLED,
    numbering.LETTER,
    numbering.DASH,
    numbering.BULLET,
}
_VERB_FIRST = re.compile(r"^(?:负责|协助|完成|做好|对|按|根据|参加|参与|组织|执行|配合|及时|定期|认真|严格)")


def assemble(text: str, atoms: list[Atom], *, encoding: str, sha256: str) -> Collection:
    """Return the proposals made of ``atoms``."""
    view = plain(text)
    parts = blocks.split(view, atoms)
    builders = [_Builder(text, view, block) for block in parts.blocks]
    units = [builder.unit() for builder in builders]
    left = [(atom.start, atom.end, reason) for atom, reason in parts.left]
    kept = [
        Passage(text[start:end], (start, end), reason) for start, end, reason in _joined(text, sorted(left))
    ]
    return Collection(
        units=tuple(sorted(units, key=lambda unit: unit.source)),
        kept=tuple(kept),
        text=text,
        sha256=sha256,
        encoding=encoding,
        warnings=tuple(_warnings(units)),
    )


def _joined(text: str, left: Iterable[tuple[int, int, str]]) -> Iterable[tuple[int, int, str]]:
    """Yield the passages, neighbours with the same reason as one."""
    run: tuple[int, int, str] | None = None
    for start, end, reason in left:
        if run and run[2] == reason and not text[run[1] : start].strip():
            run = (run[0], end, reason)
            continue
        if run:
            yield run
        run = (start, end, reason)
    if run:
        yield run


def _warnings(units: list[Unit]) -> Iterable[str]:
    untitled = sum(not unit.title for unit in units)
    if untitled:
        yield _("%(number)s descriptions have lost their title.") % {"number": untitled}
    if not units:
        yield _("No position was recognised; the whole text was kept.")


@dataclass
class _Part:
    """A part while it grows. ``kind``: "duty", "qualification", "row", "section" or "field"."""

    kind: str
    start: int
    body: int
    end: int
    name: str = ""
    family: str = ""
    group: str = ""
    heading_end: int = 0
    inner: str = ""


def _next_to(view: str, last: _Part, atom: Atom) -> bool:
    """Tell whether nothing but white space, no advert either, stands between the two."""
    return not view[last.end : atom.start].strip()


class _Builder:
    """Reads one block."""

    def __init__(self, text: str, view: str, block: blocks.Block) -> None:
        self.text, self.view, self.block = text, view, block
        self.parts: list[_Part] = []
        self.section, self.group = "", ""
        self.titled = False
        self.opened: Atom | None = None
        self.awaiting: _Part | None = None

    def unit(self) -> Unit:
        """Return the proposal."""
        for index, atom in enumerate(self.block.atoms):
            if atom.kind == "label":
                self._label(atom)
            elif atom.kind == "title":
                self._open_section(atom, "")
            elif atom.kind == "item":
                self._item(index, atom)
            else:
                self._prose(index, atom)
        self._take_prose_as_work()
        values = self._fields()
        by_name = {value.name: value.text.rstrip(_VALUE_ENDS) for value in reversed(values) if value.text}
        title = by_name.get("title") or self._printed_title()
        self.titled = bool(title)
        sections = tuple(self._section(part) for part in self.parts if part.kind == "section")
        duties = tuple(self._duty(part) for part in self.parts if part.kind == "duty")
        spans = [(part.start, part.end) for part in self.parts]
        spans += [(atom.start, atom.end) for atom in self.block.headings]
        return Unit(
            kind="department" if self._is_department(title) else "position",
            title=title,
            department=by_name.get("department", ""),
            reports_to=by_name.get("reports_to", "") or self._led_by(),
            summary=self._summary(sections),
            duties=duties,
            qualifications=tuple(
                ItemProposal(
                    self._words(part.body, part.end),
                    (part.start, part.end),
                    self._cut(part.start, part.body),
                    self._certainty(part),
                )
                for part in self.parts
                if part.kind == "qualification"
            ),
            rows=tuple(
                RowProposal(
                    PART_OF[part.name],
                    self._words(part.body, part.end),
                    (part.start, part.end),
                    self._cut(part.start, part.body),
                    part.group,
                    self._certainty(part),
                )
                for part in self.parts
                if part.kind == "row"
            ),
            sections=sections,
            source=(min(start for start, _end in spans), max(end for _start, end in spans)),
            confidence=self._confidence(title, bool(by_name.get("title"))),
            fields=tuple(values),
            headings=tuple(
                Section(self._cut(atom.start, atom.end), "", (atom.start, atom.end), "title")
                for atom in self.block.headings
            ),
        )

    # --- reading atoms ---

    def _label(self, atom: Atom) -> None:
        self.awaiting = None
        if atom.name in fields.VALUE_NAMES:
            part = _Part("field", atom.start, atom.body, atom.end, atom.name)
            self.parts.append(part)
            if atom.body >= atom.end:
                self.awaiting = part
            return
        grown = self._growing(atom)
        if atom.name == "content" and atom.body < atom.end and grown and grown.kind == "duty":
            grown.end = atom.end
            return
        self._open_section(atom, atom.name)
        if atom.body < atom.end and atom.name in fields.DUTY_SECTIONS | fields.ITEM_SECTIONS | PART_OF.keys():
            self.parts[-1].end = self.parts[-1].heading_end
            self.parts.append(
                _Part(self._kind(), atom.body, atom.body, atom.end, self.section, group=self.group)
            )

    def _open_section(self, atom: Atom, name: str) -> None:
        heading_end = atom.body if atom.kind == "label" and atom.body < atom.end else atom.end
        self.parts.append(_Part("section", atom.start, atom.start, atom.end, name, heading_end=heading_end))
        self.section, self.opened = name, atom
        self.group = self._heading(self._cut(atom.start, heading_end))

    def _item(self, index: int, atom: Atom) -> None:
        self.awaiting = None
        if self.opened and self._same_rank(self.opened, atom):
            if atom.number == self.opened.number + 1:  # the next heading of the same rank
                self.section, self.group = "", ""
            self.opened = None  # otherwise a list inside this section uses the same numbers
        if self._heads_group(index, atom):
            self.parts.append(
                _Part("section", atom.start, atom.start, atom.end, self.section, heading_end=atom.end)
            )
            self.group = self._heading(self._cut(atom.body, atom.end))
            return
        grown = self._growing(atom)
        if grown and self._is_sub_point(grown, atom):
            grown.end = atom.end
            return
        if self.section == "motto":
            self.section = ""  # the promise of a house is one line; what is counted below it is work
        kind = self._kind()
        if kind == "section":
            self._append_text(atom)
            return
        self.parts.append(_Part(kind, atom.start, atom.body, atom.end, self.section, atom.family, self.group))

    def _prose(self, index: int, atom: Atom) -> None:
        last = self.parts[-1] if self.parts else None
        if (
            self.awaiting is not None
            and last is self.awaiting
            and atom.end - atom.start <= _LONGEST_VALUE
            and _next_to(self.view, last, atom)
        ):
            self.awaiting.body, self.awaiting.end = atom.start, atom.end
            self.awaiting = None
            return
        self.awaiting = None
        if self._heads_list(index, atom):
            self.parts.append(
                _Part("section", atom.start, atom.start, atom.end, self.section, heading_end=atom.end)
            )
            self.group = self._heading(self._cut(atom.start, atom.end))
        elif grown := self._growing(atom):
            grown.end = atom.end
        elif self._kind() != "section" and self.section:
            self.parts.append(
                _Part(self._kind(), atom.start, atom.start, atom.end, self.section, group=self.group)
            )
        else:
            self._append_text(atom)

    def _append_text(self, atom: Atom) -> None:
        last = self.parts[-1] if self.parts else None
        if last and last.kind == "section" and _next_to(self.view, last, atom):
            last.end = atom.end
        else:
            self.parts.append(
                _Part("section", atom.start, atom.start, atom.end, self.section, heading_end=atom.start)
            )

    def _take_prose_as_work(self) -> None:
        """Let a description that is nothing but one paragraph under its title say its work in it."""
        told = [part for part in self.parts if part.kind != "field" and part.end > part.heading_end]
        if len(told) == 1 and told[0].kind == "section" and self.block.headings:
            only = told[0]
            if not only.name and only.heading_end == only.start:
                only.kind = "duty"

    # --- questions ---

    def _kind(self) -> str:
        if self.section in fields.ITEM_SECTIONS:
            return "qualification"
        if self.section in PART_OF:
            return "row"
        return "duty" if not self.section or self.section in fields.DUTY_SECTIONS else "section"

    def _growing(self, atom: Atom) -> _Part | None:
        """Return the numbered item that ``atom`` may continue, if the last part is one."""
        last = self.parts[-1] if self.parts else None
        if last is None or not _next_to(self.view, last, atom):
            return None
        if last.kind == "row" and not atom.family:
            text = PART_OF[last.name] in TEXTS
            same_line = "\n" not in self.text[last.end : atom.start]
            return last if text or same_line or last.family else None
        return last if last.kind in {"duty", "qualification", "row"} and last.family else None

    def _is_sub_point(self, last: _Part, atom: Atom) -> bool:
        """Tell whether ``atom`` is part of the item before it: a deeper kind of number under a sentence."""
        if atom.family == last.inner:
            return True
        opens = self.view[last.body : last.end].rstrip().endswith(":")
        if (
            opens
            and last.family == numbering.NUMBER
            and atom.family == numbering.CHINESE
            and atom.number == 1
        ):
            last.inner = atom.family  # "1、…如下： 一、… 二、…": the cases of one item
            return True
        return atom.family in _SUB_POINTS and numbering.DEPTH[atom.family] > numbering.DEPTH[last.family]

    def _heads_group(self, index: int, atom: Atom) -> bool:
        words = self.view[atom.body : atom.end].strip()
        if atom.family in {numbering.CHINESE, numbering.BRACKETED} and len(words) <= _LONGEST_HEADING:
            words = words.rstrip("。.")
        if len(words) > _LONGEST_HEADING or re.search(r"[。;,]", words) or _VERB_FIRST.match(words):
            return False
        for ahead, following in enumerate(self.block.atoms[index + 1 : index + 4]):
            if following.kind == "item":
                deeper = self._level(following) > self._level(atom)
                return (
                    deeper and (following.number <= 1 or ahead == 0) and (ahead == 0 or words.endswith(":"))
                )
            if following.kind != "prose":
                return False
        return False

    def _same_rank(self, heading: Atom, atom: Atom) -> bool:
        return atom.family == heading.family and self._level(atom) == self._level(heading)

    def _level(self, atom: Atom) -> tuple[int, int]:
        parts = (
            len(re.findall(r"\d+", self.view[atom.start : atom.body]))
            if atom.family == numbering.DOTTED
            else 0
        )
        return numbering.DEPTH[atom.family], parts

    def _heads_list(self, index: int, atom: Atom) -> bool:
        """Tell whether a short line with a colon opens the list below it."""
        following = self.block.atoms[index + 1] if index + 1 < len(self.block.atoms) else None
        words = self.view[atom.start : atom.end].strip()
        return bool(
            following
            and following.kind == "item"
            and following.number <= 1
            and atom.new_line
            and len(words) <= _LONGEST_HEADING
            and not re.search(r"[。;,]", words)
            and (words.endswith(":") or not self.parts)
        )

    # --- results ---

    def _cut(self, start: int, end: int) -> str:
        return self.text[start:end].strip()

    def _words(self, start: int, end: int) -> str:
        """Return the text with wrapped lines joined; sub-points keep their own line."""
        pieces = _BREAK.split(self.text[start:end].strip())
        words = pieces[0]
        for piece in pieces[1:]:
            marked = numbering.marker_at(plain(piece), 0, len(piece))
            wide = bool(words and piece and _WIDE.match(words[-1]) and _WIDE.match(piece[0]))
            words += ("\n" if marked else "" if wide else " ") + piece
        return words

    def _heading(self, printed: str) -> str:
        view = plain(printed)
        marker = numbering.marker_at(view, 0, len(view))
        return printed[marker.end if marker else 0 :].strip().rstrip(_COLONS).strip()

    def _duty(self, part: _Part) -> DutyProposal:
        words = self._words(part.body, part.end)
        return DutyProposal(
            text=words,
            cadence=cadence_of(words) or cadence_of(part.group),
            deadline=deadline_of(words),
            source=(part.start, part.end),
            marker=self._cut(part.start, part.body),
            group=part.group,
            confidence=self._certainty(part),
        )

    def _section(self, part: _Part) -> Section:
        return Section(
            heading=self._cut(part.start, part.heading_end),
            text=self._words(part.heading_end, part.end),
            source=(part.start, part.end),
            name=part.name,
            confidence=self._certainty(part),
        )

    def _fields(self) -> list[FieldProposal]:
        return [
            FieldProposal(
                part.name,
                self._cut(part.start, part.body),
                self._words(part.body, part.end),
                (part.start, part.end),
                self._certainty(part),
            )
            for part in self.parts
            if part.kind == "field"
        ]

    def _printed_title(self) -> str:
        """Return the title as printed: the name found in the plain way of writing, cut from the source."""
        title = self.block.title
        if title is None or self.block.loose:
            return ""
        at = self.view.find(title.name, title.start, title.end)
        return self._cut(at, at + len(title.name)) if at >= 0 else title.name

    def _is_department(self, title: str) -> bool:
        return bool(
            title and self.block.title and self.block.title.department and title == self.block.title.name
        )

    def _led_by(self) -> str:
        for part in self.parts:
            if part.kind in {"duty", "section"} and (
                found := _LED_BY.search(self.view[part.start : part.end])
            ):
                start, end = found.span("who")
                return self._cut(part.start + start, part.start + end)
        return ""

    def _summary(self, sections: tuple[Section, ...]) -> str:
        labelled = [section.text for section in sections if section.name == "summary" and section.text]
        if labelled:
            return "\n".join(labelled)
        first = self.parts[0] if self.parts else None
        if first and first.kind == "section" and not first.name and first.heading_end == first.start:
            return self._words(first.start, first.end)
        return ""

    def _certainty(self, part: _Part) -> int:
        """Return how sure it is that the part is what it is taken for: by number, heading, wording, length."""
        words = self.view[part.body : part.end].strip()
        labelled = bool(part.name)
        match part.kind:
            case "field":
                return 95 if words else 50
            case "section":
                heading_only = part.heading_end >= part.end
                return 95 if heading_only or labelled else 75 if part.heading_end > part.start else 45
            case "duty":
                sure = 90 if part.family else 60
                sure += 8 if labelled else 5 if blocks.share_of_work([words]) else -8
            case _:
                sure = 92 if part.family else 75
        if len(words) < _SHORTEST or len(words) > _LONGEST:
            sure -= 30
        return sure if self.titled else sure - 15

    def _confidence(self, title: str, labelled: bool) -> int:
        block = self.block
        if not title:
            base = 35
        elif labelled:
            base = 95
        elif block.title and block.title.document:
            base = 75 if block.from_chapter else 90
        else:
            base = 75
        duties = [self.view[part.body : part.end] for part in self.parts if part.kind == "duty"]
        share = blocks.share_of_work(duties)
        return round(base * (0.8 + 0.2 * share)) if duties else base - 20
