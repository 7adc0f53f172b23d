"""Texts in several languages, as definitions hold them: ``{"zh-hans": "投诉", "en": "Complaint"}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import AfterValidator, WithJsonSchema

Text = dict[str, str]
FIRST_LANGUAGE = "zh-hans"


def _check(text: Text) -> Text:
    known = [code for code, _name in settings.LANGUAGES]
    for code in text:
        if code not in known:
            raise ValueError(
                _("There is no language “%(code)s” here, but these: %(known)s.")
                % {"code": code, "known": ", ".join(known)}
            )
    if not text.get(FIRST_LANGUAGE, "").strip():
        raise ValueError(_("The text in Chinese is missing; write it."))
    return text


LocalizedText = Annotated[
    Text,
    AfterValidator(_check),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}, "format": "localized"}),
]
"""For pydantic models: languages of the installation only, Chinese never empty. In JSON Schema its format tells it
from other mappings of texts.
"""


def in_language(text: Mapping[str, str], language: str | None = None) -> str:
    """Return the text in ``language`` (without one: the one in use), else Chinese, else any; or ``""``."""
    wanted = (language or get_language() or FIRST_LANGUAGE).lower()
    for code in (wanted, wanted.split("-")[0], FIRST_LANGUAGE, *text):
        if text.get(code, "").strip():
            return text[code]
    return ""
