"""YAML files as plain values, and back from a place in the values to the line of the file."""

from __future__ import annotations

import datetime
import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from foundation.packs.exceptions import PackFileFault

WIDTH = 110
FILE_LIMIT = 2_000_000  # characters


class PackFile:
    """One file of a pack: ``data`` as plain values, and where in the file each of them stands."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises ``PackFileFault`` with the line for what is not YAML, not UTF-8, not a mapping, or far too
        long.
        """
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as fault:
            raise PackFileFault(path, 1, _("The file is not in UTF-8.")) from fault
        if len(text) > FILE_LIMIT:
            raise PackFileFault(path, 1, _("The file is far too long for a definition."))
        try:
            self._marked = _loaded(text)
        except MarkedYAMLError as fault:
            mark = fault.problem_mark or fault.context_mark
            raise PackFileFault(path, mark.line + 1 if mark else 1, str(fault.problem)) from fault
        except YAMLError as fault:
            raise PackFileFault(path, 1, str(fault)) from fault
        if not isinstance(self._marked, CommentedMap):
            raise PackFileFault(path, 1, _("The file must consist of keys and values."))
        self.data: dict[str, Any] = plain(self._marked)

    def line_of(self, at: Sequence[str | int]) -> int:
        """Return the line of the place that ``at`` leads to, or of the nearest place on the way to it.

        A step that is not in the file (a name that a schema puts between) is passed over.
        """
        here, line = self._marked, self._marked.lc.line
        for step in at:
            if isinstance(here, CommentedMap) and step in here:
                line = here.lc.value(step)[0] if _is_container(here[step]) else here.lc.key(step)[0]
                here = here[step]
            elif isinstance(here, CommentedSeq) and isinstance(step, int) and 0 <= step < len(here):
                line = here.lc.item(step)[0]
                here = here[step]
        return int(line) + 1


@functools.lru_cache(maxsize=256)
def _loaded(text: str) -> Any:
    """Return the values of ``text`` with their places, for reading alone.

    Remembered, for a pack is read file by file in more than one pass, and reading keeps the places by being slow.
    """
    return _yaml().load(text)


def plain(value: Any) -> Any:
    """Return what was read from YAML as dict, list, str, int, float, bool, None; days as ISO text."""
    if isinstance(value, dict):
        return {str(key) if isinstance(key, str) else key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def written(data: dict[str, Any]) -> str:
    """Return the YAML text of ``data``: Chinese as it is, texts of several lines as blocks."""
    stream = io.StringIO()
    _yaml().dump(_blocks(data), stream)
    return stream.getvalue()


def _blocks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blocks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blocks(item) for item in value]
    if isinstance(value, str) and "\n" in value and not any(line.endswith(" ") for line in value.split("\n")):
        return LiteralScalarString(value)
    return value


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.allow_unicode = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _is_container(value: Any) -> bool:
    return isinstance(value, CommentedMap | CommentedSeq)
