"""``manage.py registers check|rebuild [--form KEY]``: do the lines behind registers say what the submissions say?

Run ``check`` after a restore or when a list looks wrong, ``rebuild`` where it found something, or after an update
that says so. Both may run while people work, and twice is safe. ``check`` ends with 1 where something differs.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forms.models import Submission
from forms.registers import lines

SHOWN = 20


class Command(BaseCommand):
    help = "Check or write anew the lines by which registers are filtered and sorted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("act", choices=["check", "rebuild"])
        parser.add_argument("--form", default="", help="Key of one form; without it every form.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out for one form, or for each that has submissions."""
        keys = list(Submission.objects.order_by("form_key").values_list("form_key", flat=True).distinct())
        if options["form"]:
            if options["form"] not in keys:
                raise CommandError(
                    f"No submission of a form {options['form']!r}; there are: {', '.join(keys)}"
                )
            keys = [options["form"]]
        faulty = False
        for key in keys:
            if options["act"] == "rebuild":
                count = lines.rebuild(key, tell=self._telling(key))
                self.stdout.write(f"{key}: lines of {count} submissions written")
                continue
            wrong = lines.differences(key, tell=self._telling(key))
            faulty = faulty or bool(wrong)
            if wrong:
                more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
                self.stdout.write(f"{key}: {len(wrong)} differ: {', '.join(wrong[:SHOWN])}{more}")
                self.stdout.write(f"Run: manage.py registers rebuild --form {key}")
            else:
                self.stdout.write(f"{key}: sound")
        if faulty:
            sys.exit(1)

    def _telling(self, key: str) -> lines.Telling | None:
        """Return what shows the progress; nothing where nobody watches."""
        if not self.stderr.isatty():
            return None

        def tell(done: int, total: int) -> None:
            self.stderr.write(f"\r{key}: {done} of {total}", ending="\n" if done == total else "")

        return tell
