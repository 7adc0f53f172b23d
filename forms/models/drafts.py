"""A form somebody has begun. Written by ``forms.services.submissions`` only; gone once it is submitted.

Why drafts are not submissions in another state: ``docs/decisions/0006-drafts-apart-from-submissions.md``.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.editions.models import Edition


class Draft(models.Model):
    """What one person has typed so far, pinned to the edition it was begun under.

    ``answers`` maps field ids to the list of texts exactly as typed or ticked, readable or not, so that a
    slip of the keyboard is still there when the person comes back to correct it. Seen by that person only.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="drafts", verbose_name=_("edition of the form")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="drafts", verbose_name=_("begun by")
    )
    answers = models.JSONField(_("answers as typed"), default=dict)
    page = models.PositiveIntegerField(_("page"), default=0)
    begun_at = models.DateTimeField(_("begun at"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        ordering = ["-saved_at", "-id"]
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [models.Index(fields=["person", "-saved_at"], name="draft_by_person")]

    def __str__(self) -> str:
        return f"{self.edition.key} · {self.uuid}"
