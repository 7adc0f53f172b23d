"""The people of the demonstration: read from ``demo/people.yaml``, with accounts that anybody may use."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.organisation.models import Holding, Position, User
from foundation.organisation.resolution import roles_of
from foundation.organisation.services import appoint, open_account, set_groups
from foundation.packs.exceptions import PackError, PackFileFault
from foundation.packs.reading import PackFile
from foundation.packs.services import PACKS

PASSWORD = "remit-demo-2026"  # noqa: S105 - printed for everybody; production refuses these accounts
CHANNEL = "demo"


class DemoInProduction(PackError):
    """An account with a known password is never made where real data is."""

    def __init__(self) -> None:
        super().__init__(_("The demonstration is not for production: its password is known to everybody."))


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    username: str
    name: str
    name_en: str
    positions: list[str] = []
    acting: list[str] = []
    part_time: list[str] = []
    groups: list[str] = []


class _People(BaseModel):
    model_config = ConfigDict(extra="forbid")
    since: datetime.date
    people: list[_Person]


@dataclass(frozen=True)
class SignIn:
    """One line of the table that tells who can sign in."""

    username: str
    name: str
    positions: str
    roles: tuple[str, ...]


def refuse_production() -> None:
    """Raise ``DemoInProduction`` where the settings are those for real data."""
    if getattr(settings, "REMIT_PRODUCTION", False):
        raise DemoInProduction


@transaction.atomic
def load_people(*, by: User) -> list[SignIn]:
    """Make the people who are missing, give them their groups and positions, and return who can sign in.

    Twice is safe. An account of the same name that is not part of the demonstration is left alone and
    refused.

    Raises ``DemoInProduction``; ``PackFileFault`` for a fault in the file.
    """
    refuse_production()
    file = PackFile(PACKS / "demo" / "people.yaml")
    try:
        read = _People.model_validate(file.data)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise PackFileFault(file.path, file.line_of(first["loc"]), first["msg"]) from fault
    positions = {position.code: position for position in Position.objects.all()}
    signs = []
    for index, wanted in enumerate(read.people):
        line = file.line_of(("people", index))
        posts = {
            **dict.fromkeys(wanted.positions, Holding.Kind.REGULAR),
            **dict.fromkeys(wanted.acting, Holding.Kind.ACTING),
            **dict.fromkeys(wanted.part_time, Holding.Kind.PART_TIME),
        }
        missing = [code for code in posts if code not in positions]
        if missing:
            message = _("There is no position %(code)s.") % {"code": missing[0]}
            raise PackFileFault(file.path, line, message)
        person = _person(wanted, by)
        if not person.is_demo:
            message = _("The account %(username)s belongs to somebody.") % {"username": wanted.username}
            raise PackFileFault(file.path, line, message)
        groups = [Group.objects.get_or_create(name=name)[0] for name in wanted.groups]
        set_groups(person=person, groups=groups, by=by, channel=CHANNEL)
        for code, kind in posts.items():
            post = positions[code]
            if not Holding.objects.filter(person=person, position=post).exists():
                appoint(person=person, position=post, by=by, starts=read.since, kind=kind, channel=CHANNEL)
        titles = ", ".join(str(positions[code]) for code in posts)
        signs.append(SignIn(person.username, str(person), titles, tuple(sorted(roles_of(person)))))
    return signs


def _person(wanted: _Person, by: User) -> User:
    found = User.objects.filter(username=wanted.username).first()
    return found or open_account(
        username=wanted.username,
        full_name=wanted.name,
        full_name_en=wanted.name_en,
        email=f"{wanted.username}@example.com",
        password=PASSWORD,
        is_demo=True,
        by=by,
        channel=CHANNEL,
    )
