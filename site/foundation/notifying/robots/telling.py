"""Robots tell what fits them: which announcements, in which words, and posting them (an effect each)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.notifying import secrecy
from foundation.notifying.kinds import inner_names, topic_of
from foundation.notifying.models import Announcement, Robot
from foundation.notifying.robots import adapter_of
from foundation.notifying.robots.limiting import take_turn
from foundation.notifying.robots.posting import post
from foundation.notifying.saying import Words, say
from foundation.outbox.models import Message
from foundation.outbox.services import Later, Payload, Refused, handles, send

EFFECT = "robot"
GIVE_UP_AFTER = datetime.timedelta(days=1)
MOST_NAMED = 5


def fits(robot: Robot, announcement: Announcement) -> bool:
    """Whether the robot tells this: its topic, its workflow, and one of the roles it was said to."""
    if not robot.active or not announcement.robots:
        return False
    return (
        (not robot.topics or topic_of(announcement.kind).key in robot.topics)
        and (not robot.workflows or announcement.workflow in robot.workflows)
        and (not robot.roles or not set(robot.roles).isdisjoint(announcement.roles))
    )


def text_for(robot: Robot, announcement: Announcement, people: Iterable[Any], words: Words) -> str:
    """Return what the robot says: the subject, for whom, where; and more only where the group may read it."""
    named = list(people)
    with override(robot.language):
        inner = frozenset() if robot.shows_text else inner_names(announcement.kind)
        said = say(announcement, robot.language, words, without=inner)
        names = "、".join(str(person) for person in named[:MOST_NAMED])
        lines = [said.heading]
        if robot.shows_text:
            lines += [said.title, said.text]
        if len(named) > MOST_NAMED:
            lines.append(_("For: %(names)s and others") % {"names": names})
        elif names:
            lines.append(_("For: %(names)s") % {"names": names})
        lines.append(said.address)
    return "\n".join(line for line in lines if line)


def write_down(robot: Robot, key: str, text: str) -> Message | None:
    """Write the effect "this robot says this" in the running transaction."""
    return send(EFFECT, key, {"robot": robot.pk, "text": text})


@handles(EFFECT, give_up_after=GIVE_UP_AFTER)
def deliver(payload: Payload) -> None:
    """Post one message. Raises ``Refused`` for a robot that is gone or refused, ``Later`` when it is not its turn."""
    robot = Robot.objects.filter(pk=payload["robot"]).first()
    if robot is None or not robot.active:
        raise Refused("the robot is not in use any more")
    speak(robot, payload["text"])


def speak(robot: Robot, text: str) -> None:
    """Let the robot say ``text`` now. Raises as ``deliver``."""
    adapter = adapter_of(robot.service)
    now = timezone.now()
    wait = take_turn(robot.pk, adapter.limits, now)
    if wait:
        raise Later(wait, "our own limit")
    place = str(robot.uuid)
    url, secret = (secrecy.opened(f"{place}:{part}", getattr(robot, part)) for part in ("address", "secret"))
    adapter.judge(post(adapter.compose(url, secret, text, now)))
