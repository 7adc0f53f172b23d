"""Effects that leave the house (mail, document, webhook), written in the transaction that causes them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Message(models.Model):
    """One effect to bring about once. ``key`` names the effect: a second message with it is never written.

    ``given_up_at``: it is not tried any more, because it was refused or has failed for too long.
    """

    key = models.CharField(_("key"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    due_at = models.DateTimeField(_("not before"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("effect")
        verbose_name_plural = _("effects")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="outbox_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a worker last said that it is alive; one row per worker name."""

    worker = models.CharField(_("worker"), max_length=64, unique=True)
    seen_at = models.DateTimeField(_("seen at"))

    class Meta:
        ordering = ["worker"]
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.worker


class Round(models.Model):
    """Work that comes round by the clock, one row per registered name. Written by ``outbox.rounds`` only.

    ``lease_until`` is set while a worker runs it, and passes when that worker was killed.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    due_at = models.DateTimeField(_("next due"), default=timezone.now)
    lease_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    worker = models.CharField(_("worker"), max_length=64, blank=True)
    claims = models.PositiveIntegerField(_("times begun"), default=0)
    begun_at = models.DateTimeField(_("last begun"), null=True, blank=True)
    last_run_at = models.DateTimeField(_("last run to its end"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    last_error_at = models.DateTimeField(_("time of the last error"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("round")
        verbose_name_plural = _("rounds")

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A piece of work that takes long: somebody began it, a worker carries it out, a page shows how far it is.

    ``payload`` is what the work needs, ``result`` what it says when done (``url`` and ``label`` lead there).
    Written by ``jobs`` only::

        waiting ─► running ─► done | failed | cancelled
           └──────────────────────────────► cancelled
    """

    class State(models.TextChoices):
        """Whose turn it is: the worker's, or nobody's any more."""

        WAITING = "waiting", pgettext_lazy("job", "Waiting")
        RUNNING = "running", pgettext_lazy("job", "Running")
        DONE = "done", pgettext_lazy("job", "Done")
        FAILED = "failed", pgettext_lazy("job", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("job", "Cancelled")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    detail = models.CharField(_("at present"), max_length=200, blank=True)
    payload = models.JSONField(_("payload"), default=dict)
    result = models.JSONField(_("result"), default=dict)
    error = models.TextField(_("why it failed"), blank=True)
    cancel_asked = models.BooleanField(_("asked to cancel"), default=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("asked for at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [models.Index(fields=["started_by", "kind", "-id"], name="outbox_job_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def ended(self) -> bool:
        """Return whether nothing more happens to it."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def percent(self) -> int:
        """Return how much of it is done, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else 0
