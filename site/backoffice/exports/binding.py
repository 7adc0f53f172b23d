"""Binds finished PDFs of ours into one: a booklet.

What comes in was made by ``renderer`` and is PDF/A-3a each: tagged, fonts embedded. What comes out keeps, for every
page, its text, tags, links and attachments, and has one tree of tags, one list of bookmarks and one set of fonts.
Nothing is laid out again: page numbers of the booklet are written below each page's own footer.

What that leaves of PDF/A: docs/decisions, 0015.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pikepdf

FOLIO = "/Folio"
FOLIO_SIZE = 8.0
FOLIO_HEIGHT = 21.0
"""Points from the lower edge to the baseline of the booklet's page number: below every footer of ours."""
LINK_SCHEME = "page:"
"""An address ``page:12`` in the front matter becomes a link to page 12 of the booklet."""

ABOVE_TABLES = {f"/{tag}" for tag in ("Part", "Div", "Sect", "NonStruct", "Table", "THead", "TBody", "TR")}

Glyphs = dict[int, str]


@dataclass(frozen=True)
class Part:
    """One document of the booklet; ``under`` are the bookmarks it stands under, outermost first."""

    file: Path
    title: str
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What is known of a document before anything is bound: its pages, and the characters of each face."""

    pages: int
    characters: dict[str, frozenset[str]]


@dataclass(frozen=True)
class Bound:
    """The booklet, and how many pages it has."""

    content: bytes
    pages: int


@dataclass
class _Bookmark:
    """``page`` from 0; ``top`` None: the head of the page."""

    title: str
    page: int
    top: float | None
    children: list[_Bookmark] = field(default_factory=list)
    folded: bool = False


def measure(document: Path | bytes) -> Measured:
    """Return how many pages a document has and which characters it shows, by face."""
    import pikepdf  # a library of the worker; pages of the web never bind

    with pikepdf.open(BytesIO(document) if isinstance(document, bytes) else document) as pdf:
        faces = {
            name: frozenset(_glyphs(font).values()) for name, font in _fonts(pdf).items() if _is_plain(font)
        }
        return Measured(len(pdf.pages), faces)


def type_case(measured: Sequence[Measured], *, further: str, language: str) -> str:
    """Return HTML whose PDF holds every character of the booklet in every face: the fonts all pages then share.

    ``further`` are the characters of front matter and page numbers.
    """
    regular = set(further)
    bold = set(further)
    for one in measured:
        for face, characters in one.characters.items():
            (bold if face.endswith("-Bold") else regular).update(characters)
    shown = (" ".join(escape(each) for each in sorted(chosen) if each.strip()) for chosen in (regular, bold))
    return (
        '<!DOCTYPE html><html lang="{}"><head><title>.</title></head><body><p>{}</p><p><b>{}</b></p>'.format(
            language, *shown
        )
    )


def bind(
    front: bytes,
    parts: Sequence[Part],
    *,
    faces: bytes,
    folio: Callable[[int, int], str],
    advance: Callable[[], None] = lambda: None,
) -> Bound:
    """Return one PDF: ``front``, then each of ``parts``.

    ``faces`` is the PDF of ``type_case``; ``folio`` gives the words of a page's number from the page and their
    number. ``advance`` is called after each part and may raise to give up.
    """
    import pikepdf

    with pikepdf.open(BytesIO(front)) as book, pikepdf.open(BytesIO(faces)) as case:
        fonts = _Fonts(book, case)
        fonts.give_back(book.pages[0], fonts.take_out(book))
        tags, attachments = _Tags(book), _Attachments(book)
        bookmarks = list(_bookmarks(book, 0))
        chapters: dict[tuple[str, ...], _Bookmark] = {}
        for part in parts:
            with pikepdf.open(part.file) as one:
                first = len(book.pages)
                inner = list(_bookmarks(one, first))
                shared = fonts.take_out(one)
                book.pages.extend(one.pages)
                fonts.give_back(book.pages[first], shared)
                tags.take(one, part.title, first)
                attachments.take(one, tags.taken)
            # A document's own first bookmark is its title, which ours says already.
            inner = inner[0].children if len(inner) == 1 else inner
            _shelf(bookmarks, chapters, part.under, first).append(
                _Bookmark(part.title, first, None, inner, folded=True)
            )
            advance()
        attachments.write()
        _write_bookmarks(book, bookmarks)
        _lead_links(book)
        fonts.number(folio)
        out = BytesIO()
        book.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
        return Bound(out.getvalue(), len(book.pages))


# --- fonts and page numbers -------------------------------------------------------------------------------


def _name(font: Any) -> str:
    """Return the name of a font without the mark of a subset."""
    return str(font.BaseFont).partition("+")[2]


def _fonts(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """Return the fonts of a document by name; the pages of one document share them."""
    resources = pdf.pages[0].Resources
    return {_name(font): font for font in resources.Font.values()} if "/Font" in resources else {}


def _glyphs(font: Any) -> Glyphs:
    """Return what the glyphs of a font mean, from its map to Unicode."""
    told = font.ToUnicode.read_bytes().partition(b"endcodespacerange")[2]
    mapped = re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]*)>", told)
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace") for glyph, text in mapped
    }


def _is_plain(font: Any) -> bool:
    """Whether all characters shown are in the font. Others are given numbers of their own in each document."""
    return bool(font.Encoding == "/Identity-H")


def _widths(font: Any) -> dict[int, float]:
    """Return the widths of glyphs in thousandths of the size. The array holds ``first [width …]`` in turns."""
    array = list(font.DescendantFonts[0].W)
    return {
        int(first) + place: float(width)
        for first, widths in zip(array[::2], array[1::2], strict=True)
        for place, width in enumerate(widths)
    }


class _Fonts:
    """One set of fonts for the whole booklet, and its page numbers.

    A document's own fonts are cut to what it shows. Glyphs keep their numbers when a font is cut, so the larger cut
    of the same font can stand in for the smaller one; only where all its glyphs mean the same, which is asked.
    """

    def __init__(self, book: pikepdf.Pdf, case: pikepdf.Pdf) -> None:
        self.book = book
        found = _fonts(case)
        self.known = {name: _glyphs(font) for name, font in found.items()}
        copied = book.copy_foreign(case.pages[0].Resources.Font)
        self.shared = {key: copied[key] for key in copied}
        self.keys = {_name(font): key for key, font in self.shared.items()}
        regular = next(name for name in found if not name.endswith("-Bold"))
        self.folio = self.shared[self.keys[regular]]
        self.numbers = {text: glyph for glyph, text in self.known[regular].items()}
        self.widths = _widths(found[regular])
        # The colour profile is the same in each document and 3 kB large.
        self.colours: Any = None

    def take_out(self, pdf: pikepdf.Pdf) -> bool:
        """Empty the list of fonts of a document whose pages are about to be taken; False where it keeps its own."""
        resources = pdf.pages[0].Resources
        for name, font in _fonts(pdf).items():
            if not (
                _is_plain(font)
                and self.keys.get(name) in resources.Font
                and _glyphs(font).items() <= self.known[name].items()
            ):
                return False
        # One list serves all pages and drawings of the document: emptied in place.
        for key in list(resources.Font.keys()):
            del resources.Font[key]
        return True

    def give_back(self, page: Any, shared: bool) -> None:
        """Fill the list of fonts of pages that were just taken, and share the colour profile."""
        fonts = page.Resources.Font
        if shared:
            for key, font in self.shared.items():
                fonts[key] = font
        fonts[FOLIO] = self.folio
        if "/ColorSpace" in page.Resources:
            self.colours = page.Resources.ColorSpace if self.colours is None else self.colours
            page.Resources.ColorSpace = self.colours

    def number(self, folio: Callable[[int, int], str]) -> None:
        """Write its number below each page: an artifact, which readers aloud leave out."""
        import pikepdf

        count = len(self.book.pages)
        begin, end = pikepdf.Stream(self.book, b"q\n"), b"Q\n"
        begin = self.book.make_indirect(begin)
        for number, page in enumerate(self.book.pages, 1):
            text = folio(number, count)
            glyphs = [self.numbers[each] for each in text]
            width = sum(self.widths.get(glyph, 1000.0) for glyph in glyphs) * FOLIO_SIZE / 1000
            left, _bottom, right, _top = (float(each) for each in page.MediaBox)
            place = f"{(left + right - width) / 2:.2f} {FOLIO_HEIGHT:.2f}"
            shown = "".join(f"{glyph:04x}" for glyph in glyphs)
            drawn = (
                "/Artifact <</Type /Pagination /Subtype /Footer>> BDC\n"
                f"q BT 0.27 g {FOLIO} {FOLIO_SIZE:g} Tf {place} Td <{shown}> Tj ET Q\nEMC\n"
            )
            stamp = self.book.make_stream(end + drawn.encode())
            page.Contents = pikepdf.Array([begin, page.Contents, stamp])


# --- tags -------------------------------------------------------------------------------------------------


class _Tags:
    """One tree of tags: under the front matter's, each document as a part."""

    def __init__(self, book: pikepdf.Pdf) -> None:
        self.book = book
        self.root = book.Root.StructTreeRoot
        self.document = self.root.K[0]
        self.taken = 0
        self.next = self._first_free(self.root)

    def _first_free(self, root: Any) -> int:
        return max((int(key) for key in root.ParentTree.Nums[::2]), default=-1) + 1

    def take(self, one: pikepdf.Pdf, title: str, first: int) -> None:
        """Hang the tree of ``one`` in; its pages are in the booklet from number ``first`` (from 0) on."""
        import pikepdf

        tree = self.book.copy_foreign(one.Root.StructTreeRoot)
        part = tree.K[0]
        part.S, part.P, part.T = pikepdf.Name.Part, self.document, title
        self.document.K.append(part)
        entries = list(tree.ParentTree.Nums)
        for key, value in zip(entries[::2], entries[1::2], strict=True):
            self.root.ParentTree.Nums.append(int(key) + self.next)
            self.root.ParentTree.Nums.append(value)
        for page in list(self.book.pages)[first:]:
            page.StructParents = int(page.StructParents) + self.next
            for annotation in page.get("/Annots", []):
                if "/StructParent" in annotation:
                    annotation.StructParent = int(annotation.StructParent) + self.next
        self.taken += 1
        self._name_apart(part)
        self.next += self._first_free(tree)

    def _name_apart(self, part: Any) -> None:
        """Heads of tables have names that are unique in their document only; the number of the part makes them so
        again.
        """
        import pikepdf

        waiting = [part]
        while waiting:
            element = waiting.pop()
            if "/ID" in element:
                element.ID = pikepdf.String(f"{self.taken}.{element.ID}")
            if "/A" in element and "/Headers" in element.A:
                element.A.Headers = pikepdf.Array(
                    pikepdf.String(f"{self.taken}.{name}") for name in element.A.Headers
                )
            # Lists, headings and paragraphs hold no tables: most of the tree need not be walked.
            if str(element.S) in ABOVE_TABLES:
                waiting += [kid for kid in element.K if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


# --- bookmarks, links, attachments ------------------------------------------------------------------------


def _bookmarks(pdf: pikepdf.Pdf, shift: int) -> Iterator[_Bookmark]:
    """Yield the bookmarks of a document, its pages counted on from ``shift``."""
    if "/Outlines" not in pdf.Root or "/First" not in pdf.Root.Outlines:
        return
    pages = {page.objgen: number for number, page in enumerate(pdf.pages)}

    def walk(item: Any) -> Iterator[_Bookmark]:
        while item is not None:
            page, _xyz, _left, top, _zoom = item.Dest
            yield _Bookmark(
                str(item.Title),
                pages[page.objgen] + shift,
                float(top),
                list(walk(item.First)) if "/First" in item else [],
            )
            item = item.get("/Next")

    yield from walk(pdf.Root.Outlines.First)


def _shelf(
    bookmarks: list[_Bookmark], chapters: dict[tuple[str, ...], _Bookmark], under: tuple[str, ...], page: int
) -> list[_Bookmark]:
    """Return the list of bookmarks a part belongs to; the ones above it are made when first met."""
    if not under:
        return bookmarks
    if under not in chapters:
        chapters[under] = _Bookmark(under[-1], page, None)
        _shelf(bookmarks, chapters, under[:-1], page).append(chapters[under])
    return chapters[under].children


def _write_bookmarks(book: pikepdf.Pdf, bookmarks: list[_Bookmark]) -> None:
    """Write the bookmarks of the booklet: departments open, what is in a document folded."""
    import pikepdf

    pages = list(book.pages)

    def write(items: list[_Bookmark], parent: Any, depth: int) -> int:
        """Write one level under ``parent``; return how many bookmarks are visible in it."""
        visible, before = 0, None
        for item in items:
            page = pages[item.page]
            top = float(page.MediaBox[3]) if item.top is None else item.top
            made = book.make_indirect(
                pikepdf.Dictionary(
                    Title=item.title,
                    Parent=parent,
                    Dest=pikepdf.Array([page.obj, pikepdf.Name.XYZ, 0, top, 0]),
                )
            )
            if before is None:
                parent.First = made
            else:
                before.Next, made.Prev = made, before
            parent.Last, before = made, made
            visible += 1
            if item.children:
                inside = write(item.children, made, depth + 1)
                folded = item.folded
                made.Count = -inside if folded else inside
                visible += 0 if folded else inside
        return visible

    book.Root.Outlines = book.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Outlines))
    book.Root.Outlines.Count = write(bookmarks, book.Root.Outlines, 0)
    book.Root.PageMode = pikepdf.Name.UseOutlines


