"""A-16, W-12: text messages to customers. Three approve, customer relations sends the text as approved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import NOW, Guarded, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "text_message") as made:
        yield made


AGREED = ("agree",) * 3


class TestTextMessage(Walks):
    workflow = "text_message"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_send", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "send",
            "to_send",
            ("cr_specialist", "follow_up_specialist"),
            "sent",
            {"text_unchanged": "yes", "sent_count": "320", "sent_at": NOW},
            needs=("text_unchanged", "sent_count", "sent_at"),
        ),
        Step("return_text", "to_send", ("cr_specialist", "follow_up_specialist"), "returned", reason=True),
    )
    guards = (Guarded("to_send", "send", {"text_unchanged": "no"}, "须与批准的一致"),)
    final = frozenset({"sent", "refused", "cancelled"})
    ways = {
        "department": (),
        "deputy_gm": AGREED[:1],
        "gm": AGREED[:2],
        "to_send": AGREED,
        "sent": (*AGREED, "send"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
