"""Encryption of recorded values: one data key per subject, wrapped by the master key that is kept outside
the database.

AES-256-GCM throughout; what a cipher text belongs to is bound in, so that none can be moved to another place.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from foundation.audit.canonical import canonical
from foundation.audit.exceptions import MasterKeyInvalid
from foundation.audit.models import SubjectKey
from foundation.prepared import PreparedAmong

_NONCE = 12
_KEYS = PreparedAmong(models.CharField(), lambda subjects: SubjectKey.objects.filter(subject__in=subjects))


def master_key() -> bytes:
    """Return the master key. Raises ``MasterKeyInvalid`` when the setting is not 32 bytes in base64."""
    try:
        key = base64.b64decode(settings.REMIT_MASTER_KEY, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise MasterKeyInvalid("REMIT_MASTER_KEY must be 32 bytes in base64.")
    return key


def _encrypt(cipher: AESGCM, plain: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, place)


def _decrypt(key: bytes, sealed: bytes, place: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)


def _key_place(subject: str) -> bytes:
    return b"audit/subject-key/v1\x00" + subject.encode()


def _value_place(stream: str, version: int, path: str, side: str) -> bytes:
    return b"audit/opening/v1\x00" + canonical([stream, version, path, side])


def wrap(subject: str, data_key: bytes) -> bytes:
    """Return a subject's data key as it is stored."""
    return _encrypt(AESGCM(master_key()), data_key, _key_place(subject))


def unwrap(subject: str, wrapped: bytes) -> bytes:
    """Return a subject's data key. Raises ``MasterKeyInvalid`` when it was wrapped by another key or
    changed.
    """
    try:
        return _decrypt(master_key(), wrapped, _key_place(subject))
    except (InvalidTag, ValueError):
        raise MasterKeyInvalid(f"The key of {subject} does not open.") from None


def assert_opens() -> None:
    """Raise ``MasterKeyInvalid`` unless the master key is sound and opens the newest key that was kept.

    With another key nothing recorded before could be read, and nothing more could be recorded beside it.
    """
    master_key()
    newest = SubjectKey.objects.filter(wrapped__isnull=False).order_by("-pk").first()
    if newest is None or newest.wrapped is None:
        return
    try:
        unwrap(newest.subject, bytes(newest.wrapped))
    except MasterKeyInvalid:
        raise MasterKeyInvalid(
            "REMIT_MASTER_KEY is not the key under which this database was written. "
            "Set the one that was kept apart from the database."
        ) from None


def keys_for(subjects: Iterable[str]) -> dict[str, tuple[SubjectKey, bytes]]:
    """Return each subject's row and data key; a subject seen for the first time gets one. Two queries at
    the most, three with new ones.

    A subject whose key was destroyed gets no new one: raises ``MasterKeyInvalid``, for nothing more may be
    recorded.
    """
    wanted = sorted(set(subjects))
    rows = {row.subject: row for row in _KEYS.all(wanted)}
    new = [subject for subject in wanted if subject not in rows]
    if new:
        # Two writers may meet the same person for the first time: the first key stays, both use it.
        SubjectKey.objects.bulk_create(
            [SubjectKey(subject=subject, wrapped=wrap(subject, secrets.token_bytes(32))) for subject in new],
            ignore_conflicts=True,
        )
        rows |= {row.subject: row for row in SubjectKey.objects.filter(subject__in=new)}
    keys = {}
    for subject, row in rows.items():
        if row.wrapped is None:
            raise MasterKeyInvalid(f"The key of {subject} was destroyed.")
        keys[subject] = (row, unwrap(subject, bytes(row.wrapped)))
    return keys


class Sealer:
    """Seals the values of one event under the data key of one subject."""

    def __init__(self, data_key: bytes, *, stream: str, version: int) -> None:
        self._cipher = AESGCM(data_key)
        self._stream, self._version = stream, version

    def seal(self, value: bytes, *, path: str, side: str) -> bytes:
        """Return ``value`` encrypted for exactly this place of the record."""
        return _encrypt(self._cipher, value, _value_place(self._stream, self._version, path, side))


def open_value(data_key: bytes, sealed: bytes, *, stream: str, version: int, path: str, side: str) -> bytes:
    """Return the value of this place. Raises ``ValueError`` when it was changed or belongs elsewhere."""
    try:
        return _decrypt(data_key, sealed, _value_place(stream, version, path, side))
    except InvalidTag:
        raise ValueError("the recorded value does not open") from None
