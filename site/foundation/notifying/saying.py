"""The words of an announcement, in the language of its reader: the house's own where it wrote some, else ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.editions.texts import in_language
from foundation.notifying.kinds import Kind, UnknownKind, kind_of
from foundation.notifying.models import Announcement, Wording
from foundation.notifying.wording import fill, said

_GAP = re.compile(r"\n{3,}")
"""What a field without a value leaves behind."""


@dataclass(frozen=True)
class Said:
    """One announcement in words. ``about``: number and title of the matter, in one line."""

    subject: str
    text: str
    number: str
    title: str
    address: str

    @property
    def about(self) -> str:
        """Return how the matter is named in a line."""
        return " ".join(part for part in (self.number, self.title) if part)

    @property
    def heading(self) -> str:
        """Return the subject as a mail has it, its number first."""
        return f"[{self.number}] {self.subject}" if self.number else self.subject

    @property
    def letter(self) -> str:
        """Return the whole of it as one mail says it."""
        return (
            "\n\n".join(part for part in (self.text, f"{self.about}\n{self.address}".strip()) if part) + "\n"
        )


def language_of(person: Any) -> str:
    """Return the language in which somebody is written to."""
    return person.language or settings.LANGUAGE_CODE


def texts_of(kind: Kind, language: str) -> tuple[str, str]:
    """Return our subject and text of a kind."""
    with override(language):
        return str(kind.subject), str(kind.text)


Words = Mapping[tuple[str, str], tuple[str, str]]


def house_words() -> Words:
    """Return what the house says in its own words, by kind and language. One query."""
    rows = Wording.objects.values_list("kind", "language", "subject", "text")
    return {(kind, language): (subject, text) for kind, language, subject, text in rows}


def say(
    announcement: Announcement,
    language: str,
    words: Words,
    reader: str = "",
    *,
    without: Collection[str] = frozenset(),
) -> Said:
    """Return what the announcement says, in the house's ``words`` where it has its own; the fields ``without`` are
    left empty. No query.
    """
    address = settings.BASE_URL + announcement.path
    known = {**announcement.fields, "reader.name": reader, "address": address}
    values = {name: value for name, value in known.items() if name not in without}
    try:
        subject, text = texts_of(kind_of(announcement.kind), language)
    except UnknownKind:
        with override(language):
            subject, text = _("A matter of yours"), ""
    subject, text = words.get((announcement.kind, language), (subject, text))
    if announcement.subject:
        subject, text = in_language(announcement.subject, language), in_language(announcement.text, language)
    return Said(
        subject=" ".join(fill(subject, values, language).split()),
        text=_GAP.sub("\n\n", fill(text, values, language)).strip(),
        number=announcement.number,
        title=said(announcement.title, language),
        address=address,
    )
