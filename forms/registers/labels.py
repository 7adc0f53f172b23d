"""Who may read the words that stand for a row of a register, where an answer names one.

They were made of the row's answers on the day and are stored with the answer that names it; whoever may not read those
answers in the register may not read them in the words either. ``forms.limits`` refuses such definitions; this is for
what was stored under others, and for registers whose readers have become fewer since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from forms.exceptions import NotFound
from forms.fields.lookup import LookupOptions
from forms.registers.columns import RegisterColumn, RegisterShape, Shown, plain_shape_of, shown_by
from forms.schema import FieldDefinition

Limits = tuple[frozenset[str], ...]
"""Each names roles; somebody reads who has a role of every one."""


class Labels:
    """The registers that answers name, each looked up once."""

    def __init__(self) -> None:
        self._shapes: dict[str, RegisterShape | None] = {}

    def readers_of(self, field: FieldDefinition) -> Limits:
        """Return who reads an answer in full, beside its author. One query for each register that is new here, none
        where nothing is looked up.
        """
        own = (frozenset(field.readers),) if field.readers else ()
        return tuple(dict.fromkeys([*own, *self._limits(shown_by(field))]))

    def limited(self, columns: Iterable[RegisterColumn]) -> Iterator[RegisterColumn]:
        """Yield the columns of answers, those that name rows limited as the words of the rows are."""
        for column in columns:
            found = tuple(limit for limit in self._limits(column.shown) if limit not in column.readers)
            yield replace(column, readers=(*column.readers, *dict.fromkeys(found))) if found else column

    def _limits(
        self, shown: Collection[Shown], seen: frozenset[str] = frozenset()
    ) -> Iterator[frozenset[str]]:
        for form, names in sorted(shown):
            shape = self._shape(form) if form not in seen else None
            if shape is None:
                continue
            wanted = names or shape.summaries
            for column in shape.columns:
                if column.field not in wanted:
                    continue
                yield from column.readers
                if column.closed_since:
                    yield frozenset()
                yield from self._limits(column.shown, seen | {form})

    def _shape(self, form: str) -> RegisterShape | None:
        if form not in self._shapes:
            try:
                self._shapes[form] = plain_shape_of(form)
            except NotFound:
                self._shapes[form] = None
        return self._shapes[form]


def shape_of(form_key: str) -> RegisterShape:
    """Return the register of a form; raises NotFound where no edition of the form has begun.

    One query for the hashes of the editions, and one for those of each register its answers name; one more each for
    those not read before in this process.
    """
    shape = plain_shape_of(form_key)
    if not any(column.shown for column in shape.every):
        return shape
    labels = Labels()
    columns = tuple(labels.limited(shape.columns))
    return replace(
        shape,
        columns=columns,
        groups=tuple(replace(group, columns=tuple(labels.limited(group.columns))) for group in shape.groups),
        by_key={column.key: column for column in columns},
    )


def is_withheld(limits: Limits, roles: Collection[str]) -> bool:
    """Whether somebody with these roles may not read it."""
    held = set(roles)
    return any(held.isdisjoint(named) for named in limits)


def may_be_withheld(field: FieldDefinition) -> bool:
    """Whether there can be people who see the record but not the answer."""
    return bool(field.readers) or isinstance(field.settings, LookupOptions)
