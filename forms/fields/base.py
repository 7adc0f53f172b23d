"""What every kind of field can do. A kind is one module beside this one and one line in the registry.

The way of an answer: texts as posted → ``parse`` → stored value → ``check`` → ``settled`` → kept, shown by
``display``, compared by ``difference``, handed to expressions by ``in_expression``, written to sheets by
``cells``. Stored values are JSON without floating point.

A control of several parts posts each part under a name of its own, ``<name>~<part>``; they reach ``parse`` as
texts ``part=value`` in the order of the page (``parts_of`` takes them apart again).

An answer that names something outside the form (a person, a row of a register, a file) says so by
``references``; what was found there is in the surroundings of ``check`` and ``settled``, loaded for the whole
form at once.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from django.utils.safestring import SafeString
from pydantic import BaseModel, ConfigDict

from foundation.expressions import Kind, SchemaEntry

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words: TypeAlias = "str | _StrPromise"
Stored: TypeAlias = "str | int | bool | list[Any] | dict[str, Any]"
Cell: TypeAlias = "str | int | bool | Decimal | datetime.date | datetime.time | datetime.datetime | None"

NO_MARKUP = SafeString("")


OPTIONS_OF = "options_of"
"""In the JSON Schema of a property: it holds the options of the kind that the property named here says."""


class FieldFault(ValueError):
    """An answer that cannot be taken. ``sentence`` tells the person what to do; it is translated when
    shown.
    """

    def __init__(self, sentence: Words) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FieldOptions(BaseModel):
    """Base of the options of a kind: strict, closed, unchanging."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True)
class Reference:
    """Something outside the form that an answer names. ``source`` is ``person``, ``department``,
    ``position``, ``file`` or ``register:<key of a form>``; ``key`` names one thing there.
    """

    source: str
    key: str


