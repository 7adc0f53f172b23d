"""Definitions being worked on. Written by ``forms.services.working`` only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.editions.models import Edition


class WorkingCopy(models.Model):
    """The working copy of one form or workflow: what its next edition will say. There is one for each, for ever.

    ``version`` counts the savings; whoever saves says which one they had opened, so that the changes of two
    people are merged. ``base`` is the edition it was begun from or last published as.
    """

    kind = models.CharField(
        _("kind of edition"), max_length=20, choices=Edition.Kind.choices, default=Edition.Kind.FORM
    )
    key = models.CharField(_("key"), max_length=60)
    body = models.JSONField(_("definition"), default=dict)
    base = models.ForeignKey(
        Edition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("edition it goes on from"),
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("last changed by")
    )
    updated_at = models.DateTimeField(_("last changed at"), default=timezone.now)
    shown_edition = 0
    """Number of an edition that is shown in ``body`` and not stored in it yet; 0: ``body`` is what is stored."""

    class Meta:
        ordering = ["kind", "key"]
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="working_copy_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def opened(self) -> str:
        """What a page says it was made from (``forms.services.working.Opened``)."""
        return f"{self.version}-{self.shown_edition}" if self.shown_edition else str(self.version)


class WorkingSave(models.Model):
    """One saving of a working copy: what it said afterwards. Makes merging and taking back possible."""

    working = models.ForeignKey(
        WorkingCopy, models.CASCADE, related_name="saves", verbose_name=_("working copy")
    )
    version = models.PositiveIntegerField(_("version"))
    body = models.JSONField(_("definition"))
    what = models.CharField(_("what was done"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        ordering = ["-version"]
        verbose_name = _("saving of a working copy")
        verbose_name_plural = _("savings of working copies")
        constraints = [
            models.UniqueConstraint(fields=["working", "version"], name="working_save_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.working_id} · {self.version}"


class RefusedChange(models.Model):
    """A change that could not stand beside another person's; kept until its author has chosen."""

    working = models.ForeignKey(
        WorkingCopy, models.CASCADE, related_name="refused", verbose_name=_("working copy")
    )
    thing = models.CharField(_("part of the definition"), max_length=80)
    path = models.JSONField(_("property"), default=list)
    why = models.CharField(_("why"), max_length=10)
    wanted = models.JSONField(_("what was wanted"), null=True)
    stood = models.JSONField(_("what stood there"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("wanted by")
    )
    other = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    at = models.DateTimeField(_("refused at"), default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("refused change")
        verbose_name_plural = _("refused changes")

    def __str__(self) -> str:
        return f"{self.working_id} · {self.thing}"


class PublicationRequest(models.Model):
    """Somebody wants a working copy published where a second person has to do it (four eyes).

    ``opened``: what they had before them; what is changed afterwards needs another request.
    """

    working = models.OneToOneField(
        WorkingCopy, models.CASCADE, related_name="request", verbose_name=_("working copy")
    )
    opened = models.CharField(_("version"), max_length=24)
    note = models.TextField(_("note"))
    effective_from = models.DateField(_("effective from"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    at = models.DateTimeField(_("requested at"), default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("request to publish")
        verbose_name_plural = _("requests to publish")

    def __str__(self) -> str:
        return f"{self.working_id} · {self.opened}"
