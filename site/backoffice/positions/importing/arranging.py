"""What HR changes in the proposals before taking them: two units become one, one becomes two.

Steps are words that travel with the form, so that nothing is stored before something is taken: ``merge:u3``
puts ``u3`` into the unit before it, ``split:u2:1234`` begins a new unit with the part of ``u2`` that stands
at character 1234. Parts are only moved, never changed, so no character is lost here either. A step that fits
nothing is left out: it comes from a page that was open too long.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from backoffice.positions.importing.proposals import Collection, Range, Unit

MOST_STEPS = 500
_UNKNOWN_TITLE = 35


def arrange(collection: Collection, steps: Iterable[str] = ()) -> list[tuple[str, Unit]]:
    """Return the units after ``steps``, each with its key: ``u0`` …, ``u2s1234`` for one that was split off."""
    units = [(f"u{number}", unit) for number, unit in enumerate(collection.units)]
    for step in list(steps)[:MOST_STEPS]:
        verb, _colon, rest = step.partition(":")
        key, _colon, place = rest.partition(":")
        index = next((number for number, (one, _unit) in enumerate(units) if one == key), None)
        if index is None:
            continue
        if verb == "merge" and index:
            units[index - 1] = (units[index - 1][0], joined([units[index - 1][1], units[index][1]]))
            del units[index]
        elif verb == "split" and place.isdecimal():
            first, second = _cut(units[index][1], int(place))
            if first is not None and second is not None:
                units[index : index + 1] = [(key, first), (f"{key}s{place}", second)]
    return units


def places_of(unit: Unit) -> list[Range]:
    """Return where the parts of ``unit`` stand, in the order of the text."""
    groups = (unit.headings, unit.fields, unit.duties, unit.qualifications, unit.rows, unit.sections)
    return sorted(part.source for group in groups for part in group)


def joined(units: Sequence[Unit]) -> Unit:
    """Return one unit with the parts of all; what one of them names first counts."""
    first = units[0]
    for unit in units[1:]:
        first = replace(
            first,
            kind="position" if "position" in (first.kind, unit.kind) else "department",
            title=first.title or unit.title,
            department=first.department or unit.department,
            reports_to=first.reports_to or unit.reports_to,
            summary="\n".join(filter(None, (first.summary, unit.summary))),
            duties=_sorted(first.duties, unit.duties),
            qualifications=_sorted(first.qualifications, unit.qualifications),
            rows=_sorted(first.rows, unit.rows),
            sections=_sorted(first.sections, unit.sections),
            fields=_sorted(first.fields, unit.fields),
            headings=_sorted(first.headings, unit.headings),
            source=(min(first.source[0], unit.source[0]), max(first.source[1], unit.source[1])),
            confidence=min(first.confidence, unit.confidence),
        )
    return first


def between(collection: Collection, place: Range) -> Unit | None:
    """Return what ``collection`` holds in ``place``, as one unit, however the units lie there today."""
    for unit in collection.units:
        if unit.source == place:
            return unit
    pieces = []
    for unit in collection.units:
        _before, rest = _cut(unit, place[0])
        piece, _after = _cut(rest, place[1]) if rest else (None, None)
        if piece is not None:
            pieces.append(piece)
    return joined(pieces) if pieces else None


def _sorted(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted((*one, *other), key=lambda part: part.source))


def _cut(unit: Unit, place: int) -> tuple[Unit | None, Unit | None]:
    """Return what stands before ``place`` and what stands from there on; None for nothing."""
    halves = []
    for after in (False, True):
        kept = {
            name: tuple(part for part in getattr(unit, name) if (part.source[0] >= place) == after)
            for name in ("duties", "qualifications", "rows", "sections", "fields", "headings")
        }
        if not any(kept.values()):
            halves.append(None)
            continue
        half = replace(unit, **kept)
        half = replace(half, source=(places_of(half)[0][0], max(end for _start, end in places_of(half))))
        halves.append(half)
    first, second = halves
    if first is not None and second is not None:
        titled = {field.name: field.text for field in second.fields}
        second = replace(
            second,
            title=titled.get("title", ""),
            department=titled.get("department", ""),
            reports_to=titled.get("reports_to", ""),
            summary="\n".join(part.text for part in second.sections if part.name == "summary"),
            confidence=min(unit.confidence, _UNKNOWN_TITLE),
        )
    return first, second
