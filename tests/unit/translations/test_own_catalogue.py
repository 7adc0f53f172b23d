"""Our own strings: none without a Chinese text, none that breaks a placeholder."""

from collections import Counter

import polib
import pytest

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
