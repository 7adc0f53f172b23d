"""``manage.py serve`` as an operator meets it: a dead worker, a dead web server, a taken address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(question: Callable[[], object], seconds: float = 40) -> None:
    """Wait until ``question`` is answered with something true."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def children(pid: int) -> dict[int, str]:
    """Return the children of a process with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            if int(stat.rpartition(")")[2].split()[1]) == pid and stat.rpartition(")")[2].split()[0] != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
    return found


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Served:
    """A running ``serve`` with its port and what it has said."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.words = folder / "words"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{self.port}", "--workers", "1"],
            cwd=ROOT,
            env={
                **os.environ,
                "REMIT_DATA_DIR": str(folder),
                "DJANGO_SETTINGS_MODULE": "backoffice.settings.dev",
            },
            stdout=self.words.open("wb"),
            stderr=subprocess.STDOUT,
        )

    def child(self, part: str) -> int | None:
        """Return the process whose command line holds ``part``."""
        return next((pid for pid, line in children(self.process.pid).items() if part in line), None)

    def said(self, words: str) -> bool:
        return words in self.words.read_text(errors="replace")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    started = Served(tmp_path)
    try:
        until(lambda: answers(started.port))
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGTERM)
            started.process.wait(40)


def test_a_worker_that_dies_comes_back_and_a_signal_ends_everything(served: Served) -> None:
    until(lambda: served.child("manage.py worker"))
    first = served.child("manage.py worker")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: served.said("starting it again in 1 s"))
    until(lambda: served.child("manage.py worker") not in (None, first))
    family = children(served.process.pid)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(40) == 0
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assert not answers(served.port)


def test_when_the_web_server_dies_the_command_ends_with_a_fault(served: Served) -> None:
    until(lambda: served.child("gunicorn"))
    master = served.child("gunicorn")
    assert master is not None
    os.kill(master, signal.SIGKILL)
    assert served.process.wait(40) != 0
    assert served.said("The web server ended")
    assert children(served.process.pid) == {}


def test_a_taken_address_is_said_at_once_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "serve", "--check-address", "--bind", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env={
                **os.environ,
                "REMIT_DATA_DIR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "backoffice.settings.dev",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be used (Address already in use)" in done.stderr
    assert f"REMIT_BIND=127.0.0.1:{port + 1}" in done.stderr
