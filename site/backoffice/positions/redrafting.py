"""A draft that says what an edition says: the way to correct the text in force while others wait."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from backoffice.positions.body import page_fields
from backoffice.positions.models import PositionPage
from foundation.editions.models import Edition
from foundation.editions.queries import body_of


@transaction.atomic
def draft_from(page: PositionPage, edition: Edition, *, by: Any) -> PositionPage:
    """Save a draft of ``page`` that says what ``edition`` says, to take effect on the day it is published.

    What was in the draft before stays in Wagtail's history of revisions; nothing is published. Who may is for
    the caller to have asked.
    """
    draft = page.get_latest_revision_as_object()
    for name, value in page_fields(body_of(edition)).items():
        setattr(draft, name, value)
    draft.effective_from = None
    draft.save_revision(user=by, log_action=True, clean=False)
    return PositionPage.objects.get(pk=page.pk)
