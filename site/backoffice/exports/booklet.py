"""A booklet (汇编): documents of editions bound into one PDF, with front matter and page numbers of its own.

Each document is the one that is downloaded singly, and is kept like it: a second booklet only makes what changed. What
the front matter shows is the caller's (``Front``); it is made last, when the pages are known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from backoffice.exports import binding, documents, parallel, pdf
from foundation.editions.models import Edition

STYLESHEET = "exports/document.css"
MOST_FRONT_PASSES = 4


@dataclass(frozen=True)
class Chapter:
    """One document of the booklet; ``under`` are the headings it stands under, outermost first."""

    edition: Edition
    title: str
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Booklet:
    """The finished PDF and how many pages it has."""

    content: bytes
    pages: int


class Front(Protocol):
    """Makes HTML and stylesheet of the front matter; ``expected_pages`` is how many pages it will most likely have."""

    @property
    def expected_pages(self) -> int: ...

    def __call__(self, first_pages: Sequence[int], pages: int) -> tuple[str, str]:
        """Return them, given on which page each chapter begins and how many pages the booklet has."""


Advance = Callable[[int, int, str], None]
"""Is told how many steps of how many are done and what is being done; raises to give up."""


def make(chapters: Sequence[Chapter], front: Front, *, language: str, advance: Advance) -> Booklet:
    """Return the booklet of ``chapters`` in their order.

    Raises ``pdf.RenderFailed`` and whatever ``advance`` raises; then no process is left behind.
    """
    total = len(chapters)
    with translation.override(language):
        laying_out, binding_it = _("Step 1 of 2: laying out"), _("Step 2 of 2: binding")
    measured = {}
    rendering = parallel.pdfs_of([chapter.edition for chapter in chapters], language)
    try:
        advance(0, total, laying_out)
        for done, one in enumerate(rendering, 1):
            measured[one.edition.pk] = binding.measure(one.file)
            advance(done, total, laying_out)
    finally:
        rendering.close()
    in_order = [measured[chapter.edition.pk] for chapter in chapters]
    advance(0, total, binding_it)
    with pdf.own_renderer() as renderer:
        content = _front(front, [one.pages for one in in_order], renderer)
        advance(0, total, binding_it)
        letters = [*in_order, binding.measure(content)]
        case = renderer.render(
            binding.type_case(letters, further=_folio_letters(language), language=language),
            css=documents.stylesheet(STYLESHEET),
        )
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        # Every tenth is often enough to be told, and to be cancelled.
        if done % 10 == 0:
            advance(done, total, binding_it)

    whole = binding.bind(
        content,
        [
            binding.Part(documents.file_of(chapter.edition, language), chapter.title, chapter.under)
            for chapter in chapters
        ],
        faces=case,
        folio=lambda number, count: folio(number, count, language),
        advance=step,
    )
    return Booklet(whole.content, whole.pages)


def folio(number: int, count: int, language: str) -> str:
    """Return what stands below page ``number`` of ``count``."""
    with translation.override(language):
        return _("Booklet page %(number)s of %(count)s") % {"number": number, "count": count}


def _folio_letters(language: str) -> str:
    return "".join(sorted(set(folio(0, 0, language) + "0123456789")))


def _front(front: Front, lengths: Sequence[int], renderer: pdf.Renderer) -> bytes:
    """Return the front matter. How many pages it has itself moves all numbers in it, so it is guessed first; the
    numbers have a column of their own and move no line, so a second pass is right.
    """
    own = front.expected_pages
    for _pass in range(MOST_FRONT_PASSES):
        first_pages = [own + sum(lengths[:place]) + 1 for place in range(len(lengths))]
        html, css = front(first_pages, own + sum(lengths))
        content = renderer.render(html, css=css)
        if (pages := binding.measure(content).pages) == own:
            return content
        own = pages
    raise pdf.RenderFailed("The front matter of the booklet does not come to rest.")


def key_of(chapters: Sequence[Chapter], *shown: str, language: str) -> str:
    """Return a hash of everything that decides what the booklet says and how it looks; ``shown`` is what the front
    matter shows besides.
    """
    digest = hashlib.sha256()
    for each in (settings.BASE_URL, language, *shown):
        digest.update(each.encode() + b"\0")
    for chapter in chapters:
        digest.update(documents.file_of(chapter.edition, language).name.encode())
        digest.update("\0".join((chapter.title, *chapter.under)).encode() + b"\0")
    return digest.hexdigest()
