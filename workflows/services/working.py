"""Workflows being worked on: the rules of their working copies, which ``forms.services.working`` keeps."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import ngettext

from forms.exceptions import FormError, NotPermitted
from forms.services.working import Craft
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows import outline  # noqa: F401 - tells what workflows are made of
from workflows.schema import Trial, WorkflowDefinition
from workflows.services.definitions import publish_workflow, refuse_faults
from workflows.trials import TrialResult, run

BUILDERS = frozenset({"form_builder", "administrator"})
"""Roles that build workflows and publish them."""
KEY = r"[a-z][a-z0-9_]{0,39}"
_second_person: list[Callable[[], bool]] = []


def tell_second_person(asked: Callable[[], bool]) -> None:
    """Let the room that keeps the setting say whether publishing needs a second person; replaces what was told."""
    _second_person[:] = [asked]


class TrialsFailed(FormError):
    """Trials of a definition did not come out as they say they must. ``failed`` are they, with what came of them."""

    def __init__(self, failed: Sequence[tuple[Trial, TrialResult]]) -> None:
        self.failed = list(failed)
        rows = "\n".join(
            f"{in_language(trial.title)} ({trial.id}): {'; '.join(result.problems)}"
            for trial, result in failed
        )
        headline = ngettext(
            "%(count)d trial fails, so nothing is published.",
            "%(count)d trials fail, so nothing is published.",
            len(self.failed),
        ) % {"count": len(self.failed)}
        super().__init__(f"{headline}\n{rows}")


def tried(definition: WorkflowDefinition) -> list[tuple[Trial, TrialResult]]:
    """Return the trials of a definition without faults with what comes of each; nothing of it stays."""
    return [(trial, run(definition, trial)) for trial in definition.trials]


def publish_tried(
    body: Mapping[str, Any], *, by: User, note: str, effective_from: datetime.date | None = None
) -> Edition:
    """Publish a definition all of whose trials pass, as ``publish_workflow``; raises TrialsFailed besides."""
    refuse_faults(body)
    definition = WorkflowDefinition.model_validate(body)
    failed = [(trial, result) for trial, result in tried(definition) if not result.passed]
    if failed:
        raise TrialsFailed(failed)
    return publish_workflow(body, by=by, note=note, effective_from=effective_from)


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
    publish=publish_tried,
    refuse_faults=refuse_faults,
    second_person=needs_second_person,
)
