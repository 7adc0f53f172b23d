"""Rich text as the paragraphs of a Word document, and back.

Blocks are what both sides have: paragraphs, two levels of headings, lists in lists, a rule. Within one, words are
bold or not, and a line may end. Text in another nesting keeps its words and comes back in the plain one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

_BLOCKS = {"p", "h3", "h4"}
_LISTS = {"ul", "ol"}


@dataclass
class Block:
    """One paragraph. ``kind``: p, h3, h4, hr, ul or ol; ``first`` where a new list begins at ``level``."""

    kind: str
    level: int = 0
    first: bool = False
    runs: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the words."""
        return "".join(text for text, _bold in self.runs)

    def add(self, text: str, *, bold: bool) -> None:
        """Add words."""
        if self.runs and self.runs[-1][1] == bold:
            self.runs[-1] = (self.runs[-1][0] + text, bold)
        elif text:
            self.runs.append((text, bold))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.lists: list[str] = []
        self.fresh: list[bool] = []
        self.bold = 0
        self.open: Block | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LISTS:
            self.open = None
            self.lists.append(tag)
            self.fresh.append(True)
        elif tag == "li" and self.lists:
            self._begin(Block(self.lists[-1], len(self.lists) - 1, self.fresh[-1]))
            self.fresh[-1] = False
        elif tag in _BLOCKS and not (tag == "p" and self.lists and self.open and not self.open.text):
            self._begin(Block(tag))
        elif tag == "hr":
            self.blocks.append(Block("hr"))
            self.open = None
        elif tag == "br":
            self._words("\n")
        elif tag == "b":
            self.bold += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _LISTS and self.lists:
            self.lists.pop()
            self.fresh.pop()
            self.open = None
        elif tag in _BLOCKS or tag == "li":
            self.open = None
        elif tag == "b":
            self.bold = max(0, self.bold - 1)

    def handle_data(self, data: str) -> None:
        if self.open is None and not data.strip():
            return
        self._words(data.replace("\n", " "))

    def _begin(self, block: Block) -> None:
        self.blocks.append(block)
        self.open = block

    def _words(self, text: str) -> None:
        if self.open is None:
            self._begin(Block("p"))
        assert self.open is not None
        self.open.add(text, bold=self.bold > 0)


def blocks_of(html: str) -> list[Block]:
    """Return ``html`` (with no marks but those of ``pdf.clean``) as blocks."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.blocks


def html_of(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML; for what ``blocks_of`` made of plain nesting, the same again."""
    parts: list[str] = []
    open_lists: list[str] = []

    def close(level: int) -> None:
        while len(open_lists) > level:
            parts.append(f"</li></{open_lists.pop()}>")

    for block in blocks:
        if block.kind not in _LISTS:
            close(0)
            parts.append("<hr>" if block.kind == "hr" else f"<{block.kind}>{_inner(block)}</{block.kind}>")
            continue
        level = min(block.level, len(open_lists))
        close(level + 1)
        if len(open_lists) == level + 1 and (block.first or open_lists[-1] != block.kind):
            close(level)
        if len(open_lists) == level + 1:
            parts.append("</li>")
        else:
            open_lists.append(block.kind)
            parts.append(f"<{block.kind}>")
        parts.append(f"<li>{_inner(block)}")
    close(0)
    return "".join(parts)


def canonical(html: str) -> str:
    """Return ``html`` in the plain nesting: two texts that print alike are equal in it."""
    return html_of(block for block in blocks_of(html) if block.kind == "hr" or block.text.strip())


def _inner(block: Block) -> str:
    words = ""
    for text, bold in block.runs:
        written = escape(text, quote=False).replace("\n", "<br>")
        words += f"<b>{written}</b>" if bold else written
    return words
