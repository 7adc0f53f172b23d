"""The only writer of the record: events, openings, receipts, and rows that change together with an event.

Everything here runs inside the caller's transaction; what must be true together becomes true together or
not at all.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, TypedDict, Unpack

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import signals
from django.utils import timezone

from foundation.audit import keys, rows, seal
from foundation.audit.canonical import canonical
from foundation.audit.exceptions import AuditError, KeyReused, NotInTransaction, StreamOvertaken
from foundation.audit.models import Audited, Event, Opening, Receipt
from foundation.insertion import insert_rows
from foundation.prepared import Prepared, Slot, insert_row, update_row

__all__ = [
    "Actor",
    "AuditError",
    "EventFields",
    "FieldChange",
    "KeyReused",
    "NotInTransaction",
    "StreamOvertaken",
    "append",
    "change_audited",
    "create_audited",
    "next_version",
    "remember",
    "remembered",
    "take_turn",
]


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or the machine under a name of its own. ``acting_for`` is the id of whoever is
    deputised for.
    """

    user_id: int | None
    name: str
    acting_for: int | None = None
    channel: str = "web"

    @classmethod
    def of(cls, user: Any, *, acting_for: int | None = None, channel: str = "web") -> Actor:
        """Return the actor for a signed-in person."""
        return cls(user_id=user.pk, name=str(user), acting_for=acting_for, channel=channel)

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the actor for a process that acts by itself: ``Actor.system("worker")``."""
        return cls(user_id=None, name=name, channel="system")

    def as_recorded(self) -> dict[str, Any]:
        """Return what an event says: ids, and a name only where no person is meant."""
        return {
            "id": self.user_id,
            "for": self.acting_for,
            "channel": self.channel,
            "system": self.name if self.user_id is None else "",
        }


@dataclass(frozen=True)
class FieldChange:
    """One field before and after. ``subject`` says whose data it is: erasing that subject erases these
    values.
    """

    path: str
    before: Any
    after: Any
    subject: str


class EventFields(TypedDict, total=False):
    """What else an event may say; see ``append``."""

    edition_sha256: str
    source_state: str
    target_state: str
    references: Mapping[str, str]
    request_id: str
    idempotency_key: str


@dataclass(frozen=True)
class _Row:
    """The part of an event that speaks of the row it changed."""

    table: str
    digest: bytes
    salt: bytes | None = None
    history: bytes | None = None

    def as_recorded(self) -> dict[str, str]:
        return {
            "table": self.table,
            "sha256": self.digest.hex(),
            "salt": seal.salt_fingerprint(self.salt) if self.salt else "",
            "history": self.history.hex() if self.history else "",
        }


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction("Write to the record inside transaction.atomic().")


def take_turn(name: str) -> None:
    """Wait until no other transaction holds ``name``; held until the end of this one. For what must be
    counted or looked up before it is written, where no row can be locked yet.

    SQLite has one writer at a time anyway (IMMEDIATE). On PostgreSQL there may be no row to lock yet.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


_NEWEST = Prepared(
    lambda: (
        Event.objects.filter(stream=Slot("stream", models.CharField()))
        .order_by("-stream_ver")
        .values_list("stream_ver", "hash")[:1]
    )
)
_RECEIPT = Prepared(lambda: Receipt.objects.filter(key_hash=Slot("key_hash", models.CharField())))


def _head(stream: str) -> tuple[int, bytes]:
    newest = _NEWEST.first(stream=stream)
    return (newest[0], bytes(newest[1])) if newest else (0, seal.NO_HASH)


def next_version(stream: str) -> int:
    """Return the version the next event of ``stream`` will have. Inside a transaction it stays so until the
    end of it.
    """
    if connection.in_atomic_block:
        take_turn(f"stream {stream}")
    return _head(stream)[0] + 1


