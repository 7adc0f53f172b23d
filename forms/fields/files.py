"""What the kinds of field that hold files have in common.

A control posts the keys of its files, each as a text of its own; the files were uploaded before
(``forms.files.services``). Stored is a list of mappings with ``key``, ``name``, ``size``, ``type`` and ``sha256``, as
they were on that day.
"""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Found,
    Reference,
    Segment,
    Stored,
    Surroundings,
)
from forms.files.references import GONE, INFECTED, SOURCE, Taken
from foundation.expressions import Kind

KEPT = ("name", "size", "type", "sha256")
MEGABYTE = 1024 * 1024


class FilesOptions(FieldOptions):
    """Base of the options of a kind that holds files."""

    @abstractmethod
    def taken(self) -> Taken:
        """Return what is taken."""


OptionsT = TypeVar("OptionsT", bound=FilesOptions)


class FilesKind(FieldKind[OptionsT]):
    """A field that holds files."""

    expression = Kind.LIST_OF_TEXT
    computes: ClassVar[bool] = False

    def is_set(self, options: OptionsT) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: OptionsT) -> Stored | None:
        keys = dict.fromkeys(text for text in typed if text and "=" not in text)
        if any(not is_key(key) for key in keys):
            raise FieldFault(GONE)
        return [{"key": key} for key in keys] or None

    def check(self, value: Any, options: OptionsT, around: Surroundings) -> None:
        if not isinstance(value, list) or not value:
            raise FieldFault(self.missing)
        keys = [item.get("key") if isinstance(item, Mapping) else None for item in value]
        if any(not is_key(key) for key in keys) or len(set(map(str, keys))) != len(keys):
            raise FieldFault(GONE)
        taken = options.taken()
        if len(value) > taken.most:
            raise FieldFault(_too_many(taken.most))
        for reference in self.references(value, options):
            found = around.found.get(reference)
            if found is None or found.values.get("kind") not in taken.kinds:
                raise FieldFault(GONE)
            if found.values.get("scan") == "infected":
                raise FieldFault(INFECTED)

    def references(self, value: Any, options: OptionsT) -> Collection[Reference]:
        if not isinstance(value, list):
            return ()
        keys = [item.get("key") for item in value if isinstance(item, Mapping)]
        return [Reference(SOURCE, str(key)) for key in keys if is_key(key)]

    def settled(self, value: Any, options: OptionsT, around: Surroundings) -> Stored:
        return [self.kept(around.found[reference], options) for reference in self.references(value, options)]

    def kept(self, found: Found, options: OptionsT) -> dict[str, Any]:
        """Return one file as it is stored."""
        return {"key": found.reference.key, **{name: found.values[name] for name in KEPT}}

    def typed(self, value: Any, options: OptionsT) -> list[str]:
        return [str(item["key"]) for item in value]

    def display(self, value: Any, options: OptionsT, language: str) -> str:
        return "\n".join(str(item.get("name", "")) for item in value)

    def in_expression(self, value: Any) -> Any:
        return [str(item.get("name", "")) for item in value]

    def columns(self, options: OptionsT, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 40)]

    def cells(self, value: Any, options: OptionsT, language: str) -> Mapping[str, Cell]:
        return {"": "; ".join(str(item["name"]) for item in value)}

    def typed_from_cells(self, cells: Mapping[str, Cell], options: OptionsT, language: str) -> list[str]:
        return []  # the name of a file is not the file

    def difference(self, before: Any, after: Any, options: OptionsT, language: str) -> list[Segment]:
        """Two files of one name are two files: compared by content, told by name."""
        old = {str(item.get("sha256")): str(item["name"]) for item in before or ()}
        new = {str(item.get("sha256")): str(item["name"]) for item in after or ()}
        told = [("same" if digest in new else "removed", name) for digest, name in old.items()]
        told += [("added", name) for digest, name in new.items() if digest not in old]
        return [
            Segment(kind, f"\n{name}" if number else name)  # type: ignore[arg-type]  # one of the three above
            for number, (kind, name) in enumerate(told)
        ]

    def sample(self, seed: int, options: OptionsT, around: Surroundings) -> Stored | None:
        taken = options.taken()
        found = around.directory.search(SOURCE, "", limit=100)
        fitting = [each for each in found if each.values.get("kind") in taken.kinds]
        return [self.kept(fitting[seed % len(fitting)], options)] if fitting else None


def is_key(key: object) -> bool:
    """Whether this is a uuid, written as we write them."""
    try:
        return isinstance(key, str) and str(uuid.UUID(key)) == key
    except ValueError:
        return False


def _too_many(most: int) -> str:
    return ngettext(
        "At most %(count)d file can be given here. Remove the others.",
        "At most %(count)d files can be given here. Remove the others.",
        most,
    ) % {"count": most}


def words_in(language: str, text: Any) -> str:
    """Return a lazy text in a language."""
    with override(language):
        return str(text)


CHOOSE = _("Choose a file.")
