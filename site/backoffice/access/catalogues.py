"""Catalogues of translated strings (.po): what each holds, what it lacks, how Chinese texts are put into it.

Two catalogues are ours: ``locale/remit`` (our own strings) and ``locale/wagtail`` (strings that the installed
Wagtail has not translated). Both are compiled to ``.mo`` files, which are not kept in the repository. Only the
command ``translations`` and the tests use this module; nothing here runs while a page is served.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import polib
from django.conf import settings

LOCALE = "zh_Hans"
CONTEXT_MARK = "\x04"  # what gettext itself puts between a context and its message

Key = tuple[str, str]  # context ("" for none), message

_NAMED = re.compile(r"%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?([sdifr])")
_POSITIONAL = re.compile(r"%[#0\- +]*\d*(?:\.\d+)?[sdifr]")
_BRACES = re.compile(r"\{(\w*)(?:[.\[!:][^}]*)?\}")


@dataclass(frozen=True)
class Fault:
    """One message that is not fit to be shown: what it is and what is wrong with it."""

    key: Key
    problem: str


def roots() -> list[Path]:
    """Return the folders that hold our catalogues, the own one first."""
    return [Path(path) for path in settings.LOCALE_PATHS]


def own() -> Path:
    """Return the file of the catalogue with our own strings."""
    return roots()[0] / LOCALE / "LC_MESSAGES" / "django.po"


def files() -> list[Path]:
    """Return every catalogue of ours, in a steady order."""
    return sorted(path for root in roots() for path in root.glob("*/LC_MESSAGES/*.po"))


def key_of(entry: polib.POEntry) -> Key:
    """Return what identifies ``entry`` in a catalogue."""
    return entry.msgctxt or "", entry.msgid


def live_entries(path: Path) -> list[polib.POEntry]:
    """Return the messages of the catalogue that the program still uses; none when there is no such file."""
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete] if path.exists() else []


def placeholders(text: str) -> Counter[str]:
    """Return what ``text`` expects to be filled in: ``%(name)s``, ``%s``, ``{name}``, each with how often."""
    bare = text.replace("%%", "")
    found = [f"%({name}){kind}" for name, kind in _NAMED.findall(bare)]
    bare = _NAMED.sub("", bare)
    found += [f"{{{name}}}" for name in _BRACES.findall(bare)]
    return Counter([*found, *_POSITIONAL.findall(_BRACES.sub("", bare))])


def texts_of(entry: polib.POEntry) -> list[str]:
    """Return the translated forms of ``entry``: one, or one for each plural form of the language."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def fault_of(entry: polib.POEntry) -> Fault | None:
    """Return what is wrong with the translation of ``entry``, or None.

    Chinese has one form for one and for many, so that form follows the placeholders of the plural message.
    """
    texts = texts_of(entry)
    if not texts or not all(text.strip() for text in texts):
        return Fault(key_of(entry), "not translated")
    if entry.fuzzy:
        return Fault(key_of(entry), "marked as uncertain (fuzzy)")
    wanted = set(placeholders(entry.msgid_plural or entry.msgid))
    for text in texts:
        if set(placeholders(text)) != wanted:
            return Fault(
                key_of(entry), f"placeholders {sorted(placeholders(text))} instead of {sorted(wanted)}"
            )
    return None


def faults(path: Path) -> list[Fault]:
    """Return everything in the catalogue that is missing, uncertain or has the wrong placeholders."""
    return [fault for entry in live_entries(path) if (fault := fault_of(entry))]


def put(path: Path, texts: Mapping[str, str]) -> tuple[int, list[str]]:
    """Write ``texts`` (``{"message": "中文"}``, or ``"context\\u0004message"``) into the catalogue.

    A text replaces an older one. Returns how many entries changed, and the keys that the catalogue does not have
    or whose text would break a placeholder; those are left as they were.
    """
    catalogue = polib.pofile(str(path))
    entries = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
    changed, refused = 0, []
    for name, text in texts.items():
        context, mark, message = name.rpartition(CONTEXT_MARK)
        entry = entries.get((context, message) if mark else ("", name))
        if entry is None:
            refused.append(f"{name!r}: no such message")
            continue
        before = (texts_of(entry), entry.fuzzy)
        previous = dict(entry.msgstr_plural), entry.msgstr, list(entry.flags)
        if entry.msgid_plural:
            entry.msgstr_plural = {0: text}
        else:
            entry.msgstr = text
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
        if fault := fault_of(entry):
            entry.msgstr_plural, entry.msgstr, entry.flags = previous
            refused.append(f"{name!r}: {fault.problem}")
        elif before != (texts_of(entry), entry.fuzzy):
            changed += 1
    if changed:
        catalogue.save(str(path))
    return changed, refused


def compile_all() -> list[Path]:
    """Write the ``.mo`` file beside each catalogue and return the written files. Whoever reads one meanwhile reads all
    of the old one or all of the new one.
    """
    written = []
    for path in files():
        target = path.with_suffix(".mo")
        half = target.with_suffix(f".{os.getpid()}.half")
        polib.pofile(str(path)).save_as_mofile(str(half))
        half.replace(target)
        written.append(target)
    return written


def library_gaps(packages: Iterable[str], domain: str) -> dict[Key, polib.POEntry]:
    """Return the messages that the catalogues of ``packages`` have in English and lack in Chinese."""
    gaps: dict[Key, polib.POEntry] = {}
    done: set[Key] = set()
    for package in packages:
        module_file = import_module(package).__file__
        assert module_file is not None
        locale = Path(module_file).parent / "locale"
        chinese = live_entries(locale / LOCALE / "LC_MESSAGES" / f"{domain}.po")
        done |= {key_of(entry) for entry in chinese if entry.translated()}
        for entry in live_entries(locale / "en" / "LC_MESSAGES" / f"{domain}.po"):
            gaps.setdefault(key_of(entry), entry)
    return {key: entry for key, entry in gaps.items() if key not in done}
