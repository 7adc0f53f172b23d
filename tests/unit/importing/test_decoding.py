"""Which bytes are read how, and which are refused with a sentence."""

import codecs
import hashlib

import pytest
from django.utils import translation

from backoffice.positions.importing import ImportRefused, read_file

SIMPLIFIED = "洗车员岗位职责\n1、负责清洗客户的车辆。\n2、完成上级交办的工作。\n"
TRADITIONAL = "洗車員崗位職責\n1、負責清洗客戶的車輛。\n2、完成上級交辦的工作。\n"


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (SIMPLIFIED.encode(), "utf-8", SIMPLIFIED),
        (codecs.BOM_UTF8 + SIMPLIFIED.encode(), "utf-8", SIMPLIFIED),
        (codecs.BOM_UTF16_LE + SIMPLIFIED.encode("utf-16-le"), "utf-16-le", SIMPLIFIED),
        (codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"), "utf-16-be", SIMPLIFIED),
        (SIMPLIFIED.encode("utf-16-le"), "utf-16-le", SIMPLIFIED),
        (SIMPLIFIED.encode("gb18030"), "gb18030", SIMPLIFIED),
        (TRADITIONAL.encode("big5"), "big5", TRADITIONAL),
        (TRADITIONAL.encode("gb18030"), "gb18030", TRADITIONAL),
    ],
)
def test_encodings(data: bytes, encoding: str, text: str) -> None:
    collection = read_file(data, "list.txt")
    assert (collection.encoding, collection.text) == (encoding, text)
    assert collection.sha256 == hashlib.sha256(data).hexdigest()
    assert len(collection.units[0].duties) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is damaged"),
        (b"\x01\x02\x03\x1e\x1f" * 50 + b"text", "is not a text file"),
        (b"\xff\xff\xff\xfe\x81", "cannot be read"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "cannot be read"),
        (b"a" * (5 * 1024 * 1024 + 1), "is larger than 5 MB"),
    ],
)
def test_refusals_name_the_file(data: bytes, words: str) -> None:
    with translation.override("en"), pytest.raises(ImportRefused, match=rf"“list.txt” {words}"):
        read_file(data, "list.txt")


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "“list.txt” is empty."), ("zh-hans", "“list.txt”是空文件。")]
)
def test_refusals_are_in_the_language_of_the_person(language: str, sentence: str) -> None:
    with translation.override(language), pytest.raises(ImportRefused) as refusal:
        read_file(b"", "list.txt")
    assert str(refusal.value) == sentence
