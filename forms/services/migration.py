"""Taking open drafts along to a newer edition of their form, as whoever published it decides.

Without this a draft finishes on the edition it was begun under. With it, what was typed goes to the field of
the same id, or to the one chosen for a field that is gone; a field of another kind keeps what was typed where
its new kind can read it, and otherwise shows the old words to be put right. Nothing is evaluated: a draft is
checked when it is handed in. Whoever migrates sees numbers, never what somebody typed.
"""

from __future__ import annotations

import uuid as uuids
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from forms.exceptions import FormError, NotFound
from forms.fields import FieldFault, FieldKind
from forms.logic import row_names
from forms.models import Draft
from forms.notices import DRAFT
from forms.rules import check_may_build
from forms.schema import FormDefinition, definition_of
from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.editions.texts import in_language
from foundation.notifying.services import Matter, Telling, tell
from foundation.organisation.models import User

Typed = Mapping[str, Sequence[str]]
Fate = Literal["kept", "renamed", "retyped", "dropped"]


class MappingRefused(FormError):
    """A mapping of fields that cannot be."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(field)s” cannot be taken over so: choose a field of the new edition, each only once.")
            % {"field": name}
        )


@dataclass(frozen=True)
class Taken:
    """What becomes of one field of the old edition. ``answered`` counts the drafts in which something was typed
    for it, ``unread`` those of them whose text the new field cannot read as it stands.
    """

    id: str
    label: str
    to: str
    fate: Fate
    answered: int
    unread: int


@dataclass(frozen=True)
class Plan:
    """What migrating would do: how many drafts, under which editions, and field by field."""

    drafts: int
    numbers: tuple[int, ...]
    fields: tuple[Taken, ...]
    added: tuple[str, ...]
    """Labels of the questions the drafts' authors have not seen."""


def plan(*, key: str, renamed: Mapping[str, str], language: str | None = None) -> Plan:
    """Return what would become of the open drafts of a form; raises NotFound, MappingRefused. Writes nothing."""
    edition = _edition(key)
    new = definition_of(edition)
    fields: dict[str, Taken] = {}
    count = 0
    numbers: set[int] = set()
    for draft in _behind(edition):
        old = definition_of(draft.edition)
        _check_mapping(old, new, renamed)
        count += 1
        numbers.add(draft.edition.number)
        _found, unread, answered = taken_over(old, new, draft.answers, renamed)
        for name, asked in old.by_id.items():
            before = fields.get(name)
            to = _target(new, name, renamed)
            fields[name] = Taken(
                id=name,
                label=in_language(asked.label, language),
                to=to,
                fate=_fate(old, new, name, to),
                answered=(before.answered if before else 0) + bool(answered[name]),
                unread=(before.unread if before else 0) + bool(unread[name]),
            )
    reached = {one.to for one in fields.values()}
    added = tuple(
        in_language(asked.label, language)
        for name, asked in new.by_id.items()
        if name not in reached and asked.of_kind.asks
    )
    return Plan(count, tuple(sorted(numbers)), tuple(fields.values()), added if count else ())


def migrate(*, key: str, renamed: Mapping[str, str], by: User) -> int:
    """Take every open draft of older editions to the edition in force and return how many there were.

    Who may: who may build forms. Records ``drafts_migrated`` with the mapping under ``working-form:<key>``; each
    author is told by mail. Raises NotFound, NotPermitted, MappingRefused.
    """
    check_may_build(by)
    edition = _edition(key)
    new = definition_of(edition)
    told: list[Draft] = []
    with transaction.atomic():
        found = list(_behind(edition).select_for_update(of=("self",)).select_related("person"))
        for draft in found:
            old = definition_of(draft.edition)
            _check_mapping(old, new, renamed)
            draft.answers = taken_over(old, new, draft.answers, renamed)[0]
            draft.edition = edition
            draft.page = min(draft.page, len(new.pages) - 1)
            draft.save(update_fields=["answers", "edition", "page"])
            told.append(draft)
        if not told:
            return 0
        stream = f"working-form:{key}"
        append(
            stream=stream,
            version=next_version(stream),
            kind="drafts_migrated",
            actor=Actor.of(by),
            changes=[
                FieldChange(f"renamed.{old}", old, to, stream) for old, to in sorted(renamed.items()) if to
            ],
            edition_sha256=edition.sha256,
            references={"form": key, "edition": str(edition.number), "drafts": str(len(told))},
        )
        for draft in told:
            _tell(draft, new)
    return len(told)


