"""A zip of position descriptions: its members one by one; a broken one does not stop the others.

Nothing is written to disk, so the names in the archive are only names: a path in one leads nowhere.
"""

import io
import stat
import zipfile
from collections.abc import Iterator

from django.utils.translation import gettext as _

from backoffice.positions.importing.containers import (
    LARGEST,
    LARGEST_ARCHIVE,
    Budget,
    check_limits,
    directory,
    kind_of,
    read_entry,
)
from backoffice.positions.importing.exceptions import ImportRefused

_UTF8_NAME = 0x800
_CHAFF = ("__MACOSX/", ".", "~$")


def is_archive(data: bytes, filename: str) -> bool:
    """Tell whether ``data`` is a zip of files, by name and content. Raises ``ImportRefused``."""
    return filename.lower().endswith(".zip") and kind_of(data, filename) == "zip"


def members(data: bytes, filename: str, budget: Budget) -> Iterator[tuple[str, bytes | ImportRefused]]:
    """Yield name and content of each file in a zip, or why it is not read.

    Raises ``ImportRefused`` when the zip as a whole is too large, hostile, damaged or empty.
    """
    if len(data) > LARGEST_ARCHIVE:
        raise ImportRefused(
            _("“%(name)s” is larger than %(limit)s MB. Split it and import the parts.")
            % {"name": filename, "limit": LARGEST_ARCHIVE // 1024 // 1024}
        )
    entries = [entry for entry in directory(data, filename).values() if not entry.is_dir()]
    check_limits(entries, len(data), filename, budget)
    wanted = [(name, entry) for entry in entries if not _is_chaff(name := _name(entry))]
    if not wanted:
        raise ImportRefused(_("“%(name)s” is empty.") % {"name": filename})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name, entry in sorted(wanted, key=lambda one: one[0]):
            try:
                yield name, _content(archive, entry, name)
            except ImportRefused as refused:
                yield name, refused


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ImportRefused(_("“%(name)s” is a link, not a file.") % {"name": name})
    if name.lower().endswith(".zip"):
        raise ImportRefused(_("“%(name)s” is a zip inside a zip; unpack it first.") % {"name": name})
    if not name.lower().endswith((".txt", ".docx", ".docm", ".doc")):
        raise ImportRefused(_("“%(name)s” is neither Word (.docx) nor plain text (.txt).") % {"name": name})
    if entry.file_size > LARGEST:
        raise ImportRefused(
            _("“%(name)s” is larger than %(limit)s MB. Split it and import the parts.")
            % {"name": name, "limit": LARGEST // 1024 // 1024}
        )
    return read_entry(archive, entry, name)


def _is_chaff(name: str) -> bool:
    """Tell whether a member was put there by a program, not by a person."""
    return name.startswith(_CHAFF[0]) or name.rpartition("/")[2].startswith(_CHAFF)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the printed name: archives from Chinese Windows hold GBK without saying so."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
