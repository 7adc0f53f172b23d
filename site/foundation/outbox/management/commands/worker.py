"""``manage.py worker``: runs beside the web server, any number of times; stops cleanly on SIGTERM."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from foundation.outbox.worker import Worker


class Command(BaseCommand):
    help = "Bring about effects (mail, documents) and run queued tasks until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="Work off what is due, then exit.")
        parser.add_argument(
            "--interval", type=float, default=1.0, help="Seconds between looks at an empty queue."
        )
        parser.add_argument("--name", default="", help="Name in the signs of life; made up without one.")

    def handle(self, *args: Any, once: bool, interval: float, name: str, **options: Any) -> None:
        """Run the worker."""
        worker = Worker(interval=interval, name=name)
        worker.stop_on_signals()
        worker.run(once=once)
