"""Mails about signing off, in the language of whoever gets them. Each is written once by its key."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from backoffice.positions.signoff.models import SignOff
from foundation.editions.models import Edition
from foundation.organisation.models import Position, RoleBinding, User
from foundation.organisation.resolution import RoleContext, resolve
from foundation.outbox.services import send


def asked(sign_off: SignOff, note: str) -> None:
    """Tell the holder that they are asked, with the author's note."""
    with override(_language(sign_off.person)):
        values = _values(sign_off)
        body = _(
            "You are asked to read and sign edition %(number)s of the position description “%(title)s”. "
            "Please answer by %(due)s."
        )
        paragraphs = [body % values]
        if note:
            paragraphs.append(_("Note from the author: %(note)s") % {"note": note})
        _mail(
            sign_off.person,
            f"{sign_off.stream}:asked",
            _("Please sign: %(title)s, edition %(number)s") % values,
            [*paragraphs, _link(sign_off)],
        )


def reminded(sign_off: SignOff) -> None:
    """Remind the holder: it is due soon, today, or overdue. One mail a day at most."""
    with override(_language(sign_off.person)):
        values = _values(sign_off)
        if sign_off.days_left < 0:
            subject = _("Overdue: please sign %(title)s, edition %(number)s")
            body = _(
                "Your signature under “%(title)s”, edition %(number)s, was due on %(due)s and is missing."
            )
        else:
            subject = _("Reminder: please sign %(title)s, edition %(number)s")
            body = _("Your signature under “%(title)s”, edition %(number)s, is due on %(due)s.")
        key = f"{sign_off.stream}:reminded:{sign_off.reminded_on}"
        _mail(sign_off.person, key, subject % values, [body % values, _link(sign_off)])


def informed(person: User, position: Position, edition: Edition, note: str) -> None:
    """Tell a holder of a new edition in which nothing is to be signed anew."""
    with override(_language(person)):
        values = {"title": str(position), "number": edition.number, "day": _day(edition.effective_from)}
        paragraphs = [
            _(
                "Edition %(number)s of the position description “%(title)s” applies from %(day)s. Nothing in it "
                "changes what you have signed; no new signature is needed."
            )
            % values
        ]
        if note:
            paragraphs.append(_("Note from the author: %(note)s") % {"note": note})
        address = settings.BASE_URL + reverse("positions:detail", args=[edition.key])
        _mail(
            person,
            f"sign-off:informed:{edition.pk}:{person.uuid}",
            _("For your information: %(title)s, edition %(number)s") % values,
            [*paragraphs, address],
        )


def refused(sign_off: SignOff) -> None:
    """Tell HR and the line manager that the holder refused, and why."""
    for person in supervisors(sign_off.person):
        with override(_language(person)):
            values = {**_values(sign_off), "name": str(sign_off.person), "reason": sign_off.reason}
            body = _("%(name)s refused to sign edition %(number)s of “%(title)s”. Reason: %(reason)s")
            _mail(
                person,
                f"{sign_off.stream}:refused:{sign_off.version}:{person.uuid}",
                _("Refused: %(title)s, edition %(number)s (%(name)s)") % values,
                [body % values, _link(sign_off)],
            )


def overdue(sign_offs: Iterable[SignOff]) -> None:
    """Tell HR and the line managers, each in one mail, who has become overdue."""
    lists: dict[User, list[SignOff]] = {}
    for sign_off in sign_offs:
        for person in supervisors(sign_off.person):
            lists.setdefault(person, []).append(sign_off)
    for person, late in lists.items():
        with override(_language(person)):
            count = len(late)
            subject = ngettext(
                "%(count)s signature is overdue", "%(count)s signatures are overdue", count
            ) % {"count": count}
            lines = [
                _("%(name)s: “%(title)s”, edition %(number)s, due on %(due)s")
                % {**_values(one), "name": str(one.person)}
                for one in late
            ]
            address = f"{settings.BASE_URL}{reverse('positions:sign-off-report')}?state=overdue"
            newest = max(f"{one.pk}:{one.version}" for one in late)
            _mail(
                person,
                f"sign-off:overdue:{newest}:{count}:{person.uuid}",
                subject,
                ["\n".join(lines), address],
            )


def supervisors(person: User) -> list[User]:
    """Return HR and the person's line manager, never the person themselves. Sixteen queries at most."""
    found = [
        *resolve(RoleBinding.Relation.LINE_MANAGER, RoleContext(submitter=person)).people,
        *resolve("hr", RoleContext()).people,
    ]
    return [one for one in dict.fromkeys(found) if one != person]


def _values(sign_off: SignOff) -> dict[str, str | int]:
    return {
        "title": str(sign_off.position),
        "number": sign_off.edition.number,
        "due": _day(sign_off.due_on),
    }


def _day(day: object) -> str:
    return date_format(day, "DATE_FORMAT")


def _link(sign_off: SignOff) -> str:
    return settings.BASE_URL + reverse("positions:sign-off", args=[sign_off.uuid])


def _language(person: User) -> str:
    return person.language or settings.LANGUAGE_CODE


def _mail(person: User, key: str, subject: str, paragraphs: Iterable[str]) -> None:
    if person.email:
        send(
            "mail",
            key=key[:200],
            payload={"to": [person.email], "subject": subject, "body": "\n\n".join(paragraphs) + "\n"},
        )
