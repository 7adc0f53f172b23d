"""What the JSON Schema of a model says its properties are drawn as. No kind of field is known here by name."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from forms.fields.base import OPTIONS_OF

EXPRESSIONS = frozenset(
    {"visible_if", "required_if", "read_only_if", "computed", "holds", "guard", "when", "amount"}
)
LONG_FROM = 300
"""Characters from which a text is typed into several lines."""
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """A model, as JSON Schema tells of it."""

    root: Node

    @classmethod
    def of(cls, model: type[BaseModel]) -> Shape:
        """Return the shape of a model."""
        schema = model.model_json_schema()
        # A model that holds things of its own sort stands among its own definitions.
        own = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else {}
        return cls({**own, **schema})

    def resolved(self, node: Node) -> tuple[Node, bool, tuple[str, ...]]:
        """Return a node without references and alternatives, whether it may be empty, and the references
        followed.
        """
        optional, followed = False, ()
        while True:
            if "$ref" in node:
                name = str(node["$ref"]).rsplit("/", 1)[-1]
                followed = (*followed, name)
                rest = {key: value for key, value in node.items() if key != "$ref"}
                node = {**self.root["$defs"][name], **rest}
            elif (
                "anyOf" in node
                and len(some := [one for one in node["anyOf"] if one.get("type") != "null"]) == 1
            ):
                optional = optional or len(some) < len(node["anyOf"])
                rest = {key: value for key, value in node.items() if key != "anyOf"}
                node = {**some[0], **rest}
            elif "allOf" in node and len(node["allOf"]) == 1:
                node = {**node["allOf"][0], **{key: value for key, value in node.items() if key != "allOf"}}
            else:
                return node, optional, followed

    def widget_of(self, key: str, node: Node, followed: Sequence[str], picks: Container[str]) -> str:
        """Return what a node is drawn as."""
        kind = node.get("type")
        if key in EXPRESSIONS and kind == "string" and "enum" not in node:
            return "condition"
        if "enum" in node or (kind == "string" and key in picks):
            return "choice"
        if kind == "boolean":
            return "tick"
        if kind == "integer":
            return "number"
        if kind == "string":
            if key.endswith("_on") or str(node.get("description", "")).endswith("day, ISO."):
                return "day"
            return "lines" if node.get("maxLength", 0) >= LONG_FROM else "text"
        if kind == "object":
            if OPTIONS_OF in node:
                return "options"
            if node.get("properties"):
                return "yaml" if len(set(followed)) < len(followed) else "part"
            if node.get("format") == "localized":
                return "localized"
            return "pairs" if self.said_by(node).get("type") == "string" else "yaml"
        if kind == "array":
            if "prefixItems" in node:
                return "yaml"
            item, _optional, refs = self.resolved(node.get("items", {}))
            if item.get("type") == "string" and "enum" not in item:
                return "picks" if key in picks else "list"
            if "enum" in item:
                return "picks"
            if self.branch_of(item, refs):
                return "tree"
            return "rows" if item.get("type") == "object" else "yaml"
        return "yaml"

    def said_by(self, node: Node) -> Node:
        """Return what stands in a mapping under any name; nothing where that is not said."""
        inner = node.get("additionalProperties")
        if not isinstance(inner, dict):
            inner = next(iter(node.get("patternProperties", {}).values()), {})
        return self.resolved(inner)[0]

    def branch_of(self, item: Node, refs: Sequence[str]) -> str:
        """Return the property under which a thing with key and label holds more of its own sort; ``""`` for any
        other thing.
        """
        properties = item.get("properties", {})
        for key, node in properties.items():
            inner, _optional, followed = (
                self.resolved(node.get("items", {})) if "items" in node else ({}, False, ())
            )
            if inner and refs and refs[-1] in followed and set(properties) == {"key", "label", key}:
                return str(key)
        return ""
