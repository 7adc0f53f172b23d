"""The little HTML that texts of forms may hold: paragraphs, lists, bold, italics, links. Everything else is
taken out; what comes out is the same when it goes in again.
"""

from __future__ import annotations

import html
import re

import nh3
from django.utils.safestring import SafeString

from forms.fields.base import clean_text

TAGS = {"p", "br", "strong", "em", "u", "ul", "ol", "li", "h3", "h4", "blockquote", "a"}
_SAME = {"b": "strong", "i": "em", "div": "p"}
_RENAMED = re.compile(r"<(/?)(b|i|div)(?=[\s/>])", re.IGNORECASE)
_ENDS = re.compile(r"</(?:p|li|h3|h4|blockquote|ul|ol)>|<br\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"<li>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_EMPTY = re.compile(r"<(p|li|h3|h4|blockquote|strong|em|u)>(?:\s|<br>|&nbsp;)*</\1>")


_NO_HEADING = re.compile(r"<(h[34])>(?:\s|\u00a0|&nbsp;|</?(?!h[34])[a-z]+>)*</\1>")


def clean_markup(text: str) -> str:
    """Return what may stay of somebody's HTML; links lead to web, mail and telephone only."""
    text = _RENAMED.sub(lambda found: f"<{found[1]}{_SAME[found[2].lower()]}", clean_text(text, lines=True))
    cleaned = nh3.clean(
        text,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        clean_content_tags={"script", "style", "iframe", "object", "template", "noscript"},
    )
    # Headings that say nothing are none; sheets could not tell them from text.
    cleaned = _NO_HEADING.sub("", cleaned)
    # Blanks at the end of a line say nothing, and sheets do not keep them.
    return re.sub(r"[^\S\n]+\n", "\n", cleaned).strip()


def sound_markup(text: str) -> SafeString:
    """Return what may stay of somebody's HTML, for a page."""
    return SafeString(clean_markup(text))


def markup_of(text: str) -> str:
    """Return plain text as HTML: empty lines part paragraphs, lines that begin with a dash are a list."""
    parts = []
    for paragraph in re.split(r"\n{2,}", text):
        lines = paragraph.split("\n")
        if lines and all(line.startswith("- ") for line in lines):
            items = "".join(f"<li>{html.escape(line[2:], quote=False)}</li>" for line in lines)
            parts.append(f"<ul>{items}</ul>")
        elif paragraph:
            parts.append(f"<p>{'<br>'.join(html.escape(line, quote=False) for line in lines)}</p>")
    return "".join(parts)


def text_of(markup: str) -> str:
    """Return cleaned HTML as plain text: paragraphs parted by line ends, list items after a dash."""
    text = _ITEM.sub("- ", re.sub(r"\s*\n\s*", " ", markup))
    text = re.sub(r"</(?:p|h3|h4|blockquote|ul|ol)>", "\n\n", text)
    text = _TAG.sub("", _ENDS.sub("\n", text))
    text = clean_text(html.unescape(text).replace("\u00a0", " "), lines=True)
    return re.sub(r"\n{3,}", "\n\n", text)
