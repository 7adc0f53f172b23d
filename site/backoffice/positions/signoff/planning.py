"""Who is to be asked to sign, and which requests have become pointless: pure, decided anew for any day.

The rules, each from the practice of document control:

* An edition in force binds its holders; one that waits is shown to those who will still hold the post on its day,
  so that it can be read before it binds.
* A holder has *answered for* an edition when they signed or refused it, or an edition before it from which only
  changes that are not material lead to it. Whoever has not is asked, once.
* A signature wears off after the months the policy says. A refusal does not: HR asks again.
* Acting and part-time holders are asked like regular ones; deputies hold nothing and are not.
* A request lapses with the edition it is about, and ends with the holding or the account.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backoffice.positions import timeline
from backoffice.positions.signoff.enums import ANSWERED, SignOffState, WhyAsked, WhyEnded
from foundation.editions.models import Edition


@dataclass(frozen=True)
class Text:
    """An edition as the plan sees it: ``material`` compared with the edition ``against`` (a primary key)."""

    edition: Edition
    material: bool
    against: int | None


@dataclass(frozen=True)
class Held:
    """A holding: who, from when to when (both included), and whether the account is in use."""

    id: int
    person: int
    starts: datetime.date
    ends: datetime.date | None
    active: bool = True

    def on(self, day: datetime.date) -> bool:
        """Whether it is in force on ``day``."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True)
class Asked:
    """A request that exists. ``decided_on``: the day of the answer."""

    id: int
    holding: int
    edition: int
    state: str
    decided_on: datetime.date | None = None


@dataclass(frozen=True)
class Ask:
    """Somebody is to be asked. ``instead_of``: the request that lapses in favour of this one without anything
    material between them; its due date stays.
    """

    holding: int
    edition: int
    why: WhyAsked
    instead_of: int | None = None


@dataclass(frozen=True)
class End:
    """A request is to end without an answer: ``state`` is lapsed or cancelled."""

    request: int
    state: SignOffState
    why: WhyEnded


Step = Ask | End


def steps(
    day: datetime.date,
    *,
    texts: Iterable[Text],
    live: bool,
    held: Iterable[Held],
    asked: Iterable[Asked],
    months: int = 0,
) -> list[Step]:
    """Return what is to be done on ``day`` for one position; nothing when all is as it should be.

    ``texts``: all its editions; ``live``: not withdrawn; ``held``: its holdings, past ones may be left out;
    ``asked``: every request ever made for it.
    """
    by_key = {text.edition.pk: text for text in texts}
    current, waiting = _binding(by_key, day) if live else (None, {})
    holdings = {one.id: one for one in held}
    requests = list(asked)
    found: list[Step] = []
    for one in requests:
        if one.state == SignOffState.OPEN and (ended := _ended(one, holdings, day, current, waiting, live)):
            found.append(ended)
    ending = {step.request for step in found if isinstance(step, End)}
    lapsing = {step.request for step in found if isinstance(step, End) and step.state == SignOffState.LAPSED}
    for holding in sorted(holdings.values(), key=lambda each: each.id):
        if not (holding.active and holding.on(day)):
            continue
        own = [one for one in requests if one.holding == holding.id and one.id not in ending]
        pending = [one.edition for one in own if one.state == SignOffState.OPEN]
        bound = [(current, True)] if current is not None else []
        bound += [(edition, False) for edition, begins in waiting.items() if holding.on(begins)]
        for edition, now in bound:
            # What leads to a waiting edition without anything material is answered for together with it.
            if edition in pending or (not now and covered(by_key, edition, pending)):
                continue
            why = _why(by_key, edition, holding, own, day, months, now=now)
            if why is not None:
                replaced = [
                    one.id
                    for one in requests
                    if one.id in lapsing
                    and one.holding == holding.id
                    and covered(by_key, edition, [one.edition])
                ]
                found.append(Ask(holding.id, edition, why, replaced[-1] if replaced else None))
                pending.append(edition)
    return found


def covered(texts: Mapping[int, Text], edition: int, answered: Iterable[int]) -> bool:
    """Whether an answer to one of the editions ``answered`` is also one to ``edition``."""
    known = set(answered)
    step: int | None = edition
    seen: set[int] = set()
    while step is not None and step not in seen:
        if step in known:
            return True
        text = texts.get(step)
        if text is None or text.material:
            return False
        seen.add(step)
        step = text.against
    return False


def months_after(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def _binding(texts: Mapping[int, Text], day: datetime.date) -> tuple[int | None, dict[int, datetime.date]]:
    """Return the edition in force, and those that wait with the day each begins."""
    current, waiting = None, {}
    for span in timeline.spans(text.edition for text in texts.values()):
        if span.holds(day):
            current = span.edition.pk
        elif span.starts > day:
            waiting.setdefault(span.edition.pk, span.starts)
    if current is not None:
        waiting.pop(current, None)
    return current, waiting


def _ended(
    one: Asked,
    holdings: Mapping[int, Held],
    day: datetime.date,
    current: int | None,
    waiting: Mapping[int, datetime.date],
    live: bool,
) -> End | None:
    holding = holdings.get(one.holding)
    if holding is None or (holding.ends is not None and holding.ends < day):
        return End(one.id, SignOffState.CANCELLED, WhyEnded.HOLDING_ENDED)
    if not holding.active:
        return End(one.id, SignOffState.CANCELLED, WhyEnded.ACCOUNT_CLOSED)
    if not live:
        return End(one.id, SignOffState.LAPSED, WhyEnded.WITHDRAWN)
    if one.edition != current and one.edition not in waiting:
        return End(one.id, SignOffState.LAPSED, WhyEnded.NEWER_EDITION)
    return None


def _why(
    texts: Mapping[int, Text],
    edition: int,
    holding: Held,
    own: list[Asked],
    day: datetime.date,
    months: int,
    *,
    now: bool,
) -> WhyAsked | None:
    """Return why the holder is to be asked about ``edition``, or None."""
    answered = [one for one in own if one.state in ANSWERED]
    fresh = [one.edition for one in answered if not (now and _worn_off(one, day, months))]
    if covered(texts, edition, fresh):
        return None
    if covered(texts, edition, [one.edition for one in answered]):
        return WhyAsked.EXPIRED
    if not answered and holding.starts > texts[edition].edition.effective_from:
        return WhyAsked.NEW_HOLDER
    return WhyAsked.NEW_EDITION


def _worn_off(one: Asked, day: datetime.date, months: int) -> bool:
    return bool(
        months
        and one.state == SignOffState.SIGNED
        and one.decided_on is not None
        and months_after(one.decided_on, months) <= day
    )
