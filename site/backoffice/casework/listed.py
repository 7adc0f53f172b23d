"""The list of cases as it is for one reader: what an address asks for, as far as it is theirs to ask."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backoffice.casework.answers import Answers, answers_of
from backoffice.casework.wanted import Wanted
from foundation.organisation.models import User
from workflows.lists import BOUND, CaseList
from workflows.queries import Sight, sight_of


@dataclass(frozen=True)
class Listed:
    """What is shown. ``wanted``: without the filters that could not be used; ``faults`` say which, and why."""

    wanted: Wanted
    sight: Sight
    answers: Answers
    cases: CaseList
    faults: tuple[str, ...]


def listed_for(reader: User, wanted: Wanted, *, bound: int = BOUND) -> Listed:
    """Return the list for somebody. ``bound`` counts fewer cases."""
    sight = sight_of(reader)
    answers = answers_of(wanted.workflow, reader, sight)
    kept, conditions, faults = answers.read(wanted.filters)
    cases = CaseList(sight, wanted.asked(reader, conditions), reader=reader, bound=bound)
    return Listed(replace(wanted, filters=kept), sight, answers, cases, faults)
