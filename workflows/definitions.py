"""Reading definitions out of editions, kept per process by hash: an edition never changes."""

from __future__ import annotations

from functools import lru_cache

from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from workflows.schema import WorkflowDefinition


@lru_cache(maxsize=512)
def _parsed(sha256: str, edition_id: int) -> WorkflowDefinition:
    return WorkflowDefinition.model_validate(body_of(Edition.objects.get(pk=edition_id)))


def definition_of(edition: Edition) -> WorkflowDefinition:
    """Return the definition an edition holds."""
    return _parsed(edition.sha256, edition.pk)


def edition_in_force(workflow_key: str) -> Edition | None:
    """Return today's edition of a workflow, or None when there is none."""
    return in_force(Edition.Kind.WORKFLOW, workflow_key)
