"""What the services of cases raise. Views catch these and nothing wider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflows.checking import Problem
    from workflows.models import Case


class WorkflowError(Exception):
    """Base of this package's errors; ``str()`` is a sentence for the person, in their language."""


class CaseNotFound(WorkflowError):
    """No such case, or none this person may know of. Shown as 404 both times."""


class NotPermitted(WorkflowError):
    """The person may see the case, but this step is not theirs (403)."""


class RuleBroken(WorkflowError):
    """The case does not allow the step now; the message says which rule and what to do."""


class AnswersRefused(RuleBroken):
    """The answers given with a step do not hold. ``errors`` maps field ids to sentences; typed text stays."""

    def __init__(self, message: str, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(message)
        self.errors = {key: list(value) for key, value in errors.items()}


class Overtaken(WorkflowError):
    """Somebody was faster (409): ``case`` is what stands now, ``seen_version`` what the person had before them."""

    def __init__(self, message: str, case: Case, seen_version: int) -> None:
        super().__init__(message)
        self.case = case
        self.seen_version = seen_version


class DefinitionRefused(WorkflowError):
    """A definition with faults was to be published. ``problems`` names each at its place."""

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__(message)
        self.problems = list(problems)


class StatementRefused(RuleBroken):
    """A payer's list that cannot be read or posted; the message names the line and what to do. Nothing was posted."""
