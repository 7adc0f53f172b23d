"""What a holder answers with, and the rules on dates. Whether the password is right is asked in ``views``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.positions.signoff.models import SignOffPolicy
from backoffice.positions.signoff.policy import FIELDS
from backoffice.positions.signoff.services import LONGEST_REASON
from foundation.worktime.models import Calendar


class PasswordForm(forms.Form):
    """An answer that the holder confirms with their password."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("It stands for your handwritten signature."),
        error_messages={"required": gettext_lazy("Enter the password you sign in with.")},
    )


class SignForm(PasswordForm):
    """The signature."""

    read = forms.BooleanField(
        label=gettext_lazy("I have read what is shown above."),
        error_messages={"required": gettext_lazy("Read the text, then tick here.")},
    )
    field_order = ["read", "password"]


class RefuseForm(PasswordForm):
    """The refusal."""

    reason = forms.CharField(
        label=gettext_lazy("Why you do not sign"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("HR and your line manager read it; it is kept with the record."),
        error_messages={"required": gettext_lazy("Say why you do not sign.")},
    )
    field_order = ["reason", "password"]


class PolicyForm(forms.ModelForm):
    """The rules on dates."""

    class Meta:
        model = SignOffPolicy
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = [("", _("calendar days"))]
        days += [
            (calendar.key, _("working days of %(calendar)s") % {"calendar": calendar})
            for calendar in Calendar.objects.all()
        ]
        field = self.fields["calendar"]
        self.fields["calendar"] = forms.ChoiceField(
            label=field.label, help_text=field.help_text, choices=days, required=False
        )
