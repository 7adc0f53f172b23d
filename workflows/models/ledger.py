"""The money of cases: entries that are only added, months that are closed, lists that payers send."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.audit.constraints import EventRequired
from workflows.models.amount import ExactAmount
from workflows.models.case import Case

ZERO = Decimal("0.00")


class LedgerAccount(models.Model):
    """What the entries of one case come to, to be listed and filtered by; brought up to them with each posting.

    ``payer``: who owes, as the case says. ``open_since``: the posting date of the oldest amount that is still open,
    None where nothing is. The entries decide; ``manage.py verify`` compares.
    """

    case = models.OneToOneField(Case, models.PROTECT, related_name="account", verbose_name=_("case"))
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    currency = models.CharField(_("currency"), max_length=3)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    balance = ExactAmount(_("open balance"), default=ZERO)
    open_since = models.DateField(_("open since"), null=True, blank=True)
    last_posted_on = models.DateField(_("last posting date"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("account of a case")
        verbose_name_plural = _("accounts of cases")
        indexes = [
            models.Index(fields=["workflow", "open_since"], name="account_by_age"),
            models.Index(fields=["workflow", "payer"], name="account_by_payer"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.balance} {self.currency}"


class LedgerMark(models.Model):
    """By what a payer's list knows a case: the claim's number, the VIN; as a keyed hash, like ``Sameness``."""

    account = models.ForeignKey(
        LedgerAccount, models.CASCADE, related_name="marks", verbose_name=_("account of a case")
    )
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    name = models.CharField(_("mark"), max_length=40)
    digest = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("mark of a case")
        verbose_name_plural = _("marks of cases")
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="ledger_mark_once")]
        indexes = [models.Index(fields=["workflow", "name", "digest"], name="ledger_mark_found")]

    def __str__(self) -> str:
        return f"{self.account} {self.name}"


class PayerStatement(models.Model):
    """A list that a payer has sent, as it was read: what it says line by line, and whether it was posted.

    Written by ``workflows.services.reconciliation`` only; what was posted is told by the events of the cases.
    """

    class State(models.TextChoices):
        """Where the list stands."""

        CHECKED = "checked", pgettext_lazy("of a list", "Checked, not posted")
        POSTED = "posted", pgettext_lazy("of a list", "Posted")
        DISCARDED = "discarded", pgettext_lazy("of a list", "Thrown away")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    filename = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("hash"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CHECKED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("posted by")
    )
    posted_at = models.DateTimeField(_("posted at"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("list of a payer")
        verbose_name_plural = _("lists of payers")
        indexes = [models.Index(fields=["workflow", "-id"], name="statement_by_workflow")]

    def __str__(self) -> str:
        return self.filename


class StatementLine(models.Model):
    """One line of a payer's list. ``told``: the marks as the line says them, by their id."""

    class Outcome(models.TextChoices):
        """What a line is, against what stood in the ledger when it was last looked at."""

        MATCHED = "matched", pgettext_lazy("of a line", "Matched")
        LESS = "less", pgettext_lazy("of a line", "Pays less than is open")
        MORE = "more", pgettext_lazy("of a line", "Pays more than is open")
        PAID = "paid", pgettext_lazy("of a line", "Already paid")
        UNKNOWN = "unknown", pgettext_lazy("of a line", "Unknown")
        SEVERAL = "several", pgettext_lazy("of a line", "Fits several cases")
        WRONG = "wrong", pgettext_lazy("of a line", "Cannot be read")

    statement = models.ForeignKey(
        PayerStatement, models.CASCADE, related_name="lines", verbose_name=_("list of a payer")
    )
    row = models.PositiveIntegerField(_("line"))
    told = models.JSONField(_("marks"), default=dict)
    amount = ExactAmount(_("amount"), null=True)
    paid_on = models.DateField(_("paid on"), null=True)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    line_key = models.CharField(_("hash of the line"), max_length=64, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="statement_lines", verbose_name=_("case")
    )
    open_before = ExactAmount(_("open before"), null=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ["row"]
        verbose_name = _("line of a list")
        verbose_name_plural = _("lines of lists")
        constraints = [models.UniqueConstraint(fields=["statement", "row"], name="statement_line_once")]
        indexes = [models.Index(fields=["statement", "outcome", "row"], name="statement_by_outcome")]

    def __str__(self) -> str:
        return f"{self.statement} {self.row}"


class LedgerEntry(models.Model):
    """One amount of one case. Written once: the database refuses a change, a removal, one without an event, and one
    whose day lies in a closed month.

    ``number`` runs without gaps through the ledger of a workflow. ``amount`` is what the kind comes to by it,
    ``effect`` what the open balance does: both below zero in a reversal of what added. ``posted_on``: the day it counts
    from. ``stream``, ``version``: the event of the case that tells of it. ``line_key``: the line of a payer's list,
    which is posted once. Written by ``workflows.services.ledger`` only.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="ledger_entries", verbose_name=_("case"))
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=20)
    currency = models.CharField(_("currency"), max_length=3)
    amount = ExactAmount(_("amount"))
    effect = ExactAmount(_("effect on the balance"))
    posted_on = models.DateField(_("posting date"))
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    step = models.CharField(pgettext_lazy("of cases", "step"), max_length=40, blank=True)
    reversal_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("reversal of"),
    )
    statement = models.ForeignKey(
        PayerStatement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("list of a payer"),
    )
    line_key = models.CharField(_("hash of the line"), max_length=64, null=True, blank=True, unique=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("posted by"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    stream = models.CharField(_("stream"), max_length=120)
    version = models.PositiveIntegerField(_("version"))

    class Meta:
        ordering = ["workflow", "number"]
        verbose_name = _("entry of the ledger")
        verbose_name_plural = _("entries of the ledger")
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="ledger_entry_number"),
            EventRequired(name="workflows_ledgerentry_event_required"),
        ]
        indexes = [
            models.Index(fields=["workflow", "posted_on"], name="ledger_entry_by_day"),
            # SQLite asks at every event written with an audited row whether an entry waits for it.
            models.Index(fields=["stream", "version"], name="ledger_entry_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.number}"


class LedgerMonth(models.Model):
    """A month of a ledger that is closed, for ever: no entry gets a posting date up to ``ends_on`` any more.

    ``totals``: by kind, how many entries and what they come to; ``opening`` and ``closing`` the open balances before
    and after. Written by ``workflows.services.months`` only.
    """

    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40)
    month = models.DateField(_("month"))
    ends_on = models.DateField(_("last day"))
    currency = models.CharField(_("currency"), max_length=3)
    opening = ExactAmount(_("open at the beginning"))
    closing = ExactAmount(_("open at the end"))
    entries = models.PositiveIntegerField(_("entries"))
    totals = models.JSONField(_("totals"), default=dict)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), default=timezone.now)
    stream = models.CharField(_("stream"), max_length=120)
    version = models.PositiveIntegerField(_("version"))

    class Meta:
        ordering = ["workflow", "-month"]
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        constraints = [
            models.UniqueConstraint(fields=["workflow", "month"], name="ledger_month_once"),
            EventRequired(name="workflows_ledgermonth_event_required"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.month:%Y-%m}"
