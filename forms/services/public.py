"""The door for people without an account: links, what they type, what they hand in.

Whoever has a link has its token; the database has the token's hash. A stranger is told apart by a random
cookie of their browser, of which the database has the hash as well. Nothing here says whether a form, a link or
a submission exists to somebody who cannot name it.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import secrets
import uuid as uuids
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.exceptions import AlreadySubmitted, NotFound, NotPermitted, ReasonMissing, RuleBroken
from forms.models import PublicAccess, PublicDraft, PublicUse, Submission
from forms.queries import current_form
from forms.schema import FormDefinition, definition_of
from forms.services.submissions import begun, enter, kept_texts
from foundation.audit.services import (
    Actor,
    FieldChange,
    change_audited,
    create_audited,
    remember,
    remembered,
    take_turn,
)
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.outbox.rounds import every

PUBLIC = Actor(user_id=None, name="public link", channel="public")
"""Whoever comes through a public link: nobody knows who."""
KEEP_DRAFTS = datetime.timedelta(days=7)
KEEP_USES = datetime.timedelta(days=1)
WITHIN = datetime.timedelta(hours=1)
RECEIPT_SALT = "forms.public.receipt"
FASTEST = datetime.timedelta(seconds=3)
"""Nobody reads a form and answers it in less."""


def open_access(*, form_key: str, purpose: str, by: User) -> tuple[PublicAccess, str]:
    """Make a public link to a form and return it with its token, which nobody can be told a second time.

    Who may: form builders (the screen's rule). Records ``public_access_opened``. Raises NotFound for a form
    that is not in force, RuleBroken for one that does not allow public links, ReasonMissing without a purpose.
    """
    purpose = purpose.strip()[:120]
    if not purpose:
        raise ReasonMissing
    _edition, definition = current_form(form_key)
    if definition.public is None:
        raise RuleBroken(_("This form takes no submissions from the public. Allow it in the form first."))
    token, name = secrets.token_urlsafe(32), uuids.uuid4()
    access = PublicAccess(
        uuid=name,
        stream=f"public-access:{name}",
        form_key=form_key,
        purpose=purpose,
        token_hash=hash_of(token),
        created_by=by,
    )
    with transaction.atomic():
        create_audited(
            access,
            kind="public_access_opened",
            actor=Actor.of(by),
            changes=[FieldChange("purpose", None, purpose, access.stream)],
            references={"form": form_key},
        )
    return access, token


def revoke_access(*, access: PublicAccess, by: User) -> PublicAccess:
    """Close a public link for good and return it; what was begun behind it is thrown away.

    Who may: form builders (the screen's rule). Records ``public_access_revoked``. Twice is no fault.
    """
    with transaction.atomic():
        stored = PublicAccess.objects.select_for_update().get(pk=access.pk)
        if stored.revoked_at is not None:
            return stored
        stored.revoked_at, stored.revoked_by = timezone.now(), by
        change_audited(
            stored,
            kind="public_access_revoked",
            actor=Actor.of(by),
            references={"form": stored.form_key},
        )
        PublicDraft.objects.filter(access=stored).delete()
    return stored


def access_for(token: str) -> tuple[PublicAccess, Edition, FormDefinition]:
    """Return the link of a token, and the form in force behind it; raises NotFound for a token that is unknown
    or revoked, and where the form is out of force or no longer public.
    """
    access = (
        PublicAccess.objects.select_related("created_by")
        .filter(token_hash=hash_of(token), revoked_at__isnull=True)
        .first()
    )
    if access is None:
        raise NotFound
    edition, definition = current_form(access.form_key)
    if definition.public is None:
        raise NotFound
    return access, edition, definition


def hash_of(secret: str) -> str:
    """Return the hash under which a token or a visitor's cookie is kept; both are 256 random bits."""
    return hashlib.sha256(b"public/v1\x00" + secret.encode()).hexdigest()


def address_mark(address: str) -> str:
    """Return what stands for a network address: a keyed hash; of IPv6 of the network, for one house has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        pass
    else:
        if parsed.version == 6:
            address = str(ipaddress.ip_network((parsed, 64), strict=False))
    return hmac.digest(settings.SECRET_KEY.encode(), b"public-address\x00" + address.encode(), "sha256").hex()


def draft_of(access: PublicAccess, visitor: str) -> PublicDraft | None:
    """Return what this browser has begun behind the link."""
    found = PublicDraft.objects.select_related("edition").filter(access=access, visitor=hash_of(visitor))
    return found.first()


def save_public_draft(
    *,
    access: PublicAccess,
    edition: Edition,
    visitor: str,
    typed: Mapping[str, Sequence[str]],
    page: int = 0,
) -> PublicDraft:
    """Keep what a stranger has typed so far, bound to the cookie of their browser, and return it.

    A draft stays on the edition it was begun under. Raises NotFound when the link was revoked meanwhile.
    """
    with transaction.atomic():
        if not PublicAccess.objects.filter(pk=access.pk, revoked_at__isnull=True).exists():
            raise NotFound
        mark = hash_of(visitor)
        mine = PublicDraft.objects.select_for_update(of=("self",)).select_related("edition")
        draft = mine.filter(access=access, visitor=mark).first()
        if draft is None:
            draft = PublicDraft(
                access=access,
                edition=edition,
                visitor=mark,
                answers=begun(definition_of(edition), None),
            )
        definition = definition_of(draft.edition)
        draft.answers = kept_texts(definition, draft.answers, typed)
        draft.page = min(page, len(definition.pages) - 1)
        draft.saved_at = timezone.now()
        try:
            with transaction.atomic():
                draft.save()
        except IntegrityError:
            # Two first savings at the same moment: the other one made the row.
            return save_public_draft(access=access, edition=edition, visitor=visitor, typed=typed, page=page)
    return draft


def submit_public(
    *, access: PublicAccess, draft: PublicDraft, answers: Mapping[str, Any], address: str
) -> Submission:
    """Make a submission of what a stranger typed and return it; the same draft gives one, however often sent.

    Who may: whoever has the link, ``public.per_hour`` times an hour from one network address. Records
    ``submission_submitted`` by the process *public link*. Raises NotFound (revoked), NotPermitted (out of
    force), RuleBroken (closed, full, too often), AnswersInvalid, AlreadySubmitted.
    """
    definition = definition_of(draft.edition)
    request = {"access": str(access.uuid), "edition": draft.edition.sha256, "answers": dict(answers)}
    key = f"public:{draft.uuid}"
    with transaction.atomic():
        if (known := remembered(key, request)) is not None:
            return Submission.objects.select_related("edition").get(uuid=known.answer["submission"])
        stored = PublicAccess.objects.filter(pk=access.pk, revoked_at__isnull=True).first()
        if stored is None:
            raise NotFound
        done = Submission.objects.filter(uuid=draft.uuid).first()
        if done is not None:
            raise AlreadySubmitted(done)
        _edition, current = current_form(definition.key)
        if current.public is None:
            raise NotPermitted
        _check_often(stored, address_mark(address), current.public.per_hour)
        submission, event = enter(
            edition=draft.edition,
            current=current,
            answers=answers,
            actor=PUBLIC,
            key=key,
            uuid=draft.uuid,
            submitted_by=None,
            access=stored,
        )
        PublicDraft.objects.filter(pk=draft.pk).delete()
        remember(key, request, event, {"submission": str(submission.uuid), "number": submission.number})
    return submission


def _check_often(access: PublicAccess, address: str, per_hour: int) -> None:
    """Count this use, or raise RuleBroken. Uses from one address wait for one another: it is never passed."""
    take_turn(f"public {access.pk} {address}")
    since = timezone.now() - WITHIN
    if PublicUse.objects.filter(access=access, address=address, at__gt=since).count() >= per_hour:
        sentence = ngettext(
            "Only %(count)d form an hour is taken from one place. Your answers are kept here; try again later.",
            "Only %(count)d forms an hour are taken from one place. Your answers are kept here; try again later.",
            per_hour,
        )
        raise RuleBroken(sentence % {"count": per_hour})
    PublicUse.objects.create(access=access, address=address)


def receipt_of(submission: Submission) -> str:
    """Return the code with which whoever sent a submission in looks up how it stands: signed, not guessable,
    kept nowhere.
    """
    return signing.Signer(salt=RECEIPT_SALT).sign_object({"s": submission.uuid.hex})


def submission_of(receipt: str) -> Submission:
    """Return the submission of a receipt's code; raises NotFound for any other text."""
    try:
        name = uuids.UUID(hex=signing.Signer(salt=RECEIPT_SALT).unsign_object(receipt)["s"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise NotFound from None
    found = Submission.objects.select_related("edition").filter(uuid=name, access__isnull=False).first()
    if found is None:
        raise NotFound
    return found


@every("public-leftovers", datetime.timedelta(hours=6))
def sweep() -> int:
    """Throw away what strangers began and left, and the counts of addresses; return how many drafts."""
    now = timezone.now()
    PublicUse.objects.filter(at__lt=now - KEEP_USES).delete()
    count, _by_model = PublicDraft.objects.filter(saved_at__lt=now - KEEP_DRAFTS).delete()
    return count
