"""A formatted note as text of a cell that people read, and back without loss.

``**bold**``, ``__italic__``, ``++underlined++``, ``[words](address)``; lines that begin with ``- `` or ``1. `` are
lists, with ``# `` or ``## `` headings, with ``> `` quotations; empty lines part paragraphs. A sign that would mean
something stands behind a backslash. What cannot be said so is written as its HTML, behind ``html: ``.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from forms.fields.markup import clean_markup

AS_IS = "html: "
"""Stands before a note that text cannot say."""
_MARKS = {"strong": "**", "em": "__", "u": "++"}
_BEGINNINGS = {"h3": "# ", "h4": "## ", "blockquote": "> "}
_SPECIAL = re.compile(r"\\|\*\*|__|\+\+|\[")
_LINE_START = re.compile(r"(?=(?:- |\d+\. |#{1,2} |> |html: ))", re.ASCII)
_BLOCK = re.compile(r"(?P<bullet>- )|(?P<number>\d+\. )|(?P<sign>## |# |> )", re.ASCII)
_INLINE = re.compile(
    r"\\(?P<escaped>.)|(?P<mark>\*\*|__|\+\+)|\[(?P<words>[^\]\n]*)\]\((?P<address>[^)\s]*)\)", re.DOTALL
)


def written(markup: str) -> str:
    """Return a cleaned note as text from which ``markup_of_written`` makes the same note."""
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    text = "\n\n".join(writer.blocks)
    return text if writer.sound and markup_of_written(text) == markup else f"{AS_IS}{markup}"


def markup_of_written(text: str) -> str:
    """Return the note that somebody wrote into a cell, cleaned."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.startswith(AS_IS):
        return clean_markup(text.removeprefix(AS_IS))
    return clean_markup("".join(_block(block) for block in re.split(r"\n{2,}", text) if block.strip()))


def _block(block: str) -> str:
    lines = block.split("\n")
    begun = [found for line in lines if (found := _BLOCK.match(line))]
    for name, tag in (("bullet", "ul"), ("number", "ol")):
        if len(begun) == len(lines) and all(found[name] for found in begun):
            items = (_inline(line[found.end() :]) for line, found in zip(lines, begun, strict=True))
            return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
    if len(lines) == 1 and begun and (first := begun[0])["sign"]:
        tag = next(tag for tag, sign in _BEGINNINGS.items() if sign == first["sign"])
        return f"<{tag}>{_inline(block[first.end() :])}</{tag}>"
    return f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>"


def _inline(line: str) -> str:
    """Return a line with its marks as markup; a mark that is not closed stands for itself."""
    found: list[str] = []
    open_marks: list[tuple[str, int]] = []
    at = 0
    for match in _INLINE.finditer(line):
        found.append(html.escape(line[at : match.start()], quote=False))
        at = match.end()
        if match["escaped"] is not None:
            found.append(html.escape(match["escaped"], quote=False))
        elif match["mark"]:
            tag = next(tag for tag, mark in _MARKS.items() if mark == match["mark"])
            if open_marks and open_marks[-1][0] == tag:
                _tag, place = open_marks.pop()
                found[place] = f"<{tag}>"
                found.append(f"</{tag}>")
            else:
                open_marks.append((tag, len(found)))
                found.append(match["mark"])
        else:
            address = html.escape(match["address"])
            found.append(f'<a href="{address}">{html.escape(match["words"], quote=False)}</a>')
    found.append(html.escape(line[at:], quote=False))
    return "".join(found)


class _Writer(HTMLParser):
    """Writes a note block by block; ``sound`` turns false at what has no place in a text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.sound = True
        self._within: list[str] = []
        self._lines: list[str] = []
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "p" | "h3" | "h4" | "blockquote" | "ul" | "ol":
                self.sound = self.sound and not self._within
                self._within.append(tag)
                self._lines = [_BEGINNINGS.get(tag, "")] if tag not in ("ul", "ol") else []
            case "li":
                listed = self._within[-1:] in (["ul"], ["ol"])
                self.sound = self.sound and listed
                number = f"{len(self._lines) + 1}. " if self._within[-1:] == ["ol"] else "- "
                self._within.append(tag)
                self._lines.append(number)
            case "br":
                self.sound = self.sound and self._within[:1] == ["p"]
                self._lines.append("")
            case "strong" | "em" | "u":
                self._within.append(tag)
                self._add(_MARKS[tag])
            case "a":
                self._within.append(tag)
                self._address = dict(attrs).get("href") or ""
                self._add("[")
            case _:
                self.sound = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "br":
            return
        if self._within[-1:] != [tag]:
            self.sound = False
            return
        self._within.pop()
        if tag in _MARKS:
            self._add(_MARKS[tag])
        elif tag == "a":
            self._add(f"]({self._address})")
        elif tag != "li":
            self.blocks.append("\n".join(self._lines))
            self._lines = []

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.sound = self.sound and not data.strip()
            return
        text = _SPECIAL.sub(lambda found: "".join(f"\\{sign}" for sign in found[0]), data)
        self._add(
            _LINE_START.sub("\\\\", text, count=1) if self._begins() and _LINE_START.match(text) else text
        )

    def _begins(self) -> bool:
        return not self._lines or self._lines[-1] == ""

    def _add(self, text: str) -> None:
        if self._lines:
            self._lines[-1] += text
        else:
            self.sound = False
