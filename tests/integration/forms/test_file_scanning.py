"""The virus scanner: a ClamAV daemon of our own, which answers as the real one does."""

from __future__ import annotations

import io
import json
import socket
import socketserver
import struct
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from forms.exceptions import NotFound
from forms.files import queries, scanning, services, sweeping
from forms.files.models import StoredFile
from forms.files.refusals import FileRefused
from forms.models import Draft
from forms.services.submissions import save_draft
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.files import make_file, upload
from tests.factories.forms import field as asked
from tests.factories.forms import make_form
from tests.factories.organisation import make_user

# The test virus of the makers of scanners, in two pieces, so that no scanner takes this file away.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Daemon:
    """What the daemon was told and how it behaves."""

    address: str = ""
    received: list[bytes] = field(default_factory=list)
    most: int = 1_000_000
    silent: bool = False
    broken: str = ""


def serve(daemon: Daemon) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            stream = self.request.makefile("rb")
            command = b""
            while not command.endswith(b"\0"):
                command += stream.read(1)
            if daemon.silent:
                stream.read()
            elif daemon.broken:
                self.request.sendall(daemon.broken.encode() + b"\0")
            elif command == b"zPING\0":
                self.request.sendall(b"PONG\0")
            elif command == b"zINSTREAM\0":
                self.instream(stream)

        def instream(self, stream: Any) -> None:
            content = b""
            while size := struct.unpack("!L", stream.read(4))[0]:
                content += stream.read(size)
                if len(content) > daemon.most:
                    self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            daemon.received.append(content)
            found = b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"
            self.request.sendall(found + b"\0")

    return Handler


@pytest.fixture(params=["tcp", "unix"])
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    told = Daemon()
    if request.param == "tcp":
        server: socketserver.BaseServer = socketserver.ThreadingTCPServer(("127.0.0.1", 0), serve(told))
        told.address = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd.ctl"), serve(told))
        told.address = f"unix://{tmp_path / 'clamd.ctl'}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def scanned(daemon: Daemon, settings: Any) -> Daemon:
    """Let the installation ask the daemon."""
    settings.FILES_SCANNER = daemon.address
    settings.FILES_SCANNER_REQUIRED = True
    return daemon


@pytest.fixture
def clerk(db: None) -> User:
    return make_user()


@pytest.fixture
def draft(clerk: User) -> Draft:
    form = make_form(clerk, asked("papers", "file", options={"kinds": ["txt", "pdf", "image"]}))
    return save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)


def test_the_daemon_is_asked_about_every_byte(scanned: Daemon) -> None:
    content = bytes(range(256)) * 1000
    assert scanning.scan(io.BytesIO(content)) == ("clean", "")
    assert scanned.received == [content]
    assert scanning.scan(io.BytesIO(b"a" * 70_000 + EICAR)) == ("infected", "Eicar-Test-Signature")
    found = scanning.scanner()
    assert isinstance(found, scanning.Clamd)
    found.ping()


def test_a_virus_is_refused_and_nothing_is_kept(scanned: Daemon, draft: Draft, clerk: User) -> None:
    with pytest.raises(FileRefused, match="Eicar-Test-Signature") as refused:
        make_file(draft, clerk, "papers", EICAR, "a.txt")
    assert refused.value.code == "infected"
    assert not StoredFile.objects.exists()
    assert make_file(draft, clerk, "papers", b"text", "b.txt").scan == "clean"


