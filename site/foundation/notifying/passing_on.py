"""What goes out of the house for what was said: mails at once or together, robots. Carried out by the worker.

``pass_on`` decides for each person told, exactly once: it commits together with the mark of its effect. What waits
(digest, quiet time) is a row with its time; the round ``send_waiting`` gathers all that a person has due at one moment
into one mail under one key, so that a second worker, or a repetition, writes no second one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from foundation.notifying.enums import Channel, Pace
from foundation.notifying.kinds import topic_of
from foundation.notifying.matters import visible
from foundation.notifying.models import Announcement, Delivery, Notification, Robot
from foundation.notifying.pacing import due
from foundation.notifying.preferences import Preferences
from foundation.notifying.robots.telling import fits, text_for, write_down
from foundation.notifying.saying import Said, Words, house_words, language_of, say
from foundation.notifying.services import OUTWARD
from foundation.organisation.models import User
from foundation.outbox.models import Message
from foundation.outbox.rounds import every
from foundation.outbox.services import Payload, handles, send

ROUND = "notifications waiting"
EVERY = datetime.timedelta(minutes=1)
A_TURN = 200
"""Mails of one run of the round: it ends well within its lease, and comes again."""


@handles(OUTWARD, in_transaction=True)
def pass_on(payload: Payload) -> None:
    """Decide what goes out for the announcements named: to each person told and not passed on yet."""
    now = timezone.now()
    rows = list(
        Notification.objects.select_for_update(of=("self",))
        .filter(announcement__in=payload["announcements"], passed_on_at__isnull=True)
        .select_related("announcement", "person")
        .order_by("created_at", "id")
    )
    if not rows:
        return
    preferences = Preferences({row.person_id for row in rows})
    zone, words = timezone.get_default_timezone(), house_words()
    waiting = []
    for row in rows:
        if not row.person.email or not row.person.is_active:
            continue
        wanted = preferences.wanted(row.person_id, topic_of(row.announcement.kind))
        delivery = Delivery(
            announcement=row.announcement,
            channel=Channel.MAIL,
            person=row.person,
            pace=Pace.AT_ONCE if row.announcement.urgent else wanted.pace,
            due_at=now if row.announcement.urgent else due(now, wanted, zone),
            created_at=now,
        )
        if delivery.pace == Pace.NOT:
            continue
        if delivery.due_at <= now:
            delivery.message = _mail(row.person, _key(row), say_to(row.person, row.announcement, words))
        waiting.append(delivery)
    waiting += _by_robots(rows, preferences, words, now)
    Delivery.objects.bulk_create(waiting, ignore_conflicts=True)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(passed_on_at=now)


def _by_robots(
    rows: Sequence[Notification], preferences: Preferences, words: Words, now: datetime.datetime
) -> list[Delivery]:
    """What robots tell of it; they keep the quiet time of the house."""
    robots = list(Robot.objects.filter(active=True))
    told: dict[Announcement, list[User]] = {}
    for row in rows:
        told.setdefault(row.announcement, []).append(row.person)
    zone, found = timezone.get_default_timezone(), []
    for announcement, people in told.items():
        wanted = replace(preferences.wanted(None, topic_of(announcement.kind)), pace=Pace.AT_ONCE)
        due_at = now if announcement.urgent else due(now, wanted, zone)
        for robot in robots:
            if not fits(robot, announcement):
                continue
            delivery = Delivery(
                announcement=announcement, channel=Channel.ROBOT, robot=robot, due_at=due_at, created_at=now
            )
            if due_at <= now:
                delivery.message = _by_robot(robot, announcement, people, words)
            found.append(delivery)
    return found


def _by_robot(
    robot: Robot, announcement: Announcement, people: Iterable[User], words: Words
) -> Message | None:
    return write_down(
        robot, f"robot:{announcement.pk}:{robot.uuid}", text_for(robot, announcement, people, words)
    )


def _key(row: Notification) -> str:
    return f"{row.announcement.key}:{row.person.uuid}"


def say_to(person: User, announcement: Announcement, words: Words) -> Said:
    """Return the announcement in the words of one reader."""
    language = language_of(person)
    with override(language):
        return say(announcement, language, words, str(person))


def _mail(person: User, key: str, said: Said) -> Message | None:
    return send("mail", key, {"to": [person.email], "subject": said.heading, "body": said.letter})


@every(ROUND, EVERY)
def send_waiting() -> int:
    """Send what waited for its time, to each person in one mail; return how many mails were written."""
    now = timezone.now()
    waiting = Delivery.objects.filter(channel=Channel.MAIL, message__isnull=True, reason="", due_at__lte=now)
    found = waiting.order_by("due_at", "person_id").values_list("person_id", "due_at").distinct()[:A_TURN]
    return _robots_waiting(now) + sum(_send_together(person, due_at) for person, due_at in found)


@transaction.atomic
def _robots_waiting(now: datetime.datetime) -> int:
    """Let robots say what waited for the end of quiet time."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(channel=Channel.ROBOT, message__isnull=True, reason="", due_at__lte=now)
        .select_related("announcement", "robot")
        .prefetch_related("announcement__notifications__person")
        .order_by("due_at", "id")[:A_TURN]
    )
    words = house_words() if rows else {}
    for row in rows:
        assert row.robot is not None
        people = [one.person for one in row.announcement.notifications.all()]
        row.message = _by_robot(row.robot, row.announcement, people, words)
    Delivery.objects.bulk_update(rows, ["message"])
    return len(rows)


