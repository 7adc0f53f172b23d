"""The one door for what becomes of old submissions, and for what holds it up.

When is said by the form as it stands (``retention``; out of force, by its last edition). What goes is said by
the edition a submission was made under: all answers, or those that are personal or confidential. With them go
the comments, the files, the revisions and history rows, the openings beside the events and the lines of its
register; the chain of events stays whole (``foundation.audit.erasure``).
"""

from __future__ import annotations

import datetime
import uuid as uuids
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forms import rules
from forms.exceptions import NotFound, NotPermitted, ReasonMissing, RuleBroken
from forms.files import rules as file_rules
from forms.files import services as files
from forms.files.models import StoredFile
from forms.models import (
    CorrectionDraft,
    LegalHold,
    Submission,
    SubmissionComment,
    SubmissionRevision,
)
from forms.paths import without
from forms.queries import newest_form
from forms.schema import Confidentiality, FieldDefinition, FormDefinition, Retention, definition_of
from foundation.audit.erasure import ERASED, Entry, erase, mark, recorded
from foundation.audit.seal import ROW
from foundation.audit.services import Actor, FieldChange, change_audited, create_audited, take_turn
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from foundation.outbox.rounds import every

BATCH = 200
LONGEST_REASON = 1_000

Bar = Callable[[Collection[Submission]], Mapping[int, str]]
Follower = Callable[[Submission, Mapping[str, Any]], None]
_bars: dict[str, Bar] = {}
_followers: dict[str, Follower] = {}


def hold_back(name: str, bar: Bar) -> None:
    """Let a room above keep submissions from retention for now: by id, a sentence that says why."""
    _bars[name] = bar


def follow(name: str, follower: Follower) -> None:
    """Let a room carry out what goes with a submission (files, a case): called in the transaction of the
    erasure, with the submission as it now is and the answers it had.
    """
    _followers[name] = follower


@dataclass(frozen=True)
class Due:
    """What is due of one form: how many go now, and how many would if nothing held them."""

    form_key: str
    title: str
    then: str
    months: int
    before: datetime.datetime
    """Handed in up to this moment."""
    due: int
    held: int
    waiting: int
    """Held up by another room, for instance by an open case."""


def plan(now: datetime.datetime | None = None) -> list[Due]:
    """Return what retention would do now, by form; changes nothing."""
    now = now or timezone.now()
    return [each for key in _keys() if (each := _planned(key, now)) is not None]


def _planned(key: str, now: datetime.datetime) -> Due | None:
    definition, retention = _retention_of(key)
    if retention is None:
        return None
    before = months_before(now, retention.months)
    found = _old(key, retention, before)
    held = found.filter(_HELD).count() if not _form_is_held(key) else found.count()
    free = _free(key, found)
    waiting = sum(len(_held_back(batch)) for batch in _batches(free))
    return Due(
        form_key=key,
        title=in_language(definition.title),
        then=retention.then,
        months=retention.months,
        before=before,
        due=free.count() - waiting,
        held=held,
        waiting=waiting,
    )


def carry_out(now: datetime.datetime | None = None, *, most: int = 10_000) -> int:
    """Do what is due, at most ``most`` submissions, each in a transaction of its own; return how many.

    Twice, or from two workers at once, is safe: what is done is no longer due. Raises nothing of its own; a
    submission that was held or withdrawn from retention meanwhile is passed over.
    """
    now = now or timezone.now()
    done = 0
    for key in _keys():
        _definition, retention = _retention_of(key)
        if retention is None:
            continue
        for batch in _batches(_free(key, _old(key, retention, months_before(now, retention.months)))):
            barred = _held_back(batch)
            for submission in batch:
                if done >= most:
                    return done
                if submission.pk not in barred:
                    done += _erase(submission, retention)
    return done


@every("retention", datetime.timedelta(hours=6))
def keep_up() -> None:
    """Do what is due (worker)."""
    carry_out()


def months_before(now: datetime.datetime, months: int) -> datetime.datetime:
    """Return the moment so many calendar months before; on the last day where the month is shorter."""
    local = timezone.localtime(now)
    count = local.year * 12 + local.month - 1 - months
    year, month = divmod(count, 12)
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))


