"""Options with which every kind of field is tried, and a directory without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from forms.fields import Found, Reference
from forms.files.references import SOURCE
from forms.files.samples import sample_files
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
    "cascade": [
        {"source": "regions"},
        {"source": "regions", "depth": 2, "partial": True},
        {
            "tree": [
                {
                    "key": "engine",
                    "label": text("发动机", "Engine"),
                    "children": [
                        {"key": "noise", "label": text("异响", "Noise")},
                        {
                            "key": "oil",
                            "label": text("机油", "Oil"),
                            "children": [{"key": "leak", "label": text("渗漏", "Leak")}],
                        },
                    ],
                },
                {"key": "body", "label": text("车身", "Body")},
            ],
            "steps": [text("系统", "System"), text("现象", "Symptom"), text("细分", "Detail")],
        },
    ],
    "likert": [
        {
            "rows": [
                {"key": "speed", "label": text("速度", "Speed")},
                {"key": "manner", "label": text("态度", "Manner")},
            ],
            "scale": [text("差", "Bad"), text("一般", "Fair"), text("好", "Good")],
        }
    ],
    "table": [
        {
            "columns": [
                {"key": "part", "label": text("配件", "Part"), "required": True},
                {
                    "key": "count",
                    "label": text("数量", "Count"),
                    "kind": "whole_number",
                    "options": {"max": 99},
                },
                {"key": "price", "label": text("单价", "Price"), "kind": "money"},
                {"key": "ordered", "label": text("已订", "Ordered"), "kind": "yes_no"},
                {
                    "key": "sort",
                    "label": text("类别", "Sort"),
                    "kind": "choice",
                    "options": choices("a", "b"),
                },
            ],
            "totals": ["count", "price"],
            "item": text("配件", "Part"),
        },
        {
            "columns": [
                {
                    "key": "state",
                    "label": text("状况", "State"),
                    "kind": "choice",
                    "options": choices("a", "b"),
                    "required": True,
                },
                {"key": "checked_on", "label": text("日期", "Day"), "kind": "date"},
                {"key": "hours", "label": text("工时", "Hours"), "kind": "decimal", "options": {"scale": 1}},
            ],
            "rows": [
                {"key": "front", "label": text("前部", "Front")},
                {"key": "rear", "label": text("后部", "Rear")},
            ],
            "totals": ["hours"],
        },
    ],
    "checklist": [
        {
            "items": [
                {"key": "invoice", "label": text("发票", "Invoice")},
                {"key": "licence", "label": text("行驶证", "Licence"), "required": False},
            ]
        },
        {
            "items": [
                {"key": "id_card", "label": text("身份证", "Identity card")},
                {"key": "policy", "label": text("保单", "Policy")},
            ],
            "details": ["form", "count", "holder", "received_on", "valid_until", "due_on", "note"],
            "holders": [
                {"key": "archive", "label": text("档案室", "Archive")},
                {"key": "customer", "label": text("客户", "Customer")},
            ],
            "custom": True,
        },
    ],
    "phone": [{}, {"mobile_only": True}],
    "email": [{}],
    "plate": [
        {},
        {"plates": ["police", "trailer", "learner", "embassy", "border"]},
    ],
    "vin": [{}, {"check_digit": False}],
    "id_card": [{}, {"masked": True}],
    "file": [{}, {"kinds": ["pdf", "csv", "zip"], "most": 1}],
    "photo": [{}, {"camera_only": True, "edge": 1200}],
    "signature": [{}, {"statement": text("本人确认上述内容属实。", "I confirm that the above is true.")}],
    "person": [{}, {"fills": {"phone": "phone"}}],
    "department": [{}],
    "position": [{}],
    "lookup": [{"form": "customer"}, {"form": "customer", "shows": ["name"], "fills": {"phone": "phone"}}],
    "code": [
        {},
        {"symbols": "ean"},
        {
            "pattern": "B[0-9]{4}",
            "example": "B0001",
            "pattern_message": text("写 B 和四位数字", "Write B and four figures"),
        },
    ],
    "static": [{"content": text("<p>请<b>逐项</b>填写</p>", "<p>Fill in <b>everything</b></p>")}],
}


class SmallDirectory:
    """Two of everything."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return the two where they are asked for, by their keys or by words."""
        found = {}
        for reference in references:
            for one in self._of(reference.source):
                if reference.key in {one.reference.key, f"={one.label}"}:
                    found[reference] = one
        return found

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return both."""
        return [one for one in self._of(source) if words in one.label][:limit]

    def _of(self, source: str) -> list[Found]:
        if source == SOURCE:
            return list(sample_files())
        return [
            Found(Reference(source, f"key-{number}"), f"名称 {number}", "", {"name": f"名称 {number}"})
            for number in (1, 2)
        ]