@pytest.mark.parametrize("trouble", ["gone", "silent", "limit", "nonsense"])
def test_what_could_not_be_scanned_is_out_of_reach_until_it_has_been(
    trouble: str, scanned: Daemon, draft: Draft, clerk: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SECONDS", 0.3)
    if trouble == "gone":
        settings.FILES_SCANNER = "tcp://127.0.0.1:1"
    scanned.silent = trouble == "silent"
    scanned.broken = "stream: no idea" if trouble == "nonsense" else ""
    scanned.most = 2 if trouble == "limit" else scanned.most
    row = make_file(draft, clerk, "papers", b"text of some length", "a.txt")
    assert row.scan == "waiting"
    assert not row.readable
    assert sweeping.scan_waiting() == 0

    settings.FILES_SCANNER = scanned.address
    scanned.silent, scanned.broken, scanned.most = False, "", 1_000_000
    assert sweeping.scan_waiting() == 1
    row.refresh_from_db()
    assert row.scan == "clean"
    assert row.readable


def test_an_installation_may_go_on_without_its_scanner(
    scanned: Daemon, draft: Draft, clerk: User, settings: Any
) -> None:
    settings.FILES_SCANNER, settings.FILES_SCANNER_REQUIRED = "tcp://127.0.0.1:1", False
    row = make_file(draft, clerk, "papers", b"text", "a.txt")
    assert row.scan == "unscanned"
    assert row.readable


def test_a_virus_found_later_takes_the_content_away_and_is_recorded(
    scanned: Daemon, draft: Draft, clerk: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.FILES_SCANNER = ""
    row = make_file(draft, clerk, "papers", b"text " + EICAR, "a.txt")
    assert (row.scan, row.readable) == ("unscanned", True)
    settings.FILES_SCANNER = scanned.address
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.scan_waiting() == 1
    row.refresh_from_db()
    assert (row.scan, row.threat, row.readable) == ("infected", "Eicar-Test-Signature", False)
    (event,) = events_of(row.stream)
    assert (event.kind, event.references["threat"]) == ("file_infected", "Eicar-Test-Signature")
    with pytest.raises(NotFound):
        queries.file_for(clerk, row.uuid)
    with pytest.raises(OSError, match="No such file"):
        queries.content(row)


def finds_everything(stream: Any) -> str:
    """A scanner of one's own."""
    return "Everything" if stream.read() else ""


def test_a_scanner_of_ones_own_is_named_by_its_path(settings: Any) -> None:
    settings.FILES_SCANNER = f"{__name__}.finds_everything"
    assert scanning.scan(io.BytesIO(b"x")) == ("infected", "Everything")
    settings.FILES_SCANNER = "forms.files.names.LONGEST"
    with pytest.raises(ValueError, match="no scanner"):
        scanning.scanner()


def test_a_hung_up_connection_is_no_clean_bill() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def hang_up() -> None:
            connection, _address = listener.accept()
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(scanning.ScannerFailed):
            scanning.Clamd(host="127.0.0.1", port=listener.getsockname()[1])(io.BytesIO(b"x" * 1_000_000))
        thread.join()


def test_the_command_says_what_it_found(
    scanned: Daemon, draft: Draft, clerk: User, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.FILES_SCANNER = "tcp://127.0.0.1:1"
    row = make_file(draft, clerk, "papers", b"text", "a.txt")

    def told(*words: str) -> tuple[int, dict[str, Any]]:
        try:
            call_command("files", *words, "--format", "json")
        except SystemExit as end:
            code = int(end.code or 0)
        else:
            code = 0
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, answer

    assert told("scan") == (1, {"ok": False, "scanned": 0, "waiting": 1})
    settings.FILES_SCANNER = scanned.address
    assert told("scan") == (0, {"ok": True, "scanned": 1, "waiting": 0})
    code, answer = told("check")
    assert (code, answer["faults"]) == (0, [])
    Draft.objects.all().delete()
    StoredFile.objects.update(uploaded_at="2026-01-01T00:00:00Z")
    assert told("sweep", "--dry-run")[1]["files"] == [str(row.uuid)]
    assert StoredFile.objects.exists()
    assert told("sweep")[1]["removed"] is True
    assert not StoredFile.objects.exists()
    call_command("files", "check")
    assert capsys.readouterr().out.strip()


def test_the_typed_signature_is_ours_and_needs_no_scanner(
    scanned: Daemon, clerk: User, settings: Any
) -> None:
    settings.FILES_SCANNER = "tcp://127.0.0.1:1"
    form = make_form(clerk, asked("signed", "signature"))
    own = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    assert services.sign(draft=own.uuid, field="signed", name="王五", by=clerk).readable
    with pytest.raises(FileRefused):
        services.store(draft=own.uuid, field="signed", upload=upload(b"no picture"), by=clerk)
