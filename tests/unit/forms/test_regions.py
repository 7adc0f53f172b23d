"""The places of China that come along: whole, and such that every answer can be given to its last step."""

from __future__ import annotations

import re

from forms.fields.cascade import KIND, CascadeOptions

OPTIONS = CascadeOptions.model_validate({"source": "regions"})


def test_every_place_stands_below_its_city_or_province_under_a_code_of_six_digits() -> None:
    provinces = OPTIONS.below("")
    assert len(provinces) == 34
    seen = [code for province in provinces for code in _below(province)]
    assert len(seen) == len(set(seen)) > 3000
    for code in seen:
        assert re.fullmatch(r"[1-8]\d{5}", code)
        assert re.fullmatch(r"[\u4e00-\u9fff]{2,15}", OPTIONS.label_of(code, "zh-hans")), code


def _below(code: str) -> list[str]:
    return [code, *(found for inner in OPTIONS.below(code) for found in _below(inner))]


def test_places_without_cities_or_districts_end_earlier() -> None:
    assert OPTIONS.is_whole(["710000"])
    assert OPTIONS.is_whole(["440000", "441900"])  # a city without districts
    assert not OPTIONS.is_whole(["440000", "440300"])
    assert KIND.parse(["广东省 / 深圳市 / 福田区"], OPTIONS) == {"path": ["440000", "440300", "440304"]}
    assert KIND.parse(["湖北省 / 仙桃市"], OPTIONS) == {"path": ["420000", "429004"]}
