"""What the position description document shows, as plain values for its template.

Tolerant on purpose: an edition of three years ago prints with what it has. Texts may be one string or one per
language; an unknown cadence or kind prints under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice.exports import qr
from backoffice.exports.pdf import clean
from foundation.editions.models import Edition
from foundation.editions.texts import in_language

# Words and order of backoffice.positions.enums: rooms below the screens may not import it, and share its
# catalogue entries.
CADENCES = {
    "ongoing": pgettext_lazy("cadence", "Ongoing"),
    "daily": pgettext_lazy("cadence", "Daily"),
    "weekly": pgettext_lazy("cadence", "Weekly"),
    "monthly": pgettext_lazy("cadence", "Monthly"),
    "quarterly": pgettext_lazy("cadence", "Quarterly"),
    "half_yearly": pgettext_lazy("cadence", "Half-yearly"),
    "yearly": pgettext_lazy("cadence", "Yearly"),
    "event": pgettext_lazy("cadence", "When it occurs"),
}
QUALIFICATIONS = {
    "education": pgettext_lazy("qualification", "Education"),
    "field": pgettext_lazy("qualification", "Field of study"),
    "experience": pgettext_lazy("qualification", "Experience"),
    "knowledge": pgettext_lazy("qualification", "Knowledge"),
    "skill": pgettext_lazy("qualification", "Skill"),
    "certificate": pgettext_lazy("qualification", "Certificate or training"),
    "language": pgettext_lazy("qualification", "Language"),
    "software": pgettext_lazy("qualification", "Software"),
    "character": pgettext_lazy("qualification", "Character"),
    "health": pgettext_lazy("qualification", "Health"),
    "appearance": pgettext_lazy("qualification", "Appearance"),
    "age": pgettext_lazy("qualification", "Age"),
    "other": pgettext_lazy("qualification", "Other"),
}
AUTHORITY_KINDS = {
    "decide": pgettext_lazy("authority", "Decide"),
    "manage": pgettext_lazy("authority", "Manage"),
    "propose": pgettext_lazy("authority", "Propose"),
    "inspect": pgettext_lazy("authority", "Inspect"),
    "arbitrate": pgettext_lazy("authority", "Settle disputes"),
    "assess": pgettext_lazy("authority", "Assess people"),
    "spend": pgettext_lazy("authority", "Spend up to a limit"),
    "refund": pgettext_lazy("authority", "Refund"),
    "discount": pgettext_lazy("authority", "Grant discounts"),
}
# What is printed under a duty and an authority, in this order.
DUTY = {
    "deliverable": gettext_lazy("Deliverable"),
    "recipient": gettext_lazy("Recipient"),
    "deadline": gettext_lazy("Deadline"),
    "related": gettext_lazy("In the system"),
    "weight": gettext_lazy("Share of working time"),
    "supplementary": gettext_lazy("Supplementary duty"),
}
AUTHORITY = {
    "kind": gettext_lazy("Kind"),
    "limit": gettext_lazy("Limit"),
    "amount": gettext_lazy("Limit in yuan"),
}
DOCUMENT_KINDS = {
    "description": gettext_lazy("Position description"),
    "duties": gettext_lazy("List of duties"),
    "system": gettext_lazy("Responsibility system"),
    "process": gettext_lazy("Work process"),
    "rules": gettext_lazy("Working rules"),
}


def text(value: Any, language: str) -> str:
    """Return a text of an edition's body in ``language``: per language, plain, or missing."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return in_language({key: str(each) for key, each in value.items()}, language) if value else ""
    return str(value)


def named(row: Any, field: str, language: str) -> str:
    """Return a name of ``row``: plain, per language, or with the English beside it as ``<field>_en``."""
    if not isinstance(row, Mapping):
        return text(row, language)
    english = str(row.get(f"{field}_en") or "")
    return english if english and language.startswith("en") else text(row.get(field), language)


