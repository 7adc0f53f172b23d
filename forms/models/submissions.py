"""A submitted form. Written by ``forms.services.submissions`` only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition


class Submission(Audited):
    """The answers one person gave under one edition of a form, with the number it was given.

    ``answers`` maps field ids to stored values; which fields there are, and in which words they were asked,
    is said by the edition for ever. The uuid is that of the draft it grew from, so that one draft becomes
    one submission.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=60, unique=True)
    form_key = models.CharField(_("form"), max_length=80)
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="submissions", verbose_name=_("edition of the form")
    )
    answers = models.JSONField(_("answers"), default=dict)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.SUBMITTED)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), default=timezone.now)
    history = History()

    class Meta(Audited.Meta):
        ordering = ["-submitted_at", "-id"]
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            models.Index(fields=["form_key", "-submitted_at"], name="submission_by_form"),
            models.Index(fields=["submitted_by", "-submitted_at"], name="submission_by_person"),
        ]

    def __str__(self) -> str:
        return self.number
