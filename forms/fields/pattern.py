"""A pattern that a whole answer must match, with the sentence that says what to write and an example of it."""

from __future__ import annotations

import re2
from django.utils.translation import gettext

from forms.faults import unsound
from forms.fields.base import FieldFault
from foundation.editions.texts import LocalizedText, in_language


def check_pattern(pattern: str, message: LocalizedText | None, example: str) -> None:
    """Raise the fault of an option unless ``pattern`` can be read, matches its example and has its sentence."""
    if not pattern:
        return
    try:
        re2.compile(pattern)
    except re2.error as fault:
        raise unsound(
            gettext("This pattern cannot be read: %(what)s") % {"what": str(fault)}, "pattern"
        ) from None
    if not re2.fullmatch(pattern, example):
        raise unsound(gettext("A pattern needs an example that it matches."), "example")
    if message is None:
        raise unsound(gettext("A pattern needs a sentence that says what to write."), "pattern_message")


def check_match(value: str, pattern: str, message: LocalizedText | None) -> None:
    """Raise FieldFault with the pattern's sentence unless it matches the whole value, or there is none."""
    if pattern and not re2.fullmatch(pattern, value):
        raise FieldFault(in_language(message or {}))
