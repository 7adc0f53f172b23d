"""HTML to PDF bytes (PDF/A-3a: tagged, fonts embedded), in a child process with limits. See ``renderer``.

Input is HTML of ours with texts of people in it; rich text has gone through ``clean`` before. Nothing is
fetched: no image, stylesheet, font or file by any address; pictures come with the job. The only fonts are the
two of ``fonts/``, whatever the machine has besides, so that the same input gives the same bytes everywhere.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from backoffice.exports.renderer import read_frame, write_frame

FONTS = Path(__file__).resolve().parent / "fonts"
RENDERER = Path(__file__).resolve().parent / "renderer.py"

MEMORY = 1024 * 1024 * 1024
"""Address space of the child. It holds about 130 MB; the rest is mapped libraries and fonts."""
SECONDS = 60
LARGEST_HTML = 8 * 1024 * 1024
JOBS_PER_CHILD = 200
"""A child is replaced after so many documents: layout engines keep more and more of what they saw."""

ALLOWED_TAGS = {
    *("p", "br", "hr", "ul", "ol", "li", "h2", "h3", "h4", "h5", "blockquote", "code", "pre", "span"),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}


class RenderFailed(Exception):
    """No PDF came out; the message says why. Caught by the outbox, which tries again and then shows it."""


@dataclass(frozen=True)
class Picture:
    """A picture the HTML shows as ``<img src="remit-picture:<name>">``: PNG or JPEG, drawn by us before."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Attachment:
    """A file put into the PDF; ``at`` is its date there, so that the bytes do not depend on the clock."""

    name: str
    content: bytes
    at: datetime
    description: str = ""
    relationship: str = "Source"


def clean(html: str) -> str:
    """Return ``html`` with nothing but plain formatting: no address, no style, no script survives."""
    import nh3

    return nh3.clean(
        html, tags=ALLOWED_TAGS, attributes={"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
    )


@dataclass
class Renderer:
    """One child process and the pipe to it; safe to share between threads, remade after a fork."""

    memory: int = MEMORY
    seconds: float = SECONDS
    _child: subprocess.Popen[bytes] | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _owner: int = 0
    _jobs: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def render(
        self,
        html: str,
        *,
        css: str,
        attachments: Sequence[Attachment] = (),
        pictures: Sequence[Picture] = (),
    ) -> bytes:
        """Return the PDF of ``html`` laid out by ``css``.

        Raises RenderFailed when WeasyPrint or its libraries fail, and when time or memory run out.
        """
        if len(html) > LARGEST_HTML:
            raise RenderFailed(f"The document is too long: {len(html):,} characters.")
        job = {
            "html": html,
            "css": css,
            "attachments": [
                {
                    "name": each.name,
                    "content": base64.b64encode(each.content).decode(),
                    "description": each.description,
                    "relationship": each.relationship,
                    "at": each.at.isoformat(),
                }
                for each in attachments
            ],
            "pictures": [
                {
                    "name": each.name,
                    "type": each.type,
                    "content": base64.b64encode(each.content).decode(),
                }
                for each in pictures
            ],
        }
        with self._lock:
            return self._ask(json.dumps(job).encode())

    def stop(self) -> None:
        """Kill the child process: whoever waits for a document gets RenderFailed. For another thread than that."""
        if (child := self._child) is not None and self._owner == os.getpid():
            child.kill()

    def close(self) -> None:
        """End the child process and remove its scratch folder."""
        child, folder = self._child, self._folder
        self._child = self._folder = None
        if self._owner != os.getpid():
            return  # After a fork both belong to the parent.
        if child is not None:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        if folder is not None:
            folder.cleanup()

    def _ask(self, job: bytes) -> bytes:
        child = self._running()
        self._jobs += 1
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(self.seconds, stop)
        clock.daemon = True
        clock.start()
        answer = None
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                write_frame(child.stdin, job)
            answer = read_frame(child.stdout)
        finally:
            clock.cancel()
            if not answer or answer[0]:
                said = self._last_words()
                self.close()
        if late.is_set():
            raise RenderFailed(f"The document was not ready after {self.seconds:g} seconds.")
        if not answer:
            raise RenderFailed(f"The document renderer ended unexpectedly. {said}".strip())
        if answer[0]:
            raise RenderFailed(answer[1:].decode(errors="replace"))
        return answer[1:]

    def _running(self) -> subprocess.Popen[bytes]:
        alive = self._child is not None and self._owner == os.getpid() and self._child.poll() is None
        if not alive or self._jobs >= JOBS_PER_CHILD:
            self.close()
            self._owner, self._jobs = os.getpid(), 0
            self._folder = tempfile.TemporaryDirectory(prefix="remit-renderer-")
            self._child = self._start(Path(self._folder.name))
        assert self._child is not None
        return self._child

    def _start(self, scratch: Path) -> subprocess.Popen[bytes]:
        fontconfig = scratch / "fonts.conf"
        fontconfig.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f"<dir>{escape(str(FONTS))}</dir><cachedir>{escape(str(scratch))}</cachedir>"
            "</fontconfig>",
            encoding="utf-8",
        )
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "FONTCONFIG_FILE": str(fontconfig),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (scratch / "words").open("wb") as words:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and file, no shell
                [sys.executable, "-I", str(RENDERER), str(self.memory), str(FONTS), str(scratch)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env=environment,
                cwd=scratch,
            )

    def _last_words(self) -> str:
        """Return the end of what the child wrote to standard error."""
        if self._folder is None:
            return ""
        said = (Path(self._folder.name) / "words").read_text(encoding="utf-8", errors="replace").strip()
        return said[-600:]


@contextlib.contextmanager
def own_renderer() -> Iterator[Renderer]:
    """Give a renderer that ends with the block."""
    renderer = Renderer()
    try:
        yield renderer
    finally:
        renderer.close()


_renderer = Renderer()
atexit.register(_renderer.close)


def render(
    html: str, *, css: str, attachments: Sequence[Attachment] = (), pictures: Sequence[Picture] = ()
) -> bytes:
    """Return the PDF of ``html`` laid out by ``css``, made by the renderer of this process.

    Raises RenderFailed.
    """
    return _renderer.render(html, css=css, attachments=attachments, pictures=pictures)
