"""The few marks that free sections may carry, and nothing else.

Rich text is cut down to them when an edition is made, so that what is hashed and printed never depends on the
editor's bookkeeping, and never carries a script, an address or a style.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

KEPT = frozenset({"p", "h3", "h4", "b", "ol", "ul", "li", "hr", "br"})
RENAMED = {"strong": "b"}
EMPTY = frozenset({"hr", "br"})
SILENT = frozenset({"script", "style", "template", "iframe", "object", "noscript"})


class _Cutter(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
            return
        tag = RENAMED.get(tag, tag)
        if self.silent or tag not in KEPT:
            return
        self.parts.append(f"<{tag}>")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY and not self.silent:
            self.parts.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag == self.silent[-1]:
                self.silent.pop()
            return
        tag = RENAMED.get(tag, tag)
        if tag not in self.open:
            return
        while True:
            inner = self.open.pop()
            self.parts.append(f"</{inner}>")
            if inner == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(escape(data, quote=False))

    def result(self) -> str:
        return "".join(self.parts) + "".join(f"</{tag}>" for tag in reversed(self.open))


def plain_markup(html: str) -> str:
    """Return ``html`` with only the kept marks, without attributes, every mark closed. Idempotent."""
    cutter = _Cutter()
    cutter.feed(html)
    cutter.close()
    result, before = cutter.result(), ""
    while result != before:  # an empty paragraph may stand in another one
        before, result = result, re.sub(r"<p>\s*</p>", "", result)
    return result.strip()


def paragraphs(text: str) -> str:
    """Return plain ``text`` as paragraphs: one for each line that is not empty."""
    return "".join(
        f"<p>{escape(line.strip(), quote=False)}</p>" for line in text.splitlines() if line.strip()
    )


def words(html: str) -> str:
    """Return the text of ``html`` without its marks, one line for each block."""
    spaced = re.sub(r"</(?:p|h3|h4|li)>|<(?:br|hr)>", "\n", plain_markup(html))
    cutter = re.sub(r"<[^>]+>", "", spaced)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        cutter = cutter.replace(entity, character)
    return "\n".join(line.strip() for line in cutter.splitlines() if line.strip())
