"""One sequence of bytes for one value: what is hashed in the audit chain, and (through ``editions``) in an
edition.

Rules: UTF-8 JSON without spaces, keys sorted as RFC 8785 sorts them, text in Unicode normal form C;
``None``, ``bool``, ``int``, ``str``, lists and mappings with text keys; no floating point, for two programs
may write one float differently.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: Any, *, exact: bool = False) -> bytes:
    """Return the bytes that stand for ``value``.

    ``exact`` leaves text as it is instead of bringing it to normal form C: for what must match a stored row
    to the byte. Raises ``TypeError`` for a value of another kind and ``ValueError`` for text that is no
    Unicode text or for two keys that become one; both name the path.
    """
    spell = _unchanged if exact else _composed
    tidy = _tidy(value, "$", spell)
    return _WRITER.encode(tidy).encode()


def _unchanged(text: str) -> str:
    return text


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _text(value: str, path: str, spell: Callable[[str], str]) -> str:
    text = spell(str(value))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{path}: not Unicode text (a lone surrogate)") from None
    return text


def _tidy(value: Any, path: str, spell: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path, spell)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, list | tuple):
        return [_tidy(item, f"{path}[{index}]", spell) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        named: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path}: a key must be text, not {type(key).__name__}")
            name = _text(key, path, spell)
            if name in named:
                raise ValueError(f"{path}: the key {name!r} appears twice")
            named[name] = _tidy(item, f"{path}.{name}", spell)
        return {name: named[name] for name in sorted(named, key=_code_units)}
    raise TypeError(f"{path}: {type(value).__name__} has no canonical form")


def _code_units(text: str) -> bytes:
    return text.encode("utf-16-be")
