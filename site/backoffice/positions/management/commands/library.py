"""``manage.py library check`` and ``library rebuild``: the index of where library items are used.

The index follows every draft and edition by itself. ``check`` reads all of them and tells where it differs (exit
1); ``rebuild`` writes it anew, which is safe at any time and as often as wanted.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.positions.library import uses
from backoffice.positions.library.models import LibraryUse


class Command(BaseCommand):
    """Reads the arguments; ``uses`` does the work."""

    help = "The index of where library items are used: check it, or write it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be done."""
        parser.add_argument("doing", choices=["check", "rebuild"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Check or rebuild; progress goes to standard error."""
        if options["doing"] == "rebuild":
            for done, total in uses.rebuild():
                self.stderr.write(f"[{done}/{total}]")
            self.stdout.write(f"{LibraryUse.objects.count()} uses")
            return
        if faults := uses.differences():
            raise CommandError("\n".join([*faults, "Run: manage.py library rebuild"]))
        self.stdout.write(f"{LibraryUse.objects.count()} uses, all as the drafts and editions say")
