"""The PDF of a published edition: made once by the worker, from then on a file.

An edition never changes, so its document never does: the file is named by everything that shows in it
(edition, dates, publisher, language, templates, base address) and is simply there or not. ``request_pdf``
is for pages, ``pdf_of`` for the worker, commands and booklets.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from backoffice.exports import keeping, libraries, pdf
from backoffice.exports.renderer import RENDERING
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.outbox.services import handles, send

MESSAGE_KIND = "render_pdf"


@dataclass(frozen=True)
class Layout:
    """How editions of one kind become a document.

    ``context`` makes the values of ``template``, in the language in use; ``title`` is what the document is
    called there. ``included`` names the templates the first one includes: they decide the look as well.
    """

    template: str
    stylesheet: str
    context: Callable[[Edition, dict[str, Any], str], dict[str, Any]]
    title: Callable[[dict[str, Any]], str]
    included: tuple[str, ...] = ()


LAYOUTS: dict[str, Layout] = {}


def register_layout(kind: str, layout: Layout) -> None:
    """Let the room that owns ``kind`` say what its document shows; called when apps are ready."""
    LAYOUTS[kind] = layout


def request_pdf(edition: Edition, language: str) -> Path | None:
    """Return the file of the edition's PDF; None when it is not there yet: then the worker is asked for it.

    Asking again within the same minutes asks once. Where PDFs cannot be made nothing is asked: show
    ``libraries.notice()`` instead.
    """
    path = file_of(edition, language)
    if keeping.used(path):
        return path
    if not libraries.missing():
        # A delivered message is never sent again under its key; the file may have been cleared away since,
        # so the key also names the five minutes it was asked for in.
        asked = timezone.now().strftime("%Y%m%d%H") + str(timezone.now().minute // 5)
        send(
            kind=MESSAGE_KIND,
            key=f"pdf:{path.stem}:{asked}",
            payload={"edition": edition.pk, "language": language},
        )
    return None


def pdf_of(edition: Edition, language: str) -> Path:
    """Return the file of the edition's PDF, made now when it is not there. Raises pdf.RenderFailed."""
    path = file_of(edition, language)
    if not keeping.used(path):
        write_whole(path, render(edition, language))
    return path


def render(edition: Edition, language: str) -> bytes:
    """Return the PDF of ``edition`` in ``language``; the same bytes each time. Raises pdf.RenderFailed.

    The edition's body is inside as ``edition.json``: its SHA-256 is the one printed in the footer.
    """
    check_libraries()
    html, css = page_of(edition, language)
    return pdf.render(html, css=css, attachments=[body_attached(edition)])


def check_libraries() -> None:
    """Raise pdf.RenderFailed where PDFs cannot be made, with what to install."""
    if packages := libraries.missing():
        raise pdf.RenderFailed(f"System libraries are missing: {', '.join(packages)}. {libraries.INSTALL}")


def body_attached(edition: Edition) -> pdf.Attachment:
    """Return the edition's body as the file that goes into its PDF."""
    return pdf.Attachment(
        name="edition.json",
        content=bytes(edition.body),
        at=edition.published_at,
        description=f"{edition.key} {edition.number} sha256:{edition.sha256}",
    )


def page_of(edition: Edition, language: str) -> tuple[str, str]:
    """Return HTML and stylesheet of the edition's document."""
    layout = LAYOUTS[edition.kind]
    with translation.override(language):
        values = layout.context(edition, body_of(edition), language)
        return render_to_string(layout.template, values), stylesheet(layout.stylesheet)


@cache
def stylesheet(name: str) -> str:
    """Return a stylesheet; none of ours depends on what is printed."""
    return render_to_string(name)


def filename(edition: Edition, language: str) -> str:
    """Return the name a person's browser saves the document under."""
    with translation.override(language):
        title = LAYOUTS[edition.kind].title(body_of(edition))
        number = _("edition %(number)s") % {"number": edition.number}
    return saved_as(f"{edition.key} {title} {number}")


def saved_as(name: str) -> str:
    """Return ``name`` as the name of a PDF, without what a file system refuses."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", name).strip()[:120] + ".pdf"


def rich(html: str) -> SafeString:
    """Return rich text with nothing but plain formatting left in it, for a template."""
    return mark_safe(pdf.clean(html))  # noqa: S308 - just cleaned


def file_of(edition: Edition, language: str) -> Path:
    """Return where the edition's PDF is kept, whether it is there or not."""
    shown = "\n".join(
        (
            *(edition.kind, edition.key, str(edition.number), edition.sha256),
            *(str(edition.effective_from), str(edition.effective_until), edition.published_at.isoformat()),
            *(str(edition.published_by), settings.BASE_URL, look_of(edition.kind, language)),
        )
    )
    name = f"{edition.sha256}-{hashlib.sha256(shown.encode()).hexdigest()[:16]}-{language}.pdf"
    return Path(settings.RENDERED_DIR) / edition.kind / name


def look_of(kind: str, language: str) -> str:
    """Return a hash over what decides the look of documents of ``kind``."""
    layout = LAYOUTS[kind]
    return look(language, layout.template, layout.stylesheet, *layout.included)


@cache
def look(language: str, *templates: str) -> str:
    """Return a hash over ``templates``, our words in ``language`` and the way of rendering."""
    digest = hashlib.sha256(f"{RENDERING} weasyprint {version('weasyprint')}\n".encode())
    for name in templates:
        digest.update(Path(get_template(name).origin.name).read_bytes())
    # A better translation is a new look as well.
    for folder in settings.LOCALE_PATHS:
        catalogue = Path(folder) / translation.to_locale(language) / "LC_MESSAGES" / "django.mo"
        if catalogue.is_file():
            digest.update(catalogue.read_bytes())
    return digest.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` in one step: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@handles(MESSAGE_KIND)
def deliver(payload: Mapping[str, Any]) -> None:
    """Make the PDF a page asked for (outbox)."""
    edition = Edition.objects.select_related("published_by").get(pk=payload["edition"])
    pdf_of(edition, payload["language"])
