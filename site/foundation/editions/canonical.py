"""How the content of an edition is written as bytes, so that equal content has an equal hash.

The rules are those of the record (``foundation.audit.canonical``): UTF-8 JSON without spaces, keys sorted as
RFC 8785 sorts them, text in Unicode form NFC, no fractions (money is whole minor units, or text).
"""

from __future__ import annotations

import hashlib

from foundation.audit.canonical import canonical

__all__ = ["canonical", "digest"]


def digest(body: bytes) -> str:
    """Return the SHA-256 of exactly these bytes, as hexadecimal text."""
    return hashlib.sha256(body).hexdigest()
