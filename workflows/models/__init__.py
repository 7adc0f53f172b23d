"""The rows of this room."""

from workflows.models.case import Case

__all__ = ["Case"]
