"""Does the record still tell what it told when it was written? Used by ``manage.py verify`` and the
auditor's desk.

Checked: each stream's chain; each opening against its commitment; each audited row against its newest
event, and each history row against its own; receipts; editions; the database's guards. Other rooms add
checks of their own (``register_check``). Nothing is changed. Memory stays flat: everything is read in
batches.

Not seen here: a whole stream removed with all its rows, or the log put back to an older genuine state. That
takes a witness outside the database.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.utils.translation import gettext as _

from foundation.audit import guards, keys, rows, seal
from foundation.audit.canonical import canonical
from foundation.audit.erasure import ERASED, Entry, mark
from foundation.audit.exceptions import MasterKeyInvalid
from foundation.audit.models import Audited, Erasure, Event, Opening, Receipt, SubjectKey
from foundation.audit.seal import ROW

BATCH = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: in which table, which row, what."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}, {self.row}: {self.what}"


@dataclass
class Report:
    """What was looked at (how many, by name) and what was found."""

    checked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


Progress = Callable[[str, int], None]
Check = Callable[[str], Iterable[Fault]]

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Let ``verify`` ask ``check(using)`` too, each time the whole record is verified; it yields faults."""
    _checks[name] = check


@dataclass
class _Head:
    """The newest event of one stream, as far as its row is concerned."""

    stream: str
    version: int
    table: str
    digest: str
    salt_mark: str


def verify(
    using: str = DEFAULT_DB_ALIAS,
    stream: str | None = None,
    progress: Progress | None = None,
    limit: int = 1000,
) -> Report:
    """Verify the whole record, or one stream of it, and report; at most ``limit`` faults are collected.

    One stream: its chain, openings, row and history. Everything: also streams' missing rows, receipts,
    editions, keys, guards and the checks of other rooms.
    """
    keys.master_key()  # a wrong setting is not a fault of the record: say so at once
    report = Report()
    for fault in _faults(using, stream, report.checked, progress or (lambda name, count: None)):
        report.faults.append(fault)
        if len(report.faults) >= limit:
            break
    report.checked = dict(report.checked)
    return report


