"""The door: ``tell`` writes what is said, in the transaction that causes it; everything else follows the commit."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from foundation.notifying.kinds import kind_of
from foundation.notifying.models import Announcement, Notification
from foundation.notifying.wording import stored
from foundation.organisation.models import User
from foundation.outbox.services import send

OUTWARD = "tell"
_NAMESPACE = uuid.UUID("6f0e3c1a-4b52-4d52-9a39-0c4f5b1d7a10")


@dataclass(frozen=True)
class Matter:
    """What it is about: ``kind`` (see ``matters``) and its id there, the path of its page (``/cases/…/``), and how it
    is named in a line: ``number`` and ``title`` (a text, or one for each language). The title stands in mails and in
    the list of the reader, never in a group chat.
    """

    kind: str
    id: str
    path: str
    number: str = ""
    title: str | Mapping[str, str] = ""


@dataclass(frozen=True)
class Telling:
    """One thing to say to some people.

    ``kind``: what is said, a registered ``kinds.Kind``; its texts are used unless ``subject`` and ``text`` bring their
    own, one for each language (only for kinds whose texts are ``given``). ``key`` names the telling, 160 characters at
    the most: nobody is told twice under one key. ``values``: the fields its texts may use; a ``str``, ``int``, day,
    moment, person, lazy text, or a mapping language → text. ``urgent``: mailed at once, through quiet time and digests.
    ``roles``, ``workflow``: why these people, for robots that tell only of some. ``robots``: False where a robot would
    say again what it says for another telling.
    """

    kind: str
    key: str
    people: Sequence[User]
    matter: Matter
    values: Mapping[str, Any] = field(default_factory=dict)
    subject: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False
    roles: Sequence[str] = ()
    workflow: str = ""
    robots: bool = True


def tell(*tellings: Telling) -> None:
    """Say ``tellings``: a row for each person stands in the product at once, and what goes out of the house follows
    the commit, as each of them wants it.

    Call it inside the transaction that causes them, once for everything that one step says: three statements and one
    effect, however many people there are. People who have left are passed over. Raises ``kinds.UnknownKind``.
    """
    now = timezone.now()
    announcements, notifications = [], []
    for one in tellings:
        kind_of(one.kind)
        people = {person.pk: person for person in one.people if person.is_active}
        if not people:
            continue
        announcement = _announcement(one)
        announcement.created_at = now
        announcements.append(announcement)
        notifications += [
            Notification(
                id=uuid.uuid5(announcement.id, str(pk)),
                announcement=announcement,
                person_id=pk,
                created_at=now,
            )
            for pk in people
        ]
    if not notifications:
        return
    # Said before under the same key: the rows are there, and stay as they are.
    Announcement.objects.bulk_create(announcements, ignore_conflicts=True)
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    ids = [str(announcement.id) for announcement in announcements]
    every = hashlib.sha256("".join(sorted(str(row.id) for row in notifications)).encode()).hexdigest()[:40]
    send(OUTWARD, f"{OUTWARD}:{ids[0]}:{every}", {"announcements": ids})


def _announcement(one: Telling) -> Announcement:
    return Announcement(
        id=uuid.uuid5(_NAMESPACE, one.key),
        key=one.key,
        kind=one.kind,
        matter_kind=one.matter.kind,
        matter_id=one.matter.id,
        path=one.matter.path,
        number=one.matter.number,
        title=stored(one.matter.title),
        fields={name: stored(value) for name, value in one.values.items()},
        subject=dict(one.subject),
        text=dict(one.text),
        urgent=one.urgent,
        roles=list(one.roles),
        workflow=one.workflow,
        robots=one.robots,
    )


def mark_read(*, by: User, ids: Sequence[uuid.UUID] | None = None, read: bool = True) -> int:
    """Mark the person's own notifications as read, or as unread again; all of them without ``ids``. Return how many."""
    rows: QuerySet[Notification] = Notification.objects.filter(person=by, read_at__isnull=read)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=timezone.now() if read else None)


def mark_matter_read(*, by: User, kind: str, matter: str) -> int:
    """Mark what the person was told of one matter as read: they are looking at it. Return how many. One statement."""
    rows = Notification.objects.filter(
        person=by, read_at__isnull=True, announcement__matter_kind=kind, announcement__matter_id=matter
    )
    return rows.update(read_at=timezone.now())
