"""Our own strings: none without a Chinese text, none that breaks a placeholder."""

from collections import Counter
from importlib import import_module
from pathlib import Path

import polib
import pytest
from django.conf import settings

from backoffice.access import catalogues


def test_own_catalogue_is_complete() -> None:
    assert catalogues.live_entries(catalogues.own()) != []
    assert catalogues.faults(catalogues.own()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%(count)d cases of %(name)s", {"%(count)d": 1, "%(name)s": 1}),
        ("%s of %d", {"%s": 1, "%d": 1}),
        ("{title} – {date:%d.%m.}", {"{title}": 1, "{date}": 1}),
        ("100%% of %(all)s", {"%(all)s": 1}),
        ("plain", {}),
    ],
)
def test_placeholders(text: str, expected: dict[str, int]) -> None:
    assert catalogues.placeholders(text) == Counter(expected)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (polib.POEntry(msgid="Save", msgstr="保存"), None),
        (polib.POEntry(msgid="Save", msgstr=" "), "not translated"),
        (polib.POEntry(msgid="Save", msgstr="保存", flags=["fuzzy"]), "marked as uncertain (fuzzy)"),
        (
            polib.POEntry(msgid="by %(who)s", msgstr="由 %(whom)s"),
            "placeholders ['%(whom)s'] instead of ['%(who)s']",
        ),
        (
            polib.POEntry(msgid="One case", msgid_plural="%(n)s cases", msgstr_plural={0: "%(n)s 个案件"}),
            None,
        ),
        (
            polib.POEntry(msgid="One case", msgid_plural="%(n)s cases", msgstr_plural={0: "一个案件"}),
            "placeholders [] instead of ['%(n)s']",
        ),
    ],
)
def test_faults_of_one_message(entry: polib.POEntry, problem: str | None) -> None:
    fault = catalogues.fault_of(entry)
    assert (fault and fault.problem) == problem


def test_no_message_of_a_library_is_given_another_translation() -> None:
    """Our catalogue wins over those of Wagtail and Django, so a word we share with them must say the same in both.

    Give ours a context (``pgettext``) where it must say something else.
    """
    theirs: dict[tuple[str | None, str], set[str]] = {}
    for name in settings.INSTALLED_APPS:
        if name.startswith(("wagtail", "django.")):
            found = (
                Path(import_module(name.split(".apps.")[0]).__path__[0])
                / "locale/zh_Hans/LC_MESSAGES/django.po"
            )
            for entry in polib.pofile(str(found)) if found.exists() else []:
                text = entry.msgstr or entry.msgstr_plural.get(0, "")
                if text and not entry.fuzzy:
                    theirs.setdefault((entry.msgctxt, entry.msgid), set()).add(alike(text))
    assert len(theirs) > 1000
    differing = {
        entry.msgid: (text, theirs[entry.msgctxt, entry.msgid])
        for entry in catalogues.live_entries(catalogues.own())
        if (text := entry.msgstr or entry.msgstr_plural.get(0, ""))
        and alike(text) not in theirs.get((entry.msgctxt, entry.msgid), {alike(text)})
    }
    assert differing == {}


def alike(text: str) -> str:
    """Return the text without differences that no reader minds."""
    return text.replace("…", ".").replace(".", "").strip()
