"""What is not well formed in a definition, in the words of people: pydantic speaks to programmers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def unsound(sentence: str, *at: str | int) -> ValidationError:
    """Return what a validator raises that finds something wrong: a sentence, translated, and where it stands
    (``"columns", 2, "key"``) below what is validated.
    """
    fault = PydanticCustomError("unsound", "{what}", {"what": sentence})
    return ValidationError.from_exception_data("unsound", [InitErrorDetails(type=fault, loc=at, input=None)])


def below(faults: ValidationError, *at: str | int) -> ValidationError:
    """Return the faults of a part with the place of the part before theirs, for its validator to raise."""
    return ValidationError.from_exception_data(
        "unsound",
        [
            InitErrorDetails(
                type=PydanticCustomError("unsound", "{what}", {"what": sentence(fault)}),
                loc=(*at, *fault["loc"]),
                input=fault["input"],
            )
            for fault in faults.errors()
        ],
    )


def repeated(keys: Sequence[str]) -> int | None:
    """Return the place of the first key that has stood before; None: each stands once."""
    return next((at for at, key in enumerate(keys) if key in keys[:at]), None)


def sentence(fault: Mapping[str, Any]) -> str:
    """Return what is wrong and what to do, for one of pydantic's errors."""
    given: Mapping[str, Any] = fault.get("ctx") or {}
    match fault["type"]:
        case "missing":
            return _("This is missing.")
        case "too_short":
            return _("At least %(number)s of these are needed.") % {"number": given["min_length"]}
        case "too_long":
            return _("At most %(number)s of these are possible.") % {"number": given["max_length"]}
        case "string_too_short":
            return _("Write something here.")
        case "string_too_long":
            return _("Write at most %(number)s characters.") % {"number": given["max_length"]}
        case "unsound":
            return str(fault["msg"])
        case "value_error":  # a sentence of ours, where its place is that of the whole
            return _("This cannot be taken: %(what)s") % {"what": fault["msg"]}
        case "int_type" | "int_parsing" | "int_from_float":
            return _("Write a whole number.")
        case "greater_than_equal":
            return _("Write %(number)s or more.") % {"number": given["ge"]}
        case "less_than_equal":
            return _("Write %(number)s or less.") % {"number": given["le"]}
        case "string_type" | "bool_type" | "list_type" | "dict_type" | "model_type" | "model_attributes_type":
            return _("This has not the form it must have.")
        case "string_pattern_mismatch":
            return _("This is not written as it must be: %(pattern)s") % {"pattern": given["pattern"]}
        case "literal_error" | "enum":
            return _("Choose one of these: %(choices)s") % {"choices": given["expected"]}
        case "extra_forbidden":
            return _("This is not known here.")
    return _("This cannot be taken: %(what)s") % {"what": fault["msg"]}
