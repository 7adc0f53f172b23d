"""Sample answers of whole forms: for previews, for tests, for trying a workflow. The same seed, day and
directory always give the same answers.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from forms.fields import Directory, NoDirectory, Surroundings
from forms.fields.sampling import draw
from forms.logic import ROW, FormState, evaluate
from forms.schema import FormDefinition, Scope

_MOST_ROWS = 3
"""Rows of a group in a sample, where the group does not ask for more."""


def sample_answers(
    definition: FormDefinition,
    seed: int,
    *,
    day: datetime.date | None = None,
    directory: Directory | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a sound stored value for every field of the form, whether it will be shown or not.

    ``fixed``: answers, by field id, that take the place of what would have been drawn. Rules between answers
    may be broken: only the form's author knows how to meet them.
    """
    around = Surroundings(day or timezone.localdate(), directory=directory or NoDirectory())
    return {**_sampled(definition.form, seed, around, ""), **(fixed or {})}


def sample_state(
    definition: FormDefinition,
    seed: int,
    language: str | None = None,
    *,
    day: datetime.date | None = None,
    directory: Directory | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> FormState:
    """Return the form as it stands with sample answers."""
    answers = sample_answers(definition, seed, day=day, directory=directory, fixed=fixed)
    return evaluate(definition, answers, language, day=day, directory=directory)


def _sampled(scope: Scope, seed: int, around: Surroundings, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        if member.group is not None and (repeat := member.group.repeat) is not None:
            most = max(repeat.min, min(repeat.max, _MOST_ROWS))
            found[name] = [
                {
                    ROW: f"r{number + 1}",
                    **_sampled(scope.inner[name], seed, around, f"{where}{name}/{number}/"),
                }
                for number in range(draw(seed, repeat.min, most, f"{where}{name}"))
            ]
            continue
        asked = scope.fields[name]
        if asked.computed or not asked.of_kind.asks:
            continue
        value = asked.of_kind.sample(draw(seed, 0, 10**9, f"{where}{name}"), asked.settings, around)
        if value is not None:
            found[name] = value
    return found
