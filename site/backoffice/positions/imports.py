"""From proposals to drafts: what HR took from an imported text becomes draft pages, all of them or none.

The reading itself is pure and lives in ``importing``; the text is kept as uploaded (``ImportedText``), so a
review can be left and taken up again, and every draft can show the passage it came from. Nothing is
published here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.positions.import_differences import Known, PartChange
from backoffice.positions.import_merging import merge
from backoffice.positions.import_parts import filled
from backoffice.positions.importing import (
    Budget,
    Collection,
    ImportRefused,
    Unit,
    is_archive,
    members,
    paragraphs_of,
    read_file,
)
from backoffice.positions.models import ImportedText, PositionPage, acting_as
from backoffice.positions.reviewing.origins import Origin, keep_origins
from backoffice.positions.tree import index_page
from backoffice.positions.word.reading import OwnDocument, read_own
from foundation.organisation.exceptions import OrganisationError
from foundation.organisation.models import Department, Position
from foundation.organisation.services import save_position

IMPORT_ACTION = "positions.import"


class UnitRefused(Exception):
    """One unit cannot become a draft; nothing was written. ``number`` counts from 1; ``field`` may name
    the fault.
    """

    def __init__(
        self, number: int, sentence: str, field: str | None = None, place: tuple[str, int] = ("", 0)
    ) -> None:
        self.number = number
        self.field = field
        self.sentence = sentence
        words = _("Unit %(number)s: %(sentence)s") % {"number": number, "sentence": sentence}
        if place[0]:
            words = _("“%(file)s”, line %(line)s: %(words)s") % {
                "file": place[0],
                "line": place[1],
                "words": words,
            }
        super().__init__(words)


@dataclass(frozen=True)
class Decision:
    """What HR decided about one unit. ``index`` counts from 0 on the screen; ``dropped`` names parts by the
    place where they begin: ``d120`` a duty, ``q340`` a qualification, ``r400`` a thing of another part, ``s500``
    a section.

    ``position`` is an existing post; with ``new_code`` a post is made; with neither the draft has none yet.
    With ``known`` nothing is made: the changes of the file go into the draft that was taken before.
    """

    index: int
    unit: Unit
    title: str
    position: Position | None = None
    new_code: str = ""
    department: Department | None = None
    dropped: frozenset[str] = frozenset()
    known: Known | None = None


@dataclass(frozen=True)
class Received:
    """One file of an upload: kept and read, or refused with a sentence. ``own``: a document of ours came back."""

    name: str
    imported: ImportedText | None = None
    collection: Collection | None = None
    own: OwnDocument | None = None
    refusal: str = ""


def files_of(uploads: Iterable[tuple[str, bytes]], budget: Budget) -> Iterator[tuple[str, bytes | str]]:
    """Yield each file, zips replaced by their members; instead of a broken one the sentence that refuses it."""
    for name, data in uploads:
        try:
            if not is_archive(data, name):
                yield name, data
                continue
            for member, content in members(data, name, budget):
                yield member, str(content) if isinstance(content, ImportRefused) else content
        except ImportRefused as refused:
            yield name, str(refused)


def receive_all(uploads: Iterable[tuple[str, bytes]], *, by: Any) -> list[Received]:
    """Read each file of an upload, also those in zips; a broken one is named and the rest goes on."""
    budget = Budget()
    result = []
    for name, content in files_of(uploads, budget):
        if isinstance(content, str):
            result.append(Received(name, refusal=content))
            continue
        try:
            result.append(receive(content, name, by=by, budget=budget))
        except ImportRefused as refused:
            result.append(Received(name, refusal=str(refused)))
    return result


def receive(data: bytes, filename: str, *, by: Any, budget: Budget | None = None) -> Received:
    """Read the file and keep it for the review.

    Raises:
        ImportRefused: it cannot be read or holds no description; nothing is kept.
    """
    return keep(read(data, filename, budget), by=by)


@dataclass(frozen=True)
class Read:
    """A file that was read and is not kept yet: collected descriptions, or a document of ours."""

    name: str
    data: bytes
    collection: Collection | None = None
    own: OwnDocument | None = None


def read(data: bytes, filename: str, budget: Budget | None = None) -> Read:
    """Read a file; nothing is written. Raises ``ImportRefused``."""
    budget = budget or Budget()
    if own := read_own(data, filename, budget):
        return Read(filename, data, own=own)
    collection = read_file(data, filename, budget)
    if not collection.units:
        raise ImportRefused(_("No position description was recognised in “%(name)s”.") % {"name": filename})
    return Read(filename, data, collection)


def keep(file: Read, *, by: Any) -> Received:
    """Keep what was read for the review."""
    kept = ImportedText.objects.create(
        filename=file.name[-200:],
        sha256=hashlib.sha256(file.data).hexdigest(),
        data=file.data,
        uploaded_by=by,
    )
    return Received(file.name, kept, file.collection, file.own)


def proposals(imported: ImportedText) -> Collection:
    """Return what the kept text proposes: the same as when it was uploaded."""
    return read_file(bytes(imported.data), imported.filename)


def discard(imported: ImportedText) -> None:
    """Forget a text nobody took anything from.

    Raises:
        ProtectedError: drafts were made from it.
    """
    if imported.pages.exists():
        raise ProtectedError("Drafts were made from this text.", set(imported.pages.all()))
    imported.delete()


@dataclass(frozen=True)
class Taken:
    """A draft that was made or changed. ``left``: changes of the file that found no place in it, because HR
    had reworded what they change, or because they are kept with the post.
    """

    page: PositionPage
    left: tuple[PartChange, ...] = ()


def nobody_watches(done: int, total: int, detail: str) -> None:
    """Tell nobody how far it is."""


def take(
    imported: ImportedText,
    decisions: Sequence[Decision],
    *,
    by: Any,
    advance: Callable[[int, int, str], None] = nobody_watches,
) -> list[Taken]:
    """Make or change a draft for each unit in ``decisions``, in one transaction; ``advance`` is told of each.

    Each draft remembers file and characters. Posts and departments are made only where ``decisions`` say so.
    Recorded: Wagtail's log entries for each draft; the histories of new posts. Who may is for the caller to
    have asked.

    Raises:
        UnitRefused: names the unit; nothing is written, not even the units before it.
    """
    taken = []
    collection = proposals(imported)

    def place(decision: Decision) -> tuple[str, int]:
        return imported.filename, paragraphs_of(collection.text, [decision.unit.source])[0][0]

    with transaction.atomic(), acting_as(by):
        for number, decision in enumerate(decisions, 1):
            try:
                with transaction.atomic():
                    make = _changed if decision.known else _draft
                    done, origins = make(imported, decision, by=by)
                    keep_origins(done.page, imported, collection, origins)
                taken.append(done)
                advance(number, len(decisions), decision.title)
            except ValidationError as fault:
                raise UnitRefused(
                    decision.index + 1, " ".join(fault.messages), place=place(decision)
                ) from fault
            except OrganisationError as refused:
                raise UnitRefused(
                    decision.index + 1, str(refused), field="code", place=place(decision)
                ) from refused
            except DatabaseError as fault:
                raise UnitRefused(
                    decision.index + 1,
                    _("“%(title)s” could not be stored. Check that its post is not taken twice.")
                    % {"title": decision.title},
                    place=place(decision),
                ) from fault
        imported.confirmed_at = timezone.now()
        imported.save(update_fields=["confirmed_at"])
    return taken


def _changed(imported: ImportedText, decision: Decision, *, by: Any) -> tuple[Taken, list[Origin]]:
    """Put what the file changed into the draft that was taken before, as one more revision of it."""
    assert decision.known is not None
    page = decision.known.page.get_latest_revision_as_object()
    lock = page.get_lock()
    if lock and lock.for_user(by):
        raise ValidationError(_("“%(title)s” is locked; nothing was changed.") % {"title": page.title})
    merged = merge(page, decision.known, decision.unit, dropped=decision.dropped)
    page.title = decision.title
    page.source, (page.source_start, page.source_end) = imported, decision.unit.source
    page.save_revision(user=by, log_action=True, clean=False)
    # The place in the source is ours to know, not the reader's: it does not wait for publication.
    PositionPage.objects.filter(pk=page.pk).update(
        source=imported, source_start=page.source_start, source_end=page.source_end
    )
    log(
        instance=page,
        action=IMPORT_ACTION,
        user=by,
        data={"file": imported.filename, "sha256": imported.sha256},
    )
    return Taken(page, tuple(merged.left)), merged.origins


def _draft(imported: ImportedText, decision: Decision, *, by: Any) -> tuple[Taken, list[Origin]]:
    unit = decision.unit
    position = decision.position
    if decision.new_code:
        if decision.department is None or Position.objects.filter(code=decision.new_code).exists():
            raise ValidationError(_("The code %(code)s is taken.") % {"code": decision.new_code})
        above = Position.objects.filter(title=unit.reports_to).order_by("code")[:1] if unit.reports_to else ()
        position = save_position(
            code=decision.new_code,
            title=decision.title[:120],
            department=decision.department,
            superiors=list(above),
            by=by,
        )
    made = filled(unit, dropped=decision.dropped)
    page = PositionPage(
        title=decision.title,
        position=position,
        owner=by,
        source=imported,
        source_start=unit.source[0],
        source_end=unit.source[1],
        **made.fields,
    )
    index_page().add_child(instance=page)
    page.save_revision(user=by, log_action=True, clean=False)
    log(
        instance=page,
        action=IMPORT_ACTION,
        user=by,
        data={"file": imported.filename, "sha256": imported.sha256},
    )
    return Taken(page), made.origins


def free_code(taken: set[str]) -> str:
    """Return the next code of the form ``post-014`` that is not in ``taken``, and add it there."""
    number = 1 + max((int(code[5:]) for code in taken if re.fullmatch(r"post-\d{1,6}", code)), default=0)
    code = f"post-{number:03}"
    taken.add(code)
    return code
