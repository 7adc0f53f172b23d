"""The promises of the house: where code lies, what may be imported from where, what a clone may contain."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOP_LEVEL = {
    *("site", "forms", "workflows", "templates", "tests", "docs"),
    *("manage.py", "requirements.txt", "pyproject.toml", "Makefile"),
    *("README.md", "CHANGELOG.md", "LICENSE", "NOTICE"),
}
SETTINGS = ("dev", "test", "production")
PRODUCTION = {
    "REMIT_SECRET_KEY": "only-for-this-test-" + "x" * 60,
    "REMIT_MASTER_KEY": "b25seS1mb3ItdGhpcy10ZXN0LTMyLWJ5dGVzLWxvbmc=",
    "REMIT_ALLOWED_HOSTS": "remit.example.cn",
}


def tracked() -> list[str]:
    """Return the files git knows of; a checkout without git lists what lies there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [
        str(each.relative_to(ROOT))
        for each in ROOT.rglob("*")
        if each.is_file() and ".venv" not in each.parts
    ]


def python(code: str, *, cwd: Path = ROOT, **environment: str) -> str:
    """Run ``code`` in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_site_holds_no_python_file_of_its_own() -> None:
    assert [name for name in tracked() if re.fullmatch(r"site/[^/]+\.pyi?", name)] == []
    assert [each.name for each in (ROOT / "site").glob("*.py*")] == []


def test_the_standard_module_named_site_is_still_the_standard_one() -> None:
    found = python("import site; print(site.__file__)")
    assert Path(found).parent == Path(os.__file__).parent


def test_the_top_level_holds_what_belongs_there() -> None:
    names = {name.split("/")[0] for name in tracked()}
    assert {name for name in names if not name.startswith(".")} - TOP_LEVEL == set()


def test_everyone_is_told_the_same_two_import_roots() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert config["pytest"]["ini_options"]["pythonpath"] == [".", "site"]
    assert config["ruff"]["src"] == [".", "site"]
    assert config["mypy"]["mypy_path"] == ["$MYPY_CONFIG_FILE_DIR", "$MYPY_CONFIG_FILE_DIR/site"]
    assert config["mypy"]["explicit_package_bases"] is True
    packages = {each.parent.name for root in (ROOT, ROOT / "site") for each in root.glob("*/__init__.py")}
    assert packages == set(config["importlinter"]["root_packages"])


@pytest.mark.parametrize("name", SETTINGS)
def test_every_settings_module_can_be_imported(name: str, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = ['site', '.'];"
        f"import backoffice.settings.{name} as found; print(found.ROOT_URLCONF)"
    )
    assert python(code, REMIT_DATA_DIR=str(tmp_path), **PRODUCTION) == "backoffice.urls"


def test_no_model_has_changed_without_a_migration(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        env={
            **os.environ,
            "REMIT_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "backoffice.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_web_process_never_imports_weasyprint(tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = ["site", "."]
import django
django.setup()
from backoffice import startup
startup.check = lambda: None  # there is no database here
import backoffice.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
from backoffice.exports import documents
print(sorted(name for name in sys.modules if name.split(".")[0] in {"weasyprint", "fontTools", "pydyf"}))
"""
    shown = python(code, REMIT_DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="backoffice.settings.dev")
    assert shown.splitlines()[-1] == "[]"


def test_a_server_on_a_database_that_is_not_migrated_says_what_to_run(tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = ["site", "."]
try:
    import backoffice.wsgi
except Exception as refusal:
    print(type(refusal).__name__, refusal)
"""
    shown = python(code, REMIT_DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="backoffice.settings.dev")
    assert shown.startswith("ImproperlyConfigured The database is not up to date. Run: manage.py migrate")


# --- what must not be in a clone ----------------------------------------------------------------------------

# Put together here, so that this file does not contain what it looks for.
FOREIGN = {
    "package host": re.compile(rb"(?:pypi|pythonhosted|npmjs)\." + rb"(?:org|com)\b"),
    "index option": re.compile(rb"--(?:extra-)?index-" + rb"url|--find-" + rb"links|--trusted-" + rb"host"),
    "mirror": re.compile(rb"mirrors?\.(?:aliyun|tuna|ustc|cloud|huawei)" + rb"[a-z.]*"),
    "path of a workplace": re.compile(rb"(?<![\w./-])/(?:wo" + rb"rk|ho" + rb"me/\w+|tm" + rb"p/remit)/"),
    "private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE " + rb"KEY-----"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_no_tracked_file_names_what_is_not_ours(what: str) -> None:
    found = []
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content[:4096] and (hit := FOREIGN[what].search(content)):
            found.append(f"{name}: {hit[0].decode(errors='replace')}")
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", ".ci/requirements.txt"])
def test_lock_files_pin_every_package_with_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(rows) > 50
    loose = [
        row[:60] for row in rows if not re.match(r"[a-z0-9_.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", row)
    ]
    assert loose == []


def test_the_lock_files_hold_the_short_list_in_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def pins(lines: list[str]) -> set[str]:
        found = (re.match(r"([A-Za-z0-9_.-]+)(?:\[.*?\])?==([^\s;\\]+)", line) for line in lines)
        return {f"{re.sub('[-_.]+', '-', each[1]).lower()}=={each[2]}" for each in found if each}

    for name, wanted in (
        ("requirements.txt", project["dependencies"]),
        (".ci/requirements.txt", project["dependencies"] + project["optional-dependencies"]["test"]),
    ):
        assert len(pins(wanted)) == len(wanted), "a package without an exact version"
        assert pins(wanted) - pins((ROOT / name).read_text(encoding="utf-8").splitlines()) == set()
