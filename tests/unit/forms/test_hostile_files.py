"""More than five hundred files that were made to do harm are refused or made harmless, each with a clear sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.utils.translation import override
from PIL import Image

from forms.files import inspection, opening
from forms.files.names import LONGEST, clean_name
from forms.files.refusals import FileRefused, refusal
from tests.factories import hostile_files as hostile
from tests.factories.files import drawn, excel, pdf, picture, word, zipped
from tests.factories.hostile_files import MARK, NAMES, Hostile, heic, with_entries

KINDS = ["image", "pdf", "docx", "xlsx", "txt", "csv", "zip"]

# What each family may be refused for: a file refused for another reason is not the file it was meant to be.
FAMILIES: dict[Callable[[], Iterator[Hostile]], set[str]] = {
    hostile.programs: {"program", "unknown", "old_office", "locked", "empty"},
    hostile.markup: {"markup"},
    hostile.broken_pictures: {"damaged", "pixels"},
    hostile.telling_pictures: set(),
    hostile.two_in_one: {"two_in_one", "unknown", "program"},
    hostile.active_pdfs: {"active_pdf"},
    hostile.broken_pdfs: {"locked", "damaged"},
    hostile.office_documents: {
        *("macros", "active_office", "objects", "nested", "fetches"),
        *("declarations", "damaged", "bomb", "paths", "locked"),
    },
    hostile.archives: {
        *("paths", "empty", "bomb", "nested", "not_allowed", "locked", "program"),
        *("damaged", "markup", "macros", "active_pdf", "formulas"),
    },
    hostile.texts: {"formulas", "unknown"},
}
REASONS = {
    "macro": {"macros"},
    "PDF, ": {"active_pdf"},
    "bomb": {"bomb"},
    "entity in UTF-16": {"declarations"},
    "laughs": {"declarations"},
    "of the web": {"fetches", "objects"},
    "starts a program": {"fetches"},
    "way out": {"paths"},
    "PDF locked": {"locked"},
    "that says": {"pixels", "damaged"},
    "table with formula": {"formulas"},
}


def looked_into(
    folder: Path, content: bytes, name: str, *, purpose: str = "file", edge: int = 0
) -> dict[str, Any]:
    """Return the answer about one file; what is kept of it lies in the folder."""
    source = folder / "source"
    source.write_bytes(content)
    job = {"source": str(source), "out": str(folder), "name": name, "allowed": KINDS, "inside": KINDS[:-1]}
    try:
        return opening.examine({**job, "purpose": purpose, "edge": edge, "pixels": 64_000_000})
    except opening.Refused as refused:
        return refused.told


def fault_of(case: Hostile, answer: dict[str, Any], kept: bytes, reasons: set[str]) -> str:
    """Return what went wrong with one case, empty for nothing."""
    if "refused" not in answer:
        if case.refused:
            return f"{case.label}: taken as {answer}"
        return f"{case.label}: what was to be taken out is still in it" if MARK in kept else ""
    expected = next((codes for words, codes in REASONS.items() if words in case.label), reasons)
    if answer["refused"] not in expected:
        return f"{case.label}: refused for {answer['refused']}"
    for language in ("en", "zh-hans"):
        with override(language):
            sentence = str(refusal(case.name, answer))
        if case.name not in sentence or len(sentence) < 15:
            return f"{case.label}: told as {sentence!r}"
    return ""


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_hostile_files_are_refused_or_made_harmless(
    family: Callable[[], Iterator[Hostile]], tmp_path: Path
) -> None:
    faults = []
    for number, case in enumerate(family()):
        folder = tmp_path / str(number)
        folder.mkdir()
        answer = looked_into(folder, case.content, case.name)
        content = folder / "content"
        kept = content.read_bytes() if content.exists() else b""
        faults.append(fault_of(case, answer, kept, FAMILIES[family]))
        for each in sorted(folder.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() else each.unlink()
    assert [fault for fault in faults if fault] == []


def test_there_are_five_hundred_of_them_and_each_is_another() -> None:
    cases = hostile.all_files()
    assert len(cases) >= 500
    assert len({case.label for case in cases}) == len(cases)
    assert len({(case.content, case.name) for case in cases}) > len(cases) * 0.95


@pytest.mark.parametrize(
    ("content", "name", "kind", "suffix"),
    [
        (picture("JPEG"), "a.jpg", "image", "jpg"),
        (picture("PNG"), "a.png", "image", "png"),
        (picture("PNG", mode="RGBA"), "a.png", "image", "png"),
        (picture("GIF", mode="P"), "a.gif", "image", "png"),
        (picture("WEBP"), "a.webp", "image", "jpg"),
        (picture("JPEG", mode="CMYK"), "a.jpg", "image", "jpg"),
        (picture("JPEG", mode="L"), "a.jpg", "image", "jpg"),
        (picture("PNG", mode="1"), "a.png", "image", "png"),
        (picture("PNG", mode="I;16"), "a.png", "image", "png"),
        (heic(), "IMG_1.HEIC", "image", "jpg"),
        (picture("JPEG"), "wrong.pdf", "image", "jpg"),
        (pdf(3), "发票.pdf", "pdf", "pdf"),
        (word(), "通知.docx", "docx", "docx"),
        (excel(), "台账.xlsx", "xlsx", "xlsx"),
        ("你好，世界\n".encode(), "a.txt", "txt", "txt"),
        ("你好，世界\n".encode("gb18030"), "a.txt", "txt", "txt"),
        ("你好\n".encode("utf-16"), "a.txt", "txt", "txt"),
        (b"a < b and c > d, x<y", "a.txt", "txt", "txt"),
        ("编号,金额\n1,-12.50\n2,+3\n3,-\n".encode(), "a.csv", "csv", "csv"),
        (zipped({"照片/a.jpg": picture(), "b.pdf": pdf()}), "a.zip", "zip", "zip"),
    ],
)
def test_ordinary_files_are_taken(content: bytes, name: str, kind: str, suffix: str, tmp_path: Path) -> None:
    answer = looked_into(tmp_path, content, name)
    assert (answer.get("kind"), answer.get("suffix")) == (kind, suffix), answer
    assert (tmp_path / "content").stat().st_size > 0
    assert (tmp_path / "preview").exists() == (kind == "image")


def test_documents_as_offices_write_them_are_taken(tmp_path: Path) -> None:
    rels = (
        b'<Relationships xmlns="x"><Relationship Id="r1" Type="x/attachedTemplate" '
        b'Target="file:///C:\\Users\\li\\Normal.dotm" TargetMode="External"/><Relationship Id="r2" '
        b'Type="x/hyperlink" Target="https://example.cn/" TargetMode="External"/></Relationships>'
    )
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'
    document = with_entries(
        word(),
        {
            "word/_rels/settings.xml.rels": rels,
            "word/media/image1.svg": drawing,
            "word/embeddings/chart.xlsx": excel(),
        },
    )
    assert looked_into(tmp_path, document, "a.docx")["kind"] == "docx"
    linked = with_entries(
        excel(), {"xl/externalLinks/_rels/e.xml.rels": rels.replace(b"attachedTemplate", b"externalLinkPath")}
    )
    assert looked_into(tmp_path, linked, "a.xlsx")["kind"] == "xlsx"


def test_a_pdf_with_links_bookmarks_and_a_form_is_taken_as_it_came(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.cn/")
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=link)
    document.pages[0].Annots = pikepdf.Array([note])
    document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[])
    document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=[]))
    document.save(tmp_path / "made.pdf")
    content = (tmp_path / "made.pdf").read_bytes()
    assert looked_into(tmp_path, content, "a.pdf") == {
        "kind": "pdf",
        "suffix": "pdf",
        "type": "application/pdf",
        "pages": 1,
    }
    assert (tmp_path / "content").read_bytes() == content


def test_a_photo_is_never_larger_than_its_field_needs(tmp_path: Path) -> None:
    answer = looked_into(tmp_path, picture(size=(3000, 1500)), "a.jpg", purpose="photo", edge=1200)
    assert (answer["width"], answer["height"]) == (1200, 600)
    with Image.open(tmp_path / "preview") as small:
        assert max(small.size) == opening.PREVIEW_EDGE


def test_a_signature_is_ink_on_white_paper(tmp_path: Path) -> None:
    answer = looked_into(tmp_path, drawn(), "signature.png", purpose="signature")
    assert answer["suffix"] == "png"
    with Image.open(tmp_path / "content") as kept:
        assert kept.mode == "RGB"
        assert kept.getpixel((0, 0)) == (255, 255, 255)
        assert kept.convert("L").getextrema()[0] < 60


@pytest.mark.parametrize("given", NAMES)
def test_a_hostile_name_becomes_one_that_deceives_nobody(given: str) -> None:
    name = clean_name(given, "jpg")
    assert name.endswith(".jpg")
    assert len(name) <= LONGEST
    assert not re.search(
        r'[\x00-\x1f\x7f/\\<>:"|?*;\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]', name
    )
    assert not name.startswith((".", " "))
    assert clean_name(name, "jpg") == name


@pytest.mark.parametrize(
    ("given", "suffix", "name"),
    [
        ("车损 照片.JPG", "jpg", "车损 照片.jpg"),
        ("invoice.pdf.exe", "pdf", "invoice.pdf"),
        ("photo.pdf", "jpg", "photo.jpg"),
        ("Angebot.Nr5", "pdf", "Angebot.Nr5.pdf"),
        ("C:\\fakepath\\合同 v1.2.docx", "docx", "合同 v1.2.docx"),
        ("\u202egpj.exe", "jpg", "gpj.jpg"),
        ("con.txt", "txt", "_con.txt"),
        ("e\u0301.png", "png", "é.png"),
        ("", "pdf", "file.pdf"),
    ],
)
def test_a_name_keeps_what_people_called_the_file(given: str, suffix: str, name: str) -> None:
    assert clean_name(given, suffix) == name


def test_each_reason_has_a_sentence_of_its_own() -> None:
    source = Path(opening.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'Refused\(\s*"(\w+)"', source)) | {"locked", "old_office"}
    told = {"found": "pdf", "allowed": ["pdf"], "most": 1, "width": 1, "height": 1, "threat": "x"}
    general = str(refusal("a.x", {"refused": "no such code", **told}))
    assert {code for code in codes if str(refusal("a.x", {"refused": code, **told})) == general} == {
        "damaged"
    }


# --- in a process of its own ------------------------------------------------------------------------------------


def asked(folder: Path, content: bytes, name: str) -> inspection.Contents:
    (folder / "source").write_bytes(content)
    return inspection.look_into(folder / "source", folder, name, allowed=KINDS)


def test_looking_happens_in_a_process_that_reaches_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, pdf(2), "a.pdf").pages == 2
    assert asked(tmp_path, heic(), "a.heic").type == "image/jpeg"
    with pytest.raises(FileRefused) as refused:
        asked(tmp_path, picture()[:60], "a.jpg")
    assert refused.value.code == "damaged"


def test_a_file_that_takes_too_much_memory_or_time_ends_its_own_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "MEMORY", 150 * 1024 * 1024)
    with pytest.raises(FileRefused) as refused:
        asked(tmp_path, picture("PNG", (4400, 4400)), "a.png")
    assert refused.value.code == "bomb"
    monkeypatch.setattr(inspection, "MEMORY", 1024 * 1024 * 1024)
    monkeypatch.setattr(inspection, "WAIT", 0.01)
    with pytest.raises(FileRefused) as refused:
        asked(tmp_path, picture(), "a.jpg")
    assert refused.value.code == "bomb"


MEASURE = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-I", sys.argv[1]], input=sys.stdin.buffer.read(), capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.stdout.buffer.write(done.stdout)
"""


