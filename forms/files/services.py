"""The one door for files: keeping one, drawing a typed signature, attaching, throwing away, handing out."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import uuid as uuids
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from forms import rules
from forms.exceptions import AnswerError, AnswersInvalid, NotFound
from forms.files import inspection, scanning, storage
from forms.files.holders import Holder, all_holders
from forms.files.models import StoredFile
from forms.files.names import clean_name
from forms.files.references import GONE, INFECTED, named_in, taken_by
from forms.files.refusals import refusal
from forms.models import CorrectionDraft, Draft, PublicDraft, Submission
from forms.schema import FieldDefinition, FormDefinition, definition_of
from foundation.audit.services import Actor, append, next_version
from foundation.editions.texts import in_language
from foundation.organisation.models import User

logger = logging.getLogger("remit.files")

MOST_IN_A_DRAFT = 300
LONGEST_FIELD = 200


class Upload(Protocol):
    """A file on its way in: what web frameworks call an uploaded file."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]:
        """Yield the content."""


def holder_for(*, draft: uuids.UUID, by: User | PublicDraft) -> Holder:
    """Return the draft of a person (begun to fill in or to correct, or a working copy of a room above), or of a
    stranger, to upload to.

    Raises NotFound for the drafts of others, and NotPermitted where the form is closed to them.
    """
    if isinstance(by, PublicDraft):
        if by.uuid != draft:
            raise NotFound
        return Holder(draft, definition_of(by.edition), None)
    own = Draft.objects.select_related("edition").filter(uuid=draft, person=by).first()
    if own is not None:
        rules.check_may_submit(definition_of(own.edition), by)
        return Holder(draft, definition_of(own.edition), by)
    correcting = CorrectionDraft.objects.select_related("submission__edition").filter(
        submission__uuid=draft, person=by
    )
    if (found := correcting.first()) is not None:
        return Holder(draft, definition_of(found.submission.edition), by)
    for holders in all_holders():
        if (held := holders.find(draft, by)) is not None:
            return held
    raise NotFound


def store(*, draft: uuids.UUID, field: str, upload: Upload, by: User | PublicDraft) -> StoredFile:
    """Keep one file for a field of a draft and return it.

    Who may: whoever the draft belongs to. ``field`` is the path of a field that takes files. The content decides
    what it is; pictures are drawn anew, without what came along with them. It is scanned, looked into, on the disk,
    and only then a row: refused or failed, nothing stays. Raises FileRefused, NotFound (somebody else's draft, no
    such field), NotPermitted. Nothing is recorded: it becomes part of the record when it is submitted.
    """
    holder = holder_for(draft=draft, by=by)
    asked = _field_of(holder.definition, field)
    taken = taken_by(asked)
    given = (upload.name or "")[-500:]
    name = clean_name(given, _ending_of(given))
    most = min(taken.largest, settings.FILES_LARGEST)
    if upload.size is not None and upload.size > most:
        raise refusal(name, {"refused": "too_large", "most": most})
    _check_room(holder, name)
    with _workplace(name) as folder:
        source = folder / "source"
        _receive(upload, source, name, most)
        scan = _scanned(source, name)
        contents = inspection.look_into(
            source, folder, given, allowed=taken.kinds, purpose=taken.purpose, edge=taken.edge
        )
        row = StoredFile(
            draft=holder.uuid,
            field=field,
            name=clean_name(given, contents.suffix),
            origin=StoredFile.Origin.DRAWN if taken.purpose == "signature" else StoredFile.Origin.UPLOADED,
            scan=scan,
            **_measured(contents, folder / "content"),
        )
        return _keep(row, folder, holder, name)


def sign(*, draft: uuids.UUID, field: str, name: str, by: User | PublicDraft) -> StoredFile:
    """Keep a typed name as the signature of a field and return it; the same name again is the same file.

    Who may, and raises: as ``store``.
    """
    holder = holder_for(draft=draft, by=by)
    if taken_by(_field_of(holder.definition, field)).purpose != "signature":
        raise NotFound
    typed = StoredFile.Origin.TYPED
    known = StoredFile.objects.filter(
        draft=draft, field=field, origin=typed, signer=name, submission=None, removed_at=None
    ).first()
    if known is not None:
        return known
    _check_room(holder, name)
    with _workplace(name) as folder:
        contents = inspection.draw_name(name, folder)
        row = StoredFile(
            draft=holder.uuid,
            field=field,
            name=clean_name(name, contents.suffix),
            origin=typed,
            signer=name,
            scan=StoredFile.Scan.CLEAN,  # we have drawn it ourselves
            **_measured(contents, folder / "content"),
        )
        return _keep(row, folder, holder, name)


