"""The rows of this room."""

from workflows.models.case import Case
from workflows.models.clock import CaseClock
from workflows.models.ledger import (
    LedgerAccount,
    LedgerEntry,
    LedgerMark,
    LedgerMonth,
    PayerStatement,
    StatementLine,
)
from workflows.models.migration import CaseMigration
from workflows.models.promise import Promise
from workflows.models.standing import ChildOrder, Concern, Sameness, StepDraft, Turn
from workflows.models.words import CaseWords, WordsRenewal

__all__ = [
    "Case",
    "CaseClock",
    "CaseMigration",
    "CaseWords",
    "ChildOrder",
    "Concern",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerMark",
    "LedgerMonth",
    "PayerStatement",
    "Promise",
    "Sameness",
    "StatementLine",
    "StepDraft",
    "Turn",
    "WordsRenewal",
]