@transaction.atomic
def _send_together(person_id: int, due_at: datetime.datetime) -> int:
    """Write one mail of everything the person has due at one moment."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(channel=Channel.MAIL, person=person_id, due_at=due_at, message__isnull=True, reason="")
        .select_related("announcement", "person")
        .order_by("announcement__created_at", "id")
    )
    if not rows:  # another worker was faster
        return 0
    person = rows[0].person
    assert person is not None
    mine = Delivery.objects.filter(pk__in=[row.pk for row in rows])
    if not person.is_active or not person.email:
        mine.update(reason="left")
        return 0
    seen = visible(person, {(row.announcement.matter_kind, row.announcement.matter_id) for row in rows})
    told = [row for row in rows if (row.announcement.matter_kind, row.announcement.matter_id) in seen]
    mine.exclude(pk__in=[row.pk for row in told]).update(reason="hidden")
    if not told:
        return 0
    key = f"digest:{person.uuid}:{due_at.astimezone(datetime.UTC).isoformat(timespec='seconds')}"
    message = _digest(person, key, told)
    if message is None:
        # The mail of this period is written already: what came too late for it goes with the next.
        _put_off(person, told)
        return 0
    mine.filter(reason="").update(message=message)
    return 1


def _put_off(person: User, rows: Sequence[Delivery]) -> None:
    now, zone, preferences = timezone.now(), timezone.get_default_timezone(), Preferences({person.pk})
    for row in rows:
        next_due = due(now, preferences.wanted(person.pk, topic_of(row.announcement.kind)), zone)
        row.due_at = next_due if next_due > now else now + EVERY
    Delivery.objects.bulk_update(rows, ["due_at"])


def _digest(person: User, key: str, rows: Sequence[Delivery]) -> Message | None:
    if len(rows) == 1:
        return _mail(person, key, say_to(person, rows[0].announcement, house_words()))
    with override(language_of(person)):
        subject = ngettext(
            "%(count)d notification from Remit", "%(count)d notifications from Remit", len(rows)
        ) % {"count": len(rows)}
        parts = [_("Since the last mail, you were told:"), *_by_topic(person, rows)]
        parts.append(
            _("All of it: %(address)s\nHow often you are mailed, you choose at: %(preferences)s")
            % {
                "address": f"{settings.BASE_URL}/notifications/",
                "preferences": f"{settings.BASE_URL}/notifications/preferences/",
            }
        )
    return send("mail", key, {"to": [person.email], "subject": subject, "body": "\n\n".join(parts) + "\n"})


def _by_topic(person: User, rows: Sequence[Delivery]) -> Iterable[str]:
    words = house_words()

    def topic(row: Delivery) -> str:
        return str(topic_of(row.announcement.kind).title)

    for title, found in groupby(sorted(rows, key=topic), topic):
        yield f"■ {title}"
        for row in found:
            said = say_to(person, row.announcement, words)
            yield "\n".join(part for part in (said.subject, said.about, said.text, said.address) if part)
