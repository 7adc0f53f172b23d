"""Doors for people without an account. Written by ``forms.services.public`` only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.audit.history import History
from foundation.audit.models import Audited


class PublicAccess(Audited):
    """A public link to a form. The token in the link is known to whoever was given it; here is its hash."""

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    form_key = models.CharField(_("form"), max_length=80)
    purpose = models.CharField(_("what it is for"), max_length=120)
    token_hash = models.CharField(_("hash of the token"), max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    history = History()

    class Meta(Audited.Meta):
        ordering = ["-created_at", "-id"]
        verbose_name = _("public link")
        verbose_name_plural = _("public links")
        indexes = [models.Index(fields=["form_key", "-created_at"], name="public_access_by_form")]

    def __str__(self) -> str:
        return f"{self.form_key} · {self.purpose}"


class PublicUse(models.Model):
    """One submission taken from an address through a public link; what is older than a day is swept away.

    The address is kept as a keyed hash, which nobody can turn back without the server's secret.
    """

    access = models.ForeignKey(
        PublicAccess, models.CASCADE, related_name="uses", verbose_name=_("public link")
    )
    address = models.CharField(_("keyed hash of the address"), max_length=64)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("use of a public link")
        verbose_name_plural = _("uses of public links")
        indexes = [models.Index(fields=["access", "address", "-at"], name="public_use_by_address")]

    def __str__(self) -> str:
        return f"{self.access} · {self.at:%Y-%m-%d %H:%M}"