def append(
    *,
    stream: str,
    version: int,
    kind: str,
    actor: Actor,
    changes: Sequence[FieldChange] = (),
    edition_sha256: str = "",
    source_state: str = "",
    target_state: str = "",
    row_digest: bytes | None = None,
    references: Mapping[str, str] | None = None,
    request_id: str = "",
    idempotency_key: str = "",
) -> Event:
    """Add one event to a stream and return it.

    ``version`` is the newest version plus one. Values of ``changes`` and ``references`` are JSON-able
    without floats; values go, encrypted, beside the chain, and only salted commitments to them go into it.
    Raises ``NotInTransaction``; ``StreamOvertaken`` for another version; ``TypeError`` for a value JSON
    cannot hold.
    """
    return _append(
        stream,
        version,
        kind,
        actor,
        changes,
        _Row("", row_digest) if row_digest is not None else None,
        EventFields(
            edition_sha256=edition_sha256,
            source_state=source_state,
            target_state=target_state,
            references=references or {},
            request_id=request_id,
            idempotency_key=idempotency_key,
        ),
    )


def _append(
    stream: str,
    version: int,
    kind: str,
    actor: Actor,
    changes: Sequence[FieldChange],
    row: _Row | None,
    fields: EventFields,
) -> Event:
    _require_transaction()
    if not stream:
        raise ValueError("An event needs a stream.")
    if row is None or version == 1:
        take_turn(f"stream {stream}")  # the others hold the row that the stream belongs to
    newest, prev = _head(stream)
    if version != newest + 1:
        raise StreamOvertaken(f"{stream} is at version {newest}; {version} cannot follow.")

    said: list[dict[str, str]] = []
    sealed: list[tuple[str, str, bytes, bytes | None, str]] = []  # path, side, salt, canonical value, subject
    for change in changes:
        entry = {"path": change.path}
        for side, value in (("from", change.before), ("to", change.after)):
            salt, content = seal.new_salt(), canonical(value)
            entry[side] = seal.commitment(salt, content).hex()
            sealed.append((change.path, side, salt, content, change.subject))
        said.append(entry)
    if row is not None and row.salt is not None:
        sealed.append((seal.ROW, "to", row.salt, None, stream))

    body = seal.body_bytes(
        {
            "stream": stream,
            "stream_ver": version,
            "prev": prev.hex(),
            "event": uuid.uuid4().hex,
            "kind": kind,
            "actor": actor.as_recorded(),
            "request": fields.get("request_id", ""),
            "idempotency": seal.fingerprint(fields.get("idempotency_key", "")),
            "edition": fields.get("edition_sha256", ""),
            "from": fields.get("source_state", ""),
            "to": fields.get("target_state", ""),
            "changes": said,
            "row": row.as_recorded() if row is not None else None,
            "references": dict(fields.get("references", {})),
            "at": timezone.now().astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        }
    )
    event = Event(stream=stream, stream_ver=version, body=body, prev=prev, hash=seal.event_hash(body))
    insert_row(event)
    if sealed:
        subjects = keys.keys_for(subject for *_, subject in sealed)
        sealers = {
            subject: keys.Sealer(data_key, stream=stream, version=version)
            for subject, (_row, data_key) in subjects.items()
        }
        insert_rows(
            Opening,
            ("event_id", "path", "side", "salt", "value", "key_id"),
            [
                (
                    event.pk,
                    path,
                    side,
                    salt,
                    None if content is None else sealers[subject].seal(content, path=path, side=side),
                    subjects[subject][0].pk,
                )
                for path, side, salt, content, subject in sealed
            ],
        )
    return event


def create_audited(
    instance: Audited,
    *,
    kind: str,
    actor: Actor,
    by: Any = None,
    reason: str = "",
    changes: Sequence[FieldChange] = (),
    **event_fields: Unpack[EventFields],
) -> Event:
    """Insert an audited row as version 1, with its history row and the first event of its stream; return
    the event.

    The caller sets ``instance.stream``. The author of the history row is ``by``, without one the actor;
    ``reason`` becomes its ``history_change_reason``. Raises ``NotInTransaction``, ``StreamOvertaken`` when
    the stream exists.
    """
    _require_transaction()
    instance.version = 1
    return _save_with_event(instance, kind, actor, by, reason, changes, event_fields, new=True)


