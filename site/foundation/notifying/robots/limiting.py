"""Our own limit for each robot, kept in its row: however many workers send, the service is never asked too often."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from django.db import transaction

from foundation.notifying.models import Robot
from foundation.notifying.robots.base import Limit


def wait(sent: Sequence[float], limits: Iterable[Limit], now: float) -> float:
    """Return how many seconds to wait before one more message may go, after those ``sent``; 0: none."""
    longest = 0.0
    for limit in limits:
        within = [moment for moment in sent if moment > now - limit.seconds]
        if len(within) >= limit.count:
            longest = max(longest, sorted(within)[-limit.count] + limit.seconds - now)
    return longest


def take_turn(robot_id: int, limits: Sequence[Limit], now: datetime.datetime) -> datetime.timedelta:
    """Take the next turn of the robot; return nothing, or how long to wait because there is none now."""
    moment, longest = now.timestamp(), max(limit.seconds for limit in limits)
    with transaction.atomic():
        robot = Robot.objects.select_for_update().only("sent_at").get(pk=robot_id)
        # A clock that was set back leaves moments of the future behind: they count for nothing.
        sent = [one for one in robot.sent_at if moment - longest < one <= moment]
        seconds = wait(sent, limits, moment)
        if seconds > 0:
            return datetime.timedelta(seconds=seconds)
        Robot.objects.filter(pk=robot_id).update(sent_at=[*sent, moment])
    return datetime.timedelta()
