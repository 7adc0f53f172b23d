"""Files made to do harm, damaged or of another kind: each is refused with a sentence that helps."""

import io
import struct
import zipfile

import pytest
from django.utils import translation

from backoffice.positions.importing import Budget, ImportRefused, read_file
from tests.factories.word import make_word, make_zip, repacked

WORD = make_word("洗车员岗位职责", "1、清洗车辆。", "2、保养水枪。")
BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
    "<w:t>{}</w:t></w:r></w:p></w:body></w:document>"
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
MACRO_TYPE = (
    b'<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
)
DEEP = BODY.replace("<w:p>", "<w:sdt>" * 200 + "<w:p>").replace("</w:p>", "</w:p>" + "</w:sdt>" * 200)
XXE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + BODY.format("&x;")
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + BODY.format("&b;")


def with_document(content: bytes) -> bytes:
    return repacked(WORD, {"word/document.xml": content})


def locked() -> bytes:
    """Set the bit of encryption in every local header and directory entry."""
    data = bytearray(WORD)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def lying() -> bytes:
    """A directory that tells a small size for an entry that is large."""
    large = make_zip(
        {"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a>" + b"x" * 3_000_000 + b"</a>"}
    )
    data = bytearray(large)
    with zipfile.ZipFile(io.BytesIO(large)) as archive:
        entry = archive.getinfo("word/document.xml")
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, min(entry.compress_size * 2, 60_000))
    return bytes(data)


HOSTILE = {
    "password.docx": (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "old.doc": (OLE, "old Office file"),
    "locked.docx": (locked(), "password"),
    "macro.docm": (repacked(WORD, {"word/vbaProject.bin": b"x"}), "macros"),
    "macro.docx": (repacked(WORD, {"word/vbaProject.bin": b"x"}), "macros"),
    "disguised.docx": (
        repacked(WORD, {"[Content_Types].xml": MACRO_TYPE}),
        "macros",
    ),
    "xxe.docx": (with_document(XXE.encode()), "declarations"),
    "xxe16.docx": (with_document(XXE.encode("utf-16")), "declarations"),
    "laughs.docx": (with_document(LAUGHS.encode()), "declarations"),
    "xxe-in-styles.docx": (repacked(WORD, {"word/styles.xml": XXE.encode()}), "declarations"),
    "utf7.docx": (with_document(b'<?xml version="1.0" encoding="UTF-7"?>' + BODY.encode()), "damaged"),
    "utf32.docx": (with_document(XXE.encode("utf-32")), "damaged"),
    "bomb.docx": (with_document(b"<a>" + b" " * 30_000_000 + b"</a>"), "unpacks to more"),
    "lying.docx": (lying(), "damaged"),
    "many.docx": (repacked(WORD, {f"word/{number}.xml": b"<a/>" for number in range(2_001)}), "unpacks to more"),
    "cut.docx": (WORD[: len(WORD) // 2], "damaged"),
    "no-xml.docx": (with_document(b"hello"), "damaged"),
    "unbalanced.docx": (with_document(b"<w:document><w:body>"), "damaged"),
    "deep.docx": (with_document(DEEP.encode()), "damaged"),
    "no-styles.docx": (repacked(WORD, {"_rels/.rels": None}), "damaged"),
    "text.docx": (b"plain text", "not what its name says"),
    "word.txt": (WORD, "not what its name says"),
    "sheet.xlsx": (make_zip({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}), "no Word document"),
    "paper.pdf": (b"%PDF-1.7 ...", "PDF file"),
    "rich.txt": (b"{\\rtf1\\ansi hello}", "RTF file"),
    "large.docx": (b"PK\x03\x04" + b"x" * (5 * 1024 * 1024), "larger than 5 MB"),
    "empty.docx": (make_word(), "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(name: str) -> None:
    data, words = HOSTILE[name]
    with translation.override("en"), pytest.raises(ImportRefused, match=words) as refusal:
        read_file(data, name)
    assert name in str(refusal.value)


def test_every_refusal_is_said_in_chinese() -> None:
    with translation.override("zh-hans"):
        for name, (data, _words) in HOSTILE.items():
            with pytest.raises(ImportRefused) as refusal:
                read_file(data, name)
            assert "“" in str(refusal.value)
            assert not any(word in str(refusal.value) for word in (" is ", " it ", "Word and"))


def test_the_files_of_one_upload_share_what_may_be_unpacked() -> None:
    budget = Budget(
        unpacked=sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(WORD)).infolist()) + 10
    )
    read_file(WORD, "first.docx", budget)
    with pytest.raises(ImportRefused):
        read_file(WORD, "second.docx", budget)


def test_a_link_to_elsewhere_is_never_followed() -> None:
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" TargetMode="External" Target="http://192.0.2.1/x" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/></Relationships>'
    )
    collection = read_file(repacked(WORD, {"word/_rels/document.xml.rels": relations}), "linked.docx")
    assert [unit.title for unit in collection.units] == ["洗车员"]
