"""Many cases, for measuring and for trying lists and searches; never where people work.

Cases, submissions, clocks and words are as the services would leave them; the events say nothing, since nothing
happened, so that such an installation does not pass ``manage.py verify``. Everything is drawn from a seed: the same
seed and number give the same cases.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import uuid as uuids
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from forms.models import Submission
from forms.registers.lines import Rows
from forms.schema import definition_of as form_of
from forms.services.definitions import publish_form
from foundation.audit.models import Event
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.insertion import insert_rows
from foundation.organisation.models import User
from workflows import words
from workflows.models import Case, CaseClock, CaseWords, Concern
from workflows.services.definitions import publish_workflow

KEY = "many_cases"
PEOPLE = 300
BATCH = 5_000
YEARS = 3

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红宇浩欣怡子轩梓涵一诺"
PLACES = "粤粤粤粤粤桂湘闽琼京沪"
MATTERS = (
    "漆面划痕",
    "交车延误",
    "维修费用偏高",
    "服务态度",
    "配件缺货",
    "保险理赔进度",
    "试驾预约",
    "异响未排除",
    "空调不制冷",
    "定金退还",
    "赠品未兑现",
    "保养套餐",
    "召回通知",
    "变速箱顿挫",
    "玻璃更换",
    "轮胎鼓包",
)
STORIES = (
    "顾客反映提车当天即发现问题，要求尽快答复。",
    "已与顾客电话沟通，约定到店检查。",
    "维修后三天再次出现，顾客不满意。",
    "顾客要求经理出面，并给予补偿。",
    "等待厂家回复中。",
    "车辆停放在二号工位。",
    "顾客称接待时未说明费用。",
)
STATES = (
    ("received", "open", 30),
    ("handling", "open", 45),
    ("waiting", "waiting", 20),
    ("checking", "open", 5),
)
"""States of the open cases, with how many in a hundred."""
OPEN = 0.1
LATE = 0.15


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh-hans": zh, "en": en}


def form_body() -> dict[str, Any]:
    """Return the form the cases grow from."""
    options = [
        {"key": key, "label": _text(zh, en)}
        for key, zh, en in (("low", "一般", "Low"), ("middle", "较重", "Middle"), ("high", "严重", "High"))
    ]
    fields: list[dict[str, Any]] = [
        {"id": "matter", "kind": "text", "label": _text("事由", "Matter"), "required": True},
        {"id": "customer", "kind": "text", "label": _text("顾客", "Customer"), "confidentiality": "personal"},
        {"id": "phone", "kind": "phone", "label": _text("电话", "Telephone"), "confidentiality": "personal"},
        {"id": "plate", "kind": "text", "label": _text("车牌", "Plate")},
        {"id": "level", "kind": "choice", "label": _text("程度", "Level"), "options": {"choices": options}},
        {"id": "amount", "kind": "money", "label": _text("金额", "Amount")},
        {"id": "story", "kind": "long_text", "label": _text("经过", "What happened")},
    ]
    return {
        "key": KEY,
        "title": _text("试验投诉", "Sample complaint"),
        "category": {"key": "samples", "title": _text("试验", "Samples")},
        "numbering": "SC-{year}-{seq:07}",
        "summary": ["matter"],
        "pages": [
            {
                "id": "one",
                "title": _text("内容", "Content"),
                "groups": [{"id": "all", "fields": fields}],
            }
        ],
    }


def workflow_body() -> dict[str, Any]:
    """Return the workflow of the cases; auditors see all of them, everybody else their own."""

    def step(name: str, zh: str, source: list[str], target: str, role: str) -> dict[str, Any]:
        title = _text(zh, name.replace("_", " ").capitalize())
        return {"id": name, "title": title, "source": source, "target": target, "roles": [role]}

    titles = {
        "received": "已登记",
        "handling": "处理中",
        "waiting": "等待顾客",
        "checking": "核对",
        "closed": "已结案",
    }
    categories = {state: category for state, category, _share in STATES} | {"closed": "final"}
    return {
        "key": KEY,
        "title": _text("试验投诉", "Sample complaint"),
        "form": KEY,
        "subject": ["matter", "customer"],
        "states": [
            {
                "id": name,
                "title": _text(title, name.capitalize()),
                "category": categories[name],
                "initial": name == "received",
            }
            for name, title in titles.items()
        ],
        "transitions": [
            step("take", "受理", ["received"], "handling", "assignee"),
            step("ask", "询问顾客", ["handling"], "waiting", "assignee"),
            step("resume", "继续", ["waiting"], "handling", "assignee"),
            step("hand_over", "提交核对", ["handling"], "checking", "assignee"),
            step("close", "结案", ["checking", "handling"], "closed", "assignee"),
            step("correct", "更正", ["received", "waiting"], "received", "submitter"),
        ],
        "clocks": [
            {
                "id": "solution",
                "title": _text("解决时限", "Solution"),
                "begins": ["received"],
                "ends": ["closed"],
                "targets": [{"amount": 72, "unit": "hours"}],
            }
        ],
        "access": {"sees": ["submitter", "assignee", "auditor"]},
    }


Tell = Callable[[int, int], None]


def publish(by: User) -> tuple[Edition, Edition]:
    """Put form and workflow into force where they are not, and return their editions."""
    form = newest(Edition.Kind.FORM, KEY) or publish_form(form_body(), by=by)
    return form, newest(Edition.Kind.WORKFLOW, KEY) or publish_workflow(workflow_body(), by=by)


def people(count: int = PEOPLE) -> list[int]:
    """Return the ids of so many accounts nobody can sign in with, made where they are missing."""
    names = [f"sample-{number:03}" for number in range(1, count + 1)]
    known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    draw = random.Random("people")
    for name in names:
        full = draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, 2))
        if name not in known:
            person = User(username=name, full_name=full, is_demo=True)
            person.set_unusable_password()
            person.save()
    return list(User.objects.filter(username__in=names).order_by("username").values_list("pk", flat=True))


def add(
    size: int,
    *,
    by: User,
    seed: int = 1,
    lines: bool = False,
    among: int = PEOPLE,
    tell: Tell | None = None,
) -> None:
    """Add so many cases after those there are. ``lines``: also those of the register of their form; ``among``: how many
    people they are of.
    """
    editions, ids, drawn = publish(by), people(among), Case.objects.filter(workflow=KEY).count()
    for first in range(0, size, BATCH):
        some = range(drawn + first, drawn + min(first + BATCH, size))
        with transaction.atomic():
            _batch(some, editions, ids, random.Random(f"{seed} {some.start}"), drawn + size, lines)
        if tell is not None:
            tell(min(first + BATCH, size), size)
    _settle()


def _settle() -> None:
    """Bring numbers of rows and statistics up to what was written."""
    with connection.cursor() as cursor:
        rows: list[type[models.Model]] = [Submission, Case]
        for statement in connection.ops.sequence_reset_sql(no_style(), rows):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


CLOCK_BEGINS = b'{"changes":[{"path":"clocks.solution"}]}'
"""What the event of a sample case says: that its clock begins. The guard of clocks asks for no less."""
_EVENT = ("stream", "stream_ver", "body", "prev", "hash")
_SUBMISSION = (
    "id", "stream", "version", "uuid", "number", "form_key", "edition_id", "answers", "revision", "state",
    "submitted_by_id", "submitted_at", "erased",
)  # fmt: skip
_CASE = (
    "id", "stream", "version", "uuid", "number", "workflow", "edition_id", "submission_id", "subject", "state",
    "category", "submitted_by_id", "assignee_id", "answers", "grade", "rounds", "walked", "why", "links", "opened_at",
    "changed_at", "closed_at",
)  # fmt: skip
_CLOCK = (
    "case_id", "clock", "status", "outcome", "run", "target", "answer", "calendar", "calendar_version", "started_at",
    "stopped_at", "due_at", "case_version", "own_version", "length_seconds", "used_seconds", "stretches",
    "fired", "last_error", "failures",
)  # fmt: skip


def _batch(
    places: range,
    editions: tuple[Edition, Edition],
    ids: Sequence[int],
    draw: random.Random,
    total: int,
    lines: bool,
) -> None:
    form, workflow = editions
    now = timezone.now().replace(microsecond=0)
    apart = dt.timedelta(days=365 * YEARS) / total
    next_submission = (Submission.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    next_case = (Case.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    events: list[tuple[Any, ...]] = []
    submissions: list[tuple[Any, ...]] = []
    cases: list[tuple[Any, ...]] = []
    clocks: list[tuple[Any, ...]] = []
    texts: list[tuple[Any, ...]] = []
    concerns: list[tuple[Any, ...]] = []
    made = Rows()
    for at, place in enumerate(places):
        opened = now - apart * (total - place) + dt.timedelta(seconds=draw.randint(0, 3_600))
        opened = min(opened, now)
        answers = _answers(draw)
        number, subject = f"SC-{opened.year}-{place + 1:07}", f"{answers['matter']} {answers['customer']}"
        # Most of what is open is young; some of it is old.
        is_open = draw.random() < OPEN
        state, category = "closed", "final"
        if is_open:
            state, category, _share = draw.choices(STATES, [share for _s, _c, share in STATES])[0]
        changed = min(opened + dt.timedelta(minutes=draw.randint(1, 20_000)), now)
        submitted_by = draw.choice(ids)
        assignee = None if state == "received" and draw.random() < 0.3 else draw.choice(ids)
        submission, case = next_submission + at, next_case + at
        names = [uuids.UUID(int=draw.getrandbits(128), version=4) for _row in range(2)]
        streams = [f"submission:{names[0]}", f"case:{names[1]}"]
        events += [
            (one, 1, said, bytes(32), hashlib.sha256(one.encode()).digest())
            for one, said in zip(streams, (b"{}", CLOCK_BEGINS), strict=True)
        ]
        submissions.append(
            (
                submission,
                streams[0],
                1,
                names[0],
                number,
                KEY,
                form.pk,
                answers,
                1,
                "submitted",
                submitted_by,
                opened,
                "",
            )
        )
        cases.append(
            (
                case, streams[1], 1, names[1], number, KEY, workflow.pk, submission, subject, state, category,
                submitted_by, assignee, {}, "", [], {}, {}, [], opened, changed, None if is_open else changed,
            )
        )  # fmt: skip
        late = draw.random() < LATE
        if is_open:
            due = now + dt.timedelta(minutes=draw.randint(1, 14_400) * (-1 if late else 1))
            status, outcome, stopped = "running", "", None
        else:
            due = changed + dt.timedelta(minutes=draw.randint(1, 1_440) * (-1 if late else 1))
            status, outcome, stopped = "stopped", "broken" if late else "kept", changed
        clocks.append(
            (
                case,
                "solution",
                status,
                outcome,
                1,
                0,
                "",
                "",
                "",
                opened,
                stopped,
                due,
                1,
                0,
                259_200,
                0,
                [],
                {},
                "",
                0,
            )
        )
        found: set[str] = set()
        for text in (number, subject, answers["phone"], answers["plate"], answers["story"]):
            found |= words.tokens(text)
        texts.append((case, "", " ".join(sorted(found))))
        if draw.random() < 0.01:
            concerns.append((case, draw.choice(ids), Concern.Kind.COPIED.value))
        if lines:
            row = Submission(pk=submission, form_key=KEY, answers=answers, number=number, submitted_at=opened)
            made.add(row, form_of(form))
    insert_rows(Event, _EVENT, events)
    insert_rows(Submission, _SUBMISSION, submissions)
    insert_rows(Case, _CASE, cases)
    insert_rows(CaseClock, _CLOCK, clocks)
    insert_rows(CaseWords, ("case_id", "readers", "words"), texts)
    insert_rows(Concern, ("case_id", "person_id", "kind"), concerns)
    made.write()


def _answers(draw: random.Random) -> dict[str, Any]:
    given = "".join(draw.choices(GIVEN, k=draw.randint(1, 2)))
    return {
        "matter": draw.choice(MATTERS),
        "customer": draw.choice(SURNAMES) + given,
        "phone": f"1{draw.choice('3578')}{draw.randint(0, 9)}{draw.randint(0, 99_999_999):08}",
        "plate": f"{draw.choice(PLACES)}{draw.choice('ABCDEFG')}{draw.randint(0, 99_999):05}",
        "level": draw.choices(["low", "middle", "high"], [80, 15, 5])[0],
        "amount": f"{draw.randint(0, 10 ** draw.randint(2, 7)) / 100:.2f}",
        "story": "".join(draw.sample(STORIES, draw.randint(1, 3))),
    }
