"""Takes away files that belong to nothing: rounds of the worker, and ``manage.py files sweep``."""

from __future__ import annotations

import datetime
import logging
import re
import shutil
import time
import uuid as uuids
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from forms.files import scanning, services, storage
from forms.files.holders import all_holders
from forms.files.models import StoredFile
from forms.models import CorrectionDraft, Draft, PublicDraft
from foundation.outbox.rounds import every

logger = logging.getLogger("remit.files")

GRACE = datetime.timedelta(hours=6)
"""So long a file may lie that no draft names: a form may be open in which it was just chosen."""
BATCH = 200
MOST_SCANNED = 100
"""Files scanned in one round, so that it ends within its lease."""
_NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{32})(?:\.preview)?")


@dataclass
class Swept:
    """What was taken away, or would be: files no draft names any more, and contents without a row."""

    files: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)


def sweep(*, dry_run: bool = False, grace: datetime.timedelta = GRACE) -> Swept:
    """Take away files of drafts that are gone, files that were taken out of their draft, and contents without a
    row, each once it is older than ``grace``. Twice does no harm.
    """
    before = timezone.now() - grace
    swept = Swept()
    for rows in _unnamed(before):
        swept.files += [str(row.uuid) for row in rows]
        if not dry_run:
            with transaction.atomic():
                # Looked at again under lock: it may have been submitted meanwhile.
                locked = StoredFile.objects.select_for_update(of=("self",)).filter(
                    pk__in=[row.pk for row in rows], submission=None
                )
                services.remove_rows(list(locked))
    for names in _without_row(before):
        swept.contents += names
        if not dry_run:
            for name in names:
                storage.files().delete(name)
    if not dry_run:
        _clear_incoming(grace)
    return swept


def scan_waiting() -> int:
    """Ask the scanner about what it has not seen; return how many have been looked at. Without one, none."""
    if scanning.scanner() is None:
        return 0
    waiting = StoredFile.objects.filter(
        scan__in=(StoredFile.Scan.WAITING, StoredFile.Scan.UNSCANNED), removed_at=None
    ).order_by("scan", "pk")
    done = 0
    for row in waiting[:MOST_SCANNED]:
        before = row.scan
        try:
            after = services.rescan(row).scan
        except FileNotFoundError:
            logger.error("The content of file %s is not there; see manage.py files check.", row.uuid)
            continue
        if after == before:
            return done  # the scanner does not answer: the next round tries again
        done += 1
    return done


@every("files-sweep", datetime.timedelta(hours=1))
def sweep_round() -> None:
    """Sweep by the clock."""
    swept = sweep()
    if swept.files or swept.contents:
        logger.info("Swept %s files and %s contents.", len(swept.files), len(swept.contents))


@every("files-scan", datetime.timedelta(minutes=5))
def scan_round() -> None:
    """Scan by the clock what could not be scanned when it came."""
    scan_waiting()


def _unnamed(before: datetime.datetime) -> Iterator[list[StoredFile]]:
    """Yield files that are part of no submission and named by no draft."""
    last = 0
    while rows := list(
        StoredFile.objects.filter(submission=None, uploaded_at__lt=before, pk__gt=last).order_by("pk")[:BATCH]
    ):
        last = rows[-1].pk
        named = _named_by_drafts({row.draft for row in rows})
        if gone := [row for row in rows if str(row.uuid) not in named[row.draft]]:
            yield gone


def _named_by_drafts(uuids_of_drafts: set[uuids.UUID]) -> dict[uuids.UUID, set[str]]:
    """Return every text of these drafts, by draft: a key of a file is one of them."""
    texts: dict[uuids.UUID, set[str]] = defaultdict(set)
    for model, key in (
        (Draft, "uuid"),
        (PublicDraft, "uuid"),
        (CorrectionDraft, "submission__uuid"),
    ):
        found = model._base_manager.filter(**{f"{key}__in": uuids_of_drafts}).values_list(key, "answers")
        for uuid, answers in found:
            texts[uuid] |= {text for typed in answers.values() for text in typed}
    for holders in all_holders():
        for uuid, answers in holders.texts(uuids_of_drafts):
            texts[uuid] |= {text for typed in answers.values() for text in typed}
    return texts


def _without_row(before: datetime.datetime) -> Iterator[list[str]]:
    """Yield names of contents that no row knows; what is none of ours is left alone."""
    batch: dict[str, uuids.UUID] = {}
    for name in storage.stored():
        if found := _NAME.fullmatch(name):
            batch[name] = uuids.UUID(found[1])
        if len(batch) >= BATCH:
            yield _unknown(batch, before)
            batch = {}
    if batch:
        yield _unknown(batch, before)


def _unknown(batch: dict[str, uuids.UUID], before: datetime.datetime) -> list[str]:
    known = set(
        StoredFile.objects.filter(uuid__in=set(batch.values()), removed_at=None).values_list(
            "uuid", flat=True
        )
    )
    gone = []
    for name, uuid in batch.items():
        if uuid in known:
            continue
        try:
            if storage.files().get_modified_time(name) < before:
                gone.append(name)
        except FileNotFoundError:
            continue
    return gone


def _clear_incoming(grace: datetime.timedelta) -> None:
    """Remove what a killed process left in the folder where files are looked into."""
    for folder in storage.incoming().iterdir():
        if time.time() - folder.stat().st_mtime > grace.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
