"""The forms of HR's screens for the library: an item, made from the columns of its part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.positions import references
from backoffice.positions.library import links
from backoffice.positions.library.wording import columns_of
from backoffice.positions.parts import Column, Part

ONE_LINE = 200


class ItemForm(forms.Form):
    """Wording, subject and note of an item; ``version`` is that of the row the person saw.

    ``new``: the key may be chosen too. What is wrong with a wording is told by ``items.checked``, so that the
    rule is the same on every way in.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, part: Part, new: bool, subjects: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part = part
        for column in columns_of(part):
            self.fields[f"wording-{column.name}"] = _field(column)
        self.fields["subject"] = forms.CharField(
            label=_("Subject on the shelf"),
            required=False,
            max_length=80,
            help_text=_("A word under which it is found again, such as reception. Makes no new version."),
            widget=forms.TextInput(attrs={"list": "library-subjects", "autocomplete": "off"}),
        )
        self.fields["note"] = forms.CharField(
            label=_("Note"),
            required=False,
            max_length=2000,
            help_text=_("For those who keep the library; descriptions do not show it."),
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        self.subjects = subjects
        if new:
            self.fields["key"] = forms.CharField(
                label=_("Key"),
                required=False,
                max_length=60,
                help_text=_(
                    "Small letters a–z, digits and hyphens, such as greet-customer. Stays for ever. "
                    "Left empty, the item gets a number."
                ),
                widget=forms.TextInput(attrs={"pattern": links.KEY, "autocomplete": "off"}),
            )

    @property
    def wording(self) -> dict[str, Any]:
        """Return what was filled in, by column."""
        return wording_in(self.part, self.cleaned_data)

    @property
    def wording_fields(self) -> list[Any]:
        """Return the fields of the wording, for the template."""
        return [self[name] for name in self.fields if name.startswith("wording-")]

    @property
    def shelf_fields(self) -> list[Any]:
        """Return the other fields a person sees."""
        return [self[name] for name in ("subject", "note", "key") if name in self.fields]

    def tell(self, faults: Mapping[str, str]) -> None:
        """Show what ``items.checked`` found, beside the field it is about."""
        for name, sentence in faults.items():
            self.add_error(name if name in self.fields else f"wording-{name}", sentence)


def initial_of(wording: Mapping[str, Any]) -> dict[str, Any]:
    """Return the initial values of a form for a wording."""
    return {f"wording-{name}": value for name, value in wording.items()}


def wording_in(part: Part, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wording among the values of a form."""
    return {column.name: values.get(f"wording-{column.name}") for column in columns_of(part)}


class PublishForm(forms.Form):
    """What changed and why: told to everybody whose descriptions use the item."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("What changed and why"), max_length=500)

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = not first
        self.fields["note"].help_text = _(
            "Shown with the version, and to those who are asked to take it over."
        )


def _field(column: Column) -> forms.Field:
    """Return the field of one column. Required ones are checked by ``items.checked``."""
    said: dict[str, Any] = {"label": column.label, "help_text": column.help, "required": False}
    match column.kind:
        case "choice":
            assert column.choices is not None
            empty = [] if column.required else [("", "—")]
            return forms.ChoiceField(
                choices=[*empty, *column.choices.choices], initial=column.default, **said
            )
        case "reference":
            return forms.ChoiceField(choices=[("", "—"), *references.choices()], **said)
        case "flag":
            return forms.BooleanField(initial=bool(column.default), **said)
        case "whole":
            return forms.IntegerField(min_value=0, max_value=column.most, **said)
        case "money":
            return forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, **said)
    if column.length > ONE_LINE:
        return forms.CharField(max_length=column.length, widget=forms.Textarea(attrs={"rows": 3}), **said)
    return forms.CharField(max_length=column.length, **said)
