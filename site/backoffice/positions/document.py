"""The printed description: everything an edition says, as plain values for ``exports/position.html``.

What stands where comes from ``parts``, ``body.sheet`` and ``layout``, as on the reading page; nothing is listed here a
second time. Tolerant on purpose: an edition of three years ago prints with what it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.exports import documents, qr
from backoffice.positions.body import Sheet, named, sheet
from backoffice.positions.enums import ControlledStatus
from backoffice.positions.layout import Shown, said_of
from backoffice.positions.parts import AUTHORITIES, DUTIES
from foundation.editions.models import Edition

TEMPLATE, STYLESHEET, INCLUDED = (
    "exports/position.html",
    "exports/document.css",
    ("exports/_parts.html", "exports/_more.html"),
)


def register() -> None:
    """Print editions of position descriptions with everything that is in them."""
    layout = documents.Layout(TEMPLATE, STYLESHEET, context, title, INCLUDED)
    documents.register_layout(Edition.Kind.POSITION, layout)


def title(body: Mapping[str, Any]) -> str:
    """Return what the description is called in the language in use."""
    return named({"title": "", **body}, "title")


def address(edition: Edition) -> str:
    """Return the address in the QR code: the page that shows whether this edition is still in force."""
    return f"{settings.BASE_URL}{reverse('positions:edition', args=[edition.key, edition.number])}"


def context(edition: Edition, body: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the values of ``exports/position.html``; the language is in use already."""
    body = {"code": edition.key, "title": edition.key, **body}
    shown = sheet(body)
    with override("zh-hans" if language.startswith("en") else "en"):
        other = title(body)
    return {
        "language": {"zh-hans": "zh-Hans"}.get(language, language),
        "edition": edition,
        "short_hash": edition.sha256[:12],
        "number": shown.document_number or shown.code,
        "sheet": shown,
        "uncontrolled": body.get("controlled") == ControlledStatus.UNCONTROLLED,
        "other_title": other if other != shown.title else "",
        "facts": _pairs(_facts(edition, shown)),
        "duties": list(_duties(body, shown)),
        "authorities": [
            {"text": row["text"], "more": said_of(AUTHORITIES, row, without=("text",))}
            for row in shown.authorities
        ],
        "more": {place: [_printed(part) for part in parts] for place, parts in shown.more.items()},
        "sections": [
            {"heading": row.get("heading", ""), "html": documents.rich(row.get("body") or "")}
            for row in shown.sections
        ],
        "keepers": [
            (label, named(person, "name") if (person := body.get(field)) else "")
            for field, label in (
                ("prepared_by", _("Prepared by")),
                ("reviewed_by", _("Reviewed by")),
                ("approved_by", _("Approved by")),
            )
        ],
        "control": _pairs(_control(edition, body, shown)),
        "signatures": [_("Holder of the position"), _("Line manager"), _("Human resources")],
        "address": address(edition),
        "qr": qr.svg(address(edition), title=_("Is this edition still in force?")),
    }


Fact = tuple[str, list[str]]
"""A label and the lines beside it; no line: not filled in."""


def _facts(edition: Edition, shown: Sheet) -> Iterable[Fact]:
    """Yield the box on top. What is not said stays visible for the lines of the hierarchy, which everybody looks
    for; the rest appears where there is something.
    """
    yield _("Document number"), [shown.document_number or shown.code]
    yield (
        _("Edition"),
        [
            _("edition %(number)s") % {"number": edition.number},
            *([shown.edition_label] if shown.edition_label else []),
        ],
    )
    yield _("Department"), [shown.department] if shown.department else []
    yield _("Code"), [shown.code]
    yield _("Reports to"), _titles(shown.reports_to) or ([_("nobody")] if shown.no_superior else [])
    yield _("Subordinates"), _titles(shown.subordinates) or ([_("none")] if shown.no_subordinates else [])
    yield _("Effective date"), [_span(edition)]
    yield _("Controlled status"), [shown.controlled]
    yield _("Describes"), [shown.unit_kind]
    if shown.grade:
        yield _("Grade"), [shown.grade]
    if shown.headcount:
        yield _("Headcount"), [str(shown.headcount)]
    if shown.scope_posts:
        yield _("Applies to"), _titles(shown.scope_posts)
    if shown.answerable:
        yield _("Answerable for carrying it out"), [shown.answerable[1]]
    if shown.confidential:
        yield _("Confidentiality"), [_("bound to confidentiality")]


def _control(edition: Edition, body: Mapping[str, Any], shown: Sheet) -> Iterable[Fact]:
    keepers = {_("Prepared by"), _("Reviewed by"), _("Approved by")}  # they have boxes of their own
    for label, text in shown.control:
        if label not in keepers:
            yield label, [text]
    published = date_format(edition.published_at, "DATE_FORMAT")
    yield _("Published by"), [str(edition.published_by)]
    yield _("Published on"), [published]


def _span(edition: Edition) -> str:
    days = [edition.effective_from, *([edition.effective_until] if edition.effective_until else [])]
    return " – ".join(date_format(day, "DATE_FORMAT") for day in days)


def _titles(posts: Iterable[tuple[str, str]]) -> list[str]:
    return [post_title for _code, post_title in posts]


def _pairs(facts: Iterable[Fact]) -> list[tuple[Fact, ...]]:
    """Return facts two by two, as the rows of a box."""
    told = list(facts)
    return [tuple(told[start : start + 2]) for start in range(0, len(told), 2)]


def _duties(body: Mapping[str, Any], shown: Sheet) -> Iterable[dict[str, Any]]:
    """Yield the groups of duties; what its heading says is not repeated with each duty."""
    rows = {row["id"]: row for row in body.get("duties") or ()}
    for group in shown.duties:
        yield {
            "heading": group.label,
            "items": [
                {
                    "number": duty.number,
                    "text": duty.text,
                    "more": [
                        pair
                        for pair in said_of(DUTIES, rows[duty.id], without=("text",))
                        if pair[1] != group.label
                    ],
                }
                for duty in group.duties
            ],
        }


def _printed(part: Shown) -> dict[str, Any]:
    values = asdict(part)
    return {**values, "html": documents.rich(part.text)} if part.shape == "rich" else values
