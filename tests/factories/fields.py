"""Options with which every kind of field is tried, and a directory without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from forms.fields import Found, Reference
from tests.factories.forms import choices, text

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": [{}, {"min_length": 5, "max_length": 8}],
    "long_text": [{}],
    "rich_note": [{}],
    "whole_number": [{}, {"min": -3, "max": 3}],
    "decimal": [{}, {"scale": 1, "min": "-2.5", "max": "2.5"}, {"scale": 6, "unit": text("升", "l")}],
    "money": [{}, {"min": "-5.00", "max": "99.99"}, {"currency": "JPY"}, {"currency": "USD"}],
    "date": [{}, {"not_future": True, "earliest": "2026-11-01"}],
    "time": [{}, {"earliest": "08:30", "latest": "17:30", "step": 10}],
    "moment": [{}, {"not_past": True}],
    "date_range": [{}, {"min_days": 2, "max_days": 5, "not_past": True}],
    "yes_no": [{}, {"yes": text("已通知", "Told")}],
    "choice": [choices("a", "b", "c"), choices("a", "b", other=True)],
    "choices": [
        choices("a", "b", "c"),
        choices("a", "b", "c", other=True),
        choices("a", "b", "c", min=2, max=2),
        {"choices": [{"key": "a", "label": text("甲;乙", "A; B")}, {"key": "b", "label": text("丙", "C")}]},
    ],
    "rating": [{}, {"max": 10}],
    "phone": [{}, {"mobile_only": True}],
    "email": [{}],
    "plate": [
        {},
        {"plates": ["police", "trailer", "learner", "embassy", "border"]},
    ],
    "vin": [{}, {"check_digit": False}],
    "id_card": [{}, {"masked": True}],
    "static": [{"content": text("<p>请<b>逐项</b>填写</p>", "<p>Fill in <b>everything</b></p>")}],
}


class SmallDirectory:
    """Two of everything."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return the two where they are asked for."""
        there = {
            one.reference: one for source in {one.source for one in references} for one in self._of(source)
        }
        return {one: there[one] for one in references if one in there}

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return both."""
        return [one for one in self._of(source) if words in one.label][:limit]

    def _of(self, source: str) -> list[Found]:
        return [
            Found(Reference(source, f"key-{number}"), f"名称 {number}", "", {"name": f"名称 {number}"})
            for number in (1, 2)
        ]
