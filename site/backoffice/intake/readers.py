"""Who reads a submission beside those its form names: the people of its case."""

from __future__ import annotations

from forms.models import Submission
from foundation.organisation.models import User
from workflows.queries import cases_visible_to


def may_read_too(submission: Submission, user: User) -> bool:
    """Whether somebody reads a submission through its case. Source: the workflow's ``access``."""
    return cases_visible_to(user).filter(submission=submission).exists()
