"""What signing off tells people, each in the language they read. Each is said once by its key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.positions.notices import DESCRIPTION, REPORT, SIGN_OFF
from backoffice.positions.signoff.models import SignOff
from foundation.editions.models import Edition
from foundation.notifying.services import Matter, Telling, tell
from foundation.notifying.wording import in_every_language
from foundation.organisation.models import Position, RoleBinding, User
from foundation.organisation.resolution import RoleContext, resolve


def asked(sign_off: SignOff, note: str) -> None:
    """Tell the holder that they are asked, with the author's note."""
    tell(_telling(sign_off, "asked", "asked", [sign_off.person], {"note": _noted(note)}))


def reminded(sign_off: SignOff) -> None:
    """Remind the holder: it is due soon, today, or overdue. Once a day at most."""
    kind = "late" if sign_off.days_left < 0 else "reminded"
    tell(_telling(sign_off, kind, f"reminded:{sign_off.reminded_on}", [sign_off.person], {}))


def informed(person: User, position: Position, edition: Edition, note: str) -> None:
    """Tell a holder of a new edition in which nothing is to be signed anew."""
    tell(
        Telling(
            kind="sign_off.informed",
            key=f"sign-off:informed:{edition.pk}:{person.uuid}",
            people=[person],
            matter=Matter(DESCRIPTION, edition.key, reverse("positions:detail", args=[edition.key])),
            values={
                "position": in_every_language(lambda: position),
                "edition": edition.number,
                "day": edition.effective_from,
                "note": _noted(note),
            },
        )
    )


def refused(sign_off: SignOff) -> None:
    """Tell HR and the line manager that the holder refused, and why."""
    told = {"person": sign_off.person, "reason": sign_off.reason}
    people = supervisors(sign_off.person)
    tell(_telling(sign_off, "refused", f"refused:{sign_off.version}", people, told))


def overdue(sign_offs: Iterable[SignOff]) -> None:
    """Tell HR and the line managers, each at once, who has become overdue."""
    lists: dict[User, list[SignOff]] = {}
    for sign_off in sign_offs:
        for person in supervisors(sign_off.person):
            lists.setdefault(person, []).append(sign_off)
    tell(*(_overdue(person, late) for person, late in lists.items()))


def _overdue(person: User, late: list[SignOff]) -> Telling:
    newest = max(f"{one.pk}:{one.version}" for one in late)
    return Telling(
        kind="sign_off.overdue",
        key=f"sign-off:overdue:{newest}:{len(late)}:{person.uuid}",
        people=[person],
        matter=Matter(REPORT, "overdue", f"{reverse('positions:sign-off-report')}?state=overdue"),
        values={
            "count": len(late),
            "list": in_every_language(lambda: "\n".join(_line(one) for one in late)),
        },
        robots=False,
    )


def _line(sign_off: SignOff) -> str:
    return _("%(name)s: “%(title)s”, edition %(number)s, due on %(due)s") % {
        "name": sign_off.person,
        "title": sign_off.position,
        "number": sign_off.edition.number,
        "due": date_format(sign_off.due_on, "DATE_FORMAT"),
    }


def supervisors(person: User) -> list[User]:
    """Return HR and the person's line manager, never the person themselves. Sixteen queries at most."""
    found = [
        *resolve(RoleBinding.Relation.LINE_MANAGER, RoleContext(submitter=person)).people,
        *resolve("hr", RoleContext()).people,
    ]
    return [one for one in dict.fromkeys(found) if one != person]


def _telling(sign_off: SignOff, kind: str, key: str, people: list[User], values: dict[str, Any]) -> Telling:
    position = in_every_language(lambda: sign_off.position)
    return Telling(
        kind=f"sign_off.{kind}",
        key=f"{sign_off.stream}:{key}",
        people=people,
        matter=Matter(SIGN_OFF, str(sign_off.uuid), reverse("positions:sign-off", args=[sign_off.uuid])),
        values={
            "position": position,
            "edition": sign_off.edition.number,
            "due": sign_off.due_on,
            **values,
        },
    )


def _noted(note: str) -> dict[str, str] | str:
    return in_every_language(lambda: _("Note from the author: %(note)s") % {"note": note}) if note else ""
