"""``manage.py positions``: import collected descriptions, export those in force (``exporting``).

``import`` makes drafts of collected descriptions, or only shows what they propose (``--dry-run``). For whoever
keeps the server: the first filling of an installation, or a look at what a file holds. Running an import twice changes
the drafts it made and makes no second ones; a file that fails leaves nothing behind.

Progress goes to standard error; with ``--format json`` standard output is one JSON document and nothing else
(``docs/positions-json.md``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.positions import exporting, imports
from backoffice.positions.import_differences import compared
from backoffice.positions.import_forms import title_again
from backoffice.positions.import_report import report_of, report_of_own
from backoffice.positions.importing import (
    LARGEST,
    LARGEST_ARCHIVE,
    Budget,
    Collection,
    ImportRefused,
    read_file,
)
from backoffice.positions.reviewing.taking import told
from backoffice.positions.word.reading import OwnDocument, read_own
from backoffice.positions.word.taking import make_page, origin_of, take_changes
from foundation.organisation.models import Position, User

SUFFIXES = {".txt", ".docx", ".zip"}


class Command(BaseCommand):
    """Reads the arguments; ``imports`` and ``exporting`` do the work."""

    help = "Position descriptions: import collected texts as drafts, export editions as documents."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ``import`` and ``export`` and their options."""
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
        """Do what was asked; exit 1 if something failed."""
        if options["doing"] == "export":
            exporting.export(options, self.stdout, self.stderr)
        else:
            self._import(options)

    # --- import

    def _import(self, options: dict[str, Any]) -> None:
        author = None if options["dry_run"] else self._author(options["by"])
        paths = list(self._files(options["paths"]))
        told, failed, units = [], 0, 0
        for number, path in enumerate(paths, 1):
            budget = Budget()
            for name, content in self._contents(path, budget):
                self.stderr.write(f"[{number}/{len(paths)}] {name} ({units} descriptions so far)")
                try:
                    if isinstance(content, str):
                        raise ImportRefused(content)
                    report = self._one(name, content, author, budget)
                    units += len(report["units"])
                except (ImportRefused, imports.UnitRefused, ValidationError) as refused:
                    failed += 1
                    sentence = "; ".join(getattr(refused, "messages", None) or [str(refused)])
                    report = {"file": name, "error": sentence}
                    self.stderr.write(f"  {sentence}")
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
        if own := read_own(data, name, budget):
            return self._own(file, data, own, author)
        if author is None:
            return report_of(file, read_file(data, name, budget))
        received = imports.receive(data, name, by=author, budget=budget)
        assert received.imported is not None
        assert received.collection is not None
        collection = received.collection
        decisions = self._decisions(received.imported, collection)
        try:
            taken = imports.take(received.imported, decisions, by=author, advance=self._advance)
        except imports.UnitRefused:
            imports.discard(received.imported)
            raise
        for one in taken:
            for change in one.left:
                self.stderr.write(f"  {one.page.title}: {told(change)}")
        return {
            **report_of(file, collection),
            "drafts": [one.page.pk for one in taken],
            "left": [
                {
                    "page": one.page.pk,
                    "part": change.what,
                    "kind": change.kind,
                    "before": change.before,
                    "after": change.after,
                }
                for one in taken
                for change in one.left
            ],
        }

    def _advance(self, done: int, total: int, title: str) -> None:
        self.stderr.write(f"  {done}/{total} {title}")

    def _decisions(self, imported: Any, collection: Collection) -> list[imports.Decision]:
        free = {post.title: post for post in Position.objects.filter(page__isnull=True)}
        again = compared(imported, collection.units)
        decisions = []
        for index, unit in enumerate(collection.units):
            if known := again.known.get(index):
                if not known.same:
                    decisions.append(
                        imports.Decision(index=index, unit=unit, title=title_again(known, unit), known=known)
                    )
            elif unit.kind == "position" and unit.title:
                decisions.append(
                    imports.Decision(
                        index=index, unit=unit, title=unit.title, position=free.pop(unit.title, None)
                    )
                )
        return decisions

    def _own(self, file: str, data: bytes, own: OwnDocument, author: User | None) -> dict[str, Any]:
        """Take the changes of a Word document that this program wrote and somebody edited."""
        origin = origin_of(own)
        report = report_of_own(file, data, own, origin.comparison)
        if author is None:
            return report
        received = imports.keep(imports.Read(Path(file).name, data, own=own), by=author)
        assert received.imported is not None
        changes = origin.comparison.changes
        try:
            if origin.known and origin.page is not None:
                made = (
                    [take_changes(received.imported, origin.page, changes, by=author).page] if changes else []
                )
            else:
                made = [make_page(received.imported, own, by=author)]
        except ValidationError:
            imports.discard(received.imported)
            raise
        return {**report, "drafts": [page.pk for page in made]}

    def _write(self, report: dict[str, Any]) -> None:
        for unit in report["units"]:
            self.stdout.write(
                f"{unit['kind']:10} {unit['title'] or '—'}  "
                f"({len(unit['duties'])} duties, {len(unit['qualifications'])} qualifications, "
                f"confidence {unit['confidence']})"
            )
        for change in report.get("changes", ()):
            self.stdout.write(
                f"  {change['kind']:8} {change['part']}: {change['before']} → {change['after']}"
            )
        self.stdout.write(
            f"{len(report['units'])} units, {len(report['kept'])} passages kept without a place"
        )
