"""What somebody has typed and not handed in: a form begun, a correction begun, by a stranger or by one of us.

Written by ``forms.services`` (``submissions``, ``corrections``, ``public``) only; gone once it is handed in.

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
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("on behalf of"),
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


class CorrectionDraft(models.Model):
    """What one person has typed so far to correct a submission; at most one each.

    ``seen_revision`` is the revision it began from: when somebody else corrects the submission meanwhile, that
    shows here, and what was typed stays.
    """

    submission = models.ForeignKey(
        "formbuilder.Submission",
        models.CASCADE,
        related_name="correction_drafts",
        verbose_name=_("submission"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("begun by")
    )
    seen_revision = models.PositiveIntegerField(_("begun from revision"))
    reason = models.TextField(_("reason"), blank=True)
    answers = models.JSONField(_("answers as typed"), default=dict)
    page = models.PositiveIntegerField(_("page"), default=0)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        ordering = ["-saved_at", "-id"]
        verbose_name = _("draft of a correction")
        verbose_name_plural = _("drafts of corrections")
        constraints = [models.UniqueConstraint(fields=["submission", "person"], name="correction_draft_once")]

    def __str__(self) -> str:
        return f"{self.submission} · {self.person}"


class PublicDraft(models.Model):
    """What a stranger has typed behind a public link; bound to their browser by a random cookie.

    ``visitor`` is the hash of that cookie. Swept away some days after it was last touched.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    access = models.ForeignKey(
        "formbuilder.PublicAccess", models.CASCADE, related_name="drafts", verbose_name=_("public link")
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="public_drafts", verbose_name=_("edition of the form")
    )
    visitor = models.CharField(_("hash of the visitor's cookie"), max_length=64)
    answers = models.JSONField(_("answers as typed"), default=dict)
    page = models.PositiveIntegerField(_("page"), default=0)
    begun_at = models.DateTimeField(_("begun at"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        ordering = ["-saved_at", "-id"]
        verbose_name = _("draft of a stranger")
        verbose_name_plural = _("drafts of strangers")
        constraints = [models.UniqueConstraint(fields=["access", "visitor"], name="public_draft_once")]

    def __str__(self) -> str:
        return f"{self.access} · {self.uuid}"


class Favourite(models.Model):
    """A form somebody wants on top of their catalogue."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites", verbose_name=_("person")
    )
    form_key = models.CharField(_("form"), max_length=80)

    class Meta:
        ordering = ["form_key"]
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["person", "form_key"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.person} · {self.form_key}"
