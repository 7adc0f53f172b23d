"""Asking a virus scanner, where there is one.

``FILES_SCANNER`` names it: ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl`` for ClamAV, or the dotted path of
a callable that takes a readable stream and returns the name of what it found, empty for nothing, and raises
``ScannerFailed`` when it cannot tell. With ``FILES_SCANNER_REQUIRED`` a file that could not be scanned is out of reach
until it has been.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

Scanner = Callable[[IO[bytes]], str]
CHUNK = 64 * 1024
SECONDS = 30.0
SECONDS_FOR_PING = 3.0
LONGEST_ANSWER = 4096


class ScannerFailed(Exception):
    """The scanner cannot tell; the text says why, for operators."""


@dataclass(frozen=True)
class Clamd:
    """ClamAV's daemon, spoken to as its manual says (``INSTREAM``): a port of a host, or a socket of this machine."""

    host: str = ""
    port: int = 3310
    path: str = ""

    def __call__(self, stream: IO[bytes]) -> str:
        """Return the name of the virus found in the stream, empty for none; raises ScannerFailed."""
        try:
            with self._connected(SECONDS) as connection:
                connection.sendall(b"zINSTREAM\0")
                answer = self._send(connection, stream) or self._answer(connection)
        except (OSError, ValueError) as fault:
            raise ScannerFailed(f"{type(fault).__name__}: {fault}") from fault
        words = answer.removeprefix("stream: ")
        if words == "OK":
            return ""
        if words.endswith(" FOUND"):
            return words.removesuffix(" FOUND")[:200] or "?"
        raise ScannerFailed(words or "no answer")

    def ping(self) -> None:
        """Raise ScannerFailed unless the daemon answers, soon."""
        try:
            with self._connected(SECONDS_FOR_PING) as connection:
                connection.sendall(b"zPING\0")
                answer = self._answer(connection)
        except (OSError, ValueError) as fault:
            raise ScannerFailed(f"{type(fault).__name__}: {fault}") from fault
        if answer != "PONG":
            raise ScannerFailed(answer or "no answer")

    def _connected(self, seconds: float) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), seconds)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection

    def _send(self, connection: socket.socket, stream: IO[bytes]) -> str:
        """Send everything; a daemon that has had enough says so and hangs up, and then that is its answer."""
        try:
            while chunk := stream.read(CHUNK):
                connection.sendall(struct.pack("!L", len(chunk)) + chunk)
            connection.sendall(struct.pack("!L", 0))
        except (BrokenPipeError, ConnectionResetError):
            return self._answer(connection)
        return ""

    def _answer(self, connection: socket.socket) -> str:
        told = b""
        while not told.endswith((b"\0", b"\n")) and len(told) < LONGEST_ANSWER:
            chunk = connection.recv(1024)
            if not chunk:
                break
            told += chunk
        return told.rstrip(b"\0\n").decode("utf-8", "replace")


def scanner() -> Scanner | None:
    """Return the scanner of the settings, None without one; raises ValueError or ImportError for a wrong setting."""
    named = settings.FILES_SCANNER
    if not named:
        return None
    parts = urlsplit(named)
    if parts.scheme == "tcp" and parts.hostname:
        return Clamd(host=parts.hostname, port=parts.port or 3310)
    if parts.scheme == "unix" and parts.path:
        return Clamd(path=parts.path)
    found = import_string(named)
    if not callable(found):
        raise ValueError(f"{named} is no scanner: it cannot be called.")
    return found  # type: ignore[no-any-return]  # what the setting names is the installation's own


def trouble() -> str:
    """Return why the scanner of the settings cannot be asked, for operators; empty where it answers, where there is
    none, and where it is code of the installation's own, which has nothing to say of itself.
    """
    try:
        ask = scanner()
        if isinstance(ask, Clamd):
            ask.ping()
    except (ScannerFailed, ValueError, ImportError) as fault:
        return str(fault)
    return ""


def scan(stream: IO[bytes]) -> tuple[str, str]:
    """Return how a file stands (a value of ``StoredFile.Scan``) and what was found in it."""
    ask = scanner()
    if ask is None:
        return "unscanned", ""
    try:
        threat = ask(stream)
    except ScannerFailed:
        if settings.FILES_SCANNER_REQUIRED:
            return "waiting", ""
        return "unscanned", ""
    return ("infected", threat) if threat else ("clean", "")
