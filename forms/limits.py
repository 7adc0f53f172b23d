"""Who may not read an answer, and why: what the field itself says, what it is computed from, what is shown of a row it
names. For checks of definitions; what a reader is shown is decided by ``forms.registers.labels``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from forms.fields.lookup import LookupOptions
from forms.schema import Confidentiality, FieldDefinition, FormDefinition
from foundation import expressions
from foundation.editions.texts import in_language

RANKS = list(Confidentiality)
"""From the least to the most confidential."""


@dataclass(frozen=True)
class Limit:
    """Why an answer is not for everybody: the field that says so, by its label, who reads it (none: whoever reads the
    rest), and how confidential it is.
    """

    label: str
    readers: frozenset[str]
    confidentiality: Confidentiality

    @property
    def recorded(self) -> bool:
        """Whether each reading of it is recorded."""
        return self.confidentiality is Confidentiality.CONFIDENTIAL


def limits_of(
    field: FieldDefinition,
    form: FormDefinition,
    registers: Callable[[str], FormDefinition | None] | None,
    seen: frozenset[str] = frozenset(),
) -> Iterator[Limit]:
    """Yield what limits who may read an answer of a form. ``registers`` gives the form of a register by its key."""
    if field.readers or field.confidentiality is Confidentiality.CONFIDENTIAL:
        yield Limit(in_language(field.label), frozenset(field.readers), field.confidentiality)
    for name in sorted(_computed_from(field, form) - seen):
        if (source := form.by_id.get(name)) is not None:
            yield from limits_of(source, form, registers, seen | {field.id, name})
    options = field.settings
    if isinstance(options, LookupOptions) and registers is not None and not seen:
        register = registers(options.form)
        if register is not None:
            yield from limits_of_label(options, register)


def limits_of_label(options: LookupOptions, register: FormDefinition) -> Iterator[Limit]:
    """Yield what limits who may read the words that stand for a row of a register."""
    for name in options.shows or register.summary:
        if (shown := register.by_id.get(name)) is not None:
            yield from limits_of(shown, register, None)


def faults_of_label(field: FieldDefinition, register: FormDefinition) -> Iterator[str]:
    """Yield a sentence for each thing that the words of a row tell to people who may not read it there.

    ``field`` looks rows of ``register`` up; the words are stored with its answer, so all who read the answer read them.
    """
    if not isinstance(field.settings, LookupOptions):
        return
    for limit in limits_of_label(field.settings, register):
        said = {
            "field": in_language(field.label),
            "shown": limit.label,
            "register": in_language(register.title),
        }
        if RANKS.index(limit.confidentiality) > RANKS.index(field.confidentiality):
            yield (
                _(
                    "“%(field)s” keeps “%(shown)s” of “%(register)s” in its answer, which is more confidential there. "
                    "Make “%(field)s” as confidential, or let it show something else."
                )
                % said
            )
        if not limit.readers:
            continue
        if not field.readers:
            yield (
                _(
                    "“%(field)s” shows “%(shown)s” of “%(register)s”, which only these read there: %(readers)s. Name "
                    "readers of “%(field)s” among them, or let it show something else."
                )
                % {**said, "readers": "、".join(sorted(limit.readers))}
            )
        elif others := sorted(set(field.readers) - limit.readers):
            yield (
                _(
                    "“%(field)s” shows “%(shown)s” of “%(register)s”, which %(others)s may not read there. Take them "
                    "out of the readers of “%(field)s”, or let it show something else."
                )
                % {**said, "others": "、".join(others)}
            )


def _computed_from(field: FieldDefinition, form: FormDefinition) -> frozenset[str]:
    if not field.computed:
        return frozenset()
    try:
        return expressions.reads(field.computed, form.names, field.of_kind.expression)
    except expressions.ExpressionFault:
        return frozenset()  # said where the form is checked
