"""The one door for drafts and submissions."""

from __future__ import annotations

import datetime
import uuid as uuids
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from forms import rules
from forms.directory import directory_for
from forms.exceptions import (
    AlreadySubmitted,
    AnswersInvalid,
    DraftKept,
    NotFound,
    NotPermitted,
    RuleBroken,
)
from forms.fields import Found, Reference
from forms.files import services as files
from forms.logic import evaluate, initial_answers, typed_of
from forms.models import Draft, PublicAccess, Submission
from forms.prefill import prefilled
from forms.schema import FormDefinition, definition_of
from forms.services.numbering import next_number
from forms.takeover import taken_over
from foundation.audit.models import Event
from foundation.audit.services import Actor, FieldChange, create_audited, remember, remembered, take_turn
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

LONGEST_TYPED = 40_000
"""Characters kept of one text in a draft; twice what the longest field takes."""
MOST_TYPED = 2_000
"""Texts kept for one field in a draft: the parts of the largest table, the rows of a group."""
MOST_PATHS = 20_000
LONGEST_PATH = 200


def save_draft(
    *,
    uuid: uuids.UUID,
    edition: Edition,
    typed: Mapping[str, Sequence[str]],
    by: User,
    page: int = 0,
    on_behalf_of: User | None = None,
) -> Draft:
    """Keep what somebody has typed so far and return the draft, made at the first time.

    Who may: whoever may submit the form; a draft belongs to the person who began it. ``typed`` replaces the
    texts of the fields it names and leaves the others; what is no field of the form is not kept. Nothing is
    checked and nothing is recorded: it is a working copy. ``on_behalf_of`` changes for whom it is filled in;
    oneself: for nobody else. A draft stays on the edition it was begun under.
    Raises NotPermitted, NotFound (the draft is somebody else's), AlreadySubmitted.
    """
    with transaction.atomic():
        draft = _locked(uuid)
        if draft is None:
            _refuse_submitted(uuid, by)
            definition = definition_of(edition)
            rules.check_may_begin(edition, by)
            draft = Draft(uuid=uuid, edition=edition, person=by, answers=begun(definition, by))
        elif draft.person_id != by.pk:
            raise NotFound
        else:
            definition = definition_of(draft.edition)
            rules.check_may_submit(definition, by)
        _take_in(draft, definition, typed, page)
        if on_behalf_of is not None:
            if on_behalf_of != by:
                check_on_behalf(definition, by, on_behalf_of)
            draft.answers |= _known_of(definition, draft, on_behalf_of)
            draft.on_behalf_of = on_behalf_of if on_behalf_of != by else None
        draft.saved_at = timezone.now()
        try:
            with transaction.atomic():
                draft.save()
        except IntegrityError:
            # Two first savings at the same moment: the other one made the row.
            return save_draft(
                uuid=uuid, edition=edition, typed=typed, by=by, page=page, on_behalf_of=on_behalf_of
            )
    return draft


def unkept_draft(
    *, uuid: uuids.UUID, edition: Edition, typed: Mapping[str, Sequence[str]], by: User, page: int = 0
) -> Draft:
    """Return, and do not keep, the draft ``save_draft`` would make of a form somebody has just filled in: for
    ``submit``, which then asks who may. No row is written for a form that is handed in as soon as it is filled in.
    """
    definition = definition_of(edition)
    draft = Draft(uuid=uuid, edition=edition, person=by, answers=begun(definition, by))
    _take_in(draft, definition, typed, page)
    return draft


def _take_in(draft: Draft, definition: FormDefinition, typed: Mapping[str, Sequence[str]], page: int) -> None:
    """Put into a draft what was typed, and what follows from it."""
    before = draft.answers
    draft.answers = kept_texts(definition, before, typed)
    draft.answers |= taken_over(definition, before, draft.answers, directory_for(draft.person, draft.uuid))
    draft.page = min(page, len(definition.pages) - 1)


def begun(definition: FormDefinition, person: User | None) -> dict[str, list[str]]:
    """Return the texts a new draft begins with: on every page, so that those not opened yet keep theirs."""
    return typed_of(definition, initial_answers(definition, prefilled(definition, person)))