def named_files(
    draft: uuids.UUID, definition: FormDefinition, answers: Mapping[str, Any]
) -> dict[str, StoredFile]:
    """Return, locked, the files that ``answers`` name, by key. Call it in the transaction that submits or corrects,
    before the event, and ``attach`` after it.

    ``draft``: the uuid of the draft or, of a correction, of the submission. Raises AnswersInvalid for a file that
    was not uploaded there, or that the scanner has found something in: nobody submits what belongs to another.
    """
    named = dict(named_in(definition, answers))
    if not named:
        return {}
    rows = StoredFile.objects.select_for_update(of=("self",)).filter(
        uuid__in=list(named), draft=draft, removed_at=None
    )
    found = {str(row.uuid): row for row in rows.order_by("pk")}
    errors = [
        AnswerError(path, in_language(asked.label), str(sentence))
        for key, (path, asked) in named.items()
        if (sentence := _unfit(found.get(key))) is not None
    ]
    if errors:
        raise AnswersInvalid(errors)
    return found


def hashes_of(found: Mapping[str, StoredFile]) -> dict[str, str]:
    """Return what the event of a submission says of its files: ``file:<uuid>`` → SHA-256."""
    return {f"file:{key}": row.sha256 for key, row in found.items()}


def attach(found: Mapping[str, StoredFile], submission: Submission, *, holder: str = "") -> None:
    """Make files part of a submission that has just been written; or, with ``holder``, of the record of another room
    that has this stream and grew from the submission.
    """
    if found:
        StoredFile.objects.filter(uuid__in=list(found)).update(submission=submission, holder=holder)


def discard(*, draft: uuids.UUID) -> int:
    """Throw away what was uploaded to a draft and not submitted; return how many. In the transaction that
    ends the draft; the contents go after its commit.
    """
    return remove_rows(StoredFile.objects.filter(draft=draft, submission=None))


def remove_rows(found: Iterable[StoredFile]) -> int:
    """Delete rows of files that are part of no submission, and after the commit what lies behind them."""
    gone = [row.uuid for row in found]
    StoredFile.objects.filter(uuid__in=gone, submission=None).delete()
    transaction.on_commit(lambda: _remove_contents(gone))
    return len(gone)


def empty(found: Iterable[StoredFile], *, threat: str = "") -> int:
    """Take away the contents of files, keeping the rows: their time has run out, or a virus was found; return
    how many. The caller records why; the contents go after its commit.
    """
    gone = [row.uuid for row in found if row.removed_at is None]
    told: dict[str, Any] = {"scan": StoredFile.Scan.INFECTED, "threat": threat} if threat else {}
    StoredFile.objects.filter(uuid__in=gone).update(removed_at=timezone.now(), **told)
    transaction.on_commit(lambda: _remove_contents(gone))
    return len(gone)


def rescan(row: StoredFile) -> StoredFile:
    """Ask the scanner about a file it has not seen, and return how it stands now.

    A file in which something is found loses its content, and that is an event of its own stream.
    """
    with storage.files().open(storage.path_of(row.uuid)) as stream:
        scan, threat = scanning.scan(stream)
    with transaction.atomic():
        locked = StoredFile.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if scan == StoredFile.Scan.INFECTED:
            empty([locked], threat=threat)
            record(locked, "file_infected", Actor.system("scanner"), {"threat": threat})
        elif scan != locked.scan:
            StoredFile.objects.filter(pk=row.pk).update(scan=scan)
    return StoredFile.objects.get(pk=row.pk)


