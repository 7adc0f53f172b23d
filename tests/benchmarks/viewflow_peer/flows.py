"""The flow: a person takes one step, then the other, then the first again."""

from __future__ import annotations

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process


def nothing(request: Any) -> None:
    """Stand where a page would."""


class BackAndForth(flow.Flow):
    """The least that has two human tasks, locked as its documentation advises for one database."""

    process_class = Process
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle(this.begin).Next(this.go)
    go = flow.View(nothing).Next(this.back)
    back = flow.View(nothing).Next(this.go)

    def begin(self, activation: Any) -> Any:
        """Begin a process."""
        return activation.process
