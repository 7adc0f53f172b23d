"""From proposals to drafts: what HR took from an imported text becomes draft pages, all of them or none.

The reading itself is pure and lives in ``importing``; the text is kept as uploaded (``ImportedText``), so a
review can be left and taken up again, and every draft can show the passage it came from. Nothing is
published here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.positions.enums import Cadence, QualificationKind, UnitKind
from backoffice.positions.import_differences import Known, PartChange, merged, texts_in
from backoffice.positions.importing import (
    Budget,
    Collection,
    ImportRefused,
    Unit,
    is_archive,
    members,
    read_file,
)
from backoffice.positions.markup import paragraphs
from backoffice.positions.models import ImportedText, PositionPage, acting_as
from backoffice.positions.tree import index_page
from foundation.organisation.models import Department, Position
from foundation.organisation.services import save_position

IMPORT_ACTION = "positions.import"
QUALIFICATION_WORDS = (
    (QualificationKind.EDUCATION, r"学历|學歷|大专|本科|中专|高中|专业毕业|degree|diploma|education"),
    (QualificationKind.CERTIFICATE, r"证书|資格證|资格证|执照|驾照|驾驶证|培训合格|certificate|licen[cs]e"),
    (QualificationKind.EXPERIENCE, r"经验|經驗|年以上|工作经历|experience"),
    (QualificationKind.LANGUAGE, r"英语|普通话|日语|语言表达|english|mandarin"),
    (QualificationKind.KNOWLEDGE, r"熟悉|了解|掌握|知识|knowledge"),
    (QualificationKind.SKILL, r"能力|技能|技巧|操作|使用|skill|able to"),
    (QualificationKind.CHARACTER, r"品德|责任心|性格|敬业|诚实|形象|honest|patient"),
)


class UnitRefused(Exception):
    """One unit cannot become a draft; nothing was written. ``number`` counts from 1; ``field`` may name
    the fault.
    """

    def __init__(self, number: int, sentence: str, field: str | None = None) -> None:
        self.number = number
        self.field = field
        self.sentence = sentence
        super().__init__(_("Unit %(number)s: %(sentence)s") % {"number": number, "sentence": sentence})


@dataclass(frozen=True)
class Decision:
    """What HR decided about one unit. ``index`` counts from 0 on the screen; ``dropped`` names parts by the
    place where they begin: ``d120`` a duty, ``q340`` a qualification, ``s500`` a section.

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
    """One file of an upload: kept and read, or refused with a sentence."""

    name: str
    imported: ImportedText | None = None
    collection: Collection | None = None
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
            imported, collection = receive(content, name, by=by, budget=budget)
        except ImportRefused as refused:
            result.append(Received(name, refusal=str(refused)))
        else:
            result.append(Received(name, imported, collection))
    return result


