"""Documents: the first time against WeasyPrint alone on the same HTML, the second time as the file it is."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from backoffice.exports import documents, pdf
from tests.benchmarks.conftest import Measured, seconds
from tests.factories.exports import full_body, make_position_edition, position_body

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

ALONE = """
import json, sys, time
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
job = json.load(sys.stdin)
fonts = FontConfiguration()
taken = []
for _ in range(job["times"]):
    start = time.perf_counter()
    HTML(string=job["html"]).write_pdf(
        stylesheets=[CSS(string=job["css"], font_config=fonts)],
        font_config=fonts, pdf_variant="pdf/a-3a", pdf_tags=True,
    )
    taken.append(time.perf_counter() - start)
print(min(taken[1:]))
"""


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.RENDERED_DIR = tmp_path / "rendered"


def weasyprint_alone(html: str, css: str, tmp_path: Path, times: int) -> float:
    """Return the shortest time of WeasyPrint by itself, warm, with the same fonts."""
    config = tmp_path / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{pdf.FONTS}</dir><cachedir>{tmp_path}</cachedir></fontconfig>'
    )
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        input=json.dumps({"html": html, "css": css, "times": times}),
        env={"PATH": "/usr/bin:/bin", "FONTCONFIG_FILE": str(config), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.parametrize("duties", [12, 60])
def test_first_time_against_weasyprint_alone(duties: int, tmp_path: Path, measured: Measured) -> None:
    edition = make_position_edition(position_body(duties=duties))
    html, css = documents.page_of(edition, "zh-hans")
    documents.render(edition, "zh-hans")  # the child is there, as in a worker that has made one document
    # In turns: what else the machine does then slows both.
    rounds = [
        (seconds(lambda: documents.render(edition, "zh-hans"), 4), weasyprint_alone(html, css, tmp_path, 5))
        for _ in range(3)
    ]
    ours, alone = (min(taken) for taken in zip(*rounds, strict=True))
    measured(
        f"PDF of a position with {duties} duties, first time",
        figure=f"{ours * 1000:.0f} ms; WeasyPrint alone {alone * 1000:.0f} ms; ratio {ours / alone:.2f}",
        budget="≤ 1.3 × WeasyPrint alone",
        met=ours <= 1.3 * alone,
    )


def test_a_description_of_four_pages(tmp_path: Path, measured: Measured) -> None:
    body, _texts = full_body(**{"duties": position_body(duties=20)["duties"]})
    edition = make_position_edition(body)
    html, css = documents.page_of(edition, "zh-hans")
    content = documents.render(edition, "zh-hans")
    pages = len(PdfReader(io.BytesIO(content)).pages)
    assert pages >= 4
    measured(
        "size of a description with every part, 20 duties",
        figure=f"{len(content) / 1000:.0f} kB on {pages} pages",
        budget="≤ 300 kB for four pages",
        met=len(content) <= 300_000,
    )
    rounds = [
        (seconds(lambda: documents.render(edition, "zh-hans"), 3), weasyprint_alone(html, css, tmp_path, 4))
        for _ in range(2)
    ]
    ours, alone = (min(taken) for taken in zip(*rounds, strict=True))
    measured(
        "PDF of a description with every part, 20 duties, first time",
        figure=f"{ours * 1000:.0f} ms; WeasyPrint alone {alone * 1000:.0f} ms; ratio {ours / alone:.2f}",
        budget="≤ 1.3 × WeasyPrint alone",
        met=ours <= 1.3 * alone,
    )


def test_second_time_is_a_file_read(measured: Measured) -> None:
    edition = make_position_edition()
    documents.pdf_of(edition, "zh-hans")

    def again() -> None:
        path = documents.request_pdf(edition, "zh-hans")
        assert path is not None
        path.read_bytes()

    again()
    taken = seconds(again, 50)
    measured(
        "PDF of a position, second time",
        figure=f"{taken * 1000:.2f} ms",
        budget="≤ 10 ms",
        met=taken <= 0.010,
    )


def test_the_renderer_stays_small(measured: Measured) -> None:
    edition = make_position_edition(position_body(duties=200))
    renderer = pdf.Renderer()
    try:
        html, css = documents.page_of(edition, "zh-hans")
        for _ in range(20):
            renderer.render(html, css=css)
        assert renderer._child is not None
        status = Path(f"/proc/{renderer._child.pid}/status").read_text()
    finally:
        renderer.close()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    measured(
        "memory of the renderer after 20 documents of 200 duties",
        figure=f"{peak:.0f} MB",
        budget="≤ 400 MB",
        met=peak <= 400,
    )
