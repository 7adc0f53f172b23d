"""Scripts in processes of their own, on the database of the test: what a test cannot do to itself (be killed)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
ON_SQLITE = "sqlite3" in connection.settings_dict["ENGINE"]
PREPARE = """
import sys
sys.path[:0] = [{root!r}, {site!r}]
import django
django.setup()
"""


class Processes:
    """Runs scripts on a copy of the test's SQLite database, or on its PostgreSQL database; ends what it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "remit.sqlite3"
        self._running: list[subprocess.Popen[str]] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REMIT_")}
        self.environment = environment | {
            "DJANGO_SETTINGS_MODULE": "backoffice.settings.test",
            "REMIT_DATA_DIR": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
        }
        if ON_SQLITE:
            copy = sqlite3.connect(self.file)
            connection.ensure_connection()
            connection.connection.backup(copy)
            copy.close()
        else:
            made = connection.settings_dict
            # The server may be on a socket: its folder then stands among the options.
            reached = {"host": made["HOST"], "port": made["PORT"], **made["OPTIONS"]}
            options = urlencode({name: reached[name] for name in ("host", "port") if reached.get(name)})
            self.url = f"postgres://{made['USER']}:{made['PASSWORD']}@/{made['NAME']}?{options}"
            self.environment["REMIT_DATABASE_URL"] = self.url

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a script after ``django.setup()``."""
        prepared = PREPARE.format(root=str(ROOT), site=str(ROOT / "site")) + script
        process = subprocess.Popen(
            [sys.executable, "-c", prepared, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        return process

    def run(self, script: str, *arguments: str) -> str:
        """Run a script to its end and return what it printed; it must end well."""
        process = self.start(script, *arguments)
        printed, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0, printed
        return printed

    def manage(self, *arguments: str) -> tuple[int, str]:
        """Run ``manage.py``; return its exit status and what it printed."""
        ended = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement past Django, as somebody with the database password can."""
        if ON_SQLITE:
            with sqlite3.connect(self.file, timeout=20) as raw:
                return raw.execute(statement.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self.url, autocommit=True) as raw:
            cursor = raw.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def end(self) -> None:
        """End whatever still runs."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    """Pull the plug: SIGKILL, which nothing can catch."""
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