def place_hold(
    *, by: User, reason: str, submission: Submission | None = None, form_key: str = ""
) -> LegalHold:
    """Keep a submission, or all of a form, from retention until it is lifted, and return the hold.

    Who may: auditors and administrators. Records ``hold_placed``. Raises NotPermitted, ReasonMissing, NotFound
    (a form that never was), RuleBroken (nothing is left to hold; it is held already).
    """
    reason = _reason(reason, by)
    if (submission is None) == (not form_key):
        raise ValueError("A hold is of one submission or of one form.")
    key = submission.form_key if submission is not None else form_key
    newest_form(key)
    name = uuids.uuid4()
    with transaction.atomic():
        take_turn(f"retention {key}")
        if submission is not None:
            submission = Submission.objects.get(pk=submission.pk)
            if submission.erased == Submission.Erased.DELETED:
                raise RuleBroken(_("The answers of %(number)s are gone already.") % {"number": submission})
        if LegalHold.objects.filter(
            submission=submission, form_key=form_key, lifted_at__isnull=True
        ).exists():
            raise RuleBroken(_("It is held already."))
        hold = LegalHold(
            uuid=name,
            stream=f"hold:{name}",
            form_key=form_key,
            submission=submission,
            reason=reason,
            placed_by=by,
        )
        create_audited(
            hold,
            kind="hold_placed",
            actor=Actor.of(by),
            reason=reason,
            changes=[FieldChange("reason", None, reason, hold.stream)],
            references={"form": key, "submission": str(submission.uuid) if submission else ""},
        )
    return hold


def lift_hold(*, hold: LegalHold, by: User, reason: str) -> LegalHold:
    """Let retention go on, and return the hold. Who may: auditors and administrators. Records ``hold_lifted``.

    Raises NotPermitted, ReasonMissing, RuleBroken (lifted already).
    """
    reason = _reason(reason, by)
    with transaction.atomic():
        stored = LegalHold.objects.select_for_update().get(pk=hold.pk)
        if stored.lifted_at is not None:
            raise RuleBroken(_("This hold was lifted before."))
        stored.lifted_at, stored.lifted_by, stored.lifted_reason = timezone.now(), by, reason
        change_audited(
            stored,
            kind="hold_lifted",
            actor=Actor.of(by),
            reason=reason,
            changes=[FieldChange("reason", None, reason, stored.stream)],
        )
    return stored


def _reason(reason: str, by: User) -> str:
    if not by.is_active or not rules.may_hold(roles_of(by)):
        raise NotPermitted
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing
    return reason


_HELD = Q(holds__isnull=False, holds__lifted_at__isnull=True)


def _keys() -> list[str]:
    return sorted(set(Submission.objects.order_by().values_list("form_key", flat=True).distinct()))


def _retention_of(key: str) -> tuple[FormDefinition, Retention | None]:
    _edition, definition = newest_form(key)
    return definition, definition.retention


def _old(key: str, retention: Retention, before: datetime.datetime) -> QuerySet[Submission]:
    """Return what is old enough and not yet as retention wants it."""
    done = [Submission.Erased.DELETED]
    if retention.then == "anonymise":
        done.append(Submission.Erased.ANONYMISED)
    return Submission.objects.filter(form_key=key, submitted_at__lte=before).exclude(erased__in=done)


def _form_is_held(key: str) -> bool:
    return LegalHold.objects.filter(form_key=key, lifted_at__isnull=True).exists()


def _free(key: str, found: QuerySet[Submission]) -> QuerySet[Submission]:
    if _form_is_held(key):
        return found.none()
    held = LegalHold.objects.filter(submission__isnull=False, lifted_at__isnull=True)
    return found.exclude(pk__in=held.values("submission")).select_related("edition")