def _lead_links(book: pikepdf.Pdf) -> None:
    """Turn the addresses ``page:<number>`` of the contents into links to pages of the booklet."""
    import pikepdf

    pages = list(book.pages)
    for page in pages:
        for annotation in page.get("/Annots", []):
            address = str(annotation.A.URI) if "/A" in annotation and "/URI" in annotation.A else ""
            if address.startswith(LINK_SCHEME):
                target = pages[int(address.removeprefix(LINK_SCHEME)) - 1]
                del annotation.A
                annotation.Dest = pikepdf.Array([target.obj, pikepdf.Name.XYZ, 0, target.MediaBox[3], 0])


class _Attachments:
    """What is attached to the documents (their editions), each under a name of its own."""

    def __init__(self, book: pikepdf.Pdf) -> None:
        self.book = book
        self.files: list[tuple[str, Any]] = []

    def take(self, one: pikepdf.Pdf, number: int) -> None:
        """Keep the files of the document that is ``number`` in the booklet."""
        # The layout engine lists each file twice.
        for file in {file.objgen: file for file in one.Root.get("/AF", [])}.values():
            taken = self.book.copy_foreign(file)
            taken.F = taken.UF = f"{number:04}-{file.UF}"
            self.files.append((str(taken.UF), taken))

    def write(self) -> None:
        """List them in the booklet: by name, and as files that belong to it (PDF/A-3)."""
        import pikepdf

        if not self.files:
            return
        book = self.book
        listed = [each for name, file in sorted(self.files, key=lambda one: one[0]) for each in (name, file)]
        if "/Names" not in book.Root:
            book.Root.Names = pikepdf.Dictionary()
        book.Root.Names.EmbeddedFiles = book.make_indirect(pikepdf.Dictionary(Names=pikepdf.Array(listed)))
        book.Root.AF = pikepdf.Array([file for _name, file in self.files])