def _known_of(definition: FormDefinition, draft: Draft, person: User) -> dict[str, list[str]]:
    """Return the texts that are known of the person a draft is now for, where nobody typed anything else.

    Names stand in the draft in the language it was begun in, which need not be the one it is handed over in.
    """
    before = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            before.append(begun(definition, draft.on_behalf_of or draft.person))
    after = begun(definition, person)
    asked = [name for name, field in definition.form.fields.items() if field.prefill is not None]
    return {
        name: after.get(name, [])
        for name in asked
        if not any(draft.answers.get(name, ()))
        or any(draft.answers.get(name) == known.get(name) for known in before)
    }


def discard_draft(*, uuid: uuids.UUID, by: User) -> None:
    """Throw a draft away. Only the person who began it may; a draft that is gone already is no fault.

    Raises NotFound for the drafts of others. Nothing is recorded.
    """
    with transaction.atomic():
        draft = _locked(uuid)
        if draft is None:
            return
        if draft.person_id != by.pk:
            raise NotFound
        draft.delete()
        files.discard(draft=uuid)


def submit(
    *,
    edition: Edition,
    answers: Mapping[str, Any],
    by: User,
    idempotency_key: str,
    draft: Draft | None = None,
    on_behalf_of: User | None = None,
    beside: Mapping[str, str] | None = None,
) -> Submission:
    """Make a submission of stored values and return it; the same key with the same request returns the
    first one.

    Who may: the submitters of the form, and for somebody else (``on_behalf_of``) those it names for that. In
    one transaction: the form is open and not full; the answers are evaluated and only what the form shows and
    takes is kept; a number is taken; the row, the event ``submission_submitted`` and the history row are
    written; the draft is deleted, and the submission takes its uuid. Raises NotPermitted, RuleBroken (closed,
    or full), AnswersInvalid, AlreadySubmitted (the draft became a submission before), NotFound (somebody
    else's draft) and the audit room's KeyReused. A draft that is not kept (``unkept_draft``) is begun and ended
    here: the edition must be one that may be begun, and DraftKept is raised where one was kept meanwhile, which
    may hold more. ``beside``: what the event says besides (the import of which it
    was a row, say). Nothing follows the commit: what a submission sets off is for the room above.
    """
    definition = definition_of(edition)
    request: dict[str, Any] = {"form": definition.key, "edition": edition.sha256, "answers": dict(answers)}
    if on_behalf_of is not None:
        request["for"] = on_behalf_of.pk
    key = f"submit:{by.pk}:{idempotency_key}"
    with transaction.atomic():
        if (known := remembered(key, request)) is not None:
            return Submission.objects.select_related("edition").get(uuid=known.answer["submission"])
        unkept = draft is not None and draft.pk is None
        check = rules.check_may_begin if unkept else rules.check_open
        current = definition_of(check(edition, by))
        if on_behalf_of is not None and on_behalf_of != by:
            check_on_behalf(current, by, on_behalf_of)
        uuid = uuids.uuid4() if draft is None else _unused(draft, by) if unkept else _take(draft, by)
        submission, event = enter(
            edition=edition,
            current=current,
            answers=answers,
            actor=Actor.of(by),
            key=key,
            uuid=uuid,
            submitted_by=by,
            on_behalf_of=on_behalf_of if on_behalf_of != by else None,
            beside=beside,
        )
        if draft is not None and not unkept:
            Draft.objects.filter(uuid=uuid).delete()
        remember(key, request, event, {"submission": str(submission.uuid), "number": submission.number})
    return submission


def check_on_behalf(definition: FormDefinition, by: User, person: User) -> None:
    """Raise NotPermitted unless ``by`` may hand the form in for ``person``, who works here."""
    if not person.is_active or not rules.may_act_for_others(definition, roles_of(by)):
        raise NotPermitted


