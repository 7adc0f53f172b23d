"""The properties of a thing as controls, drawn from the schema of its model; and what was posted, read back.

Nothing here knows a kind of field by name: a new kind's options are drawn from its pydantic model. What cannot
be drawn is written as YAML. What was typed is never thrown away: a word where a number is
wanted is kept as the word, and the check of the definition says what is wrong with it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from backoffice.definitions import words
from backoffice.definitions.words import as_yaml
from backoffice.studio import trees
from backoffice.studio.beginnings import first_options
from backoffice.studio.conditions import Condition, condition_of, posted_condition
from backoffice.studio.shapes import Node, Shape
from forms.fields import KINDS
from forms.fields.base import OPTIONS_OF
from foundation.editions.texts import in_language
from foundation.expressions import Kind, Schema
from foundation.packs.reading import plain

Option = tuple[str, str]
LONG_TEXTS = frozenset(
    {
        *("help", "description", "confirmation", "message", "footer", "body", "text", "content", "note"),
        *("instruction", "guard_message", "confirm"),
    }
)
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
MOST_ROWS = 1000
MOST_IN_SIGHT = 8
"""Of so many lines to tick all are in sight at once."""
_HOLDING = frozenset({"part", "options", "rows", "pairs", "condition"})
"""What is drawn as controls of their own, which say themselves what is wrong with them."""


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
    hidden: frozenset[str] = frozenset()
    """Properties that are drawn elsewhere: things of their own."""
    ordered: frozenset[str] = frozenset()
    """Lists of names whose order counts, or in which a name stands more than once."""
    answered: frozenset[str] = frozenset()
    """Mappings from fields to several of their answers."""
    couples: Mapping[str, tuple[Sequence[Option], Sequence[Option]]] = field(default_factory=dict)
    """By name of a mapping, what its keys and its values are chosen from; nothing: they are typed."""
    labels_of: Callable[[str, str, str], str] = words.label
    helps_of: Callable[[str, str, str], str] = words.help_text
    values_of: Callable[[str, str], str] = words.value
    """What properties, their help and their values are called: by ``<first property>.<property>``, and what is said
    where nothing better is known."""


@dataclass(frozen=True)
class RowOf:
    """One of a list of things."""

    token: str
    title: str
    inputs: tuple[Input, ...]
    path: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    """Message and severity, of what is wrong with it as a whole."""

    @property
    def wrong(self) -> bool:
        """Whether an error stands here or within."""
        return any(severity == "error" for _message, severity in self.errors) or any(
            inner.wrong for inner in self.inputs
        )

    def shows(self, at: str) -> bool:
        """Whether what is wrong at a path is said here or within."""
        return at == self.path or any(inner.shows(at) for inner in self.inputs)


@dataclass(frozen=True)
class PairOf:
    """One pair of a mapping: what it is for and what it says, with what each may be chosen from."""

    token: str
    key: str
    value: str
    keys: tuple[Option, ...]
    values: tuple[Option, ...]
    errors: tuple[tuple[str, str], ...] = ()


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
    pairs: tuple[PairOf, ...] = ()
    pair_words: tuple[str, str, str] = ("", "", "")
    """Of pairs: what their key and their value are called, and which of them stands first."""
    open: bool = False
    """Of options: whether anything is said in them."""
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
    def described_by(self) -> str:
        """The ids of the help and of the faults that stand below the control."""
        return " ".join(
            [
                *([f"{self.dom_id}-help"] if self.help else []),
                *([f"{self.dom_id}-faults"] if self.errors else []),
            ]
        )

    @property
    def is_long(self) -> bool:
        """Whether it may fill the screen: what is wrong with it as a whole then stands above it."""
        return self.widget in {"part", "options", "rows", "sequence", "couples", "pairs"}

    @property
    def is_set(self) -> bool:
        """Whether it is a set of controls under a legend."""
        return self.widget in {
            "localized",
            "part",
            "options",
            "rows",
            "pairs",
            "picks",
            "condition",
            "sequence",
            "couples",
        }

    @property
    def chosen(self) -> str:
        """Of a long list to tick: what is ticked, since much of it is out of sight."""
        known = dict(self.options)
        long = self.widget == "picks" and len(self.options) > MOST_IN_SIGHT
        comma = pgettext("between items of a list", ", ")
        return comma.join(known.get(one, one) for one in self.value) if long else ""

    def shows(self, at: str) -> bool:
        """Whether what is wrong at a path is said here or within."""
        return (
            at == self.path
            or (self.widget not in _HOLDING and at.startswith(f"{self.path}."))
            or any(inner.shows(at) for inner in (*self.inputs, *self.rows))
            or any(at in (f"{self.path}.{pair.key}", f"{self.path}.{pair.key}.[key]") for pair in self.pairs)
        )

    @property
    def wrong(self) -> bool:
        """Whether an error stands here or within."""
        return (
            any(severity == "error" for _message, severity in self.errors)
            or (self.condition is not None and self.condition.mode == "text" and bool(self.condition.faults))
            or any(inner.wrong for inner in (*self.inputs, *self.rows))
            or any(severity == "error" for pair in self.pairs for _message, severity in pair.errors)
        )


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
        if key in properties and properties[key].get("const") is None and key not in around.hidden:
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
                    beside=said,
                    owner=str(node.get("title", "")),
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
    beside: Mapping[str, Any] | None = None,
    owner: str = "",
) -> Input:
    node, optional, followed = shape.resolved(node)
    stack = (*above, *followed)
    widget = _widget(shape, key, node, stack, around)
    drawn = Input(
        name=name,
        key=key,
        path=path,
        label=around.labels_of(_place(path, key), str(node.get("title", key)), owner),
        help=around.helps_of(_place(path, key), str(node.get("description", "")), owner),
        widget=widget,
        value=value,
        needed=needed and not optional,
        errors=_at(path, around),
    )
    if widget not in {"part", "options", "rows", "pairs", "localized", "condition", "tree"}:
        inside = tuple(
            (message, severity)
            for at, message, severity in around.errors
            if at.startswith(f"{path}.") and at != path
        )
        drawn = replace(drawn, errors=(*drawn.errors, *inside))
    match widget:
        case "choice":
            options = _options(key, node, around, value, needed=drawn.needed, place=_place(path, key))
            return replace(drawn, options=options)
        case "sequence":
            chosen = [str(one) for one in value] if isinstance(value, list) else []
            return replace(drawn, rows=_lined(drawn, chosen, around.picks.get(key, ())), value=chosen)
        case "couples":
            said = value if isinstance(value, dict) else {}
            rows = _coupled(drawn, said, around.couples[key], _several(key, around))
            return replace(drawn, rows=rows, value=said)
        case "picks":
            item, _optional, _refs = shape.resolved(node.get("items", {}))
            chosen = [str(one) for one in value] if isinstance(value, list) else []
            known = _options(key, item, around, None, needed=True, picked=True, place=_place(path, key))
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
        case "options":
            return _options_drawn(drawn, node, value, around, beside or {})
        case "rows":
            return _rows(shape, drawn, node, value, around, stack)
        case "pairs":
            return _pairs(drawn, shape.said_by(node), value, around)
        case "tree":
            return _tree(shape, drawn, node, value, around)
        case "list":
            return replace(
                drawn, value="\n".join(str(one) for one in value) if isinstance(value, list) else value
            )
        case "yaml":
            return replace(drawn, value=as_yaml(value))
        case "condition":
            result = around.results.get(key, Kind.YES_NO)
            found = condition_of(name, str(value or ""), around.names, around.labels, around.answers, result)
            said = tuple(fault.message for fault in found.faults) if found.mode == "text" else ()
            errors = tuple(one for one in drawn.errors if not (said and one[0].endswith(said)))
            return replace(drawn, condition=found, errors=errors)
        case _:
            return drawn


def _widget(shape: Shape, key: str, node: Node, followed: Sequence[str], around: Around) -> str:
    """Return what a node is drawn as: as its shape says, but for lists and mappings that are told to be otherwise."""
    if key in around.couples and node.get("type") == "object" and not node.get("properties"):
        return "couples"
    if key in around.ordered and node.get("type") == "array" and key in around.picks:
        return "sequence"
    return shape.widget_of(key, node, followed, around.picks)


def _place(path: str, key: str) -> str:
    """Return by what words know a property: its name, behind that of the outermost one it stands in."""
    outer = path.partition(".")[0]
    return f"{outer}.{key}" if outer != key or "." in path else key


def _lined(drawn: Input, chosen: Sequence[str], options: Sequence[Option]) -> tuple[RowOf, ...]:
    """Return a list of names as rows, each chosen by itself."""
    return tuple(
        RowOf(str(at), dict(options).get(one, one), (_cell(drawn, f"{at}.name", drawn.label, one, options),))
        for at, one in enumerate(chosen)
    )


def _several(key: str, around: Around) -> Mapping[str, Sequence[Option]]:
    """Return of a mapping to several answers what they are chosen from, by field; nothing of any other mapping."""
    return around.answers if key in around.answered else {}


def _coupled(
    drawn: Input,
    said: Mapping[str, Any],
    options: tuple[Sequence[Option], Sequence[Option]],
    several: Mapping[str, Sequence[Option]],
) -> tuple[RowOf, ...]:
    """Return a mapping as rows of two; where several values are chosen, those there are to choose from."""

    def gets(at: int, key: str, value: Any) -> Input:
        if key not in several:
            return _cell(drawn, f"{at}.value", _("Gets"), _as_text(value), options[1])
        chosen = [spelled(one) for one in value] if isinstance(value, list) else []
        cell = _cell(drawn, f"{at}.value", _("Answers"), "", several[key])
        known = dict(several[key])
        strays = tuple((one, one) for one in chosen if one not in known)
        return replace(cell, widget="picks", value=chosen, options=(*several[key], *strays))

    return tuple(
        RowOf(
            str(at),
            dict(options[0]).get(str(key), str(key)),
            (_cell(drawn, f"{at}.key", _("What"), str(key), options[0]), gets(at, str(key), value)),
        )
        for at, (key, value) in enumerate(said.items())
    )


def spelled(value: Any) -> str:
    """Return one stored answer as it stands in a control."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _cell(drawn: Input, name: str, label: str, value: str, options: Sequence[Option]) -> Input:
    strays = () if value in dict(options) else ((value, value or "–"),)
    return Input(
        name=f"{drawn.name}.{name}",
        key=drawn.key,
        path=f"{drawn.path}.{name}",
        label=label,
        help="",
        widget="choice" if options else "text",
        value=value,
        options=(*strays, *options) if options else (),
    )


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _options(
    key: str,
    node: Node,
    around: Around,
    value: Any,
    *,
    needed: bool,
    picked: bool = False,
    place: str = "",
) -> tuple[Option, ...]:
    known = around.picks.get(key)
    options = (
        tuple(known)
        if known is not None
        else tuple((str(one), around.values_of(place or key, str(one))) for one in node.get("enum", ()))
    )
    if not needed and node.get("default") is None and all(option for option, _label in options):
        options = (("", "–"), *options)
    if needed and not picked and place and value in (None, "") and all(option for option, _label in options):
        options = (("", "–"), *options)  # nothing is chosen yet: what is shown must be what is stored
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
        wrong = _at(path, around) if item.get("properties") else ()
        rows.append(RowOf(str(at), _title(one) or str(at + 1), tuple(inner), path, wrong))
    properties = item.get("properties", {})
    return replace(
        drawn, rows=tuple(rows), value=listed, paste={"key", "label"} <= set(properties) or not properties
    )


