"""One file somebody gave. Written by ``forms.files.services`` only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forms.models.submissions import Submission


class StoredFile(models.Model):
    """A file as it is kept: what it is by its content, where it came from, what it belongs to.

    ``draft`` is the uuid of the draft it was uploaded to, which the submission takes over; of a step of a case, that
    of the person's page (``forms.files.holders``). Until it is attached (``submission``), it belongs to whoever
    uploaded it and goes with the draft. The content lies in the storage ``files`` (``forms.files.storage``), at no
    address.
    """

    class Scan(models.TextChoices):
        WAITING = "waiting", _("waiting for the virus scanner")
        CLEAN = "clean", _("no virus found")
        INFECTED = "infected", _("virus found")
        UNSCANNED = "unscanned", _("not scanned")

    class Origin(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        DRAWN = "drawn", _("drawn on screen")
        TYPED = "typed", _("typed")

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    draft = models.UUIDField(_("draft"), db_index=True)
    field = models.CharField(_("field"), max_length=200)
    name = models.CharField(_("name"), max_length=140)
    kind = models.CharField(_("kind"), max_length=10)
    type = models.CharField(_("content type"), max_length=120)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField("SHA-256", max_length=64)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("number of pages"), null=True, blank=True)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin.choices, default=Origin.UPLOADED)
    signer = models.CharField(_("name of the signer"), max_length=60, blank=True)
    scan = models.CharField(_("virus scan"), max_length=10, choices=Scan.choices)
    threat = models.CharField(_("virus"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="files", verbose_name=_("submission")
    )
    holder = models.CharField(
        _("part of"),
        max_length=120,
        blank=True,
        help_text=_(
            "The stream of the record of another room that it was attached to, beside its submission."
        ),
    )
    removed_at = models.DateTimeField(
        _("content removed at"),
        null=True,
        blank=True,
        help_text=_("A virus was found, or its time has run out."),
    )

    class Meta:
        app_label = "formbuilder"
        ordering = ["uploaded_at", "id"]
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["scan"], name="file_by_scan"),
            models.Index(fields=["holder"], name="file_by_holder"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        """The stream of events about it."""
        return f"file:{self.uuid}"

    @property
    def readable(self) -> bool:
        """Whether the content may be handed out: it is there, and the scanner has nothing against it."""
        return self.removed_at is None and self.scan in (self.Scan.CLEAN, self.Scan.UNSCANNED)

    @property
    def has_preview(self) -> bool:
        """Whether there is a small picture of it."""
        return self.kind == "image"
