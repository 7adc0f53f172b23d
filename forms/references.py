"""Which fields an expression speaks of, and in which order fields can be worked out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

from foundation.expressions import ExpressionFault
from foundation.expressions.lexer import tokens_of


class DependencyCycle(ValueError):
    """Fields wait for one another. ``ids`` is the way round, the first id again at its end."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(" → ".join(ids))
        self.ids = ids


def names_in(text: str, known: Collection[str]) -> frozenset[str]:
    """Return the names of ``known`` that stand in an expression; none for a text that cannot be read.

    What stands behind a point is a part of what stands before it. A variable of a loop that is called like a
    field counts as the field: at worst a wait too many.
    """
    if not text:
        return frozenset()
    try:
        tokens = tokens_of(text)
    except ExpressionFault:
        return frozenset()
    before = ["", *(token.text for token in tokens)]
    return frozenset(
        token.text
        for last, token in zip(before, tokens, strict=False)
        if token.sort == "word" and last != "." and token.text in known
    )


def parts_in(text: str, known: Collection[str]) -> frozenset[str]:
    """Return the names of ``known``, each ``field.part``, that stand in an expression; none for a text that
    cannot be read.
    """
    if not text or not known:
        return frozenset()
    try:
        words = ["", *(token.text for token in tokens_of(text))]
    except ExpressionFault:
        return frozenset()
    return frozenset(
        name
        for before, first, point, part in zip(words, words[1:], words[2:], words[3:], strict=False)
        if before != "." and point == "." and (name := f"{first}.{part}") in known
    )


def in_order(waits_for: Mapping[str, Collection[str]]) -> list[str]:
    """Return the ids so that each stands after all it waits for; raises DependencyCycle."""
    try:
        return list(TopologicalSorter(waits_for).static_order())
    except CycleError as fault:
        raise DependencyCycle(list(reversed(fault.args[1]))) from None
