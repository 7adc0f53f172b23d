"""A case: something somebody asked for or complained of, on its way from one state to the next."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField

from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition
from foundation.organisation.models import Department


class Case(Audited):
    """One case, pinned for life to the edition of the workflow it was opened under.

    ``workflows.services.cases`` is the only writer of any column; the database refuses a change without an event.
    The timeline is read from the events of ``stream``; ``history`` holds each state of the row.

    ``rounds``: what ``workflows.rounds`` says of each approval the case has come to, the last one perhaps open.
    ``walked``: what ``workflows.way`` says of the steps taken. ``why``: why the assignee has it (``assignment``).
    ``links``: other cases and what they are to this one, ``[{"case": uuid, "kind": "related"}]``.
    ``submitted_by`` is nobody where the form came by a public link.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=60, unique=True)
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="cases", verbose_name=_("edition"))
    submission = models.OneToOneField(
        "formbuilder.Submission", models.PROTECT, related_name="case", verbose_name=_("submission")
    )
    subject = models.CharField(_("subject"), max_length=200)
    state = FSMField(_("state"), max_length=40, protected=True)
    category = models.CharField(_("kind of state"), max_length=8)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("department")
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submitted_cases",
        verbose_name=_("submitted by"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_cases",
        verbose_name=_("assigned to"),
    )
    answers = models.JSONField(_("answers of the steps"), default=dict)
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    rounds = models.JSONField(_("approval rounds"), default=list)
    walked = models.JSONField(_("way walked"), default=dict)
    why = models.JSONField(_("why it is theirs"), default=dict)
    links = models.JSONField(_("related cases"), default=list)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("opened by case"),
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    history = History()
    later_columns: ClassVar[Mapping[str, Any]] = {
        "grade": "",
        "rounds": [],
        "walked": {},
        "why": {},
        "links": [],
        "parent_id": None,
        "merged_into_id": None,
    }

    class Meta(Audited.Meta):
        ordering = ["-opened_at", "-id"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["edition", "state"], name="case_by_state"),
            models.Index(fields=["workflow", "category"], name="case_by_workflow"),
            # Lists are walked in their order (workflows.lists): all cases, those not closed, those of somebody.
            models.Index(fields=["-opened_at", "-id"], name="case_by_opening"),
            models.Index(fields=["-changed_at", "-id"], name="case_by_change"),
            models.Index(fields=["workflow", "state", "-opened_at", "-id"], name="case_by_stand"),
            models.Index(fields=["assignee", "-opened_at", "-id"], name="case_by_assignee"),
            models.Index(fields=["submitted_by", "-opened_at", "-id"], name="case_by_submitter"),
            models.Index(
                fields=["-opened_at", "-id"], condition=models.Q(closed_at=None), name="case_open_by_opening"
            ),
            models.Index(
                fields=["changed_at", "id"], condition=models.Q(closed_at=None), name="case_open_by_change"
            ),
            models.Index(
                fields=["assignee", "changed_at", "id"],
                condition=models.Q(closed_at=None),
                name="case_open_by_assignee",
            ),
            models.Index(
                fields=["submitted_by", "changed_at", "id"],
                condition=models.Q(closed_at=None),
                name="case_open_by_submitter",
            ),
            models.Index(
                fields=["edition", "state", "changed_at", "id"],
                condition=models.Q(closed_at=None),
                name="case_open_by_stand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Reload; the protected state is dropped first, so that reloading never needs to unprotect it.

        The library's own way switches the protection off on the shared field, for the whole process, and leaves it
        off when the reload fails.
        """
        wanted = None if fields is None else list(fields)
        state = self.__dict__.pop("state", None) if wanted is None or "state" in wanted else None
        try:
            super().refresh_from_db(using=using, fields=wanted, from_queryset=from_queryset)
        finally:
            if state is not None:
                self.__dict__.setdefault("state", state)
