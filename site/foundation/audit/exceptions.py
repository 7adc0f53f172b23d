"""What the audit room refuses. Services of the rooms above let these pass; views answer 409 to the first
two.
"""

from __future__ import annotations


class AuditError(Exception):
    """Base of everything this room raises."""


class StreamOvertaken(AuditError):
    """Somebody else wrote to the stream first: the version given is not the one after the newest."""


class KeyReused(AuditError):
    """An idempotency key came back with another request than the one it was first used for."""


class NotInTransaction(AuditError):
    """An event was about to be written outside a transaction: row and event could part."""


class MasterKeyInvalid(AuditError):
    """``REMIT_MASTER_KEY`` is not 32 bytes in base64, or not the key that wrapped the recorded values."""


class GuardMissing(AuditError):
    """The database lacks a trigger or a key that protects the record."""
