"""The record of what happened: events in a hash chain per stream, and apart from them the values they
commit to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.audit.constraints import EventRequired


class Event(models.Model):
    """One thing that happened to one stream (a case, a submission, a position description …).

    ``body`` holds exactly the bytes that were hashed; ``hash`` covers them, and they name ``prev``, the
    hash of the stream's event before (32 zero bytes for the first). Written by
    ``foundation.audit.services.append`` only; database triggers refuse UPDATE, DELETE and REPLACE.
    """

    stream = models.CharField(_("stream"), max_length=120)
    stream_ver = models.PositiveIntegerField(_("version"))
    body = models.BinaryField(_("content"))
    prev = models.BinaryField(_("previous hash"), max_length=32)
    hash = models.BinaryField(_("hash"), max_length=32)

    class Meta:
        ordering = ["id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["stream", "stream_ver"], name="audit_event_stream_version")
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.stream_ver}"


class Audited(models.Model):
    """Base of rows that may only change together with an event.

    ``(stream, version)`` is a deferrable foreign key to ``Event(stream, stream_ver)``, and a trigger demands
    ``version = old + 1`` on every UPDATE: the database refuses a change without an event, a lost update,
    and the removal of the newest event. ``services`` of the room that owns the row are the only writers.

    ``later_columns``: columns added after the first rows were recorded, with the value older rows have in them. A row
    that holds this value commits to the same bytes as before the column was there, so older events stay verifiable;
    any other value is committed to like the rest.
    """

    later_columns: ClassVar[Mapping[str, Any]] = {}

    stream = models.CharField(_("stream"), max_length=120, unique=True, editable=False)
    version = models.PositiveIntegerField(_("version"), editable=False)

    class Meta:
        abstract = True
        constraints = [EventRequired(name="%(app_label)s_%(class)s_event_required")]


class SubjectKey(models.Model):
    """The key under which one subject's recorded values are encrypted. Destroying it erases them."""

    subject = models.CharField(_("person or organisation concerned"), max_length=120, unique=True)
    wrapped = models.BinaryField(_("wrapped key"), null=True)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("subject key")
        verbose_name_plural = _("subject keys")

    def __str__(self) -> str:
        return self.subject


class Opening(models.Model):
    """The value and the salt behind one commitment of an event. Deleted by ``foundation.audit.erasure`` only."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="openings", verbose_name=_("event"))
    path = models.CharField(_("field"), max_length=200)
    side = models.CharField(_("side"), max_length=4, choices=[("from", _("before")), ("to", _("after"))])
    salt = models.BinaryField(_("salt"), max_length=32)
    value = models.BinaryField(_("encrypted value"), null=True)
    key = models.ForeignKey(SubjectKey, models.PROTECT, related_name="openings", verbose_name=_("key"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        constraints = [models.UniqueConstraint(fields=["event", "path", "side"], name="audit_opening_once")]

    def __str__(self) -> str:
        return f"{self.event} {self.path} {self.side}"


class Erasure(models.Model):
    """One recorded value that was lawfully taken out: in the event ``stream_ver`` of ``stream``, under ``path``.

    ``event`` tells who took it out and why, and commits to the whole list of what it took. Only what stands
    here may be deleted from openings, receipts, history and the tables that follow them: the guards ask.
    Written by ``foundation.audit.erasure`` only.
    """

    stream = models.CharField(_("stream"), max_length=120)
    stream_ver = models.PositiveIntegerField(_("version"))
    path = models.CharField(_("field"), max_length=200)
    event = models.ForeignKey(Event, models.PROTECT, related_name="erasures", verbose_name=_("event"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(fields=["stream", "stream_ver", "path"], name="audit_erasure_once")
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.stream_ver} {self.path}"


class Receipt(models.Model):
    """The answer given to one request, kept under its idempotency key: asking twice acts once."""

    key_hash = models.CharField(_("hash of the idempotency key"), max_length=64, unique=True)
    stream = models.CharField(_("stream"), max_length=120)
    stream_ver = models.PositiveIntegerField(_("version"))
    request_hash = models.CharField(_("hash of the request"), max_length=64)
    answer = models.JSONField(_("answer"), default=dict)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")

    def __str__(self) -> str:
        return f"{self.stream} {self.stream_ver}"
