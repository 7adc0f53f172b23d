"""From atoms to blocks: where one description ends and the next begins."""

import re
from collections import Counter
from dataclasses import dataclass, field

from backoffice.positions.importing import fields, headings, numbering
from backoffice.positions.importing.atoms import Atom

_HEADING_LENGTH = 14
_SENTENCE_END = re.compile(r"[。;!?,、]\s*$|[,。;]")
_WORK = re.compile(
    r"^(?:\S{0,4}?(?:负责|协助|完成|做好|按照?|根据|参加|参与|遵守|执行|组织|落实|监督|检查|指导|"
    r"督促|配合|接受|提供|建立|制定|制订|拟订|拟定|"
    r"维护|了解|掌握|熟悉|通知|引导|及时|积极|定期|认真|严格|全面|协调|开发|拓展|收集|统计|分析|汇总|"
    r"调查|处理|受理|接待|接听|热情|主动|"
    r"填写|编制|审核|审批|管理|安排|保持|保证|确保|保管|跟踪|跟进|回访|联系|营销|实施|推广|宣传|策划|"
    r"培训|考核|提出|提交|上报|反馈|"
    r"每[日天周月季年]|不断|努力|爱护|服从|坚持|准确|合理|妥善|发放|登记|整理|更新|采购|清点|核对|"
    r"签收|打印|陪同|告知)|[向对与为在将把当如]|"
    r"manage|ensure|maintain|prepare|record|report|check|handle|answer|assist|coordinate|receive|"
    r"keep|provide|follow|plan|train|lead)",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"咨询电话|咨询联系方式|邮编|合作客户|授课|课程大纲|主讲老师|摘要[:]|笔者|参考文献|关键词[:]"
)


@dataclass
class Block:
    """The atoms of one description while it is being collected. ``title`` is None when the source lost it."""

    chapter: int
    title: Atom | None = None
    from_chapter: bool = False
    loose: bool = False
    headings: list[Atom] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)
    section: str = ""
    last_number: int = 0
    structured: bool = False
    qualified: bool = False

    @property
    def items(self) -> list[Atom]:
        """The numbered pieces."""
        return [atom for atom in self.atoms if atom.kind == "item"]

    def add(self, atom: Atom) -> None:
        """Take ``atom`` and remember what the next one has to be judged by."""
        self.atoms.append(atom)
        if atom.kind in {"label", "title"}:
            self.structured = True
            if atom.name not in fields.VALUE_NAMES:
                self.section = atom.name if atom.kind == "label" else ""
                self.last_number = 0
        elif atom.kind == "item":
            self.qualified = self.qualified or self.section == "qualifications"
            if atom.family == numbering.NUMBER:
                self.last_number = atom.number
            elif numbering.DEPTH[atom.family] < numbering.DEPTH[numbering.NUMBER]:
                self.structured, self.last_number = True, 0


@dataclass
class Split:
    """The result: blocks in the order of the text, and atoms that belong to none with the reason."""

    blocks: list[Block]
    left: list[tuple[Atom, str]]


def split(plain: str, atoms: list[Atom]) -> Split:
    """Return the blocks of a text."""
    splitter = _Splitter(plain, atoms)
    for index, atom in enumerate(atoms):
        splitter.take(index, atom)
    return splitter.finish()