def change_audited(
    instance: Audited,
    *,
    kind: str,
    actor: Actor,
    by: Any = None,
    reason: str = "",
    changes: Sequence[FieldChange] = (),
    **event_fields: Unpack[EventFields],
) -> Event:
    """Save a changed audited row as its next version, with history row and event; ``instance.version`` goes
    up by one.

    Raises ``StreamOvertaken`` when the row is no longer at the version the instance was read at (nothing is
    written), ``NotInTransaction``.
    """
    _require_transaction()
    instance.version += 1
    try:
        return _save_with_event(instance, kind, actor, by, reason, changes, event_fields, new=False)
    except BaseException:
        instance.version -= 1
        raise


def _save_with_event(
    instance: Audited,
    kind: str,
    actor: Actor,
    by: Any,
    reason: str,
    changes: Sequence[FieldChange],
    event_fields: EventFields,
    *,
    new: bool,
) -> Event:
    model = type(instance)._meta.concrete_model
    assert model is not None
    # What the history library reads when the row is saved; the author is kept by value, so an id is enough.
    author = by.pk if by is not None else actor.user_id
    marks: dict[str, Any] = {
        "_history_user": None if author is None else SimpleNamespace(pk=author),
        "_change_reason": reason or None,
    }
    for name, value in marks.items():
        setattr(instance, name, value)
    try:
        if new:
            instance.save(force_insert=True)
        else:
            _update(instance)
        history_row: models.Model | None = instance.__dict__.pop("_history_row", None)
    finally:
        for name in marks:
            delattr(instance, name)

    salt = seal.new_salt()
    history = rows.history_model(model)
    who_and_when = None
    if history is not None:
        if history_row is None:
            raise AuditError(f"No history row was written for {instance.stream}.")
        names = rows.history_columns(model, history)
        who_and_when = seal.history_commitment(
            salt, rows.row_bytes(names, [getattr(history_row, name) for name in names])
        )
    row = _Row(
        table=model._meta.label_lower,
        digest=seal.commitment(salt, rows.stored_row(model, instance.pk)),
        salt=salt,
        history=who_and_when,
    )
    return _append(instance.stream, instance.version, kind, actor, changes, row, event_fields)


def _update(instance: Audited) -> None:
    """Save a row as Django does, signals included, with a statement that is composed once, and only over the version
    before. Raises ``StreamOvertaken``.
    """
    model, using = type(instance), connection.alias
    told: dict[str, Any] = {"instance": instance, "raw": False, "using": using, "update_fields": None}
    signals.pre_save.send(model, **told)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    there = update_row(
        model,
        [(field, field.pre_save(instance, False)) for field in fields],
        where=[(model._meta.pk, instance.pk), (_version_field(model), instance.version - 1)],
    )
    if not there:
        raise StreamOvertaken(f"{instance.stream} is no longer at version {instance.version - 1}.")
    signals.post_save.send(model, created=False, **told)


@cache
def _version_field(model: type[Audited]) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.name == "version")


def remembered(key: str, request: Any) -> Receipt | None:
    """Return the receipt of the request that used ``key`` before; nothing when it is new.

    Inside a transaction a second request with the same key waits here until the first has ended, so that of
    many equal ones exactly one acts. Raises ``KeyReused`` when the key was used for a different request.
    """
    key_hash = seal.fingerprint(key)
    if connection.in_atomic_block:
        take_turn(f"key {key_hash}")
    receipt = _RECEIPT.first(key_hash=key_hash)
    if receipt is not None and receipt.request_hash != _request_hash(request):
        raise KeyReused("This key was used for another request.")
    return receipt


def remember(key: str, request: Any, event: Event, answer: dict[str, Any]) -> Receipt:
    """Keep the answer given to ``request`` under its idempotency key, in the transaction that acted on it."""
    _require_transaction()
    receipt = Receipt(
        key_hash=seal.fingerprint(key),
        stream=event.stream,
        stream_ver=event.stream_ver,
        request_hash=_request_hash(request),
        answer=answer,
    )
    insert_row(receipt)
    return receipt


def _request_hash(request: Any) -> str:
    text = json.dumps(
        request, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()
