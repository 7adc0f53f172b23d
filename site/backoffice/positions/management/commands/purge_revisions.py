"""``manage.py purge_revisions``: refused. Takes the place of Wagtail's command of the same name, which
deletes revisions of published pages, the one in force included.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Says why revisions stay."""

    help = "Refused: revisions of position descriptions are part of the record and are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the arguments of Wagtail's command, so that the refusal is what people see."""
        parser.add_argument("--days", type=int)
        parser.add_argument("--pages", action="store_true")
        parser.add_argument("--non-pages", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse."""
        raise CommandError(
            "Revisions are not purged: they show how a position description came about, and purging them "
            "takes the one in force as well. Archive descriptions that are no longer needed."
        )