def _at(path: str, around: Around) -> tuple[tuple[str, str], ...]:
    """Return what is wrong at a path itself."""
    return tuple((message, severity) for at, message, severity in around.errors if at == path)


def _kind_beside(node: Node, beside: Mapping[str, Any]) -> str:
    """Return the kind whose options a property holds: said in the property its model names."""
    return str(beside.get(node[OPTIONS_OF]) or node.get("first_kind", ""))


def _options_drawn(drawn: Input, node: Node, value: Any, around: Around, beside: Mapping[str, Any]) -> Input:
    """Draw the options of a kind that is said beside them, from the kind's own model."""
    kind = _kind_beside(node, beside)
    if kind not in KINDS or not (value is None or isinstance(value, dict)):
        return replace(drawn, widget="yaml", value=as_yaml(value))
    inputs = inputs_of(
        Shape.of(KINDS[kind].options_model), value or {}, around, name=drawn.name, path=drawn.path
    )
    own = replace(drawn, inputs=tuple(inputs), value=kind)
    return replace(own, open=bool(own.wrong or any(one.needed for one in inputs)))


def _pairs(drawn: Input, inner: Node, value: Any, around: Around) -> Input:
    """Draw a mapping of texts: one row a pair. A key not chosen yet is the empty one."""
    said = value if isinstance(value, dict) else {}
    if value is not None and not (
        isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    ):
        return replace(drawn, widget="yaml", value=as_yaml(value))
    keys, values = (tuple(around.picks.get(f"{drawn.key}.{side}", ())) for side in ("keys", "values"))
    values = values or tuple((one, words.value(drawn.key, one)) for one in inner.get("enum", ()))
    return replace(
        drawn,
        value=said,
        pair_words=words.pair_words(drawn.key),
        pairs=tuple(
            PairOf(
                token=str(at),
                key=key,
                value=text,
                keys=_with_own(keys, key),
                values=_with_own(values, text),
                errors=tuple(
                    (message, severity)
                    for place, message, severity in around.errors
                    if place in (f"{drawn.path}.{key}", f"{drawn.path}.{key}.[key]")
                ),
            )
            for at, (key, text) in enumerate(said.items())
        ),
    )


