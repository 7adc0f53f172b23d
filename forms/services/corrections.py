"""The one door for what becomes of a submission: corrected, withdrawn, commented on, read.

Who may is said by the form as it stands (``forms.rules``); how the answers are asked, by the edition the
submission was made under, for ever.
"""

from __future__ import annotations

import datetime
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forms import rules
from forms.directory import directory_for, standing_in
from forms.exceptions import (
    AnswersInvalid,
    CorrectedMeanwhile,
    NotFound,
    NothingChanged,
    NotPermitted,
    ReasonMissing,
    RuleBroken,
)
from forms.files import services as files
from forms.logic import FormState, evaluate, typed_of
from forms.models import (
    CorrectionDraft,
    Submission,
    SubmissionComment,
    SubmissionReading,
    SubmissionRevision,
)
from forms.paths import flat, with_kept, without
from forms.revisions import differences
from forms.schema import FormDefinition, definition_of
from forms.services.submissions import kept_texts
from forms.takeover import taken_over
from foundation.audit.services import (
    Actor,
    FieldChange,
    append,
    change_audited,
    create_audited,
    next_version,
    remember,
    remembered,
)
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

LONGEST_REASON = 1_000
LONGEST_COMMENT = 4_000
READ_AGAIN = datetime.timedelta(hours=1)
"""A second look within this time is the same reading."""

Bar = Callable[[Submission], str]
_bars: dict[str, Bar] = {}


def bar_withdrawal(name: str, bar: Bar) -> None:
    """Let a room above say why a submission cannot be taken back: a sentence, empty where it can."""
    _bars[name] = bar


Follower = Callable[[Submission, User], None]
_followers: dict[str, Follower] = {}


def follow_correction(name: str, follower: Follower) -> None:
    """Let a room above do what a correction means to it, in the same transaction: the submission as it reads now, and
    by whom.
    """
    _followers[name] = follower


def save_correction(
    *,
    submission: Submission,
    typed: Mapping[str, Sequence[str]],
    reason: str,
    by: User,
    seen_revision: int,
    page: int = 0,
) -> CorrectionDraft:
    """Keep what somebody has typed so far to correct a submission, and return it.

    Who may: whoever may correct it now. Nothing is checked and nothing recorded. ``seen_revision`` counts for
    a new draft; a draft stays on the revision it began from until ``begin_again``. Raises NotPermitted.
    """
    with transaction.atomic():
        roles = _check_may_correct(submission, by)
        definition = definition_of(submission.edition)
        hidden = rules.withheld(submission, by, roles)
        shown = without(definition, submission.answers, lambda field: field.id in hidden)
        draft, _made = CorrectionDraft.objects.select_for_update().get_or_create(
            submission=submission,
            person=by,
            defaults={"seen_revision": seen_revision, "answers": typed_of(definition, shown)},
        )
        before = draft.answers
        draft.answers = kept_texts(definition, before, typed)
        directory = directory_for(
            by, submission.uuid, standing=standing_in(definition, submission.answers), uploads=False
        )
        draft.answers |= taken_over(definition, before, draft.answers, directory)
        draft.reason = reason[:LONGEST_REASON].replace("\x00", "")
        draft.page = min(page, len(definition.pages) - 1)
        draft.saved_at = timezone.now()
        draft.save()
    return draft


def begin_again(*, submission: Submission, by: User, typed: Mapping[str, Sequence[str]] | None) -> None:
    """Put a person's draft of a correction onto the revision of now: with ``typed`` (their own words over what
    stands now), or thrown away. Nothing is recorded.
    """
    with transaction.atomic():
        mine = CorrectionDraft.objects.select_for_update().filter(submission=submission, person=by)
        if typed is None:
            mine.delete()
        else:
            current = Submission.objects.values_list("revision", flat=True).get(pk=submission.pk)
            mine.update(seen_revision=current, answers=dict(typed), saved_at=timezone.now())


def corrected_state(
    submission: Submission,
    answers: Mapping[str, Any],
    *,
    withheld: frozenset[str] = frozenset(),
    unread: Mapping[str, Any] | None = None,
    language: str | None = None,
    by: User | None = None,
) -> FormState:
    """Return how the form would stand with corrected answers: under the submission's own edition, today;
    read-only fields keep the values they have, and so do those the person may not read. What ``by`` names anew
    they must find; what is named already stays found.
    """
    definition = definition_of(submission.edition)
    merged = with_kept(definition, answers, submission.answers, lambda field: field.id in withheld)
    directory = directory_for(
        by, submission.uuid, standing=standing_in(definition, submission.answers), uploads=False
    )
    return evaluate(
        definition,
        merged,
        language,
        unread=unread,
        kept=submission.answers,
        submitted=submission.submitted_at,
        directory=directory,
    )


