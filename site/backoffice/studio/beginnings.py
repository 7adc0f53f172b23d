"""What a new thing says before anybody has said anything: what its model demands, to be written over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from backoffice.studio.shapes import Shape
from forms.fields import KINDS


def both(message: str, **values: Any) -> dict[str, str]:
    """Return a sentence of ours in every language."""
    found = {}
    for language in ("zh-hans", "en"):
        with override(language):
            found[language] = _(message) % values if values else _(message)
    return found


def first_options(kind: str) -> dict[str, Any]:
    """Return the options a field of a kind begins with: what its model demands, to be written over."""
    if kind not in KINDS:
        return {}
    shape = Shape.of(KINDS[kind].options_model)
    return _begun(shape, shape.root)


def _begun(shape: Shape, node: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in node.get("required", ()):
        asked, _optional, _refs = shape.resolved(node["properties"][key])
        if asked.get("format") == "localized":
            found[key] = both(gettext_noop("Text"))
        elif asked.get("type") == "array":
            item, _optional, _refs = shape.resolved(asked.get("items", {}))
            found[key] = [_numbered(shape, item, at) for at in range(1, max(2, asked.get("minItems", 0)) + 1)]
        elif asked.get("type") == "string":
            found[key] = asked["enum"][0] if asked.get("enum") else "text" if key == "kind" else ""
    return found


def _numbered(shape: Shape, item: Mapping[str, Any], number: int) -> Any:
    """Return one of the things a list begins with."""
    label = both(gettext_noop("Choice %(number)s"), number=number)
    if item.get("format") == "localized":
        return label
    if item.get("type") != "object":
        return f"c{number}"
    found = _begun(shape, item)
    for key in ("key", "id"):
        if key in item.get("properties", {}):
            found[key] = f"c{number}"
    return {**found, **({"label": label} if "label" in item.get("properties", {}) else {})}
