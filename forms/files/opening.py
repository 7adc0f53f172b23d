"""Looks into one uploaded file in a process of its own: ``python -I opening.py``, the job as JSON on standard input.

Imports nothing of ours and no Django, and is started with an empty environment: whatever a hostile file makes an
image decoder or a PDF parser do, there is no secret, no network and no file of the installation to be had, and a
crash or a bomb ends this process only. The answer is JSON on standard output: what the file is, or why it is not
taken (a code; ``refusals`` has the sentences). See ``inspection`` for the other end.

A job: ``source`` (the file), ``out`` (a folder for what is kept: ``content``, ``preview``), ``name``, ``allowed``
(kinds), ``purpose`` (``file``, ``photo``, ``signature``), ``edge`` (longest edge of a photo; 0: as it is),
``pixels`` (most). Or ``write`` (a name) and ``font``: a signature that was typed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# OWASP ASVS 5.0, V5.2 and V5.3: archives are measured before anything is unpacked.
MOST_ENTRIES = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
TIGHTEST = 100
SMALL = 64 * 1024
"""Below this, an entry may be packed as tightly as it likes."""
MOST_OBJECTS = 300_000
DEEPEST = 60
LONGEST_EDGE = 30_000
BAND = 256
"""Rows of a picture that is made smaller, at once."""
PREVIEW_EDGE = 720
QUALITY = 90
INK = (20, 30, 60)

MOST_KEPT = 14_000_000
"""Pixels of a picture that is kept; what has more is made smaller, however it came."""
MOST_DECODED = {
    "JPEG": 24_600_000,
    "PROGRESSIVE": 13_000_000,
    "PNG": 20_000_000,
    "GIF": 24_600_000,
    "WEBP": 10_000_000,
    "AVIF": 16_000_000,
    "HEIF": 17_000_000,
}
"""Pixels that are decoded at their full number, by format: so that this process stays below 200 MB. Of a JPEG with
more, every second pixel in each direction is decoded; the other formats cannot be read so, and are refused."""
MOST_PROGRESSIVE = 24_600_000
"""A progressive JPEG is held whole before any of it is drawn, however little of it is wanted."""

IMAGES = {"JPEG": "jpg", "PNG": "png"}
TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "csv": "text/csv",
    "zip": "application/zip",
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_END_OF_ZIP = b"PK\x05\x06"
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|link|meta|style|img|base|form|x:|xsl:|\?xml|\?php|%@)"
    rb"|<\?(?:xml|php|=)|javascript:",
    re.IGNORECASE,
)
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_EXTERNAL = re.compile(
    rb"<(?:\w+:)?Relationship\b[^>]*?TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE
)
_ATTRIBUTE = re.compile(rb"""\b(Type|Target)\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_LOCAL = re.compile(rb"^(?:file:///)?[A-Za-z]:[\\/]|^file:///(?![/\\])|^(?![/\\])[^:]*$")
"""On the machine where the document was written: nobody else is asked."""
_LOCAL_LINKS = frozenset((b"attachedtemplate", b"externallinkpath"))
_LIVE_DRAWING = re.compile(
    rb"<\s*(?:\w+:)?(?:script|foreignObject|iframe)|\son\w+\s*=|javascript:", re.IGNORECASE
)
_FIELD_CODE = re.compile(rb"<w:(?:instrText|fldSimple)\b[^>]*>", re.IGNORECASE)
_INSTRUCTION = re.compile(rb"<w:instrText\b[^>]*>([^<]*)</w:instrText>|w:instr=\"([^\"]*)\"", re.IGNORECASE)
_DDE = re.compile(
    rb"\bDDE(?:AUTO)?\b|\bINCLUDE(?:TEXT|PICTURE)\b\s+(?:\"|&quot;)?\s*(?:https?|ftp|\\\\)", re.IGNORECASE
)
_NUMBER = re.compile(r"[+-]?[\d\s.,()%-]*")
_PROGRAMS = re.compile(
    "exe|dll|com|scr|pif|bat|cmd|ps1|vb[se]|jse?|ws[fh]|hta|ms[ip]|lnk|reg|jar|app|apk|sh|py|pl|rb|php|svg|x?html?|shtml"
    "|mht|mhtml|xsl|swf|do[ct]m|xl[st]m|xlsb|xlam|p[op]tm|chm|cpl|gadget|scf|url"
)
_ARCHIVES = re.compile("zip|rar|7z|gz|bz2|xz|tar|tgz|cab|arj|lzh|zst|iso|img|vhd")
# Names that make a PDF do something, or carry something else. A form to fill in and a link are neither.
_ACTIONS = {
    "/JavaScript": "script",
    "/Launch": "program",
    "/ImportData": "program",
    "/SubmitForm": "program",
    "/GoToE": "embedded",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/RichMediaExecute": "media",
}
_KEYS = {
    "/JS": "script",
    "/JavaScript": "script",
    "/EmbeddedFiles": "embedded",
    "/EF": "embedded",
    "/XFA": "script",
}
_SUBTYPES = {
    "/RichMedia": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
    "/3D": "media",
    "/FileAttachment": "embedded",
}


