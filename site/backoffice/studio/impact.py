"""What a new edition of a form touches: what is under way, what is kept, and everything that refers to its fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from backoffice.definitions.differences import plain
from backoffice.definitions.words import called, label
from forms.models import Draft, Submission
from forms.outline import FIELD, GROUP, ROOT, Body, Thing, Tree, same, tree_of
from forms.uses import names_said, uses_of

_NAMING = frozenset(
    {"summary", "visible_if", "required_if", "read_only_if", "computed", "holds", "fields", "group"}
)
"""Properties that name fields, beside the parts taken apart below."""


@dataclass(frozen=True)
class Use:
    """A place that refers to the form. ``fields`` are what the changed fields it names are called."""

    sort: str
    title: str
    place: str
    fields: tuple[str, ...]
    gone: bool
    """Whether one of them is removed."""
    retyped: bool
    """Whether one of them becomes another kind of field."""


@dataclass(frozen=True)
class Impact:
    """What is touched."""

    drafts: tuple[tuple[int, int], ...]
    """Open drafts by edition."""
    submissions: int
    uses: tuple[Use, ...]

    @property
    def draft_count(self) -> int:
        """All open drafts."""
        return sum(count for _number, count in self.drafts)


@dataclass(frozen=True)
class _Changed:
    """The fields and groups that a new edition says otherwise, by id."""

    labels: Mapping[str, str]
    gone: frozenset[str]
    retyped: frozenset[str]

    def use(self, sort: str, title: str, place: str, fields: Collection[str]) -> Use:
        return Use(
            sort=sort,
            title=title,
            place=place,
            fields=tuple(self.labels[name] for name in self.labels if name in fields),
            gone=not self.gone.isdisjoint(fields),
            retyped=not self.retyped.isdisjoint(fields),
        )


def impact_of(key: str, before: Body | None, after: Body) -> Impact:
    """Return what leads on from one definition of a form to another: drafts, submissions, what refers to the fields
    that were changed or removed. Places within the form are those of the new definition.
    """
    drafts = Draft.objects.filter(edition__key=key).values_list("edition__number").annotate(Count("pk"))
    old = tree_of(plain(before)) if before is not None else Tree({ROOT: {}}, {ROOT: {}}, {})
    new = tree_of(plain(after))
    changed = _changed(old, new)
    uses = [*_within(new, changed)]
    uses += [
        changed.use(sort, use.title, use.place, use.fields)
        for sort, use in uses_of(key, tuple(changed.labels))
    ]
    return Impact(
        drafts=tuple(sorted(drafts.order_by("edition__number"))),
        submissions=Submission.objects.filter(form_key=key).count(),
        uses=tuple(uses),
    )


def _changed(old: Tree, new: Tree) -> _Changed:
    there = [thing for thing in old.below(ROOT) if thing.sort in (FIELD, GROUP)]
    gone = [thing for thing in there if thing not in new.own]
    kept = [thing for thing in there if thing in new.own and not same(old.own[thing], new.own[thing])]
    return _Changed(
        labels={thing.id: called(old.own[thing]) or thing.id for thing in (*kept, *gone)},
        gone=frozenset(thing.id for thing in gone),
        retyped=frozenset(
            thing.id for thing in kept if old.own[thing].get("kind") != new.own[thing].get("kind")
        ),
    )


def _within(tree: Tree, changed: _Changed) -> Iterator[Use]:
    """Yield the places of the form itself that name changed fields: its register, its prints, conditions, rules."""
    for thing in (ROOT, *tree.below(ROOT)):
        for place, value in _said(tree, thing):
            named = names_said(value, changed.labels) - {thing.id}
            if named:
                title = _("Settings of the form") if thing == ROOT else called(tree.own[thing]) or thing.id
                yield changed.use(_("This form"), title, place, named)


def _said(tree: Tree, thing: Thing) -> Iterator[tuple[str, Any]]:
    """Yield what a thing says that may name fields, with what the property is called."""
    for key, value in tree.own[thing].items():
        if key == "registered" and isinstance(value, dict):
            for part in ("columns", "totals"):
                yield f"{label(key, key)} · {label(part, part)}", value.get(part)
        elif key == "prints" and isinstance(value, list):
            for layout in value:
                yield f"{label(key, key)} · {called(layout)}", layout.get("groups")
        elif key == "options" and isinstance(value, dict):
            yield label("fills", "fills"), list(value.get("fills") or ())
        elif key == "repeat" and isinstance(value, dict):
            for part in ("summary", "totals"):
                yield f"{label(key, key)} · {label(part, part)}", value.get(part)
        elif key in _NAMING:
            yield label(key, key), value
