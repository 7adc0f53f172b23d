"""Where the numbers of submissions come from. Written by ``forms.services.numbering`` only."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberSeries(models.Model):
    """The last number given in one series.

    ``key`` is the numbering scheme with its date parts filled in (``TS-2026-{seq:05}``): forms that share a
    scheme share the series, and a new year begins a new one. The row is locked while a number is taken and
    only ever grows.
    """

    key = models.CharField(_("series"), max_length=80, unique=True)
    last = models.PositiveIntegerField(_("last number given"), default=0)

    class Meta:
        ordering = ["key"]
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return f"{self.key}: {self.last}"
