"""Publishing: the only way an edition comes to be."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from foundation.audit.services import Actor, FieldChange, append, next_version, remember, remembered
from foundation.editions.canonical import canonical, digest
from foundation.editions.difference import Change, difference
from foundation.editions.exceptions import BodyRefused, DatesReversed, NothingChanged, UnknownKind
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest

if TYPE_CHECKING:
    from foundation.organisation.models import User

PATH_LENGTH = 200  # of audit.Opening.path


def stream_of(kind: str, key: str) -> str:
    """Return the audit stream that tells of the editions of one definition or text."""
    return f"edition:{kind}:{key}"


def publish(
    *,
    kind: str,
    key: str,
    body: dict[str, Any],
    by: User,
    effective_from: datetime.date | None = None,
    effective_until: datetime.date | None = None,
    note: str = "",
    idempotency_key: str | None = None,
    channel: str = "web",
) -> Edition:
    """Write the next edition of ``key``, in force from ``effective_from`` (today without one).

    Who may is for the caller to have asked. Numbers have no gaps, also when several publish at once. The
    event ``edition_published`` tells each difference to the edition before. The same ``idempotency_key``
    with the same request returns the edition it made the first time.

    Raises:
        NothingChanged: the newest edition has this very body, and no other dates are asked for.
        DatesReversed: ``effective_until`` lies before ``effective_from``.
        BodyRefused: the body has no canonical form.
        UnknownKind: ``kind`` is not one of ``Edition.Kind``.
        foundation.audit's KeyReused: the idempotency key belongs to another request.
    """
    if kind not in Edition.Kind.values:
        raise UnknownKind(kind)
    try:
        stored = canonical(body)
    except (TypeError, ValueError) as fault:
        raise BodyRefused(str(fault)) from fault
    sha256 = digest(stored)
    request = {
        "service": "editions.publish",
        "kind": kind,
        "key": key,
        "sha256": sha256,
        "from": effective_from.isoformat() if effective_from else None,
        "until": effective_until.isoformat() if effective_until else None,
        "note": note,
        "by": by.pk,
    }
    with transaction.atomic():
        version = next_version(stream_of(kind, key))  # and nobody else publishes this key until we are done
        if idempotency_key and (receipt := remembered(idempotency_key, request)):
            return Edition.objects.get(pk=receipt.answer["edition"])
        last = newest(kind, key)
        if last is not None and _says_the_same(last, stored, effective_from, effective_until):
            raise NothingChanged(last)
        begins = effective_from or timezone.localdate()
        if effective_until is not None and effective_until < begins:
            raise DatesReversed
        edition = Edition.objects.create(
            kind=kind,
            key=key,
            number=last.number + 1 if last else 1,
            body=stored,
            sha256=sha256,
            effective_from=begins,
            effective_until=effective_until,
            published_by=by,
            note=note,
        )
        event = append(
            stream=stream_of(kind, key),
            version=version,
            kind="edition_published",
            actor=Actor.of(by, channel=channel),
            changes=_told(edition, last),
            edition_sha256=sha256,
            references={"edition": str(edition.number), "effective_from": begins.isoformat()},
            idempotency_key=idempotency_key or "",
        )
        if idempotency_key:
            remember(idempotency_key, request, event, {"edition": edition.pk})
    return edition


def _says_the_same(
    last: Edition, stored: bytes, begins: datetime.date | None, ends: datetime.date | None
) -> bool:
    same_dates = begins in (None, last.effective_from) and ends in (None, last.effective_until)
    return bytes(last.body) == stored and same_dates


def _told(edition: Edition, last: Edition | None) -> list[FieldChange]:
    """Return the differences to the edition before, and under ``@…`` what is said of the edition itself."""
    subject = stream_of(edition.kind, edition.key)
    told = [
        FieldChange(path=_path(change), before=change.before, after=change.after, subject=subject)
        for change in difference(body_of(last) if last else None, body_of(edition))
    ]
    for name in ("number", "effective_from", "effective_until", "note"):
        before, after = _said(last, name), _said(edition, name)
        if before != after:
            told.append(FieldChange(path=f"@{name}", before=before, after=after, subject=subject))
    return told


def _said(edition: Edition | None, name: str) -> Any:
    value = getattr(edition, name) if edition else None
    return value.isoformat() if isinstance(value, datetime.date) else (value or None)


def _path(change: Change) -> str:
    """Return the path, shortened to its beginning and its hash where the record has no room for it."""
    if len(change.path) <= PATH_LENGTH:
        return change.path
    return f"{change.path[: PATH_LENGTH - 17]}…{digest(change.path.encode())[:16]}"
