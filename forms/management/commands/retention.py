"""``manage.py retention``: takes out of old submissions what their forms no longer keep. The worker does it too.

Safe to run at any time and twice; after a backup was put back it does again what had been done.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.services import retention


class Command(BaseCommand):
    help = "Delete or anonymise submissions whose retention period is over; legal holds are kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="Only say what is due.")
        parser.add_argument("--most", type=int, default=10_000, help="Stop after so many submissions.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what is due, and do it."""
        planned = retention.plan()
        done = 0 if options["dry_run"] else retention.carry_out(most=options["most"])
        if options["format"] == "json":
            shown = {"due": [asdict(each) for each in planned], "done": done, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(shown, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
            return
        for each in planned:
            what = _("delete answers") if each.then == "delete" else _("anonymise")
            self.stdout.write(
                _(
                    "%(form)s: %(due)d due (%(what)s after %(months)d months), %(held)d held, %(waiting)d waiting"
                )
                % {
                    "form": each.form_key,
                    "due": each.due,
                    "what": what,
                    "months": each.months,
                    "held": each.held,
                    "waiting": each.waiting,
                }
            )
        if not planned:
            self.stdout.write(_("No form has a retention period."))
        if not options["dry_run"]:
            told = ngettext("%(count)d submission done.", "%(count)d submissions done.", done)
            self.stdout.write(self.style.SUCCESS(told % {"count": done}))
