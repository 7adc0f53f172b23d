"""Sign-ins, sign-outs, refused sign-ins, and every file somebody takes out, as events of the person's stream,
``user:<uuid>``.

A refused sign-in under a name nobody has is a line in the log only: there is no person whose record it
would be.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from foundation.audit import services as audit
from foundation.audit.services import Actor, FieldChange
from foundation.organisation.models import User

log = logging.getLogger("remit.access")
ATTEMPTS = 5
EXPORTED = "user.exported"
LONGEST = 300
DOCUMENTS = frozenset({"application/pdf", "text/csv", "application/zip"})


def stream_of(person: User) -> str:
    """Return the name of the stream that keeps what concerns an account."""
    return f"user:{person.uuid}"


def note(
    person: User,
    kind: str,
    *,
    actor: Actor,
    changes: Sequence[FieldChange] = (),
    references: Mapping[str, str] | None = None,
) -> None:
    """Append one event to the person's stream. Two sign-ins at once both get their place.

    Raises StreamOvertaken after several lost races.
    """
    stream = stream_of(person)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                audit.append(
                    stream=stream,
                    version=audit.next_version(stream),
                    kind=kind,
                    actor=actor,
                    changes=changes,
                    references=references,
                )
            return
        except audit.StreamOvertaken:
            if attempt == ATTEMPTS:
                raise


def is_file(response: HttpResponseBase) -> bool:
    """Whether an answer is a file that leaves the system: something to save, or a document in whatever window."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    how = response.headers.get("Content-Disposition", "").partition(";")[0].strip().lower()
    return response.status_code == 200 and (how == "attachment" or kind in DOCUMENTS)


def note_export(request: HttpRequest) -> None:
    """Append that the person of ``request`` was given a file: of which address. Neither what was searched for nor the
    name of the file is in the record: both may name people, and what stands in the chain can never be erased.
    """
    match = request.resolver_match
    note(
        request.user,  # type: ignore[arg-type]  # the gate has seen to it that somebody is signed in
        EXPORTED,
        actor=Actor.of(request.user),
        references={
            "route": match.view_name if match else "",
            "address": request.path[:LONGEST],
        },
    )


def on_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receive ``user_logged_in``."""
    note(user, "user.signed_in", actor=Actor.of(user))


def on_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Receive ``user_logged_out``; an expired session has nobody."""
    if user is not None:
        note(user, "user.signed_out", actor=Actor.of(user))


def on_refused(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Receive ``user_login_failed``."""
    name = str(credentials.get("username", ""))
    person = User.objects.filter(username=name).first() if name and "\0" not in name else None
    if person is None:
        log.warning("Refused sign-in for a name nobody has")
    else:
        note(person, "user.sign_in_refused", actor=Actor.system("sign-in"))


def connect() -> None:
    """Listen; called once when the app is ready."""
    user_logged_in.connect(on_sign_in, dispatch_uid="access.records.sign_in")
    user_logged_out.connect(on_sign_out, dispatch_uid="access.records.sign_out")
    user_login_failed.connect(on_refused, dispatch_uid="access.records.refused")
