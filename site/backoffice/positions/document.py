"""The printed description: what ``backoffice.exports`` knows of every edition, and the parts that only this
room knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from backoffice.exports import documents, position
from backoffice.positions.body import sheet
from backoffice.positions.layout import Shown
from foundation.editions.models import Edition


def register() -> None:
    """Print editions of position descriptions with everything that is in them."""
    layout = documents.Layout("exports/position.html", "exports/document.css", context)
    documents.register_layout(Edition.Kind.POSITION, layout)


def context(edition: Edition, body: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the values of ``exports/position.html``; the language is in use already."""
    values = position.context(edition, body, language)
    if "code" not in body:  # nothing of ours: what is known of every edition has to do
        return values
    shown = sheet(body)
    none = _("none") if shown.no_subordinates else ""
    return {
        **values,
        "superiors": values["superiors"] or ([_("nobody")] if shown.no_superior else []),
        "subordinates": "、".join(title for _code, title in shown.subordinates) or none,
        "answerable": shown.answerable[1] if shown.answerable else "",
        "scope_posts": "、".join(title for _code, title in shown.scope_posts),
        "controlled": shown.controlled,
        "motto": shown.motto,
        "catch_all": shown.catch_all,
        "control": shown.control,
        "more": {place: [_printed(part) for part in parts] for place, parts in shown.more.items()},
    }


def _printed(part: Shown) -> dict[str, Any]:
    values = asdict(part)
    return {**values, "html": position.rich(part.text)} if part.shape == "rich" else values
