"""``manage.py positions``: import collected descriptions, export those in force (``exporting``).

``import PATH…``: make drafts of collected descriptions, or only show what they
propose.

For whoever keeps the server: the first filling of an installation, or a look at what a file holds
(``--dry-run``). Progress goes to standard error; with ``--format json`` standard output is one JSON document
and nothing else. Running an import twice changes the drafts it made and makes no second ones; a
file that fails leaves nothing behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.positions import exporting, imports
from backoffice.positions.import_differences import compared
from backoffice.positions.importing import (
    LARGEST,
    LARGEST_ARCHIVE,
    Budget,
    Collection,
    ImportRefused,
    paragraphs_of,
    read_file,
)
from foundation.organisation.models import Position, User

SUFFIXES = {".txt", ".docx", ".zip"}


class Command(BaseCommand):
    """Reads the arguments; ``imports`` does the work."""

    help = "Position descriptions: import collected texts as drafts, export what is in force."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ``import`` and its options."""
        doing = parser.add_subparsers(dest="doing", required=True)
        importing = doing.add_parser("import", help="Make drafts of the descriptions in Word and text files.")
        importing.add_argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="PATH",
            help="A .docx, .txt or .zip file, or a folder of them.",
        )
        importing.add_argument(
            "--dry-run", action="store_true", help="Only show the proposals; write nothing."
        )
        importing.add_argument("--format", choices=["text", "json"], default="text")
        importing.add_argument(
            "--by", metavar="USERNAME", help="Whose drafts they become; not needed with --dry-run."
        )

        exporting.add_arguments(
            doing.add_parser("export", help="Write the descriptions in force on a day as documents.")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file, and exit 1 if one was refused; or export."""
        if options["doing"] == "export":
            exporting.export(options, self.stdout, self.stderr)
            return
        author = None if options["dry_run"] else self._author(options["by"])
        paths = list(self._files(options["paths"]))
        told, failed = [], 0
        for number, path in enumerate(paths, 1):
            self.stderr.write(f"[{number}/{len(paths)}] {path.name}")
            budget = Budget()
            for name, content in self._contents(path, budget):
                try:
                    if isinstance(content, str):
                        raise ImportRefused(content)
                    report = self._one(name, content, author, budget)
                except (ImportRefused, imports.UnitRefused) as refused:
                    failed += 1
                    report = {"file": name, "error": str(refused)}
                    self.stderr.write(f"  {refused}")
                told.append(report)
                if options["format"] == "text" and "error" not in report:
                    self._write(report)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"files": told}, ensure_ascii=False, indent=2))
        if failed:
            raise CommandError(f"{failed} of {len(told)} files were refused; see above.")

    def _contents(self, path: Path, budget: Budget) -> Iterator[tuple[str, bytes | str]]:
        """Yield the file, or each member of a zip as ``archive.zip/member``; a refusal is a sentence."""
        limit = LARGEST_ARCHIVE if path.suffix.lower() == ".zip" else LARGEST
        try:
            if path.stat().st_size > limit:
                yield str(path), f"{path.name} is larger than {limit // 1024 // 1024} MB."
                return
            data = path.read_bytes()
        except OSError as fault:
            yield str(path), str(fault)
            return
        for name, content in imports.files_of([(path.name, data)], budget):
            yield str(path if name == path.name else path / name), content

    def _author(self, username: str | None) -> User:
        if not username:
            raise CommandError(
                "Name the author of the drafts with --by USERNAME, or look only with --dry-run."
            )
        try:
            return User.objects.get(username=username, is_active=True)
        except User.DoesNotExist:
            raise CommandError(f"There is no active user {username!r}.") from None

    def _files(self, paths: list[Path]) -> list[Path]:
        found = []
        for path in paths:
            if path.is_dir():
                found += sorted(
                    one for one in path.rglob("*") if one.is_file() and one.suffix.lower() in SUFFIXES
                )
            elif path.is_file():
                found.append(path)
            else:
                raise CommandError(f"There is no file {path}.")
        return found

    def _one(self, file: str, data: bytes, author: User | None, budget: Budget) -> dict[str, Any]:
        name = Path(file).name
        if author is None:
            return self._report(file, read_file(data, name, budget))
        kept, collection = imports.receive(data, name, by=author, budget=budget)
        free = {post.title: post for post in Position.objects.filter(page__isnull=True)}
        again = compared(kept, collection.units)
        decisions = []
        for index, unit in enumerate(collection.units):
            if known := again.known.get(index):
                if not known.same:
                    decisions.append(
                        imports.Decision(index=index, unit=unit, title=known.page.title, known=known)
                    )
            elif unit.kind == "position" and unit.title:
                decisions.append(
                    imports.Decision(
                        index=index, unit=unit, title=unit.title, position=free.pop(unit.title, None)
                    )
                )
        try:
            taken = imports.take(kept, decisions, by=author)
        except imports.UnitRefused:
            imports.discard(kept)
            raise
        return {**self._report(file, collection), "drafts": [one.page.pk for one in taken]}

    def _report(self, file: str, collection: Collection) -> dict[str, Any]:
        proposed = asdict(collection)
        # The source is the reader's own file; ranges point into it.
        del proposed["text"]
        for unit in proposed["units"]:
            unit["paragraphs"] = paragraphs_of(collection.text, [unit["source"]])[0]
            self._place(collection, unit["headings"], unit["fields"], unit["duties"])
            self._place(collection, unit["qualifications"], unit["sections"])
        self._place(collection, proposed["kept"])
        return {"file": file, **proposed}

    def _place(self, collection: Collection, *groups: Sequence[dict[str, Any]]) -> None:
        """Tell of each part which paragraphs it was read from."""
        parts = [part for group in groups for part in group]
        places = paragraphs_of(collection.text, [part["source"] for part in parts])
        for part, place in zip(parts, places, strict=True):
            part["paragraphs"] = place

    def _write(self, report: dict[str, Any]) -> None:
        for unit in report["units"]:
            self.stdout.write(
                f"{unit['kind']:10} {unit['title'] or '—'}  "
                f"({len(unit['duties'])} duties, {len(unit['qualifications'])} qualifications, "
                f"confidence {unit['confidence']})"
            )
        self.stdout.write(
            f"{len(report['units'])} units, {len(report['kept'])} passages kept without a place"
        )
