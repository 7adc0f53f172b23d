"""The child process that runs WeasyPrint: ``python renderer.py`` with job after job on standard input.

Imports nothing of ours and no Django, and is started with an almost empty environment: whatever a hostile
text makes the layout engine do, there is no secret, no network and no file of the installation to be had.

A job is a frame (length, JSON) with ``html``, ``css``, ``attachments``; the answer is a frame whose first
byte is 0 (the rest is the PDF) or 1 (the rest says what went wrong). See ``pdf`` for the other end.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import struct
import sys
from datetime import datetime
from typing import IO, Any

RENDERING = 2
"""Raised when the way of rendering changes: kept documents are then made anew."""

LENGTH = struct.Struct(">Q")

# Python's own notices of what code is about to do. Those named here leave the process or start another one.
FORBIDDEN_EVENTS = (
    "socket.",
    "ftplib.",
    "http.client.",
    "smtplib.",
    "urllib.Request",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "webbrowser.",
)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame of ``stream``, None at its end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame to ``stream``."""
    stream.write(LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def limit(memory: int) -> None:
    """Bound address space, open files and core dumps of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_the_doors(readable: tuple[str, ...]) -> None:
    """Refuse network, new processes, and files outside ``readable``, for the rest of this process's life."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN_EVENTS):
            raise PermissionError(f"The document renderer may not do this: {event}")
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(readable):
                raise PermissionError(f"The document renderer may not open {path}")

    sys.addaudithook(refuse)


def make_pdf(job: dict[str, Any], *, font_config: Any, fetcher: Any) -> bytes:
    """Return the PDF of one job."""
    from weasyprint import CSS, HTML, Attachment

    attachments = [
        Attachment(
            string=base64.b64decode(each["content"]),
            name=each["name"],
            description=each["description"],
            relationship=each["relationship"],
            created=datetime.fromisoformat(each["at"]),
            modified=datetime.fromisoformat(each["at"]),
            url_fetcher=fetcher,
        )
        for each in job["attachments"]
    ]
    page = HTML(string=job["html"], url_fetcher=fetcher, media_type="print")
    # An attachment named in the text would put a file of somebody's choice into the document. The fetcher
    # refuses it as well; without the relation there is nothing left to refuse.
    for element in page.etree_element.iter():
        relation = element.get("rel") if isinstance(element.tag, str) else None
        if relation and "attachment" in relation.lower():
            del element.attrib["rel"]
    pdf: bytes = page.write_pdf(
        stylesheets=[CSS(string=job["css"], url_fetcher=fetcher, font_config=font_config)],
        font_config=font_config,
        attachments=attachments,
        pdf_variant="pdf/a-3a",
        pdf_tags=True,
    )
    return pdf


def main() -> None:
    """Answer jobs until standard input ends."""
    jobs = sys.stdin.buffer
    # Libraries may print; what they say must not end up between two frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    memory, fonts, scratch = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    limit(memory)

    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Fetches nothing at all: documents are made of their text, our stylesheet and our fonts."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            raise PermissionError(f"Nothing is fetched for documents: {url[:200]}")

        open = fetch

    fetcher = Nothing()
    font_config = FontConfiguration()
    own = {os.path.realpath(each) for each in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))}
    close_the_doors(
        (
            *(f"{os.path.realpath(each)}{os.sep}" for each in (*(own - {"/usr"}), fonts, scratch)),
            *("/usr/lib/", "/usr/share/", "/etc/mime.types", "/dev/null"),
        )
    )
    while (frame := read_frame(jobs)) is not None:
        try:
            answer = b"\0" + make_pdf(json.loads(frame), font_config=font_config, fetcher=fetcher)
        except MemoryError:
            answer = b"\1The document needs more memory than the renderer may use."
        except Exception as fault:
            answer = b"\1" + f"{type(fault).__name__}: {fault}".encode()[:2000]
        write_frame(answers, answer)


if __name__ == "__main__":
    main()
