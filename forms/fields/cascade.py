"""A choice in several steps, each narrowing the next: the places of China (省市区) or a tree of the form's own.

Stores ``{"path": [keys from the top], "label": words}``; the words are those of the day the answer was given,
for the tree of places changes from year to year (``forms/static/remit/regions.json``; browsers read the same
file).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import Field, PrivateAttr, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    Words,
    clean_text,
    parts_of,
    plain_texts,
    text_of_cell,
)
from forms.fields.sampling import pick
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, SchemaEntry

_REGIONS = Path(__file__).resolve().parents[1] / "static/remit/regions.json"
_DEPTH = 4
_MOST_NODES = 2000
_BETWEEN = " / "
_REGION_STEPS: tuple[Words, ...] = (
    pgettext_lazy("of an address", "Province"),
    pgettext_lazy("of an address", "City"),
    pgettext_lazy("of an address", "District"),
)


class Node(FieldOptions):
    """One choice, and what it leads to."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Stored; never changes.")
    label: LocalizedText
    children: list[Node] = Field(default_factory=list, max_length=500)


class CascadeOptions(FieldOptions):
    """The tree, and how far one must go in it."""

    source: Literal["own", "regions"] = Field(
        default="own",
        description="own: the tree of the form; regions: provinces, cities and districts of China.",
    )
    tree: list[Node] = Field(
        default_factory=list, max_length=500, description="With source own: the first step."
    )
    steps: list[LocalizedText] = Field(
        default_factory=list, max_length=_DEPTH, description="What the steps are called; empty with regions."
    )
    depth: int = Field(default=_DEPTH, ge=1, le=_DEPTH, description="Steps at most: 2 for province and city.")
    partial: bool = Field(default=False, description="One may stop before the last step.")

    _below: dict[str, list[str]] = PrivateAttr()
    _labels: dict[str, LocalizedText] = PrivateAttr(default_factory=dict)
    _levels: int = PrivateAttr(default=1)

    @model_validator(mode="after")
    def _agree(self) -> CascadeOptions:
        if self.source == "regions":
            if self.tree or self.steps:
                raise unsound(
                    gettext("The regions have steps and choices of their own: take these away."), "source"
                )
            self._below, self._levels = _regions().below, min(3, self.depth)
            return self
        if not self.tree:
            raise unsound(gettext("Write what one can choose, or take the regions."), "tree")
        self._below = {}
        self._levels = min(self._take_in(self.tree, "", ("tree",)), self.depth)
        if len(self._labels) > _MOST_NODES:
            raise unsound(
                gettext("At most %(number)d choices are possible.") % {"number": _MOST_NODES}, "tree"
            )
        if self.steps and len(self.steps) < self._levels:
            raise unsound(gettext("Name every step, or none."), "steps")
        return self

    def _take_in(self, nodes: Sequence[Node], above: str, place: tuple[str | int, ...]) -> int:
        deepest = level = (len(place) + 1) // 2
        if level > _DEPTH:
            raise unsound(gettext("At most %(number)d steps are possible.") % {"number": _DEPTH}, *place)
        for at, node in enumerate(nodes):
            if node.key in self._labels:
                sentence = gettext("The key “%(key)s” stands here before.") % {"key": node.key}
                raise unsound(sentence, *place, at, "key")
            self._labels[node.key] = node.label
            self._below.setdefault(above, []).append(node.key)
            if node.children:
                deepest = max(deepest, self._take_in(node.children, node.key, (*place, at, "children")))
        return deepest

    @property
    def levels(self) -> int:
        """How many steps there are at most."""
        return self._levels

    def below(self, key: str) -> list[str]:
        """Return the keys one step further; under ``""`` the first ones."""
        return self._below.get(key, [])

    def label_of(self, key: str, language: str) -> str:
        """Return the label of a choice; the key itself where it is unknown."""
        if self.source == "regions":
            return _regions().names.get(key, key)
        return in_language(self._labels[key], language) if key in self._labels else key

    def step(self, level: int) -> str:
        """Return what a step is called in the language in use."""
        if self.source == "regions":
            return str(_REGION_STEPS[level])
        if self.steps:
            return in_language(self.steps[level])
        return str(_("Step %(number)d") % {"number": level + 1})

    def is_whole(self, path: Sequence[str]) -> bool:
        """Whether nothing is left to choose after these steps."""
        return len(path) >= self._levels or not self.below(path[-1])

    def words(self, path: Sequence[str], language: str) -> str:
        """Return the labels along a path."""
        return _BETWEEN.join(self.label_of(key, language) for key in path)

    @property
    def as_data(self) -> dict[str, Any]:
        """The tree for the browser: names by key, and the keys below each. Empty for the regions."""
        if self.source == "regions":
            return {}
        return {
            "names": {key: in_language(label) for key, label in self._labels.items()},
            "below": self._below,
        }


