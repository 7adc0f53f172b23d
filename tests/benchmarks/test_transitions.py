"""One step of a case through the service against viewflow's task step and a bare locked UPDATE, in one run.

Ours locks the case, asks who the person is and whether they see and may take the step, checks version, guard and
answers, and writes row, history, event and receipt. viewflow's locks the process, assigns the task, completes it and
makes the next one. The bare one locks a row and writes a column. Each is committed by itself. Every round has a new
case and a new process: a case has some twenty steps in its life, not hundreds.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from foundation.organisation.models import User
from tests.benchmarks.conftest import Measured
from tests.benchmarks.test_forms import installed
from tests.factories.chains import open_one, publish_all, state, step, workflow_body
from workflows.models import Case, Turn
from workflows.services import cases

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
ROUNDS, STEPS = 10, 20


def house() -> User:
    """Publish the workflow and return who takes its steps."""
    body = workflow_body(
        [state("here"), state("there"), state("done", "final")],
        [
            step("go", "here", "there", "desk"),
            step("back", "there", "here", "desk"),
            step("end", "there", "done", "desk"),
        ],
        access={"sees": ["desk"]},
    )
    return publish_all(body)["desk"][0]


def ours(desk: User) -> Callable[[], None]:
    """Return a function that takes the next step of a new case."""
    case = open_one(desk)
    at: dict[str, Any] = {"version": case.version, "step": "go"}

    def take() -> None:
        receipt = cases.act(
            case_uuid=case.uuid,
            step=at["step"],
            by=desk,
            seen_version=at["version"],
            idempotency_key=uuid.uuid4().hex,
        )
        at.update(version=receipt.version, step="back" if at["step"] == "go" else "go")

    return take


def bare(person: User) -> Callable[[], None]:
    """Return a function that locks a row and writes a column."""
    row = Turn.objects.get_or_create(workflow="bare", step="bare", person=person, defaults={"number": 0})[0]

    def take() -> None:
        with transaction.atomic():
            locked = Turn.objects.select_for_update().get(pk=row.pk)
            locked.number += 1
            locked.save(update_fields=["number"])

    return take


def viewflows(person: User) -> Callable[[], None]:
    """Return a function that takes the next step of a new process of viewflow."""
    from viewflow.workflow.models import Process, Task

    from tests.benchmarks.viewflow_peer.flows import BackAndForth

    BackAndForth.start.run()
    process = Process.objects.latest("pk")

    def take() -> None:
        with BackAndForth.lock(process.pk), transaction.atomic():
            task = Task.objects.get(process=process, finished=None)
            activation = task.flow_task.activation_class(task)
            activation.assign(person)
            activation.start(None)
            activation.execute()

    return take


def drop_peer() -> None:
    """Drop viewflow's tables: the flush after the test knows nothing of them, and they point at people."""
    from viewflow.workflow.models import Process, Task

    with connection.schema_editor() as editor:
        editor.delete_model(Task)
        editor.delete_model(Process)


def rate(work: Callable[[], None]) -> float:
    """Return calls a second."""
    begin = time.perf_counter()
    for _number in range(STEPS):
        work()
    return STEPS / (time.perf_counter() - begin)


def test_a_step_of_a_case(measured: Measured) -> None:
    with ExitStack() as stack:
        for name in ("viewflow", "viewflow.workflow", "tests.benchmarks.viewflow_peer"):
            stack.enter_context(installed(name))
        call_command("migrate", "viewflow", verbosity=0)
        stack.callback(drop_peer)
        desk = house()
        kinds = {"ours": ours, "viewflow": viewflows, "bare": bare}
        best = dict.fromkeys(kinds, 0.0)
        for _number in range(ROUNDS):
            for name, begin in kinds.items():
                best[name] = max(best[name], rate(begin(desk)))
        assert {one.version for one in Case.objects.all()} == {STEPS + 1}
    vendor = connection.vendor
    peer, floor = best["ours"] / best["viewflow"], best["ours"] / best["bare"]
    figure = f"{best['ours']:.0f} a second: {peer:.2f} × viewflow ({best['viewflow']:.0f})"
    print(figure, f"{floor:.3f} × a bare locked UPDATE ({best['bare']:.0f}), {vendor}")
    measured(f"a step of a case, {vendor}", figure=figure, budget="≥ 4 × viewflow", met=peer >= 4)
    measured(
        f"a step of a case, {vendor}",
        figure=f"{floor:.3f} × a bare locked UPDATE ({best['bare']:.0f} a second)",
        budget="≥ 0.4 ×",
        met=floor >= 0.4,
    )
