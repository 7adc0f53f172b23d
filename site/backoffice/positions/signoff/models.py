"""Requests to sign a description, the author's marks on what changed, and the rules on dates.

``SignOff`` is written by ``signoff.services`` only, ``EditionMarks`` and ``DraftMarks`` by ``signoff.marking``,
``SignOffPolicy`` by ``signoff.policy``.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.positions.signoff.enums import TONES, SignOffState, WhyAsked
from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition
from foundation.organisation.models import Holding, Position


class SignOff(Audited):
    """One person is asked to confirm one edition of the description of the post they hold.

    ``statement`` is the sentence the person put their password under, in the language it was shown in;
    ``edition_sha256`` names the text it speaks of. ``late`` is decided at the moment of the answer. Who asked,
    signed, refused is in the events of ``stream``, each sealed over the whole row.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    # By value: a holding that was written by mistake is struck, what was signed for it stays.
    holding_key = models.BigIntegerField(pgettext_lazy("one of several", "holding"))
    holding_kind = models.CharField(_("kind of holding"), max_length=12, choices=Holding.Kind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_offs", verbose_name=_("person")
    )
    position = models.ForeignKey(
        Position, models.PROTECT, related_name="sign_offs", verbose_name=_("position")
    )
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="sign_offs", verbose_name=_("edition"))
    why = models.CharField(_("why asked"), max_length=12, choices=WhyAsked.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=SignOffState.choices, default=SignOffState.OPEN
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    due_on = models.DateField(_("due on"))
    reminded_on = models.DateField(_("last reminded on"), null=True, blank=True)
    reminders = models.PositiveIntegerField(_("reminders"), default=0)
    overdue_since = models.DateField(_("overdue since"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    late = models.BooleanField(_("late"), default=False)
    reason = models.TextField(_("reason"), blank=True)
    statement = models.TextField(_("statement"), blank=True)
    edition_sha256 = models.CharField("SHA-256", max_length=64)
    history = History()

    class Meta(Audited.Meta):
        ordering = ["due_on", "id"]
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        constraints = [
            *Audited.Meta.constraints,
            models.UniqueConstraint(
                fields=["holding_key", "edition"], condition=Q(state="open"), name="sign_off_asked_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""), name="sign_off_refused_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="signed") | ~Q(statement=""), name="sign_off_signed_under_statement"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="sign_off_decided_once",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "state", "due_on"], name="sign_off_by_person"),
            models.Index(fields=["position", "state"], name="sign_off_by_position"),
            models.Index(fields=["state", "due_on"], name="sign_off_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.edition}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for the person."""
        return bool(self.state == SignOffState.OPEN)

    @property
    def is_overdue(self) -> bool:
        """Whether it waits and its day has passed."""
        return self.is_open and self.due_on < timezone.localdate()

    @property
    def days_left(self) -> int:
        """Return how many days there are until it is due; negative afterwards."""
        return (self.due_on - timezone.localdate()).days

    @property
    def tone(self) -> str:
        """Return the tone of the chip."""
        return "waiting" if self.is_overdue else TONES[self.state]

    @property
    def word(self) -> str:
        """Return the state in a word, lateness included."""
        if self.is_overdue:
            return str(pgettext_lazy("sign-off", "overdue"))
        if self.late and self.state == SignOffState.SIGNED:
            return str(pgettext_lazy("sign-off", "signed late"))
        if self.late and self.state == SignOffState.REFUSED:
            return str(pgettext_lazy("sign-off", "refused late"))
        return str(self.get_state_display())


class EditionMarks(Audited):
    """What the author of an edition decided about its changes: which of them holders must sign for.

    ``against`` is the edition it replaces (none: the first). ``marks`` lists each changed part with the proposal
    and the decision; ``material`` says whether any of them is. Never changed: it belongs to the edition.
    """

    edition = models.OneToOneField(Edition, models.PROTECT, related_name="marks", verbose_name=_("edition"))
    against = models.ForeignKey(
        Edition, models.PROTECT, null=True, related_name="+", verbose_name=_("compared with edition")
    )
    marks = models.JSONField(_("marks"), default=list)
    material = models.BooleanField(_("material"))
    note = models.TextField(_("note to holders"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)

    class Meta(Audited.Meta):
        ordering = ["edition"]
        verbose_name = _("marks on an edition")
        verbose_name_plural = _("marks on editions")
        constraints = [*Audited.Meta.constraints]

    def __str__(self) -> str:
        return str(self.edition)


class DraftMarks(models.Model):
    """What the author has decided so far about the changes in a draft: a working paper, gone with publication.

    ``overruled`` maps the key of a changed part to ``{"material", "reason", "seen"}`` where the author thinks
    otherwise than the proposal; ``seen`` is a fingerprint of the change at that moment.
    """

    page = models.OneToOneField(
        "positions.PositionPage", models.CASCADE, related_name="draft_marks", verbose_name=_("description")
    )
    overruled = models.JSONField(_("overruled"), default=dict)
    note = models.TextField(_("note to holders"), blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("marks on a draft")
        verbose_name_plural = _("marks on drafts")

    def __str__(self) -> str:
        return str(self.page)


class SignOffPolicy(Audited):
    """The rules on dates: one row at most; without it the defaults count. Kept by HR (``signoff.policy``)."""

    days = models.PositiveSmallIntegerField(
        _("days to sign"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Counted from the day of the request, or from the effective date where that is later."),
    )
    calendar = models.SlugField(
        pgettext_lazy("days to sign", "counted as"),
        max_length=60,
        blank=True,
        help_text=_("Working days leave out weekends, public holidays and closed days of that calendar."),
    )
    remind_before = models.PositiveSmallIntegerField(
        _("remind so many days before"),
        default=3,
        validators=[MaxValueValidator(60)],
        help_text=_("0: no reminder before the day itself."),
    )
    remind_every = models.PositiveSmallIntegerField(
        _("remind again every so many days when overdue"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    valid_months = models.PositiveSmallIntegerField(
        _("a signature is valid for so many months"),
        default=0,
        validators=[MaxValueValidator(120)],
        help_text=_("After that the holder is asked again. 0: until a material change."),
    )
    history = History()

    class Meta(Audited.Meta):
        verbose_name = _("rules on signing off")
        verbose_name_plural = _("rules on signing off")
        constraints = [*Audited.Meta.constraints]

    def __str__(self) -> str:
        return self.stream
