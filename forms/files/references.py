"""How answers name files: which fields take them, what they take, and which files a form's answers hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from forms.schema import FieldDefinition, FormDefinition, Scope

SOURCE = "file"
"""The source of a ``Reference`` to a file; its key is the file's uuid."""
GONE = _("One of the files is no longer there. Remove it and choose it again.")
INFECTED = _("A virus was found in one of the files. Remove it.")


@dataclass(frozen=True)
class Taken:
    """What a field takes. ``largest`` in bytes; ``edge``: longest edge of a picture in pixels, 0 as it is."""

    kinds: Sequence[str] = ()
    largest: int = 0
    most: int = 0
    purpose: Literal["file", "photo", "signature"] = "file"
    edge: int = 0


@runtime_checkable
class TakesFiles(Protocol):
    """What the options of a kind of field that holds files can say."""

    def taken(self) -> Taken:
        """Return what is taken."""


def taken_by(asked: FieldDefinition) -> Taken:
    """Return what a field takes; no kinds for a field that takes no files."""
    options = asked.settings
    return cast(TakesFiles, options).taken() if _takes_files(type(options)) else Taken()


@cache
def _takes_files(options: type) -> bool:
    """Whether options of this class say what is taken; asked once of each, for protocols are slow to compare."""
    return issubclass(options, TakesFiles)


def named_in(
    definition: FormDefinition, answers: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, FieldDefinition]]]:
    """Yield the key of each file in stored answers, with the path and definition of its field."""
    yield from _named(definition.form, answers, "")


def _named(
    scope: Scope, answers: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, tuple[str, FieldDefinition]]]:
    for name, member in scope.members.items():
        value = answers.get(name)
        if value is None:
            continue
        if member.group is not None:
            for row in value:
                yield from _named(scope.inner[name], row, f"{prefix}{name}/{row['_row']}/")
        elif taken_by(scope.fields[name]).kinds:
            asked = scope.fields[name]
            for reference in asked.of_kind.references(value, asked.settings):
                yield reference.key, (f"{prefix}{name}", asked)
