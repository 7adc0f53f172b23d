"""A submitted form. Written by ``forms.services`` only: ``submissions``, ``corrections`` and ``retention``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition


class Submission(Audited):
    """The answers one person gave under one edition of a form, with the number it was given.

    ``answers`` maps field ids to stored values; which fields there are, and in which words they were asked,
    is said by the edition for ever. The uuid is that of the draft it grew from, so that one draft becomes
    one submission. ``revision`` counts corrections: 1 is what was handed in. Nobody submitted it
    (``submitted_by``) where it came through a public link (``access``).
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        CORRECTED = "corrected", _("corrected")
        WITHDRAWN = "withdrawn", pgettext_lazy("state of a submission", "withdrawn")

    class Erased(models.TextChoices):
        NOTHING = "", _("nothing")
        ANONYMISED = "anonymised", _("anonymised")
        DELETED = "deleted", _("all answers deleted")

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=60, unique=True)
    form_key = models.CharField(_("form"), max_length=80)
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="submissions", verbose_name=_("edition of the form")
    )
    answers = models.JSONField(_("answers"), default=dict)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.SUBMITTED)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("submitted by"),
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions_on_behalf",
        verbose_name=_("on behalf of"),
    )
    access = models.ForeignKey(
        "formbuilder.PublicAccess",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("public link"),
    )
    submitted_at = models.DateTimeField(_("submitted at"), default=timezone.now)
    erased = models.CharField(
        _("taken out"), max_length=12, choices=Erased.choices, default=Erased.NOTHING, blank=True
    )
    erased_at = models.DateTimeField(_("taken out at"), null=True, blank=True)
    history = History()
    later_columns: ClassVar[Mapping[str, Any]] = {
        "revision": 1,
        "on_behalf_of_id": None,
        "access_id": None,
        "erased": "",
        "erased_at": None,
    }

    class Meta(Audited.Meta):
        ordering = ["-submitted_at", "-id"]
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            models.Index(fields=["form_key", "-submitted_at"], name="submission_by_form"),
            models.Index(fields=["submitted_by", "-submitted_at"], name="submission_by_person"),
            models.Index(fields=["on_behalf_of", "-submitted_at"], name="submission_for_person"),
            models.Index(fields=["erased", "form_key", "submitted_at"], name="submission_to_erase"),
        ]

    def __str__(self) -> str:
        return self.number


class SubmissionRevision(models.Model):
    """The answers of a submission as they stood in one revision. Written once; the first two at the first
    correction, so that a submission that was never corrected has none.

    ``stream`` and ``version`` name the event that made it: the answers can be worked out from the openings of
    the events up to it, and ``manage.py verify`` does. They go with that event when it is erased.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="revisions", verbose_name=_("submission")
    )
    number = models.PositiveIntegerField(_("revision"))
    answers = models.JSONField(_("answers"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    at = models.DateTimeField(_("made at"))
    stream = models.CharField(_("stream"), max_length=120)
    version = models.PositiveIntegerField(_("version"))

    class Meta:
        ordering = ["submission", "number"]
        verbose_name = _("revision of a submission")
        verbose_name_plural = _("revisions of submissions")
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="submission_revision_once"),
            models.UniqueConstraint(fields=["stream", "version"], name="submission_revision_event"),
        ]

    def __str__(self) -> str:
        return f"{self.submission} · {self.number}"


class SubmissionComment(Audited):
    """Something said about a submission, to those who see it. Never changed; a retention empties it.

    ``mentioned``: whom the text names, ``[["as written", "uuid"]]``, in the order of the text.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="comments", verbose_name=_("submission")
    )
    text = models.TextField(_("comment"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    at = models.DateTimeField(_("written at"), default=timezone.now)
    mentioned = models.JSONField(_("people named"), default=list)
    history = History()
    later_columns: ClassVar[Mapping[str, Any]] = {"mentioned": []}

    class Meta(Audited.Meta):
        ordering = ["at", "id"]
        verbose_name = _("comment on a submission")
        verbose_name_plural = _("comments on submissions")

    def __str__(self) -> str:
        return f"{self.submission} · {self.by}"


class SubmissionReading(models.Model):
    """Somebody opened a submission with confidential answers; at most one row a person and hour.

    Its event stands in the stream ``reading:<uuid of the submission>``.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="readings", verbose_name=_("submission")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("read by")
    )
    at = models.DateTimeField(_("read at"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("reading of a submission")
        verbose_name_plural = _("readings of submissions")
        indexes = [models.Index(fields=["submission", "by", "-at"], name="reading_by_person")]

    def __str__(self) -> str:
        return f"{self.submission} · {self.by}"


class LegalHold(Audited):
    """While it stands, retention leaves a submission, or all of a form, as it is.

    Exactly one of ``submission`` and ``form_key`` is set. Written by ``forms.services.retention``.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    form_key = models.CharField(_("form"), max_length=80, blank=True)
    submission = models.ForeignKey(
        Submission,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="holds",
        verbose_name=_("submission"),
    )
    reason = models.TextField(_("reason"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("set by")
    )
    placed_at = models.DateTimeField(_("set at"), default=timezone.now)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    lifted_reason = models.TextField(_("reason for lifting"), blank=True)
    history = History()

    class Meta(Audited.Meta):
        ordering = ["-placed_at", "-id"]
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            *Audited.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(submission__isnull=True) ^ models.Q(form_key=""),
                name="legal_hold_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return str(self.submission) if self.submission_id else self.form_key
