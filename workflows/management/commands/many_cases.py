"""``manage.py many_cases COUNT [--seed N] [--lines]``: so many sample cases, for measuring lists and searches.

Refused in production, and where there are cases or submissions of anything else than samples and the demonstration:
the events of samples say nothing, and such an installation does not pass ``manage.py verify`` again.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from forms.models import Submission
from foundation.organisation.services import system_account
from foundation.packs.demo_people import refuse_production
from foundation.packs.exceptions import PackError
from workflows import samples


class Command(BaseCommand):
    """Add sample cases and tell how far it is."""

    help = "Add many sample cases, drawn from a seed. Not for production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many, and from which seed."""
        parser.add_argument("count", type=int)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--lines", action="store_true", help="Also the lines of the register of their form."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add them, some thousand in a transaction."""
        try:
            refuse_production()
        except PackError as refusal:
            raise CommandError(str(refusal)) from refusal
        real = Submission.objects.exclude(form_key=samples.KEY).exclude(submitted_by__is_demo=True)
        if real.exists():
            raise CommandError(
                _("There are submissions of people here. Samples belong into an installation of their own.")
            )
        if options["count"] < 1:
            raise CommandError(_("Say how many cases: a whole number above 0."))

        def tell(done: int, total: int) -> None:
            end = "\n" if done == total else ""
            self.stderr.write(f"\r{done:,} / {total:,}", ending=end)

        samples.add(
            options["count"], by=system_account(), seed=options["seed"], lines=options["lines"], tell=tell
        )
