"""``manage.py pack apply|diff|export``: configuration between text files and the database.

``apply`` and ``diff`` take the name of a pack that comes with the product (``dealership``) or a folder.
Applying twice is safe: the second time nothing changes. ``--format json`` prints one JSON document and
nothing else.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from foundation.organisation.models import User
from foundation.organisation.services import system_account
from foundation.packs.exceptions import PackError
from foundation.packs.registry import PlannedChange
from foundation.packs.services import Report, apply_pack, export_pack, find_pack

SIGNS = {"created": "+", "changed": "~", "unchanged": "="}


class Command(BaseCommand):
    """Compare a pack with the database, apply it, or write one."""

    help = "Compare a pack (a folder of YAML files) with the database, apply it, or write one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, text in (
            ("apply", "bring the database to what the pack says"),
            ("diff", "show what applying would change"),
        ):
            one = verbs.add_parser(verb, help=text)
            one.add_argument("pack", help="folder, or name of a pack that comes with Remit")
            one.add_argument("--by", metavar="USERNAME", help="the person in whose name it is written")
            one.add_argument("--format", choices=["text", "json"], default="text")
            if verb == "apply":
                one.add_argument("--dry-run", action="store_true", help="take everything back at the end")
        export = verbs.add_parser("export", help="write the present state as a pack")
        export.add_argument("folder")
        export.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the verb. Faults of the pack end the command with file and line; nothing is changed then."""
        try:
            if options["verb"] == "export":
                self._export(Path(options["folder"]), options["format"])
            else:
                dry_run = options["verb"] == "diff" or options["dry_run"]
                folder, by = find_pack(options["pack"]), _author(options["by"])
                report = apply_pack(folder, by=by, dry_run=dry_run)
                self._print(report, options["format"], verb=options["verb"], dry_run=dry_run)
        except PackError as fault:
            raise CommandError(str(fault)) from fault

    def _export(self, folder: Path, style: str) -> None:
        files = [str(path) for path in export_pack(folder)]
        if style == "json":
            self.stdout.write(json.dumps({"folder": str(folder), "files": files}, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(files))

    def _print(self, report: Report, style: str, *, verb: str, dry_run: bool) -> None:
        if style == "json":
            self.stdout.write(json.dumps(_as_json(report, dry_run=dry_run), ensure_ascii=False, indent=2))
            return
        for item in report.changes if verb == "diff" else report.items:
            self.stdout.write(f"{SIGNS[item.action]} {item.kind} {item.key}")
            for change in item.details:
                self.stdout.write(f"    {change.path}: {change.before!r} → {change.after!r}")
        for path in report.unread:
            self.stdout.write(_("? %(path)s: nobody reads this file") % {"path": path})
        for remark in report.remarks:
            self.stdout.write(f"! {remark}")
        counts = {"changed": len(report.changes), "all": len(report.items)}
        if dry_run:
            self.stdout.write(_("Would change: %(changed)s of %(all)s items.") % counts)
        else:
            self.stdout.write(_("Changed: %(changed)s of %(all)s items.") % counts)


def _author(username: str | None) -> User:
    if not username:
        return system_account()
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(_("Nobody can sign in as %(username)s.") % {"username": username})
    return person


def _as_json(report: Report, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "changed": len(report.changes),
        "items": [_item(item) for item in report.items],
        "unread": [str(path) for path in report.unread],
        "remarks": list(report.remarks),
    }


def _item(item: PlannedChange) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "key": item.key,
        "action": item.action,
        "details": [
            {"path": change.path, "kind": change.kind, "before": change.before, "after": change.after}
            for change in item.details
        ],
    }