def taken_over(
    old: FormDefinition, new: FormDefinition, typed: Typed, renamed: Mapping[str, str]
) -> tuple[dict[str, list[str]], Counter[str], Counter[str]]:
    """Return what was typed under the new edition's paths; and by field of the old one how often the new field
    cannot read it, and how often anything was typed.
    """
    found: dict[str, list[str]] = {}
    unread: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for path, texts in typed.items():
        member = old.at(path)
        if member is None:
            continue
        name = path.rpartition("/")[2]
        there = _path(path, new, renamed)
        target = new.at(there) if there else None
        if member.group is not None:
            if target is not None and target.group is not None:
                found[there] = row_names(texts)
            continue
        if not any(text.strip() for text in texts):
            continue
        answered[name] += 1
        if target is None or target.field is None or member.field is None:
            continue
        asked, before = target.field, member.field
        if asked.computed or not asked.of_kind.asks:
            continue
        if asked.kind == before.kind:
            found[there] = list(texts)
            continue
        readable, found[there] = _retyped(
            texts, before.of_kind, before.settings, asked.of_kind, asked.settings
        )
        unread[name] += not readable
    return found, unread, answered


def _retyped(
    texts: Sequence[str], old: FieldKind[Any], before: Any, new: FieldKind[Any], options: Any
) -> tuple[bool, list[str]]:
    """Return whether the new kind reads what was typed, or the words the old kind showed for it; and the texts
    it is to hold. What it cannot read stays as words, for the author to put right.
    """
    words = list(texts)
    try:
        stored = old.parse(texts, before)
    except FieldFault:
        stored = None
    tries = [words]
    if stored is not None:
        shown = {old.display(stored, before, language) for language, _name in settings.LANGUAGES}
        tries += [[one] for one in sorted(shown)]
    for one in tries:
        try:
            if (value := new.parse(one, options)) is not None:
                return True, new.typed(value, options)
        except FieldFault:
            continue
    return False, tries[1] if len(tries) > 1 else words


def _path(path: str, new: FormDefinition, renamed: Mapping[str, str]) -> str:
    """Return a path in the new edition: names of rows stay, ids may be others."""
    parts = path.split("/")
    for at in range(0, len(parts), 2):
        name = parts[at]
        if not (to := _target(new, name, renamed)) and name not in new.scopes:
            return ""
        parts[at] = to or name
    return "/".join(parts)


def _target(new: FormDefinition, name: str, renamed: Mapping[str, str]) -> str:
    if name in renamed:
        return renamed[name]
    return name if name in new.by_id else ""


def _fate(old: FormDefinition, new: FormDefinition, name: str, to: str) -> Fate:
    if not to or to not in new.by_id:
        return "dropped"
    if old.by_id[name].kind != new.by_id[to].kind:
        return "retyped"
    return "kept" if to == name else "renamed"


def _check_mapping(old: FormDefinition, new: FormDefinition, renamed: Mapping[str, str]) -> None:
    used = Counter(to for name in old.by_id if (to := _target(new, name, renamed)))
    for name, to in renamed.items():
        if to and (to not in new.by_id or used[to] > 1):
            raise MappingRefused(name)


def _edition(key: str) -> Edition:
    edition = in_force(Edition.Kind.FORM, key)
    if edition is None:
        raise NotFound
    return edition


def _behind(edition: Edition) -> Any:
    return (
        Draft.objects.filter(edition__kind=edition.kind, edition__key=edition.key)
        .exclude(edition=edition)
        .select_related("edition")
        .order_by("pk")
    )


def _tell(draft: Draft, new: FormDefinition) -> None:
    tell(
        Telling(
            kind="request.draft_migrated",
            key=f"draft-migrated:{draft.uuid}:{draft.edition.number}:{uuids.uuid4()}",
            people=[draft.person],
            matter=Matter(DRAFT, str(draft.uuid), f"/requests/drafts/{draft.uuid}/"),
            values={"form": new.title},
            robots=False,
        )
    )
