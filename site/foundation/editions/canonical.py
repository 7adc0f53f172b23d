"""One way to write a value as bytes, so that equal content has an equal hash.

After RFC 8785 (JSON Canonicalization Scheme): UTF-8, no white space, members sorted by UTF-16 code units, the
shortest escapes; on top of it all text is in Unicode form NFC, and there are no fractions: they have no one
written form that every reader agrees on. Money is written as whole minor units or as text.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of ``value``.

    Accepts text, whole numbers, yes/no, None, lists, and dicts with text keys.

    Raises:
        TypeError: anything else is in it; the message names the path, such as ``$.pages[0].width``.
    """
    return json.dumps(
        _normalised(value, "$"), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def digest(body: bytes) -> str:
    """Return the SHA-256 of exactly these bytes, as hexadecimal text."""
    return hashlib.sha256(body).hexdigest()


def _normalised(value: Any, path: str) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, list):
        return [_normalised(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict):
        return _members(value, path)
    raise TypeError(f"{path}: {type(value).__name__} has no canonical form")


def _text(value: str, path: str) -> str:
    text = unicodedata.normalize("NFC", str(value))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{path}: half of a surrogate pair has no canonical form") from None
    return text


def _members(value: dict[Any, Any], path: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{path}: a key is {type(key).__name__}, not text")
        name = _text(key, path)
        if name in members:
            raise TypeError(f"{path}.{name}: two keys are the same text in form NFC")
        members[name] = _normalised(item, f"{path}.{name}")
    return dict(sorted(members.items(), key=lambda member: member[0].encode("utf-16-be")))
