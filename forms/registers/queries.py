"""Questions about registers: which there are for somebody, and rows of one, for other forms to point at."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection

from django.db.models import QuerySet
from django.utils.translation import get_language

from forms.exceptions import NotFound
from forms.fields import Found, Reference
from forms.models import RegisterText, Submission
from forms.registers import rules
from forms.registers.columns import RegisterColumn, RegisterShape
from forms.registers.filters import word_condition
from forms.registers.labels import shape_of
from forms.registers.lines import folded
from forms.schema import FormDefinition, definition_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

MOST_WORDS = 8
SOURCE = "register:"


def registers_of(user: User, roles: Collection[str] | None = None) -> list[FormDefinition]:
    """Return the forms in force whose register the person reads, by key."""
    roles = roles_of(user) if roles is None else roles
    found = [definition_of(edition) for edition in all_in_force(Edition.Kind.FORM)]
    return [form for form in found if rules.may_read(form, roles)]


def register_for(user: User, form_key: str, roles: Collection[str] | None = None) -> RegisterShape:
    """Return a register to those who read it; raises NotFound for anybody else, and where there is none."""
    shape = shape_of(form_key)
    if not rules.may_read(shape.newest, roles_of(user) if roles is None else roles):
        raise NotFound
    return shape


def reads_register(user: User, form_key: str) -> bool:
    """Whether the person reads the register of a form."""
    try:
        register_for(user, form_key)
    except NotFound:
        return False
    return True


def find_rows(form_key: str, words: str, user: User, limit: int = 20) -> list[Found]:
    """Return rows of a register whose number or texts hold every word, newest first, for other forms to point
    at; without words the newest.

    The person finds what they may read: all where they read the register, else what they handed in themselves.
    A number in full names its row alone. Texts that are masked for them are not searched and not shown. Five
    queries. An unknown form has no rows.
    """
    seen = _seen(form_key, user)
    if seen is None:
        return []
    found, shape, roles = seen
    # A number in full is looked up, not searched for; in no order, or SQLite reads the whole form by its order.
    if numbered := list(found.filter(number__in={words.strip(), words.strip().upper()}).order_by()):
        return [_found(max(numbered, key=lambda row: row.pk), shape, roles)]
    for word in dict.fromkeys(folded(words).split()[:MOST_WORDS]):
        lines = RegisterText.objects.filter(word_condition(word, shape, roles).lines)
        found = found.filter(pk__in=lines.values("submission"))
    return [_found(row, shape, roles) for row in found[:limit]]


def load_rows(form_key: str, keys: Collection[str], user: User) -> dict[str, Found]:
    """Return rows of a register by their keys (uuids, as ``Found.reference.key`` has them), as far as the person
    may read them. Three queries, however many there are.
    """
    wanted = [uuid for key in keys if (uuid := _uuid(key)) is not None]
    seen = _seen(form_key, user) if wanted else None
    if seen is None:
        return {}
    found, shape, roles = seen
    return {str(row.uuid): _found(row, shape, roles) for row in found.filter(uuid__in=wanted)}


def _seen(form_key: str, user: User) -> tuple[QuerySet[Submission], RegisterShape, frozenset[str]] | None:
    """Return the submissions of a form that a person may read, with what the register shows them of each."""
    try:
        shape = shape_of(form_key)
    except NotFound:
        return None
    roles = roles_of(user)
    found = (
        Submission.objects.filter(form_key=form_key)
        .select_related("edition")
        .order_by("-submitted_at", "-id")
    )
    return (found if rules.may_read(shape.newest, roles) else found.filter(submitted_by=user)), shape, roles


def _found(row: Submission, shape: RegisterShape, roles: Collection[str]) -> Found:
    definition = definition_of(row.edition)
    readable = {column.field for column in shape.columns if column.open_to(roles)}
    summary = [_shown(column, definition, row) for column in _named(shape, definition.summary, readable)]
    detail = [
        _shown(column, definition, row)
        for column in _named(
            shape, [key.partition("@")[0].partition(".")[0] for key in shape.first], readable
        )
        if column.field not in definition.summary
    ]
    values = {name: value for name, value in row.answers.items() if name in readable}
    return Found(
        reference=Reference(f"{SOURCE}{row.form_key}", str(row.uuid)),
        label=" ".join([row.number, *filter(None, summary)]),
        detail=" · ".join(filter(None, detail)),
        values=values,
    )


def _named(shape: RegisterShape, names: Collection[str], readable: Collection[str]) -> list[RegisterColumn]:
    return [
        column
        for name in dict.fromkeys(names)
        for column in shape.columns
        if column.field == name and name in readable
    ]


def _shown(column: RegisterColumn, definition: FormDefinition, row: Submission) -> str:
    return column.text(definition, row.answers, get_language() or "")


def _uuid(text: str) -> uuids.UUID | None:
    try:
        return uuids.UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