@dataclass(frozen=True)
class Found:
    """What stands behind a reference. ``values`` are stored values of it by name, for other fields to take over."""

    reference: Reference
    label: str
    detail: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Directory(Protocol):
    """Where references are looked up: for one person, who finds what they may see and nothing else."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return what was found, in a number of queries that depends on the sources alone."""

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return what can be chosen from a source, best first."""


class NoDirectory:
    """A directory in which nothing stands: for definitions looked at by themselves."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return nothing."""
        return {}

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return nothing."""
        return ()


@dataclass(frozen=True)
class Surroundings:
    """What is known while an answer is looked at: the day, and what the references of the form lead to."""

    day: datetime.date
    found: Mapping[Reference, Found] = field(default_factory=dict)
    directory: Directory = field(default_factory=NoDirectory)
    """Used by ``sample`` alone: ``check`` sees what was loaded."""


@dataclass(frozen=True)
class Column:
    """One column a field takes in a sheet. ``key`` tells the columns of one field apart and never changes;
    the only column of a field has the key ``""``. ``heading`` stands after the field's label.
    """

    key: str
    heading: str
    sort: Literal["text", "whole", "decimal", "money", "date", "moment", "time", "yes_no"]
    width: int = 16
    """Characters."""


@dataclass(frozen=True)
class Segment:
    """A run of text in a comparison: in both, only before, or only after."""

    kind: Literal["same", "removed", "added"]
    text: str


OptionsT = TypeVar("OptionsT", bound=FieldOptions)


class FieldKind(ABC, Generic[OptionsT]):
    """One kind of question. Instances hold nothing; the options of a field are passed to each call."""

    key: ClassVar[str]
    """What definitions write."""
    name: ClassVar[Words]
    """What people who build forms read."""
    missing: ClassVar[Words]
    """What is said when it is asked for and not answered."""
    template: ClassVar[str]
    """Name of the widget's template, without folder and ending."""
    expression: ClassVar[Kind]
    """What the answer is to an expression; of a kind with several names, what it computes to."""
    options_model: ClassVar[type[FieldOptions]]

    @abstractmethod
    def parse(self, typed: Sequence[str], options: OptionsT) -> Stored | None:
        """Return the stored value of what was typed, None where nothing was; raises FieldFault."""

    @abstractmethod
    def check(self, value: Any, options: OptionsT, around: Surroundings) -> None:
        """Raise FieldFault unless ``value``, which may come from anywhere, is a sound stored value on
        ``around.day``, and every reference in it is in ``around.found``.
        """

    @abstractmethod
    def display(self, value: Any, options: OptionsT, language: str) -> str:
        """Return the stored value as people of that language write it."""

    @abstractmethod
    def sample(self, seed: int, options: OptionsT, around: Surroundings) -> Stored | None:
        """Return a sound stored value, always the same for one seed, day and directory; None where the
        directory has nothing to choose.
        """

    asks: ClassVar[bool] = True
    """Whether there is anything to answer: a text that is only shown asks nothing."""
    fuller_in_sheets: ClassVar[bool] = False
    """Whether a cell of a sheet holds more than ``display`` says, so that it can be taken in without loss."""
    computes: ClassVar[bool] = True
    """Whether an expression can give the answer: it cannot where the answer is more than one value."""

    def typed(self, value: Any, options: OptionsT) -> list[str]:
        """Return the texts that ``parse`` reads back as ``value``."""
        return [str(value)]

    def markup(self, value: Any, options: OptionsT, language: str) -> SafeString:
        """Return the stored value as safe markup for reading and print, where it has more shape than a text
        (a table, say); ``""`` where ``display`` says it all.
        """
        return NO_MARKUP

    def tally(self, value: Any, options: OptionsT, language: str) -> str:
        """Return what is told below the control of a stored value while one fills it in: totals, how many are
        missing. ``""`` for nothing.
        """
        return ""

    def references(self, value: Any, options: OptionsT) -> Collection[Reference]:
        """Return what a value, which may come from anywhere, names outside the form; never raises."""
        return ()

    def settled(self, value: Any, options: OptionsT, around: Surroundings) -> Stored:
        """Return a checked value as it is kept: with the words its references had on that day, say."""
        return value  # type: ignore[no-any-return]  # checked before

    def columns(self, options: OptionsT, language: str) -> Sequence[Column]:
        """Return the columns of the field in sheets and lists."""
        return [Column("", "", _SORTS.get(self.expression, "text"))]

    def cells(self, value: Any, options: OptionsT, language: str) -> Mapping[str, Cell]:
        """Return what stands in each column (by its key) for a stored value."""
        return {"": self.display(value, options, language)}

    def typed_from_cells(self, cells: Mapping[str, Cell], options: OptionsT, language: str) -> list[str]:
        """Return texts for ``parse`` from the cells of a sheet somebody filled in."""
        return [text] if (text := text_of_cell(cells.get(""))) else []

    def is_set(self, options: OptionsT) -> bool:
        """Whether the widget is a set of controls (a fieldset and legend), not one with a label."""
        return False

    def in_expression(self, value: Any) -> Any:
        """Return the stored value as expressions see it."""
        return value

    def names(self, options: OptionsT) -> Mapping[str, SchemaEntry]:
        """Return what expressions may read of the field, by part: ``""`` is the field's id itself, ``start``
        would be ``<id>.start`` (in the rows of a repeating group ``<id>_start``).
        """
        return {"": self.expression}

    def reads(self, options: OptionsT) -> Collection[str]:
        """Return the parts among ``names`` that are read of something looked up: they may be missing although
        the field is answered, and a rule that names one waits for it.
        """
        return ()

    def bindings(self, value: Any, options: OptionsT) -> Mapping[str, Any]:
        """Return what stands under those names for a stored value."""
        return {"": self.in_expression(value)}

    def from_expression(self, result: Any, options: OptionsT) -> Stored | None:
        """Return what an expression computed as a stored value."""
        return result  # type: ignore[no-any-return]  # the door of expressions has checked it against ``expression``

    def difference(self, before: Any, after: Any, options: OptionsT, language: str) -> list[Segment]:
        """Return what changed between two stored values (None: no answer): old out, new in."""
        old = "" if before is None else self.display(before, options, language)
        new = "" if after is None else self.display(after, options, language)
        # Two values may look alike (masked, or two people of one name) and are a change all the same.
        if before == after:
            return [Segment("same", old)] if old else []
        segments = [Segment("removed", old), Segment("added", new)]
        return [segment for segment in segments if segment.text]


