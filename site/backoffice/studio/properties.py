"""The properties of a thing as controls, drawn from the schema of its model; and what was posted, read back.

Nothing here knows a kind of field by name: a new kind's options are drawn from its pydantic model. What cannot
be drawn (a tree, a mapping) is written as YAML. What was typed is never thrown away: a word where a number is
wanted is kept as the word, and the check of the definition says what is wrong with it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from backoffice.studio import words
from backoffice.studio.conditions import Condition, condition_of, posted_condition
from foundation.editions.texts import in_language
from foundation.expressions import Kind, Schema
from foundation.packs.reading import plain, written

Option = tuple[str, str]
EXPRESSIONS = frozenset({"visible_if", "required_if", "read_only_if", "computed", "holds"})
LONG_TEXTS = frozenset(
    {"help", "description", "confirmation", "message", "footer", "body", "text", "content", "note"}
)
LONG_FROM = 300
"""Characters from which a text is typed into several lines."""
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
MOST_ROWS = 1000


@dataclass(frozen=True)
class Around:
    """What the controls need to know beyond the schema."""

    picks: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    """By name of a property, what its list of names is chosen from."""
    names: Schema = field(default_factory=dict)
    """What expressions may read here."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What those names are called."""
    answers: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    """By such a name, the answers there are to choose from."""
    results: Mapping[str, Kind] = field(default_factory=dict)
    """By name of a property that is an expression, what it must give; yes/no without one."""
    published: Mapping[str, Any] = field(default_factory=dict)
    """What the thing says in the newest edition: keys of that never change."""
    errors: Sequence[tuple[str, str, str]] = ()
    """Path within the thing, message, severity."""


@dataclass(frozen=True)
class RowOf:
    """One of a list of things."""

    token: str
    title: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Input:
    """One control. ``widget`` names its template; which other values are set depends on it."""

    name: str
    key: str
    path: str
    label: str
    help: str
    widget: str
    value: Any = None
    needed: bool = False
    options: tuple[Option, ...] = ()
    inputs: tuple[Input, ...] = ()
    rows: tuple[RowOf, ...] = ()
    on: bool = True
    texts: tuple[tuple[str, str], ...] = ()
    long: bool = False
    fixed: bool = False
    paste: bool = False
    condition: Condition | None = None
    errors: tuple[tuple[str, str], ...] = ()
    """Message and severity."""

    @property
    def dom_id(self) -> str:
        """The id of the control."""
        return f"prop-{self.name.replace('.', '-')}"

    @property
    def template(self) -> str:
        """The template of the control."""
        return f"studio/inputs/{self.widget}.html"

    @property
    def is_set(self) -> bool:
        """Whether it is a set of controls under a legend."""
        return self.widget in {"localized", "part", "rows", "picks", "condition"}

    @property
    def wrong(self) -> bool:
        """Whether an error stands here or within."""
        return any(severity == "error" for _message, severity in self.errors) or any(
            inner.wrong for inner in (*self.inputs, *(one for row in self.rows for one in row.inputs))
        )


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

    def widget_of(self, key: str, node: Node, followed: Sequence[str], around: Around) -> str:
        """Return what a node is drawn as."""
        kind, known = node.get("type"), around.picks.get(key)
        if key in EXPRESSIONS and kind == "string":
            return "condition"
        if "enum" in node or (kind == "string" and known is not None):
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
            if node.get("properties"):
                return "yaml" if len(set(followed)) < len(followed) else "part"
            return "localized" if node.get("format") == "localized" else "yaml"
        if kind == "array":
            if "prefixItems" in node:
                return "yaml"
            item, _optional, _refs = self.resolved(node.get("items", {}))
            if item.get("type") == "string" and "enum" not in item:
                return "picks" if known is not None else "list"
            if "enum" in item:
                return "picks"
            return "rows" if item.get("type") == "object" else "yaml"
        return "yaml"


# --- drawing --------------------------------------------------------------------------------------------------


