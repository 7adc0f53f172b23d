"""``manage.py translations``: merge, missing, compile on a small catalogue."""

import gettext
import io
import json
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgid "Save"
msgstr ""

#, python-format
msgid "One case"
msgid_plural "%(n)s cases"
msgstr[0] ""

msgctxt "verb"
msgid "Close"
msgstr ""

#, fuzzy, python-format
msgid "by %(who)s"
msgstr "他 %(who)s"
"""


@pytest.fixture
def catalogue(tmp_path: Path, settings: object) -> Path:
    folder = tmp_path / "remit" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    settings.LOCALE_PATHS = [tmp_path / "remit"]  # type: ignore[attr-defined]  # pytest-django's settings are dynamic
    settings.PROJECT_DIR = tmp_path  # type: ignore[attr-defined]
    path = folder / "django.po"
    path.write_text(PO.strip(), encoding="utf-8")
    return path


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("translations", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def texts_file(tmp_path: Path, texts: dict[str, str]) -> str:
    path = tmp_path / "room.json"
    path.write_text(json.dumps(texts), encoding="utf-8")
    return str(path)


ALL = {"Save": "保存", "One case": "%(n)s 个案件", "verb\x04Close": "结案", "by %(who)s": "由 %(who)s"}


def test_merge_fills_singular_plural_and_context_and_clears_doubt(catalogue: Path, tmp_path: Path) -> None:
    out, err = run("merge", texts_file(tmp_path, ALL))
    assert (out, err) == ("4 texts changed, 0 left out, 0 still to do\n", "")
    stored = {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in polib.pofile(str(catalogue))}
    assert stored == {
        "Save": "保存",
        "One case": {0: "%(n)s 个案件"},
        "Close": "结案",
        "by %(who)s": "由 %(who)s",
    }
    assert run("merge", texts_file(tmp_path, ALL))[0] == "0 texts changed, 0 left out, 0 still to do\n"
    assert run("missing") == ("", "")


def test_merge_leaves_out_unknown_and_broken_texts(catalogue: Path, tmp_path: Path) -> None:
    out, err = run("merge", texts_file(tmp_path, {"Nowhere": "无", "One case": "一个案件", "Close": "结案"}))
    assert out == "0 texts changed, 3 left out, 4 still to do\n"
    assert err.splitlines() == [
        "room.json: 'Nowhere': no such message",
        "room.json: 'One case': placeholders [] instead of ['%(n)s']",
        "room.json: 'Close': no such message",
    ]


def test_missing_lists_and_fails(catalogue: Path) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="4 messages lack a good translation"):
        call_command("translations", "missing", stdout=out)
    assert out.getvalue().splitlines()[0] == "remit/django.po: 'Save': not translated"


def test_compile_writes_what_gettext_reads(catalogue: Path, tmp_path: Path) -> None:
    run("merge", texts_file(tmp_path, {"Save": "保存", "verb\x04Close": "结案"}))
    assert run("compile")[0] == "remit/zh_Hans/LC_MESSAGES/django.mo\n"
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Save") == "保存"
    assert compiled.pgettext("verb", "Close") == "结案"
    assert compiled.gettext("by %(who)s") == "by %(who)s"  # uncertain texts are not shown
