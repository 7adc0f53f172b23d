"""``manage.py positions import PATH…``: make drafts of collected descriptions, or only show what they
propose.

For whoever keeps the server: the first filling of an installation, or a look at what a file holds
(``--dry-run``). Progress goes to standard error; with ``--format json`` standard output is one JSON document
and nothing else. Running an import twice makes drafts twice; a file that fails leaves nothing behind.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.positions import imports
from backoffice.positions.importing import Collection, ImportRefused, read_file
from foundation.organisation.models import Position, User

SUFFIXES = {".txt"}


class Command(BaseCommand):
    """Reads the arguments; ``imports`` does the work."""

    help = "Position descriptions: import collected texts as drafts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ``import`` and its options."""
        doing = parser.add_subparsers(dest="doing", required=True)
        importing = doing.add_parser("import", help="Make drafts of the descriptions in text files.")
        importing.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="A .txt file, or a folder of them."
        )
        importing.add_argument(
            "--dry-run", action="store_true", help="Only show the proposals; write nothing."
        )
        importing.add_argument("--format", choices=["text", "json"], default="text")
        importing.add_argument(
            "--by", metavar="USERNAME", help="Whose drafts they become; not needed with --dry-run."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file; exit 1 if one was refused."""
        author = None if options["dry_run"] else self._author(options["by"])
        files = list(self._files(options["paths"]))
        told, failed = [], 0
        for number, path in enumerate(files, 1):
            self.stderr.write(f"[{number}/{len(files)}] {path.name}")
            try:
                report = self._one(path, author)
            except (ImportRefused, imports.UnitRefused, OSError) as refused:
                failed += 1
                report = {"file": str(path), "error": str(refused)}
                self.stderr.write(f"  {refused}")
            told.append(report)
            if options["format"] == "text" and "error" not in report:
                self._write(report)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"files": told}, ensure_ascii=False, indent=2))
        if failed:
            raise CommandError(f"{failed} of {len(files)} files were refused; see above.")

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
                found += sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            elif path.is_file():
                found.append(path)
            else:
                raise CommandError(f"There is no file {path}.")
        return found

    def _one(self, path: Path, author: User | None) -> dict[str, Any]:
        size = path.stat().st_size
        if size > imports.LARGEST:
            raise ImportRefused(f"{path.name} is larger than {imports.LARGEST // 1024 // 1024} MB.")
        data = path.read_bytes()
        if author is None:
            return self._report(path, read_file(data, path.name))
        kept, collection = imports.receive(data, path.name, by=author)
        free = {post.title: post for post in Position.objects.filter(page__isnull=True)}
        decisions = []
        for index, unit in enumerate(collection.units):
            if unit.kind == "position" and unit.title:
                decisions.append(
                    imports.Decision(index=index, title=unit.title, position=free.pop(unit.title, None))
                )
        try:
            pages = imports.take(kept, collection, decisions, by=author)
        except imports.UnitRefused:
            imports.discard(kept)
            raise
        return {**self._report(path, collection), "drafts": [page.pk for page in pages]}

    def _report(self, path: Path, collection: Collection) -> dict[str, Any]:
        proposed = asdict(collection)
        # The source is the reader's own file; ranges point into it.
        del proposed["text"]
        return {"file": str(path), **proposed}

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
