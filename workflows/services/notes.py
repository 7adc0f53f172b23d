"""The one door for notes on cases: written once, read by everybody who sees the case, and told to whom they name."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from forms.exceptions import FormError
from forms.models import SubmissionComment
from forms.services.corrections import comment
from foundation.audit.exceptions import KeyReused
from foundation.notifying.services import tell
from foundation.organisation.models import User
from workflows import rules
from workflows.exceptions import AnswersRefused, CaseNotFound
from workflows.mentions import MARKS, Mention, Named, mentions_in
from workflows.models import Case
from workflows.services.record import telling

SHOWN = 600
"""So many characters of a note are told with the notification."""


def note(*, case_uuid: UUID, text: str, by: User, idempotency_key: str) -> SubmissionComment:
    """Write a note on a case and tell those whom it names with ``@``; return it.

    Who may: whoever sees the case. Told is only who may see it as well, and not oneself. Records
    ``submission_commented`` in a stream of the note's own. Raises ``CaseNotFound``; ``AnswersRefused`` (``text``)
    without a text, for somebody named who may not see the case, for a name several have; nothing is then written.
    """
    case = Case.objects.select_related(
        "edition", "submission__edition", "submitted_by", "assignee", "department"
    )
    found = case.filter(uuid=case_uuid).first()
    if found is None:
        raise CaseNotFound(_("There is no such case."))
    rules.check_may_see(found, by)
    places = mentions_in(text, people_named()) if any(mark in text for mark in MARKS) else []
    people = User.objects.in_bulk({pk for place in places for pk in place.people})
    meant, faults = _meant(found, text, places, people)
    if faults:
        raise AnswersRefused(_("The note is not written yet: see what is said below it."), {"text": faults})
    mentioned = [(place.written(text), str(person.uuid)) for place, person in meant]
    try:
        with transaction.atomic():
            said = comment(
                submission=found.submission,
                text=text,
                by=by,
                idempotency_key=idempotency_key,
                mentioned=list(dict.fromkeys(mentioned)),
            )
            told = {person.pk: person for _place, person in meant if person.pk != by.pk}
            if told:
                values = {"person": by, "note": said.text[:SHOWN]}
                tell(telling(found, "case.mentioned", f"note:{said.uuid}", list(told.values()), values))
    except FormError as refusal:
        raise AnswersRefused(str(refusal), {"text": [str(refusal)]}) from None
    except KeyReused:
        raise AnswersRefused(
            _("This note was sent before, with other words. Look before you send again."),
            {"text": [_("This note was sent before, with other words. Look before you send again.")]},
        ) from None
    return said


def people_named() -> list[Named]:
    """Return everybody who works here as a note may name them. One query."""
    rows = User.objects.filter(is_active=True).values_list("pk", "username", "full_name", "full_name_en")
    return [Named(pk, account, (chinese, english)) for pk, account, chinese, english in rows]


def _meant(
    case: Case, text: str, places: list[Mention], people: dict[int, User]
) -> tuple[list[tuple[Mention, User]], list[str]]:
    """Return who is meant at each place, and a sentence for each where that cannot be told or may not be."""
    sees = {pk: rules.may_see(case, person) for pk, person in people.items()}
    meant: list[tuple[Mention, User]] = []
    faults: list[str] = []
    for place in places:
        seeing = [people[pk] for pk in place.people if sees[pk]]
        if len(seeing) == 1:
            meant.append((place, seeing[0]))
        elif not seeing:
            faults.append(
                _(
                    "%(name)s may not see this case and is not told. Take the @ away to write the name only, or ask "
                    "somebody else."
                )
                % {"name": place.written(text)}
            )
        else:
            ways = "、".join(f"@{place.written(text)}({person.username})" for person in seeing)
            faults.append(
                _("Several people are called %(name)s. Say which one you mean: %(ways)s.")
                % {"name": place.written(text), "ways": ways}
            )
    return meant, list(dict.fromkeys(faults))
