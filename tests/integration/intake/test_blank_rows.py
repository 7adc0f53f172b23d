"""Tables on the form for a pen: rows enough to be filled in by hand. Read in English."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from backoffice.intake.blank import MOST_ROWS, OWN_ITEMS, place_of
from forms.schema import FieldDefinition
from tests.factories.forms import choices, field, text

COLUMNS = [
    {"key": "part", "label": text("配件", "Part")},
    {"key": "price", "label": text("单价", "Price"), "kind": "money"},
    {"key": "state", "label": text("状态", "State"), "kind": "choice", "options": choices("new", "old")},
]


def table(**options: Any) -> Any:
    return place_of(
        FieldDefinition.model_validate(field("parts", "table", options={"columns": COLUMNS, **options})), "en"
    )


@pytest.mark.parametrize(
    ("options", "rows", "more"),
    [
        ({}, 10, False),
        ({"max": 3}, 3, False),
        ({"max": 60}, MOST_ROWS, True),
        ({"min": 20, "max": 30}, 20, True),
    ],
    ids=["all it takes", "no more than it takes", "many", "at least what is asked for"],
)
def test_a_table_has_empty_rows_for_a_pen(options: dict[str, Any], rows: int, more: bool) -> None:
    place = table(**options)
    assert list(place.free) == list(range(1, rows + 1))
    assert place.more is more


def test_headings_say_what_is_chosen_from_and_what_is_added_up() -> None:
    with override("en"):
        place = table(totals=["price"])
    assert list(place.headings) == ["Part", "Price (yuan)", "State (Choice new / Choice old)"]
    assert list(place.totals) == ["/", "", "/"]


def test_given_rows_take_no_further_ones() -> None:
    place = table(rows=[{"key": "front", "label": text("前", "Front")}])
    assert (list(place.rows), list(place.free), place.more) == (["Front"], [], False)


def test_a_checklist_that_takes_own_items_has_rows_for_them() -> None:
    items = [{"key": "id", "label": text("身份证", "Identity card")}]
    for custom, numbers in ((True, [2, 3, 4]), (False, [])):
        asked = field("papers", "checklist", options={"items": items, "custom": custom})
        place = place_of(FieldDefinition.model_validate(asked), "en")
        assert list(place.free) == numbers
    assert len([2, 3, 4]) == OWN_ITEMS
