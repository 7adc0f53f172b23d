"""One at a time under a name, until the transaction ends."""

from __future__ import annotations

import hashlib

from django.db import connection


def hold(name: str) -> None:
    """Wait until nobody else holds ``name``, and hold it until the end of the transaction.

    PostgreSQL: an advisory lock. SQLite: nothing to do, a transaction of ours takes the write lock of the
    whole database at its start (``transaction_mode = IMMEDIATE``).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A lock is held until the end of a transaction, and there is none.")
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