def address(edition: Edition) -> str:
    """Return the address in the QR code: the page that shows whether this edition is still in force."""
    return f"{settings.BASE_URL}/positions/{edition.key}/editions/{edition.number}/"


def context(edition: Edition, body: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the values of ``exports/position.html`` for one edition."""
    numbers = count(1)
    title = named(body, "title", language) or edition.key
    other = named(body, "title", "zh-hans" if language.startswith("en") else "en")
    return {
        "language": {"zh-hans": "zh-Hans"}.get(language, language),
        "edition": edition,
        "short_hash": edition.sha256[:12],
        "kind": str(DOCUMENT_KINDS.get(str(body.get("document_kind")), DOCUMENT_KINDS["description"])),
        "number": text(body.get("document_number") or body.get("code"), language) or edition.key,
        "title": title,
        "other_title": other if other != title else "",
        "department": named(body.get("department"), "name", language),
        "superiors": [named(each, "title", language) for each in body.get("reports_to") or ()],
        "grade": text(body.get("grade"), language),
        "headcount": body.get("headcount") or "",
        "summary": text(body.get("summary"), language),
        "purpose": text(body.get("purpose"), language),
        "duties": [
            {"heading": heading, "items": [{**each, "number": next(numbers)} for each in items]}
            for heading, items in duties_grouped(body, language)
        ],
        "authorities": [
            {"text": text(each.get("text"), language), "more": said(each, AUTHORITY, language)}
            for each in body.get("authorities") or ()
        ],
        "qualifications": [
            {"heading": heading, "items": items}
            for heading, items in grouped(body.get("qualifications") or (), "kind", QUALIFICATIONS, language)
        ],
        "working_conditions": text(body.get("working_conditions"), language),
        "sections": [
            {"heading": text(each.get("heading"), language), "html": rich(text(each.get("body"), language))}
            for each in body.get("sections") or ()
        ],
        "signatures": [_("Holder of the position"), _("Line manager"), _("Human resources")],
        "address": address(edition),
        "qr": qr.svg(address(edition), title=_("Is this edition still in force?")),
    }


def rich(html: str) -> SafeString:
    """Return rich text with nothing but plain formatting left in it."""
    return mark_safe(clean(html))  # noqa: S308 - just cleaned


def duties_grouped(body: Mapping[str, Any], language: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the duties by cadence, or by subject where the author wished so."""
    duties = body.get("duties") or ()
    if body.get("duties_by") != "category":
        return grouped(duties, "cadence", CADENCES, language)
    subjects = {text(each.get("category"), language) for each in duties}
    rest = _("Other duties") if subjects - {""} else ""
    groups = grouped(duties, "category", {}, language)
    return [(heading or rest, items) for heading, items in sorted(groups, key=lambda group: not group[0])]


def said(row: Mapping[str, Any], columns: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return what ``row`` says besides its text, as label and value; what is empty is left out."""
    told = []
    for name, label in columns.items():
        value = row.get(name)
        if name == "kind":
            value = AUTHORITY_KINDS.get(str(value), value)
        elif name == "related":
            value = named(row, "related_name", language)
        elif name == "supplementary":
            value = _("yes") if value else ""
        elif name == "weight":
            value = "" if value is None else f"{value} %"
        if shown := (text(value, language) if isinstance(value, Mapping) else str(value or "")):
            told.append((str(label), shown))
    return told


def grouped(
    items: Iterable[Mapping[str, Any]], field: str, names: Mapping[str, Any], language: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return ``items`` in groups by ``field``: known groups in their order, then the others as they come."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in items:
        key = text(each.get(field), language)
        groups.setdefault(key, []).append(
            {
                "text": text(each.get("text"), language),
                "more": said(each, DUTY, language),
                "mandatory": bool(each.get("mandatory")),
            }
        )
    order = list(names)
    ranked = sorted(groups, key=lambda key: order.index(key) if key in names else len(order))
    return [(str(names.get(key, key)), groups[key]) for key in ranked]
