"""What is looked up about cases: who is concerned, what tells that two are about the same, whose turn it was.

These rows follow the cases and can be made again from them; nothing is decided by them alone.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workflows.models.case import Case


class Concern(models.Model):
    """A person whom a case concerns besides its roles: asked for a decision, has decided, was copied in.

    Follows ``Case.rounds`` and ``Case.walked``; for lists. A single case is asked itself (``workflows.rules``).
    """

    class Kind(models.TextChoices):
        ASKED = "asked", _("asked")
        DECIDED = "decided", _("has decided")
        COPIED = "copied", _("copied in")

    case = models.ForeignKey(Case, models.CASCADE, related_name="concerns", verbose_name=_("case"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="concerns", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)

    class Meta:
        verbose_name = _("concern")
        verbose_name_plural = _("concerns")
        constraints = [models.UniqueConstraint(fields=["case", "person", "kind"], name="concern_once")]
        indexes = [models.Index(fields=["person", "kind", "case"], name="concern_by_person")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id} {self.kind}"


class Sameness(models.Model):
    """A keyed hash of the answers that tell what a case is about (``schema.Identity``); the answers stand elsewhere."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="samenesses", verbose_name=_("case"))
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    identity = models.CharField(_("identity"), max_length=40)
    digest = models.CharField(_("keyed hash"), max_length=64)

    class Meta:
        verbose_name = _("sameness")
        verbose_name_plural = _("samenesses")
        constraints = [models.UniqueConstraint(fields=["case", "identity"], name="sameness_once")]
        indexes = [models.Index(fields=["workflow", "identity", "digest"], name="sameness_by_digest")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.identity}"


class Turn(models.Model):
    """When a person was last given a case in turn, per workflow and step."""

    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    step = models.CharField(_("step"), max_length=80)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="turns", verbose_name=_("person")
    )
    number = models.PositiveBigIntegerField(_("turn"))

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [models.UniqueConstraint(fields=["workflow", "step", "person"], name="turn_once")]

    def __str__(self) -> str:
        return f"{self.workflow} {self.step} {self.person_id} {self.number}"


class ChildOrder(models.Model):
    """A case that a person is to open from this one, a child or one split off: the form they still have to fill in.

    ``uuid`` is that of the draft, and of the submission it becomes. Made with the step; the case it became is
    ``child``. One that is not needed after all is dropped (``dropped_at``). ``roles``: it is asked of whoever holds one
    of them towards the case; none: of whoever took the step, and of whoever of the case goes on with it.
    """

    class Kind(models.TextChoices):
        CHILD = "child", _("child case")
        SPLIT = "split", _("split off")

    uuid = models.UUIDField(unique=True, editable=False, default=uuid.uuid4)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.CHILD)
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="child_orders", verbose_name=_("opened by case")
    )
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    step = models.CharField(_("step"), max_length=80, blank=True)
    answers = models.JSONField(_("answers it begins with"), default=dict)
    roles = models.JSONField(_("asked of roles"), default=list)
    ordered_at = models.DateTimeField(_("ordered at"), default=timezone.now)
    child = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, related_name="child_order", verbose_name=_("case")
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("case to be opened")
        verbose_name_plural = _("cases to be opened")
        indexes = [
            models.Index(
                fields=["case"],
                condition=models.Q(child=None, dropped_at=None),
                name="child_order_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.workflow}"


class StepDraft(models.Model):
    """What one person has typed so far on the page of a step, and what their files are uploaded to.

    ``place`` is the name of the step, or ``<stage>.agreed`` for agreeing in an approval. ``answers`` as in a draft of a
    form: by question, the texts as typed. Seen by that person only; gone when the step is taken. Written by
    ``workflows.services.drafts``.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="step_drafts", verbose_name=_("case"))
    place = models.CharField(_("step"), max_length=90)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("begun by")
    )
    answers = models.JSONField(_("answers as typed"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        verbose_name = _("draft of a step")
        verbose_name_plural = _("drafts of steps")
        constraints = [models.UniqueConstraint(fields=["case", "place", "person"], name="step_draft_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.place}"
