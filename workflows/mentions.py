"""Colleagues whom a note names with ``@``: found in the text as people write it, without blanks between words.

``@王芳请看一下`` names 王芳 where somebody is called so. Of several people of one name the one who may see the case is
meant; where several may, ``@王芳(wangfang)`` says which by the account name. What names nobody stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MARKS = "@＠"
_OPENING, _CLOSING = "(（", ")）"


@dataclass(frozen=True)
class Named:
    """A person as a text may name them: by ``names``, or by ``account``."""

    pk: int
    account: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """One place of a text that names somebody: from ``at`` to ``end``, the mark included; ``people`` of that name."""

    at: int
    end: int
    people: tuple[int, ...]

    def written(self, text: str) -> str:
        """Return what stands there, without the mark."""
        return text[self.at + 1 : self.end]


def mentions_in(text: str, people: Iterable[Named]) -> list[Mention]:
    """Return the places of ``text`` that name somebody, in their order; the longest name that fits counts."""
    if not any(mark in text for mark in MARKS):
        return []
    known: dict[str, list[Named]] = {}
    for person in people:
        for name in {*person.names, person.account} - {""}:
            known.setdefault(name.casefold(), []).append(person)
    lengths = sorted({len(name) for name in known}, reverse=True)
    return list(_found(text, known, lengths))


def _found(text: str, known: Mapping[str, Sequence[Named]], lengths: Sequence[int]) -> Iterator[Mention]:
    after = 0
    for at, letter in enumerate(text):
        if letter not in MARKS or at < after or (at and _is_word(text[at - 1])):
            continue  # an address of mail is no mention
        for length in lengths:
            name, end = text[at + 1 : at + 1 + length], at + 1 + length
            named = known.get(name.casefold()) if len(name) == length else None
            if named is None or _goes_on(text, end):
                continue
            ids, end = _which(text, end, named)
            yield Mention(at, end, ids)
            after = end
            break


def _which(text: str, end: int, named: Sequence[Named]) -> tuple[tuple[int, ...], int]:
    """Return who of those of one name is meant: the one whose account stands behind it in brackets, or all of them."""
    for person in named:
        closing = end + 1 + len(person.account)
        if (
            text[end : end + 1] in tuple(_OPENING)
            and text[end + 1 : closing].casefold() == person.account.casefold()
            and text[closing : closing + 1] in tuple(_CLOSING)
        ):
            return (person.pk,), closing + 1
    return tuple(dict.fromkeys(person.pk for person in named)), end


def _goes_on(text: str, end: int) -> bool:
    """Whether a name in letters goes on behind ``end``: ``@Li`` is not in ``@Lina``."""
    return _is_word(text[end - 1]) and end < len(text) and _is_word(text[end])


def _is_word(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in "_.-")
