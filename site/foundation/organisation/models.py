"""People and the posts they hold: user, department, position, holding, deputy, role, role binding.

Definitions (forms, workflows) name *roles*; a binding ties a role to a position, a group or a relation, and
``foundation.organisation.resolution`` turns it into people. A position's text is a page of
``backoffice.positions``.
"""

from __future__ import annotations

import datetime
import uuid
from typing import ClassVar, TypeVar

from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from foundation.audit.history import History
from foundation.prepared import Slot


def _in_language(chinese: str, english: str) -> str:
    """Return the text for the language in use; Chinese stands in where English is empty."""
    return english if english and (get_language() or "").startswith("en") else chinese


class User(AbstractUser):
    """A person who signs in. Never deleted once anything names them: ``is_active`` is switched off."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    full_name = models.CharField(_("full name"), max_length=120)
    full_name_en = models.CharField(_("full name (English)"), max_length=120, blank=True)
    employee_number = models.CharField(_("employee number"), max_length=40, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    is_demo = models.BooleanField(_("demonstration account"), default=False, editable=False)

    # The two columns of Django's user that split a name the European way stay empty.
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """Return the name as it is said in the language in use, or the account name."""
        return _in_language(self.full_name, self.full_name_en) or self.username

    def get_short_name(self) -> str:
        """Return the same as the full name: Chinese names are not shortened."""
        return self.get_full_name()


class Department(models.Model):
    """A unit of the organisation; units form a tree."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    history = History()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return _in_language(self.name, self.name_en)

    def clean(self) -> None:
        """Refuse a tree that bites its own tail."""
        seen, above = {self.pk}, self.parent
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"parent": _("A department cannot be part of itself.")})
            seen.add(above.pk)
            above = above.parent


class Position(models.Model):
    """A post (岗位), whether somebody holds it or not."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="positions", verbose_name=_("department")
    )
    superiors = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="subordinates", verbose_name=_("reports to")
    )
    heads_department = models.BooleanField(_("heads the department"), default=False)
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    headcount = models.PositiveIntegerField(_("headcount"), default=1)
    history = History(m2m_fields=[superiors])

    class Meta:
        ordering = ["code"]
        verbose_name = _("position")
        verbose_name_plural = _("positions")

    def __str__(self) -> str:
        return _in_language(self.title, self.title_en)


_Dated = TypeVar("_Dated", bound=models.Model)


class DatedQuerySet(models.QuerySet[_Dated]):
    """Rows with a first and a last day (both included; no last day: open)."""

    def on(self, day: datetime.date | Slot | None = None) -> DatedQuerySet[_Dated]:
        """Return the rows in force on ``day`` (today without one; a slot in a prepared query)."""
        day = day or timezone.localdate()
        return self.filter(starts__lte=day).filter(Q(ends__isnull=True) | Q(ends__gte=day))


class Holding(models.Model):
    """A person holds a position from one day to another (任职)."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("regular")
        ACTING = "acting", _("acting")
        PART_TIME = "part_time", _("part-time")

    person = models.ForeignKey(User, models.PROTECT, related_name="holdings", verbose_name=_("person"))
    position = models.ForeignKey(
        Position, models.PROTECT, related_name="holdings", verbose_name=_("position")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.REGULAR)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)
    history = History()

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "id"]
        verbose_name = _("holding")
        verbose_name_plural = _("holdings")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="holding_ends_after_start",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.position}"


class Deputy(models.Model):
    """Somebody acts for somebody else for a time (代理), in all workflows or in those named."""

    principal = models.ForeignKey(User, models.PROTECT, related_name="deputies", verbose_name=_("absent"))
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputising", verbose_name=_("deputy"))
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)
    workflows = models.JSONField(
        pgettext_lazy("of cases", "workflows"), default=list, blank=True, help_text=_("Empty: all.")
    )
    history = History()

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "id"]
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        constraints = [
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")),
                name="deputy_is_somebody_else",
                violation_error_message=_("Nobody can be their own deputy."),
            ),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="deputy_ends_after_start",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} → {self.principal}"


class Role(models.Model):
    """What definitions and the table of addresses name: a stable key such as ``clerk``."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    description = models.TextField(_("description"), blank=True)
    history = History()

    class Meta:
        ordering = ["key"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return _in_language(self.name, self.name_en)


class RoleBinding(models.Model):
    """Ties a role to the holders of a position, to the members of a group, or to a relation to the case."""

    class Relation(models.TextChoices):
        SUBMITTER = "submitter", _("who submitted it")
        ASSIGNEE = "assignee", _("who has it")
        LINE_MANAGER = "line_manager", _("line manager of the submitter")
        DEPARTMENT_HEAD = "department_head", _("head of the submitter's department")
        CASE_DEPARTMENT_HEAD = "case_department_head", _("head of the case's department")

    role = models.ForeignKey(Role, models.CASCADE, related_name="bindings", verbose_name=_("role"))
    position = models.ForeignKey(
        Position,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_bindings",
        verbose_name=_("position"),
    )
    group = models.ForeignKey(
        Group, models.PROTECT, null=True, blank=True, related_name="role_bindings", verbose_name=_("group")
    )
    relation = models.CharField(_("relation"), max_length=30, choices=Relation.choices, blank=True)
    history = History()

    class Meta:
        ordering = ["id"]
        verbose_name = _("role binding")
        verbose_name_plural = _("role bindings")
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(position__isnull=False, group__isnull=True, relation="")
                    | Q(position__isnull=True, group__isnull=False, relation="")
                    | (Q(position__isnull=True, group__isnull=True) & ~Q(relation=""))
                ),
                name="role_binding_ties_to_one_thing",
                violation_error_message=_("Choose one of position, group and relation."),
            ),
            # Three, because SQLite has no unique constraint over columns that may be NULL.
            models.UniqueConstraint(
                fields=["role", "position"], condition=Q(position__isnull=False), name="role_position_once"
            ),
            models.UniqueConstraint(
                fields=["role", "group"], condition=Q(group__isnull=False), name="role_group_once"
            ),
            models.UniqueConstraint(
                fields=["role", "relation"], condition=~Q(relation=""), name="role_relation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} = {self.position or self.group or self.get_relation_display()}"
