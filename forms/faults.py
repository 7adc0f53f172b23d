"""What is not well formed in a definition, in the words of people: pydantic speaks to programmers."""

from __future__ import annotations

import re
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


def place_of(body: Any, location: Sequence[int | str]) -> str:
    """Return a place in the body as people find it: what stands in a list by its id or key."""
    parts: list[str] = []
    here = body
    for part in location:
        try:
            here = here[part]
        except (LookupError, TypeError):
            here = None
        parts.append(str(name_of(here, part) if isinstance(part, int) else part))
    return ".".join(parts)


def name_of(item: Any, position: int) -> Any:
    """Return what goes for the place of something in a list: its id or key, else its number."""
    return item.get("id") or item.get("key") or position if isinstance(item, dict) else position


def repeated(keys: Sequence[str]) -> int | None:
    """Return the place of the first key that has stood before; None: each stands once."""
    return next((at for at, key in enumerate(keys) if key in keys[:at]), None)


def sentence(fault: Mapping[str, Any]) -> str:
    """Return what is wrong and what to do, for one of pydantic's errors."""
    given: Mapping[str, Any] = fault.get("ctx") or {}
    match fault["type"]:
        case "missing":
            return _("This is missing; fill it in, or choose.")
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
            return str(given["error"])
        case "int_type" | "int_parsing" | "int_from_float":
            return _("Write a whole number.")
        case "greater_than_equal":
            return _("Write %(number)s or more.") % {"number": given["ge"]}
        case "less_than_equal":
            return _("Write %(number)s or less.") % {"number": given["le"]}
        case "string_type" | "bool_type" | "list_type" | "dict_type" | "model_type" | "model_attributes_type":
            return _("This has not the form it must have.")
        case "string_pattern_mismatch":
            return _as_written(str(given["pattern"]))
        case "literal_error" | "enum" if fault["input"] in (None, ""):
            return _("This is missing; fill it in, or choose.")
        case "literal_error" | "enum":
            keys = re.findall(r"'([^']*)'", str(given["expected"]))
            return _("This is none of what can be chosen: %(choices)s.") % {"choices": ", ".join(keys)}
        case "extra_forbidden":
            return _("“%(name)s” is not known here; take it out.") % {"name": fault["loc"][-1]}
    return _("This cannot be taken: %(what)s") % {"what": fault["msg"]}


def _as_written(pattern: str) -> str:
    """Return in words how something has to be written, for the patterns of keys; others are shown as they are."""
    key = re.fullmatch(r"\^\[a-z(?P<figure>0-9)?\]\[a-z0-9_(?P<dash>-)?\]\{0,(?P<most>\d+)\}\$", pattern)
    if key is None:
        return _("This is not written as it must be: %(pattern)s") % {"pattern": pattern}
    most = {"number": int(key["most"]) + 1}
    if key["figure"]:
        return _("Write small letters a to z, figures, _ and - only, at most %(number)s.") % most
    if key["dash"]:
        return (
            _("Write small letters a to z, figures, _ and - only, a letter first, at most %(number)s.") % most
        )
    return _("Write small letters a to z, figures and _ only, a letter first, at most %(number)s.") % most
