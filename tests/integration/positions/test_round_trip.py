"""Whatever a description says, its edition says, and a page made from the edition says again."""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.positions.body import (
    CHOICES,
    FLAGS,
    PEOPLE,
    PLAIN,
    edition_body,
    page_fields,
    sheet,
    upgraded,
)
from backoffice.positions.enums import ControlledStatus, DutyGrouping, UnitKind
from backoffice.positions.markup import plain_markup
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import LINK, PARTS, SINGLES, Column, Part
from foundation.editions.canonical import canonical
from foundation.organisation.models import User
from tests.factories.organisation import make_position, make_user

pytestmark = pytest.mark.django_db

letters = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp", "Zs"))
line = st.text(letters, max_size=12).map(lambda text: unicodedata.normalize("NFC", text).strip())
written = line.filter(bool)
lines = st.lists(line, max_size=3).map(lambda several: "\n".join(several).strip())
rich = st.lists(written, max_size=2).map(
    lambda several: plain_markup("".join(f"<p>{escape(text, quote=False)}</p>" for text in several))
)


def value(column: Column) -> st.SearchStrategy[Any]:
    """Return what a person can put into one field, as an edition holds it."""
    match column.kind:
        case "choice":
            assert column.choices is not None
            return st.sampled_from(column.choices.values if column.required else ["", *column.choices.values])
        case "flag":
            return st.booleans()
        case "whole":
            return st.none() | st.integers(0, column.most)
        case "money":
            return st.just("") | st.decimals(0, 9_999_999, places=2).map(lambda amount: f"{amount:.2f}")
        case "reference":
            return st.sampled_from(["", "form:complaint", "workflow:complaint"])
        case "rich":
            return rich.filter(bool)
    return written if column.required else lines if column.length > 200 else line


def things(part: Part) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return lists of things of one part."""
    row = st.fixed_dictionaries(
        {"id": st.uuids().map(str), **{column.name: value(column) for column in part.columns}},
        # Where a row was taken from stands in it only if it was taken from somewhere.
        optional={LINK.name: st.just("greet-customer@2")} if part.library else {},
    )
    return st.lists(row, max_size=2)


said = st.fixed_dictionaries(
    {
        "title": written,
        "unit_kind": st.sampled_from(UnitKind.values),
        "controlled": st.sampled_from(ControlledStatus.values),
        "duties_by": st.sampled_from(DutyGrouping.values),
        "issue_date": st.just("") | st.dates(datetime.date(1990, 1, 1)).map(str),
        **{name: st.booleans() for name in FLAGS},
        **dict.fromkeys(PLAIN, lines),
        **{single.name: rich if single.rich else lines for single in SINGLES},
        **{part.name: things(part) for part in PARTS},
    }
)


def page_of(body: dict[str, Any], position: Any) -> PositionPage:
    """Return an unsaved page that says what ``body`` says."""
    fields = page_fields(body)
    posts = fields.pop("scope_posts")
    page = PositionPage(position=position, **fields)
    page.scope_posts = posts
    return page


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    wanted=said,
    chosen=st.lists(st.integers(0, 2), unique=True),
    people=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_page_edition_json_page_loses_nothing(wanted, chosen, people):
    position, *others = (_position(code) for code in ("described", "one", "two", "three"))
    author = User.objects.filter(username="author").first() or make_user("author", full_name="林月")
    named_person = {"id": str(author.uuid), "name": "林月", "name_en": author.full_name_en}
    body = {
        **upgraded({"code": "described", "title": "", "department": None}),
        **wanted,
        "scope_posts": [
            {"code": post.code, "title": post.title, "title_en": post.title_en}
            for post in sorted((others[number] for number in chosen), key=lambda post: post.code)
        ],
        "answerable": {"code": "one", "title": others[0].title, "title_en": others[0].title_en},
        **{name: named_person if there else None for name, there in zip(PEOPLE, people, strict=True)},
    }
    stored = json.loads(canonical(edition_body(page_of(body, position))))
    again = json.loads(canonical(edition_body(page_of(stored, position))))
    kept = {name: _plain(stored[name]) for name in (*wanted, "scope_posts", "answerable", *PEOPLE)}
    assert kept == {name: _plain(body[name]) for name in kept}
    assert again == stored
    assert set(CHOICES) | set(FLAGS) | set(PLAIN) <= set(stored)


def test_every_field_of_an_edition_is_read_from_an_older_one():
    """An edition of the first form, before there were parts, reads and upgrades."""
    old = {"code": "a", "title": "甲", "duties": [{"id": "d", "text": "乙", "cadence": "daily"}]}
    shown = sheet({**old, "qualifications": [{"id": "q", "kind": "skill", "text": "丙", "mandatory": False}]})
    assert (shown.title, [duty.text for group in shown.duties for duty in group.duties]) == ("甲", ["乙"])
    assert set(upgraded(old)) >= {part.name for part in PARTS}


def _position(code: str) -> Any:
    from foundation.organisation.models import Position

    return Position.objects.filter(code=code).first() or make_position(code, title=f"岗位 {code}")


def _plain(told: Any) -> Any:
    """Return rows without the names of forms, which are added when the edition is made."""
    if not isinstance(told, list):
        return told
    return [{name: text for name, text in row.items() if not name.startswith("related_name")} for row in told]


def test_the_table_of_fields_names_all_of_them_and_only_what_exists():
    table = (Path(__file__).parents[3] / "docs" / "position-fields.md").read_text(encoding="utf-8")
    ids = re.findall(r"^\| (PD-\d\d) ", table, re.MULTILINE)
    assert ids == [f"PD-{number:02}" for number in range(1, 47)]
    body = upgraded({"code": "a", "title": "b"})
    parts = set(re.findall(r"parts? `([a-z_]+)`", table))
    assert parts <= {part.name for part in PARTS}
    assert set(re.findall(r"columns? `([a-z_]+)`", table)) - {"effective_from"} <= {*body, "title"}
