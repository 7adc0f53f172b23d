"""Which cases are about the same: answers compared as their kinds write them, under a keyed hash.

The table beside the cases holds no names, plates or telephone numbers; without the installation's secret nobody can
try them out.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from forms.schema import FormDefinition
from forms.schema import definition_of as form_of
from foundation.audit.canonical import canonical
from workflows.models import Case, Sameness
from workflows.schema import Identity, WorkflowDefinition


def digests_of(
    definition: WorkflowDefinition, form: FormDefinition, answers: Mapping[str, Any]
) -> dict[str, str]:
    """Return the keyed hash of each identity whose fields are all answered."""
    found = {}
    for identity in definition.identities:
        values = [_written(form, answers, name) for name in identity.fields]
        if all(values):
            text = canonical([definition.key, identity.id, values])
            found[identity.id] = salted_hmac("remit.sameness", text, algorithm="sha256").hexdigest()
    return found


def _written(form: FormDefinition, answers: Mapping[str, Any], name: str) -> str:
    """Return the answer as one spelling: full-width as half-width, no case, no blanks or hyphens."""
    field, value = form.by_id.get(name), answers.get(name)
    if field is None or value is None:
        return ""
    if isinstance(value, dict) and "key" in value:
        return str(value["key"])
    return one_spelling(field.of_kind.display(value, field.settings, "en"))


def one_spelling(text: str) -> str:
    """Return the text as it is compared: full-width as half-width, no case, letters and digits alone."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def keep(case: Case, definition: WorkflowDefinition) -> None:
    """Write down what tells what the case is about, in place of what was there."""
    digests = digests_of(definition, form_of(case.submission.edition), case.submission.answers)
    Sameness.objects.filter(case=case).delete()
    Sameness.objects.bulk_create(
        Sameness(case=case, workflow=case.workflow, identity=identity, digest=digest)
        for identity, digest in digests.items()
    )


def cases_like(
    definition: WorkflowDefinition,
    digests: Mapping[str, str],
    *,
    before: datetime.datetime | None = None,
    identities: tuple[Identity, ...] | None = None,
) -> QuerySet[Case]:
    """Return the cases that share one of ``digests``, opened within the days of that identity, newest first."""
    moment = before or timezone.now()
    wanted = Q(pk__in=[])
    for identity in identities if identities is not None else definition.identities:
        if identity.id in digests:
            wanted |= Q(
                samenesses__identity=identity.id,
                samenesses__digest=digests[identity.id],
                opened_at__gte=moment - datetime.timedelta(days=identity.days),
            )
    return Case.objects.filter(wanted, workflow=definition.key, opened_at__lt=moment).distinct()


def earlier_counts(
    definition: WorkflowDefinition, digests: Mapping[str, str], before: datetime.datetime
) -> dict[str, int]:
    """Return by identity how many cases about the same were opened earlier; merged ones do not count twice."""
    return {
        identity.id: cases_like(definition, digests, before=before, identities=(identity,))
        .filter(merged_into=None)
        .count()
        for identity in definition.identities
        if identity.id in digests
    }
