"""What HR fills in: appointing, ending, correcting, deputies, posts and departments.

Rules are those of ``foundation.organisation.services``; a form only finds the field a refusal belongs to.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice.access.long_select import LongSelect, LongSelectMultiple
from foundation.organisation.codes import check_code
from foundation.organisation.exceptions import (
    AlreadyEnded,
    CodeReserved,
    DatesReversed,
    DeputyCycle,
    DeputyIsPrincipal,
    OrganisationError,
    PersonInactive,
    ReasonMissing,
    SuperiorLoop,
)
from foundation.organisation.models import Department, Deputy, Holding, Position, User
from foundation.organisation.people import active_people

EARLIEST, LATEST = datetime.date(1950, 1, 1), datetime.date(2100, 12, 31)
# The field at which a refusal is shown; else above the form.
PLACES: dict[type[OrganisationError], tuple[str, ...]] = {
    DatesReversed: ("ends",),
    AlreadyEnded: ("ends",),
    PersonInactive: ("person", "deputy"),
    ReasonMissing: ("reason",),
    DeputyIsPrincipal: ("deputy",),
    DeputyCycle: ("deputy",),
    SuperiorLoop: ("superiors",),
}


class DayInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(
            attrs={"min": EARLIEST.isoformat(), "max": LATEST.isoformat(), **attrs}, format="%Y-%m-%d"
        )


class Day(forms.DateField):
    """A day that somebody means: not the year 0202."""

    widget = DayInput

    def clean(self, value: Any) -> datetime.date | None:
        """Return the day."""
        day: datetime.date | None = super().clean(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(
                _("Choose a day between %(first)s and %(last)s.")
                % {"first": EARLIEST.isoformat(), "last": LATEST.isoformat()}
            )
        return day


class ServiceForm(forms.Form):
    """A form whose answers go to one service."""

    required_css_class = "required"

    def carried_out(self, service: Callable[..., Any], **more: Any) -> Any:
        """Return what the service returned; None where it refused: then the refusal stands at its field.

        Valid answers only.
        """
        try:
            return service(**more)
        except OrganisationError as refused:
            place = next((name for name in PLACES.get(type(refused), ()) if name in self.fields), None)
            self.add_error(place, str(refused))
            return None


class PersonChoice(forms.ModelChoiceField):
    """A person with an account that is switched on."""

    widget = LongSelect

    def __init__(self, **more: Any) -> None:
        super().__init__(queryset=active_people(), **more)

    def label_from_instance(self, person: User) -> str:
        """Return name and account: several people may share a name."""
        return f"{person} ({person.username})"


class PositionChoice(forms.ModelChoiceField):
    """A post."""

    widget = LongSelect

    def __init__(self, **more: Any) -> None:
        posts = Position.objects.select_related("department").order_by(
            "department__order", "department__code", "code"
        )
        super().__init__(queryset=posts, to_field_name="code", **more)

    def label_from_instance(self, post: Position) -> str:
        """Return title, department and code."""
        return f"{post} · {post.department} ({post.code})"


class PositionsChoice(forms.ModelMultipleChoiceField):
    """Several posts."""

    widget = LongSelectMultiple

    def label_from_instance(self, post: Position) -> str:
        """Return title, department and code."""
        return f"{post} · {post.department} ({post.code})"


class AppointForm(ServiceForm):
    """Give a person a post."""

    person = PersonChoice(label=gettext_lazy("Person"))
    position = PositionChoice(label=gettext_lazy("Position"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=Holding.Kind.choices,
        initial=Holding.Kind.REGULAR,
        help_text=gettext_lazy(
            "Acting: for a time, until the post is filled; it stays vacant. Part-time: beside another post."
        ),
    )
    starts = Day(label=gettext_lazy("First day"), initial=timezone.localdate)
    ends = Day(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: until it is ended."),
    )


class EndForm(ServiceForm):
    """End a holding or a deputising."""

    ends = Day(
        label=gettext_lazy("Last day"),
        initial=timezone.localdate,
        help_text=gettext_lazy("The person still holds the post on this day."),
    )


class CorrectForm(ServiceForm):
    """Put right what was written wrongly."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Holding.Kind.choices)
    starts = Day(label=gettext_lazy("First day"))
    ends = Day(
        label=gettext_lazy("Last day"), required=False, help_text=gettext_lazy("Empty: until it is ended.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes on record. For example: the contract says 1 March."),
    )


