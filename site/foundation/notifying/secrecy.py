"""Secrets at rest: encrypted under the master key that is kept outside the database, each bound to its place."""

from __future__ import annotations

from foundation.audit.keys import unwrap, wrap


def sealed(place: str, secret: str) -> bytes:
    """Return ``secret`` as it is stored at ``place``; nothing for nothing."""
    return wrap(f"notifying:{place}", secret.encode()) if secret else b""


def opened(place: str, stored: bytes) -> str:
    """Return the secret. Raises ``MasterKeyInvalid`` when it was moved, changed, or sealed under another key."""
    return unwrap(f"notifying:{place}", bytes(stored)).decode() if stored else ""


def masked(url: str) -> str:
    """Return an address in which the key of the robot cannot be read: where it leads, and its last four characters."""
    head, _slash, tail = url.partition("//")
    host, _slash, rest = tail.partition("/")
    return f"{head}//{host}/…{rest[-4:]}" if len(rest) > 8 else f"{head}//{host}/…"
