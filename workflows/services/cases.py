"""The one door for opening a case and for taking a step of it.

Each change is one transaction: idempotency key → lock and reload → the version the person saw → permission → answers
→ move (django-fsm: source, guard, target) → audit event → history → save → effects after commit. Decisions of
approvals go through ``workflows.services.approvals``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.fields.base import clean_text
from forms.models import Submission
from forms.schema import definition_of as form_of
from forms.services.numbering import next_number
from forms.services.public import PUBLIC
from foundation.audit import models as audit
from foundation.audit.exceptions import KeyReused
from foundation.audit.services import Actor, FieldChange, create_audited, remembered, take_turn
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import Department, Holding, User
from workflows import rules, sameness, way, words
from workflows.assignment import candidates_for
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import AnswersRefused, NotPermitted, RuleBroken
from workflows.machine import machine_of
from workflows.models import Case, ChildOrder
from workflows.schema import Transition
from workflows.services.enclosures import enclose, read_given
from workflows.services.following import arrive, children_in_the_way, orders_in_the_way, proceed, take
from workflows.services.record import (
    Receipt,
    Told,
    check_version,
    follow,
    keep_receipt,
    locked,
    receipt_again,
    receipt_of,
    record,
    snapshot_of,
    tell_asked,
    waiting_of,
)
from workflows.services.timing import Was, moving
from workflows.vocabulary import step_form, subject_of

__all__ = ["Receipt", "act", "candidates_for", "create", "open_case"]

LONGEST_REASON = 2000

refusals = logging.getLogger("remit.refusals")


def open_case(
    *, workflow_key: str, submission: Submission, by: User | None, idempotency_key: str, channel: str = "web"
) -> Receipt:
    """Open a case of a workflow from a submission of its form.

    Who may: whoever may submit the form (``forms`` has checked it), and where a step has asked for it those whom it
    asked; ``by`` is None for what came by a public link: such a case is in nobody's name and belongs to the department
    of whoever made the link.
    A submission that a step of another case has ordered opens a child of that case. Changes: a case in the initial
    state of the edition in force, numbered; it goes on by itself as far as its definition says. Records: event
    ``case_opened``. Raises ``NotPermitted``; ``RuleBroken`` when the workflow has no edition in force, does not start
    from this form, or the submission already has a case. After commit: notices are sent.
    """
    with transaction.atomic():
        request = {"workflow": workflow_key, "submission": str(submission.uuid)}
        key = f"open:{by.pk if by else channel}:{idempotency_key}"
        if (known := remembered(key, request)) is not None:
            return receipt_again(known)
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
        order = _order_of(submission)
        if order is not None and by is not None:
            rules.check_may_open(order, by)
        actor = Actor.of(by) if by else PUBLIC if submission.access else Actor(None, channel, channel=channel)
        source = locked(order.case.uuid) if order else None
        off = order is not None and order.kind == ChildOrder.Kind.SPLIT
        case = create(
            edition,
            submission,
            by=by,
            actor=actor,
            parent=None if off else source,
            links=[{"case": str(source.uuid), "kind": "split_from"}] if source and off else [],
            idempotency_key=key,
        )
        if order is not None and source is not None:
            ChildOrder.objects.filter(pk=order.pk).update(child=case)
            if off:
                split_off(source, case, actor)
        event = audit.Event.objects.get(stream=case.stream, stream_ver=1)
        keep_receipt(key, request, event, case)
        return receipt_of(case, event)


def _order_of(submission: Submission) -> ChildOrder | None:
    """Return the order of another case that this submission fulfils, or None."""
    found = ChildOrder.objects.select_related("case").filter(
        uuid=submission.uuid, child=None, dropped_at=None
    )
    return found.first()


def split_off(source: Case, fresh: Case, actor: Actor) -> None:
    """Write on ``source`` that ``fresh`` was split off from it; in the transaction that opens ``fresh``."""
    before = snapshot_of(source)
    source.links = [*source.links, {"case": str(fresh.uuid), "kind": "split_off"}]
    record(source, before, "split", actor, Told(references={"case": fresh.number}))


def create(
    edition: Edition,
    submission: Submission,
    *,
    by: User | None,
    actor: Actor,
    parent: Case | None = None,
    links: Sequence[Mapping[str, str]] = (),
    idempotency_key: str = "",
) -> Case:
    """Write a new case of ``edition`` down, in the transaction of the service that has asked who may, and let it go
    on by itself as far as it does.
    """
    definition = definition_of(edition)
    machine = machine_of(edition)
    initial = definition.initial
    now = timezone.now()
    digests = sameness.digests_of(definition, form_of(submission.edition), submission.answers)
    if digests:
        take_turn(f"sameness {definition.key}")
    case = Case(
        number=next_number(definition.numbering, now) if definition.numbering else submission.number,
        workflow=definition.key,
        edition=edition,
        submission=submission,
        subject=subject_of(definition, submission),
        state=initial.id,
        category=initial.category,
        department=_department_of(by or (submission.access.created_by if submission.access else None)),
        submitted_by=by or submission.submitted_by,
        parent=parent,
        links=[dict(link) for link in links],
        opened_at=now,
        walked=way.Way(earlier=sameness.earlier_counts(definition, digests, now)).stored(),
        version=0,
    )
    case.stream = f"case:{case.uuid}"
    before = snapshot_of(case)
    arrive(case, machine)
    changes = [
        FieldChange("state", None, initial.id, case.stream),
        FieldChange("number", None, case.number, case.stream),
        FieldChange("submission", None, str(submission.uuid), case.stream),
    ]
    if case.grade:
        changes.append(FieldChange("grade", None, case.grade, case.stream))
    if waiting_of(case):
        people = User.objects.filter(pk__in=waiting_of(case)).values_list("uuid", flat=True)
        changes.append(FieldChange("waiting_for", [], [str(one) for one in people], case.stream))
    timed = moving(case, Was(None), "opened")
    event = create_audited(
        case,
        kind="case_opened",
        actor=actor,
        changes=[*changes, *timed.changes],
        edition_sha256=edition.sha256,
        target_state=initial.id,
        references={
            **({"parent": parent.number} if parent else {}),
            **({"public_access": str(submission.access.uuid)} if submission.access else {}),
        },
        idempotency_key=idempotency_key,
    )
    follow(case)
    timed.keep(case, actor)
    sameness.keep(case, definition)
    words.keep(case)
    tell_asked(case, before, event.stream_ver, machine)
    proceed(case, by)
    return case


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

    Who may: holders of one of the step's roles, towards this case, who may see it; never whoever took a step that
    this one must be taken by somebody else after. Changes: state, assignee, answers, times, and what follows from the
    definition. Records: event ``case_<step>`` with reason and answers, and a history row. Raises ``CaseNotFound``,
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
    case = locked(case_uuid)
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
        return receipt_again(known)
    acting = rules.Acting(by, case.workflow)
    rules.check_may_see(case, acting)
    machine = machine_of(case)
    spec = machine.specs.get(step)
    if spec is None:
        raise RuleBroken(_("“%(step)s” is not a step of this workflow.") % {"step": step})
    check_version(case, seen_version)
    rules.check_may_take(case, spec, acting)
    _check_state(case, spec)
    _check_children(case, spec)
    rules.check_somebody_else(case, spec, by)
    if spec.reason_required and not reason:
        raise AnswersRefused(_("Say why: this step needs a reason."), {"reason": [_("Give a reason.")]})
    check_length(reason)
    given = read_given(case, spec.id, step_form(spec), answers, by)
    principal = rules.principal_of(case, spec.roles, acting)
    event = take(
        case,
        spec,
        by=by,
        actor=Actor.of(by, acting_for=principal.pk if principal else None),
        given=given.answers,
        chosen=assignee,
        told=Told(reason=reason, references=given.hashes, idempotency_key=key),
    )
    enclose(case, given)
    proceed(case, by)
    keep_receipt(key, request, event, case)
    return receipt_of(case, event)


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


def _check_children(case: Case, spec: Transition) -> None:
    machine = machine_of(case)
    blocking = [child.number for child in children_in_the_way(case, machine, spec)]
    blocking += [order_words(order) for order in orders_in_the_way(case, machine, spec)]
    if blocking:
        raise RuleBroken(
            _("“%(step)s” must wait until these are closed: %(cases)s.")
            % {"step": in_language(spec.title), "cases": "、".join(blocking)}
        )


def order_words(order: ChildOrder) -> str:
    """Return how a case that is still to be opened is told: by its workflow and those of whom it is asked."""
    edition = edition_in_force(order.workflow)
    title = in_language(definition_of(edition).title) if edition else order.workflow
    return _("“%(workflow)s”, still to be opened by: %(roles)s") % {
        "workflow": title,
        "roles": "、".join(rules.role_names(order.roles)),
    }


def check_length(reason: str) -> None:
    """Raise ``AnswersRefused`` for a reason longer than the record takes."""
    if len(reason) > LONGEST_REASON:
        sentence = ngettext(
            "Shorten this to %(most)d character; it has %(length)d now.",
            "Shorten this to %(most)d characters; it has %(length)d now.",
            LONGEST_REASON,
        ) % {"most": LONGEST_REASON, "length": len(reason)}
        raise AnswersRefused(_("Please look at the answers marked below."), {"reason": [sentence]})


def _department_of(person: User | None) -> Department | None:
    if person is None:
        return None
    holding = Holding.objects.on().filter(person=person).select_related("position__department").first()
    return holding.position.department if holding else None
