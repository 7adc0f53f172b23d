"""Words for the database's search: each Han character is one, every run of letters and digits is one.

The same cut is made in the text when it is indexed and in the query when it is read; signs between words are left
out on both sides, so that a document number such as ``HR-001`` is found whatever the database makes of hyphens.
"""

import re
from collections.abc import Iterator
from itertools import islice

from modelsearch.query import MATCH_NONE, And, Boost, Not, Or, Phrase, PlainText, SearchQuery

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"

MOST_RUNS = 32
"""So many parts of a query are looked for; the libraries join them one inside the other and would not come back."""

_WORD = re.compile(rf"[{HAN}]|(?:(?![{HAN}_])\w)+")
_RUN = re.compile(rf"[{HAN}]+|(?:(?![{HAN}_])\w)+")


def spaced(text: str) -> str:
    """Return the words of ``text`` with one space between them."""
    return " ".join(_WORD.findall(text))


def reading(query: SearchQuery) -> SearchQuery:
    """Return ``query`` in words: each run of characters a phrase, its parts joined as the query says.

    The last run stays plain text when it is of letters or digits: where the search completes words, it is the one
    the person is still typing. A query without any word finds nothing.
    """
    if isinstance(query, PlainText):
        parts = list(_parts(query))
        if len(parts) > 1:
            return Or(parts) if query.operator == "or" else And(parts)
        return parts[0] if parts else MATCH_NONE
    if isinstance(query, Phrase):
        words = spaced(query.query_string)
        return Phrase(words) if words else MATCH_NONE
    if isinstance(query, And | Or):
        return type(query)([reading(part) for part in query.subqueries])
    if isinstance(query, Not):
        return Not(reading(query.subquery))
    if isinstance(query, Boost):
        return Boost(reading(query.subquery), query.boost)
    return query


def _parts(query: PlainText) -> Iterator[SearchQuery]:
    runs = [run[0] for run in islice(_RUN.finditer(query.query_string), MOST_RUNS)]
    for index, run in enumerate(runs):
        if index == len(runs) - 1 and not re.match(rf"[{HAN}]", run):
            yield PlainText(run, operator=query.operator, boost=query.boost)
        else:
            yield Phrase(spaced(run))
