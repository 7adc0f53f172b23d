"""Run one machine's Remit: the web server (gunicorn) and the worker, both watched over.

Run by ``make serve`` and ``make demo``; under systemd or in a container it is the one process to start. A
signal to stop is passed on and waited for. A worker that dies is started again, after a pause that grows;
when the web server dies this command ends with its exit code, so that whoever supervises us notices. Twice at
once is refused: the address is taken.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.settings import environment

LONGEST_PAUSE = 60.0
STEADY = 60.0
"""A worker that ran for so many seconds is in order; its next pause is the shortest again."""
PATIENCE = 30.0
"""Seconds the two have to finish what they are doing when we stop."""
DIES_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)


@dataclass
class Watched:
    """A child process that is started again when it dies."""

    name: str
    command: list[str]
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 1.0
    due: float = field(default=0.0)

    def start(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the process in a group of its own: Ctrl-C reaches us alone, and we pass it on in order."""
        self.started = time.monotonic()
        self.child = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            self.command,
            env=environment,
            cwd=settings.PROJECT_DIR,
            process_group=0,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        return self.child

    def died(self) -> int | None:
        """Return the exit code of a process that has ended; None while it runs or waits to be started."""
        return self.child.poll() if self.child else None

    def rest(self) -> float:
        """Plan the next start after a death; return the pause before it."""
        if time.monotonic() - self.started > STEADY:
            self.pause = 1.0
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.due, self.child = time.monotonic() + pause, None
        return pause

    def send(self, number: int) -> None:
        """Pass a signal on, when there is somebody to take it."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(number)


class Command(BaseCommand):
    """The command ``serve``."""

    help = "Serve this installation: web server and worker, both watched over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--bind",
            default=environment.text("BIND", "127.0.0.1:8000"),
            help="Address and port (REMIT_BIND, else 127.0.0.1:8000).",
        )
        parser.add_argument("--workers", type=int, default=2, help="Web processes (2).")
        parser.add_argument("--threads", type=int, default=4, help="Threads of each web process (4).")
        parser.add_argument("--no-worker", action="store_true", help="Web server only.")
        parser.add_argument(
            "--check-address", action="store_true", help="Only say whether the address is free."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        check_free(options["bind"])
        if options["check_address"]:
            return
        web = Watched("web server", web_command(options["bind"], options["workers"], options["threads"]))
        worker = Watched("worker", [sys.executable, str(settings.PROJECT_DIR / "manage.py"), "worker"])
        watched = [web] if options["no_worker"] else [web, worker]
        stopping: list[int] = []

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.append(number)

        def reload(number: int, frame: FrameType | None) -> None:
            web.send(signal.SIGHUP)
            worker.send(signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        signal.signal(signal.SIGHUP, reload)

        surroundings = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(settings.SITE_DIR), str(settings.PROJECT_DIR))),
            "PYTHONUNBUFFERED": "1",
        }
        for each in watched:
            each.start(surroundings)
        self.stdout.write(f"Remit is at http://{options['bind']}/ (Ctrl-C stops it)")
        self.stdout.flush()
        code = 0
        try:
            while not stopping:
                time.sleep(0.2)
                if (ended := web.died()) is not None:
                    self.stderr.write(f"The web server ended with {ended}.")
                    code = ended if ended > 0 else 1
                    break
                if worker not in watched:
                    continue
                if (ended := worker.died()) is not None:
                    self.stderr.write(
                        f"The worker ended with {ended}; starting it again in {worker.rest():g} s."
                    )
                elif worker.child is None and time.monotonic() >= worker.due:
                    worker.start(surroundings)
        finally:
            end(watched)
        if code:
            sys.exit(code)


def web_command(bind: str, workers: int, threads: int) -> list[str]:
    """Return the command line of the web server."""
    return [
        *(sys.executable, "-m", "gunicorn", "backoffice.wsgi:application", "--bind", bind),
        *("--workers", str(workers), "--threads", str(threads), "--worker-class", "gthread"),
        *("--graceful-timeout", "20", "--timeout", "60", "--name", "remit", "--log-level", "warning"),
        *(("--worker-tmp-dir", "/dev/shm") if os.access("/dev/shm", os.W_OK) else ()),  # noqa: S108 - memory, not a file
    ]


def check_free(bind: str) -> None:
    """Raise CommandError when ``bind`` cannot be listened at, saying what to do."""
    host, _, port = bind.rpartition(":")
    if not port.isdigit():
        raise CommandError(f"REMIT_BIND must be address:port, not {bind!r}.")
    host = host.strip("[]") or "0.0.0.0"  # noqa: S104 - what an empty host means to gunicorn
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as fault:
            raise CommandError(
                f"{bind} cannot be used ({fault.strerror}): is Remit or something else running there? "
                f"Stop it, or choose another address, for example REMIT_BIND=127.0.0.1:{int(port) + 1}"
            ) from None


def end(watched: list[Watched]) -> None:
    """Ask every process to stop, wait, and kill what is left."""
    for each in watched:
        each.send(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    for each in watched:
        if each.child is None:
            continue
        try:
            each.child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.child.kill()
            each.child.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGTERM)
