"""Hashes and commitments, against an independent computation and against every edit of one byte."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

from foundation.audit import seal

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


def test_salts_are_32_bytes_and_never_the_same():
    salts = {seal.new_salt() for _ in range(1000)}
    assert (len(salts), {len(salt) for salt in salts}) == (1000, {32})


def test_a_body_has_exactly_the_fields_of_its_schema():
    with pytest.raises(ValueError, match="extra"):
        seal.body_bytes(dict.fromkeys(seal.FIELDS - {"v", "software"}, "") | {"extra": ""})


def test_the_software_named_in_events_is_this_release():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert f"{project['name']}/{project['version']}" == seal.SOFTWARE