def inputs_of(
    shape: Shape,
    said: Mapping[str, Any],
    around: Around,
    *,
    only: Iterable[str] | None = None,
    name: str = "p",
    path: str = "",
    node: Node | None = None,
    above: tuple[str, ...] = (),
) -> list[Input]:
    """Return the controls of a mapping's properties, in the order of the model or of ``only``."""
    node = shape.root if node is None else node
    needed = node.get("required", ())
    properties = node.get("properties", {})
    found = []
    for key in properties if only is None else only:
        if key in properties and properties[key].get("const") is None:
            found.append(
                _input(
                    shape,
                    key,
                    properties[key],
                    said.get(key, properties[key].get("default")),
                    around,
                    f"{name}.{key}",
                    f"{path}.{key}".lstrip("."),
                    needed=key in needed,
                    above=above,
                )
            )
    return found


def _input(
    shape: Shape,
    key: str,
    node: Node,
    value: Any,
    around: Around,
    name: str,
    path: str,
    *,
    needed: bool,
    above: tuple[str, ...],
) -> Input:
    node, optional, followed = shape.resolved(node)
    stack = (*above, *followed)
    widget = shape.widget_of(key, node, stack, around)
    drawn = Input(
        name=name,
        key=key,
        path=path,
        label=words.label(key, str(node.get("title", key))),
        help=words.help_text(key, str(node.get("description", ""))),
        widget=widget,
        value=value,
        needed=needed and not optional,
        errors=tuple((message, severity) for at, message, severity in around.errors if at == path),
    )
    if widget not in {"part", "rows", "localized", "condition"}:
        inside = tuple(
            (message, severity)
            for at, message, severity in around.errors
            if at.startswith(f"{path}.") and at != path
        )
        drawn = replace(drawn, errors=(*drawn.errors, *inside))
    match widget:
        case "choice":
            return replace(drawn, options=_options(key, node, around, value, needed=drawn.needed))
        case "picks":
            item, _optional, _refs = shape.resolved(node.get("items", {}))
            chosen = [str(one) for one in value] if isinstance(value, list) else []
            known = _options(key, item, around, None, needed=True)
            strays = tuple((one, one) for one in chosen if one not in {option for option, _label in known})
            return replace(drawn, options=(*known, *strays), value=chosen)
        case "localized":
            texts = value if isinstance(value, dict) else {}
            inside = tuple(
                (message, severity) for at, message, severity in around.errors if at.startswith(f"{path}.")
            )
            return replace(
                drawn,
                texts=tuple((code, str(texts.get(code, ""))) for code in LANGUAGES),
                long=key in LONG_TEXTS,
                errors=(*drawn.errors, *inside),
            )
        case "part":
            within = value if isinstance(value, dict) else {}
            return replace(
                drawn,
                on=not optional or isinstance(value, dict),
                value=optional,
                inputs=tuple(inputs_of(shape, within, around, name=name, path=path, node=node, above=stack)),
            )
        case "rows":
            return _rows(shape, drawn, node, value, around, stack)
        case "list":
            return replace(
                drawn, value="\n".join(str(one) for one in value) if isinstance(value, list) else value
            )
        case "yaml":
            return replace(drawn, value=as_yaml(value))
        case "condition":
            result = around.results.get(key, Kind.YES_NO)
            found = condition_of(name, str(value or ""), around.names, around.labels, around.answers, result)
            return replace(drawn, condition=found)
        case _:
            return drawn


def _options(key: str, node: Node, around: Around, value: Any, *, needed: bool) -> tuple[Option, ...]:
    known = around.picks.get(key)
    options = (
        tuple(known)
        if known is not None
        else tuple((str(one), words.value(key, str(one))) for one in node.get("enum", ()))
    )
    if not needed and node.get("default") is None and all(option for option, _label in options):
        options = (("", "–"), *options)
    if isinstance(value, str) and value and value not in {option for option, _label in options}:
        options = (*options, (value, value))
    return options


