"""Rows of the review of imports."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportReview(models.Model):
    """How far the review of one imported text is: joined, cut, retitled, crossed out. Shared by all of HR.

    ``version`` grows with each change; who changes an older one is told. Written by ``states`` only.
    """

    imported = models.OneToOneField(
        "positions.ImportedText", models.CASCADE, related_name="review", verbose_name=_("imported text")
    )
    steps = models.JSONField(_("joined and cut"), default=list)
    typed = models.JSONField(_("typed"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=0)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("review of an import")
        verbose_name_plural = _("reviews of imports")

    def __str__(self) -> str:
        return str(self.imported)


class WaitingUpload(models.Model):
    """A file that was uploaded and waits to be read by the worker; gone when the job has ended in whatever way."""

    batch = models.UUIDField(_("upload"), default=uuid.uuid4, db_index=True)
    filename = models.CharField(_("file name"), max_length=255)
    data = models.BinaryField(_("content"))
    at = models.DateTimeField(_("uploaded at"), default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("upload that waits")
        verbose_name_plural = _("uploads that wait")

    def __str__(self) -> str:
        return self.filename


class ImportedPart(models.Model):
    """Where one part of a draft came from: file, characters, paragraphs, and how sure the reading was.

    ``block`` is the id of the block, which stays with it in all editions. Written by ``imports.take``.
    """

    page = models.ForeignKey(
        "positions.PositionPage", models.CASCADE, related_name="imported_parts", verbose_name=_("description")
    )
    part = models.CharField(_("part"), max_length=40)
    block = models.CharField(_("block"), max_length=64)
    source = models.ForeignKey(
        "positions.ImportedText", models.PROTECT, related_name="parts", verbose_name=_("imported text")
    )
    start = models.PositiveIntegerField(_("first character"))
    end = models.PositiveIntegerField(_("after the last character"))
    first_paragraph = models.PositiveIntegerField(_("first paragraph"))
    last_paragraph = models.PositiveIntegerField(_("last paragraph"))
    confidence = models.PositiveSmallIntegerField(_("confidence"))

    class Meta:
        ordering = ["page", "start"]
        verbose_name = _("origin of a part")
        verbose_name_plural = _("origins of parts")
        constraints = [models.UniqueConstraint(fields=["page", "block"], name="positions_part_origin_once")]

    def __str__(self) -> str:
        return f"{self.part} {self.block}"
