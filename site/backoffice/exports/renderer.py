"""The child process that runs WeasyPrint: ``python renderer.py`` with job after job on standard input.

Imports nothing of ours and no Django, and is started with an almost empty environment: whatever a hostile
text makes the layout engine do, there is no secret, no network and no file of the installation to be had.

A job is a frame (length, JSON) with ``html``, ``css``, ``attachments``, ``pictures``; the answer is a frame whose first
byte is 0 (the rest is the PDF) or 1 (the rest says what went wrong). See ``pdf`` for the other end.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import re
import resource
import struct
import sys
from datetime import datetime
from typing import IO, Any

RENDERING = 3
"""Raised when the way of rendering changes: kept documents are then made anew."""

PICTURE = "remit-picture:"
"""Before the name of a picture that came with the job."""
MOST_STYLES = 8
COLLECT_AFTER = 512 * 1024
"""Bytes of HTML after which memory is looked through for what nobody needs any more."""
# Neither Latin nor everyday Han: only these are looked up in the fonts.
UNCOMMON = re.compile("[^\u0000-\u024f\u2000-\u206f\u3000-\u30ff\u4e00-\u9fff\ufe00-\ufe0f\uff00-\uffef]")
BOX_ROOM = "0.5em"

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


class Lettering:
    """What the fonts can draw. A character they cannot (an emoji, a Han character of a rare plane) becomes a box, for
    which the layout leaves half the room it takes; such characters are set apart so that nothing lies on another.
    """

    def __init__(self, fonts: str) -> None:
        self.fonts = fonts
        self._drawn: frozenset[int] | None = None

    @property
    def drawn(self) -> frozenset[int]:
        """The characters of the fonts; read when first asked for, which most documents never do."""
        if self._drawn is None:
            from fontTools.ttLib import TTFont

            with TTFont(os.path.join(self.fonts, "NotoSansSC-Regular.ttf"), lazy=True) as font:
                self._drawn = frozenset(font.getBestCmap())
        return self._drawn

    def set_apart(self, root: Any) -> None:
        """Give room to the characters of a parsed document that the fonts do not have."""
        for element in list(root.iter()):
            if not isinstance(element.tag, str) or element.tag in ("title", "style", "script"):
                continue
            for holder, name in ((element, "text"), *((child, "tail") for child in element)):
                text = getattr(holder, name) or ""
                if UNCOMMON.search(text):
                    self._wrap(element, holder, name, text)

    def _wrap(self, parent: Any, holder: Any, name: str, text: str) -> None:
        pieces: list[tuple[bool, str]] = []
        for each in text:
            boxed = bool(UNCOMMON.match(each)) and ord(each) not in self.drawn
            if pieces and pieces[-1][0] == boxed:
                pieces[-1] = (boxed, pieces[-1][1] + each)
            else:
                pieces.append((boxed, each))
        if not any(boxed for boxed, _piece in pieces):
            return
        place = 0 if name == "text" else list(parent).index(holder) + 1
        setattr(holder, name, "")
        last = None
        for boxed, piece in pieces:
            if boxed:
                last = parent.makeelement("span", {"style": f"letter-spacing: {BOX_ROOM}"})
                last.text = piece
                parent.insert(place, last)
                place += 1
            elif last is None:
                setattr(holder, name, piece)
            else:
                last.tail = piece


def make_pdf(
    job: dict[str, Any], *, font_config: Any, fetcher: Any, lettering: Lettering, styles: dict[str, Any]
) -> bytes:
    """Return the PDF of one job. ``styles`` keeps parsed stylesheets: ours are few."""
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
    fetcher.pictures = {each["name"]: (each["type"], each["content"]) for each in job.get("pictures", ())}
    page = HTML(string=job["html"], url_fetcher=fetcher, media_type="print")
    # An attachment named in the text would put a file of somebody's choice into the document. The fetcher
    # refuses it as well; without the relation there is nothing left to refuse.
    for element in page.etree_element.iter():
        relation = element.get("rel") if isinstance(element.tag, str) else None
        if relation and "attachment" in relation.lower():
            del element.attrib["rel"]
    lettering.set_apart(page.etree_element)
    if job["css"] not in styles:
        if len(styles) >= MOST_STYLES:
            styles.clear()
        styles[job["css"]] = CSS(string=job["css"], url_fetcher=fetcher, font_config=font_config)
    pdf: bytes = page.write_pdf(
        stylesheets=[styles[job["css"]]],
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
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Nothing(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Fetches nothing at all: documents are made of their text, our stylesheet and our fonts, and of the
        pictures that came with the job.
        """

        pictures: dict[str, tuple[str, str]] = {}

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith(PICTURE) and (name := url.removeprefix(PICTURE)) in self.pictures:
                content_type, content = self.pictures[name]
                return URLFetcherResponse(url, base64.b64decode(content), {"Content-Type": content_type})
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
    lettering, styles = Lettering(fonts), {}
    # Laying out makes very many small objects that live until its end: looking for cycles among them so often
    # as Python does by itself costs an eighth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    since = 0  # bytes of HTML laid out since the last look
    while (frame := read_frame(jobs)) is not None:
        try:
            answer = b"\0" + make_pdf(
                json.loads(frame),
                font_config=font_config,
                fetcher=fetcher,
                lettering=lettering,
                styles=styles,
            )
        except MemoryError:
            answer = b"\1The document needs more memory than the renderer may use."
        except Exception as fault:
            answer = b"\1" + f"{type(fault).__name__}: {fault}".encode()[:2000]
        write_frame(answers, answer)
        # What the thresholds above leave lying is taken away while nobody waits for an answer.
        since += len(frame)
        if since > COLLECT_AFTER:
            gc.collect()
            since = 0


if __name__ == "__main__":
    main()
