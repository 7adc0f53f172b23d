"""Archiving a description and bringing it back. The only writer of the archived state."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import get_active_log_context, log

from backoffice.positions.models import PositionPage, acting_as
from backoffice.positions.publication import record, stream_of
from foundation.audit.services import FieldChange
from foundation.editions.models import Edition
from foundation.editions.queries import newest

ARCHIVE_ACTION = "positions.archive"
RESTORE_ACTION = "positions.restore"
FIELDS = ["archived_at", "archived_by_name", "archive_reason"]


class ArchivingRefused(Exception):
    """The page is not in the state for it; ``str()`` is a sentence for the person."""


@transaction.atomic
def archive(page: PositionPage, *, by: Any, reason: str = "") -> PositionPage:
    """Take ``page`` out of force and close it for editing; return it as it is now.

    Who may is for the caller to have asked (``can_archive``). What waits for approval is withdrawn.

    Recorded: the withdrawal, if it was live,
    and ``position_archived`` with the reason. Editions stay readable with a note that the description is
    withdrawn.

    Raises:
        ArchivingRefused: it is archived already, or was never published (such a draft may be deleted).
    """
    page = PositionPage.objects.select_for_update().get(pk=page.pk)
    if page.is_archived:
        raise ArchivingRefused(_("This description is archived already."))
    if not page.has_editions:
        raise ArchivingRefused(_("This draft was never published. Delete it if it is not needed."))
    with acting_as(by):
        if (waits := page.current_workflow_state) is not None:
            waits.cancel(user=by)  # nobody decides on a text that is taken out of force
        if page.live:
            page.unpublish(user=by)
            page = PositionPage.objects.get(pk=page.pk)
        page.archived_at = timezone.now()
        page.archived_by_name = str(by)
        page.archive_reason = reason.replace("\0", "").strip()
        page.save(update_fields=FIELDS, clean=False)
        log(instance=page, action=ARCHIVE_ACTION, user=by, data={"reason": page.archive_reason})
        _record(page, "position_archived", by, before=False, after=True, reason=page.archive_reason)
    return page


@transaction.atomic
def restore(page: PositionPage, *, by: Any) -> PositionPage:
    """Open an archived ``page`` for editing again, as a draft; return it. Publishing it is a separate step.

    Raises:
        ArchivingRefused: it is not archived.
    """
    page = PositionPage.objects.select_for_update().get(pk=page.pk)
    if not page.is_archived:
        raise ArchivingRefused(_("This description is not archived."))
    with acting_as(by):
        page.archived_at, page.archived_by_name, page.archive_reason = None, "", ""
        page.save(update_fields=FIELDS, clean=False)
        log(instance=page, action=RESTORE_ACTION, user=by)
        _record(page, "position_restored", by, before=True, after=False)
    return page


def _record(page: PositionPage, kind: str, by: Any, *, before: bool, after: bool, reason: str = "") -> None:
    subject = stream_of(page.code)
    changes = [FieldChange("archived", before, after, subject)]
    if reason:
        changes.append(FieldChange("archive_reason", "", reason, subject))
    record(
        page,
        kind=kind,
        by=by,
        edition=newest(Edition.Kind.POSITION, page.code),
        references={"log": str(get_active_log_context().uuid or "")},
        changes=tuple(changes),
    )
