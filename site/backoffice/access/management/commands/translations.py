"""Keep the Chinese catalogues: ``extract`` → ``merge FILE.json`` → ``missing`` → ``compile``.

``extract`` (a developer, after strings have changed; needs the gettext programs) reads the sources into
``locale/remit``; ``merge`` puts Chinese texts in; ``missing`` lists what is not translated and ends with 1;
``compile`` writes the ``.mo`` files that the program reads (at set-up; needs no gettext). Each may run twice.
"""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands import makemessages

from backoffice.access import catalogues

SOURCES = ("site", "forms", "workflows", "templates")
HEADER = (
    'msgid ""\nmsgstr ""\n'
    '"Project-Id-Version: Remit\\n"\n'
    '"Language: zh_Hans\\n"\n'
    '"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
)


class Extraction(makemessages.Command):
    """Django's reader of sources, told to look at ours and to write everything into our one catalogue."""

    # A text guessed from a similar message is worse than none: it looks finished and says something else.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def find_files(self, root: str) -> list[makemessages.TranslatableFile]:
        """Return our source files; Django's own search would split them by the nearest ``locale`` folder."""
        found = []
        for source in SOURCES:
            for folder, folders, names in os.walk(source):
                folders[:] = sorted(
                    name for name in folders if name not in {"locale", "static", "__pycache__"}
                )
                found += [
                    self.translatable_file_class(folder, name, self.default_locale_path)
                    for name in sorted(names)
                    if Path(name).suffix in self.extensions
                ]
        return found


class Command(BaseCommand):
    """The command ``translations``."""

    help = "Keep the Chinese catalogues: extract, merge, missing, compile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the four verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser(
            "extract", help="Read the strings of our sources into the catalogue (needs gettext)."
        )
        merge = verbs.add_parser(
            "merge", help='Put texts from JSON files ({"message": "中文"}) into the catalogue.'
        )
        merge.add_argument("files", nargs="+", type=Path)
        verbs.add_parser("missing", help="List what is not translated; exit 1 if there is any.")
        verbs.add_parser("compile", help="Write the .mo files (needs no gettext).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verb."""
        if options["verb"] == "merge":
            self._merge(options["files"])
        else:
            {"extract": self._extract, "missing": self._missing, "compile": self._compile}[options["verb"]]()

    def _extract(self) -> None:
        path = catalogues.own()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(HEADER, encoding="utf-8")
        before = Path.cwd()
        os.chdir(settings.PROJECT_DIR)  # makemessages writes locations relative to the working folder
        try:
            Extraction(stdout=self.stdout, stderr=self.stderr).run_from_argv(
                [
                    "manage.py", "makemessages", "--locale", catalogues.LOCALE, "--no-wrap", "--no-obsolete",
                    "--add-location", "file", "--extension", "html,txt,py,xml,svg", "--verbosity", "0",
                ]
            )  # fmt: skip
        finally:
            os.chdir(before)
        self.stdout.write(
            f"{len(catalogues.live_entries(path))} messages, {len(catalogues.faults(path))} to translate"
        )

    def _merge(self, files: list[Path]) -> None:
        path = catalogues.own()
        if not path.exists():
            raise CommandError("There is no catalogue yet: run `manage.py translations extract` first.")
        total, refused = 0, []
        for file in files:
            try:
                texts = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CommandError(f"{file}: {error}") from None
            changed, left = catalogues.put(path, texts)
            total += changed
            refused += [f"{file.name}: {line}" for line in left]
        for line in refused:
            self.stderr.write(line)
        self.stdout.write(
            f"{total} texts changed, {len(refused)} left out, {len(catalogues.faults(path))} still to do"
        )

    def _missing(self) -> None:
        lines = [
            f"{path.parent.parent.parent.name}/{path.name}: {fault.key[1]!r}: {fault.problem}"
            for path in catalogues.files()
            for fault in catalogues.faults(path)
        ]
        for line in lines:
            self.stdout.write(line)
        if lines:
            raise CommandError(f"{len(lines)} messages lack a good translation.")

    def _compile(self) -> None:
        for path in catalogues.compile_all():
            self.stdout.write(f"{path.relative_to(settings.PROJECT_DIR)}")
