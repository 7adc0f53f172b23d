"""Published editions of everything that can be configured, and of position descriptions. Never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Edition(models.Model):
    """One published, numbered, hashed state of a definition or a text.

    ``body`` holds canonical JSON (``foundation.editions.canonical``), ``sha256`` the hash of exactly
    those bytes. ``foundation.editions.services.publish`` alone writes; database triggers refuse any change.
    """

    class Kind(models.TextChoices):
        POSITION = "position", _("position description")
        FORM = "form", _("form")
        WORKFLOW = "workflow", pgettext_lazy("of cases", "workflow")
        CALENDAR = "calendar", _("calendar")
        ROLES = "roles", _("role table")
        LIBRARY = "library", _("library item")
        REPORT = "report", _("report")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=80)
    number = models.PositiveIntegerField(_("edition"))
    body = models.BinaryField(_("content"))
    sha256 = models.CharField("SHA-256", max_length=64)
    effective_from = models.DateField(_("effective from"))
    effective_until = models.DateField(_("effective until"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["kind", "key", "-number"]
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "number"], name="edition_number_once"),
            models.CheckConstraint(
                condition=models.Q(effective_until__isnull=True)
                | models.Q(effective_until__gte=models.F("effective_from")),
                name="edition_until_after_from",
            ),
        ]
        indexes = [models.Index(fields=["kind", "key", "effective_from"], name="edition_in_force")]

    def __str__(self) -> str:
        return f"{self.key} · {self.number}"
