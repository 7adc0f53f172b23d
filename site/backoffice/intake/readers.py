"""Who reads a submission beside its submitter: the people of its case, and the readers of its register."""

from __future__ import annotations

from forms.models import Submission
from forms.schema import definition_of
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.queries import cases_visible_to


def may_read_too(submission: Submission, user: User) -> bool:
    """Whether somebody reads a submission through its case, or through the register of its form.

    Source: the workflow's ``access`` (``workflows.queries.cases_visible_to``), the form's ``registered.readers``.
    """
    registered = definition_of(submission.edition).registered
    if registered is not None and not set(registered.readers).isdisjoint(roles_of(user)):
        return True
    return cases_visible_to(user).filter(submission=submission).exists()
