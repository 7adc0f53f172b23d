"""What keeps an installation from serving: an unprotected record, a public password, a default secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import transaction

from backoffice import startup
from foundation.audit import guards
from foundation.audit.exceptions import MasterKeyInvalid
from foundation.audit.queries import events_of
from foundation.audit.services import Actor, FieldChange, append
from foundation.outbox.worker import Worker
from tests.factories.organisation import make_user

ROOT = Path(__file__).resolve().parents[3]
SOUND = {
    "REMIT_SECRET_KEY": "q3WmYx0ZtF8cK5vB2nD7gH1jL4pR6sT9uA0eI3oU5yQ8wE2r",
    "REMIT_MASTER_KEY": "q3WmYx0ZtF8cK5vB2nD7gH1jL4pR6sT9uA0eI3oU5yQ=",
    "REMIT_ALLOWED_HOSTS": "remit.example.cn",
}


def production(tmp_path: Path, **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Start Python with the settings of production, with ``changed`` variables."""
    wanted = {**SOUND, "REMIT_DATA_DIR": str(tmp_path), **changed}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REMIT_", "DJANGO_"))}
    environment = {**kept, **{name: value for name, value in wanted.items() if value is not None}}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "backoffice.settings.production",
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
    }
    code = "from django.conf import settings; print(settings.SESSION_COOKIE_SECURE, settings.DEBUG)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_sound_settings(tmp_path: Path) -> None:
    done = production(tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "True False"), done.stderr


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"REMIT_SECRET_KEY": None}, "REMIT_SECRET_KEY"),
        ({"REMIT_SECRET_KEY": "short"}, "REMIT_SECRET_KEY"),
        ({"REMIT_SECRET_KEY": "development-only-key-never-used-in-production"}, "REMIT_SECRET_KEY"),
        ({"REMIT_MASTER_KEY": None}, "REMIT_MASTER_KEY"),
        ({"REMIT_MASTER_KEY": "c2hvcnQ="}, "REMIT_MASTER_KEY"),
        ({"REMIT_MASTER_KEY": "no base64, and long enough to look like it"}, "REMIT_MASTER_KEY"),
        ({"REMIT_DEBUG": "1"}, "REMIT_DEBUG"),
        ({"REMIT_ALLOWED_HOSTS": None}, "REMIT_ALLOWED_HOSTS"),
        ({"REMIT_ALLOWED_HOSTS": "*"}, "REMIT_ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_and_says_what_to_do(tmp_path: Path, changed: dict[str, Any], named: str) -> None:
    done = production(tmp_path, **changed)
    assert done.returncode == 1
    assert "ImproperlyConfigured" in done.stderr
    assert named in done.stderr.splitlines()[-1]


@pytest.mark.django_db
def test_a_demonstration_account_is_refused_in_production_only(settings: Any) -> None:
    make_user("demo-hr", is_demo=True)
    make_user("demo-gone", is_demo=True, active=False)
    startup.check()
    settings.REMIT_PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match=r"demo-hr\. .*switch_off_demo_accounts"):
        startup.check()


@pytest.mark.django_db
def test_the_remedy_works_and_is_recorded(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.REMIT_PRODUCTION = True
    person = make_user("demo-hr", is_demo=True)
    for _time in range(2):
        call_command("switch_off_demo_accounts")
    assert capsys.readouterr().out == "demo-hr\n"
    assert [event.kind for event in events_of(f"user:{person.uuid}")] == ["user.switched_off"]
    startup.check()


@pytest.mark.django_db
def test_an_unprotected_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "missing", lambda using="default": ["remit_audit_event_delete"])
    with pytest.raises(guards.GuardMissing, match="remit_audit_event_delete"):
        startup.check()


@pytest.mark.django_db
def test_the_worker_refuses_what_the_server_refuses(settings: Any) -> None:
    make_user("demo-hr", is_demo=True)
    settings.REMIT_PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="demo-hr"):
        Worker().run(once=True)


@pytest.mark.django_db
def test_another_master_key_is_refused_with_the_remedy(settings: Any) -> None:
    with transaction.atomic():
        told = [FieldChange("phone", None, "13800000000", "user:1")]
        append(stream="x", version=1, kind="told", actor=Actor.system("test"), changes=told)
    startup.check()
    settings.REMIT_MASTER_KEY = SOUND["REMIT_MASTER_KEY"]
    with pytest.raises(MasterKeyInvalid, match=r"REMIT_MASTER_KEY is not the key .* kept apart"):
        startup.check()
    with pytest.raises(MasterKeyInvalid):
        Worker().run(once=True)
    settings.REMIT_MASTER_KEY = "c2hvcnQ="
    with pytest.raises(MasterKeyInvalid, match="32 bytes"):
        startup.check()