class Refused(Exception):
    """The file is not taken. ``told`` is the answer: a code, and what its sentence needs."""

    def __init__(self, code: str, **told: Any) -> None:
        super().__init__(code)
        self.told = {"refused": code, **told}


def examine(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a file is and what was kept of it; raises Refused."""
    source, out = Path(job["source"]), Path(job["out"])
    with source.open("rb") as stream:
        head = stream.read(64 * 1024)
    if not head:
        raise Refused("empty")
    found = sniff(head, source, str(job["name"]))
    if found not in job["allowed"]:
        raise Refused("not_allowed", found=found, allowed=list(job["allowed"]))
    if found == "image":
        return keep_image(source, out, job)
    answer = _examine_other(found, source, job, out)
    if not (out / "content").exists():
        (out / "content").write_bytes(source.read_bytes())
    return answer


def _examine_other(found: str, source: Path, job: dict[str, Any], out: Path) -> dict[str, Any]:
    answer: dict[str, Any] = {"kind": found, "suffix": found, "type": TYPES[found]}
    if found == "pdf":
        answer["pages"] = check_pdf(source)
    elif found in ("docx", "xlsx"):
        with opened_zip(source) as archive:
            check_office(archive, found)
    elif found == "zip":
        rebuild_zip(source, out, job)
    else:
        answer["type"] = f"{TYPES[found]}; charset={check_text(source.read_bytes(), table=found == 'csv')}"
    return answer


def sniff(head: bytes, source: Path, name: str) -> str:
    """Return the kind of a file by its content: ``image``, ``pdf``, ``docx``, ``xlsx``, ``zip``, ``csv``, ``txt``.

    ``name`` tells a table from a text, nothing else. Raises Refused for what is none of them.
    """
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")):
        return "image"
    if (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or (
        head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS
    ):
        return "image"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", _END_OF_ZIP)):
        return sniff_zip(source)
    if head.startswith(_OLE):
        raise Refused("locked" if _LOCKED_OFFICE in source.read_bytes() else "old_office", found="docx")
    if head.startswith(b"MZ") or head.startswith((b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")):
        raise Refused("program")
    # What the library knows by its first bytes and we do not take: named, so that the sentence can say it.
    import filetype

    guessed = filetype.guess(head[:8192])
    if guessed is not None:
        raise Refused("unknown", found=str(guessed.extension))
    if b"%PDF-" in head[:1024]:
        raise Refused("two_in_one")
    return "csv" if name.lower().endswith(".csv") else "txt"


# --- pictures -----------------------------------------------------------------------------------------------


def keep_image(source: Path, out: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Draw the picture anew, upright and without anything that came along with it, and a small one beside it."""
    picture, original = decoded(source, job)
    if job["purpose"] == "signature":
        picture = trimmed(picture)
    width, height = picture.size
    lossless = (
        job["purpose"] == "signature"
        or picture.mode == "RGBA"
        or (original in ("PNG", "GIF") and job["purpose"] != "photo")
    )
    kind = "PNG" if lossless else "JPEG"
    if kind == "JPEG":
        picture.save(out / "content", "JPEG", quality=QUALITY, progressive=True)
    else:
        picture.save(out / "content", "PNG")
    picture.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    picture.save(out / "preview", kind, **({"quality": 80} if kind == "JPEG" else {}))
    suffix = IMAGES[kind]
    return {"kind": "image", "suffix": suffix, "type": TYPES[suffix], "width": width, "height": height}


def decoded(source: Path, job: dict[str, Any]) -> tuple[Any, str]:
    """Return the first picture of a file, upright, in sRGB, not longer than asked for, and what format it was."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # measured here, before anything is decoded
    formats = ["JPEG", "PNG", "GIF", "WEBP", "AVIF"]
    with source.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] == b"ftyp":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        formats.append("HEIF")
    edge = int(job.get("edge") or 0)
    try:
        picture: Any = Image.open(source, formats=formats)
        original = str(picture.format)
        width, height = picture.size
        if width * height > job["pixels"] or max(width, height) > LONGEST_EDGE:
            raise Refused("pixels", width=width, height=height, most=job["pixels"])
        decode_less(picture, original, edge)
        picture.load()
        if picture.mode not in ("RGB", "RGBA", "L", "CMYK"):
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        wanted = min(edge or LONGEST_EDGE, edge_within(picture.size, MOST_KEPT))
        if max(picture.size) > wanted:
            picture = smaller(picture, wanted)  # first of all: what follows needs a second picture beside it
        ImageOps.exif_transpose(picture, in_place=True)
        picture = in_srgb(picture)
    except (Refused, MemoryError):
        raise
    except Exception as fault:  # a decoder may raise anything on what it was never meant to see
        raise Refused("damaged") from fault
    picture.info = {}
    return picture, original


def decode_less(picture: Any, original: str, edge: int) -> None:
    """Let a JPEG that is opened be decoded at a half, a quarter or an eighth where that is enough, or where the
    whole would take too much memory; raises Refused for what can only be decoded whole and is too large.
    """
    width, height = picture.size
    progressive = original == "JPEG" and bool(picture.info.get("progressive"))
    most = MOST_DECODED["PROGRESSIVE" if progressive else original]
    if original == "JPEG" and not (progressive and width * height > MOST_PROGRESSIVE):
        share = max(width, height) / min(edge or LONGEST_EDGE, max(width, height))
        while (width / share) * (height / share) > most:
            share *= 2
        picture.draft("RGB", (int(width / share), int(height / share)))
    elif width * height > most:
        most = MOST_PROGRESSIVE if progressive else most
        raise Refused("too_many_pixels", width=width, height=height, most=most)


def smaller(picture: Any, edge: int) -> Any:
    """Return a picture with this longest edge, made in bands: at once, it would take half as much memory again."""
    from PIL import Image

    width, height = picture.size
    share = edge / max(width, height)
    to = Image.new(picture.mode, (max(1, round(width * share)), max(1, round(height * share))))
    for top in range(0, to.height, BAND):
        rows = min(BAND, to.height - top)
        first, last = top * height / to.height, (top + rows) * height / to.height
        band = picture.crop((0, int(first), width, min(height, int(last) + 1)))
        box = (0, first - int(first), width, min(last - int(first), band.height))
        to.paste(band.resize((to.width, rows), Image.Resampling.LANCZOS, box=box), (0, top))
    to.info = picture.info
    to.getexif().update(picture.getexif())
    return to


def edge_within(size: tuple[int, int], most: int) -> int:
    """Return the longest edge a picture of these proportions has with at most so many pixels."""
    width, height = size
    return (
        min(max(size), int(max(size) * (most / (width * height)) ** 0.5))
        if width * height > most
        else max(size)
    )


def in_srgb(picture: Any) -> Any:
    """Return a picture in the colours every screen knows: RGB, or RGBA where something shines through."""
    profile = picture.info.get("icc_profile")
    see_through = "A" in picture.getbands() or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        from PIL import ImageCms

        try:
            return ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile nobody can read: the numbers stand for themselves
    if see_through:
        picture = picture.convert("RGBA")
        return picture if picture.getchannel("A").getextrema()[0] < 255 else picture.convert("RGB")
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def trimmed(picture: Any) -> Any:
    """Return what was drawn on white, without the empty paper around it; raises Refused where nothing was."""
    from PIL import Image, ImageChops

    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    drawn = ImageChops.invert(paper.convert("L")).point(lambda level: 255 if level > 40 else 0).getbbox()
    if drawn is None or (drawn[2] - drawn[0]) * (drawn[3] - drawn[1]) < 200:
        raise Refused("blank")
    left, top, right, bottom = drawn
    return paper.crop(
        (max(left - 12, 0), max(top - 12, 0), min(right + 12, paper.width), min(bottom + 12, paper.height))
    )


def write_signature(job: dict[str, Any]) -> dict[str, Any]:
    """Draw a typed name as a signature."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(job["font"], 72)
    left, top, right, bottom = font.getbbox(job["write"])
    picture = Image.new("RGB", (int(right - left) + 48, int(bottom - top) + 48), "white")
    ImageDraw.Draw(picture).text((24 - left, 24 - top), job["write"], font=font, fill=INK)
    if picture.width > 1600:
        picture.thumbnail((1600, 1600))
    out = Path(job["out"])
    width, height = picture.size
    picture.save(out / "content", "PNG")
    picture.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    picture.save(out / "preview", "PNG")
    return {"kind": "image", "suffix": "png", "type": TYPES["png"], "width": width, "height": height}


# --- PDF ----------------------------------------------------------------------------------------------------


def check_pdf(source: Path) -> int:
    """Return the number of pages; raises Refused for a locked, damaged or active PDF.

    It is kept as it came: to write it anew would break the seal of a signed invoice.
    """
    import pikepdf

    size = source.stat().st_size
    with source.open("rb") as stream:
        stream.seek(max(0, size - 64 * 1024))
        tail = stream.read()
    end = tail.rfind(b"%%EOF")
    if end < 0 or len(tail) - end > 1024 + 5:
        raise Refused("damaged")
    if _END_OF_ZIP in tail[end:] or b"Rar!" in tail[end:] or b"7z\xbc\xaf" in tail[end:]:
        raise Refused("two_in_one")
    try:
        with pikepdf.open(source) as pdf:
            if len(pdf.objects) > MOST_OBJECTS:
                raise Refused("bomb")
            for item in (pdf.trailer, *pdf.objects):
                _check_pdf_object(item, 0)
            pages = len(pdf.pages)
    except pikepdf.PasswordError as fault:
        raise Refused("locked", found="pdf") from fault
    except (
        pikepdf.PdfError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        RuntimeError,
    ) as fault:
        raise Refused("damaged") from fault
    if not pages:
        raise Refused("damaged")
    return pages


def _check_pdf_object(item: Any, depth: int) -> None:
    """Refuse an object that does something. What stands behind a reference is looked at in its own turn."""
    import pikepdf

    if depth > DEEPEST:
        raise Refused("bomb")
    if isinstance(item, pikepdf.Stream):
        item = item.stream_dict
    if isinstance(item, pikepdf.Dictionary):
        for name, value in item.items():
            if name in _KEYS and not _is_nothing(value):
                raise Refused("active_pdf", what=_KEYS[name])
            if name == "/S" and str(value) in _ACTIONS and isinstance(value, pikepdf.Name):
                raise Refused("active_pdf", what=_ACTIONS[str(value)])
            if name == "/Subtype" and isinstance(value, pikepdf.Name) and str(value) in _SUBTYPES:
                raise Refused("active_pdf", what=_SUBTYPES[str(value)])
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                _check_pdf_object(value, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                _check_pdf_object(value, depth + 1)


def _is_nothing(value: Any) -> bool:
    """Whether a key is there but names nothing: an empty list or tree of embedded files."""
    import pikepdf

    if isinstance(value, pikepdf.Array):
        return len(value) == 0
    if isinstance(value, pikepdf.Dictionary):
        return all(name in ("/Names", "/Kids") and _is_nothing(inner) for name, inner in value.items())
    return False


# --- archives -----------------------------------------------------------------------------------------------


def sniff_zip(source: Path) -> str:
    """Return what a zip is: a Word or Excel document, or a plain archive."""
    with opened_zip(source) as archive:
        names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        if "AndroidManifest.xml" in names or "META-INF/MANIFEST.MF" in names:
            raise Refused("program")
        return "zip"
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise Refused("unknown", found="xlsb")
    raise Refused("unknown", found="pptx" if "ppt/presentation.xml" in names else "zip")


def opened_zip(source: Path | io.BytesIO) -> zipfile.ZipFile:
    """Return a zip whose directory has been measured: nothing in it becomes too much, lies elsewhere or is locked."""
    try:
        if isinstance(source, io.BytesIO):
            size, data = len(source.getbuffer()), source.getvalue()
        else:
            data = source.read_bytes()
            size = len(data)
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError, OSError) as fault:
        raise Refused("damaged") from fault
    at = data.rfind(_END_OF_ZIP)
    if archive.comment or at + 22 != size or min((entry.header_offset for entry in entries), default=0) != 0:
        raise Refused("two_in_one")
    if not entries:
        raise Refused("empty")
    unpacked = sum(entry.file_size for entry in entries)
    tight = any(
        entry.file_size > SMALL and entry.file_size > TIGHTEST * max(entry.compress_size, 1)
        for entry in entries
    )
    if (
        len(entries) > MOST_ENTRIES
        or unpacked > MOST_UNPACKED
        or tight
        or unpacked > max(TIGHTEST * size, SMALL)
        or sum(entry.compress_size for entry in entries) > size
    ):
        raise Refused("bomb")
    names: set[str] = set()
    for entry in entries:
        name = entry.filename
        if (
            name.startswith(("/", "\\"))
            or "\\" in name
            or ":" in name
            or ".." in name.split("/")
            or any(ord(each) < 32 for each in name)
            or (entry.external_attr >> 16) & 0o170000 == 0o120000
            or name.lower() in names
        ):
            raise Refused("paths")
        if entry.flag_bits & 0x1:
            raise Refused("locked", found="zip")
        names.add(name.lower())
    return archive


def content_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of one entry of a measured zip."""
    try:
        return archive.read(entry)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as fault:
        raise Refused("damaged") from fault


def check_office(archive: zipfile.ZipFile, kind: str, depth: int = 0) -> None:
    """Refuse an Office document with macros, embedded programs, controls, or links that fetch by themselves."""
    for entry in archive.infolist():
        name = entry.filename.lower()
        ending = name.rpartition(".")[2]
        if (ending == "bin" and ("vbaproject" in name or "macrosheets" in name)) or "/macrosheets/" in name:
            raise Refused("macros")
        if "/activex/" in name or ("/ctrlprops/" in name and ending == "bin"):
            raise Refused("active_office")
        if "/embeddings/" in name and ending not in ("docx", "xlsx", "pptx"):
            raise Refused("objects")
        if ending == "svg" and "/media/" in name and not _LIVE_DRAWING.search(content_of(archive, entry)):
            continue
        if _PROGRAMS.fullmatch(ending) or _ARCHIVES.fullmatch(ending):
            raise Refused("objects")
        if ending in ("docx", "xlsx", "pptx"):
            if depth:
                raise Refused("nested")
            with opened_zip(io.BytesIO(content_of(archive, entry))) as inner:
                check_office(inner, ending, depth + 1)
        if ending in ("xml", "rels"):
            _check_xml(content_of(archive, entry), name)


def _check_xml(content: bytes, name: str) -> None:
    content = _plain_xml(content)
    if _DECLARES.search(content):
        raise Refused("declarations")
    if name == "[content_types].xml" and b"macroenabled" in content.lower():
        raise Refused("macros")
    if name.endswith(".rels"):
        for found in _EXTERNAL.findall(content):
            told = {key.lower(): value for key, value in _ATTRIBUTE.findall(found)}
            sort = told.get(b"type", b"").rpartition(b"/")[2].lower()
            target = told.get(b"target", b"")
            local = sort in _LOCAL_LINKS and _LOCAL.match(target)
            if sort != b"hyperlink" and not local:
                raise Refused("fetches")
    elif b"ddeLink" in content:
        raise Refused("fetches")
    elif _FIELD_CODE.search(content):
        code = b"".join(one or other for one, other in _INSTRUCTION.findall(content))
        if _DDE.search(code):
            raise Refused("fetches")


def _plain_xml(content: bytes) -> bytes:
    """Return XML as UTF-8. Office writes UTF-8 or UTF-16, so no other encoding can hide anything."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeDecodeError as fault:
            raise Refused("damaged") from fault
    content = content.removeprefix(b"\xef\xbb\xbf")
    declared = _ENCODING.search(content[:200])
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii"):
        raise Refused("damaged")
    if b"\x00" in content or not content.lstrip().startswith(b"<"):
        raise Refused("damaged")
    return content


def rebuild_zip(source: Path, out: Path, job: dict[str, Any]) -> None:
    """Write an archive anew from entries that were each looked into like a file of its own."""
    inside = [kind for kind in ("image", "pdf", "docx", "xlsx", "txt", "csv") if kind in job["inside"]]
    with opened_zip(source) as archive, zipfile.ZipFile(out / "content", "w", zipfile.ZIP_DEFLATED) as kept:
        for number, entry in enumerate(archive.infolist()):
            if entry.is_dir():
                continue
            if _ARCHIVES.fullmatch(entry.filename.rpartition(".")[2].lower()):
                raise Refused("nested")
            folder = out / f"entry-{number}"
            folder.mkdir()
            inner = folder / "source"
            inner.write_bytes(content_of(archive, entry))
            if inner.stat().st_size == 0:
                continue
            answer = examine(
                {**job, "source": str(inner), "out": str(folder), "name": entry.filename, "allowed": inside}
            )
            name = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", entry.filename) + f".{answer['suffix']}"
            kept.writestr(name, (folder / "content").read_bytes())
        if not kept.namelist():
            raise Refused("empty")


# --- text ---------------------------------------------------------------------------------------------------


def check_text(data: bytes, *, table: bool) -> str:
    """Return the encoding of a text; raises Refused for what is no plain text."""
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        if encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise Refused("unknown", found="")
    if any(ord(each) < 32 and each not in "\t\n\r\f" for each in text) or "\x7f" in text:
        raise Refused("unknown", found="")
    if _MARKUP.search(text.encode("utf-8", "ignore")):
        raise Refused("markup")
    if table:
        _check_cells(text)
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16"}.get(encoding, encoding)


def _check_cells(text: str) -> None:
    """Refuse a table in which a cell would be worked out instead of shown."""
    csv.field_size_limit(10_000_000)
    for mark in (",", ";", "\t"):
        try:
            for row in csv.reader(io.StringIO(text), delimiter=mark):
                for cell in row:
                    cell = cell.strip(" \t\r\n\"'")
                    if cell.startswith(("=", "@", "＝", "＠", "\t")) or (
                        cell.startswith(("+", "-", "＋", "－")) and not _NUMBER.fullmatch(cell)
                    ):
                        raise Refused("formulas")
        except csv.Error as fault:
            raise Refused("damaged") from fault


# --- the process --------------------------------------------------------------------------------------------

FORBIDDEN_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
)


