"""An organisation of any size whose descriptions have been published again and again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from backoffice.access import groups
from backoffice.positions.body import edition_body
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.models import PositionIndexPage, PositionPage
from backoffice.positions.parts import LINK
from backoffice.positions.signoff import keeping
from backoffice.positions.tree import index_page
from foundation.editions.models import Edition
from foundation.editions.services import publish as publish_edition
from foundation.organisation.models import Position, User
from tests.factories.library import make_item, publish_version
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_group,
    make_position,
    make_user,
)
from tests.factories.positions import duty, make_published, publish

TITLES = (
    "售后服务顾问",
    "精品销售顾问",
    "客户关系专员",
    "索赔员",
    "配件库管",
    "机电技师",
    "钣金技师",
    "前台接待",
)
ITEMS = 20
CADENCES = ("daily", "weekly", "monthly", "ongoing", "event")


@dataclass(frozen=True)
class Made:
    """What was made: ``page`` is one description that went through every edition in the editor."""

    hr: User
    index: PositionIndexPage
    page: PositionPage
    item: LibraryItem
    today: datetime.date


def make_organisation(positions: int, editions: int, *, duties: int = 15, prefix: str = "P") -> Made:
    """Make ``positions`` posts in a tree (eight under each), each held by somebody, each with ``editions`` editions
    a month apart, the last one in force today.

    All but one get their older editions straight from the service that publishing ends in: the text is the same
    as through the editor, and ten thousand of them are there in a minute.
    """
    today = timezone.localdate()
    group = make_group(groups.HR)
    bind_role("hr", group)
    hr = make_user(f"hr-of-{prefix}", full_name="人事 林月", groups=[group])
    shelf = [make_item(f"{prefix} 条目{number}：来电在三声内接听", by=hr) for number in range(ITEMS)]
    departments = [
        make_department(f"{prefix}D{number:02}", name=f"第{number}部")
        for number in range(max(1, positions // 25))
    ]
    posts: list[Position] = []
    for number in range(positions):
        post = make_position(
            f"{prefix}{number:04}",
            title=f"{TITLES[number % len(TITLES)]} {number}",
            department=departments[number % len(departments)],
        )
        if posts:
            post.superiors.add(posts[(number - 1) // 8])
        posts.append(post)
        hold(make_user(f"holder-{prefix}{number:04}", full_name=f"员工{number:04}"), post)
    first = None
    for number, post in enumerate(posts):
        borrowed = [_borrowed(shelf[(number + place) % ITEMS]) for place in range(2)]
        page = make_published(post.title, position=post, by=hr, duties=[*borrowed, *_duties(duties, 1)])
        if first is None:
            first = page
            for number in range(2, editions + 1):
                first = publish(first, by=hr, duties=_kept(first, number))
            continue
        body = edition_body(page)
        for number in range(2, editions + 1):
            _publish_again(
                body, post.code, number, hr, today - datetime.timedelta(days=30 * (editions - number))
            )
    assert first is not None
    item = publish_version(shelf[0], "来电在三声内接听并报出姓名", by=hr)
    keeping.keep_up()  # every holder is asked to sign
    return Made(hr, index_page(), first, item, today)


def _borrowed(item: LibraryItem) -> dict[str, Any]:
    """Return a duty taken from version 1 of a library item."""
    return duty(item.wording["text"], item.wording["cadence"], **{LINK.name: f"{item.key}@1"})


def _duties(count: int, edition: int) -> list[dict[str, Any]]:
    return [
        duty(
            f"第{number}项：接待到店客户并核对车辆信息，当面确认维修项目和交车时间（第{edition}稿）",
            CADENCES[number % len(CADENCES)],
            deadline="当日18:00前",
        )
        for number in range(1, count + 1)
    ]


def _kept(page: PositionPage, edition: int) -> list[dict[str, Any]]:
    """Return the duties of ``page``, reworded, under their ids."""
    borrowed, own = page.duties[:2], page.duties[2:]
    return [
        *({"type": "duty", "id": block.id, "value": dict(block.value)} for block in borrowed),
        *({**row, "id": block.id} for row, block in zip(_duties(len(own), edition), own, strict=True)),
    ]


def _publish_again(body: dict[str, Any], code: str, number: int, by: User, day: datetime.date) -> None:
    body["duties"] = [
        {**row, "text": f"{row['text'].partition('（')[0]}（第{number}稿）"} for row in body["duties"]
    ]
    publish_edition(kind=Edition.Kind.POSITION, key=code, body=body, by=by, effective_from=day)