def _rows(
    shape: Shape, drawn: Input, node: Node, value: Any, around: Around, above: tuple[str, ...]
) -> Input:
    item, _optional, followed = shape.resolved(node.get("items", {}))
    listed = value if isinstance(value, list) else []
    stack = (*above, *followed)
    if len(set(stack)) < len(stack) or not all(isinstance(one, dict) for one in listed):
        return replace(drawn, widget="yaml", value=as_yaml(value))
    fixed = _keys_at(around.published, drawn.path)
    rows = []
    for at, one in enumerate(listed):
        called = one.get("id") or one.get("key") or at
        name, path = f"{drawn.name}.{at}", f"{drawn.path}.{called}"
        if item.get("properties"):
            inner = inputs_of(shape, one, around, name=name, path=path, node=item, above=stack)
            inner = [
                replace(each, fixed=True)
                if each.key in ("id", "key") and one.get(each.key) in fixed
                else each
                for each in inner
            ]
        else:
            inner = [_input(shape, "text", item, one, around, f"{name}.text", path, needed=True, above=stack)]
        rows.append(RowOf(str(at), _title(one) or str(at + 1), tuple(inner)))
    properties = item.get("properties", {})
    return replace(
        drawn, rows=tuple(rows), value=listed, paste={"key", "label"} <= set(properties) or not properties
    )


def _title(one: Mapping[str, Any]) -> str:
    for key in ("label", "title", "text"):
        if isinstance(said := one.get(key), dict):
            return in_language({code: str(text) for code, text in said.items()})
    return str(one.get("key") or one.get("id") or in_language({k: str(v) for k, v in one.items()}))


def _keys_at(said: Mapping[str, Any], path: str) -> set[str]:
    """Return the ids and keys of the list at a path."""
    here: Any = said
    for part in path.split("."):
        if isinstance(here, list):
            here = next((one for one in here if part in (one.get("id"), one.get("key"))), None)
        else:
            here = here.get(part) if isinstance(here, dict) else None
    if not isinstance(here, list):
        return set()
    return {str(one.get("id") or one.get("key")) for one in here if isinstance(one, dict)}


def as_yaml(value: Any) -> str:
    """Return a value as people write it who know YAML."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict) and value:
        return written(value)
    if isinstance(value, list) and value:
        return written({"_": value}).removeprefix("_:\n")
    return "" if value in ({}, []) else json.dumps(value, ensure_ascii=False)


# --- reading --------------------------------------------------------------------------------------------------

_NOTHING = object()


@dataclass
class Reading:
    """Reads what was posted. ``pending`` are conditions that cannot be kept yet, by name."""

    shape: Shape
    posted: QueryDict
    around: Around
    pending: dict[str, Condition] = field(default_factory=dict)

    def mapping(
        self,
        existing: Mapping[str, Any],
        *,
        only: Iterable[str] | None = None,
        name: str = "p",
        node: Node | None = None,
        above: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Return the mapping that was posted; what the model does not know of stays as it was."""
        node = self.shape.root if node is None else node
        properties, needed = node.get("properties", {}), node.get("required", ())
        asked = [key for key in (properties if only is None else only) if key in properties]
        found = {key: copy.deepcopy(value) for key, value in existing.items() if key not in asked}
        for key in asked:
            if properties[key].get("const") is not None:
                if key in existing:
                    found[key] = existing[key]
                continue
            value = self._value(
                key, properties[key], existing.get(key), f"{name}.{key}", needed=key in needed, above=above
            )
            # A list that is empty unless said otherwise: its schema names no default.
            default = properties[key].get("default", _NOTHING if key in needed else [])
            stays = key in existing and existing[key] == value and type(existing[key]) is type(value)
            if value is _NOTHING or (value == default and type(value) is type(default) and not stays):
                continue
            found[key] = value
        # In the order in which it stood, then that of the model: YAML is read by people.
        order = [*existing, *properties]
        return {key: found[key] for key in sorted(found, key=order.index)}

    def _value(
        self, key: str, node: Node, existing: Any, name: str, *, needed: bool, above: tuple[str, ...]
    ) -> Any:
        node, optional, followed = self.shape.resolved(node)
        stack = (*above, *followed)
        widget = self.shape.widget_of(key, node, stack, self.around)
        text = self.posted.get(name, "").replace("\r\n", "\n")
        match widget:
            case "tick":
                return name in self.posted
            case "number":
                return _whole(text.strip()) if text.strip() else _NOTHING
            case "localized":
                texts = {code: said for code in LANGUAGES if (said := self._text(f"{name}.{code}"))}
                return texts if texts or (needed and not optional) else _NOTHING
            case "picks":
                chosen = list(dict.fromkeys(one for one in self.posted.getlist(name) if one))
                old = [one for one in existing if one in chosen] if isinstance(existing, list) else []
                return [*old, *(one for one in chosen if one not in old)]
            case "list":
                return [line.strip() for line in text.split("\n") if line.strip()]
            case "part":
                if optional and f"{name}.on" not in self.posted:
                    return _NOTHING
                within = existing if isinstance(existing, dict) else {}
                return self.mapping(within, name=name, node=node, above=stack)
            case "rows":
                return self._rows(node, existing, name, stack)
            case "yaml":
                return _from_yaml(text, existing)
            case "condition":
                condition = posted_condition(name, self.posted, self.around.names, str(existing or ""))
                if condition.pending is not None:
                    self.pending[name] = condition.pending
                return condition.text
            case "lines":
                return text.strip("\n")
            case _:
                return text.strip() if text.strip() or not optional else _NOTHING

    def _text(self, name: str) -> str:
        return self.posted.get(name, "").replace("\r\n", "\n").strip()

    def _rows(self, node: Node, existing: Any, name: str, above: tuple[str, ...]) -> Any:
        item, _optional, followed = self.shape.resolved(node.get("items", {}))
        stack = (*above, *followed)
        listed = existing if isinstance(existing, list) else []
        if len(set(stack)) < len(stack) or not all(isinstance(one, dict) for one in listed):
            return _from_yaml(self.posted.get(name, ""), existing)
        plain_text = not item.get("properties")
        found: list[dict[str, Any]] = []
        for token in self.posted.getlist(f"{name}.rows")[:MOST_ROWS]:
            old = (
                listed[int(token)] if token.isascii() and token.isdigit() and int(token) < len(listed) else {}
            )
            if plain_text:
                found.append(
                    {code: said for code in LANGUAGES if (said := self._text(f"{name}.{token}.text.{code}"))}
                )
            else:
                found.append(self.mapping(old, name=f"{name}.{token}", node=item, above=stack))
        found += _pasted(self._text(f"{name}.paste"), plain_text=plain_text)
        if not plain_text:
            _give_keys(found, item, _keys_at(self.around.published, name.removeprefix("p.")), listed)
        return found


