"""Where in a thing a fault stands, in the words that stand above its controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backoffice.definitions.words import called
from backoffice.studio.shapes import Node, Shape


def told_place(
    shape: Shape, said: Mapping[str, Any], path: str, labels_of: Callable[[str, str, str], str]
) -> str:
    """Return what the properties on the way to ``path`` are called (``Ledger › Kinds of entry › Claimed › Title``); as
    far as the schema knows them, empty where it knows none.
    """
    node: Node = shape.root
    here: Any = said
    names: list[str] = []
    parts = path.split(".")
    outer, at = parts[0], 0
    while at < len(parts):
        key = parts[at]
        properties = node.get("properties", {})
        if key not in properties:
            break
        inner = shape.resolved(properties[key])[0]
        place = f"{outer}.{key}" if at else key
        names.append(labels_of(place, str(inner.get("title", key)), str(node.get("title", ""))))
        here = here.get(key) if isinstance(here, Mapping) else None
        node, at = inner, at + 1
        if inner.get("type") == "array" and at < len(parts):
            item = shape.resolved(inner.get("items", {}))[0]
            if not item.get("properties"):
                break
            number, here = _row(here, parts[at])
            names.append(_title(here) or number)
            node, at = item, at + 1
    return " › ".join(names)


def _title(row: Any) -> str:
    """Return what a row is called, else its id or key; empty where it has none."""
    return called(row) or str(row.get("id") or row.get("key") or "") if isinstance(row, Mapping) else ""


def _row(listed: Any, name: str) -> tuple[str, Any]:
    """Return what stands in a list under an id, a key or a number, and as which it stands there."""
    rows = listed if isinstance(listed, list) else []
    for number, one in enumerate(rows):
        if isinstance(one, Mapping) and name == str(one.get("id") or one.get("key") or number):
            return str(number + 1), one
    return name, None
