"""The one door for every change of a case.

Each change is one transaction: idempotency key → lock and reload → the version the person saw → permission → answers
→ transition (django-fsm: source, guard, target) → audit event → history → save → effects after commit.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django_fsm import TransitionNotAllowed

from forms.fields.base import clean_text
from forms.models import Submission
from forms.services.numbering import next_number
from foundation.audit import models as audit
from foundation.audit.exceptions import KeyReused
from foundation.audit.services import Actor, FieldChange, change_audited, create_audited, remember, remembered
from foundation.editions.texts import in_language
from foundation.organisation.models import Department, Holding, User
from foundation.organisation.resolution import resolve
from foundation.outbox.services import send
from workflows import rules
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.machine import machine_of
from workflows.models import Case
from workflows.schema import State, Transition
from workflows.vocabulary import read_answers, subject_of

LONGEST_REASON = 2000

refusals = logging.getLogger("remit.refusals")


@dataclass(frozen=True)
class Receipt:
    """What the person gets: the case as it stands, the version reached, the first 16 hex digits of the event's hash.

    ``repeated`` says that the same request had been answered before, and nothing was done again.
    """

    case: Case
    version: int
    fingerprint: str
    repeated: bool = False


def open_case(*, workflow_key: str, submission: Submission, by: User, idempotency_key: str) -> Receipt:
    """Open a case of a workflow from a submission of its form.

    Who may: whoever may submit the form (``forms`` has checked it). Changes: a case in the initial state of the
    edition in force, numbered. Records: event ``case_opened``. Raises ``RuleBroken`` when the workflow has no edition
    in force, does not start from this form, or the submission already has a case. After commit: notices are sent.
    """
    with transaction.atomic():
        request = {"workflow": workflow_key, "submission": str(submission.uuid)}
        key = f"open:{by.pk}:{idempotency_key}"
        if (known := remembered(key, request)) is not None:
            return _repeated(known)
        edition = edition_in_force(workflow_key)
        if edition is None:
            raise RuleBroken(_("The workflow “%(key)s” is not in force today.") % {"key": workflow_key})
        definition = definition_of(edition)
        if submission.form_key != definition.form:
            raise RuleBroken(
                _("“%(workflow)s” does not start from the form “%(form)s”.")
                % {"workflow": in_language(definition.title), "form": submission.form_key}
            )
        if Case.objects.filter(submission=submission).exists():
            raise RuleBroken(
                _("A case has already been opened from submission %(number)s.")
                % {"number": submission.number}
            )
        initial = definition.initial
        now = timezone.now()
        case = Case(
            number=next_number(definition.numbering, now) if definition.numbering else submission.number,
            workflow=workflow_key,
            edition=edition,
            submission=submission,
            subject=subject_of(definition, submission),
            state=initial.id,
            category=initial.category,
            department=_department_of(by),
            submitted_by=by,
            opened_at=now,
            changed_at=now,
        )
        case.stream = f"case:{case.uuid}"
        event = create_audited(
            case,
            kind="case_opened",
            actor=Actor.of(by),
            changes=[
                FieldChange("state", None, initial.id, case.stream),
                FieldChange("number", None, case.number, case.stream),
                FieldChange("submission", None, str(submission.uuid), case.stream),
            ],
            edition_sha256=edition.sha256,
            target_state=initial.id,
            idempotency_key=key,
        )
        remember(key, request, event, {"case": str(case.uuid)})
        return Receipt(case=case, version=case.version, fingerprint=bytes(event.hash).hex()[:16])


def act(
    *,
    case_uuid: UUID,
    step: str,
    by: User,
    seen_version: int,
    idempotency_key: str,
    answers: Mapping[str, Sequence[str]] | None = None,
    reason: str = "",
    assignee: UUID | None = None,
) -> Receipt:
    """Take one step of a case.

    ``answers`` maps the ids of the step's questions to the texts as posted, ``assignee`` is the uuid of the person
    chosen where the step chooses one, ``seen_version`` the version of the case that was on the person's screen.

    Who may: holders of one of the step's roles, towards this case, who may see it. Changes: state, assignee, answers,
    times. Records: event ``case_<step>`` with reason and answers, and a history row. Raises ``CaseNotFound``,
    ``Overtaken`` (somebody was faster), ``NotPermitted``, ``AnswersRefused``, ``RuleBroken``; nothing is then changed.
    After commit: the step's notices are sent, each once.
    """
    try:
        with transaction.atomic():
            return _act(
                case_uuid=case_uuid,
                step=step,
                by=by,
                seen_version=seen_version,
                idempotency_key=idempotency_key,
                answers=answers or {},
                reason=clean_text(reason, lines=True),
                assignee=assignee,
            )
    except NotPermitted:
        # Outside the transaction that it ended: the refusal is on record even though nothing was changed.
        refusals.warning("refused case=%s step=%s user=%s: not permitted", case_uuid, step, by.pk)
        raise
    except KeyReused:
        raise RuleBroken(
            _("This page had been sent before with other content. Open the step again and repeat your entry.")
        ) from None


def _act(
    *,
    case_uuid: UUID,
    step: str,
    by: User,
    seen_version: int,
    idempotency_key: str,
    answers: Mapping[str, Sequence[str]],
    reason: str,
    assignee: UUID | None,
) -> Receipt:
    case = _locked(case_uuid)
    request = {
        "case": str(case_uuid),
        "step": step,
        "version": seen_version,
        "answers": {name: list(answers[name]) for name in sorted(answers)},
        "reason": reason,
        "assignee": str(assignee or ""),
    }
    key = f"act:{by.pk}:{idempotency_key}"
    if (known := remembered(key, request)) is not None:
        return _repeated(known)
    rules.check_may_see(case, by)
    machine = machine_of(case)
    spec = machine.specs.get(step)
    if spec is None:
        raise RuleBroken(_("“%(step)s” is not a step of this workflow.") % {"step": step})
    if case.version != seen_version:
        raise Overtaken(
            _(
                "Somebody changed case %(number)s while you were reading it. "
                "Look at what stands now, then decide again."
            )
            % {"number": case.number},
            case,
            seen_version,
        )
    rules.check_may_take(case, spec, by)
    _check_state(case, spec)
    if spec.reason_required and not reason:
        raise AnswersRefused(_("Say why: this step needs a reason."), {"reason": [_("Give a reason.")]})
    _check_length(reason)
    before, source = dict(case.answers), case.state
    given = read_answers(spec, answers, by)
    case.answers = {**before, **given}
    previous_assignee = case.assignee
    case.assignee = _assignee_after(case, spec, assignee)
    try:
        machine.steps[step](case)
    except TransitionNotAllowed as refusal:
        raise RuleBroken(_refusal_of(spec)) from refusal
    target = machine.definition.state(case.state)
    _stamp(case, target)
    event = change_audited(
        case,
        kind=f"case_{step}",
        actor=Actor.of(by),
        changes=_changes(case, source, before, given, previous_assignee, reason),
        reason=reason,
        edition_sha256=case.edition.sha256,
        source_state=source,
        target_state=case.state,
        idempotency_key=key,
    )
    _send_notices(case, spec, event.stream_ver)
    remember(key, request, event, {"case": str(case.uuid)})
    return Receipt(case=case, version=case.version, fingerprint=bytes(event.hash).hex()[:16])


def _locked(case_uuid: UUID) -> Case:
    try:
        return (
            Case.objects.select_for_update(of=("self",))
            .select_related("edition", "submission__edition", "submitted_by", "assignee", "department")
            .get(uuid=case_uuid)
        )
    except Case.DoesNotExist:
        raise CaseNotFound(_("There is no such case.")) from None


def _repeated(known: audit.Receipt) -> Receipt:
    case = Case.objects.select_related("edition").get(uuid=known.answer["case"])
    event = audit.Event.objects.only("hash").get(stream=known.stream, stream_ver=known.stream_ver)
    return Receipt(
        case=case, version=known.stream_ver, fingerprint=bytes(event.hash).hex()[:16], repeated=True
    )


def _check_state(case: Case, spec: Transition) -> None:
    if case.state not in spec.source:
        definition = definition_of(case.edition)
        raise RuleBroken(
            _("“%(step)s” is not possible while case %(number)s is “%(state)s”.")
            % {
                "step": in_language(spec.title),
                "number": case.number,
                "state": in_language(definition.state(case.state).title),
            }
        )


def _check_length(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        sentence = ngettext(
            "Shorten this to %(most)d character; it has %(length)d now.",
            "Shorten this to %(most)d characters; it has %(length)d now.",
            LONGEST_REASON,
        ) % {"most": LONGEST_REASON, "length": len(reason)}
        raise AnswersRefused(_("Please look at the answers marked below."), {"reason": [sentence]})


def _refusal_of(spec: Transition) -> str:
    if spec.guard_message:
        return in_language(spec.guard_message)
    return _("The rule of the step “%(step)s” does not hold.") % {"step": in_language(spec.title)}


def _assignee_after(case: Case, spec: Transition, chosen: UUID | None) -> User | None:
    if spec.assignment.mode == "keep":
        return case.assignee
    if spec.assignment.mode == "clear":
        return None
    candidates = {person.uuid: person for person in candidates_for(case, spec)}
    if chosen is None or chosen not in candidates:
        raise AnswersRefused(
            _("Choose who is to have the case."), {"assignee": [_("Choose one of the people in the list.")]}
        )
    return candidates[chosen]


def candidates_for(case: Case, spec: Transition) -> list[User]:
    """Return the people who may be given the case with this step, by name, each once."""
    context = rules.context_of(case)
    found: dict[int, User] = {}
    for role in spec.assignment.roles:
        for person in resolve(role, context).people:
            found.setdefault(person.pk, person)
    return sorted(found.values(), key=lambda person: (person.get_full_name(), person.pk))


def _stamp(case: Case, target: State) -> None:
    now = timezone.now()
    case.category = target.category
    case.changed_at = now
    case.closed_at = now if target.category == "final" else None


def _department_of(person: User) -> Department | None:
    holding = Holding.objects.on().filter(person=person).select_related("position__department").first()
    return holding.position.department if holding else None


def _changes(
    case: Case,
    source: str,
    before: Mapping[str, Any],
    given: Mapping[str, Any],
    previous_assignee: User | None,
    reason: str,
) -> list[FieldChange]:
    changes = [FieldChange("state", source, case.state, case.stream)] if source != case.state else []
    if previous_assignee != case.assignee:
        changes.append(
            FieldChange(
                "assignee",
                str(previous_assignee.uuid) if previous_assignee else None,
                str(case.assignee.uuid) if case.assignee else None,
                case.stream,
            )
        )
    changes += [
        FieldChange(f"answers.{name}", before.get(name), value, case.stream)
        for name, value in given.items()
        if before.get(name) != value
    ]
    if reason:
        changes.append(FieldChange("reason", None, reason, case.stream))
    return changes


def _send_notices(case: Case, spec: Transition, version: int) -> None:
    for position, notice in enumerate(spec.notices):
        people: dict[int, User] = {}
        for role in notice.roles:
            people.update({person.pk: person for person in resolve(role, rules.context_of(case)).people})
        for person in people.values():
            if not person.email:
                continue
            with override(person.language or settings.LANGUAGE_CODE):
                send(
                    "mail",
                    key=f"{case.stream}:{version}:{spec.id}:{position}:{person.uuid}",
                    payload={
                        "to": [person.email],
                        "subject": f"[{case.number}] {in_language(notice.subject)}",
                        "body": f"{in_language(notice.text)}\n\n{case.number} {case.subject}\n"
                        f"{settings.BASE_URL}/cases/{case.uuid}/\n",
                    },
                )
