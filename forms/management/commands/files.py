"""``manage.py files``: look after what people have uploaded. ``sweep`` takes away what belongs to nothing (with
``--dry-run`` it only says so), ``check`` compares every file with its SHA-256, ``scan`` asks the virus scanner about
what it has not seen. Each may run at any time, and twice.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.files import scanning, sweeping, verification
from forms.files.models import StoredFile


class Command(BaseCommand):
    help = "Look after uploaded files: sweep, check, scan. Exit status 1 where something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("do", choices=["sweep", "check", "scan"])
        parser.add_argument("--dry-run", action="store_true", help="With sweep: say what would go.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and report."""
        report = {"sweep": self._sweep, "check": self._check, "scan": self._scan}[options["do"]](options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        if not report["ok"]:
            sys.exit(1)

    def _say(self, options: dict[str, Any], *lines: str) -> None:
        if options["format"] == "text":
            for line in lines:
                self.stdout.write(line)

    def _sweep(self, options: dict[str, Any]) -> dict[str, Any]:
        swept = sweeping.sweep(dry_run=options["dry_run"])
        files, contents = len(swept.files), len(swept.contents)
        self._say(
            options,
            *swept.files,
            *swept.contents,
            ngettext("%(count)s file belongs to nothing", "%(count)s files belong to nothing", files)
            % {"count": files},
            ngettext("%(count)s content has no row", "%(count)s contents have no row", contents)
            % {"count": contents},
            _("Nothing was removed.") if options["dry_run"] else _("They have been removed."),
        )
        return {
            "ok": True,
            "files": swept.files,
            "contents": swept.contents,
            "removed": not options["dry_run"],
        }

    def _check(self, options: dict[str, Any]) -> dict[str, Any]:
        faults = list(verification.faults())
        count = StoredFile.objects.filter(removed_at=None).count()
        self._say(
            options,
            *(self.style.ERROR(str(fault)) for fault in faults),
            ngettext("%(count)s file was compared.", "%(count)s files were compared.", count)
            % {"count": count},
        )
        return {
            "ok": not faults,
            "compared": count,
            "faults": [{"file": fault.row, "what": fault.what} for fault in faults],
        }

    def _scan(self, options: dict[str, Any]) -> dict[str, Any]:
        if scanning.scanner() is None:
            self._say(options, _("There is no virus scanner: set REMIT_FILES_SCANNER."))
            return {"ok": False, "scanned": 0, "waiting": 0}
        done = sweeping.scan_waiting()
        waiting = StoredFile.objects.filter(scan=StoredFile.Scan.WAITING, removed_at=None).count()
        self._say(
            options,
            ngettext("%(count)s file was scanned.", "%(count)s files were scanned.", done) % {"count": done},
            ngettext("%(count)s file is waiting.", "%(count)s files are waiting.", waiting)
            % {"count": waiting},
        )
        return {"ok": not waiting, "scanned": done, "waiting": waiting}