def limit(memory: int, seconds: int, size: int) -> None:
    """Bound address space, processor time, written files and core dumps of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_the_doors(readable: tuple[str, ...]) -> None:
    """Refuse network, new processes, and files outside ``readable``, for the rest of this process's life."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN_EVENTS):
            raise PermissionError(f"Nothing that looks into a file may do this: {event}")
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(readable):
                raise PermissionError(f"Nothing that looks into a file may open {path}")

    sys.addaudithook(refuse)


def _folders(job: dict[str, Any]) -> Iterator[str]:
    for each in {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), job["out"]}:
        if (path := os.path.realpath(each)) != "/usr":
            yield f"{path}{os.sep}"
    for name in ("source", "font"):
        if name in job:
            yield os.path.realpath(job[name])
    yield from ("/usr/lib/", "/usr/share/", "/dev/null")


def main() -> NoReturn:
    """Do one job and end."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries may print
    job = json.loads(sys.stdin.read())
    limit(job["memory"], job["seconds"], job["size"])
    close_the_doors(tuple(_folders(job)))
    try:
        answer = write_signature(job) if "write" in job else examine(job)
    except Refused as refusal:
        answer = refusal.told
    except MemoryError:
        answer = {"refused": "bomb"}
    json.dump(answer, answers)
    answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