class _Splitter:
    def __init__(self, plain: str, atoms: list[Atom]) -> None:
        self.plain, self.atoms = plain, atoms
        self.blocks: list[Block] = []
        self.left: list[tuple[Atom, str]] = []
        self.current: Block | None = None
        self.chapter = 0
        self.subjects: set[int] = set()
        self.adverts: set[int] = set()
        names = Counter(
            atom.name for atom in atoms if atom.kind == "chapter" and not headings.is_post(atom.name)
        )
        self.collective = {name for name, count in names.items() if name and count > 2}

    def take(self, index: int, atom: Atom) -> None:
        """Give ``atom`` its place."""
        if _ADVERT.search(self.plain, atom.start, atom.end):
            self.adverts.add(self.chapter)
        if atom.kind in {"site", "table", "header", "note", "comment"}:
            self.left.append((atom, atom.kind))
        elif atom.kind == "signature":
            self._signature(atom)
        elif atom.kind == "chapter":
            self._chapter(atom)
        elif atom.kind == "title":
            self._title(atom)
        elif atom.kind == "prose" and (named := self._standing_title(index, atom)):
            self._title(named)
        elif atom.kind == "prose" and self._foreign(index, atom):
            self._open(Block(self.chapter, loose=True, headings=[atom]))
        else:
            self._content(atom)

    def finish(self) -> Split:
        """Return blocks that hold something; the headings of the others are left over."""
        kept = []
        for block in self.blocks:
            if not self._worth(block):
                reason = "text" if block.atoms else "heading"
                self.left += [(atom, reason) for atom in (*block.headings, *block.atoms)]
            else:
                kept.append(block)
        return Split(kept, self.left)

    # --- one kind of atom each ---

    def _open(self, block: Block) -> None:
        self.blocks.append(block)
        self.current = block

    def _signature(self, atom: Atom) -> None:
        self.left.append((atom, "signature"))
        if self.current and self.current.atoms:
            last = self.current.atoms[-1]
            if last.kind == "prose" and last.new_line and last.end - last.start <= 4:
                self.left.append((self.current.atoms.pop(), "signature"))

    def _chapter(self, atom: Atom) -> None:
        self.chapter += 1
        self.current = None
        if not atom.name:
            self.left.append((atom, "chapter"))
            words = self.plain[atom.start : atom.end]
            if len(re.findall(r"[^\W\d_]", words)) > 3 and not re.search("职责|说明书", words):
                self.subjects.add(self.chapter)
        elif atom.name in self.collective:
            self._open(Block(self.chapter, headings=[atom], from_chapter=True))
        else:
            self._open(Block(self.chapter, title=atom, headings=[atom], from_chapter=True))

    def _title(self, atom: Atom) -> None:
        current = self.current
        if current and not self._has_words(current):
            same = current.title is not None and _akin(current.title.name, atom.name)
            if same or (current.from_chapter and current.title is None):
                current.headings.append(atom)
                if current.title is None or current.title.department or not atom.department:
                    current.title = atom
                current.from_chapter = False
                return
        elif current and not current.items and current.title and _akin(current.title.name, atom.name):
            current.add(atom)
            return
        for block in reversed(self.blocks):
            if block.chapter == self.chapter and block.title and block.title.name == atom.name:
                outline = numbering.DOTTED == atom.family == block.title.family
                other = atom.document and block.title.document and atom.document != block.title.document
                if outline or other:
                    block.add(atom)
                    self.current = block
                    return
        self._open(Block(self.chapter, title=atom, headings=[atom]))

    def _content(self, atom: Atom) -> None:
        if self.current is None:
            self._open(Block(self.chapter))
        assert self.current is not None
        block = self.current
        if (atom.kind == "label" and atom.name == "title" and atom.body < atom.end and block.items) or (
            atom.kind == "label"
            and atom.name == "duties"
            and atom.body >= atom.end
            and not atom.family
            and self._complete(block)
        ):
            self._open(Block(self.chapter))
        elif (
            atom.family
            and block.title
            and atom.family == block.title.family
            and self._sibling(block.title, atom)
        ):
            parents = [
                one
                for one in self.blocks
                if one.chapter == self.chapter and one.title and not one.title.family
            ]
            if parents:
                self.current = parents[-1]
            else:
                self._open(Block(self.chapter))
        elif atom.kind == "item" and self._restarts(block, atom):
            self._open(Block(self.chapter))
        self.current.add(atom)

    # --- questions ---

    def _has_words(self, block: Block) -> bool:
        return bool(block.items) or any(atom.end - atom.start > 12 for atom in block.atoms)

    def _complete(self, block: Block) -> bool:
        """Tell whether a bare label of duties belongs to the next post: this one has its duties already."""
        return block.qualified or (block.section == "duties" and len(block.items) > 1)

    def _sibling(self, title: Atom, atom: Atom) -> bool:
        return atom.number == title.number + 1 and self._depth(title) == self._depth(atom)

    def _depth(self, atom: Atom) -> int:
        return (
            len(re.findall(r"\d+", self.plain[atom.start : atom.body]))
            if atom.family == numbering.DOTTED
            else 1
        )

    def _restarts(self, block: Block, atom: Atom) -> bool:
        """Tell whether a list that starts again at 1 belongs to another post, whose title was lost."""
        if atom.family != numbering.NUMBER or atom.number != 1 or not atom.new_line:
            return False
        before = self.plain[block.atoms[-1].body : block.atoms[-1].end] if block.atoms else ""
        if (
            len(before) <= _HEADING_LENGTH + 4
            and not _SENTENCE_END.search(before)
            and not _WORK.match(before)
        ):
            return False
        if block.section == "qualifications":
            return block.last_number > 1
        return not block.structured and block.last_number > 2

    def _next_item(self, index: int) -> Atom | None:
        following = self.atoms[index + 1] if index + 1 < len(self.atoms) else None
        return following if following and following.kind == "item" else None

    def _standing_title(self, index: int, atom: Atom) -> Atom | None:
        """Return a line that is only the name of a post, when a list begins or labels stand below it."""
        following = self.atoms[index + 1] if index + 1 < len(self.atoms) else None
        listed = following and (
            (following.kind == "item" and following.number <= 1 and following.new_line)
            or (following.kind == "label" and following.name not in {"process", "notes"})
        )
        before = self.atoms[index - 1] if index else None
        value = (
            before
            and before.kind == "label"
            and before.name in fields.VALUE_NAMES
            and before.body >= before.end
        )
        if not listed or not atom.new_line or value:
            return None
        title = headings.bare_title(self.plain, atom.start, atom.end)
        if title is None:
            return None
        return Atom("title", atom.start, atom.end, atom.start, name=title.name, department=title.department)

    def _foreign(self, index: int, atom: Atom) -> bool:
        """Tell whether a short line over a new list leaves the subject: it is no heading of a description."""
        following = self._next_item(index)
        words = self.plain[atom.start : atom.end]
        return bool(
            self.current
            and self.current.last_number > 2
            and not self.current.structured
            and following
            and following.family == numbering.NUMBER
            and following.number == 1
            and atom.new_line
            and len(words) <= _HEADING_LENGTH
            and not _SENTENCE_END.search(words)
            and not words.endswith(":")
        )

    def _worth(self, block: Block) -> bool:
        words = sum(atom.end - atom.start for atom in block.atoms)
        if block.chapter in self.adverts and likeness(self.plain, block) < 0.6:
            return False
        if block.title and not block.loose:
            return bool(block.items) or words > _HEADING_LENGTH
        if block.from_chapter:
            return bool(block.items)
        wanted = 0.5 if block.loose else 0.4
        named = any(atom.kind == "label" and atom.name in {"duties", "title"} for atom in block.atoms)
        if block.chapter in self.subjects and not named:
            return False  # a chapter about something else, by its own heading
        return len(block.items) > 1 and (named or likeness(self.plain, block) >= wanted)


def likeness(plain: str, block: Block) -> float:
    """Return which part of the items of ``block`` reads like work to be done (0 to 1)."""
    return share_of_work([plain[atom.body : atom.end] for atom in block.items])


def share_of_work(texts: list[str]) -> float:
    """Return which part of ``texts`` (in the plain way of writing) opens like a duty; 0 for none."""
    return sum(bool(_WORK.match(text)) for text in texts) / len(texts) if texts else 0.0


def _akin(one: str, other: str) -> bool:
    """Tell whether two titles name the same post: one has every character of the other."""
    short, long = sorted((one, other), key=len)
    if one.isascii() and other.isascii():
        return bool(short) and set(short.lower().split()) <= set(long.lower().split())
    return bool(short) and set(short) <= set(long) and (short[-1] == long[-1] or short in long)
