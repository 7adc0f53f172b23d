"""The house's own words for what is said: written over ours, taken back, tried on examples, carried in packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.notifying.kinds import Kind, UnknownKind, fields_of, kind_of
from foundation.notifying.models import Wording
from foundation.notifying.preferences import Preference, PreferenceRefused, house_prefers, plain_house
from foundation.notifying.saying import texts_of
from foundation.notifying.wording import faults, fill, stored
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

if TYPE_CHECKING:
    from foundation.organisation.models import User

LONGEST_SUBJECT, LONGEST_TEXT = 200, 4000


class WordsRefused(Exception):
    """The words cannot be; ``errors``: ``subject`` and ``text`` with sentences that name the place."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(error for found in errors.values() for error in found))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Words:
    """Subject and text of a kind in one language. ``own``: the house wrote them."""

    subject: str
    text: str
    own: bool = False


def words_of(kind: Kind, language: str) -> Words:
    """Return the words in use. One query."""
    row = Wording.objects.filter(kind=kind.key, language=language).first()
    return Words(row.subject, row.text, own=True) if row else Words(*texts_of(kind, language))


def write(*, by: User, kind: str, language: str, subject: str, text: str) -> None:
    """Say it in these words from now on, and record it; words that are ours take the house's own back.

    Raises ``WordsRefused``, ``UnknownKind``.
    """
    found = _writable(kind, language)
    subject, text = " ".join(subject.split()), text.replace("\r\n", "\n").strip()
    _check(found, subject, text)
    ours = texts_of(found, language)
    with transaction.atomic():
        before = Wording.objects.select_for_update().filter(kind=kind, language=language).first()
        old = (before.subject, before.text) if before else ours
        if (subject, text) == ours:
            if before:
                before.delete()
        else:
            Wording.objects.update_or_create(
                kind=kind,
                language=language,
                defaults={"subject": subject, "text": text, "changed_at": timezone.now()},
            )
        _record(by, kind, language, old, (subject, text))


def reset(*, by: User, kind: str, language: str) -> None:
    """Say it in our words again. Raises ``UnknownKind``."""
    subject, text = texts_of(_writable(kind, language), language)
    write(by=by, kind=kind, language=language, subject=subject, text=text)


def preview(kind: Kind, language: str, subject: str, text: str) -> tuple[str, str]:
    """Return the words filled with the examples of their fields."""
    values = {name: stored(one.sample) for name, one in fields_of(kind).items()}
    return fill(subject, values, language), fill(text, values, language)


def check(kind: Kind, subject: str, text: str) -> None:
    """Raise ``WordsRefused`` for words that cannot be."""
    _check(kind, " ".join(subject.split()), text.strip())


def _writable(kind: str, language: str) -> Kind:
    found = kind_of(kind)
    if found.given or language not in dict(settings.LANGUAGES):
        raise UnknownKind(kind)
    return found


def _check(kind: Kind, subject: str, text: str) -> None:
    known = fields_of(kind)
    errors: dict[str, list[str]] = {}
    for name, said, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        found = [str(fault) for fault in faults(said, known)]
        if not said:
            found.append(_("Write something; without it nobody knows what is meant."))
        if len(said) > longest:
            found.append(_("No more than %(longest)d characters.") % {"longest": longest})
        if found:
            errors[name] = found
    if errors:
        raise WordsRefused(errors)


def _record(by: User, kind: str, language: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    stream = f"notification-words:{kind}:{language}"
    changes = [
        FieldChange(name, before, after, stream)
        for name, before, after in zip(("subject", "text"), old, new, strict=True)
        if before != after
    ]
    if changes:
        append(
            stream=stream,
            version=next_version(stream),
            kind="notification_words_changed",
            actor=Actor.of(by),
            changes=changes,
        )


class NotificationLoader:
    """Reads and writes ``notifications.yaml``: ``texts``, the house's own words, and ``rules``, how it does it."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return what would happen to each text, and to the rules."""
        planned = []
        for index, one in enumerate(_texts(data)):
            kind, words = _read(one, index)
            now = words_of(kind, one["language"])
            before = {"subject": now.subject, "text": now.text} if now.own else None
            after = {"subject": words.subject, "text": words.text}
            planned.append(compare("notification", f"{kind.key}:{one['language']}", before, after))
        if "rules" in data:
            planned.append(compare("notification", "rules", plain_house() or None, _rules(data["rules"])))
        return planned

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Write the texts and the rules; what the file does not name stays."""
        planned = self.plan(path, data, by=by)
        for one in _texts(data):
            write(by=by, kind=one["kind"], language=one["language"], subject=one["subject"], text=one["text"])
        if "rules" in data:
            try:
                house_prefers(by=by, wanted=_preference(_rules(data["rules"])))
            except PreferenceRefused as refused:
                raise PackFault(str(refused), ("rules",)) from refused
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the one file, where the house has words or rules of its own."""
        texts = [
            {"kind": row.kind, "language": row.language, "subject": row.subject, "text": row.text}
            for row in Wording.objects.order_by("kind", "language")
        ]
        rules = plain_house()
        data = {**({"texts": texts} if texts else {}), **({"rules": rules} if rules else {})}
        if data:
            yield "notifications.yaml", data


def _texts(data: dict[str, Any]) -> list[dict[str, Any]]:
    if unknown := sorted(data.keys() - {"texts", "rules"}):
        raise PackFault(_("There is nothing called “%(name)s” here.") % {"name": unknown[0]}, (unknown[0],))
    found = data.get("texts", [])
    if not isinstance(found, list):
        raise PackFault(_("Expected a list."), ("texts",))
    return found


def _read(one: Any, index: int) -> tuple[Kind, Words]:
    at = ("texts", index)
    names = {"kind", "language", "subject", "text"}
    if (
        not isinstance(one, dict)
        or one.keys() != names
        or not all(isinstance(one[name], str) for name in names)
    ):
        raise PackFault(_("Expected kind, language, subject and text, each a text."), at)
    try:
        kind = _writable(one["kind"], one["language"])
    except UnknownKind:
        raise PackFault(
            _("There is no notification “%(kind)s” in the language “%(language)s”.") % one, (*at, "kind")
        ) from None
    try:
        check(kind, one["subject"], one["text"])
    except WordsRefused as refused:
        name, found = next(iter(refused.errors.items()))
        raise PackFault(found[0], (*at, name)) from refused
    return kind, Words(" ".join(one["subject"].split()), one["text"].strip())


def _rules(data: Any) -> dict[str, Any]:
    """Return the rules as ``plain_house`` tells them, every name there."""
    empty: dict[str, Any] = {
        "paces": {},
        "quiet": "",
        "quiet_from": "",
        "quiet_until": "",
        "calendar": "",
        "daily_at": "",
    }
    if (
        not isinstance(data, dict)
        or data.keys() - empty.keys()
        or not isinstance(data.get("paces", {}), dict)
    ):
        raise PackFault(_("Expected %(names)s.") % {"names": ", ".join(empty)}, ("rules",))
    return {**empty, **data}


def _preference(rules: dict[str, Any]) -> Preference:
    import datetime

    def clock(name: str) -> datetime.time | None:
        try:
            return datetime.time.fromisoformat(rules[name]) if rules[name] else None
        except (TypeError, ValueError):
            raise PackFault(_("Expected a time such as 08:30."), ("rules", name)) from None

    return Preference(
        paces=rules["paces"],
        quiet=rules["quiet"],
        quiet_from=clock("quiet_from"),
        quiet_until=clock("quiet_until"),
        calendar=rules["calendar"],
        daily_at=clock("daily_at"),
    )
