"""The form that asks for a booklet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice.positions.booklets import making
from backoffice.positions.booklets.contents import Scope, entries
from foundation.organisation.models import Department

LANGUAGES = (("zh-hans", "简体中文"), ("en", "English"))


class BookletForm(forms.Form):
    """Department (none: everything), day, language. ``scope`` is there once it is valid."""

    department = forms.ModelChoiceField(
        Department.objects.all(),
        to_field_name="code",
        required=False,
        label=_("Department"),
        empty_label=_("whole organisation"),
        help_text=_("With everything that is part of it."),
        error_messages={"invalid_choice": _("This department is no longer there. Choose another one.")},
    )
    day = forms.DateField(
        label=_("In force on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Enter a day as 2026-01-31."), "required": _("Choose a day.")},
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def __init__(self, *args: Any, **options: Any) -> None:
        initial = {"day": timezone.localdate(), "language": get_language() or LANGUAGES[0][0]}
        given = options.pop("initial", {})
        super().__init__(
            *args, initial={**initial, **{key: each for key, each in given.items() if each}}, **options
        )
        self.scope: Scope | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse a booklet with nothing in it. Three queries."""
        values = super().clean() or {}
        if not self.errors:
            department = values["department"]
            scope = Scope(values["day"], department.code if department else "", values["language"])
            if entries(scope):
                self.scope = scope
            else:
                self.add_error("day", making.nothing_in(scope))
        return values