def receive(
    data: bytes, filename: str, *, by: Any, budget: Budget | None = None
) -> tuple[ImportedText, Collection]:
    """Read the file and keep it for the review.

    Raises:
        ImportRefused: it cannot be read or holds no description; nothing is kept.
    """
    collection = read_file(data, filename, budget)
    if not collection.units:
        raise ImportRefused(_("No position description was recognised in “%(name)s”.") % {"name": filename})
    kept = ImportedText.objects.create(
        filename=filename[-200:], sha256=collection.sha256, data=data, uploaded_by=by
    )
    return kept, collection


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
    had reworded what they change, or because they are in the free sections.
    """

    page: PositionPage
    left: tuple[PartChange, ...] = ()


def take(imported: ImportedText, decisions: Sequence[Decision], *, by: Any) -> list[Taken]:
    """Make or change a draft for each unit in ``decisions``, in one transaction.

    Each draft remembers file and characters. Posts and departments are made only where ``decisions`` say so.
    Recorded: Wagtail's log entries for each draft; the histories of new posts. Who may is for the caller to
    have asked.

    Raises:
        UnitRefused: names the unit; nothing is written, not even the units before it.
    """
    taken = []
    with transaction.atomic(), acting_as(by):
        for decision in decisions:
            try:
                with transaction.atomic():
                    make = _changed if decision.known else _draft
                    taken.append(make(imported, decision, by=by))
            except ValidationError as fault:
                raise UnitRefused(decision.index + 1, " ".join(fault.messages)) from fault
            except DatabaseError as fault:
                raise UnitRefused(
                    decision.index + 1,
                    _("“%(title)s” could not be stored. Check that its post is not taken twice.")
                    % {"title": decision.title},
                ) from fault
        imported.confirmed_at = timezone.now()
        imported.save(update_fields=["confirmed_at"])
    return taken


def _changed(imported: ImportedText, decision: Decision, *, by: Any) -> Taken:
    """Put what the file changed into the draft that was taken before, as one more revision of it."""
    assert decision.known is not None
    page = decision.known.page.get_latest_revision_as_object()
    lock = page.get_lock()
    if lock and lock.for_user(by):
        raise ValidationError(_("“%(title)s” is locked; nothing was changed.") % {"title": page.title})
    proposed = texts_of(decision.unit)
    left = [change for change in decision.known.changes if change.what == "sections"]
    for what in ("duties", "qualifications"):
        changes = [
            change
            for change in decision.known.changes
            if change.what == what and _key(decision.unit, change) not in decision.dropped
        ]
        raw = [dict(block) for block in getattr(page, what).raw_data]
        blocks, unplaced = merged(raw, changes, proposed[what], texts_in(decision.unit, what))
        setattr(page, what, blocks)
        left += unplaced
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
    return Taken(page, tuple(left))


def _key(unit: Unit, change: PartChange) -> str:
    if change.after_index < 0:
        return ""
    return f"{change.what[0]}{getattr(unit, change.what)[change.after_index].source[0]}"


def _draft(imported: ImportedText, decision: Decision, *, by: Any) -> Taken:
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
    page = PositionPage(
        title=decision.title,
        position=position,
        owner=by,
        source=imported,
        source_start=unit.source[0],
        source_end=unit.source[1],
        **texts_of(unit, dropped=decision.dropped),
    )
    index_page().add_child(instance=page)
    page.save_revision(user=by, log_action=True, clean=False)
    log(
        instance=page,
        action=IMPORT_ACTION,
        user=by,
        data={"file": imported.filename, "sha256": imported.sha256},
    )
    return Taken(page)


def texts_of(unit: Unit, *, dropped: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields of a page that ``unit`` fills. What has no field of its own goes into a section at
    the end.
    """
    duties = [duty for duty in unit.duties if f"d{duty.source[0]}" not in dropped]
    sections = [
        {"heading": section.heading or _("From the source"), "body": paragraphs(section.text)}
        for section in unit.sections
        if f"s{section.source[0]}" not in dropped and section.text.strip()
    ]
    rest = [f"{field.label}: {field.text}" for field in unit.fields if field.name != "title"]
    if rest:
        sections.append({"heading": _("Also in the source"), "body": paragraphs("\n".join(rest))})
    return {
        "unit_kind": (UnitKind.DEPARTMENT if unit.kind == "department" else UnitKind.POST).value,
        "summary": unit.summary,
        "duties": [
            {
                "type": "duty",
                "value": {
                    "text": duty.text,
                    "cadence": duty.cadence if duty.cadence in Cadence.values else Cadence.ONGOING.value,
                    "deadline": duty.deadline[:120],
                    "deliverable": "",
                    "category": duty.group[:80],
                },
            }
            for duty in duties
        ],
        "qualifications": [
            {
                "type": "qualification",
                "value": {"kind": qualification_kind(item.text), "text": item.text, "mandatory": True},
            }
            for item in unit.qualifications
            if f"q{item.source[0]}" not in dropped
        ],
        "sections": [{"type": "section", "value": value} for value in sections],
    }


def qualification_kind(text: str) -> str:
    """Return what a qualification is about, by its words; HR corrects it in the draft."""
    for kind, pattern in QUALIFICATION_WORDS:
        if re.search(pattern, text, re.IGNORECASE):
            return str(kind.value)
    return str(QualificationKind.OTHER.value)


def free_code(taken: set[str]) -> str:
    """Return the next code of the form ``post-014`` that is not in ``taken``, and add it there."""
    number = 1 + max((int(code[5:]) for code in taken if re.fullmatch(r"post-\d{1,6}", code)), default=0)
    code = f"post-{number:03}"
    taken.add(code)
    return code
