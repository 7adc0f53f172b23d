"""The one door for items of the library. Who may is for the caller to have asked (``access.table``: HR).

Each function is one transaction: lock and reload, check, write row, history row and event. The stream of an item
is ``library:<key>``; its versions are editions with a stream of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.positions.library import links, uses
from backoffice.positions.library.exceptions import KeyTaken, Overtaken, RuleBroken, WordingInvalid
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.wording import BY_NAME, columns_of, searched, wording_of
from backoffice.positions.parts import Column, Part
from foundation.audit.services import Actor, FieldChange, change_audited, create_audited
from foundation.editions.exceptions import NothingChanged
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.editions.services import publish as publish_edition
from foundation.organisation.models import User

KIND = Edition.Kind.LIBRARY
SCHEMA = 1
TRIES = 20


def stream_of(key: str) -> str:
    """Return the audit stream of the item ``key``."""
    return f"library:{key}"


def create(
    *,
    part: str,
    wording: Mapping[str, Any],
    by: User,
    key: str = "",
    subject: str = "",
    note: str = "",
    publish: str | None = None,
) -> LibraryItem:
    """Make an item and return it; without a key it gets the next number of its part (``duty-12``).

    ``publish``: publish version 1 at once, with this remark. Recorded: ``library_item_made``. Raises
    WordingInvalid (also for a key that is no key, under ``key``), KeyTaken.
    """
    kind = BY_NAME[part]
    said = checked(kind, wording)
    if key and not re.fullmatch(links.KEY, key):
        raise WordingInvalid({"key": _("Use small letters a–z, digits and hyphens, such as greet-customer.")})
    with transaction.atomic():
        item = _made(kind, key, said, subject, note, by)
        if publish is not None:
            item = _published(item, by, publish)
    return item


def _made(part: Part, key: str, said: dict[str, Any], subject: str, note: str, by: User) -> LibraryItem:
    for _turn in range(TRIES):
        item = LibraryItem(
            key=key or _next_key(part),
            part=part.name,
            wording=said,
            words=searched(part, said),
            subject=subject.strip(),
            note=note.strip(),
        )
        item.stream = stream_of(item.key)
        if LibraryItem.objects.filter(key=item.key).exists():
            raise KeyTaken(item.key)
        try:
            with transaction.atomic():
                create_audited(
                    item,
                    kind="library_item_made",
                    actor=Actor.of(by),
                    changes=_changes(item.stream, {}, _facts(item)),
                    references={"key": item.key, "part": part.name},
                )
        except IntegrityError:
            if key:
                raise KeyTaken(key) from None
            continue  # two made one at the same moment: take the next number
        return item
    raise KeyTaken(_next_key(part))


def change(
    item: LibraryItem,
    *,
    by: User,
    version: int,
    wording: Mapping[str, Any],
    subject: str = "",
    note: str = "",
) -> LibraryItem:
    """Save the working copy and return the item; ``version`` is that of the row the person saw.

    Nothing is published. Saving what is there already writes nothing. Recorded: ``library_item_changed`` with
    each value. Raises Overtaken, RuleBroken (retired), WordingInvalid.
    """
    said = checked(BY_NAME[item.part], wording)
    with transaction.atomic():
        item = _locked(item, version)
        _refuse_retired(item)
        before = _facts(item)
        item.wording, item.subject, item.note = said, subject.strip(), note.strip()
        item.words = searched(BY_NAME[item.part], said)
        item.changed = said != newest_wording(item)
        if changes := _changes(item.stream, before, _facts(item)):
            change_audited(item, kind="library_item_changed", actor=Actor.of(by), changes=changes)
    return item


def publish(item: LibraryItem, *, by: User, version: int | None = None, note: str = "") -> LibraryItem:
    """Publish the working copy as the next version and return the item.

    Descriptions that use it stay as they are; they are told that there is a newer version. Recorded:
    ``edition_published`` with each difference, and ``library_item_published``. Raises Overtaken, RuleBroken
    (retired, or nothing changed since the newest version).
    """
    with transaction.atomic():
        return _published(_locked(item, version), by, note)


def _published(item: LibraryItem, by: User, note: str) -> LibraryItem:
    _refuse_retired(item)
    try:
        edition = publish_edition(kind=KIND, key=item.key, body=_body(item), by=by, note=note.strip())
    except NothingChanged:
        raise RuleBroken(
            _("Nothing was published: version %(number)s says exactly the same.") % {"number": item.number}
        ) from None
    item.number, item.changed = edition.number, False
    change_audited(
        item,
        kind="library_item_published",
        actor=Actor.of(by),
        edition_sha256=edition.sha256,
        references={"edition": str(edition.number)},
    )
    uses.settle(item.key, edition.number)
    return item


def retire(item: LibraryItem, *, by: User, reason: str = "") -> LibraryItem:
    """Take the item off the shelf: nobody is offered it any more, and rows that use it stay as they are.

    Recorded: ``library_item_retired`` with the reason. Raises RuleBroken (retired already).
    """
    with transaction.atomic():
        item = _locked(item)
        _refuse_retired(item)
        item.retired_at = timezone.now()
        reason = reason.replace("\0", "").strip()
        changes = [FieldChange("retired", False, True, item.stream)]
        if reason:
            changes.append(FieldChange("reason", None, reason, item.stream))
        change_audited(item, kind="library_item_retired", actor=Actor.of(by), reason=reason, changes=changes)
    return item


def restore(item: LibraryItem, *, by: User) -> LibraryItem:
    """Put a retired item back. Recorded: ``library_item_restored``. Raises RuleBroken (it is not retired)."""
    with transaction.atomic():
        item = _locked(item)
        if not item.is_retired:
            raise RuleBroken(_("This item is not retired."))
        item.retired_at = None
        change_audited(
            item,
            kind="library_item_restored",
            actor=Actor.of(by),
            changes=[FieldChange("retired", True, False, item.stream)],
        )
    return item


def checked(part: Part, wording: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wording in the form in which it is kept. Raises WordingInvalid with a sentence a column."""
    said = wording_of(part, wording)
    faults = {
        column.name: fault
        for column in columns_of(part)
        if (fault := _fault(column, said[column.name], wording.get(column.name)))
    }
    if faults:
        raise WordingInvalid(faults)
    return said