def _with_own(options: tuple[Option, ...], own: str) -> tuple[Option, ...]:
    """Return the options, with what is said though it is none of them; none where there is nothing to choose."""
    return (*options, (own, own)) if options and own and own not in dict(options) else options


def _tree(shape: Shape, drawn: Input, node: Node, value: Any, around: Around) -> Input:
    """Draw a tree of choices as lines, further in with each step; faults by the line at which they stand."""
    item, _optional, refs = shape.resolved(node.get("items", {}))
    branch = shape.branch_of(item, refs)
    if isinstance(value, str):
        return replace(drawn, value=value)
    lines = trees.lines_of(value if isinstance(value, list) else [], branch)
    if lines is None:
        return replace(drawn, widget="yaml", value=as_yaml(value))
    inside = []
    for place, message, severity in around.errors:
        if place.startswith(f"{drawn.path}."):
            number = trees.line_at(lines, place.removeprefix(f"{drawn.path}."), branch)
            line = _("Line %(number)d: %(message)s") % {"number": number, "message": message}
            inside.append((line if number else message, severity))
    return replace(
        drawn,
        value="\n".join(line.text for line in lines),
        errors=(*drawn.errors, *dict.fromkeys(inside)),
    )


def _title(one: Mapping[str, Any]) -> str:
    for key in ("label", "title", "text"):
        if isinstance(said := one.get(key), dict):
            return in_language({code: str(text) for code, text in said.items()})
    return str(one.get("key") or one.get("id") or in_language({k: str(v) for k, v in one.items()}))


