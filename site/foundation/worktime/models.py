"""Calendars with their week and overrides, and the national table of days.

Rows are written by `services` and the pack they come from; counting reads them through `loading`.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def _in_language(chinese: str, english: str) -> str:
    return english if english and (get_language() or "").startswith("en") else chinese


class Calendar(models.Model):
    """The working hours of a store or desk. Its key is what definitions name."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    follows_national = models.BooleanField(
        _("follows the national arrangement"),
        default=True,
        help_text=_("Closed on public holidays, open on make-up working days."),
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["key"]
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return _in_language(self.name, self.name_en)


class WeeklyInterval(models.Model):
    """Hours on one weekday of a calendar; a day may have several."""

    class Weekday(models.IntegerChoices):
        MONDAY = 1, _("Monday")
        TUESDAY = 2, _("Tuesday")
        WEDNESDAY = 3, _("Wednesday")
        THURSDAY = 4, _("Thursday")
        FRIDAY = 5, _("Friday")
        SATURDAY = 6, _("Saturday")
        SUNDAY = 7, _("Sunday")

    calendar = models.ForeignKey(
        Calendar, verbose_name=_("working calendar"), on_delete=models.CASCADE, related_name="weekly"
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    starts = models.PositiveSmallIntegerField(_("from (minutes after midnight)"))
    ends = models.PositiveSmallIntegerField(_("to (minutes after midnight)"))

    class Meta:
        ordering: ClassVar[list[str]] = ["calendar", "weekday", "starts"]
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(weekday__gte=1, weekday__lte=7), name="worktime_weekday_of_week"
            ),
            models.CheckConstraint(
                condition=models.Q(starts__lt=models.F("ends"), ends__lte=1440), name="worktime_hours_in_day"
            ),
            models.UniqueConstraint(fields=["calendar", "weekday", "starts"], name="worktime_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.starts)}-{clock(self.ends)}"


class CalendarOverride(models.Model):
    """What a calendar does on one date, whatever its week and the nation say. No intervals: closed."""

    calendar = models.ForeignKey(
        Calendar, verbose_name=_("working calendar"), on_delete=models.CASCADE, related_name="overrides"
    )
    day = models.DateField(_("date"))
    intervals = models.JSONField(_("hours"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    note_en = models.CharField(_("note (English)"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["calendar", "day"]
        verbose_name = _("calendar override")
        verbose_name_plural = _("calendar overrides")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["calendar", "day"], name="worktime_override_once")
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class ArrangedYear(models.Model):
    """Whether the arrangement of a year is announced, and who said so last."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    announced = models.BooleanField(_("announced"), default=False)
    source = models.CharField(_("source"), max_length=120)
    refreshed_at = models.DateTimeField(_("refreshed at"), default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["year"]
        verbose_name = _("year of the national arrangement")
        verbose_name_plural = _("years of the national arrangement")

    def __str__(self) -> str:
        return str(self.year)


class Day(models.Model):
    """A date that is not what its weekday says: holiday, exchanged day off, weekend day worked."""

    class Kind(models.TextChoices):
        WORK = "work", _("make-up working day")
        REST = "rest", _("public holiday")
        SWAPPED = "swapped", _("day off in exchange")

    day = models.DateField(_("date"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    stands_for = models.DateField(_("stands for"), null=True, blank=True)
    provisional = models.BooleanField(_("provisional"), default=False)
    source = models.CharField(_("source"), max_length=120)

    class Meta:
        ordering: ClassVar[list[str]] = ["day"]
        verbose_name = _("national day")
        verbose_name_plural = _("national days")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {_in_language(self.name, self.name_en)}"


def clock(minutes: int) -> str:
    """Minutes after midnight as people write them, up to 24:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
