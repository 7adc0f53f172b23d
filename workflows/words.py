"""Which words a case is found by, and finding by them: Chinese text in any part, plates, telephone and case numbers in
parts.

The trigram indexes of both databases need three characters, and most Chinese words have two. So a text is cut here, the
same way when it is written down and when it is searched for: Chinese into pairs of neighbouring characters; letters and
digits into the run and its endings, so that any part of it is the beginning of one (``5678`` of 13912345678). Signs
within a run do not count: 粤B·12345 and 138-0013-8000 are one run each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import GreaterThan

from forms.registers.columns import Type, typed_columns
from forms.registers.labels import Labels
from forms.registers.lines import folded
from forms.schema import Confidentiality, FieldDefinition, Scope
from forms.schema import definition_of as form_of
from foundation.editions.texts import FIRST_LANGUAGE
from workflows.definitions import definition_of
from workflows.models import Case, CaseWords

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"[{HAN}]+|(?:(?![{HAN}_])\w)+")
_WITHIN = re.compile(r"(?<=\w)[-‐–_/.·•‧∙・](?=\w)")
"""Signs within a plate, a number or a day, which people write or leave out."""

SHORTEST = 3
"""Letters or digits: an ending of a run is kept down to so many."""
LONGEST_RUN = 40
LONGEST_TEXT = 4_000
LONGEST_CASE = 40_000
"""Characters of the answers that the same people read: of what comes after, a case is not found by."""
CUT = 2
"""Raise it when a case is to be found by other words than before: the worker writes those of older cases anew."""
MOST_WORDS = 8
MOST_PARTS = 16


def _chinese(run: str) -> bool:
    return re.match(f"[{HAN}]", run) is not None


def _joined(text: str) -> Iterator[tuple[str, str]]:
    """Yield each run with the Chinese character it follows on directly, or nothing: 粤 of 粤B12345."""
    plain = _WITHIN.sub("", folded(text))
    for found in _RUN.finditer(plain):
        before = plain[found.start() - 1] if found.start() else ""
        yield found[0], before if before and _chinese(before) and not _chinese(found[0]) else ""


def tokens(text: str) -> set[str]:
    """Return the parts a text is kept by."""
    found: set[str] = set()
    for run, before in _joined(text[:LONGEST_TEXT]):
        if _chinese(run):
            found |= {"".join(pair) for pair in pairwise(run)} | {run[-1]}
            continue
        short = run[:LONGEST_RUN]
        found |= {short[at:] for at in range(max(1, len(short) - SHORTEST + 1))}
        if before:
            found.add(before + short)
    return found


def parts_of(words: str) -> list[tuple[str, bool]]:
    """Return the parts somebody searches for, each of which a text must have, and whether as the beginning of one."""
    found: dict[tuple[str, bool], None] = {}
    for word in words.split()[:MOST_WORDS]:
        joined = list(_joined(word))
        for place, (run, before) in enumerate(joined):
            if not _chinese(run):
                found[(before + run[:LONGEST_RUN], True)] = None
            elif len(run) > 1:
                found.update(dict.fromkeys(("".join(pair), False) for pair in pairwise(run)))
            elif place + 1 == len(joined) or not joined[place + 1][1]:
                found[(run, True)] = None
    return list(found)[:MOST_PARTS]


def holds(kept: str, parts: Collection[tuple[str, bool]]) -> bool:
    """Say whether words that are kept (``CaseWords.words``) have every part."""
    known = set(kept.split())
    return all(
        part in known or (begins and any(one.startswith(part) for one in known)) for part, begins in parts
    )


# --- writing -----------------------------------------------------------------------------------------------------


def words_of(case: Case) -> dict[str, str]:
    """Return by readers (as ``CaseWords.readers``) the words a case is found by.

    Source: ``readers`` of a field, in the edition it was asked by, and of the register it names. Confidential answers
    are no words: that they were read is recorded, and a search records nothing.
    """
    kept: dict[str, set[str]] = {"": tokens(case.number) | tokens(case.subject)}
    if case.submission.number != case.number:
        kept[""] |= tokens(case.submission.number)
    left: dict[str, int] = {}
    labels = Labels()
    for asked, value in _answered(case):
        if value is None or asked.confidentiality is Confidentiality.CONFIDENTIAL:
            continue
        readers = _readers(asked, labels)
        if readers is None:
            continue
        for text in _texts(asked, value):
            left[readers] = left.get(readers, LONGEST_CASE) - len(text)
            if left[readers] >= 0:
                kept.setdefault(readers, set()).update(tokens(text))
    # Whoever reads more finds by both together.
    return {readers: " ".join(sorted(found | kept[""])) for readers, found in kept.items()}


def _answered(case: Case) -> Iterator[tuple[FieldDefinition, Any]]:
    """Yield what the form was answered with, rows included, and then what the steps were."""
    yield from _in_scope(form_of(case.submission.edition).form, case.submission.answers)
    questions = definition_of(case.edition).questions() if case.answers else {}
    for name, value in case.answers.items():
        if name in questions:
            yield questions[name], value


def _in_scope(scope: Scope, answers: Mapping[str, Any]) -> Iterator[tuple[FieldDefinition, Any]]:
    for name, asked in scope.fields.items():
        yield asked, answers.get(name)
    for name, inner in scope.inner.items():
        for row in answers.get(name) or ():
            yield from _in_scope(inner, row)


def _readers(asked: FieldDefinition, labels: Labels) -> str | None:
    """Return who finds by an answer, as it is kept; None: nobody has a role of all that are needed."""
    limits = labels.readers_of(asked)
    if not limits:
        return ""
    named = frozenset.intersection(*limits)
    return f",{','.join(sorted(named))}," if named else None


def _texts(asked: FieldDefinition, value: Any) -> Iterator[str]:
    """Yield an answer in words; a choice is filtered by, not searched for."""
    in_words = [
        column.key for column, kind in typed_columns(asked) if kind.in_words and kind is not Type.CHOICE
    ]
    cells = asked.of_kind.cells(value, asked.settings, FIRST_LANGUAGE) if in_words else {}
    for key in in_words:
        if cell := cells.get(key):
            yield str(cell)


def keep(case: Case) -> None:
    """Write down the words of a case in place of what was there, in the transaction that changed it."""
    found = words_of(case)
    if dict(CaseWords.objects.filter(case=case).values_list("readers", "words")) == found:
        return
    CaseWords.objects.filter(case=case).delete()
    CaseWords.objects.bulk_create(
        CaseWords(case=case, readers=readers, words=words) for readers, words in found.items()
    )


# --- finding -----------------------------------------------------------------------------------------------------


def readable(roles: Iterable[str]) -> Q:
    """Return which words somebody with these roles may be answered by."""
    wanted = Q(readers="")
    for role in sorted(roles):
        wanted |= Q(readers__contains=f",{role},")
    return wanted


def having(found: QuerySet[CaseWords], parts: Collection[tuple[str, bool]]) -> QuerySet[CaseWords]:
    """Return those of the rows that have every part, by the index of the database, the newest first."""
    if connection.vendor == "sqlite":
        match = " AND ".join(f'"{part}"{" *" if begins else ""}' for part, begins in parts)
        return found.extra(
            tables=["workflows_casewords_index"],
            where=[
                "workflows_casewords_index MATCH %s",
                "workflows_casewords_index.rowid = workflows_casewords.id",
            ],
            params=[match],
            order_by=["-workflows_casewords_index.rowid"],
        )
    query = " & ".join(f"'{part}'{':*' if begins else ''}" for part, begins in parts)
    return found.extra(where=["workflows_casewords.parts @@ %s::tsquery"], params=[query]).order_by("-pk")


def read_through(found: QuerySet[CaseWords], parts: Collection[tuple[str, bool]]) -> QuerySet[CaseWords]:
    """Return the same by reading the words themselves: for rows that are found by something else."""
    found = found.annotate(between=Concat(Value(" "), "words", Value(" "), output_field=TextField()))
    for part, begins in parts:
        # Not LIKE, which folds case and takes twice as long.
        at = StrIndex("between", Value(f" {part}{'' if begins else ' '}"))
        found = found.filter(GreaterThan(at, 0))
    return found
