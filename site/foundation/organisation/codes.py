"""Codes a position cannot have, because the word means something else where codes stand.

Whoever gives words such a meaning registers them (``reserve``): the screens, whose addresses hold codes. Asked by
``services.save_position``, which is the door, and before it by whatever can show the refusal at its place: the form of
a post, the review of an import, the plan of a pack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from foundation.organisation.exceptions import CodeReserved

_words: list[Callable[[], Collection[str]]] = []


def reserve(words: Callable[[], Collection[str]]) -> None:
    """Let no position be called by one of ``words()``; it is asked each time, in lower case."""
    if words not in _words:
        _words.append(words)


def check_code(code: str) -> None:
    """Raise ``CodeReserved`` when ``code``, in whatever case, is a word that means something else."""
    if any(code.lower() in words() for words in _words):
        raise CodeReserved(code)
