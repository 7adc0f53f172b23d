"""The typed index behind registers. Written by ``forms.registers.lines`` only, together with the submission.

It holds nothing that the submissions do not say: ``manage.py registers rebuild`` writes it anew.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from forms.models.submissions import Submission

LONGEST_TEXT = 120
"""Characters of a text by which lists are sorted and compared; more than this no index of a database takes."""
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

    ``key`` is what choices and references store, ``text`` sorts and compares, ``words`` is searched; both are
    folded (``forms.registers.lines.folded``).
    """

    place = models.PositiveSmallIntegerField(_("place"), default=0)
    key = models.CharField(_("key"), max_length=LONGEST_KEY, blank=True)
    text = models.CharField(_("text"), max_length=LONGEST_TEXT, blank=True)
    words = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("register line in words")
        verbose_name_plural = _("register lines in words")
        constraints = [
            models.UniqueConstraint(fields=["submission", "column", "place"], name="register_text_once")
        ]
        indexes = [
            models.Index(fields=["column", "text", "at", "submission"], name="register_text_sorted"),
            models.Index(fields=["column", "key", "at", "submission"], name="register_text_keyed"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} · {self.text}"


class RegisterNumber(RegisterLine):
    """An answer that is a number, an amount, a day, a moment, a time or yes/no, as one whole number."""

    number = models.BigIntegerField(_("number"))

    class Meta:
        verbose_name = _("register line in figures")
        verbose_name_plural = _("register lines in figures")
        constraints = [models.UniqueConstraint(fields=["submission", "column"], name="register_number_once")]
        indexes = [
            models.Index(fields=["column", "number", "at", "submission"], name="register_number_sorted")
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} · {self.number}"
