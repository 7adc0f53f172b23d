"""What follows when a text comes into force or leaves it: the edition, and the event in the record.

Driven by the rows of ``history``: each row is one change of what is in force, and it is written in the
transaction that changed the page. So page, history, edition and event are there together or not at all, on
every route: the editor, a bulk action, a workflow, a command, a program. Saving a draft leads to nothing
here.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from simple_history.signals import post_create_historical_record
from wagtail.models import Revision

from backoffice.positions.body import edition_body
from backoffice.positions.history import InForceEvent, acting, content_digest
from backoffice.positions.models import PositionPage
from backoffice.positions.signoff import keeping, marking
from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.editions.exceptions import NothingChanged
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.editions.services import publish

EVENTS = {
    InForceEvent.PUBLISH: "position_published",
    InForceEvent.SAVE: "position_text_changed",
    InForceEvent.UNPUBLISH: "position_withdrawn",
    InForceEvent.MOVE: "position_moved",
    InForceEvent.DELETE: "position_deleted",
}


class AuthorMissing(RuntimeError):
    """Something would come into force and nobody can be named for it. A fault of the calling program."""


def stream_of(code: str) -> str:
    """Return the audit stream of the description of the position ``code``."""
    return f"position:{code}"


def connect() -> None:
    """Listen to the rows of the history."""
    post_create_historical_record.connect(
        _in_force_changed, sender=PositionPage.history.model, dispatch_uid="positions.publication"
    )


def _in_force_changed(instance: PositionPage, history_instance: Any, **kwargs: Any) -> None:
    """Write the edition where the text changed, and the event in any case. What nobody else approved does not
    come into force (``approval.door``).
    """
    # The door records on the streams of this module.
    from backoffice.positions.approval import mails
    from backoffice.positions.approval.door import check_into_force
    from backoffice.positions.approval.signatures import signed

    by = acting(instance)
    event = InForceEvent(history_instance.event)
    edition = newest(Edition.Kind.POSITION, instance.code)
    made = None
    clearance = None
    if event in (InForceEvent.PUBLISH, InForceEvent.SAVE):
        if by is None:
            raise AuthorMissing(
                "Publishing needs a person: pass user=, or work inside "
                "wagtail.log_actions.LogContext(user=…)."
            )
        clearance = check_into_force(instance, row=history_instance)
        before = body_of(edition) if edition is not None else None
        try:
            edition = made = publish(
                kind=Edition.Kind.POSITION,
                key=instance.code,
                body=signed(edition_body(instance), clearance, before),
                by=by,
                effective_from=_begins(instance, edition),
            )
        except NothingChanged as same:
            edition = same.edition
    record(
        instance,
        kind=EVENTS[event],
        by=by,
        edition=edition,
        references={
            "history": str(history_instance.history_id),
            "history_sha256": history_instance.content_sha256,
            "log": str(history_instance.log_uuid or ""),
            **_revision_references(history_instance.revision_id),
            **(clearance.references if clearance is not None else {}),
        },
    )
    if made is not None:
        marking.seal(made, instance, by)
    if instance.code:
        keeping.request(instance.code, made)
    if clearance is not None and clearance.steps and edition is not None:
        mails.tell_in_force(clearance.steps[-1], edition)


def _begins(page: PositionPage, newest_edition: Edition | None) -> datetime.date | None:
    """Return the day the new edition takes effect: None is the day of publication, whatever it says.

    Where the newest edition still waits, today is named: then the same text may take effect today after all.
    """
    today = timezone.localdate()
    waits = newest_edition is not None and newest_edition.effective_from > today
    return page.effective_on(today) or (today if waits else None)


def record(
    page: PositionPage,
    *,
    kind: str,
    by: Any,
    edition: Edition | None,
    references: dict[str, str],
    changes: tuple[FieldChange, ...] = (),
) -> None:
    """Append one event to the stream of ``page``'s position. Must run inside a transaction."""
    stream = stream_of(page.code)
    append(
        stream=stream,
        version=next_version(stream),
        kind=kind,
        actor=Actor.of(by) if by is not None else Actor.system("wagtail"),
        edition_sha256=edition.sha256 if edition else "",
        references={"page": str(page.pk), **{name: value for name, value in references.items() if value}},
        changes=changes,
    )


def _revision_references(revision_id: int | None) -> dict[str, str]:
    revision = Revision.objects.filter(pk=revision_id).first() if revision_id else None
    if revision is None:
        return {}
    return {"revision": str(revision.pk), "revision_sha256": content_digest(revision.content)}


def told_in_words(page: PositionPage) -> str:
    """Return what publishing ``page`` came to, for the person who has just done it."""
    edition = newest(Edition.Kind.POSITION, page.code)
    if edition is None:
        return ""
    if edition.published_at < (page.last_published_at or edition.published_at):
        return _("The text says the same as edition %(number)s; no new edition was made.") % {
            "number": edition.number
        }
    if edition.effective_from > timezone.localdate():
        return _("Edition %(number)s is published and takes effect on %(day)s.") % {
            "number": edition.number,
            "day": date_format(edition.effective_from, "DATE_FORMAT"),
        }
    return _("Edition %(number)s is in force.") % {"number": edition.number}
