"""Texts in several languages."""

import pytest
from django.utils import translation
from pydantic import TypeAdapter, ValidationError

from foundation.editions.texts import LocalizedText, in_language

localized = TypeAdapter(LocalizedText)


def test_the_language_in_use_is_shown():
    with translation.override("en"):
        assert in_language({"zh-hans": "投诉", "en": "Complaint"}) == "Complaint"


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ({"zh-hans": "投诉", "en": "Complaint"}, "zh-hans", "投诉"),
        ({"zh-hans": "投诉", "en": "Complaint"}, "en-gb", "Complaint"),
        ({"zh-hans": "投诉", "en": " "}, "en", "投诉"),
        ({"en": "Complaint"}, "zh-hans", "Complaint"),
        ({"zh-hans": ""}, "zh-hans", ""),
        ({}, None, ""),
    ],
)
def test_a_missing_language_falls_back_to_chinese_then_to_any(text, language, shown):
    assert in_language(text, language) == shown


def test_texts_of_known_languages_with_chinese_are_accepted():
    assert localized.validate_python({"zh-hans": "投诉", "en": ""}) == {"zh-hans": "投诉", "en": ""}


@pytest.mark.parametrize(
    "text", [{"en": "Complaint"}, {"zh-hans": " "}, {"zh-hans": "投诉", "tlh": "bortaS"}, {}]
)
def test_a_text_without_chinese_or_in_an_unknown_language_is_refused(text):
    with pytest.raises(ValidationError):
        localized.validate_python(text)