class StrikeForm(ServiceForm):
    """Take away what never should have been written."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes on record. For example: the wrong person was chosen."),
    )


class DeputyForm(ServiceForm):
    """Name a deputy."""

    principal = PersonChoice(label=pgettext_lazy("who has a deputy", "Who is absent"))
    deputy = PersonChoice(label=gettext_lazy("Deputy"))
    starts = Day(label=gettext_lazy("First day"), initial=timezone.localdate)
    ends = Day(
        label=gettext_lazy("Last day"), required=False, help_text=gettext_lazy("Empty: until it is ended.")
    )
    workflows = forms.MultipleChoiceField(
        label=pgettext_lazy("of cases", "Workflows"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: in all of them."),
    )

    def __init__(self, *args: Any, workflows: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workflows"].choices = workflows
        if not workflows:
            del self.fields["workflows"]


class PostForm(ServiceForm):
    """Make or change a post."""

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy(
            "Letters, digits, - and _. Part of addresses and document numbers; it never changes."
        ),
    )
    title = forms.CharField(label=pgettext_lazy("of a position", "Title"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("Title (English)"), max_length=120, required=False)
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"), queryset=Department.objects.all(), widget=LongSelect
    )
    superiors = PositionsChoice(
        label=gettext_lazy("Reports to"),
        queryset=Position.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "The chart draws a solid line to the one in the same department, dotted lines to others."
        ),
    )
    heads_department = forms.BooleanField(label=gettext_lazy("Heads the department"), required=False)
    grade = forms.CharField(label=gettext_lazy("Grade"), max_length=40, required=False)
    headcount = forms.IntegerField(
        label=gettext_lazy("Headcount"),
        min_value=0,
        max_value=9999,
        initial=1,
        help_text=gettext_lazy("How many people are to hold it. Vacancies are counted from this."),
    )

    def __init__(self, *args: Any, post: Position | None = None, **kwargs: Any) -> None:
        self.post = post
        if post is not None:
            names = ("code", "title", "title_en", "department", "heads_department", "grade", "headcount")
            kwargs["initial"] = {
                **{name: getattr(post, name) for name in names},
                "superiors": list(post.superiors.all()),
            }
        super().__init__(*args, **kwargs)
        others = Position.objects.select_related("department").order_by("department__order", "code")
        self.fields["superiors"].queryset = others.exclude(pk=post.pk) if post else others
        if post is not None:
            self.fields["code"].disabled = True

    def clean_code(self) -> str:
        """Refuse a code that is taken, or that is an address of ours."""
        code: str = self.cleaned_data["code"]
        if self.post is not None:
            return code
        if Position.objects.filter(code__iexact=code).exists():
            raise forms.ValidationError(
                _("There is a position with the code %(code)s already.") % {"code": code}
            )
        try:
            check_code(code)
        except CodeReserved as refused:
            raise forms.ValidationError(str(refused)) from refused
        return code


class DepartmentForm(ServiceForm):
    """Make or change a department."""

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits, - and _. It never changes."),
    )
    name = forms.CharField(label=pgettext_lazy("of a department", "Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=120, required=False)
    parent = forms.ModelChoiceField(
        label=gettext_lazy("Part of"), queryset=Department.objects.all(), required=False, widget=LongSelect
    )
    order = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=9999,
        initial=0,
        help_text=gettext_lazy("Smaller numbers stand first in lists and in the chart."),
    )

    def __init__(self, *args: Any, department: Department | None = None, **kwargs: Any) -> None:
        self.department = department
        if department is not None:
            names = ("code", "name", "name_en", "parent", "order")
            kwargs["initial"] = {name: getattr(department, name) for name in names}
        super().__init__(*args, **kwargs)
        if department is not None:
            self.fields["code"].disabled = True
            self.fields["parent"].queryset = Department.objects.exclude(pk=department.pk)

    def clean_code(self) -> str:
        """Refuse a code that is taken."""
        code: str = self.cleaned_data["code"]
        if self.department is None and Department.objects.filter(code__iexact=code).exists():
            raise forms.ValidationError(
                _("There is a department with the code %(code)s already.") % {"code": code}
            )
        return code


def as_deputies(row: Deputy) -> str:
    """Return a deputising in words."""
    return _("%(deputy)s for %(principal)s") % {"deputy": row.deputy, "principal": row.principal}