def enter(
    *,
    edition: Edition,
    current: FormDefinition,
    answers: Mapping[str, Any],
    actor: Actor,
    key: str,
    uuid: uuids.UUID,
    submitted_by: User | None,
    on_behalf_of: User | None = None,
    access: PublicAccess | None = None,
    beside: Mapping[str, str] | None = None,
    standing: Mapping[Reference, Found] | None = None,
) -> tuple[Submission, Event]:
    """Write a submission down in the transaction of the service that has asked who may; return it and its
    event. ``current`` is the form as it stands: it says until when and how often it is taken. ``beside``: what
    the event says besides. ``standing``: what the answers name that need not be for the eyes of whoever submits.

    Raises RuleBroken, AnswersInvalid.
    """
    definition = definition_of(edition)
    now = timezone.now()
    rules.check_taken(current, timezone.localdate(now))
    check_limit(current, on_behalf_of or submitted_by, timezone.localdate(now))
    known = prefilled(definition, on_behalf_of or submitted_by, now)
    directory = directory_for(submitted_by, uuid, standing=standing)
    state = evaluate(definition, answers, kept=initial_answers(definition, known), directory=directory)
    if state.errors:
        raise AnswersInvalid(state.errors, state)
    given = files.named_files(uuid, definition, state.answers)
    submission = Submission(
        uuid=uuid,
        stream=f"submission:{uuid}",
        number=next_number(definition.numbering, now),
        form_key=definition.key,
        edition=edition,
        answers=state.answers,
        submitted_by=submitted_by,
        on_behalf_of=on_behalf_of,
        access=access,
        submitted_at=now,
    )
    changes = [
        FieldChange("number", None, submission.number, submission.stream),
        *(
            FieldChange(f"answers.{name}", None, value, submission.stream)
            for name, value in state.answers.items()
        ),
    ]
    references = {
        **(beside or {}),
        "form": definition.key,
        "edition": str(edition.number),
        **files.hashes_of(given),
    }
    if on_behalf_of is not None:
        changes.append(FieldChange("on_behalf_of", None, str(on_behalf_of), submission.stream))
        references["on_behalf_of"] = str(on_behalf_of.pk)
    if access is not None:
        references["access"] = str(access.uuid)
    event = create_audited(
        submission,
        kind="submission_submitted",
        actor=actor,
        changes=changes,
        edition_sha256=edition.sha256,
        target_state=submission.state,
        references=references,
        idempotency_key=key,
    )
    files.attach(given, submission)
    return submission, event


def check_limit(definition: FormDefinition, person: User | None, day: datetime.date) -> None:
    """Raise RuleBroken where the form has been taken as often as it may be; others who hand the same form in
    wait until this transaction has ended, so that the last place is given once.
    """
    if definition.limit is None:
        return
    take_turn(f"limit {definition.key}")
    found = rules.counted(definition.limit, definition.key, person, day)
    if found is not None and found.count() >= definition.limit.count:
        raise RuleBroken(rules.full(definition.limit))


def _locked(uuid: uuids.UUID) -> Draft | None:
    return Draft.objects.select_for_update(of=("self",)).select_related("edition").filter(uuid=uuid).first()


def _take(draft: Draft, by: User) -> uuids.UUID:
    """Lock the draft that is to become a submission and return its uuid."""
    stored = _locked(draft.uuid)
    if stored is None:
        _refuse_submitted(draft.uuid, by)
        raise NotFound
    if stored.person_id != by.pk:
        raise NotFound
    return stored.uuid


def _unused(draft: Draft, by: User) -> uuids.UUID:
    """Return the uuid of a draft that is not kept, after looking whether something has it already."""
    person = Draft.objects.filter(uuid=draft.uuid).values_list("person", flat=True).first()
    if person is not None:
        raise DraftKept if person == by.pk else NotFound
    _refuse_submitted(draft.uuid, by)
    return draft.uuid


def _refuse_submitted(uuid: uuids.UUID, by: User) -> None:
    """Raise when the draft of this uuid has become a submission: AlreadySubmitted to its submitter only."""
    found = Submission.objects.filter(uuid=uuid)
    if found.exists():
        submission = found.get()
        raise AlreadySubmitted(submission) if rules.may_see(submission, by) else NotFound


def kept_texts(
    definition: FormDefinition, before: Mapping[str, Any], typed: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return the texts of a draft after somebody typed: those named anew, the others as they were; none that
    the form has no place for, none of rows that are gone.
    """
    return _without_lost_rows(definition, {**before, **_kept(definition, typed)})


def _kept(definition: FormDefinition, typed: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the texts under paths that the form has, none too long and none too many."""
    return {
        path: [text[:LONGEST_TYPED].replace("\x00", "") for text in list(texts)[:MOST_TYPED]]
        for path, texts in list(typed.items())[:MOST_PATHS]
        if len(path) <= LONGEST_PATH
        and (member := definition.at(path)) is not None
        and not (member.field is not None and (member.field.computed or not member.field.of_kind.asks))
    }


def _without_lost_rows(definition: FormDefinition, typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the texts without those of rows that are named no longer."""

    def stands(path: str) -> bool:
        parts = path.split("/")
        return all(
            parts[at + 1] in typed.get("/".join(parts[: at + 1]), ()) for at in range(0, len(parts) - 1, 2)
        )

    return {path: texts for path, texts in typed.items() if stands(path)}
