"""Brings the national table of days up to date: when a new year is announced, or on set-up. Twice is safe."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from foundation.worktime.national import FIRST_YEAR
from foundation.worktime.services import Refreshed, plan_days, refresh_days


class Command(BaseCommand):
    help = "Refresh (or, with --check, compare) holidays and make-up working days from the holiday libraries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, action="append", help="a year; without it, 2024 to next year")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something differs")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        years = options["year"] or range(FIRST_YEAR, timezone.localdate().year + 2)
        results: list[Refreshed] = []
        for year in years:
            if options["format"] == "text":
                self.stderr.write(f"{year} …")
            try:
                results.append(plan_days(year) if options["check"] else refresh_days(year))
            except ValueError as error:
                raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(
                json.dumps([_plain(result) for result in results], ensure_ascii=False, indent=2)
            )
        else:
            for result in results:
                self._say(result)
        if options["check"] and any(result.differs for result in results):
            raise SystemExit(1)

    def _say(self, result: Refreshed) -> None:
        counts = f"+{len(result.added)} ~{len(result.changed)} -{len(result.removed)}"
        kept = f", {len(result.kept_by_hand)} by hand kept" if result.kept_by_hand else ""
        self.stdout.write(f"{result.year}: {counts}{kept} ({result.source})")
        for warning in result.warnings:
            self.stderr.write(self.style.WARNING(warning))


def _plain(result: Refreshed) -> dict[str, Any]:
    def told(days: tuple[date, ...]) -> list[str]:
        return [day.isoformat() for day in days]

    return {
        "year": result.year,
        "announced": result.announced,
        "source": result.source,
        "added": told(result.added),
        "changed": told(result.changed),
        "removed": told(result.removed),
        "kept_by_hand": told(result.kept_by_hand),
        "warnings": list(result.warnings),
    }
