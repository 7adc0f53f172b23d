"""A register with many submissions, made without the door: for measuring and for trying filters.

What is made is as the services would leave it, except that the events say nothing. Everything is drawn from a seed.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from forms.models import Submission
from forms.registers.lines import note_stand, rows_of
from forms.schema import definition_of
from forms.services.definitions import publish_form
from foundation.audit.models import Event
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import choices, field, form_body, text
from tests.factories.organisation import make_role

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
MATTERS = [
    "漆面划痕",
    "交车延误",
    "维修费用",
    "服务态度",
    "配件缺货",
    "保险理赔",
    "试驾预约",
    "Warranty claim",
]
BATCH = 2_000


def register_body(key: str = "claims", **more: Any) -> dict[str, Any]:
    """Return a form with a column of every sort there is, a masked one, a recorded one and a repeating group."""
    body = form_body(
        field("matter"),
        field("story", "long_text"),
        field("level", "choice", options=choices("low", "middle", "high")),
        field("amount", "money"),
        field("visits", "whole_number"),
        field("day", "date"),
        field("urgent", "yes_no"),
        field("phone", "phone", confidentiality="personal"),
        field("salary", "money", confidentiality="confidential", readers=["hr"]),
        key=key,
        summary=["matter"],
        registered={
            "readers": ["manager", "hr"],
            "importers": ["manager"],
            "columns": ["matter", "level", "amount", "day"],
            "totals": ["amount", "visits"],
        },
        **more,
    )
    body["pages"][0]["groups"].append(
        {
            "id": "parts",
            "title": text("配件", "Parts"),
            "repeat": {"min": 0, "max": 20, "totals": ["price"]},
            "fields": [field("part"), field("price", "money"), field("secret", confidentiality="personal")],
        }
    )
    return body


def drawn(draw: random.Random, at: datetime.datetime) -> dict[str, Any]:
    """Return sound answers; about one in eight questions stays open."""
    answers: dict[str, Any] = {
        "matter": f"{draw.choice(MATTERS)} {draw.choice(SURNAMES)}{draw.choice(SURNAMES)}",
        "story": f"{draw.choice(MATTERS)}。" * draw.randint(1, 6),
        "level": draw.choices(["low", "middle", "high"], [90, 9, 1])[0],
        "amount": f"{draw.randint(0, 10 ** draw.randint(2, 7)) / 100:.2f}",
        "visits": draw.randint(0, 30),
        "day": (at.date() - datetime.timedelta(days=draw.randint(0, 20))).isoformat(),
        "urgent": draw.random() < 0.05,
        "phone": f"138{draw.randint(0, 99_999_999):08}",
        "salary": f"{draw.randint(3_000, 30_000)}.00",
        "parts": [
            {"_row": f"r{row + 1}", "part": draw.choice(MATTERS), "price": f"{draw.randint(1, 900)}.00"}
            for row in range(draw.randint(0, 2))
        ],
    }
    return {name: value for name, value in answers.items() if draw.random() < 0.875 and value != []}


def make_register(
    size: int,
    by: User,
    *,
    key: str = "claims",
    seed: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Edition:
    """Publish the form and write so many submissions, one an hour up to now; return its edition."""
    for role in ("manager", "hr"):
        make_role(role)
    edition = publish_form(register_body(key), by=by)
    add_submissions(edition, size, by, seed=seed, tell=tell)
    return edition


def add_submissions(
    edition: Edition,
    size: int,
    by: User,
    *,
    seed: int = 1,
    answers: Callable[[random.Random, datetime.datetime], dict[str, Any]] = drawn,
    tell: Callable[[int, int], None] | None = None,
) -> list[Submission]:
    """Write submissions of an edition, their lines and events that say nothing."""
    definition, draw, now = (
        definition_of(edition),
        random.Random(f"{edition.key} {edition.number} {seed}"),
        timezone.now(),
    )
    made: list[Submission] = []
    there = Submission.objects.filter(form_key=edition.key).count()
    for first in range(0, size, BATCH):
        rows = []
        for at in range(first, min(first + BATCH, size)):
            when = now - datetime.timedelta(minutes=60 * (size - at))
            name = uuid.UUID(int=draw.getrandbits(128), version=4)
            rows.append(
                Submission(
                    uuid=name,
                    stream=f"submission:{name}",
                    version=1,
                    number=f"{edition.key.upper()}-{there + at + 1:06}",
                    form_key=edition.key,
                    edition=edition,
                    answers=answers(draw, when),
                    submitted_by=by,
                    submitted_at=when,
                )
            )
        Event.objects.bulk_create(
            Event(
                stream=row.stream,
                stream_ver=1,
                body=b"{}",
                prev=bytes(32),
                hash=hashlib.sha256(row.stream.encode()).digest(),
            )
            for row in rows
        )
        Submission.objects.bulk_create(rows)
        rows_of(rows, {edition.pk: definition}).write()
        made += rows
        if tell is not None:
            tell(len(made), size)
    note_stand(edition.key)
    return made
