"""Which robots tell of what happens to cases: what is said to roles names them, what is said to a person does not."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from django.utils.translation import override

from foundation.notifying.models import Announcement, Robot
from foundation.notifying.robots.telling import fits, text_for
from foundation.organisation.models import User
from tests.factories.chains import act, asks, open_one, publish_all, stage, state, step, text, workflow_body
from tests.factories.organisation import make_user
from workflows.models import Case
from workflows.services import approvals
from workflows.services.notes import note
from workflows.services.promises import Said, record_promise, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, list[User]]:
    """Publish a repair: a head agrees, a worker asks a keeper for papers and tells an owner."""
    papers = workflow_body(
        [state("counted"), state("filed", "final")],
        [step("file", "counted", "filed", "keeper")],
        key="papers",
        access={"sees": ["submitter", "keeper"]},
    )
    asked = {"workflow": "papers", "to": ["keeper"]}
    notice = {"roles": ["owner"], "subject": text("已开工"), "text": text("已开工")}
    repair = workflow_body(
        [
            stage("asked", "head", "agreed"),
            state("agreed"),
            state("waits", "waiting"),
            state("done", "final"),
            state("refused", "final"),
        ],
        [
            step(
                "start",
                "agreed",
                "waits",
                "worker",
                opens=[asked],
                notices=[notice],
            ),
            step("finish", "waits", "done", "worker"),
        ],
        access={"sees": ["submitter", "head", "worker", "keeper", "owner"]},
    )
    return publish_all(papers, repair)


@pytest.fixture
def case(people: dict[str, list[User]]) -> Case:
    """Let everything be said of one case that cases say, besides their clocks."""
    head, worker = people["head"][0], people["worker"][0]
    by = make_user()
    case = open_one(by, note="前轴异响")
    approvals.remind(asks(case, by))
    approvals.copy_to(asks(case, by), people=[worker.uuid])
    approvals.agree(asks(case, head))
    act(case, "start", worker)
    now = timezone.now()
    said = Said("回电", "王先生", now + dt.timedelta(days=2), now + dt.timedelta(days=1))
    record_promise(case_uuid=case.uuid, said=said, by=worker, idempotency_key="p")
    sweep(now + dt.timedelta(days=1, minutes=1))
    sweep(now + dt.timedelta(days=3))
    note(case_uuid=case.uuid, text=f"@{head.username} 请看", by=worker, idempotency_key=uuid.uuid4().hex)
    return case


ROLES = {
    "case.asked": ["head"],
    "case.reminded": ["head"],
    "case.copied": [],
    "case.ordered": ["keeper"],
    "case.notice": ["owner"],
    "promise.reminded": [],
    "promise.broken": [],
    "case.mentioned": [],
}


def test_what_is_said_to_roles_names_them_and_what_is_said_to_a_person_names_none(case: Case) -> None:
    said = {one.kind: list(one.roles) for one in Announcement.objects.all()}
    assert said == ROLES
    assert {one.workflow for one in Announcement.objects.all()} == {"spending"}


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"topics": ["decisions"]}, {"case.asked", "case.reminded", "case.ordered"}),
        ({"topics": ["cases"]}, {"case.copied", "case.notice"}),
        ({"topics": ["promises"]}, {"promise.reminded", "promise.broken"}),
        ({"topics": ["mentions"]}, {"case.mentioned"}),
        ({"roles": ["head"]}, {"case.asked", "case.reminded"}),
        ({"roles": ["keeper", "owner"]}, {"case.ordered", "case.notice"}),
        ({"topics": ["cases"], "roles": ["head"]}, set()),
        ({"workflows": ["papers"]}, set()),
        ({}, set(ROLES)),
    ],
)
def test_a_robot_tells_what_fits_its_topics_and_roles(
    case: Case, chosen: dict[str, list[str]], told: set[str]
) -> None:
    robot = Robot(name="r", language="en", **chosen)
    assert {one.kind for one in Announcement.objects.all() if fits(robot, one)} == told


def test_a_group_is_told_neither_the_words_of_a_note_nor_what_was_promised_to_whom(case: Case) -> None:
    robot = Robot(name="r", language="en")
    for one in Announcement.objects.all():
        with override("en"):
            said = text_for(robot, one, [], {})
        assert case.number in said
        for inner in ("前轴异响", "回电", "王先生", "请看"):
            assert inner not in said, one.kind
