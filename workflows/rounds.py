"""One approval as it runs: who is asked, who has decided, and what comes of it. Pure; nothing here reads or writes.

A round has slots, one for each person the stage asks. A slot has seats, in order: the person asked, and whoever was
added before or after them. A slot has agreed when its last seat has; one refusal in it refuses it. People are given
by their ids; who they are, and whether they may, is for ``workflows.services.approvals``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from workflows.schema import Approval

SeatStatus = Literal["queued", "waiting", "agreed", "refused", "handed_over", "sent_back", "skipped", "void"]
RoundStatus = Literal["open", "agreed", "refused", "sent_back", "withdrawn", "passed", "left"]
Side = Literal["before", "after"]

UNDECIDED = ("queued", "waiting")
FAVOURABLE = ("agreed", "skipped")


@dataclass(frozen=True)
class Seat:
    """One person asked.

    ``person``: id of whom the decision is asked of. ``role``: by which role, "" for those added by ``asked_by``.
    ``mark``: how they came in. ``by``: id of who decided (a deputy, perhaps), with the case's ``version`` then and
    ``seen``, the hash of the content they had before them.
    """

    person: int
    role: str = ""
    status: SeatStatus = "queued"
    mark: Literal["", "before", "after", "handed_over"] = ""
    asked_by: int | None = None
    by: int | None = None
    version: int | None = None
    seen: str = ""


@dataclass(frozen=True)
class Round:
    """One entering of a stage. ``number`` counts the case's rounds from 1, ``content`` is the hash of what there was
    to see when it began, ``began`` the version of the case then.
    """

    state: str
    number: int
    began: int
    content: str
    slots: tuple[tuple[Seat, ...], ...] = ()
    status: RoundStatus = "open"

    def seats(self) -> Iterator[tuple[int, int, Seat]]:
        """Yield every seat with the numbers of its slot and its place there."""
        for slot, seats in enumerate(self.slots):
            for place, seat in enumerate(seats):
                yield slot, place, seat

    def waiting(self) -> list[tuple[int, int, Seat]]:
        """Return the seats that may decide now."""
        return (
            [found for found in self.seats() if found[2].status == "waiting"] if self.status == "open" else []
        )

    def decided(self) -> list[Seat]:
        """Return the seats whose people have agreed or refused, in the order they did."""
        seats = [seat for _slot, _place, seat in self.seats() if seat.status in ("agreed", "refused")]
        return sorted(seats, key=lambda seat: seat.version or 0)

    def acted(self) -> list[Seat]:
        """Return the seats whose people have done something with what they were asked."""
        done = ("agreed", "refused", "handed_over", "sent_back")
        return [seat for _slot, _place, seat in self.seats() if seat.status in done]

    def stored(self) -> dict[str, Any]:
        """Return the round as JSON."""
        return asdict(self)


def from_stored(data: Mapping[str, Any]) -> Round:
    """Return the round that JSON tells of."""
    slots = tuple(tuple(Seat(**seat) for seat in seats) for seats in data["slots"])
    return Round(**{**data, "slots": slots})


def begin(
    approval: Approval,
    people: Iterable[tuple[int, str]],
    *,
    state: str,
    number: int,
    began: int,
    content: str,
    agreed_before: Collection[int] = (),
) -> Round:
    """Return a new round that asks ``people`` (id and role), each once. Those in ``agreed_before`` have just agreed to
    the same content in the stage before: they are not asked again where the stage says so.
    """
    seats: dict[int, Seat] = {}
    for person, role in people:
        skipped = approval.repeated == "skip" and person in agreed_before
        seats.setdefault(person, Seat(person, role, "skipped" if skipped else "queued"))
    fresh = Round(state, number, began, content, tuple((seat,) for seat in seats.values()))
    return settled(approval, fresh)


def outcome(approval: Approval, current: Round) -> Literal["open", "agreed", "refused"]:
    """Return what the decisions so far come to. A round that asks nobody stays open."""
    verdicts = [_of_slot(seats) for seats in current.slots]
    agreed, refused, asked = verdicts.count("agreed"), verdicts.count("refused"), len(verdicts)
    if not asked:
        return "open"
    if approval.rule == "any":
        return "agreed" if agreed else "refused" if refused else "open"
    if approval.rule == "all":
        return "refused" if refused else "agreed" if agreed == asked else "open"
    needed = -(-asked * approval.percent // 100)
    return "agreed" if agreed >= needed else "refused" if asked - refused < needed else "open"


def settled(approval: Approval, current: Round) -> Round:
    """Return the round with whose turn it is, or closed when the decisions suffice: the others are asked no longer."""
    result = outcome(approval, current)
    if result != "open":
        return closed(current, result)
    slots, taken = [], False
    for seats in current.slots:
        turn = not (taken and approval.order == "sequential")
        moved = _with_turn(seats, turn=turn)
        taken = taken or any(seat.status == "waiting" for seat in moved)
        slots.append(moved)
    return replace(current, slots=tuple(slots))


def closed(current: Round, status: RoundStatus) -> Round:
    """Return the round ended with ``status``; nobody is asked any more."""
    slots = tuple(
        tuple(replace(seat, status="void") if seat.status in UNDECIDED else seat for seat in seats)
        for seats in current.slots
    )
    return replace(current, slots=slots, status=status)


def decide(
    approval: Approval,
    current: Round,
    at: tuple[int, int],
    verdict: Literal["agreed", "refused"],
    *,
    by: int,
    version: int,
    seen: str,
) -> Round:
    """Return the round after the seat ``at`` (slot, place) has decided. Raises ``ValueError`` out of turn."""
    seat = _asked(current, at)
    decision = replace(seat, status=verdict, by=by, version=version, seen=seen)
    return settled(approval, _placed(current, at, [decision]))


def send_back(current: Round, at: tuple[int, int], *, by: int, version: int, seen: str) -> Round:
    """Return the round ended because the seat ``at`` has sent the case back."""
    seat = _asked(current, at)
    done = replace(seat, status="sent_back", by=by, version=version, seen=seen)
    return closed(_placed(current, at, [done]), "sent_back")


def hand_over(
    approval: Approval, current: Round, at: tuple[int, int], to: int, *, by: int, version: int
) -> Round:
    """Return the round after the seat ``at`` was given to somebody else, who decides in its place."""
    seat = _asked(current, at)
    given = replace(seat, status="handed_over", by=by, version=version)
    taken = Seat(to, seat.role, "queued", "handed_over", seat.person)
    return settled(approval, _placed(current, at, [given, taken]))


def add_signer(approval: Approval, current: Round, at: tuple[int, int], person: int, side: Side) -> Round:
    """Return the round with ``person`` asked before or after the seat ``at`` decides."""
    seat = _asked(current, at)
    added = Seat(person, "", "queued", side, seat.person)
    there = replace(seat, status="queued")
    return settled(approval, _placed(current, at, [added, there] if side == "before" else [there, added]))


def _of_slot(seats: tuple[Seat, ...]) -> Literal["open", "agreed", "refused"]:
    statuses = [seat.status for seat in seats if seat.status != "handed_over"]
    if "refused" in statuses:
        return "refused"
    return "agreed" if statuses and all(status in FAVOURABLE for status in statuses) else "open"


def _with_turn(seats: tuple[Seat, ...], *, turn: bool) -> tuple[Seat, ...]:
    moved, open_before = [], _of_slot(seats) != "open"
    for seat in seats:
        if seat.status in UNDECIDED:
            seat = replace(seat, status="waiting" if turn and not open_before else "queued")
            open_before = True
        moved.append(seat)
    return tuple(moved)


def _asked(current: Round, at: tuple[int, int]) -> Seat:
    slot, place = at
    seat = current.slots[slot][place]
    if current.status != "open" or seat.status != "waiting":
        raise ValueError(f"Seat {at} of round {current.number} is not asked now.")
    return seat


def _placed(current: Round, at: tuple[int, int], seats: list[Seat]) -> Round:
    slot, place = at
    old = current.slots[slot]
    new = (*old[:place], *seats, *old[place + 1 :])
    return replace(current, slots=(*current.slots[:slot], new, *current.slots[slot + 1 :]))
