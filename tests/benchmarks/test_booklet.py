"""A booklet of 300 descriptions on two processors against one WeasyPrint call of the whole."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from backoffice.exports import booklet, documents, pdf
from backoffice.positions.booklets.contents import Entry, Scope
from backoffice.positions.booklets.front import FrontMatter
from backoffice.positions.chart.structure import Unit
from foundation.editions.models import Edition
from tests.benchmarks.conftest import Measured
from tests.factories.exports import make_position_edition, position_body

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

POSITIONS = 300
DEPARTMENTS = 10
PROCESSES = 2

# Warm on one page, then once: it takes minutes.
ALONE = """
import json, resource, sys, time
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
job = json.load(sys.stdin)
fonts = FontConfiguration()
def make(html):
    return HTML(string=html).write_pdf(
        stylesheets=[CSS(string=job["css"], font_config=fonts)],
        font_config=fonts, pdf_variant="pdf/a-3a", pdf_tags=True,
    )
make("<html lang=zh><title>.</title><p>岗位")
start = time.perf_counter()
made = make(job["html"])
taken = time.perf_counter() - start
open(job["file"], "wb").write(made)
print(json.dumps([taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def in_one_call(editions: list[Edition], tmp_path: Path) -> tuple[float, float, Path]:
    """Return seconds, megabytes and file of WeasyPrint by itself on all descriptions in one document."""
    pieces = []
    for edition in editions:
        html, css = documents.page_of(edition, "zh-hans")
        body = re.search(r"<body>(.*)</body>", html, re.DOTALL)
        assert body is not None
        pieces.append(body[1].replace('id="head"', 'class="head"'))
    css = css.replace("#head", ".head") + "article { break-before: page }"
    whole = "".join(f"<article>{piece}</article>" for piece in pieces)
    config = tmp_path / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{pdf.FONTS}</dir><cachedir>{tmp_path}</cachedir></fontconfig>'
    )
    file = tmp_path / "whole.pdf"
    html = f'<!DOCTYPE html><html lang="zh-Hans"><head><title>.</title></head><body>{whole}</body></html>'
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        input=json.dumps({"html": html, "css": css, "file": str(file)}),
        env={"PATH": "/usr/bin:/bin", "FONTCONFIG_FILE": str(config), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    taken, memory = json.loads(done.stdout)
    return taken, memory, file


def test_a_booklet_of_three_hundred(
    settings: Any, tmp_path: Path, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RENDERED_DIR = tmp_path / "rendered"
    settings.RENDER_PROCESSES = PROCESSES
    units = [Unit(f"d{number}", f"第{number}部门", number) for number in range(DEPARTMENTS)]
    entries = []
    for number in range(POSITIONS):
        title = f"第{number}岗位"
        body = position_body(duties=8 + number % 9, title=title, code=f"P-{number:03}")
        edition = make_position_edition(body, key=f"P-{number:03}")
        entries.append(Entry(edition, title, f"HR-{number:03}", units[number * DEPARTMENTS // POSITIONS]))
    chapters = [entry.chapter for entry in entries]
    front = FrontMatter(Scope(timezone.localdate()), "", entries, "林月", timezone.localtime(), [])

    peaks: list[float] = []
    close = pdf.Renderer.close

    def weighed(self: pdf.Renderer) -> None:
        if self._child is not None and self._child.poll() is None:
            status = Path(f"/proc/{self._child.pid}/status").read_text()
            peaks.extend(int(each) / 1024 for each in re.findall(r"VmHWM:\s+(\d+)", status))
        close(self)

    monkeypatch.setattr(pdf.Renderer, "close", weighed)
    start = time.perf_counter()
    made = booklet.make(chapters, front, language="zh-hans", advance=lambda *_told: None)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    again = booklet.make(chapters, front, language="zh-hans", advance=lambda *_told: None)
    kept = time.perf_counter() - start
    alone, memory, file = in_one_call([entry.edition for entry in entries], tmp_path)

    assert again.pages == made.pages
    # The front matter is as long as it turns out to be; what was expected of it is only a first guess.
    assert abs(made.pages - len(PdfReader(file).pages) - front.expected_pages) <= 2
    assert len(PdfReader(io.BytesIO(made.content)).pages) == made.pages
    measured(
        f"booklet of {POSITIONS} descriptions, {made.pages} pages, {PROCESSES} processes",
        figure=f"{ours:.0f} s; one WeasyPrint call {alone:.0f} s and {memory:.0f} MB; {alone / ours:.1f} × faster",
        budget="≥ 1.7 × faster than one WeasyPrint call of the whole",
        met=alone >= 1.7 * ours,
    )
    measured(
        f"the same booklet where the {POSITIONS} documents are kept (only bound anew)",
        figure=f"{kept:.0f} s; {len(made.content) / 1e6:.1f} MB",
        budget="–",
        met=True,
    )
    measured(
        "memory of a renderer while a booklet is made",
        figure=f"{max(peaks):.0f} MB",
        budget="≤ 400 MB",
        met=max(peaks) <= 400,
    )
