"""``manage.py demo_cases``: a few cases for the demonstration, walked through the services by its people.

Run by ``make demo`` after ``manage.py demo``. Refused in production; safe twice (the second time nothing is added).
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ruamel.yaml import YAML

from forms import logic
from forms.files import services as files
from forms.queries import current_form
from forms.services import submissions
from foundation import packs
from foundation.organisation.models import User
from foundation.packs.demo_people import refuse_production
from foundation.packs.exceptions import PackError
from workflows.content import seal_of
from workflows.definitions import definition_of, edition_in_force
from workflows.models import Case, CaseClock
from workflows.services import approvals, cases, drafts, promises
from workflows.services.clocks import Round, fire
from workflows.services.requests import Request

COMPLAINT = "complaint"
DECISIONS = {"agree": approvals.agree, "refuse": approvals.refuse, "withdraw": approvals.withdraw}


class Command(BaseCommand):
    """Open the demonstration's cases where there are none yet."""

    help = "Open the cases of the demonstration. Not for production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it in one transaction."""
        try:
            refuse_production()
        except PackError as refusal:
            raise CommandError(str(refusal)) from refusal
        if Case.objects.exists():
            return
        script = YAML(typ="safe").load(
            (Path(packs.__file__).parent / "demo" / "cases.yaml").read_text("utf-8")
        )
        people = {person.username: person for person in User.objects.filter(is_demo=True)}
        with transaction.atomic():
            for number, entry in enumerate(script, start=1):
                _play(entry, people, number)
        self.stdout.write(
            ngettext("%(count)d case opened.", "%(count)d cases opened.", len(script))
            % {"count": len(script)}
        )


def _play(entry: dict[str, Any], people: dict[str, User], number: int) -> None:
    by = people[entry["by"]]
    workflow = entry.get("workflow", COMPLAINT)
    in_force = edition_in_force(workflow)
    if in_force is None:
        raise CommandError(_("The workflow “%(key)s” is not in force today.") % {"key": workflow})
    edition, form = current_form(definition_of(in_force).form)
    reading = logic.read(form, _typed(entry["answers"], people))
    key = f"demo:{number}"
    submission = submissions.submit(edition=edition, answers=reading.answers, by=by, idempotency_key=key)
    case = cases.open_case(workflow_key=workflow, submission=submission, by=by, idempotency_key=key).case
    for position, step in enumerate(entry.get("steps", []), start=1):
        case = Case.objects.get(pk=case.pk)
        _take(case, step, people, f"{key}:{position}")


def _let_time_pass(case: Case) -> None:
    """Do what the clocks of the case do in the weeks to come."""
    later = Round(timezone.now() + datetime.timedelta(weeks=5))
    for pk in CaseClock.objects.filter(case=case).values_list("pk", flat=True):
        fire(pk, later)


def _take(case: Case, step: dict[str, Any], people: dict[str, User], key: str) -> None:
    if step["step"] == "wait":
        _let_time_pass(case)
        return
    by, reason = people[step["by"]], step.get("reason", "")
    if step["step"] == "promise":
        _promise(case, step, by, key)
        return
    if (decide := DECISIONS.get(step["step"])) is not None:
        decide(Request(case.uuid, by, case.version, key, reason, seal_of(case)))
        return
    cases.act(
        case_uuid=case.uuid,
        step=step["step"],
        by=by,
        seen_version=case.version,
        idempotency_key=key,
        answers={
            **_typed(step.get("answers", {}), people),
            **_signed(case, step["step"], step.get("answers", {}), by),
        },
        reason=reason,
        assignee=people[step["assignee"]].uuid if "assignee" in step else None,
    )


def _promise(case: Case, said: dict[str, Any], by: User, key: str) -> None:
    """Record what somebody told the customer: for a day and a time, or for in so many minutes."""
    if "minutes" in said:
        due = timezone.now() + datetime.timedelta(minutes=said["minutes"])
    else:
        days, time = said["due"]
        due = timezone.make_aware(datetime.datetime.fromisoformat(f"{_day(days)}T{time}"))
    told = promises.Said(said["what"], said["to"], due, due - datetime.timedelta(hours=1))
    promise = promises.record_promise(case_uuid=case.uuid, said=told, by=by, idempotency_key=key)
    if said.get("kept"):
        promises.keep_promise(promise=promise, by=by, idempotency_key=key)


def _typed(answers: dict[str, Any], people: dict[str, User]) -> dict[str, list[str]]:
    """Return answers as somebody would type them."""
    return {name: _as_typed(value, people) for name, value in answers.items()}


def _as_typed(value: Any, people: dict[str, User]) -> list[str]:
    """Return one answer: a whole number stands for a day, counted from today, and a list for one with the time."""
    match value:
        case int():
            return [_day(value)]
        case [int() as days, str() as time]:
            return [f"day={_day(days)}", f"time={time}"]
        case {"user": username}:
            return [str(people[username].uuid)]
        case {"department": code}:
            return [str(code)]
        case _:
            return [str(value)]


def _signed(case: Case, step: str, answers: dict[str, Any], by: User) -> dict[str, list[str]]:
    """Return the signatures among the answers, given on the person's page of the step by writing the name."""
    found = {}
    for field, value in answers.items():
        if isinstance(value, dict) and "signed" in value:
            page = drafts.save(case=case, place=step, by=by, typed={})
            row = files.sign(draft=page.uuid, field=field, name=value["signed"], by=by)
            found[field] = [str(row.uuid)]
    return found


def _day(days: int) -> str:
    return (timezone.localdate() + datetime.timedelta(days=days)).isoformat()
