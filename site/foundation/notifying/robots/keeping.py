"""Making, changing and taking away robots. Who may: administrators. What is recorded never holds a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.notifying import secrecy
from foundation.notifying.kinds import topics
from foundation.notifying.models import Robot
from foundation.notifying.robots import adapter_of, adapters
from foundation.notifying.robots.base import Failed
from foundation.notifying.robots.posting import AddressRefused, check_address
from foundation.notifying.robots.telling import speak
from foundation.outbox.services import Later, Refused

if TYPE_CHECKING:
    from foundation.organisation.models import User

RECORDED = (
    "name",
    "service",
    "shown_address",
    "language",
    "topics",
    "workflows",
    "roles",
    "shows_text",
    "active",
)


class RobotRefused(Exception):
    """The robot cannot be so; ``errors``: by control, sentences for the administrator."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Wanted:
    """A robot as the administrator wants it. ``address``, ``secret`` empty: as they are; ``no_secret``: away."""

    name: str
    service: str
    address: str = ""
    secret: str = ""
    no_secret: bool = False
    language: str = ""
    topics: Sequence[str] = ()
    workflows: Sequence[str] = ()
    roles: Sequence[str] = ()
    shows_text: bool = False
    active: bool = True


def keep(*, by: User, wanted: Wanted, uuid: UUID | None = None) -> Robot:
    """Make a robot, or change that of ``uuid``, and record it. Raises ``RobotRefused``, ``Robot.DoesNotExist``."""
    with transaction.atomic():
        robot = Robot.objects.select_for_update().get(uuid=uuid) if uuid else Robot()
        before = _plain(robot) if uuid else {}
        _check(wanted, robot, new=uuid is None)
        place = str(robot.uuid)
        robot.name, robot.service = wanted.name.strip(), wanted.service
        robot.language = wanted.language or settings.LANGUAGE_CODE
        robot.topics, robot.workflows, robot.roles = (
            sorted(set(found)) for found in (wanted.topics, wanted.workflows, wanted.roles)
        )
        robot.shows_text, robot.active = wanted.shows_text, wanted.active
        changed = []
        if wanted.address:
            robot.address = secrecy.sealed(f"{place}:address", wanted.address)
            robot.shown_address = secrecy.masked(wanted.address)
            changed.append("address")
        if wanted.secret or wanted.no_secret:
            robot.secret = secrecy.sealed(f"{place}:secret", wanted.secret)
            changed.append("secret")
        robot.save()
        _record(robot, by, "robot_changed" if uuid else "robot_made", before, _plain(robot), changed)
    return robot


def take_away(*, by: User, uuid: UUID) -> None:
    """Take a robot away, with the log of what it said. Raises ``Robot.DoesNotExist``."""
    with transaction.atomic():
        robot = Robot.objects.select_for_update().get(uuid=uuid)
        _record(robot, by, "robot_taken_away", _plain(robot), {}, ())
        robot.delete()


def try_out(robot: Robot) -> str:
    """Let the robot say that it works; return an empty text, or why it does not, in a sentence."""
    with override(robot.language):
        text = _("Remit can write here now: this is a trial by the administrator.")
    try:
        speak(robot, text)
    except Later as waiting:
        return _("It takes no more messages just now: %(why)s") % {"why": waiting}
    except Refused as refused:
        return _("It was refused: %(why)s") % {"why": refused}
    except Failed as failed:
        return _("It did not work: %(why)s") % {"why": failed}
    return ""


def _check(wanted: Wanted, robot: Robot, *, new: bool) -> None:
    errors = {}
    name = wanted.name.strip()
    if not name:
        errors["name"] = _("Give the robot a name.")
    elif Robot.objects.filter(name=name).exclude(pk=robot.pk).exists():
        errors["name"] = _("There is a robot of this name already.")
    if wanted.service not in {one.key for one in adapters()}:
        errors["service"] = _("Choose one of the services.")
    elif not new and wanted.service != robot.service and not wanted.address:
        errors["address"] = _("Another service has another address: paste it.")
    if new and not wanted.address:
        errors["address"] = _("Paste the address that the service shows for the robot.")
    if wanted.address and "service" not in errors:
        try:
            host, _port = check_address(wanted.address)
        except AddressRefused as wrong:
            errors["address"] = str(wrong)
        else:
            adapter = adapter_of(wanted.service)
            others = {one.host for one in adapters()} - {adapter.host}
            rest = wanted.address.partition("//")[2].partition("/")[2]
            if host in others or not f"/{rest}".startswith(adapter.path) or f"/{rest}" == adapter.path:
                errors["address"] = _(
                    "This is no address of %(service)s; its addresses look like %(example)s."
                ) % {
                    "service": adapter.name,
                    "example": f"https://{adapter.host}{adapter.path}…",
                }
    if wanted.secret and wanted.service in {one.key for one in adapters() if not one.signs}:
        errors["secret"] = _("Robots of this service have no secret; leave it empty.")
    if wanted.language and wanted.language not in dict(settings.LANGUAGES):
        errors["language"] = _("Choose one of the languages.")
    if unknown := set(wanted.topics) - {topic.key for topic in topics()}:
        errors["topics"] = _("There is no topic “%(topic)s”.") % {"topic": sorted(unknown)[0]}
    if errors:
        raise RobotRefused(errors)


def _plain(robot: Robot) -> dict[str, object]:
    return {name: getattr(robot, name) for name in RECORDED}


def _record(
    robot: Robot,
    by: User,
    kind: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    changed: Sequence[str],
) -> None:
    stream = f"robot:{robot.uuid}"
    changes = [
        FieldChange(name, before.get(name), after.get(name), stream)
        for name in RECORDED
        if before.get(name) != after.get(name)
    ]
    # That a secret changed is recorded; what it is, never.
    changes += [FieldChange(f"sealed.{name}", None, "changed", stream) for name in changed]
    if changes:
        append(stream=stream, version=next_version(stream), kind=kind, actor=Actor.of(by), changes=changes)
