"""``manage.py demo_positions``: what the demonstration shows of descriptions that are not in force yet.

Run by ``make demo`` after ``manage.py demo``. Refused in production; safe twice: what waits or was
decided is left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import ngettext
from ruamel.yaml import YAML

from backoffice.positions.approval import services
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.body import stream_rows
from backoffice.positions.models import PositionPage
from backoffice.positions.packs import stable_id
from backoffice.positions.parts import BY_NAME
from foundation import packs
from foundation.organisation.models import User
from foundation.packs.demo_people import refuse_production
from foundation.packs.exceptions import PackError

FILE = Path(packs.__file__).parent / "demo" / "drafts.yaml"


class Command(BaseCommand):
    """Submit the demonstration's drafts where nothing was submitted for their description."""

    help = "Submit the drafts of the demonstration for approval. Not for production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it in one transaction."""
        try:
            refuse_production()
        except PackError as refusal:
            raise CommandError(str(refusal)) from refusal
        people = {person.username: person for person in User.objects.filter(is_demo=True)}
        with transaction.atomic():
            done = sum(_submit(entry, people) for entry in YAML(typ="safe").load(FILE.read_text("utf-8")))
        self.stdout.write(
            ngettext("%(count)d description submitted.", "%(count)d descriptions submitted.", done)
            % {"count": done}
        )


def _submit(entry: dict[str, Any], people: dict[str, User]) -> int:
    """Draft and submit one entry; return how many were submitted."""
    page = PositionPage.objects.filter(position__code=entry["code"]).first()
    if page is None or page.get_workflow() is None or ApprovalStep.objects.filter(page=page).exists():
        return 0
    by = people[entry["by"]]
    part = BY_NAME["duties"]
    wanted = {
        row["id"]: row
        for row in stream_rows(
            part, [{**row, "id": stable_id(page.code, "duties", row["id"])} for row in entry["duties"]]
        )
    }
    draft = page.get_latest_revision_as_object()
    kept = [wanted.pop(row["id"], row) for row in draft.duties.get_prep_value()]
    draft.duties = [*kept, *wanted.values()]
    draft.save_revision(user=by, log_action=True)
    services.submit(page, by=by, note=entry["note"])
    return 1
