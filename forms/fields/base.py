"""What every kind of field can do. A kind is one module beside this one and one line in the registry.

The way of an answer: texts as posted → ``parse`` → stored value → ``check`` → kept, shown by ``display``,
compared by ``difference``, handed to expressions by ``in_expression``. Stored values are JSON without
floating point.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from foundation.expressions import Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words: TypeAlias = "str | _StrPromise"
Stored = str | int | bool


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
    """What the answer is to an expression."""
    options_model: ClassVar[type[FieldOptions]]

    @abstractmethod
    def parse(self, typed: Sequence[str], options: OptionsT) -> Stored | None:
        """Return the stored value of what was typed, None where nothing was; raises FieldFault."""

    @abstractmethod
    def check(self, value: Any, options: OptionsT, day: datetime.date) -> None:
        """Raise FieldFault unless ``value``, which may come from anywhere, is a sound stored value on
        ``day``.
        """

    @abstractmethod
    def typed(self, value: Any, options: OptionsT) -> list[str]:
        """Return the texts that ``parse`` reads back as ``value``."""

    @abstractmethod
    def display(self, value: Any, options: OptionsT, language: str) -> str:
        """Return the stored value as people of that language write it."""

    @abstractmethod
    def sample(self, seed: int, options: OptionsT, day: datetime.date) -> Stored:
        """Return a sound stored value, always the same for one seed and day."""

    def is_set(self, options: OptionsT) -> bool:
        """Whether the widget is a set of controls (a fieldset and legend), not one with a label."""
        return False

    def in_expression(self, value: Any) -> Any:
        """Return the stored value as expressions see it."""
        return value

    def from_expression(self, result: Any) -> Stored | None:
        """Return what an expression computed as a stored value."""
        return result  # type: ignore[no-any-return]  # the door of expressions has checked it against ``expression``

    def difference(self, before: Any, after: Any, options: OptionsT, language: str) -> list[Segment]:
        """Return what changed between two stored values (None: no answer): old out, new in."""
        old = "" if before is None else self.display(before, options, language)
        new = "" if after is None else self.display(after, options, language)
        if old == new:
            return [Segment("same", old)] if old else []
        segments = [Segment("removed", old), Segment("added", new)]
        return [segment for segment in segments if segment.text]


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
