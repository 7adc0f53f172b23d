"""Hashes and commitments, against an independent computation and against every edit of one byte."""

from __future__ import annotations

import hashlib
import random
import tomllib
from pathlib import Path

import pytest

from foundation.audit import seal
from foundation.audit.models import Event
from foundation.audit.verification import event_faults

BODY = seal.body_bytes(dict.fromkeys(seal.FIELDS - {"v", "software"}, ""))


def test_the_hash_of_an_event_is_domain_separated_sha256_of_the_stored_bytes():
    assert seal.event_hash(b"{}") == hashlib.sha256(b"audit/event/v1" + b"\x00" + b"{}").digest()


def test_a_commitment_is_domain_separated_sha256_of_salt_and_value():
    salt = bytes(range(32))
    assert (
        seal.commitment(salt, b'"a"') == hashlib.sha256(b"audit/commitment/v1\x00" + salt + b'"a"').digest()
    )


def test_no_edit_of_one_byte_keeps_the_hash():
    good = seal.event_hash(BODY)
    edited = bytearray(BODY)
    survivors = []
    for index, byte in enumerate(BODY):
        for other in range(256):
            if other != byte:
                edited[index] = other
                if seal.event_hash(bytes(edited)) == good:
                    survivors.append((index, other))
        edited[index] = byte
    assert survivors == []


def an_event() -> Event:
    fields = dict.fromkeys(seal.FIELDS - {"v", "software"}, "")
    body = seal.body_bytes(
        fields | {"stream": "case:1", "stream_ver": 2, "prev": "ab" * 32, "changes": [], "row": None}
    )
    return Event(
        stream="case:1", stream_ver=2, body=body, prev=bytes.fromhex("ab" * 32), hash=seal.event_hash(body)
    )


def test_every_byte_of_an_event_is_watched():
    """Each byte of content, previous hash and hash, each changed to sixteen others."""
    draw, missed = random.Random(1), []
    assert event_faults(an_event(), 2, bytes.fromhex("ab" * 32))[1] == []
    for column in ("body", "prev", "hash"):
        value = getattr(an_event(), column)
        for index in range(len(value)):
            for mask in draw.sample(range(1, 256), 16):
                event, edited = an_event(), bytearray(value)
                edited[index] ^= mask
                setattr(event, column, bytes(edited))
                if not event_faults(event, 2, bytes.fromhex("ab" * 32))[1]:
                    missed.append((column, index, mask))
    assert missed == []


@pytest.mark.parametrize(("stream", "version"), [("case:2", 2), ("case:1", 3), ("case:1", 1)])
def test_an_event_moved_to_another_place_is_seen(stream, version):
    event = an_event()
    event.stream, event.stream_ver = stream, version
    assert event_faults(event, 2, bytes.fromhex("ab" * 32))[1] != []


def test_a_body_spelt_otherwise_is_seen_even_under_a_hash_of_its_own():
    event = an_event()
    event.body = event.body.replace(b'","', b'", "', 1)
    event.hash = seal.event_hash(event.body)
    assert len(event_faults(event, 2, bytes.fromhex("ab" * 32))[1]) == 1


def test_salts_are_32_bytes_and_never_the_same():
    salts = {seal.new_salt() for _ in range(1000)}
    assert (len(salts), {len(salt) for salt in salts}) == (1000, {32})


def test_a_body_has_exactly_the_fields_of_its_schema():
    with pytest.raises(ValueError, match="extra"):
        seal.body_bytes(dict.fromkeys(seal.FIELDS - {"v", "software"}, "") | {"extra": ""})


def test_the_software_named_in_events_is_this_release():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert f"{project['name']}/{project['version']}" == seal.SOFTWARE
