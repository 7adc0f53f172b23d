"""From the bytes of a file to its text: UTF-8 and UTF-16 by their marks, else UTF-8, GB18030 or Big5."""

import re
import unicodedata

from django.utils.translation import gettext as _

from backoffice.positions.importing.exceptions import ImportRefused

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Frequent in every text of duties, in both ways of writing: the right reading of GB18030 or Big5 is full of
# them, the wrong one has next to none.
_COMMON = re.compile("[的工作负責责理客戶户管部公司員员和人经經服務务及有定期要位职職任]")
_STRANGE = {"Co", "Cn", "Cs"}


def decode(data: bytes, filename: str) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    A mark at the start (BOM) says how to read and is not part of the text. Raises ``ImportRefused``.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, filename), encoding
    if sixteen := _unmarked_utf16(data):
        return _strict(data, sixteen, filename), sixteen
    if b"\x00" in data or _has_controls(data):
        raise ImportRefused(
            _("“%(name)s” is not a text file. Save it as plain text (.txt) or Word (.docx).")
            % {"name": filename}
        )
    readings, furthest = [], 0
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as fault:
            furthest = max(furthest, fault.start)
            continue
        if encoding == "utf-8":  # text in another encoding is practically never valid UTF-8
            return text, encoding
        if not any(unicodedata.category(sign) in _STRANGE for sign in set(text)):
            readings.append((len(_COMMON.findall(text)), text, encoding))
    if not readings:
        raise _unreadable(filename, data[:furthest].decode("latin-1"))
    _count, text, encoding = max(readings, key=lambda reading: reading[0])
    return text, encoding


def _unreadable(filename: str, before: str) -> ImportRefused:
    """Return the refusal, with the line that ``before`` ends in."""
    return ImportRefused(
        _("The characters of “%(name)s” cannot be read (line %(line)s). Save it as UTF-8 and try again.")
        % {"name": filename, "line": 1 + before.count("\n")}
    )


def _strict(data: bytes, encoding: str, filename: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise _unreadable(filename, data[: fault.start].decode(encoding, "replace")) from None


def _unmarked_utf16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark, or "": line ends and digits leave zeros on one side."""
    if len(data) < 4 or len(data) % 2 or b"\x00" not in data:
        return ""
    low, high = data[0::2].count(0), data[1::2].count(0)
    if min(low, high) or max(low, high) * 200 < len(data):
        return ""
    encoding = "utf-16-le" if high else "utf-16-be"
    signs = set(data.decode(encoding, "replace")) - set("\t\n\r")
    return "" if any(unicodedata.category(sign) in {*_STRANGE, "Cc"} for sign in signs) else encoding


def _has_controls(data: bytes) -> bool:
    return len(data.translate(None, bytes(range(0x0E, 0x20)))) < len(data) - len(data) // 100
