"""What refers to the fields of a form from outside of it: each room tells of its own, in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.fields.lookup import LookupOptions
from forms.models import SavedView
from forms.references import names_in
from forms.registers.filters import read_filter
from forms.schema import definition_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class FieldUse:
    """A place that refers to a form. ``fields`` are those among the ones asked for that it names; none: the form
    alone.
    """

    title: str
    place: str = ""
    fields: frozenset[str] = frozenset()


Finder = Callable[[str, Collection[str]], Iterable[FieldUse]]
"""Returns what refers to a form, given the form's key and the ids of the fields asked for."""
_finders: dict[str, tuple[str | StrPromise, Finder]] = {}


def tell_uses(name: str, title: str | StrPromise, finder: Finder) -> None:
    """Let a room tell what of its own refers to fields; the same name again replaces it."""
    _finders[name] = (title, finder)


def uses_of(form_key: str, fields: Collection[str]) -> Iterator[tuple[str, FieldUse]]:
    """Yield everything outside a form that refers to it, with what sort of thing it is."""
    for title, finder in _finders.values():
        for use in finder(form_key, fields):
            yield str(title), use


def names_said(value: Any, known: Collection[str]) -> set[str]:
    """Return which of the names stand in the texts of a definition, as a whole or within an expression."""
    if isinstance(value, dict):
        return {name for inner in value.values() for name in names_said(inner, known)}
    if isinstance(value, list | tuple):
        return {name for inner in value for name in names_said(inner, known)}
    return set(names_in(value, known)) if isinstance(value, str) else set()


def lookups(form_key: str, fields: Collection[str]) -> Iterator[FieldUse]:
    """Yield the fields of forms that look rows of this form's register up."""
    for edition in all_in_force(Edition.Kind.FORM):
        definition = definition_of(edition)
        for asked in definition.fields():
            if isinstance(asked.settings, LookupOptions) and asked.settings.form == form_key:
                named = {*asked.settings.shows, *asked.settings.fills.values()} & set(fields)
                yield FieldUse(in_language(definition.title), in_language(asked.label), frozenset(named))


def register_views(form_key: str, fields: Collection[str]) -> Iterator[FieldUse]:
    """Yield the saved views of the form's register that filter, sort or show by the fields: shared ones by name,
    those that people keep for themselves counted by their owner.
    """
    own: dict[str, list[frozenset[str]]] = {}
    for view in SavedView.objects.filter(place=form_key).select_related("owner").order_by("name", "pk"):
        named = frozenset(_fields_of(view.query) & set(fields))
        if named and view.role:
            yield FieldUse(view.name, _("shared with %(role)s") % {"role": view.role}, named)
        elif named:
            own.setdefault(str(view.owner), []).append(named)
    for owner, found in own.items():
        count = ngettext("%(count)d of their own", "%(count)d of their own", len(found)) % {
            "count": len(found)
        }
        yield FieldUse(owner, count, frozenset().union(*found))


def _fields_of(query: str) -> set[str]:
    """Return the ids of the fields whose columns a saved view names."""
    said = parse_qs(query)
    columns = [*said.get("c", ()), *(text.removeprefix("-") for text in said.get("sort", ()))]
    columns += [wanted.column for text in said.get("f", ()) if (wanted := read_filter(text)) is not None]
    return {column.partition("@")[0].partition(".")[0] for column in columns}