def _keys_at(said: Mapping[str, Any], path: str) -> set[str]:
    """Return the ids and keys of the list at a path."""
    return {str(one.get("id") or one.get("key")) for one in _list_at(said, path) if isinstance(one, dict)}


def _list_at(said: Mapping[str, Any], path: str) -> list[Any]:
    """Return the list at a path; empty where there is none."""
    here: Any = said
    for part in path.split("."):
        if isinstance(here, list):
            here = next((one for one in here if part in (one.get("id"), one.get("key"))), None)
        else:
            here = here.get(part) if isinstance(here, dict) else None
    return here if isinstance(here, list) else []


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
        path: str | None = None,
        node: Node | None = None,
        above: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Return the mapping that was posted; what the model does not know of stays as it was.

        ``name`` stands before the names of the controls, ``path`` says where in the thing the mapping is.
        """
        node = self.shape.root if node is None else node
        path = name.removeprefix("p").removeprefix(".") if path is None else path
        properties, needed = node.get("properties", {}), node.get("required", ())
        asked = [
            key
            for key in (properties if only is None else only)
            if key in properties and key not in self.around.hidden
        ]
        found = {key: copy.deepcopy(value) for key, value in existing.items() if key not in asked}
        for key in asked:
            if properties[key].get("const") is not None:
                if key in existing:
                    found[key] = existing[key]
                continue
            value = self._value(
                key,
                properties[key],
                existing.get(key),
                f"{name}.{key}",
                f"{path}.{key}".lstrip("."),
                needed=key in needed,
                above=above,
                beside=(existing, found),
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
        self,
        key: str,
        node: Node,
        existing: Any,
        name: str,
        path: str,
        *,
        needed: bool,
        above: tuple[str, ...],
        beside: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
    ) -> Any:
        node, optional, followed = self.shape.resolved(node)
        stack = (*above, *followed)
        widget = _widget(self.shape, key, node, stack, self.around)
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
            case "sequence":
                return self._sequence(self.around.picks.get(key, ()), name)
            case "couples":
                return self._couples(key, node, existing, name)
            case "list":
                return [line.strip() for line in text.split("\n") if line.strip()]
            case "part":
                if optional and f"{name}.on" not in self.posted:
                    return _NOTHING
                within = existing if isinstance(existing, dict) else {}
                return self.mapping(within, name=name, path=path, node=node, above=stack)
            case "options":
                return self._options(node, existing, name, path, *beside)
            case "rows":
                return self._rows(node, existing, name, path, stack)
            case "pairs":
                return self._pairs(name)
            case "tree":
                return self._tree(node, existing, name, path)
            case "choice" if name not in self.posted:  # not drawn: of a row that was just added
                return _NOTHING if existing is None else existing
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

    def _options(
        self,
        node: Node,
        existing: Any,
        name: str,
        path: str,
        before: Mapping[str, Any],
        found: Mapping[str, Any],
    ) -> Any:
        """Read the options of the kind that was drawn; another kind begins with options of its own."""
        old, kind = _kind_beside(node, before), _kind_beside(node, found)
        if kind != old or kind not in KINDS:
            return first_options(kind) or _NOTHING
        if f"{name}.drawn" not in self.posted:
            return existing or _NOTHING
        inner = Reading(Shape.of(KINDS[kind].options_model), self.posted, self.around, self.pending)
        return inner.mapping(existing if isinstance(existing, dict) else {}, name=name, path=path) or _NOTHING

    def _pairs(self, name: str) -> Any:
        """Read a mapping; of two pairs for the same the second waits to be told what it is for."""
        found: dict[str, str] = {}
        for token in self.posted.getlist(f"{name}.rows")[:MOST_ROWS]:
            key, text = self._text(f"{name}.{token}.key"), self._text(f"{name}.{token}.value")
            if key in found:
                key = ""
            found.setdefault(key, text)
        return found or _NOTHING

    def _tree(self, node: Node, existing: Any, name: str, path: str) -> Any:
        item, _optional, refs = self.shape.resolved(node.get("items", {}))
        branch = self.shape.branch_of(item, refs)
        text = self.posted.get(name, "").replace("\r\n", "\n")
        listed = existing if isinstance(existing, list) else []
        lines = trees.lines_of(listed, branch)
        if lines is None:
            return _from_yaml(text, existing)
        published = _list_at(self.around.published, path)
        return trees.read(text, listed, branch, fixed=trees.keys_of(published, branch))

    def _sequence(self, options: Sequence[Option], name: str) -> list[str]:
        found: list[str] = []
        for token in self.posted.getlist(f"{name}.rows")[:MOST_ROWS]:
            at = f"{name}.{token}.name"
            said = self._text(at) if at in self.posted else _first(options, found)
            if said:
                found.append(said)
        return found

    def _couples(self, key: str, node: Node, existing: Any, name: str) -> dict[str, Any]:
        of = self.shape.said_by(node)
        kept = {one: (_as_text(value), value) for one, value in (existing or {}).items()}
        names, values = self.around.couples[key]
        several = _several(key, self.around)
        found: dict[str, Any] = {}
        for token in self.posted.getlist(f"{name}.rows")[:MOST_ROWS]:
            if f"{name}.{token}.key" in self.posted:
                one, said = self._text(f"{name}.{token}.key"), self._text(f"{name}.{token}.value")
            else:  # a row that was added just now
                one, said = _first(names, list(found)) or f"name_{len(found) + 1}", _first(values, [])
            if not one:
                continue
            if one in several:
                was = kept[one][1] if one in kept and isinstance(kept[one][1], list) else []
                found[one] = _chosen(self.posted.getlist(f"{name}.{token}.value"), several[one], was)
            elif one in kept and kept[one][0] == said:
                found[one] = kept[one][1]
            elif of.get("type") == "array":
                found[one] = [part for part in re.split(r"[,，、\s]+", said) if part]
            else:
                found[one] = said if of.get("type") == "string" or "anyOf" in of else _stored(said)
        return found

    def _text(self, name: str) -> str:
        return self.posted.get(name, "").replace("\r\n", "\n").strip()

    def _rows(self, node: Node, existing: Any, name: str, path: str, above: tuple[str, ...]) -> Any:
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
            if not old and not any(said.startswith(f"{name}.{token}.") for said in self.posted):
                found.append({})  # just added: everything in it is as its model begins
                continue
            if plain_text:
                found.append(
                    {code: said for code in LANGUAGES if (said := self._text(f"{name}.{token}.text.{code}"))}
                )
            else:
                place = f"{path}.{old.get('id') or old.get('key') or token}"
                found.append(self.mapping(old, name=f"{name}.{token}", path=place, node=item, above=stack))
        found += _pasted(self._text(f"{name}.paste"), plain_text=plain_text)
        if not plain_text:
            _give_keys(found, item, _keys_at(self.around.published, path), listed)
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


def _chosen(posted: Sequence[str], options: Sequence[Option], existing: Sequence[Any]) -> list[Any]:
    """Return the answers that were ticked, in the order in which they stood; yes and no as what they are."""
    ticked = dict.fromkeys(one.strip() for one in posted if one.strip())
    old = [one for one in existing if spelled(one) in ticked]
    truth = {key for key, _label in options} == {"true", "false"}
    new = [one for one in ticked if one not in {spelled(each) for each in old}]
    return [*old, *((one == "true") if truth else one for one in new)]


def _first(options: Sequence[Option], taken: Sequence[str]) -> str:
    """Return what a new row begins with: the first name that is not taken yet."""
    names = [name for name, _label in options if name]
    return next((name for name in names if name not in taken), names[0] if names else "")


def _stored(text: str) -> Any:
    """Return a stored answer as people write it: a number, yes or no, else the text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?\d{1,15}", text, re.ASCII) else text


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
