"""Breaking text into lines for drawings, which cannot do it themselves. Pure.

Widths are estimated by kind of character, a little too wide rather than too narrow: the reader's font is not
known. A Chinese character is as wide as it is high.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What XML 1.0 cannot hold.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PIECE = re.compile(r"[\x21-\u02ff]+|\s+|.", re.DOTALL)
_NARROW = frozenset("iljtfrI.,:;'|!()[]/ ")
# Never at the start of a line.
_CLOSING = frozenset("，。、；：？！）》」』】”’…·,.;:?!)]}")


def clean(text: str) -> str:
    """Return ``text`` as one line that XML can hold."""
    return " ".join(_UNWRITABLE.sub("", text).split())


def width_of(text: str) -> float:
    """Return the width in units of the type size."""
    return sum(map(_width, text))


@lru_cache(maxsize=8192)
def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WFA":
        return 1.0
    if letter in _NARROW:
        return 0.36
    if letter.isupper() or letter in "mwMW@%&":
        return 0.76
    return 0.6


def lines_of(text: str, width: float, most: int) -> list[str]:
    """Return ``text`` in at most ``most`` lines no wider than ``width``; what has no room ends in ``…``.

    Words of Latin letters stay whole where they fit a line; Chinese breaks anywhere but before closing marks.
    """
    cleaned = clean(text)
    if cleaned and width_of(cleaned) <= width:
        return [cleaned]
    lines = [""]
    for piece in _pieces(cleaned, width):
        if piece.isspace():
            piece = " " if lines[-1] else ""
        if not piece or width_of(lines[-1] + piece.rstrip()) <= width:
            lines[-1] += piece
        elif piece[0] in _CLOSING and len(lines[-1]) > 1:
            lines.append(lines[-1][-1] + piece)
            lines[-2] = lines[-2][:-1]
        else:
            lines.append(piece.lstrip())
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(last + "…") > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _pieces(text: str, width: float) -> list[str]:
    """Return what stays together; a word longer than a line is cut."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        pieces += [piece] if width_of(piece) <= width else list(piece)
    return pieces