class PlainTextKind(FieldKind[OptionsT]):
    """A kind that stores what people read: compared by character and word."""

    def display(self, value: Any, options: OptionsT, language: str) -> str:
        return str(value)

    def difference(self, before: Any, after: Any, options: OptionsT, language: str) -> list[Segment]:
        return text_difference(before or "", after or "")


_SORTS: dict[Kind, Literal["text", "whole", "decimal", "money", "date", "moment", "time", "yes_no"]] = {
    Kind.WHOLE: "whole",
    Kind.DECIMAL: "decimal",
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
    Kind.YES_NO: "yes_no",
}


def parts_of(typed: Sequence[str]) -> dict[str, list[str]]:
    """Return the texts of a control of several parts, by part; what names no part is passed over."""
    parts: dict[str, list[str]] = {}
    for text in typed:
        part, sign, value = text.partition("=")
        if sign:
            parts.setdefault(part, []).append(value)
    return parts


def gathered(posted: Iterable[tuple[str, Sequence[Any]]]) -> dict[str, list[str]]:
    """Return what was posted as texts by field, the parts of a control (``<name>~<part>``) behind what has the
    plain name.
    """
    found: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    for key, texts in posted:
        name, sign, part = key.partition("~")
        if sign:
            parts.setdefault(name, []).extend(f"{part}={text}" for text in texts)
        else:
            found[name] = [str(text) for text in texts]
    return {name: [*found.get(name, ()), *parts.get(name, ())] for name in (*found, *parts)}


def text_of_cell(cell: Cell) -> str:
    """Return what stands in a cell as somebody would type it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime.datetime):
        return cell.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"[ \t\r\n\u3000\u00a0]+")
_WORDS = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


def clean_text(text: str, *, lines: bool) -> str:
    """Return ``text`` composed (NFC), without control characters, direction overrides and outer blanks.

    Without ``lines`` every run of white space becomes one blank.
    """
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    if not lines:
        return _SPACES.sub(" ", text).strip(" ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n \t\u3000")


def plain_digits(text: str) -> str:
    """Return ``text`` with full-width digits, letters and signs as half-width ones, without outer blanks."""
    return unicodedata.normalize("NFKC", text).strip()


def plain_texts(typed: Sequence[str]) -> list[str]:
    """Return the texts that name no part."""
    return [text for text in typed if "=" not in text]


def first_text(typed: Sequence[str]) -> str:
    """Return the one text that a single control posts; nothing posted is the empty text."""
    return typed[0] if typed else ""


def text_difference(before: str, after: str) -> list[Segment]:
    """Return the comparison of two texts: by character in Chinese, by word in Latin script."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    segments: list[Segment] = []
    for tag, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            segments.append(Segment("same", "".join(old[i:j])))
            continue
        if i < j:
            segments.append(Segment("removed", "".join(old[i:j])))
        if k < n:
            segments.append(Segment("added", "".join(new[k:n])))
    return segments


def line_difference(before: Sequence[str], after: Sequence[str], *, changed: bool) -> list[Segment]:
    """Return the comparison of two lists of lines, line by line; ``changed`` lines that look alike are said to
    be removed and added.
    """
    if changed and list(before) == list(after):
        text = "\n".join(before)
        return [Segment("removed", text), Segment("added", text)] if text else []
    segments: list[Segment] = []
    for tag, i, j, k, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            segments.append(Segment("same", "\n".join(before[i:j])))
            continue
        if i < j:
            segments.append(Segment("removed", "\n".join(before[i:j])))
        if k < n:
            segments.append(Segment("added", "\n".join(after[k:n])))
    return [
        Segment(each.kind, f"\n{each.text}" if at else each.text)
        for at, each in enumerate(segment for segment in segments if segment.text)
    ]
