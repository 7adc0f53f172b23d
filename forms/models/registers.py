"""What registers keep: the typed index beside the submissions, and sheets on their way in.

The index is written by ``forms.registers.lines`` only, together with the submission. It holds nothing that the
submissions do not say: ``manage.py registers rebuild`` writes it anew.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forms.models.submissions import Submission
from foundation.editions.models import Edition

LONGEST_TEXT = 120
"""Characters of a text that stand in the index; all of a longer one stands beside it."""
LONGEST_KEY = 120
LONGEST_WORDS = 4000
"""Characters of a text that are searched."""


class RegisterLine(models.Model):
    """One answer of one submission, in one column of its register.

    ``column`` is the number of the column (``forms.registers.columns.number_of``), ``at`` the moment the
    submission was handed in: with it here, filter, order and page come from one index.
    """

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="+", db_index=False, verbose_name=_("submission")
    )
    column = models.BigIntegerField(_("column"))
    at = models.DateTimeField(_("submitted at"))

    class Meta:
        abstract = True


class RegisterText(RegisterLine):
    """An answer in words. Of several chosen answers each has a line, told apart by ``place``.

    ``key`` is what choices and references store, ``text`` is the answer folded (``forms.registers.lines.folded``),
    of a choice its place among the choices. Number, state and person of a submission have lines of their own.
    """

    place = models.PositiveSmallIntegerField(_("place"), default=0)
    key = models.CharField(_("key"), max_length=LONGEST_KEY, blank=True)
    text = models.CharField(_("text"), max_length=LONGEST_TEXT, blank=True)

    class Meta:
        verbose_name = _("register line in words")
        verbose_name_plural = _("register lines in words")
        indexes = [
            models.Index(fields=["submission", "column", "key", "place"], name="register_text_of"),
            models.Index(fields=["column", "text", "at", "submission"], name="register_text_sorted"),
            models.Index(fields=["column", "key", "at", "submission"], name="register_text_keyed"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} · {self.text}"


class RegisterWords(RegisterLine):
    """All of an answer whose words are more than fit into its line."""

    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("register line of a long text")
        verbose_name_plural = _("register lines of long texts")
        indexes = [
            models.Index(fields=["column", "submission"], name="register_words_of"),
            models.Index(fields=["submission"], name="register_words_submission"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} · {self.words[:LONGEST_TEXT]}"


class RegisterNumber(RegisterLine):
    """An answer that is a number, an amount, a day, a moment, a time or yes/no, as one whole number."""

    number = models.BigIntegerField(_("number"))

    class Meta:
        verbose_name = _("register line in figures")
        verbose_name_plural = _("register lines in figures")
        indexes = [
            models.Index(fields=["submission", "column", "number"], name="register_number_of"),
            models.Index(fields=["column", "number", "at", "submission"], name="register_number_sorted"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} · {self.number}"


class RegisterStand(models.Model):
    """How far the lines of a form go: every submission of it has lines as ``forms.registers.lines.WRITING`` wrote
    them. What newer lines say besides is relied on only where this says so.
    """

    form_key = models.CharField(_("form"), max_length=80, unique=True)
    writing = models.PositiveSmallIntegerField(_("way of writing"))

    class Meta:
        verbose_name = _("stand of a register")
        verbose_name_plural = _("stands of registers")

    def __str__(self) -> str:
        return f"{self.form_key} · {self.writing}"


class RegisterImport(models.Model):
    """A filled-in sheet on its way into a register. Written by ``forms.registers.importing`` only.

    ``rows`` is what was read: of each row its number in the sheet and what was typed, by path. ``findings`` is
    what is wrong: row, column, sentence, and what was typed. Nothing of it is a submission before ``done``;
    then ``made`` names them, and the rows are forgotten.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of an import", "being checked")
        FAULTY = "faulty", pgettext_lazy("state of an import", "to be corrected")
        READY = "ready", pgettext_lazy("state of an import", "ready to be taken in")
        DONE = "done", pgettext_lazy("state of an import", "taken in")

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    form_key = models.CharField(_("form"), max_length=80)
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="+", verbose_name=_("edition of the form")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    filename = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    rows = models.JSONField(_("rows"), default=list)
    findings = models.JSONField(_("findings"), default=list)
    count = models.PositiveIntegerField(_("rows"), default=0)
    made = models.JSONField(_("submissions"), default=list)
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    done_at = models.DateTimeField(_("taken in at"), null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        verbose_name = _("import into a register")
        verbose_name_plural = _("imports into registers")
        constraints = [
            # The same file is taken into a register once, whoever uploads it.
            models.UniqueConstraint(
                fields=["form_key", "sha256"],
                condition=models.Q(state="done"),
                name="register_import_once",
            )
        ]
        indexes = [models.Index(fields=["form_key", "by", "-uploaded_at"], name="register_imports_of")]

    def __str__(self) -> str:
        return self.filename