def rows_done(posted: QueryDict, done: str) -> QueryDict:
    """Return what was posted with a button about rows carried out: ``add:<name>``, ``remove:<name>:<token>``,
    ``up:…`` or ``down:…``.
    """
    posted = posted.copy()
    what, _colon, rest = done.partition(":")
    name, _colon, token = rest.partition(":")
    tokens = posted.getlist(f"{name}.rows")
    if what == "add":
        tokens.append(f"new{len(tokens)}")
    elif token in tokens:
        at = tokens.index(token)
        tokens.pop(at)
        if what in ("up", "down"):
            tokens.insert(max(0, at + (1 if what == "down" else -1)), token)
    posted.setlist(f"{name}.rows", tokens)
    return posted


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _from_yaml(text: str, existing: Any) -> Any:
    text = text.replace("\r\n", "\n")
    if not text.strip():
        return _NOTHING
    if as_yaml(existing) == text:
        return existing
    try:
        return plain(YAML(typ="safe").load(text))
    except YAMLError:
        return text


def _pasted(text: str, *, plain_text: bool) -> list[dict[str, Any]]:
    """Return rows from lines ``中文``, ``中文 | English`` or ``key | 中文 | English``; tabs do as well."""
    found: list[dict[str, Any]] = []
    for line in text.split("\n"):
        parts = [part.strip() for part in line.replace("\t", "|").replace("｜", "|").split("|")]
        if not any(parts):
            continue
        key, chinese, english = ("", *parts, "", "")[:3] if len(parts) < 3 else parts[:3]
        label = {code: said for code, said in (("zh-hans", chinese), ("en", english)) if said}
        found.append(label if plain_text else {**({"key": key} if key else {}), "label": label})
    return found


def _give_keys(
    rows: list[dict[str, Any]], item: Node, fixed: set[str], existing: Sequence[Mapping[str, Any]]
) -> None:
    """Give a key to those that have none, and back to those whose key may not change."""
    name = "key" if "key" in item.get("properties", {}) else "id"
    if name not in item.get("properties", {}):
        return
    taken = {str(row.get(name)) for row in rows if row.get(name)} | fixed
    number = len(existing)
    for row in rows:
        if not row.get(name):
            number += 1
            while f"c{number}" in taken:
                number += 1
            row[name] = f"c{number}"
            taken.add(row[name])
