"""What an uploaded file is, by its content, and how it is opened without harm.

A Word file is a zip of XML, and zips are unpacked by nobody before their directory was looked at: how many
entries, how much they become, how tightly they are packed, which are locked. The limits are those of OWASP
ASVS V5.2 (uploads): 100:1, 100 MB, 2,000 entries.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from backoffice.positions.importing.exceptions import ImportRefused

LARGEST = 5 * 1024 * 1024
LARGEST_ARCHIVE = 20 * 1024 * 1024
MOST_ENTRIES = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
TIGHTEST = 100
_SMALL = 64 * 1024  # below this, an entry may be packed as tightly as it likes
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"MZ", "EXE"),
)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)

Kind = Literal["text", "word", "zip"]


@dataclass
class Budget:
    """What one upload may still unpack, over all files in it."""

    unpacked: int = MOST_UNPACKED
    entries: int = MOST_ENTRIES


def kind_of(data: bytes, filename: str) -> Kind:
    """Return what ``data`` is by its content.

    Raises ``ImportRefused`` for kinds we do not read, each with what the person can do about it, and for a
    content that is not what the name says.
    """
    suffix = filename.rpartition(".")[2].lower() if "." in filename else ""
    if data.startswith(_OLE):
        if _ENCRYPTED_OFFICE in data:
            raise ImportRefused(
                _("“%(name)s” is locked with a password. Remove the password in Word and choose it again.")
                % {"name": filename}
            )
        raise ImportRefused(
            _("“%(name)s” is an old Office file. Save it in Word as a .docx document and choose that.")
            % {"name": filename}
        )
    for mark, kind in _OTHERS:
        if data.startswith(mark):
            raise ImportRefused(
                _("“%(name)s” is a %(kind)s file. Choose Word (.docx), plain text (.txt) or a zip of them.")
                % {"name": filename, "kind": kind}
            )
    if not data.startswith((_ZIP, _EMPTY_ZIP)):
        if suffix in {"docx", "docm", "zip"}:
            raise ImportRefused(
                _("“%(name)s” is not what its name says: it is no .%(kind)s file, or it is damaged.")
                % {"name": filename, "kind": suffix}
            )
        return "text"
    names = set(directory(data, filename))
    if "[Content_Types].xml" not in names:
        kind: Kind = "zip"
    elif any(name.lower().endswith("vbaproject.bin") for name in names) or suffix == "docm":
        raise ImportRefused(
            _("“%(name)s” contains macros. Save it in Word as a .docx document without macros.")
            % {"name": filename}
        )
    elif "word/document.xml" not in names:
        raise ImportRefused(
            _("“%(name)s” is an Office file, but no Word document. Choose Word (.docx) or plain text (.txt).")
            % {"name": filename}
        )
    else:
        kind = "word"
    if suffix != {"zip": "zip", "word": "docx"}[kind]:
        raise ImportRefused(
            _("“%(name)s” is not what its name says: its content is a .%(kind)s file.")
            % {"name": filename, "kind": {"zip": "zip", "word": "docx"}[kind]}
        )
    return kind


def directory(data: bytes, filename: str) -> dict[str, zipfile.ZipInfo]:
    """Return the entries of a zip by name; nothing is unpacked. Raises ``ImportRefused``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {entry.filename: entry for entry in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError) as fault:
        raise _damaged(filename) from fault


def check_limits(entries: list[zipfile.ZipInfo], size: int, filename: str, budget: Budget) -> None:
    """Refuse a zip that would become too much, before anything is unpacked; charge it to ``budget``.

    The sizes of the directory are binding: reading an entry stops at its declared size, and a wrong one
    fails its checksum.
    """
    unpacked = sum(entry.file_size for entry in entries)
    budget.entries -= len(entries)
    budget.unpacked -= unpacked
    tight = [
        entry
        for entry in entries
        if entry.file_size > _SMALL and entry.file_size > TIGHTEST * max(entry.compress_size, 1)
    ]
    if budget.entries < 0 or budget.unpacked < 0 or tight or unpacked > max(TIGHTEST * size, _SMALL):
        raise ImportRefused(
            _("“%(name)s” unpacks to more than we accept. It is damaged or was made to do harm.")
            % {"name": filename}
        )


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, filename: str) -> bytes:
    """Return the content of one checked entry. Raises ``ImportRefused`` when locked or damaged."""
    if entry.flag_bits & 0x1:
        raise ImportRefused(
            _("“%(name)s” is locked with a password. Remove the password and choose it again.")
            % {"name": filename}
        )
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as fault:
        raise _damaged(filename) from fault


def unpack_word(data: bytes, filename: str, budget: Budget) -> dict[str, bytes]:
    """Return the parts of a Word file that are XML, by name, each proven free of declarations.

    A Word file never has a DTD, so anything that could name an entity (XXE, billion laughs) is refused
    unread. Raises ``ImportRefused``.
    """
    entries = list(directory(data, filename).values())
    check_limits(entries, len(data), filename, budget)
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in entries:
            if entry.filename.lower().endswith((".xml", ".rels")):
                content = read_entry(archive, entry, filename)
                _check_xml(content, filename)
                parts[entry.filename] = content
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise ImportRefused(
            _("“%(name)s” contains macros. Save it in Word as a .docx document without macros.")
            % {"name": filename}
        )
    return parts


def _check_xml(content: bytes, filename: str) -> None:
    """Refuse declarations. Office writes UTF-8 or UTF-16, so no other encoding can hide one."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeDecodeError as fault:
            raise _damaged(filename) from fault
    else:
        content = content.removeprefix(b"\xef\xbb\xbf")
        declared = _ENCODING.search(content[:200])
        if declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}:
            raise _damaged(filename)
    if not content.lstrip().startswith(b"<") or b"\x00" in content:
        raise _damaged(filename)
    if _DECLARES.search(content):
        raise ImportRefused(
            _("“%(name)s” contains declarations that a Word document never has. It was made to do harm.")
            % {"name": filename}
        )


def _damaged(filename: str) -> ImportRefused:
    return ImportRefused(
        _("“%(name)s” is damaged and cannot be opened. Open it in Word, save it again and choose that.")
        % {"name": filename}
    )
