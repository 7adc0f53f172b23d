"""Reports being worked on: the rules of their working copies (``forms.services.working``), and publishing one."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from forms.services.working import Craft
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from workflows.reports import outline  # noqa: F401 - tells what reports are made of
from workflows.reports.definitions import refuse_faults
from workflows.services.working import KEY, check_may_build


def publish_report(
    body: Mapping[str, Any], *, by: User, note: str = "", effective_from: datetime.date | None = None
) -> Edition:
    """Publish a report as its next edition.

    Who may: the caller has asked. Records: event ``edition_published``. Raises ``DefinitionRefused`` for faults,
    ``NothingChanged`` for a report that says nothing new.
    """
    refuse_faults(body)
    return publish(
        kind=Edition.Kind.REPORT,
        key=str(body["key"]),
        body=dict(body),
        by=by,
        note=note,
        effective_from=effective_from,
        channel="web",
    )


REPORTS = Craft(
    kind=Edition.Kind.REPORT,
    key_pattern=KEY,
    empty="readers",
    check_may=check_may_build,
    publish=publish_report,
    refuse_faults=refuse_faults,
    second_person=lambda: False,
)
