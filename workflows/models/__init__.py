"""The rows of this room."""

from workflows.models.case import Case
from workflows.models.clock import CaseClock, ClockNotice
from workflows.models.migration import CaseMigration
from workflows.models.standing import ChildOrder, Concern, Sameness, StepDraft, Turn

__all__ = [
    "Case",
    "CaseClock",
    "CaseMigration",
    "ChildOrder",
    "ClockNotice",
    "Concern",
    "Sameness",
    "StepDraft",
    "Turn",
]
