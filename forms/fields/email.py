"""An e-mail address. Stores it without blanks, the part after the @ in small letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from forms.fields.base import (
    FieldFault,
    FieldOptions,
    PlainTextKind,
    Stored,
    Surroundings,
    clean_text,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw, pick
from foundation.expressions import Kind

_LONGEST = 254
_HOW = _("Write an e-mail address, for example name@company.cn.")


class EmailOptions(FieldOptions):
    """An e-mail address takes no options."""


class EmailField(PlainTextKind[EmailOptions]):
    """An e-mail address."""

    key = "email"
    name = _("E-mail address")
    missing = _("Write the e-mail address.")
    template = "email"
    expression = Kind.TEXT
    options_model = EmailOptions

    def parse(self, typed: Sequence[str], options: EmailOptions) -> Stored | None:
        return _settled(first_text(typed)) or None

    def check(self, value: Any, options: EmailOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or len(value) > _LONGEST or value != _settled(value):
            raise FieldFault(_HOW)
        try:
            validate_email(value)
        except ValidationError:
            raise FieldFault(_HOW) from None

    def sample(self, seed: int, options: EmailOptions, around: Surroundings) -> Stored:
        name = pick(seed, ["li.lei", "wang", "kefu", "service"], "name")
        return f"{name}{draw(seed, 1, 999)}@example.com"


def _settled(text: str) -> str:
    name, at, host = plain_digits(clean_text(text, lines=False).replace(" ", "")).rpartition("@")
    return f"{name}{at}{host.lower()}"


KIND = EmailField()
