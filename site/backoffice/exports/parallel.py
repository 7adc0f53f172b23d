"""Many documents at once: one renderer process for each processor.

The HTML is made in the calling thread, which alone touches the database; threads wait for the renderers and write
the files. A renderer that fails, or a caller that gives up, ends all of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from backoffice.exports import documents, keeping, pdf
from foundation.editions.models import Edition


@dataclass(frozen=True)
class Rendered:
    """A document that is there now."""

    edition: Edition
    file: Path


def processes() -> int:
    """Return how many renderers work at once: ``RENDER_PROCESSES``, else one for each processor we may use."""
    return settings.RENDER_PROCESSES or len(os.sched_getaffinity(0))


def pdfs_of(editions: Iterable[Edition], language: str) -> Iterator[Rendered]:
    """Make the PDF of each edition that has none yet, and yield all of them as they become ready.

    Each is kept (``documents.file_of``) as soon as it is made, so what is made before a failure is not lost. Raises
    ``pdf.RenderFailed``; the others are given up then, and also when the caller closes the iterator.
    """
    own = threading.local()
    renderers: list[pdf.Renderer] = []

    def work(file: Path, html: str, css: str, attachments: list[pdf.Attachment]) -> None:
        if not hasattr(own, "renderer"):
            own.renderer = pdf.Renderer()
            renderers.append(own.renderer)
        documents.write_whole(file, own.renderer.render(html, css=css, attachments=attachments))

    count = processes()
    pool = ThreadPoolExecutor(count, thread_name_prefix="renderer")
    waiting: dict[Future[None], Rendered] = {}
    try:
        for edition in editions:
            one = Rendered(edition, documents.file_of(edition, language))
            if keeping.used(one.file):
                yield one
                continue
            documents.check_libraries()
            html, css = documents.page_of(edition, language)
            waiting[pool.submit(work, one.file, html, css, [documents.body_attached(edition)])] = one
            # Two for each renderer: none waits for HTML, and no more of it is held than is needed.
            if len(waiting) >= 2 * count:
                yield from _ready(waiting)
        while waiting:
            yield from _ready(waiting)
    finally:
        for future in waiting:
            future.cancel()
        for renderer in list(renderers):
            # What is being rendered now ends with its process.
            with suppress(OSError):
                renderer.stop()
        pool.shutdown(wait=True, cancel_futures=True)
        for renderer in renderers:
            renderer.close()


def _ready(waiting: dict[Future[None], Rendered]) -> Iterator[Rendered]:
    """Wait for the next documents and yield them. Raises what went wrong with one."""
    done, _rest = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        one = waiting.pop(future)
        future.result()
        yield one
