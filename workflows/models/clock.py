"""The clocks of cases.

They follow the cases: when one starts, stands still or stops is told by the case's own event, what it did at its time
by the events of ``clocks:<case>``. Written by ``workflows.services.timing`` and ``workflows.services.clocks`` only:
the database refuses a change that no event tells of.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workflows.models.case import Case


def stream_of(case: Case) -> str:
    """Return the stream that tells what the clocks of a case did. Of its own: a warning is no change of the case, and
    must not overtake the person who has it open.
    """
    return f"clocks:{case.uuid}"


BOOKKEEPING = frozenset(
    {"calendar_version", "length_seconds", "used_seconds", "last_error", "last_error_at", "failures"}
)
"""Columns that may change without an event: they move nothing and silence nothing."""


class CaseClock(models.Model):
    """One clock of one case, as its definition calls it; a clock that starts anew uses its row again (``run``).

    ``target``: which target of the definition counts, ``answer`` the day or time it goes by, if any. ``stretches``:
    what ``workflows.clocks`` says of its life. ``due_at``: when its time is over, nothing while that cannot be said;
    ``next_fire_at``: when a worker has to look at it. ``fired``: by name of what it did, when and how many were told.
    ``case_version`` and ``own_version``: the newest events of the case and of its clocks that told of this row.
    """

    class Status(models.TextChoices):
        RUNNING = "running", pgettext_lazy("of a clock", "running")
        PAUSED = "paused", pgettext_lazy("of a clock", "standing still")
        STOPPED = "stopped", pgettext_lazy("of a clock", "stopped")

    class Outcome(models.TextChoices):
        OPEN = "", pgettext_lazy("of a clock", "open")
        KEPT = "kept", pgettext_lazy("of a clock", "kept")
        BROKEN = "broken", pgettext_lazy("of a clock", "broken")
        DROPPED = "dropped", pgettext_lazy("of a clock", "not needed any more")

    case = models.ForeignKey(Case, models.CASCADE, related_name="clocks", verbose_name=_("case"))
    clock = models.CharField(_("clock"), max_length=40)
    status = models.CharField(_("state"), max_length=8, choices=Status.choices, default=Status.RUNNING)
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=Outcome.choices, blank=True, default=Outcome.OPEN
    )
    run = models.PositiveIntegerField(_("times started"), default=1)
    target = models.PositiveSmallIntegerField(_("target"), default=0)
    answer = models.CharField(_("promised"), max_length=40, blank=True)
    calendar = models.CharField(_("working calendar"), max_length=60, blank=True)
    calendar_version = models.CharField(_("version of the calendar"), max_length=16, blank=True)
    started_at = models.DateTimeField(_("started at"))
    paused_at = models.DateTimeField(_("stands still since"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    next_fire_at = models.DateTimeField(_("next due to do something"), null=True, blank=True)
    length_seconds = models.PositiveBigIntegerField(_("time in all (seconds)"), default=0)
    used_seconds = models.PositiveBigIntegerField(_("time run (seconds)"), default=0)
    stretches = models.JSONField(_("stretches"), default=list)
    fired = models.JSONField(_("what it did"), default=dict)
    last_fired_at = models.DateTimeField(_("last fired"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    last_error_at = models.DateTimeField(_("time of the last error"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    case_version = models.PositiveIntegerField(_("version of the case"), default=0, editable=False)
    own_version = models.PositiveIntegerField(_("newest event of its own"), default=0, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["case", "id"]
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "clock"], name="clock_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_fire_at"],
                condition=models.Q(next_fire_at__isnull=False),
                name="clock_to_fire",
            ),
            models.Index(fields=["status", "due_at"], name="clock_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock}"


# --- what the database refuses (``foundation.audit.guards.refuse_rows``) ----------------------------------------------


def _told(column: str, stream: str, said: str) -> str:
    """Return SQL: the event ``NEW.column`` of the stream is there and names this clock."""
    words = f"'{said}' || NEW.\"clock\" || '\"'"
    # Names of tables and columns of our own models, nothing from outside.
    return (
        f'EXISTS (SELECT 1 FROM "workflows_case" c JOIN "audit_event" e ON e."stream" = {stream} '  # noqa: S608
        f'AND e."stream_ver" = NEW."{column}" WHERE c."id" = NEW."case_id" '
        f"AND replace({{event_words}}, {words}, '') <> {{event_words}})"
    )


TOLD_BY_THE_CASE = _told("case_version", 'c."stream"', '"path":"clocks.')
TOLD_BY_ITSELF = _told("own_version", "'clocks:' || substr(c.\"stream\", 6)", '"clock":"')
NO_NEW_CLOCK = (
    f"NOT ({TOLD_BY_THE_CASE} OR {TOLD_BY_ITSELF}) OR EXISTS "  # noqa: S608
    '(SELECT 1 FROM "workflows_caseclock" o WHERE o."id" = NEW."id" '
    'OR (o."case_id" = NEW."case_id" AND o."clock" = NEW."clock"))'
)
"""A row begins with an event that names it, and replaces none."""


def no_lawful_change() -> str:
    """Return SQL: the change goes back in the events, or no event later than the last one tells of it."""
    free = {*BOOKKEEPING, "case_version", "own_version"}
    kept = [field.column for field in CaseClock._meta.concrete_fields if field.name not in free]
    moved = " OR ".join(f'NEW."{column}" {{differs from}} OLD."{column}"' for column in kept)
    same = " OR ".join(f'NEW."{column}" <> OLD."{column}"' for column in ("id", "case_id", "clock"))
    versions = ("case_version", "own_version")
    back = " OR ".join(f'NEW."{column}" < OLD."{column}"' for column in versions)
    untold = " OR ".join(
        f'(NEW."{column}" > OLD."{column}" AND NOT {told})'
        for column, told in zip(versions, (TOLD_BY_THE_CASE, TOLD_BY_ITSELF), strict=True)
    )
    still = " AND ".join(f'NEW."{column}" = OLD."{column}"' for column in versions)
    return f"{same} OR {back} OR {untold} OR (({moved}) AND {still})"
