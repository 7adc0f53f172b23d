"""``manage.py demo_cases``: a few complaints for the demonstration, walked through the services by its people.

Run by ``make demo`` after ``manage.py demo``. Refused in production; safe twice (the second time nothing is added).
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext
from ruamel.yaml import YAML

from forms import logic
from forms.queries import current_form
from forms.services import submissions
from foundation import packs
from foundation.organisation.models import User
from foundation.packs.demo_people import refuse_production
from foundation.packs.exceptions import PackError
from workflows.models import Case
from workflows.services import cases

FORM = WORKFLOW = "complaint"


class Command(BaseCommand):
    """Open the demonstration's complaints where there are no cases yet."""

    help = "Open the complaints of the demonstration. Not for production."

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
            ngettext("%(count)d complaint opened.", "%(count)d complaints opened.", len(script))
            % {"count": len(script)}
        )


def _play(entry: dict[str, Any], people: dict[str, User], number: int) -> None:
    by = people[entry["by"]]
    edition, form = current_form(FORM)
    reading = logic.read(form, _typed(entry["answers"]))
    key = f"demo:{number}"
    submission = submissions.submit(edition=edition, answers=reading.answers, by=by, idempotency_key=key)
    receipt = cases.open_case(workflow_key=WORKFLOW, submission=submission, by=by, idempotency_key=key)
    for position, step in enumerate(entry.get("steps", []), start=1):
        assignee = people[step["assignee"]].uuid if "assignee" in step else None
        receipt = cases.act(
            case_uuid=receipt.case.uuid,
            step=step["step"],
            by=people[step["by"]],
            seen_version=receipt.version,
            idempotency_key=f"{key}:{position}",
            answers=_typed(step.get("answers", {})),
            reason=step.get("reason", ""),
            assignee=assignee,
        )


def _typed(answers: dict[str, Any]) -> dict[str, list[str]]:
    """Return answers as somebody would type them; a whole number stands for a day, counted from today."""
    today = timezone.localdate()
    return {
        name: [(today + datetime.timedelta(days=value)).isoformat() if isinstance(value, int) else str(value)]
        for name, value in answers.items()
    }
