"""Running cases moved from one edition of their workflow to another, as one thing that can be taken back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.editions.models import Edition


class CaseMigration(models.Model):
    """Who moved which cases when, and how states and answers were mapped.

    ``versions``: by uuid of the case, its version before and after: it can be moved back as long as it stands there.
    Written by ``workflows.services.migration`` only; each case has an event of its own.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    source = models.ForeignKey(Edition, models.PROTECT, related_name="+", verbose_name=_("from edition"))
    target = models.ForeignKey(Edition, models.PROTECT, related_name="+", verbose_name=_("to edition"))
    states = models.JSONField(_("states"), default=dict)
    answers = models.JSONField(_("answers"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    versions = models.JSONField(_("versions"), default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = _("migration of cases")
        verbose_name_plural = _("migrations of cases")

    def __str__(self) -> str:
        return f"{self.workflow} {self.source.number} → {self.target.number}"