def record(row: StoredFile, kind: str, actor: Actor, references: Mapping[str, str] | None = None) -> None:
    """Add an event to the stream of a file: handed out, or a virus found."""
    with transaction.atomic():
        append(
            stream=row.stream,
            version=next_version(row.stream),
            kind=kind,
            actor=actor,
            references={"sha256": row.sha256, **(references or {})},
        )


def _remove_contents(gone: Iterable[uuids.UUID]) -> None:
    for uuid in gone:
        try:
            storage.remove(uuid)
        except OSError:
            logger.exception("The content of file %s could not be removed; the sweep tries again.", uuid)


def _field_of(definition: FormDefinition, path: str) -> FieldDefinition:
    member = definition.at(path) if len(path) <= LONGEST_FIELD else None
    if member is None or member.field is None or not taken_by(member.field).kinds:
        raise NotFound
    return member.field


def _ending_of(given: str) -> str:
    ending = given.rpartition(".")[2].lower()
    return ending if ending.isascii() and ending.isalnum() and len(ending) <= 5 else "bin"


@contextmanager
def _workplace(name: str) -> Iterator[Path]:
    """Make a folder to look into a file, gone afterwards; a disk that is full is told as a refusal."""
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(dir=storage.incoming()))
        yield folder
    except OSError as fault:
        logger.exception("A file could not be kept.")
        raise refusal(name, {"refused": "storage"}) from fault
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _receive(upload: Upload, target: Path, name: str, most: int) -> None:
    """Write an upload to the disk; what it says of its size is not relied on."""
    size = 0
    with target.open("wb") as stream:
        for chunk in upload.chunks():
            size += len(chunk)
            if size > most:
                raise refusal(name, {"refused": "too_large", "most": most})
            stream.write(chunk)


def _scanned(source: Path, name: str) -> str:
    with source.open("rb") as stream:
        scan, threat = scanning.scan(stream)
    if scan == StoredFile.Scan.INFECTED:
        logger.warning("A virus was found in an upload: %s", threat)
        raise refusal(name, {"refused": "infected", "threat": threat})
    return scan


def _measured(contents: inspection.Contents, content: Path) -> dict[str, Any]:
    with content.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "kind": contents.kind,
        "type": contents.type,
        "width": contents.width,
        "height": contents.height,
        "pages": contents.pages,
        "size": content.stat().st_size,
        "sha256": digest,
    }


def _check_room(holder: Holder, name: str) -> None:
    """Refuse where very much lies about that was never submitted: of a draft, and of a person."""
    waiting = StoredFile.objects.filter(submission=None)
    if waiting.filter(draft=holder.uuid).count() >= MOST_IN_A_DRAFT:
        raise refusal(name, {"refused": "too_many", "most": MOST_IN_A_DRAFT})
    if holder.person is not None:
        waiting = waiting.filter(uploaded_by=holder.person)
    else:
        waiting = waiting.filter(draft=holder.uuid)
    total = waiting.aggregate(size=Sum("size"), count=Count("pk"))
    if (total["size"] or 0) > settings.FILES_MOST_WAITING:
        raise refusal(name, {"refused": "quota"})


def _keep(row: StoredFile, folder: Path, holder: Holder, name: str) -> StoredFile:
    """Put the content in its place, then the row; a row that fails takes the content with it."""
    row.uploaded_by = holder.person
    storage.keep(row.uuid, folder)
    try:
        with transaction.atomic():
            _check_still_there(holder)
            row.save(force_insert=True)
    except BaseException:
        _remove_contents([row.uuid])
        raise
    return row


def _check_still_there(holder: Holder) -> None:
    """Raise NotFound when the draft has been submitted or thrown away meanwhile; until the end it stays."""
    for found in (
        Draft.objects.filter(uuid=holder.uuid),
        PublicDraft.objects.filter(uuid=holder.uuid),
        CorrectionDraft.objects.filter(submission__uuid=holder.uuid, person=holder.person),
    ):
        if found.select_for_update(of=("self",)).exists():
            return
    if not any(holders.stays(holder.uuid) for holders in all_holders()):
        raise NotFound


def _unfit(row: StoredFile | None) -> Any:
    """Return what is wrong with a file that is to be submitted, None for nothing."""
    if row is None:
        return GONE
    return INFECTED if row.scan == StoredFile.Scan.INFECTED else None
