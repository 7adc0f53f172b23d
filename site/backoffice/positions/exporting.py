"""``manage.py positions export``: the descriptions in force on a day as files in a folder.

For whoever hands documents out, archives them or moves them elsewhere. Progress goes to standard error; with ``--format
json`` standard output is one JSON document and nothing else. Running it twice writes the same files.
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from backoffice.exports import documents, libraries, parallel, pdf
from backoffice.positions.booklets import making
from backoffice.positions.booklets.contents import Scope, entries, name_of
from backoffice.positions.booklets.forms import LANGUAGES
from backoffice.positions.word import writing


def add_arguments(parser: CommandParser) -> None:
    """Declare the options of ``export``."""
    parser.add_argument(
        "--department",
        default="",
        metavar="CODE",
        help="Only this department, with everything that is part of it.",
    )
    parser.add_argument(
        "--on",
        type=_day,
        default=None,
        metavar="DAY",
        help="In force on this day, as 2026-01-31; today without.",
    )
    parser.add_argument("--language", choices=[code for code, _name in LANGUAGES], default="zh-hans")
    parser.add_argument("--pdf", type=Path, metavar="DIR", help="Write one PDF for each description.")
    parser.add_argument(
        "--docx", type=Path, metavar="DIR", help="Write one Word document for each, to edit and import again."
    )
    parser.add_argument(
        "--booklet", action="store_true", help="With --pdf: write all of them as one booklet, too."
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")


def export(options: dict[str, Any], out: OutputWrapper, told: OutputWrapper) -> None:
    """Write what was asked for; ``told`` gets the progress. Raises CommandError with what to do about it."""
    folder: Path | None = options["pdf"]
    word: Path | None = options["docx"]
    if folder is None and word is None:
        raise CommandError("Say where to: --pdf DIR writes PDF documents, --docx DIR Word documents.")
    if options["booklet"] and folder is None:
        raise CommandError("A booklet is a PDF: say where to with --pdf DIR.")
    if folder is not None and libraries.missing():
        raise CommandError(f"PDF documents cannot be made here. As root: {libraries.INSTALL}")
    scope = Scope(options["on"] or timezone.localdate(), options["department"], options["language"])
    try:
        name = name_of(scope)
    except LookupError:
        raise CommandError(f"There is no department {scope.department!r}; give its code.") from None
    chosen = entries(scope)
    if not chosen:
        raise CommandError(f"No position description is in force there on {scope.day.isoformat()}.")
    documents_in_word = _word(chosen, scope, word, told) if word is not None else []
    if folder is None:
        _tell_written(options, out, scope, documents_in_word, None, word)
        return
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rendering = parallel.pdfs_of([entry.edition for entry in chosen], scope.language)
        try:
            for number, one in enumerate(rendering, 1):
                file = folder / documents.filename(one.edition, scope.language)
                shutil.copyfile(one.file, file)
                told.write(f"[{number}/{len(chosen)}] {file.name}")
                written.append(
                    {
                        "code": one.edition.key,
                        "edition": one.edition.number,
                        "file": str(file),
                        "sha256": one.edition.sha256,
                    }
                )
        finally:
            rendering.close()
        booklet = _booklet(scope, name, folder, told) if options["booklet"] else None
    except pdf.RenderFailed as failure:
        raise CommandError(str(failure)) from failure
    except OSError as failure:
        raise CommandError(f"{folder} cannot be written to: {failure}") from failure
    written.sort(key=lambda row: row["code"])
    in_word = {row["code"]: row["word"] for row in documents_in_word}
    if in_word:
        written = [{**row, "word": in_word[row["code"]]} for row in written]
    if options["format"] == "text":
        out.write(f"{len(written)} PDF documents in {folder}")
    _tell_written(options, out, scope, written, booklet, word)


def _tell_written(
    options: dict[str, Any],
    out: OutputWrapper,
    scope: Scope,
    written: list[dict[str, Any]],
    booklet: Path | None,
    word: Path | None,
) -> None:
    if options["format"] == "json":
        report = {
            "day": scope.day.isoformat(),
            "positions": written,
            "booklet": str(booklet) if booklet else None,
        }
        out.write(json.dumps(report, ensure_ascii=False, indent=2))
        return
    if word is not None:
        out.write(f"{len(written)} Word documents in {word}")
    if booklet:
        out.write(f"Booklet: {booklet}")


def _word(chosen: Sequence[Any], scope: Scope, folder: Path, told: OutputWrapper) -> list[dict[str, Any]]:
    """Write the Word documents; each file is whole or not there."""
    written = []
    for number, entry in enumerate(chosen, 1):
        edition = entry.edition
        file = folder / writing.filename(edition, scope.language)
        try:
            documents.write_whole(file, writing.document_of(edition, scope.language))
        except OSError as failure:
            raise CommandError(f"{folder} cannot be written to: {failure}") from failure
        told.write(f"[{number}/{len(chosen)}] {file.name}")
        written.append(
            {"code": edition.key, "edition": edition.number, "word": str(file), "sha256": edition.sha256}
        )
    return sorted(written, key=lambda row: str(row["code"]))


def _booklet(scope: Scope, name: str, folder: Path, told: OutputWrapper) -> Path:
    made = making.make(scope, by="Remit", advance=_teller(told))
    file = folder / making.filename(scope, name)
    shutil.copyfile(made.file, file)
    return file


def _teller(told: OutputWrapper) -> Callable[[int, int, str], None]:
    """Return what tells of each tenth of the way."""

    def tell(done: int, total: int, detail: str) -> None:
        if done == total or done % max(1, total // 10) == 0:
            told.write(f"{detail}: {done}/{total}")

    return tell


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)