class CascadeField(FieldKind[CascadeOptions]):
    """A choice in several steps."""

    key = "cascade"
    name = _("Choice in steps (province, city, district)")
    missing = _("Choose step by step.")
    template = "cascade"
    expression = Kind.TEXT
    computes = False
    options_model = CascadeOptions

    def is_set(self, options: CascadeOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: CascadeOptions) -> Stored | None:
        parts = parts_of(typed)
        path: list[str] = []
        for level in range(options.levels):
            key = next((text for text in parts.get(f"s{level + 1}", ()) if text), "")
            # What was chosen under another beginning falls away.
            if not key or key not in options.below(path[-1] if path else ""):
                break
            path.append(key)
        if not path and (words := next(iter(plain_texts(typed)), "").strip()):
            return {"path": _path_of(words, options)}
        return {"path": path} if path else None

    def check(self, value: Any, options: CascadeOptions, around: Surroundings) -> None:
        path = value.get("path") if isinstance(value, dict) and set(value) <= {"path", "label"} else None
        label = value.get("label", "") if isinstance(value, dict) else None
        if (
            not isinstance(path, list)
            or not path
            or len(path) > options.levels
            or not isinstance(label, str)
            or len(label) > 400
            or label != clean_text(label, lines=False)
        ):
            raise FieldFault(self.missing)
        above = ""
        for key in path:
            if not isinstance(key, str) or key not in options.below(above):
                raise FieldFault(_("Choose again, beginning with the first step."))
            above = key
        if not options.partial and not options.is_whole(path):
            raise FieldFault(_("Choose the next step too: %(step)s.") % {"step": options.step(len(path))})

    def settled(self, value: Any, options: CascadeOptions, around: Surroundings) -> Stored:
        # The words of the tree as it stands, whatever was posted; the day's words are kept with the answer.
        return {"path": value["path"], "label": options.words(value["path"], "zh-hans")}

    def typed(self, value: Any, options: CascadeOptions) -> list[str]:
        return [f"s{level + 1}={key}" for level, key in enumerate(value["path"])]

    def display(self, value: Any, options: CascadeOptions, language: str) -> str:
        if options.source == "regions" and value.get("label"):
            return str(value["label"])
        return options.words(value["path"], language)

    def columns(self, options: CascadeOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 30)]

    def typed_from_cells(
        self, cells: Mapping[str, Cell], options: CascadeOptions, language: str
    ) -> list[str]:
        written = text_of_cell(cells.get("")).strip()
        return [written.replace("=", "")] if written else []

    def in_expression(self, value: Any) -> Any:
        return value["path"][-1]

    def names(self, options: CascadeOptions) -> Mapping[str, SchemaEntry]:
        return {"": Kind.TEXT, **{f"step_{level + 1}": Kind.TEXT for level in range(options.levels)}}

    def bindings(self, value: Any, options: CascadeOptions) -> Mapping[str, Any]:
        steps = {f"step_{level + 1}": key for level, key in enumerate(value["path"])}
        return {"": self.in_expression(value), **steps}

    def sample(self, seed: int, options: CascadeOptions, around: Surroundings) -> Stored:
        path: list[str] = []
        for level in range(options.levels):
            below = options.below(path[-1] if path else "")
            if not below:
                break
            path.append(pick(seed, below, str(level)))
        return {"path": path}


def _path_of(words: str, options: CascadeOptions) -> list[str]:
    """Return the path whose labels (in any language) or keys are written, parted by strokes; raises FieldFault."""
    path: list[str] = []
    for part in (part.strip() for part in words.split("/")):
        below = options.below(path[-1] if path else "")
        found = next((key for key in below if part == key or part in _names(key, options)), None)
        if found is None:
            raise FieldFault(_("“%(part)s” is none of the choices here.") % {"part": part[:60]})
        path.append(found)
    return path


def _names(key: str, options: CascadeOptions) -> set[str]:
    return {options.label_of(key, language) for language in ("zh-hans", "en")}


class _Regions:
    """The places of China: names by code, and the codes below each."""

    def __init__(self) -> None:
        self.names: dict[str, str] = json.loads(_REGIONS.read_text("utf-8"))
        self.below: dict[str, list[str]] = {}
        for code in self.names:
            self.below.setdefault(self._above(code), []).append(code)

    def _above(self, code: str) -> str:
        """Return the code of the place around another: its city, else its province."""
        if code.endswith("0000"):
            return ""
        city, province = f"{code[:4]}00", f"{code[:2]}0000"
        return city if city != code and city in self.names else province


@cache
def _regions() -> _Regions:
    return _Regions()


KIND = CascadeField()
