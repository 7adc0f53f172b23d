"""The comparison of two editions as PDF: made once by the worker, from then on a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice.exports import documents, keeping, libraries, pdf
from backoffice.positions.body import named
from backoffice.positions.comparison import differences, grouped, link_changes
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.outbox.services import handles, send

MESSAGE_KIND = "render_comparison"
TEMPLATES = ("exports/comparison.html", "exports/document.css")


def request_pdf(before: Edition, after: Edition, language: str) -> Path | None:
    """Return the file of the comparison; None when it is not there yet: then the worker is asked for it."""
    path = file_of(before, after, language)
    if keeping.used(path):
        return path
    if not libraries.missing():
        asked = timezone.now().strftime("%Y%m%d%H") + str(timezone.now().minute // 5)
        send(
            kind=MESSAGE_KIND,
            key=f"pdf:{path.stem}:{asked}",
            payload={"before": before.pk, "after": after.pk, "language": language},
        )
    return None


def page_of(before: Edition, after: Edition, language: str) -> tuple[str, str]:
    """Return HTML and stylesheet of the comparison."""
    with translation.override(language):
        old, new = body_of(before), body_of(after)
        values = {
            "language": {"zh-hans": "zh-Hans"}.get(language, language),
            "title": named(new, "title"),
            "number": new.get("document_number", ""),
            "before": before,
            "after": after,
            "groups": grouped(differences(old, new)),
            "links": link_changes(old, new),
        }
        html, css = (render_to_string(name, values) for name in TEMPLATES)
    return html, css


def render(before: Edition, after: Edition, language: str) -> bytes:
    """Return the PDF. Raises pdf.RenderFailed."""
    html, css = page_of(before, after, language)
    return pdf.render(html, css=css)


def file_of(before: Edition, after: Edition, language: str) -> Path:
    """Return where the comparison is kept, whether it is there or not: named by everything that shows in it."""
    html, css = page_of(before, after, language)
    name = f"{hashlib.sha256((html + css).encode()).hexdigest()}-{language}.pdf"
    return Path(settings.RENDERED_DIR) / "comparison" / name


def filename(before: Edition, after: Edition, language: str) -> str:
    """Return the name a person's browser saves the document under."""
    with translation.override(language):
        told = _("editions %(before)s and %(after)s compared") % {
            "before": before.number,
            "after": after.number,
        }
    return documents.saved_as(f"{after.key} {told}")


@handles(MESSAGE_KIND)
def deliver(payload: Mapping[str, Any]) -> None:
    """Make the PDF a page asked for (outbox)."""
    editions = Edition.objects.select_related("published_by").in_bulk([payload["before"], payload["after"]])
    before, after = editions[payload["before"]], editions[payload["after"]]
    path = file_of(before, after, payload["language"])
    if not path.is_file():
        documents.write_whole(path, render(before, after, payload["language"]))
