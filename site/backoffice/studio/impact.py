"""What a new edition of a form touches beyond itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from backoffice.studio.differences import DifferenceView
from forms.models import Draft, Submission
from forms.outline import FIELD, GROUP
from forms.references import names_in
from forms.schema import definition_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of
from foundation.editions.texts import in_language


@dataclass(frozen=True)
class Use:
    """A place that speaks of fields. ``fields`` are the changed or removed ones among them."""

    title: str
    place: str
    fields: tuple[str, ...]
    gone: bool
    """Whether one of them is removed."""


@dataclass(frozen=True)
class Impact:
    """What is touched."""

    drafts: tuple[tuple[int, int], ...]
    """Open drafts by edition."""
    submissions: int
    workflows: tuple[Use, ...]
    lookups: tuple[Use, ...]

    @property
    def draft_count(self) -> int:
        """All open drafts."""
        return sum(count for _number, count in self.drafts)


def impact_of(key: str, changes: Collection[DifferenceView]) -> Impact:
    """Return what the changes of a form touch: drafts, submissions, workflows, look-ups of other forms."""
    touched = {
        one.thing.id
        for one in changes
        if one.thing.sort in (FIELD, GROUP)
        and (one.kind == "removed" or one.properties)
        and one.kind != "added"
    }
    gone = {one.thing.id for one in changes if one.kind == "removed" and one.thing.sort in (FIELD, GROUP)}
    drafts = Draft.objects.filter(edition__key=key).values_list("edition__number").annotate(Count("pk"))
    return Impact(
        drafts=tuple(sorted(drafts.order_by("edition__number"))),
        submissions=Submission.objects.filter(form_key=key).count(),
        workflows=tuple(_workflows(key, touched, gone)),
        lookups=tuple(_lookups(key, touched, gone)),
    )


def _workflows(key: str, touched: Collection[str], gone: Collection[str]) -> Iterator[Use]:
    for edition in all_in_force(Edition.Kind.WORKFLOW):
        body = body_of(edition)
        if body.get("form") != key:
            continue
        title = in_language(body.get("title") or {})
        used_by_subject = tuple(name for name in body.get("subject", ()) if name in touched)
        if used_by_subject:
            yield Use(title, "subject", used_by_subject, bool(set(used_by_subject) & set(gone)))
        found = False
        for step in body.get("transitions", ()):
            names = sorted(_named(step, touched))
            if names:
                found = True
                place = in_language(step.get("title") or step.get("label") or {}) or str(step.get("id", ""))
                yield Use(title, place, tuple(names), bool(set(names) & set(gone)))
        if not found and not used_by_subject:
            yield Use(title, "", (), False)


def _named(value: Any, touched: Collection[str]) -> set[str]:
    """Return which of the names stand in the texts of a definition."""
    if isinstance(value, dict):
        return {name for inner in value.values() for name in _named(inner, touched)}
    if isinstance(value, list):
        return {name for inner in value for name in _named(inner, touched)}
    return set(names_in(value, touched)) if isinstance(value, str) else set()


def _lookups(key: str, touched: Collection[str], gone: Collection[str]) -> Iterator[Use]:
    """Yield the fields of other forms that look rows of this one up."""
    for edition in all_in_force(Edition.Kind.FORM):
        if edition.key == key:
            continue
        definition = definition_of(edition)
        for field in definition.fields():
            if _looks_up(field.options, key):
                names = sorted(_named(field.options, touched))
                yield Use(
                    in_language(definition.title),
                    in_language(field.label),
                    tuple(names),
                    bool(set(names) & set(gone)),
                )


def _looks_up(options: Any, key: str) -> bool:
    if isinstance(options, dict):
        return any(
            (name in ("register", "form", "source") and said in (key, f"register:{key}"))
            or _looks_up(said, key)
            for name, said in options.items()
        )
    return isinstance(options, list) and any(_looks_up(one, key) for one in options)
