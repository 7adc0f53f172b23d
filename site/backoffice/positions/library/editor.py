"""The endpoints of the editor's script (``positions/library.js``): choose items, ask what has become of rows, save a
row to the library.

They answer JSON. The rules are those of ``items`` and ``queries``; the script decides nothing. What it does to the
form is saved by the editor itself.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backoffice.positions.body import stream_rows
from backoffice.positions.library import items, links, queries
from backoffice.positions.library.exceptions import LibraryError
from backoffice.positions.library.links import Link
from backoffice.positions.library.views import differing
from backoffice.positions.library.wording import BY_NAME, columns_of, told
from backoffice.positions.parts import LINK, Part

SHOWN = 40
MOST_ROWS = 400


@require_safe
def choices(request: HttpRequest) -> JsonResponse:
    """Return the items of ``?part=`` that match ``?q=`` and ``?subject=``, each with the row it makes."""
    part = BY_NAME.get(request.GET.get("part", ""))
    if part is None:
        return _refused(_("There is no such part."))
    search, subject = request.GET.get("q", "")[:100], request.GET.get("subject", "")[:80]
    found = queries.shelf(search=search, part=part.name, subject=subject, published=True)
    shown = list(found[: SHOWN + 1])
    wanted = {Link(item.key, item.number): item for item in shown[:SHOWN]}
    said = queries.wordings(wanted)
    return JsonResponse(
        {
            "items": [
                {
                    "key": item.key,
                    "version": item.number,
                    "subject": item.subject,
                    "told": told(part, said[link].wording),
                    "value": _value(part, said[link].wording, link),
                }
                for link, item in wanted.items()
            ],
            "more": len(shown) > SHOWN,
            "subjects": queries.subjects(part.name),
        }
    )


@require_POST
def states(request: HttpRequest) -> JsonResponse:
    """Return what has become of each row of ``{"rows": [{"part", "value"}]}``: sentences, and the newest wording
    with its differences where there is one to take over. At most four queries.
    """
    rows = _rows(request)
    if rows is None:
        return _refused(_("This is no list of rows."))
    found = queries.states_of(rows)
    newest = {
        Link(state.link.key, state.newest) for state in found if state and (state.outdated or state.reworded)
    }
    said = queries.wordings(newest)
    told_states = []
    for (part, row), state in zip(rows, found, strict=True):
        if state is None:
            told_states.append(None)
            continue
        version = said.get(Link(state.link.key, state.newest))
        offered = version is not None and version.part == part.name and not state.retired
        differences = differing(part, row, dict(version.wording)) if version and offered else []
        told_states.append(
            {
                "sentences": state.sentences,
                "tone": _tone(state),
                "newest": state.newest,
                "outdated": state.outdated,
                "url": reverse("positions_library_item", args=[state.link.key]) if state.known else "",
                "differences": [
                    {
                        "label": one.label,
                        "steps": [[step.kind, step.text] for step in one.inline],
                    }
                    for one in differences
                ],
                "value": (
                    _value(part, version.wording, Link(state.link.key, state.newest))
                    if version and offered and (differences or state.outdated)
                    else None
                ),
            }
        )
    return JsonResponse({"states": told_states})


@require_POST
def save_row(request: HttpRequest) -> JsonResponse:
    """Make an item of ``{"rows": [{"part", "value"}], "subject", "note"}`` (one row), publish it, and return the
    row's new reference. The page itself is saved by the editor.
    """
    rows = _rows(request)
    if rows is None or len(rows) != 1:
        return _refused(_("This is no row."))
    ((part, row),) = rows
    body = json.loads(request.body)
    try:
        made = items.create(
            part=part.name,
            wording=row,
            by=request.user,
            subject=str(body.get("subject") or "")[:80],
            note=str(body.get("note") or "")[:2000],
            publish="",
        )
    except LibraryError as refused:
        return _refused(str(refused))
    return JsonResponse({"link": str(Link(made.key, made.number)), "key": made.key})


def _rows(request: HttpRequest) -> list[tuple[Part, dict[str, Any]]] | None:
    """Return the rows a request speaks of; None for something else."""
    try:
        rows = json.loads(request.body)["rows"]
        found = [(BY_NAME[row["part"]], _read(BY_NAME[row["part"]], row["value"])) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if len(found) <= MOST_ROWS else None


def _read(part: Part, value: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row as the form of the editor holds them: texts, and true or false."""
    read: dict[str, Any] = {LINK.name: str(value.get(LINK.name) or "")}
    for column in columns_of(part):
        typed = value.get(column.name)
        if column.kind == "flag":
            read[column.name] = bool(typed)
        elif column.kind == "whole":
            read[column.name] = int(typed) if str(typed or "").strip().isdigit() else None
        else:
            read[column.name] = "" if typed is None else str(typed)
    return read


def _value(part: Part, wording: Any, link: Link) -> dict[str, Any]:
    """Return the values that the editor puts into a row; what each post says for itself is not among them."""
    row = stream_rows(part, [{**wording, LINK.name: str(link)}])[0]["value"]
    names = {*(column.name for column in columns_of(part)), LINK.name}
    return {name: value for name, value in row.items() if name in names}


def _tone(state: links.RowState) -> str:
    if state.outdated:
        return "waiting"
    return "differs" if state.reworded or state.reworded is None else "same"


def _refused(sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=400)
