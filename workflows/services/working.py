"""Workflows being worked on: the rules of their working copies, which ``forms.services.working`` keeps."""

from __future__ import annotations

from collections.abc import Callable

from forms.exceptions import NotPermitted
from forms.services.working import Craft
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows import outline  # noqa: F401 - tells what workflows are made of
from workflows.services.definitions import publish_workflow, refuse_faults

BUILDERS = frozenset({"workflow_builder", "administrator"})
"""Roles that build workflows and publish them."""
KEY = r"[a-z][a-z0-9_]{0,39}"
_second_person: list[Callable[[], bool]] = []


def tell_second_person(asked: Callable[[], bool]) -> None:
    """Let the room that keeps the setting say whether publishing needs a second person; replaces what was told."""
    _second_person[:] = [asked]


def needs_second_person() -> bool:
    """Whether somebody else has to publish what one wants published (four eyes)."""
    return any(asked() for asked in _second_person)


def check_may_build(user: User) -> None:
    """Raise NotPermitted unless the person may work on workflows and publish them."""
    if not user.is_active or BUILDERS.isdisjoint(roles_of(user)):
        raise NotPermitted


WORKFLOWS = Craft(
    kind=Edition.Kind.WORKFLOW,
    key_pattern=KEY,
    empty="states",
    check_may=check_may_build,
    publish=publish_workflow,
    refuse_faults=refuse_faults,
    second_person=needs_second_person,
)
