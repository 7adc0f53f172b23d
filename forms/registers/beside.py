"""What stands beside the answers of a register and is kept by a room above: of the case that grew from a submission.

Shown in lists and files, typed, to whoever may see what it is of; a register is neither filtered nor sorted by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeAlias

from forms.fields import Cell
from forms.models import Submission
from forms.registers.columns import Type
from foundation.organisation.models import User

BATCH = 500


@dataclass(frozen=True)
class BesideColumn:
    """One column. ``key`` begins with a stroke below, as no column of answers does, and stands in saved views."""

    key: str
    type: Type
    width: int
    words: Callable[[str], str]
    asked: bool = True
    """Whether it is still kept; what was kept before has its column all the same."""

    def heading(self, language: str) -> str:
        """Return the words above the column."""
        return self.words(language)


@dataclass(frozen=True)
class BesideCell:
    """What stands in it: as a list shows it, and typed for sheets. ``hidden``: there is something the reader may not
    read, and ``text`` is its mask.
    """

    text: str
    value: Cell = None
    hidden: bool = False


Cells: TypeAlias = Mapping[int, Mapping[str, BesideCell]]
"""By the id of a submission, and the key of a column."""


class Source(Protocol):
    """A room that keeps something about submissions."""

    def columns(self, form_key: str) -> Sequence[BesideColumn]:
        """Return what it keeps about those of a form."""

    def cells(self, form_key: str, found: Sequence[Submission], reader: User, language: str) -> Cells:
        """Return what stands there for a reader. The number of queries does not grow with the submissions."""


_sources: dict[str, Source] = {}


def stand_beside(name: str, source: Source) -> None:
    """Let a room stand beside registers; the same name again replaces it."""
    _sources[name] = source


def columns_beside(form_key: str) -> list[BesideColumn]:
    """Return every column that stands beside the answers of a form."""
    return [column for source in _sources.values() for column in source.columns(form_key)]


def cells_beside(form_key: str, found: Sequence[Submission], reader: User, language: str) -> Cells:
    """Return what stands in those columns for a reader."""
    cells: dict[int, dict[str, BesideCell]] = {}
    for source in _sources.values():
        for pk, told in source.cells(form_key, found, reader, language).items():
            cells.setdefault(pk, {}).update(told)
    return cells


def with_beside(
    form_key: str, found: Iterable[Submission], reader: User, language: str
) -> Iterator[tuple[Submission, Mapping[str, BesideCell]]]:
    """Yield submissions with what stands beside each, for files: asked for so many at once."""
    rows = iter(found)
    while batch := list(islice(rows, BATCH)):
        cells = cells_beside(form_key, batch, reader, language)
        yield from ((one, cells.get(one.pk, {})) for one in batch)
