"""What cases are found by: the words of their number, their subject and the answers they grew from.

Written by ``workflows.words`` only, from what the case and its submission say; ``manage.py workflows words`` writes it
anew.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflows.models.case import Case


class CaseWords(models.Model):
    """The words of one case that the same people may read.

    ``readers``: the roles that read the answers they come from, ``,a,b,``; empty for whoever sees the case. ``words``:
    what ``workflows.words.tokens`` makes of them, each once, with one blank between. The index the database searches by
    follows this table by itself (``workflows.word_index``).
    """

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="words", db_index=False, verbose_name=_("case")
    )
    readers = models.CharField(_("roles that read it"), max_length=500, blank=True)
    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("words of a case")
        verbose_name_plural = _("words of cases")
        constraints = [models.UniqueConstraint(fields=["case", "readers"], name="case_words_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.readers}"


class WordsRenewal(models.Model):
    """How far the words of cases from before are written as ``cut`` says (``workflows.words.CUT``).

    ``until``: the last case there was when it began; later ones have theirs from their opening. ``upto``: the last one
    whose words are written.
    """

    cut = models.PositiveIntegerField(_("rule"), unique=True)
    until = models.BigIntegerField(_("until"))
    upto = models.BigIntegerField(_("up to"), default=0)

    class Meta:
        verbose_name = _("renewal of words")
        verbose_name_plural = _("renewals of words")

    def __str__(self) -> str:
        return f"{self.cut}: {self.upto} / {self.until}"