def correct(
    *,
    submission: Submission,
    answers: Mapping[str, Any],
    reason: str,
    by: User,
    seen_revision: int,
    idempotency_key: str,
) -> Submission:
    """Make the next revision of a submission and return it; the same key with the same request returns the
    first answer.

    Who may: ``rules.may_correct``. In one transaction: the answers are evaluated under the edition of the
    submission; the row, the revision, the event ``submission_corrected`` (with nothing but what changed) and
    the history row are written; the person's draft of the correction is deleted; rooms above follow
    (``follow_correction``). Raises NotPermitted,
    ReasonMissing, CorrectedMeanwhile (``seen_revision`` is no longer the newest), AnswersInvalid,
    NothingChanged and the audit room's KeyReused.
    """
    reason = reason.strip()[:LONGEST_REASON]
    request = {"answers": dict(answers), "reason": reason, "seen": seen_revision}
    key = f"correct:{submission.uuid}:{by.pk}:{idempotency_key}"
    with transaction.atomic():
        if remembered(key, request) is not None:
            return Submission.objects.select_related("edition").get(pk=submission.pk)
        stored = _locked(submission)
        roles = _check_may_correct(stored, by)
        definition = definition_of(stored.edition)
        withheld = rules.withheld(stored, by, roles)
        if stored.revision != seen_revision:
            raise CorrectedMeanwhile(stored, _since(stored, definition, seen_revision, withheld))
        if not reason:
            raise ReasonMissing
        state = corrected_state(stored, answers, withheld=withheld, by=by)
        if state.errors:
            raise AnswersInvalid(state.errors, state)
        before, after = flat(definition, stored.answers), flat(definition, state.answers)
        if before == after:
            raise NothingChanged
        given = files.named_files(stored.uuid, definition, state.answers)
        _keep_first_revision(stored)
        source, stored.state = stored.state, Submission.State.CORRECTED
        stored.answers = state.answers
        stored.revision += 1
        event = change_audited(
            stored,
            kind="submission_corrected",
            actor=Actor.of(by),
            reason=reason,
            changes=[
                FieldChange("reason", None, reason, stored.stream),
                *(
                    FieldChange(f"answers.{path}", before.get(path), after.get(path), stored.stream)
                    for path in [*before, *(path for path in after if path not in before)]
                    if before.get(path) != after.get(path)
                ),
            ],
            edition_sha256=stored.edition.sha256,
            source_state=source,
            target_state=stored.state,
            references={"revision": str(stored.revision), **files.hashes_of(given)},
            idempotency_key=key,
        )
        files.attach(given, stored)
        SubmissionRevision.objects.create(
            submission=stored,
            number=stored.revision,
            answers=stored.answers,
            reason=reason,
            by=by,
            at=timezone.now(),
            stream=stored.stream,
            version=stored.version,
        )
        CorrectionDraft.objects.filter(submission=stored, person=by).delete()
        for follower in _followers.values():
            follower(stored, by)
        remember(key, request, event, {"revision": stored.revision})
    return stored


def withdraw(
    *, submission: Submission, reason: str, by: User, seen_revision: int, idempotency_key: str
) -> Submission:
    """Take a submission back and return it: its answers stay, its state says so.

    Who may: ``rules.may_withdraw``. Records ``submission_withdrawn``. Raises NotPermitted, ReasonMissing,
    CorrectedMeanwhile, KeyReused, and RuleBroken with the sentence of the room above where something has
    grown from it.
    """
    reason = reason.strip()[:LONGEST_REASON]
    request = {"reason": reason, "seen": seen_revision}
    key = f"withdraw:{submission.uuid}:{by.pk}:{idempotency_key}"
    with transaction.atomic():
        if remembered(key, request) is not None:
            return Submission.objects.select_related("edition").get(pk=submission.pk)
        stored = _locked(submission)
        roles = roles_of(by)
        if not rules.may_withdraw(stored, by, roles):
            raise NotPermitted
        if stored.revision != seen_revision:
            definition = definition_of(stored.edition)
            withheld = rules.withheld(stored, by, roles)
            raise CorrectedMeanwhile(stored, _since(stored, definition, seen_revision, withheld))
        if not reason:
            raise ReasonMissing
        if sentence := withdrawal_barred(stored):
            raise RuleBroken(sentence)
        source, stored.state = stored.state, Submission.State.WITHDRAWN
        event = change_audited(
            stored,
            kind="submission_withdrawn",
            actor=Actor.of(by),
            reason=reason,
            changes=[FieldChange("reason", None, reason, stored.stream)],
            edition_sha256=stored.edition.sha256,
            source_state=source,
            target_state=stored.state,
            idempotency_key=key,
        )
        CorrectionDraft.objects.filter(submission=stored).delete()
        remember(key, request, event, {"state": stored.state})
    return stored