@pytest.mark.parametrize(
    ("form", "size", "kept"),
    [
        ("JPEG", (8000, 6000), (4000, 3000)),
        ("JPEG", (5712, 4284), (4320, 3240)),
        ("PNG", (5000, 4000), (4183, 3346)),
    ],
)
def test_a_very_large_picture_takes_less_than_200_megabytes(
    tmp_path: Path, form: str, size: tuple[int, int], kept: tuple[int, int]
) -> None:
    (tmp_path / "source").write_bytes(picture(form, size))
    job = {
        **{
            "source": str(tmp_path / "source"),
            "out": str(tmp_path),
            "name": "a",
            "allowed": KINDS,
            "inside": [],
        },
        **{"purpose": "file", "edge": 0, "pixels": 64_000_000},
        **{"memory": inspection.MEMORY, "seconds": 60, "size": 1 << 28},
    }
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(opening.__file__)],
        input=json.dumps(job).encode(),
        capture_output=True,
        check=True,
    ).stdout.split(b"\n", 1)
    answer = json.loads(told[1])
    assert abs(answer["width"] - kept[0]) < 2
    assert abs(answer["height"] - kept[1]) < 2
    assert int(told[0]) < 200


@pytest.mark.parametrize(
    ("form", "size"), [("PNG", (5200, 4000)), ("GIF", (6000, 5000)), ("WEBP", (4000, 3000))]
)
def test_a_picture_that_can_only_be_decoded_whole_is_refused_above_what_its_format_takes(
    tmp_path: Path, form: str, size: tuple[int, int]
) -> None:
    told = looked_into(tmp_path, picture(form, size), "a")
    assert told["refused"] == "too_many_pixels"
    with override("en"):
        sentence = str(refusal("scan.png", told))
    assert f"{size[0]} × {size[1]} pixels" in sentence
    assert "ordinary JPEG" in sentence


