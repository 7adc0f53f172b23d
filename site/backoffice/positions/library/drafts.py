"""The one door for rows of drafts: inserting items, taking over newer versions, linking rows that are there.

Each function works on the newest draft of one description and saves one revision by the person; nothing is
published by it. In one transaction: lock and reload the page, ask Wagtail's permissions and locks, change the
rows, save the revision with its log entry, append the event to the stream of the description. Whoever has the
page open in the editor is told by Wagtail that there is a newer revision.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log
from wagtail.models import PageLogEntry

from backoffice.positions.body import rows_of, stream_rows
from backoffice.positions.history import content_digest
from backoffice.positions.library import links, queries
from backoffice.positions.library.exceptions import DraftClosed, RuleBroken
from backoffice.positions.library.links import Link
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.queries import Version
from backoffice.positions.library.wording import BY_NAME, columns_of, same
from backoffice.positions.models import PositionPage, acting_as
from backoffice.positions.parts import LINK, Part
from backoffice.positions.publication import stream_of
from foundation.audit.services import Actor, FieldChange, append, next_version

LIBRARY_ACTION = "positions.library"


@dataclass(frozen=True)
class Outcome:
    """What became of one description. ``kind``: done, current, reworded, locked, archived, forbidden.

    ``changed`` rows were brought to the newest version, ``left`` ones stay because somebody reworded them. ``earlier``:
    the same work had done so before it was broken off.
    """

    page: PositionPage
    kind: str
    changed: int = 0
    left: int = 0
    sentence: str = ""
    earlier: bool = False

    @property
    def word(self) -> str:
        """Return what became of it in a word."""
        return {
            "done": _("taken over"),
            "current": _("nothing to do"),
            "reworded": _("left alone"),
            "locked": _("locked"),
            "archived": _("archived"),
            "forbidden": _("not allowed"),
        }[self.kind]

    @property
    def told(self) -> str:
        """Return what to tell about it, in the language in use."""
        if self.sentence:
            return self.sentence
        if self.kind == "current":
            return _("Nothing to take over: the draft is up to date.")
        told = []
        if self.changed:
            told.append(
                ngettext(
                    "%(number)s row brought to the newest version in the draft.",
                    "%(number)s rows brought to the newest version in the draft.",
                    self.changed,
                )
                % {"number": self.changed}
            )
        if self.earlier:
            told.append(_("Done before this work was broken off and begun again."))
        if self.left:
            told.append(
                ngettext(
                    "%(number)s row reworded by hand was left alone.",
                    "%(number)s rows reworded by hand were left alone.",
                    self.left,
                )
                % {"number": self.left}
            )
        return " ".join(told)


def insert(page: PositionPage, items: Sequence[LibraryItem], *, by: Any) -> PositionPage:
    """Add one row for each item at the end of its part of the draft; return the page as it is now.

    Recorded: ``position_library_inserted``. Raises DraftClosed; RuleBroken for an item without a version or a
    retired one.
    """
    for item in items:
        if item.number == 0 or item.is_retired:
            raise RuleBroken(
                _("“%(key)s” cannot be inserted: it has no published version, or is retired.")
                % {"key": item.key}
            )
    said = queries.wordings(Link(item.key, item.number) for item in items)
    with transaction.atomic():
        draft = _opened(page, by)
        changes = []
        for item in items:
            link = Link(item.key, item.number)
            part = BY_NAME[item.part]
            row = {"id": str(uuid.uuid4()), **said[link].wording, LINK.name: str(link)}
            setattr(draft, part.name, [*_blocks(draft, part), *stream_rows(part, [row])])
            changes.append((f"{part.name}.{row['id']}.{LINK.name}", None, str(link)))
        return _saved(draft, by, "position_library_inserted", changes)


def take_over(
    page: PositionPage,
    key: str,
    *,
    by: Any,
    overwrite: bool = False,
    rows: Iterable[str] | None = None,
    job: str = "",
) -> Outcome:
    """Bring the rows of the draft that use the item ``key`` to its newest version; return what became of it.

    A row that says what its version says gets the newest wording; one that says what the newest version says
    already gets its number; one that somebody reworded is left alone, unless ``overwrite``. ``rows``: only the
    rows with these ids. What each post says for itself (a share of working time) stays. Recorded:
    ``position_library_taken_over``; ``job`` names the work it is part of, in the log of the page. Never raises
    for a page that cannot be changed: the outcome tells it.
    """
    try:
        with transaction.atomic():
            return _taken(page, key, by, overwrite, None if rows is None else set(rows), job)
    except DraftClosed as closed:
        return Outcome(page, closed.kind, sentence=str(closed))


def _taken(
    page: PositionPage, key: str, by: Any, overwrite: bool, only: set[str] | None, job: str
) -> Outcome:
    item = LibraryItem.objects.get(key=key)
    part = BY_NAME[item.part]
    draft = _opened(page, by)
    blocks = _blocks(draft, part)
    newest = Link(key, item.number)
    linked = [
        (block, row, link)
        for block in blocks
        for row in rows_of(part, [block])
        if (link := links.parse(row.get(LINK.name))) and link.key == key and link.version < item.number
        if only is None or row["id"] in only
    ]
    said = queries.wordings({newest, *(link for _block, _row, link in linked)})
    changes, left = [], 0
    for block, row, link in linked:
        if not (overwrite or _as_kept(part, row, said.get(link)) or same(part, row, said[newest].wording)):
            left += 1
            continue
        wording = said[newest].wording
        _say(block, part, {**wording, LINK.name: str(newest)})
        at = f"{part.name}.{row['id']}"
        changes.append((f"{at}.{LINK.name}", str(link), str(newest)))
        changes += [
            (f"{at}.{column.name}", row[column.name], wording[column.name])
            for column in columns_of(part)
            if row[column.name] != wording[column.name]
        ]
    changed = len(linked) - left
    if not changed:
        return Outcome(page, "reworded" if left else "current", left=left)
    setattr(draft, part.name, blocks)
    said_of_it = {"job": job, "rows": changed} if job else {}
    page = _saved(draft, by, "position_library_taken_over", changes, said_of_it)
    return Outcome(page, "done", changed=changed, left=left)


def take_over_in(
    pages: Iterable[int],
    key: str,
    *,
    by: Any,
    overwrite: Container[int] = (),
    advance: Callable[[int, int], None] | None = None,
    job: str = "",
) -> list[Outcome]:
    """Take over the newest version in several descriptions, each in a transaction of its own, by title.

    ``overwrite``: the ids of those in which reworded rows are replaced too; ``advance(done, total)`` is told after
    each. ``job``: the name of this work; begun again under it, what it did before counts as done.
    """
    chosen = list(PositionPage.objects.filter(pk__in=list(pages)).order_by("title", "pk"))
    before = _done_before(chosen, job) if job else {}
    outcomes = []
    for place, page in enumerate(chosen, 1):
        outcome = take_over(page, key, by=by, overwrite=page.pk in overwrite, job=job)
        if outcome.kind in ("current", "reworded") and page.pk in before:
            outcome = replace(outcome, kind="done", changed=before[page.pk], earlier=True)
        outcomes.append(outcome)
        if advance is not None:
            advance(place, len(chosen))
    return outcomes


def _done_before(pages: Iterable[PositionPage], job: str) -> dict[int, int]:
    """Return how many rows the work named ``job`` brought to the newest version in which draft before. One query."""
    entries = PageLogEntry.objects.filter(
        page__in=list(pages), action=LIBRARY_ACTION, data__job=job
    ).values_list("page_id", "data")
    return {page: int(data["rows"]) for page, data in entries}


def link(
    page: PositionPage, item: LibraryItem, rows: Iterable[str], *, by: Any, take_wording: bool = False
) -> PositionPage:
    """Say of rows that are in the draft that they are taken from the newest version of ``item``.

    Their words stay as they are, with ``take_wording`` they become the item's. Recorded:
    ``position_library_linked``. Raises DraftClosed; RuleBroken for an item without a version, and for a row that
    is no longer there.
    """
    if item.number == 0 or item.is_retired:
        raise RuleBroken(_("The item has no published version, or is retired."))
    part, newest, wanted = BY_NAME[item.part], Link(item.key, item.number), set(rows)
    said = queries.wordings([newest])[newest]
    with transaction.atomic():
        draft = _opened(page, by)
        blocks = _blocks(draft, part)
        changes = []
        for block in blocks:
            if block["id"] in wanted:
                before = block["value"].get(LINK.name) or None
                changes.append((f"{part.name}.{block['id']}.{LINK.name}", before, str(newest)))
                _say(block, part, {**(said.wording if take_wording else {}), LINK.name: str(newest)})
        if len(changes) != len(wanted):
            raise RuleBroken(_("The draft was changed meanwhile: the row is no longer there."))
        setattr(draft, part.name, blocks)
        return _saved(draft, by, "position_library_linked", changes)


def _as_kept(part: Part, row: Mapping[str, Any], version: Version | None) -> bool:
    return version is not None and version.part == part.name and same(part, row, version.wording)


def _opened(page: PositionPage, by: Any) -> PositionPage:
    """Return the newest draft of ``page``, its row locked until the end of the transaction. Raises DraftClosed."""
    stored = PositionPage.objects.select_for_update(of=("self",)).select_related("position").get(pk=page.pk)
    check_open(stored, by)
    return stored.get_latest_revision_as_object()


def check_open(page: PositionPage, by: Any) -> None:
    """Raise DraftClosed where ``by`` cannot change the draft of ``page`` now."""
    if page.is_archived:
        raise DraftClosed("archived", _("Archived: restore the description first."))
    if not page.permissions_for_user(by).can_edit():
        raise DraftClosed("forbidden", _("You may not edit this description."))
    lock = page.get_lock()
    if lock is not None and lock.for_user(by):
        who = page.locked_by or lock.get_locked_by(by)
        raise DraftClosed("locked", _("Locked: %(who)s.") % {"who": who})


def may_change(page: PositionPage, by: Any) -> bool:
    """Whether ``by`` can change the draft of ``page`` now; see ``check_open``."""
    try:
        check_open(page, by)
    except DraftClosed:
        return False
    return True


def _blocks(draft: PositionPage, part: Part) -> list[dict[str, Any]]:
    """Return the blocks of a part as they are stored, half-filled ones too."""
    return [{**block, "value": {**block["value"]}} for block in getattr(draft, part.name).get_prep_value()]


def _say(block: dict[str, Any], part: Part, said: Mapping[str, Any]) -> None:
    """Let a block say ``said``; what that does not name stays."""
    stored = stream_rows(part, [said])[0]["value"]
    block["value"].update({name: stored[name] for name in said})


def _saved(
    draft: PositionPage,
    by: Any,
    kind: str,
    changes: Sequence[tuple[str, Any, Any]],
    more: Mapping[str, Any] | None = None,
) -> PositionPage:
    stream = stream_of(draft.code) if draft.code else f"description:{draft.pk}"
    with acting_as(by):
        revision = draft.save_revision(user=by, log_action=True, clean=False)
        log(
            instance=draft,
            action=LIBRARY_ACTION,
            user=by,
            revision=revision,
            data={"event": kind, **(more or {})},
        )
        append(
            stream=stream,
            version=next_version(stream),
            kind=kind,
            actor=Actor.of(by),
            changes=[FieldChange(path, before, after, stream) for path, before, after in changes],
            references={
                "page": str(draft.pk),
                "revision": str(revision.pk),
                "revision_sha256": content_digest(revision.content),
            },
        )
    return PositionPage.objects.get(pk=draft.pk)