def _batches(found: QuerySet[Submission]) -> Iterator[list[Submission]]:
    last = 0
    while batch := list(found.order_by("pk").filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


def _held_back(batch: Sequence[Submission]) -> dict[int, str]:
    found: dict[int, str] = {}
    for bar in _bars.values():
        found |= bar(batch)
    return found


def _erase(submission: Submission, retention: Retention) -> bool:
    """Take out what retention says of one submission; return whether there was anything left to do."""
    with transaction.atomic():
        take_turn(f"retention {submission.form_key}")
        stored = (
            Submission.objects.select_for_update(of=("self",)).select_related("edition").get(pk=submission.pk)
        )
        before = months_before(timezone.now(), 0)
        if not _free(stored.form_key, _old(stored.form_key, retention, before)).filter(pk=stored.pk).exists():
            return False
        everything = retention.then == "delete"
        definition, had = definition_of(stored.edition), dict(stored.answers)
        entries = [entry for entry in recorded([stored.stream]) if everything or _goes(definition, entry)]
        entries = [entry for entry in entries if entry.path not in _STAYS]
        revisions = [] if everything else list(stored.revisions.all())
        stored.answers = {} if everything else without(definition, had, is_personal)
        stored.erased = Submission.Erased.DELETED if everything else Submission.Erased.ANONYMISED
        stored.erased_at = timezone.now()
        event = change_audited(
            stored,
            kind="submission_erased" if everything else "submission_anonymised",
            actor=ACTOR,
            changes=[FieldChange("erased", "", str(stored.erased), stored.stream)],
            edition_sha256=stored.edition.sha256,
            source_state=stored.state,
            target_state=stored.state,
            references={ERASED: mark(entries), "months": str(retention.months)},
        )
        erase(event, entries)
        _keep_revisions(definition, revisions)
        _erase_files(stored, everything=everything)
        _erase_comments(stored)
        CorrectionDraft.objects.filter(submission=stored).delete()
        for follower in _followers.values():
            follower(stored, had)
    return True


ACTOR = Actor.system("retention")
_STAYS = frozenset({"number", "erased"})
"""What an event says that tells of nobody."""


def _goes(definition: FormDefinition, entry: Entry) -> bool:
    """Whether an anonymisation takes this value: what events say of the whole row, reasons in people's own
    words, and answers that are personal, alone or within rows.
    """
    if entry.path in (ROW, "reason", "on_behalf_of"):
        return True
    if not entry.path.startswith("answers."):
        return False
    member = definition.at(entry.path.removeprefix("answers."))
    if member is None:
        return True
    if member.field is not None:
        return is_personal(member.field)
    assert member.group is not None
    groups = (member.group, *member.group.groups)
    return any(is_personal(asked) for group in groups for asked in group.fields)


def is_personal(asked: FieldDefinition) -> bool:
    """Whether an anonymisation takes the answers to a field."""
    return asked.confidentiality is not Confidentiality.INTERNAL


def _keep_revisions(definition: FormDefinition, revisions: Sequence[SubmissionRevision]) -> None:
    """Write the revisions again that went with their events, without what is personal and without reasons."""
    SubmissionRevision.objects.bulk_create(
        SubmissionRevision(
            submission_id=row.submission_id,
            number=row.number,
            answers=without(definition, row.answers, is_personal),
            by=row.by,
            at=row.at,
            stream=row.stream,
            version=row.version,
        )
        for row in revisions
    )


def _erase_files(submission: Submission, *, everything: bool) -> None:
    """Take away the files of the answers that go, and the names they came with."""
    files.discard(draft=submission.uuid)
    going = []
    kept = StoredFile.objects.select_for_update(of=("self",)).select_related("submission__edition")
    for row in kept.filter(submission=submission):
        asked = file_rules.field_of(row)
        if everything or asked is None or is_personal(asked):
            going.append(row)
    files.empty(going)
    StoredFile.objects.filter(pk__in=[row.pk for row in going]).update(name="-", signer="")


def _erase_comments(submission: Submission) -> None:
    """Empty what was said about a submission: words of people about people."""
    for said in SubmissionComment.objects.select_for_update().filter(submission=submission).exclude(text=""):
        entries = recorded([said.stream])
        said.text, said.mentioned = "", []
        event = change_audited(said, kind="comment_erased", actor=ACTOR, references={ERASED: mark(entries)})
        erase(event, entries)


def holds_in_force() -> QuerySet[LegalHold]:
    """Return what is held now, newest first."""
    return LegalHold.objects.filter(lifted_at__isnull=True).select_related("submission", "placed_by")


def hold_of(uuid: uuids.UUID) -> LegalHold:
    """Return one hold; raises NotFound."""
    found = LegalHold.objects.select_related("submission", "placed_by").filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
