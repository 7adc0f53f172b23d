"""The signed statement as PDF: made once by the worker, from then on a file named by everything that shows in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice.exports import documents, libraries, pdf, qr
from backoffice.positions.body import named
from backoffice.positions.signoff import queries
from backoffice.positions.signoff.enums import ANSWERED
from backoffice.positions.signoff.models import SignOff
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of
from foundation.outbox.services import handles, send

MESSAGE_KIND = "render_sign_off"


def request_pdf(sign_off: SignOff, language: str) -> Path | None:
    """Return the file of the statement; None when it is not there yet: then the worker is asked for it.

    Only for a request that was answered.
    """
    path = file_of(sign_off, language)
    if path.is_file():
        return path
    if not libraries.missing():
        asked = timezone.now().strftime("%Y%m%d%H") + str(timezone.now().minute // 5)
        send(
            kind=MESSAGE_KIND,
            key=f"pdf:{path.stem}:{asked}",
            payload={"sign_off": sign_off.pk, "language": language},
        )
    return None


def page_of(sign_off: SignOff, language: str) -> tuple[str, str]:
    """Return HTML and stylesheet of the statement."""
    if sign_off.state not in ANSWERED:
        raise ValueError("There is no statement before there is an answer.")
    with translation.override(language):
        body = body_of(sign_off.edition)
        read = queries.to_read(sign_off)
        address = settings.BASE_URL + reverse("positions:sign-off", args=[sign_off.uuid])
        values = {
            "language": {"zh-hans": "zh-Hans"}.get(language, language),
            "sign_off": sign_off,
            "edition": sign_off.edition,
            "title": named(body, "title"),
            "number": body.get("document_number") or sign_off.edition.key,
            "department": named(body["department"], "name") if body.get("department") else "",
            "read": read,
            "proof": decision_hash(sign_off),
            "address": address,
            "qr": qr.svg(address, title=_("The request and how it stands")),
        }
        return render_to_string("exports/sign_off.html", values), render_to_string("exports/document.css")


def decision_hash(sign_off: SignOff) -> str:
    """Return the hash of the event that tells of the answer; it is sealed over the whole row."""
    kind = f"sign_off_{sign_off.state}"
    return next((event.hash for event in reversed(events_of(sign_off.stream)) if event.kind == kind), "")


def render(sign_off: SignOff, language: str) -> bytes:
    """Return the PDF, with the text that was signed inside. Raises pdf.RenderFailed."""
    html, css = page_of(sign_off, language)
    body = pdf.Attachment(
        name="edition.json",
        content=bytes(sign_off.edition.body),
        at=sign_off.edition.published_at,
        description=f"{sign_off.edition.key} {sign_off.edition.number} sha256:{sign_off.edition.sha256}",
    )
    return pdf.render(html, css=css, attachments=[body])


def file_of(sign_off: SignOff, language: str) -> Path:
    """Return where the statement is kept, whether it is there or not."""
    html, css = page_of(sign_off, language)
    name = f"{hashlib.sha256((html + css).encode()).hexdigest()}-{language}.pdf"
    return Path(settings.RENDERED_DIR) / "sign-off" / name


def filename(sign_off: SignOff, language: str) -> str:
    """Return the name a person's browser saves the document under."""
    with translation.override(language):
        told = _("%(name)s, %(title)s, edition %(number)s, sign-off") % {
            "name": sign_off.person,
            "title": sign_off.position,
            "number": sign_off.edition.number,
        }
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", told).strip()[:120] + ".pdf"


def connect() -> None:
    """Have the worker make statements."""
    handles(MESSAGE_KIND)(deliver)


def deliver(payload: Mapping[str, Any]) -> None:
    """Make the PDF a page asked for (outbox)."""
    sign_off = SignOff.objects.select_related(*queries.RELATED).get(pk=payload["sign_off"])
    path = file_of(sign_off, payload["language"])
    if not path.is_file():
        documents.write_whole(path, render(sign_off, payload["language"]))
