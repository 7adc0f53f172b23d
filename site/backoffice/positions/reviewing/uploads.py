"""Uploads that take long to read: kept until the worker reads them, as a job that is watched and can be cancelled.

What is read is stored in one transaction with the end of the job: cancelled or failed, nothing stays behind, and
the uploaded bytes are gone either way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.positions import imports
from backoffice.positions.importing import Budget, ImportRefused
from backoffice.positions.importing.containers import check_limits, directory
from backoffice.positions.reviewing.models import WaitingUpload
from foundation.outbox import jobs
from foundation.outbox.models import Job

KIND = "positions.import"
# Below both, a file is read while the person waits: it takes less than a second.
MOST_AT_ONCE = 3
LARGEST_AT_ONCE = 300 * 1024
# The page of the job leads to so many reviews; the page of the import to the newest ones.
MOST_LINKS = 200


def takes_long(uploads: Sequence[tuple[str, bytes]]) -> bool:
    """Tell whether files are for the worker: many or large, those in a zip counted.

    A zip that is refused by its directory takes no time at all: whoever uploaded it is told at once.
    """
    count = size = 0
    for name, data in uploads:
        members, unpacked = 1, len(data)
        if name.lower().endswith(".zip"):
            try:
                entries = list(directory(data, name).values())
                check_limits(entries, len(data), name, Budget())
            except ImportRefused:
                continue
            members, unpacked = len(entries), sum(entry.file_size for entry in entries)
        count, size = count + members, size + unpacked
    return count > MOST_AT_ONCE or size > LARGEST_AT_ONCE


@transaction.atomic
def begin(uploads: Sequence[tuple[str, bytes]], *, by: Any) -> Job:
    """Keep the files and ask the worker to read them."""
    batch = uuid.uuid4()
    for name, data in uploads:
        WaitingUpload.objects.create(batch=batch, filename=name[-255:], data=data)
    return jobs.begin(KIND, by=by, payload={"batch": str(batch)}, total=len(uploads))


def forget(payload: Mapping[str, Any]) -> None:
    """Remove the uploaded files of a job that has ended."""
    WaitingUpload.objects.filter(batch=payload["batch"]).delete()


@jobs.carries_out(
    KIND, title=gettext_lazy("Reading the uploaded files"), back="positions_import", tidy=forget
)
def read_uploads(job: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the files one by one, then keep all that could be read. A refused one is named and the rest goes on."""
    budget = Budget()
    uploads = WaitingUpload.objects.filter(batch=payload["batch"])
    files = list(imports.files_of(((one.filename, bytes(one.data)) for one in uploads), budget))
    found: list[imports.Read] = []
    refused: list[str] = []
    descriptions = 0
    for number, (name, content) in enumerate(files):
        job.advance(
            number,
            len(files),
            _("File %(number)s of %(total)s: %(name)s (%(found)s descriptions so far)")
            % {"number": number + 1, "total": len(files), "name": name[-80:], "found": descriptions},
        )
        try:
            if isinstance(content, str):
                raise ImportRefused(content)
            file = imports.read(content, name, budget)
        except ImportRefused as fault:
            refused.append(str(fault))
        except (MemoryError, RecursionError, ValueError, LookupError, TypeError) as fault:
            # A fault of ours in one file: say which one, keep nothing of the others.
            raise jobs.JobFailed(
                _("“%(name)s” could not be read (%(error)s). Nothing was kept; import the others without it.")
                % {"name": name, "error": type(fault).__name__}
            ) from fault
        else:
            found.append(file)
            descriptions += len(file.collection.units) if file.collection else 1
    if not found:
        raise jobs.JobFailed("\n".join(refused) or _("There was no file to read."))
    job.advance(len(files), len(files))
    with transaction.atomic():
        kept = [imports.keep(file, by=job.job.started_by) for file in found]
        result = _result(kept, descriptions, refused)
        job.finish(result)
    return result


def _result(kept: Sequence[imports.Received], descriptions: int, refused: list[str]) -> dict[str, Any]:
    words = ngettext(
        "%(number)s description was recognised.", "%(number)s descriptions were recognised.", descriptions
    ) % {"number": descriptions}
    files = ngettext("%(number)s file was read.", "%(number)s files were read.", len(kept)) % {
        "number": len(kept)
    }
    result = {"text": f"{files} {words}", "notes": refused}
    reviews = [
        (one, reverse("positions_import_review", args=[one.imported.uuid])) for one in kept if one.imported
    ]
    if len(reviews) == 1:
        return {**result, "url": reviews[0][1], "label": _("Review the proposals")}
    return {
        **result,
        "links": [
            {"url": url, "label": one.name, "text": _found_in(one)} for one, url in reviews[:MOST_LINKS]
        ],
        "more": max(0, len(reviews) - MOST_LINKS),
    }


def _found_in(one: imports.Received) -> str:
    if one.collection is None:
        return _("A document written by this program; its changes can be reviewed.")
    count = len(one.collection.units)
    return ngettext(
        "%(number)s description was recognised.", "%(number)s descriptions were recognised.", count
    ) % {"number": count}
