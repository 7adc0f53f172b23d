"""Texts with fields: ``{case.number}`` stands for a value from a fixed list, and nothing else is understood.

There is no template language here: no condition, no attribute, no format. ``{{`` and ``}}`` are the braces themselves.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.editions.texts import in_language

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
DAY, MOMENT = "$day", "$moment"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a text, and where: line and column count from one."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return _("Line %(line)d, character %(column)d: %(message)s") % {
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }


def faults(text: str, known: Collection[str]) -> list[Fault]:
    """Return what is wrong with ``text``: names that are not ``known``, and braces that enclose nothing."""
    found = []
    for token in _TOKEN.finditer(text):
        if token[0] in {"{{", "}}"} or token[1] in known:
            continue
        if token[1] is None:
            message = _("A brace stands alone. Write {{ or }} for the brace itself.")
        else:
            message = _("There is no field “{%(name)s}” here. These are: %(known)s.") % {
                "name": token[1],
                "known": ", ".join(f"{{{name}}}" for name in sorted(known)),
            }
        line = text.count("\n", 0, token.start())
        found.append(Fault(line + 1, token.start() - (text.rfind("\n", 0, token.start()) + 1) + 1, message))
    return found


def fill(text: str, values: Mapping[str, Any], language: str) -> str:
    """Return ``text`` with its fields filled in. A name without a value leaves nothing behind."""

    def put(token: re.Match[str]) -> str:
        if token[0] in {"{{", "}}"}:
            return token[0][0]
        if token[1] is None:
            return token[0]
        return said(values.get(token[1], ""), language)

    return _TOKEN.sub(put, text)


def in_every_language(say: Callable[[], Any]) -> dict[str, str]:
    """Return what ``say()`` says in each language of the house."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found[code] = str(say())
    return found


def stored(value: Any) -> Any:
    """Return a value as it is kept until the text is written: days and moments marked, names in every language."""
    if isinstance(value, datetime.datetime):
        return {MOMENT: value.isoformat()}
    if isinstance(value, datetime.date):
        return {DAY: value.isoformat()}
    if isinstance(value, str | int | Mapping) and not isinstance(value, Promise):
        return dict(value) if isinstance(value, Mapping) else value
    texts = in_every_language(lambda: value)
    first = next(iter(texts.values()))
    return first if all(text == first for text in texts.values()) else texts


def said(value: Any, language: str) -> str:
    """Return a stored value in words of ``language``."""
    if not isinstance(value, Mapping):
        return str(value)
    if DAY in value and (day := parse_date(value[DAY])):
        with override(language):
            return date_format(day, "DATE_FORMAT")
    if MOMENT in value and (moment := parse_datetime(value[MOMENT])):
        with override(language):
            return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return in_language(value, language)
