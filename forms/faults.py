"""What is not well formed in a definition, in the words of people: pydantic speaks to programmers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def sentence(fault: Mapping[str, Any]) -> str:
    """Return what is wrong and what to do, for one of pydantic's errors; its own words for a rare one."""
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
    return str(fault["msg"]).removeprefix("Value error, ")
