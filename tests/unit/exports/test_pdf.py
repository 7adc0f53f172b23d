"""PDF bytes from HTML: the text survives, nothing is fetched, limits hold, same input same bytes."""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
import threading
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from pypdf import PdfReader

from backoffice.exports import pdf
from backoffice.exports.renderer import BOX_ROOM, Lettering

CSS = '@page { size: A4; margin: 20mm } html { font-family: "Noto Sans SC"; font-size: 11pt }'
RARE_NAMES = "𬱖䶮㛃㭎䓖彧翀堃頔赟喆昇珺犇"
NOT_IN_THE_FONT = {"≒"}


def page(body: str, head: str = "") -> str:
    head = f"<title>检验</title>{head}"
    return f'<!DOCTYPE html><html lang="zh-Hans"><head>{head}</head><body>{body}</body></html>'


def text_of(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "read.pdf"
    file.write_bytes(content)
    shown = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return shown.stdout.decode()


def gbk_characters() -> list[str]:
    """Return every character of GBK that prints something."""
    found = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                found.add(bytes([lead, trail]).decode("gbk"))
            except UnicodeDecodeError:
                continue
    printable = (each for each in found if unicodedata.category(each)[0] not in "CZM")
    return sorted(set(printable) - NOT_IN_THE_FONT)


def test_five_hundred_gbk_characters_and_rare_names_come_back_from_the_pdf(tmp_path: Path) -> None:
    chosen = random.Random(20261122).sample(gbk_characters(), 500)
    lines = ["".join(chosen[start : start + 25]) for start in range(0, 500, 25)] + [RARE_NAMES]
    content = pdf.render(page("".join(f"<p>{line}</p>" for line in lines)), css=CSS)
    shown = [line.strip() for line in text_of(content, tmp_path).splitlines() if line.strip()]
    assert shown == lines


def test_the_rare_names_are_drawn_and_not_boxes(tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    for file in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        with TTFont(pdf.FONTS / file, lazy=True) as font:
            known = font.getBestCmap()
        assert [each for each in RARE_NAMES if ord(each) not in known] == []


def test_characters_the_fonts_do_not_have_are_given_room_and_no_others() -> None:
    body = ElementTree.fromstring(
        "<body><p>甲𠀀𠮷乙<b>丙😀</b>丁𠀀</p><p>①℃ 𬱖䶮 – 常用</p><style>😀</style></body>"
    )
    Lettering(str(pdf.FONTS)).set_apart(body)
    apart = f'<span style="letter-spacing: {BOX_ROOM}">'
    assert ElementTree.tostring(body, encoding="unicode") == (
        f"<body><p>甲{apart}𠀀𠮷</span>乙<b>丙{apart}😀</span></b>丁{apart}𠀀</span></p>"
        "<p>①℃ 𬱖䶮 – 常用</p><style>😀</style></body>"
    )


def test_fonts_are_embedded_and_cut_to_what_is_used(tmp_path: Path) -> None:
    file = tmp_path / "fonts.pdf"
    file.write_bytes(pdf.render(page("<p>岗位 <b>职责</b></p>"), css=CSS))
    shown = subprocess.run(["pdffonts", str(file)], capture_output=True, check=True).stdout.decode()
    rows = [line.split() for line in shown.splitlines()[2:]]
    assert sorted(row[0].split("+")[1] for row in rows) == ["Noto-Sans-SC", "Noto-Sans-SC-Bold"]
    assert [row[4:7] for row in rows] == [["yes", "yes", "yes"]] * 2  # embedded, subset, Unicode map
    assert file.stat().st_size < 40_000


def test_same_input_same_bytes_in_one_process_and_in_another() -> None:
    html = page("<h1>岗位说明书</h1><p>同样的内容</p>")
    note = pdf.Attachment("edition.json", b"{}", datetime(2026, 11, 22, tzinfo=UTC))
    first = pdf.render(html, css=CSS, attachments=[note])
    pdf.render(page("<p>另一份 another</p>"), css=CSS)
    assert pdf.render(html, css=CSS, attachments=[note]) == first
    fresh = pdf.Renderer()
    try:
        assert fresh.render(html, css=CSS, attachments=[note]) == first
    finally:
        fresh.close()


def test_the_document_says_its_language_title_and_standard() -> None:
    reader = PdfReader(io.BytesIO(pdf.render(page("<h1>一</h1>"), css=CSS)))
    assert reader.trailer["/Root"]["/Lang"] == "zh-Hans"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value is True
    assert reader.metadata is not None
    assert reader.metadata.title == "检验"
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp.replace(" ", "") or 'pdfaid:part="3"' in xmp


def test_an_attachment_of_ours_is_inside_unchanged() -> None:
    content = "职责".encode()
    at = datetime(2026, 11, 22, tzinfo=UTC)
    reader = PdfReader(
        io.BytesIO(
            pdf.render(page("<p>一</p>"), css=CSS, attachments=[pdf.Attachment("a.json", content, at)])
        )
    )
    assert reader.attachments["a.json"] == [content]


# --- hostile input -------------------------------------------------------------------------------------

SECRET = "remit-canary-7f3a"


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine that remembers what was asked of it."""
    asked: list[str] = []

    class Remember(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css")
            self.end_headers()
            self.wfile.write(b"p { color: red }")

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Remember)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


VECTORS = {
    "image": ('<img src="{url}">', ""),
    "image set": ('<img src="x.png" srcset="{url} 1x">', ""),
    "picture": ('<picture><source srcset="{url}"><img src="{url}"></picture>', ""),
    "object": ('<object data="{url}" type="image/svg+xml"></object>', ""),
    "embed": ('<embed src="{url}">', ""),
    "frame": ('<iframe src="{url}"></iframe>', ""),
    "attached link": ('<a rel="attachment" href="{url}">x</a>', ""),
    "attached file": ("", '<link rel="attachment" href="{url}">'),
    "attached, in capitals": ('<a rel="nofollow ATTACHMENT" href="{url}">x</a>', ""),
    "stylesheet": ("", '<link rel="stylesheet" href="{url}">'),
    "import": ("", '<style>@import "{url}";</style>'),
    "font": (
        '<p style="font-family: evil">x</p>',
        '<style>@font-face {{ font-family: evil; src: url("{url}") }}</style>',
    ),
    "background": ('<p style="background: url({url})">x</p>', ""),
    "content": ("<p>x</p>", "<style>p::after {{ content: url({url}) }}</style>"),
    "list mark": ('<ul style="list-style-image: url({url})"><li>x</li></ul>', ""),
    "border": ('<p style="border-image: url({url}) 30">x</p>', ""),
    "page background": ("", "<style>@page {{ background: url({url}) }}</style>"),
    "drawing with an image": (
        '<svg width="9" height="9"><image href="{url}" width="9" height="9"/></svg>',
        "",
    ),
    "drawing with a reference": ('<svg width="9" height="9"><use href="{url}#a"/></svg>', ""),
    "drawing with a style": ('<svg width="9" height="9"><style>@import "{url}";</style></svg>', ""),
    "drawing inside a data address": (
        "<img src='data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cimage href=%22{url}%22"
        " width=%229%22 height=%229%22/%3E%3C/svg%3E'>",
        "",
    ),
    "base address": ('<img src="x.png">', '<base href="{url}/">'),
    "input image": ('<input type="image" src="{url}">', ""),
    "refresh": ("", '<meta http-equiv="refresh" content="0; url={url}">'),
}


def all_bytes(content: bytes) -> bytes:
    """Return every stream of the PDF, unpacked, one after the other, and the raw file."""
    reader = PdfReader(io.BytesIO(content))
    found = [content]
    for number in range(1, len(reader.xref_objStm) + int(reader.trailer["/Size"])):
        try:
            entry = reader.get_object(number)
        except Exception:
            continue
        if hasattr(entry, "get_data"):
            found.append(entry.get_data())
    return b"".join(found)


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("scheme", ["http", "file", "relative"])
def test_nothing_is_fetched_and_no_file_gets_in(
    name: str, scheme: str, listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = listener
    secret = tmp_path / "secret.svg"
    secret.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><text y="9">{SECRET}</text></svg>')
    url = {"http": f"{address}/hit", "file": secret.as_uri(), "relative": str(secret)}[scheme]
    body, head = (part.format(url=url) for part in VECTORS[name])
    content = pdf.render(page(f"<p>正文</p>{body}", head), css=CSS)
    assert asked == []
    assert dict(PdfReader(io.BytesIO(content)).attachments) == {}
    assert SECRET.encode() not in all_bytes(content)
    assert "正文" in text_of(content, tmp_path)


def test_a_colour_profile_by_address_is_refused_with_the_whole_document(
    listener: tuple[str, list[str]],
) -> None:
    address, asked = listener
    head = f'<style>@color-profile --x {{ src: url("{address}/hit") }}</style>'
    with pytest.raises(pdf.RenderFailed, match="Nothing is fetched for documents"):
        pdf.render(page("<p>正文</p>", head), css=CSS)
    assert asked == []


def test_the_canary_would_be_found_if_it_got_in() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    content = pdf.render(
        page("<p>x</p>"), css=CSS, attachments=[pdf.Attachment("a", SECRET.encode() * 9, at)]
    )
    assert SECRET.encode() in all_bytes(content)


def test_data_addresses_are_refused_as_well() -> None:
    plain = pdf.render(page("<p>x</p>"), css=CSS)
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
    reader = PdfReader(io.BytesIO(pdf.render(page(f'<p>x</p><img src="{dot}">'), css=CSS)))
    assert [len(each.images) for each in reader.pages] == [0]
    assert len(PdfReader(io.BytesIO(plain)).pages) == 1


def test_a_picture_that_came_with_the_document_is_shown_and_no_other() -> None:
    data = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(data, "PNG")
    html = page('<img src="remit-picture:one" alt="x"><img src="remit-picture:two" alt="y">')
    given = [pdf.Picture("one", "image/png", data.getvalue())]
    reader = PdfReader(io.BytesIO(pdf.render(html, css=CSS, pictures=given)))
    assert [len(each.images) for each in reader.pages] == [1]
    # What came with one document is not there for the next.
    after = PdfReader(io.BytesIO(pdf.render(html, css=CSS)))
    assert [len(each.images) for each in after.pages] == [0]


def test_clean_keeps_plain_formatting_and_drops_every_address() -> None:
    dirty = (
        '<h3 onclick="x()">要求</h3><p style="background:url(http://x/)">一<b>二</b><script>alert(1)</script>'
        '<img src="file:///etc/passwd"><a rel="attachment" href="file:///etc/passwd">三</a></p>'
        '<table><tr><td colspan="2" class="y">四</td></tr></table><style>p{}</style>'
    )
    assert pdf.clean(dirty) == (
        '<h3>要求</h3><p>一<b>二</b>三</p><table><tbody><tr><td colspan="2">四</td></tr></tbody></table>'
    )


# --- limits --------------------------------------------------------------------------------------------


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_works() -> None:
    slow = pdf.Renderer(seconds=1.5)
    try:
        with pytest.raises(pdf.RenderFailed, match=r"not ready after 1\.5 seconds"):
            slow.render(page("<table><tr><td>" * 60 + "<p>岗位</p>" * 20_000), css=CSS)
        slow.seconds = 60
        assert slow.render(page("<p>一</p>"), css=CSS).startswith(b"%PDF")
    finally:
        slow.close()


def test_a_document_that_needs_too_much_memory_is_given_up() -> None:
    small = pdf.Renderer(memory=250 * 1024 * 1024)
    try:
        with pytest.raises(pdf.RenderFailed):
            small.render(page("<p>岗位职责</p>" * 40_000), css=CSS)
        assert small.render(page("<p>一</p>"), css=CSS).startswith(b"%PDF")
    finally:
        small.close()


def test_a_text_beyond_every_measure_is_refused_before_it_is_tried() -> None:
    with pytest.raises(pdf.RenderFailed, match="too long"):
        pdf.render("岗" * (pdf.LARGEST_HTML + 1), css=CSS)


def test_the_child_has_no_secret_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_SECRET_KEY", SECRET)
    renderer = pdf.Renderer()
    try:
        renderer.render(page("<p>一</p>"), css=CSS)
        child = renderer._child
        assert child is not None
        assert SECRET.encode() not in Path(f"/proc/{child.pid}/environ").read_bytes()
    finally:
        renderer.close()


def test_a_killed_child_is_replaced() -> None:
    renderer = pdf.Renderer()
    try:
        first = renderer.render(page("<p>一</p>"), css=CSS)
        assert renderer._child is not None
        renderer._child.kill()
        renderer._child.wait()
        assert renderer.render(page("<p>一</p>"), css=CSS) == first
    finally:
        renderer.close()


def test_threads_may_share_one_renderer() -> None:
    results: dict[int, bytes] = {}

    def work(number: int) -> None:
        results[number] = pdf.render(page(f"<p>第 {number} 份</p>"), css=CSS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = {
        number: PdfReader(io.BytesIO(content)).pages[0].extract_text().strip()
        for number, content in results.items()
    }
    assert texts == {number: f"第 {number} 份" for number in range(6)}


def test_the_fonts_are_the_published_ones() -> None:
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in pdf.FONTS.glob("*.ttf")}
    assert digests == {
        "NotoSansSC-Bold.ttf": "9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
        "NotoSansSC-Regular.ttf": "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
    }
    assert "SIL OPEN FONT LICENSE" in (pdf.FONTS / "OFL.txt").read_text()
