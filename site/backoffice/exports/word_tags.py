"""The tags of content controls: which value of which thing a control holds.

    remit:<thing>:<column>:<id>.<place>     a column of a thing in a list, such as the deadline of a duty
    remit:<thing>:<column>:=<value>         a heading: the things below have this value, unless they say otherwise
    remit:<name>::<id>                      a value that stands once; ``id`` may name a person or a post
    remit:fixed:<hash>                      our own words, with a hash to see whether they were changed

Word keeps 64 characters of a tag, so a UUID is written in 22 (base64 without padding), and a thing goes by
the name of its block. ``place`` is the place of the thing in its list (base 36): groups may
print in another order than the list has.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass

LONGEST = 64
_OURS, _FIXED = "remit", "fixed"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Tag:
    """A tag read again. ``place`` is -1 where none is written."""

    name: str
    column: str = ""
    id: str = ""
    place: int = -1


def fixed(words: str) -> str:
    """Return the tag of our own words."""
    return f"{_OURS}:{_FIXED}:{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def is_fixed(tag: str) -> bool:
    """Tell whether the control holds words of ours."""
    return tag.startswith(f"{_OURS}:{_FIXED}:")


def of_row(block: str, column: str, row_id: str, place: int) -> str:
    """Return the tag of one column of a thing in a list."""
    return _checked(f"{_OURS}:{block}:{column}:{short_id(row_id)}.{_base36(place)}")


def of_group(block: str, column: str, value: str) -> str:
    """Return the tag of a heading that gives the things below it ``value`` (a stored word, never a long text)."""
    return _checked(f"{_OURS}:{block}:{column}:={value}")


def of_single(name: str, about: str = "") -> str:
    """Return the tag of a value that stands once; ``about`` is what it refers to, if it does."""
    return _checked(f"{_OURS}:{name}::{about}")


def read(tag: str) -> Tag | None:
    """Return what ``tag`` names; None for a control that is not ours."""
    pieces = tag.split(":", 3)
    if len(pieces) != 4 or pieces[0] != _OURS:
        return None
    _ours, name, column, rest = pieces
    if not column:
        return Tag(name, id=rest)
    if rest.startswith("="):
        return Tag(name, column, rest)
    head, dot, place = rest.rpartition(".")
    if not dot or not place or any(digit not in _DIGITS for digit in place):
        return None
    return Tag(name, column, long_id(head), int(place, 36))


def short_id(row_id: str) -> str:
    """Return an id as a tag holds it."""
    try:
        number = uuid.UUID(row_id)
    except ValueError:
        number = None
    if number is not None and str(number) == row_id:
        return base64.urlsafe_b64encode(number.bytes).decode().rstrip("=")
    return f"~{row_id}" if len(row_id) <= 24 else f"~{hashlib.sha256(row_id.encode()).hexdigest()[:24]}"


def long_id(written: str) -> str:
    """Return the id that ``short_id`` wrote; what is none stands for itself."""
    if written.startswith("~"):
        return written[1:]
    try:
        return str(uuid.UUID(bytes=base64.urlsafe_b64decode(written + "==")))
    except ValueError:
        return written


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _checked(tag: str) -> str:
    if len(tag) > LONGEST:
        raise ValueError(f"Word would cut the tag {tag!r}")
    return tag
