"""What the administrator fills in: a robot, the house's words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.notifying.kinds import Kind, topics
from foundation.notifying.models import Robot
from foundation.notifying.robots import adapters
from foundation.notifying.robots.keeping import RobotRefused, Wanted
from foundation.organisation.models import Role
from workflows.definitions import definition_of


class RobotForm(forms.Form):
    """A robot of a group chat. Address and secret are never shown again; left empty they stay as they are."""

    name = forms.CharField(
        label=pgettext_lazy("of a robot", "Name"),
        max_length=80,
        help_text=_("Such as the name of the group."),
    )
    service = forms.ChoiceField(label=_("Service"))
    address = forms.CharField(
        label=_("Webhook address"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Secret of the signature"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("DingTalk and Feishu show it where signing is switched on for the robot."),
    )
    no_secret = forms.BooleanField(label=_("The robot does not sign any more"), required=False)
    language = forms.ChoiceField(label=_("Language"))
    topics = forms.MultipleChoiceField(
        label=_("Topics it tells"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all."),
    )
    workflows = forms.MultipleChoiceField(
        label=_("Workflows it tells of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all, and matters of no workflow."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Only what is said to these roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: whoever it is said to. Roles are known for the notices of workflows only."),
    )
    shows_text = forms.BooleanField(
        label=_("It also says what the matter is about, and the text"),
        required=False,
        help_text=_(
            "Only for groups whose members may all read that. Otherwise it says the number, the subject, and where."
        ),
    )
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, robot: Robot | None = None, **kwargs: Any) -> None:
        names = ("name", "service", "language", "topics", "workflows", "roles", "shows_text", "active")
        kwargs.setdefault(
            "initial",
            {name: getattr(robot, name) for name in names} if robot else {"language": settings.LANGUAGE_CODE},
        )
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = [(one.key, one.name) for one in adapters()]
        self.fields["language"].choices = settings.LANGUAGES
        self.fields["topics"].choices = [(topic.key, topic.title) for topic in topics()]
        self.fields["workflows"].choices = _workflows()
        self.fields["roles"].choices = [(role.key, str(role)) for role in Role.objects.all()]
        if robot is not None:
            self.fields["address"].help_text = _("Now: %(address)s. Leave it empty to keep it.") % {
                "address": robot.shown_address
            }
            if robot.secret:
                self.fields["secret"].help_text = _("There is one. Leave it empty to keep it.")
            else:
                del self.fields["no_secret"]
        else:
            self.fields["address"].help_text = _(
                "Paste it as the service shows it. Whoever has it can write to the group."
            )
            del self.fields["no_secret"]

    def wanted(self) -> Wanted:
        """Return the robot as it is wanted, once the form is valid."""
        return Wanted(**{**self.cleaned_data, "address": self.cleaned_data["address"].strip()})

    def refuse(self, refused: RobotRefused) -> None:
        """Put what the service refused beside its controls."""
        for name, sentence in refused.errors.items():
            self.add_error(name if name in self.fields else None, sentence)


def _workflows() -> list[tuple[str, str]]:
    newest = {}
    for edition in Edition.objects.filter(kind=Edition.Kind.WORKFLOW).order_by("key", "number"):
        newest[edition.key] = edition
    return [(key, in_language(definition_of(edition).title)) for key, edition in newest.items()]


class WordsForm(forms.Form):
    """Subject and text of one kind in one language."""

    subject = forms.CharField(label=_("Subject"), max_length=400, required=False)
    text = forms.CharField(
        label=_("Text"), max_length=8000, required=False, widget=forms.Textarea(attrs={"rows": 8})
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