def _fault(column: Column, value: Any, typed: Any) -> str:
    name = {"field": column.label}
    if column.required and value in (None, ""):
        return _("%(field)s: fill this in.") % name
    if column.kind == "choice" and value and column.choices and value not in column.choices.values:
        return _("%(field)s: choose one of the list.") % name
    if column.kind == "whole" and value is not None and not 0 <= value <= (column.most or value):
        return _("%(field)s: enter a whole number from 0 to %(most)s.") % {**name, "most": column.most}
    if column.kind == "money" and typed not in (None, ""):
        try:
            amount = Decimal(str(typed))
        except InvalidOperation:
            return _("%(field)s: enter an amount such as 200.00.") % name
        if not 0 <= amount < 10**10:
            return _("%(field)s: enter an amount such as 200.00.") % name
    if column.kind == "text" and len(str(value)) > column.length:
        return _("%(field)s: at most %(most)s characters.") % {**name, "most": column.length}
    return ""


def newest_wording(item: LibraryItem) -> dict[str, Any] | None:
    """Return what the newest version says; None before the first."""
    edition = newest(KIND, item.key) if item.number else None
    return body_of(edition)["wording"] if edition else None


def _body(item: LibraryItem) -> dict[str, Any]:
    """Return the body of a version. Subject and note serve the shelf and make no version."""
    return {"schema": SCHEMA, "key": item.key, "part": item.part, "wording": item.wording}


def _locked(item: LibraryItem, version: int | None = None) -> LibraryItem:
    item = LibraryItem.objects.select_for_update().get(pk=item.pk)
    if version is not None and item.version != version:
        raise Overtaken
    return item


def _refuse_retired(item: LibraryItem) -> None:
    if item.is_retired:
        raise RuleBroken(_("This item is retired. Restore it first."))


def _next_key(part: Part) -> str:
    pattern = re.compile(rf"{part.block}-([0-9]{{1,9}})")
    taken = LibraryItem.objects.filter(key__startswith=f"{part.block}-").values_list("key", flat=True)
    numbers = [int(found[1]) for key in taken if (found := pattern.fullmatch(key))]
    return f"{part.block}-{max(numbers, default=0) + 1}"


def _facts(item: LibraryItem) -> dict[str, Any]:
    return {
        **{f"wording.{name}": value for name, value in item.wording.items()},
        "subject": item.subject,
        "note": item.note,
    }


def _changes(subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    return [
        FieldChange(name, before.get(name), value, subject)
        for name, value in after.items()
        if before.get(name) != value and not (name not in before and value in ("", None, False))
    ]
