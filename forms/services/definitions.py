"""Publishing a form: from here on it can be filled in."""

from __future__ import annotations

import datetime
from typing import Any

from forms.checking import Problem, check
from forms.exceptions import DefinitionRefused, NotFound
from forms.queries import current_form
from forms.schema import FormDefinition
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import Role, User


def refuse_faults(body: dict[str, Any], *, registers: bool = True) -> list[Problem]:
    """Raise DefinitionRefused for a body with errors; return its warnings. Writes nothing.

    Without ``registers`` what it says of other forms is not looked at: they may come with it.
    """
    problems = check(
        body,
        roles=set(Role.objects.values_list("key", flat=True)),
        registers=form_in_force if registers else None,
    )
    if any(problem.severity == "error" for problem in problems):
        raise DefinitionRefused(problems)
    return problems


def form_in_force(key: str) -> FormDefinition | None:
    """Return the form of a key as it stands, None where there is none yet."""
    try:
        return current_form(key)[1]
    except NotFound:
        return None


def publish_form(
    body: dict[str, Any],
    *,
    by: User,
    note: str = "",
    effective_from: datetime.date | None = None,
    idempotency_key: str | None = None,
) -> Edition:
    """Write the next edition of a form.

    Who may is for the caller to have asked. Records ``edition_published``. Raises DefinitionRefused with
    every fault, and what ``foundation.editions.services.publish`` raises. Drafts and submissions stay on
    their editions.
    """
    refuse_faults(body)
    return publish(
        kind=Edition.Kind.FORM,
        key=body["key"],
        body=body,
        by=by,
        note=note,
        effective_from=effective_from,
        idempotency_key=idempotency_key,
    )