def _faults(using: str, stream: str | None, checked: dict[str, int], progress: Progress) -> Iterator[Fault]:
    def counted(name: str, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            checked[name] += 1
            progress(name, checked[name])
            yield item

    yield from _readable(using, Event, _chain_faults(using, stream, counted))
    for model in guards.audited_models():
        if model._meta.db_table not in _tables(using):
            continue
        yield from _readable(using, model, _row_faults(using, stream, model, counted))
        history = rows.history_model(model)
        if history is not None:
            found = _history_faults(using, stream, model, history, counted)
            yield from _readable(using, history, found)
    if stream is not None:
        return
    yield from _readable(using, Opening, _stray_opening_faults(using))
    yield from _readable(using, Erasure, _erasure_faults(using, counted))
    yield from _readable(using, Receipt, _receipt_faults(using, counted))
    yield from _readable(using, SubjectKey, _key_faults(using, counted))
    if apps.is_installed("foundation.editions"):
        edition = apps.get_model("editions.Edition")
        yield from _readable(using, edition, _edition_faults(using, edition, counted))
    for name in counted("guards", guards.missing(using)):
        yield Fault(name, "-", _("this guard of the database is missing or altered"))
    for check in counted("checks", _checks.values()):
        yield from check(using)


def _readable(using: str, model: type[models.Model], found: Iterator[Fault]) -> Iterator[Fault]:
    """Pass faults on; where a row cannot even be read (no date, no Unicode), name it and go on elsewhere."""
    try:
        yield from found
    except Exception as error:
        table, culprits = model._meta.db_table, list(_unreadable(using, model))
        for row in culprits or ["-"]:
            yield Fault(table, row, _("cannot be read: %(error)s") % {"error": error})


def _unreadable(using: str, model: type[models.Model]) -> Iterator[str]:
    stored = model._base_manager.using(using)
    try:
        numbers = list(stored.order_by().values_list("pk", flat=True))
    except Exception:
        return
    for pk in numbers:
        try:
            stored.filter(pk=pk).values_list().get()
        except Exception:
            yield f"id {pk}"


def _tables(using: str) -> set[str]:
    return set(connections[using].introspection.table_names())


Counted = Callable[[str, Iterable[Any]], Iterator[Any]]


def _batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


# --- chain and openings -------------------------------------------------------------------------------------


def _chain_faults(using: str, stream: str | None, counted: Counted) -> Iterator[Fault]:
    events = Event.objects.using(using).order_by("stream", "stream_ver", "id")
    if stream is not None:
        events = events.filter(stream=stream)
    keyring = _Keyring(using)
    heads: list[_Head] = []
    current, version, head_hash = None, 0, seal.NO_HASH
    last: _Head | None = None
    for batch in _batches(counted("events", events.iterator(BATCH))):
        openings = _openings_of(using, batch)
        erased = _erased_of(using, {event.stream for event in batch})
        for event in batch:
            if event.stream != current:
                if last is not None:
                    heads.append(last)
                current, version, head_hash, last = event.stream, 0, seal.NO_HASH, None
            version += 1
            body, whats = event_faults(event, version, head_hash)
            if body is not None:
                row = body["row"]
                if row and row["table"]:
                    last = _Head(event.stream, event.stream_ver, row["table"], row["sha256"], row["salt"])
                gone = erased.get((event.stream, event.stream_ver), set())
                whats += _opening_faults(event, body, openings[event.pk], gone, keyring)
            for what in whats:
                yield Fault("audit_event", f"{event.stream} {event.stream_ver} (id {event.pk})", what)
            version, head_hash = event.stream_ver, bytes(event.hash)
        if len(heads) >= BATCH:
            yield from _missing_row_faults(using, heads)
            heads = []
    yield from _missing_row_faults(using, heads if last is None else [*heads, last])


def event_faults(event: Event, version: int, head_hash: bytes) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the body, when it can be read, and what is wrong with the event itself.

    It should be ``version`` of its stream and follow the event whose hash is ``head_hash``. Asks no database.
    """
    stored = bytes(event.body)
    whats = []
    if event.stream_ver != version:
        whats.append(_("version %(version)s is missing before it") % {"version": version})
    if seal.event_hash(stored) != bytes(event.hash):
        whats.append(_("the hash is not that of the content"))
    if bytes(event.prev) != head_hash:
        whats.append(_("the previous hash is not that of the event before"))
    try:
        body = json.loads(stored)
        well_formed = (
            isinstance(body, dict)
            and body.keys() == seal.FIELDS
            and body["v"] == seal.SCHEMA
            and canonical(body) == stored
        )
    except (ValueError, TypeError):
        well_formed = False
    if not well_formed:
        return None, [*whats, _("the content is not in its canonical form")]
    if (body["stream"], body["stream_ver"], body["prev"]) != (
        event.stream,
        event.stream_ver,
        bytes(event.prev).hex(),
    ):
        whats.append(_("the content names another stream, version or previous hash than the row"))
    return body, whats


def _openings_of(using: str, events: list[Event]) -> dict[int, list[Opening]]:
    found: dict[int, list[Opening]] = defaultdict(list)
    for opening in (
        Opening.objects.using(using).filter(event_id__in=[event.pk for event in events]).select_related("key")
    ):
        found[opening.event_id].append(opening)
    return found


class _Keyring:
    """Opened data keys, so that a person met often is opened once."""

    def __init__(self, using: str) -> None:
        self._keys: dict[tuple[str, bytes], bytes] = {}

    def key(self, row: SubjectKey) -> bytes:
        if row.wrapped is None:
            raise MasterKeyInvalid(row.subject)
        mark = (row.subject, bytes(row.wrapped))
        if mark not in self._keys:
            if len(self._keys) > 10_000:
                self._keys.clear()
            self._keys[mark] = keys.unwrap(*mark)
        return self._keys[mark]


def _opening_faults(
    event: Event, body: dict[str, Any], openings: list[Opening], gone: set[str], keyring: _Keyring
) -> list[str]:
    try:
        said = {(entry["path"], side): entry[side] for entry in body["changes"] for side in ("from", "to")}
    except (KeyError, TypeError):
        return [_("the content is not in its canonical form")]
    row = body["row"]
    if row and row["salt"]:
        said[ROW, "to"] = row["salt"]
    whats = []
    for opening in openings:
        place = {"path": opening.path, "side": opening.side}
        promised = said.pop((opening.path, opening.side), None)
        if promised is None:
            whats.append(_("the opening %(path)s (%(side)s) belongs to no commitment") % place)
        elif not _opens(event, opening, promised, keyring):
            whats.append(_("the opening %(path)s (%(side)s) does not match its commitment") % place)
        if opening.path in gone:
            whats.append(_("the opening %(path)s (%(side)s) was erased and is still there") % place)
    # An erasure says which openings it took; any other that is absent is a fault.
    whats += [
        _("the opening %(path)s (%(side)s) is missing") % {"path": path, "side": side}
        for path, side in said
        if path not in gone
    ]
    return whats


def _erased_of(using: str, streams: set[str]) -> dict[tuple[str, int], set[str]]:
    """Return by event which of its values were lawfully erased."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    rows_of = Erasure.objects.using(using).filter(stream__in=streams).order_by()
    for stream, version, path in rows_of.values_list("stream", "stream_ver", "path"):
        found[stream, version].add(path)
    return found


def _erasure_faults(using: str, counted: Counted) -> Iterator[Fault]:
    """Erasures that no event commits to: an attacker would erase what embarrasses them."""
    by_event = Erasure.objects.using(using).order_by("event_id", "id").select_related("event")
    listed: list[Entry] = []
    last: Event | None = None
    for erasure in counted("erasures", by_event.iterator(BATCH)):
        if last is not None and erasure.event_id != last.pk:
            yield from _uncommitted(last, listed)
            listed = []
        listed.append(Entry(erasure.stream, erasure.stream_ver, erasure.path))
        last = erasure.event
    if last is not None:
        yield from _uncommitted(last, listed)


def _uncommitted(event: Event, listed: list[Entry]) -> Iterator[Fault]:
    try:
        said = json.loads(bytes(event.body))["references"].get(ERASED)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # named by the check of the chain
    if said != mark(listed):
        place = f"{event.stream} {event.stream_ver}"
        yield Fault("audit_erasure", place, _("what was erased is not what its event commits to"))


def _opens(event: Event, opening: Opening, promised: str, keyring: _Keyring) -> bool:
    salt = bytes(opening.salt)
    if opening.path == ROW:
        return (
            opening.value is None
            and opening.key.subject == event.stream
            and seal.salt_fingerprint(salt) == promised
        )
    if opening.value is None:
        return False
    try:
        content = keys.open_value(
            keyring.key(opening.key),
            bytes(opening.value),
            stream=event.stream,
            version=event.stream_ver,
            path=opening.path,
            side=opening.side,
        )
    except (ValueError, MasterKeyInvalid):
        return False
    return seal.commitment(salt, content).hex() == promised


def _stray_opening_faults(using: str) -> Iterator[Fault]:
    """Openings of no event: only possible where the foreign key was switched off."""
    stray = Opening.objects.using(using).exclude(event_id__in=Event.objects.using(using).values("pk"))
    for opening in stray.iterator(BATCH):
        yield Fault("audit_opening", f"id {opening.pk}", _("belongs to no event"))


# --- audited rows and their history -------------------------------------------------------------------------


def _missing_row_faults(using: str, heads: list[_Head]) -> Iterator[Fault]:
    by_table: dict[str, list[_Head]] = defaultdict(list)
    for head in heads:
        by_table[head.table].append(head)
    for label, group in by_table.items():
        try:
            model = apps.get_model(label)
        except LookupError:
            model = None
        there = (
            set(
                model._base_manager.using(using)
                .filter(stream__in=[head.stream for head in group])
                .values_list("stream", flat=True)
            )
            if model is not None and issubclass(model, Audited)
            else set()
        )
        for head in group:
            if head.stream not in there:
                table = model._meta.db_table if model is not None else label
                yield Fault(table, head.stream, _("the row its events tell of is missing"))


def _row_faults(using: str, stream: str | None, model: type[Audited], counted: Counted) -> Iterator[Fault]:
    names = rows.columns(model)
    table = model._meta.db_table
    stored = model._base_manager.using(using).order_by("pk")
    if stream is not None:
        stored = stored.filter(stream=stream)
    for batch in _batches(counted("rows", stored.values_list(*names).iterator(BATCH))):
        values = [dict(zip(names, row, strict=True)) for row in batch]
        streams = {row["stream"] for row in values}
        newest = _newest_versions(using, streams)
        events = _row_parts(using, streams, newest)
        for row in values:
            place = f"{row['stream']} {row['version']}"
            if newest.get(row["stream"]) != row["version"]:
                yield Fault(table, place, _("the row is not at the version of its newest event"))
            for what in _commitment_faults(events.get((row["stream"], row["version"])), names, row, model):
                yield Fault(table, place, what)
        yield from _spelling_faults(using, model, names, values)


# Kinds of column that SQLite keeps as text which can be spelt in several ways with one meaning.
_SPELT = {"UUIDField", "JSONField", "DateTimeField", "DateField", "TimeField", "BooleanField"}


def _spelling_faults(
    using: str, model: type[models.Model], names: Sequence[str], values: list[dict[str, Any]]
) -> Iterator[Fault]:
    """Faults of values with the right meaning, written otherwise than Django writes them (SQLite only).

    A UUID in capitals is the same UUID, and no query finds the row any more.
    """
    connection = connections[using]
    if connection.vendor != "sqlite" or not values:
        return
    fields = {field.attname: field for field in model._meta.concrete_fields}
    spelt = [name for name in names if fields[name].get_internal_type() in _SPELT]
    key = model._meta.pk
    assert key is not None
    quote = connection.ops.quote_name
    picked = ", ".join(f"CAST({quote(str(fields[name].column))} AS BLOB)" for name in spelt)
    wanted = {row[key.attname]: row for row in values}
    marks = ", ".join(["%s"] * len(wanted))
    column = quote(str(key.column))
    # The cast keeps Django's converters out; names are those of our own models.
    sql = f"SELECT {column}, {picked} FROM {quote(model._meta.db_table)} WHERE {column} IN ({marks})"  # noqa: S608
    if not spelt:
        return
    with connection.cursor() as cursor:
        cursor.execute(sql, [key.get_db_prep_save(pk, connection) for pk in wanted])
        found = {key.to_python(pk): stored for pk, *stored in cursor.fetchall()}
    for pk, row in wanted.items():
        # A row whose own key is spelt otherwise is not even found by it.
        stored = found.get(pk, [None] * len(spelt))
        for name, held in zip(spelt, stored, strict=True):
            if held != _written(fields[name].get_db_prep_save(row[name], connection)):
                what = _("%(field)s is not written as the application writes it") % {"field": name}
                yield Fault(model._meta.db_table, f"{row['stream']} {row['version']}", what)


def _written(value: Any) -> bytes | None:
    """Return the text SQLite keeps for a value prepared by Django."""
    if value is None:
        return None
    return str(int(value) if isinstance(value, bool) else value).encode()


def _newest_versions(using: str, streams: set[str]) -> dict[str, int]:
    found = Event.objects.using(using).filter(stream__in=streams).order_by().values("stream")
    return {entry["stream"]: entry["newest"] for entry in found.annotate(newest=models.Max("stream_ver"))}


@dataclass
class _RowPart:
    """What one event says of its row, with the salt that opens it."""

    said: dict[str, str]
    salt: bytes | None
    id: int


def _row_parts(
    using: str, streams: set[str], versions: dict[str, int] | None = None
) -> dict[tuple[str, int], _RowPart]:
    events = Event.objects.using(using).filter(stream__in=streams)
    if versions is not None:
        events = events.filter(stream_ver__in=set(versions.values()))
    found = list(events)
    salts = dict(
        Opening.objects.using(using)
        .filter(event_id__in=[event.pk for event in found], path=ROW)
        .values_list("event_id", "salt")
    )
    parts = {}
    for event in found:
        try:
            said = json.loads(bytes(event.body))["row"]
        except (ValueError, TypeError, KeyError):
            continue  # named by the check of the chain
        if isinstance(said, dict):
            salt = salts.get(event.pk)
            parts[event.stream, event.stream_ver] = _RowPart(said, bytes(salt) if salt else None, event.pk)
    return parts


def _commitment_faults(
    part: _RowPart | None, names: Sequence[str], row: dict[str, Any], model: type[Audited]
) -> Iterator[str]:
    if part is None or part.salt is None or part.said.get("table") != model._meta.label_lower:
        yield _("no event commits to this state of the row")
        return
    content = rows.committed(model, names, [row[name] for name in names])
    if seal.commitment(part.salt, content).hex() != part.said.get("sha256"):
        yield _("the content is not the one its event commits to")


def _history_faults(
    using: str,
    stream: str | None,
    model: type[Audited],
    history: type[models.Model],
    counted: Counted,
) -> Iterator[Fault]:
    names, extra = rows.columns(model), rows.history_columns(model, history)
    table = history._meta.db_table
    expected = (
        model._base_manager.using(using)
        if stream is None
        else model._base_manager.using(using).filter(stream=stream)
    )
    # By stream, so that versions without a history row show; rows of no stream at all come after.
    for batch in _batches(expected.order_by("pk").values_list("stream", flat=True).iterator(BATCH)):
        parts = _row_parts(using, set(batch))
        erased = _erased_of(using, set(batch))
        kept = history._base_manager.using(using).filter(stream__in=batch).order_by("pk")
        everything = [*names, *extra]
        found = [
            dict(zip(everything, values, strict=True))
            for values in counted("history rows", kept.values_list(*everything).iterator(BATCH))
        ]
        yield from _spelling_faults(using, history, everything, found)
        for row in found:
            place = f"{row['stream']} {row['version']}"
            part = parts.pop((row["stream"], row["version"]), None)
            if part is None:
                yield Fault(table, place, _("an event for this history row is missing, or it appears twice"))
                continue
            for what in _commitment_faults(part, names, row, model):
                yield Fault(table, place, what)
            who = rows.row_bytes(extra, [row[name] for name in extra])
            if part.salt is None or seal.history_commitment(part.salt, who).hex() != part.said.get("history"):
                yield Fault(table, place, _("who, when or why is not what its event commits to"))
        for (name, version), part in parts.items():
            if part.said.get("table") == model._meta.label_lower and ROW not in erased[name, version]:
                yield Fault(table, f"{name} {version}", _("the history row of this version is missing"))
    if stream is None:
        stray = history._base_manager.using(using).exclude(
            stream__in=model._base_manager.using(using).values("stream")
        )
        for name, version in stray.values_list("stream", "version").iterator(BATCH):
            yield Fault(table, f"{name} {version}", _("a history row of no row"))


# --- the rest -----------------------------------------------------------------------------------------------


def _receipt_faults(using: str, counted: Counted) -> Iterator[Fault]:
    told = models.Exists(
        Event.objects.using(using).filter(
            stream=models.OuterRef("stream"), stream_ver=models.OuterRef("stream_ver")
        )
    )
    receipts = Receipt.objects.using(using).annotate(told=told).order_by("pk")
    for receipt in counted("receipts", receipts.iterator(BATCH)):
        if not receipt.told:
            yield Fault(
                "audit_receipt",
                f"id {receipt.pk}",
                _("names an event that does not exist: %(event)s") % {"event": receipt},
            )


def _key_faults(using: str, counted: Counted) -> Iterator[Fault]:
    for row in counted("keys", SubjectKey.objects.using(using).order_by("pk").iterator(BATCH)):
        try:
            if row.wrapped is None or row.destroyed_at is not None:
                raise MasterKeyInvalid(row.subject)
            keys.unwrap(row.subject, bytes(row.wrapped))
        except MasterKeyInvalid:
            yield Fault("audit_subjectkey", row.subject, _("the key does not open"))


def _edition_faults(using: str, model: type[models.Model], counted: Counted) -> Iterator[Fault]:
    """Editions stand above this room, so their model is handed in: their hash must be that of their bytes."""
    editions = model._base_manager.using(using).order_by("pk")
    fields = editions.values_list("kind", "key", "number", "body", "sha256")
    for kind, key, number, body, sha256 in counted("editions", fields.iterator(BATCH)):
        if hashlib.sha256(bytes(body)).hexdigest() != sha256:
            yield Fault(
                model._meta.db_table, f"{kind} {key} {number}", _("the SHA-256 is not that of the content")
            )