def test_a_picture_made_smaller_in_bands_has_no_seam(tmp_path: Path) -> None:
    slope = Image.linear_gradient("L").resize((1500, 3000)).convert("RGB")
    made = opening.smaller(slope, 1000)
    assert made.size == (500, 1000)
    steps = [
        made.getpixel((250, row + 1))[0] - made.getpixel((250, row))[0] for row in range(made.height - 1)
    ]
    assert set(steps) <= {0, 1}


def test_a_stream_of_objects_that_unpacks_to_gigabytes_is_stopped(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    document.save(tmp_path / "made.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate)
    import zlib

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 10_000_000) for _number in range(300)) + packer.flush()
    bomb = (
        b"%PDF-1.5\n1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length "
        + str(len(packed)).encode()
        + b">>stream\n"
        + packed
        + b"\nendstream endobj\n2 0 obj<</Type/Catalog/Pages 3 0 R>>endobj\n"
        b"3 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"4 0 obj<</Type/XRef/Size 6/W[1 4 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n"
    )
    where = [bomb.index(mark) for mark in (b"1 0 obj", b"2 0 obj", b"3 0 obj", b"4 0 obj")]
    table = b"\x00\x00\x00\x00\x00\xff" + b"".join(b"\x01" + at.to_bytes(4, "big") + b"\x00" for at in where)
    table += b"\x02\x00\x00\x00\x01\x00"
    xref = zlib.compress(table)
    whole = bomb.replace(b"%d", str(len(xref)).encode()) + xref + b"\nendstream endobj\nstartxref\n"
    whole += str(where[3]).encode() + b"\n%%EOF"
    with pytest.raises(FileRefused) as refused:
        asked(tmp_path, whole, "a.pdf")
    assert refused.value.code in {"bomb", "damaged"}
