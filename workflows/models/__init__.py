"""The rows of this room."""

from workflows.models.case import Case
from workflows.models.standing import ChildOrder, Concern, Sameness, Turn

__all__ = ["Case", "ChildOrder", "Concern", "Sameness", "Turn"]
