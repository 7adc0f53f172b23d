"""What somebody of the house has promised somebody about a case: by when, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition
from workflows.models.case import Case


class Promise(Audited):
    """One promise of one case, with a stream of its own: whoever has the case open is not overtaken by it.

    ``clock``: the clock of the definition that made it, empty for one that somebody recorded by hand. What it says and
    to whom then stands in ``edition``, as the workflow was when it was made; ``what`` and ``to_whom`` are the words of
    those made by hand. ``by``: who stands for it, nobody where that is not known. ``settled_at``: since when nothing is
    expected of it any more; a broken one without it is still owed. ``replaces``: the promise that this one took the
    place of, ``times`` how often the same has been promised by now. ``look_at``: when a worker has to look at it.

    Written by ``workflows.services.promising`` (with clocks) and ``workflows.services.promises`` only.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("of a promise", "open")
        KEPT = "kept", pgettext_lazy("of a promise", "kept")
        BROKEN = "broken", pgettext_lazy("of a promise", "broken")
        LATE = "late", pgettext_lazy("of a promise", "kept late")
        WITHDRAWN = "withdrawn", pgettext_lazy("of a promise", "withdrawn")
        REPLACED = "replaced", pgettext_lazy("of a promise", "replaced by a new one")
        LAPSED = "lapsed", pgettext_lazy("of a promise", "not needed any more")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="promises", verbose_name=_("case"))
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("of cases", "edition")
    )
    clock = models.CharField(_("clock"), max_length=40, blank=True)
    what = models.CharField(_("what is promised"), max_length=300, blank=True)
    to_whom = models.CharField(_("to whom"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="promises",
        verbose_name=_("promised by"),
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_step = models.CharField(_("step it was made with"), max_length=40, blank=True)
    due_at = models.DateTimeField(_("promised for"))
    remind_at = models.DateTimeField(_("reminder at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    look_at = models.DateTimeField(_("next due to do something"), null=True, blank=True)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.OPEN)
    broken_at = models.DateTimeField(_("found broken at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    settled_step = models.CharField(_("step that settled it"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("replaces"),
    )
    times = models.PositiveSmallIntegerField(_("times promised"), default=1)
    history = History()

    class Meta(Audited.Meta):
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["look_at"], condition=models.Q(look_at__isnull=False), name="promise_to_look_at"
            ),
            models.Index(
                fields=["by", "due_at"], condition=models.Q(settled_at=None), name="promise_open_by_person"
            ),
            models.Index(fields=["due_at"], condition=models.Q(settled_at=None), name="promise_open_by_due"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Audited.Meta.constraints,
            models.UniqueConstraint(
                fields=["case", "clock"],
                condition=models.Q(settled_at=None) & ~models.Q(clock=""),
                name="promise_open_once_a_clock",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None, status__in=["open", "broken"])
                | (models.Q(settled_at__isnull=False) & ~models.Q(status="open")),
                name="promise_settled_as_it_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock or self.what}"

    @property
    def owed(self) -> bool:
        """Whether it is still to be kept."""
        return self.settled_at is None
