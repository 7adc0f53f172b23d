"""``manage.py verify``: confirms the record or names what is wrong. Changes nothing; run it at any time."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.audit.verification import Report, verify


class Command(BaseCommand):
    help = "Verify the record: chains, openings, rows, history, editions, guards. Exit status 1 on a fault."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--stream", help="Only this stream, for example case:<uuid>.")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--database", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        stream, database = options["stream"], options["database"]
        report = verify(database, stream, progress=_Progress())
        if options["format"] == "json":
            self.stdout.write(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
        else:
            self._write(report)
        if not report.ok:
            sys.exit(1)

    def _write(self, report: Report) -> None:
        for name, count in report.checked.items():
            self.stdout.write(f"{_named(name)}: {count}")
        for fault in report.faults:
            self.stdout.write(self.style.ERROR(str(fault)))
        if report.ok:
            whole = _("The record is whole. It is not witnessed outside this database.")
            self.stdout.write(self.style.SUCCESS(whole))
        else:
            self.stdout.write(
                self.style.ERROR(
                    ngettext(
                        "The record is not whole: %(count)s fault.",
                        "The record is not whole: %(count)s faults.",
                        len(report.faults),
                    )
                    % {"count": len(report.faults)}
                )
            )


def _named(what: str) -> str:
    names = {
        "events": _("events"),
        "rows": _("rows"),
        "history rows": _("history rows"),
        "receipts": _("receipts"),
        "erasures": _("erased values"),
        "keys": _("subject keys"),
        "editions": _("editions"),
        "guards": _("missing guards"),
        "checks": _("further checks"),
    }
    return names.get(what, what)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "witnessed": False,
        "checked": report.checked,
        "faults": [{"table": fault.table, "row": fault.row, "what": fault.what} for fault in report.faults],
    }


class _Progress:
    """Says on standard error what is being read: after two seconds for the first time, then once a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 2

    def __call__(self, name: str, count: int) -> None:
        if count % 100 == 0 and time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            print(f"{_named(name)}: {count} …", file=sys.stderr, flush=True)
