"""Accounts in Wagtail's admin: who is called what, who may sign in, who is in which group. For administrators.

Nobody becomes a superuser here (``manage.py createsuperuser`` is for whoever holds the machine), nobody is
deleted. What changes is an event of the person's stream.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import get_active_log_context
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

from backoffice.access import records
from foundation.audit.services import Actor, FieldChange
from foundation.organisation.models import User

FIELDS = (
    "username",
    "full_name",
    "full_name_en",
    "employee_number",
    "email",
    "phone",
    "language",
    "groups",
)


class PersonForm(forms.ModelForm):
    """What both forms share: our fields in our order, and the record."""

    # The halves of a name and the superuser that Wagtail's form declares.
    first_name = None
    last_name = None
    is_superuser = None

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as the browser asks")), *settings.LANGUAGES]
    )
    field_order: ClassVar[list[str]] = [*FIELDS[:-1], "password1", "password2", "is_active", "groups"]

    def save(self, commit: bool = True) -> User:
        """Save, and write the event in the same transaction."""
        with transaction.atomic():
            before = _state_of(self.instance.pk)
            person: User = super().save(commit)
            kind = "user.changed" if before else "user.created"
            # The password is named when it changes and never written down.
            now = {**_state_of(person.pk), "password": "set" if self.cleaned_data.get("password1") else None}
            subject = f"user:{person.pk}"
            changes = [
                FieldChange(path, before.get(path), value, subject)
                for path, value in now.items()
                if value != before.get(path)
            ]
            actor = get_active_log_context().user
            if changes:
                by = Actor.of(actor) if actor else Actor.system("admin")
                records.note(person, kind, actor=by, changes=changes)
        return person


def _state_of(key: Any) -> dict[str, Any]:
    """Return the recorded fields of an account as the database has them; empty for a new one."""
    stored = User.objects.filter(pk=key).first()
    if stored is None:
        return {}
    plain = (*FIELDS[:-1], "is_active")
    groups = list(stored.groups.order_by("name").values_list("name", flat=True))
    return {**{name: getattr(stored, name) for name in plain}, "groups": groups}


class PersonCreationForm(PersonForm, UserCreationForm):
    """Make an account."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = FIELDS


class PersonEditForm(PersonForm, UserEditForm):
    """Change an account; one's own cannot be switched off."""

    def __init__(self, *args: Any, editing_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if editing_self:
            del self.fields["is_active"]

    class Meta(UserEditForm.Meta):
        model = User
        fields = (*FIELDS, "is_active")


class PersonViewSet(UserViewSet):
    """Wagtail's screens of accounts with our forms."""

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        """Return the form for a new account or for an existing one."""
        return PersonEditForm if for_update else PersonCreationForm