def withdrawal_barred(submission: Submission) -> str:
    """Return why the submission cannot be taken back, as far as other rooms know; empty where it can."""
    return next((sentence for bar in _bars.values() if (sentence := bar(submission))), "")


def comment(
    *,
    submission: Submission,
    text: str,
    by: User,
    idempotency_key: str,
    mentioned: Sequence[tuple[str, str]] = (),
) -> SubmissionComment:
    """Add a comment to a submission and return it. ``mentioned``: whom it names, as written, with their uuid.

    Who may: whoever sees it; the caller has found it for them. Records ``submission_commented`` in a stream
    of the comment's own. Raises RuleBroken without a text, KeyReused.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        raise RuleBroken(_("Write what you want to say."))
    if len(text) > LONGEST_COMMENT:
        raise RuleBroken(
            _("Shorten the comment to %(most)d characters; it has %(length)d now.")
            % {"most": LONGEST_COMMENT, "length": len(text)}
        )
    request = {"submission": str(submission.uuid), "text": text}
    key = f"comment:{submission.uuid}:{by.pk}:{idempotency_key}"
    with transaction.atomic():
        if (known := remembered(key, request)) is not None:
            return SubmissionComment.objects.get(uuid=known.answer["comment"])
        name = uuids.uuid4()
        said = SubmissionComment(
            uuid=name,
            stream=f"comment:{name}",
            submission=submission,
            text=text,
            by=by,
            mentioned=[list(one) for one in mentioned],
        )
        event = create_audited(
            said,
            kind="submission_commented",
            actor=Actor.of(by),
            changes=[
                FieldChange("text", None, text, said.stream),
                *([FieldChange("mentioned", None, said.mentioned, said.stream)] if mentioned else []),
            ],
            references={"submission": str(submission.uuid)},
            idempotency_key=key,
        )
        remember(key, request, event, {"comment": str(name)})
    return said


def record_reading(*, submission: Submission, by: User) -> bool:
    """Record that somebody opened a submission with confidential answers; return whether it was recorded.

    At most once a person and hour, also from several windows at once; the author's own look is no reading.
    """
    if not rules.is_confidential(submission) or rules.is_author(submission, by):
        return False
    stream = reading_stream(submission)
    with transaction.atomic():
        version = next_version(stream)  # waits for another window of the same moment
        since = timezone.now() - READ_AGAIN
        if SubmissionReading.objects.filter(submission=submission, by=by, at__gt=since).exists():
            return False
        SubmissionReading.objects.create(submission=submission, by=by)
        append(
            stream=stream,
            version=version,
            kind="submission_read",
            actor=Actor.of(by),
            edition_sha256=submission.edition.sha256,
            references={"submission": str(submission.uuid)},
        )
    return True


def record_output(*, submission: Submission, by: User, what: str) -> None:
    """Record that a submission with confidential answers was printed or downloaded; ``what`` names the layout."""
    if not rules.is_confidential(submission):
        return
    stream = reading_stream(submission)
    with transaction.atomic():
        append(
            stream=stream,
            version=next_version(stream),
            kind="submission_printed",
            actor=Actor.of(by),
            edition_sha256=submission.edition.sha256,
            references={"submission": str(submission.uuid), "layout": what, "language": get_language() or ""},
        )


def reading_stream(submission: Submission) -> str:
    """Return the stream in which readings and prints of a submission are recorded."""
    return f"reading:{submission.uuid}"


def _locked(submission: Submission) -> Submission:
    return (
        Submission.objects.select_for_update(of=("self",))
        .select_related("edition", "submitted_by", "on_behalf_of")
        .get(pk=submission.pk)
    )


def _check_may_correct(submission: Submission, by: User) -> frozenset[str]:
    roles = roles_of(by)
    if not rules.may_see(submission, by, roles):
        raise NotFound
    if not rules.may_correct(submission, by, roles):
        raise NotPermitted
    return roles


def _keep_first_revision(stored: Submission) -> None:
    """Keep what was handed in before it is corrected for the first time."""
    if stored.revision == 1:
        SubmissionRevision.objects.create(
            submission=stored,
            number=1,
            answers=stored.answers,
            by=stored.submitted_by,
            at=stored.submitted_at,
            stream=stored.stream,
            version=1,
        )


def _since(stored: Submission, definition: FormDefinition, seen: int, withheld: frozenset[str]) -> list[Any]:
    known = stored.revisions.filter(number=seen).first()
    if known is None:
        return []
    language = get_language() or ""
    return list(differences(definition, known.answers, stored.answers, language, withheld=withheld))
