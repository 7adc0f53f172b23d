"""The bytes of an event and the hashes over them. Pure functions: the verifier and the writer share them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from foundation.audit.canonical import canonical

SCHEMA = 1
SOFTWARE = "remit/0.1.0"
SALT_BYTES = 32
NO_HASH = bytes(32)
ROW = "row"
"""Path of the opening that keeps the salt of an event's commitment to its row."""

_EVENT = b"audit/event/v1\x00"
_COMMITMENT = b"audit/commitment/v1\x00"
_HISTORY = b"audit/history/v1\x00"
_SALT = b"audit/salt/v1\x00"


def event_hash(body: bytes) -> bytes:
    """Return the hash of an event over exactly its stored bytes."""
    return hashlib.sha256(_EVENT + body).digest()


def new_salt() -> bytes:
    """Return 32 random bytes: without them nobody can guess a committed phone number."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, value: bytes) -> bytes:
    """Return the commitment to canonical ``value`` under ``salt``."""
    return hashlib.sha256(_COMMITMENT + salt + value).digest()


def history_commitment(salt: bytes, value: bytes) -> bytes:
    """Return the commitment to who, when and why of a history row, under the salt of the row's commitment."""
    return hashlib.sha256(_HISTORY + salt + value).digest()


def salt_fingerprint(salt: bytes) -> str:
    """Return what an event says of a salt kept apart, so that the salt itself cannot be exchanged."""
    return hashlib.sha256(_SALT + salt).hexdigest()


def fingerprint(key: str) -> str:
    """Return the hash of an idempotency key (empty for none): the key itself may be personal."""
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


FIELDS = frozenset(
    {
        "v",
        "stream",
        "stream_ver",
        "prev",
        "event",
        "kind",
        "actor",
        "request",
        "idempotency",
        "edition",
        "from",
        "to",
        "changes",
        "row",
        "references",
        "at",
        "software",
    }
)


def body_bytes(fields: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an event of the present schema. Raises ``ValueError`` for other fields
    than its own.
    """
    if fields.keys() != FIELDS - {"v", "software"}:
        odd = sorted(fields.keys() ^ (FIELDS - {"v", "software"}))
        raise ValueError(f"fields of an event body: {odd}")
    return canonical({"v": SCHEMA, "software": SOFTWARE, **fields})
