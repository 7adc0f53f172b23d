"""``manage.py demo``: the demonstration dealership and its people. Refused in production; safe twice."""

from __future__ import annotations

import json
import unicodedata
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.organisation.services import system_account
from foundation.packs.demo_people import PASSWORD, SignIn, load_people, refuse_production
from foundation.packs.exceptions import PackError
from foundation.packs.services import apply_pack, find_pack

PACK = "dealership"


class Command(BaseCommand):
    """Load the demonstration and print who can sign in."""

    help = "Apply the pack of the demonstration dealership and make its people. Not for production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the output."""
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do both in one transaction."""
        try:
            refuse_production()
            with transaction.atomic():
                by = system_account()
                report = apply_pack(find_pack(PACK), by=by)
                people = load_people(by=by)
        except PackError as fault:
            raise CommandError(str(fault)) from fault
        if options["format"] == "json":
            document = {
                "changed": len(report.changes),
                "password": PASSWORD,
                "people": [vars(person) for person in people],
            }
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2))
            return
        for path in report.unread:
            self.stdout.write(_("? %(path)s: nobody reads this file") % {"path": path})
        self.stdout.write(_table(people))
        self.stdout.write(_("Password of all: %(password)s") % {"password": PASSWORD})


def _table(people: list[SignIn]) -> str:
    rows = [(_("Sign in as"), _("Full name"), _("Position"), _("Roles"))]
    rows += [(one.username, one.name, one.positions or "—", ", ".join(one.roles) or "—") for one in people]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _width(text: str) -> int:
    """Return the columns the text takes on a terminal: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
