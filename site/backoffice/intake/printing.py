"""A submission, its receipt and the blank form on paper: values of ``exports/form.html``, and the addresses.

Made when they are asked for and kept nowhere: a print holds answers, and what lies about on the disk no
retention would find. The renderer is a process of its own (``backoffice.exports.pdf``).
"""

from __future__ import annotations

import datetime
import itertools
import re
import unicodedata
import uuid as uuids
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.exports import documents, libraries, pdf, qr
from backoffice.intake.blank import blank_groups
from forms import rules
from forms.exceptions import NotFound, NotPermitted
from forms.files.queries import pictures_of
from forms.models import Submission
from forms.presentation import Answered, Line, answered_groups
from forms.queries import current_form
from forms.schema import FormDefinition, PrintLayout, definition_of
from forms.services import corrections
from foundation.audit.queries import newest_event
from foundation.editions.models import Edition
from foundation.editions.texts import in_language

TEMPLATE, STYLESHEET = "exports/form.html", "exports/form.css"
DEFAULT = "standard"
SHORT, SHORT_ON_A5 = 30, 22
"""Answers and labels up to this width, in Latin letters, stand two in a row."""
MOST_COLUMNS = 7
"""Columns of a table of rows across a portrait page; with more, each row stands by itself."""


def default_layout() -> PrintLayout:
    """Return the layout of a form that says nothing about print."""
    return PrintLayout(key=DEFAULT, title={"zh-hans": "打印件", "en": "Printout"})


def layouts_of(definition: FormDefinition) -> list[tuple[str, str]]:
    """Return key and title of the layouts a submission is printed in."""
    found = definition.prints or [default_layout()]
    return [(layout.key, in_language(layout.title)) for layout in found]


def layout_of(definition: FormDefinition, key: str) -> PrintLayout | None:
    """Return a layout by its key; the standard one is always there."""
    found = next((layout for layout in definition.prints if layout.key == key), None)
    return found or (default_layout() if key == DEFAULT else None)


@dataclass(frozen=True)
class Block:
    """Answers below one another: rows of one or two beside each other, or one that takes a page's width."""

    rows: Sequence[Sequence[Mapping[str, Any]]] = ()
    line: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Table:
    """The rows of a repeating group as a table, or each by itself where they are too wide."""

    title: str
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    blocks: Sequence[tuple[Sequence[Block], Sequence[Table]]] = ()
    item: str = ""
    """What one row is called."""
    totals: Sequence[tuple[str, str]] = ()


def submission_html(
    submission: Submission, layout: PrintLayout, withheld: Collection[str], printed_by: str
) -> tuple[str, str]:
    """Return HTML and stylesheet of a submission in the language in use."""
    definition, language = definition_of(submission.edition), get_language() or ""
    wanted = set(layout.groups)
    sections = [
        {
            "title": group.title or in_language(page.title),
            "blocks": blocks_of([_printed(line) for line in group.lines], layout),
            "table": _table(group, layout) if group.rows else None,
        }
        for page in definition.pages
        for group in answered_groups(definition, page, submission.answers, language, withheld=withheld)
        if not wanted or group.id in wanted
    ]
    event = newest_event(submission.stream)
    address = settings.BASE_URL + reverse("intake:submission", args=[submission.uuid])
    values = {
        "kind": in_language(definition.category.title),
        "title": in_language(definition.title),
        "number": submission.number,
        "edition": submission.edition,
        "facts": _facts(submission, layout),
        "sections": sections,
        "proof": bytes(event.hash).hex()[:16] if event else "",
        "address": address,
        "qr": qr.svg(address, title=_("The submission and how it stands")),
        "withdrawn": submission.state == Submission.State.WITHDRAWN,
        "printed": _("Printed by %(person)s") % {"person": printed_by} if printed_by else "",
        "answered": True,
    }
    return _html(values, layout)


def receipt_html(submission: Submission, confirmation: str, where: str) -> tuple[str, str]:
    """Return HTML and stylesheet of a receipt: that something was received, when, and how to ask for it.

    It tells no answer: receipts lie about. ``where`` is the address at which its sender looks it up.
    """
    definition = definition_of(submission.edition)
    event = newest_event(submission.stream)
    layout = PrintLayout(key="receipt", title={"zh-hans": "回执", "en": "Receipt"}, paper="A5")
    values = {
        "kind": _("Receipt"),
        "title": in_language(definition.title),
        "number": submission.number,
        "edition": submission.edition,
        "facts": _facts(submission, layout),
        "sections": [],
        "said": confirmation,
        "proof": bytes(event.hash).hex()[:16] if event else "",
        "address": where,
        "qr": qr.svg(where, title=_("The submission and how it stands")),
        "answered": True,
    }
    return _html(values, layout)


def blank_html(edition: Edition, layout: PrintLayout) -> tuple[str, str]:
    """Return HTML and stylesheet of the form for filling in by pen; its code leads to the form on the screen."""
    definition, language = definition_of(edition), get_language() or ""
    address = settings.BASE_URL + reverse("intake:form", args=[edition.key]) + f"?edition={edition.number}"
    wanted = set(layout.groups)
    values = {
        "kind": in_language(definition.category.title),
        "title": in_language(definition.title),
        "number": edition.key,
        "edition": edition,
        "facts": [],
        "description": in_language(definition.description or {}),
        "pages": [
            (in_language(page.title), groups)
            for page in definition.pages
            if (groups := [each for each in blank_groups(page, language) if not wanted or each.id in wanted])
        ],
        "proof": edition.sha256[:12],
        "address": address,
        "qr": qr.svg(address, title=_("This form on the screen")),
        "answered": False,
    }
    return _html(values, layout)


def _html(values: Mapping[str, Any], layout: PrintLayout) -> tuple[str, str]:
    language = get_language() or ""
    html = render_to_string(
        TEMPLATE,
        {
            **values,
            "language": {"zh-hans": "zh-Hans"}.get(language, language),
            "copies": [in_language(copy.title) for copy in layout.copies] or [""],
            "signatures": [in_language(line) for line in layout.signatures],
            "footer": in_language(layout.footer or {}),
            "layout": layout,
        },
    )
    css = render_to_string(
        STYLESHEET,
        {
            "paper": layout.paper,
            "small": layout.paper.startswith("A5"),
            "document": STYLE,
            "copies": layout.copies or [""],
        },
    )
    return html, css


STYLE = "exports/document.css"


def blocks_of(lines: Sequence[Mapping[str, Any]], layout: PrintLayout) -> list[Block]:
    """Return answers as they stand on paper: short ones in pairs, what has a shape of its own by itself."""
    most = SHORT_ON_A5 if layout.paper.startswith("A5") else SHORT
    found: list[Block] = []
    for shaped, group in itertools.groupby(lines, key=lambda line: bool(line["html"])):
        together = list(group)
        found += [Block(line=line) for line in together] if shaped else [Block(rows=_pairs(together, most))]
    return found


def _pairs(lines: Sequence[Mapping[str, Any]], most: int) -> list[list[Mapping[str, Any]]]:
    """Return lines in rows: one whose label and text are at most so wide takes the next such one beside it."""
    rows: list[list[Mapping[str, Any]]] = []
    waiting = False
    for line in lines:
        short = not line["pictures"] and max(_width(line["text"]), _width(line["label"])) <= most
        if short and waiting:
            rows[-1].append(line)
        else:
            rows.append([line])
        waiting = short and not waiting
    return rows


def _width(text: str) -> int:
    """Return the width of a text in Latin letters; more than any line where it has several lines."""
    if "\n" in text:
        return 10_000
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _facts(submission: Submission, layout: PrintLayout) -> list[Block]:
    found = [
        (_("Number"), submission.number),
        (_("Submitted at"), _moment(submission.submitted_at)),
        (_("Submitted by"), str(submission.submitted_by or _("through the public link"))),
    ]
    if submission.on_behalf_of is not None:
        found.append((_("On behalf of"), str(submission.on_behalf_of)))
    found.append((_("State"), submission.get_state_display()))
    if submission.revision > 1:
        found.append((_("Revision"), str(submission.revision)))
    lines = [{"label": label, "text": text, "html": "", "pictures": []} for label, text in found]
    return blocks_of(lines, layout)


def _moment(moment: datetime.datetime) -> str:
    # The tag of the screens writes it for eyes and machines; here the words are enough.
    from backoffice.access.templatetags.remit import moment_text

    return moment_text(moment)


def _printed(line: Line) -> dict[str, Any]:
    html = documents.rich(str(line.markup)) if line.markup else ""
    pictures = [item for item in line.value if item["type"].startswith("image/")] if line.holds_files else []
    return {
        "label": line.label,
        "text": line.text,
        "long": line.long,
        "html": html,
        "pictures": pictures,
        "signature": line.kind == "signature",
    }


def _table(group: Answered, layout: PrintLayout) -> Table:
    headings: dict[str, str] = {}
    wide = False
    for lines, inner in group.rows:
        for line in lines:
            headings.setdefault(line.id, line.label)
            wide = wide or bool(line.markup) or line.holds_files or len(line.text) > 120
        wide = wide or bool(inner)
    if wide or len(headings) > MOST_COLUMNS:
        return Table(group.title, blocks=list(_blocks(group, layout)), totals=group.totals, item=group.item)
    rows = []
    for lines, _inner in group.rows:
        texts = {line.id: line.text for line in lines}
        rows.append([texts.get(name, "") for name in headings])
    return Table(group.title, list(headings.values()), rows, totals=group.totals)


def _blocks(group: Answered, layout: PrintLayout) -> Iterator[tuple[Sequence[Block], Sequence[Table]]]:
    for lines, inner in group.rows:
        blocks = blocks_of([_printed(line) for line in lines], layout)
        yield blocks, [_table(one, layout) for one in inner]


# --- addresses ----------------------------------------------------------------------------------------------


@require_GET
def submission_pdf(request: HttpRequest, uuid: uuids.UUID, layout: str) -> HttpResponse:
    """A submission in one of its layouts; of confidential answers the print is recorded."""
    # reading imports layouts_of from here.
    from backoffice.intake.reading import visible

    found = visible(request.user, uuid)
    chosen = layout_of(definition_of(found.edition), layout)
    if chosen is None:
        raise Http404
    withheld = rules.withheld(found, request.user)
    html, css = submission_html(found, chosen, withheld, str(request.user))
    response = _answer(request, html, css, f"{found.number} {in_language(chosen.title)}", found)
    if response.headers["Content-Type"] == "application/pdf":
        corrections.record_output(submission=found, by=request.user, what=chosen.key)
    return response


@require_GET
def receipt_pdf(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """The receipt of what one handed in."""
    from backoffice.intake.reading import visible

    found = visible(request.user, uuid)
    where = settings.BASE_URL + reverse("intake:submission", args=[found.uuid])
    confirmation = in_language(definition_of(found.edition).confirmation or {})
    html, css = receipt_html(found, confirmation, where)
    receipt = _("Receipt")
    return _answer(request, html, css, f"{found.number} {receipt}", found)


@require_GET
def blank_pdf(request: HttpRequest, form_key: str) -> HttpResponse:
    """The form in force, for filling in by pen. For those who may fill it in."""
    try:
        edition, definition = current_form(form_key)
        rules.check_may_submit(definition, request.user)
    except (NotFound, NotPermitted):
        raise Http404 from None
    chosen = definition.prints[0] if definition.prints else default_layout()
    plain = chosen.model_copy(update={"copies": [], "groups": []})
    html, css = blank_html(edition, plain)
    number = _("edition %(number)s") % {"number": edition.number}
    name = f"{in_language(definition.title)} {number}"
    return _answer(request, html, css, name, None)


def _answer(
    request: HttpRequest, html: str, css: str, name: str, submission: Submission | None
) -> HttpResponse:
    """Answer with the PDF, or lead back with the reason why there is none."""
    try:
        documents.check_libraries()
        content = pdf.render(html, css=css, pictures=_pictures(html, submission))
    except pdf.RenderFailed:
        messages.error(request, _("The document could not be made just now. Try again in a moment."))
        if notice := libraries.notice():
            messages.info(request, notice)
        if submission is None:
            return redirect("intake:catalogue")
        return redirect("intake:submission", uuid=submission.uuid)
    return pdf_response(content, name)


_SHOWN = re.compile(r'<img src="remit-picture:([0-9a-f-]{36})"')


def _pictures(html: str, submission: Submission | None) -> list[pdf.Picture]:
    """Return the pictures a document shows, of its own submission and no other."""
    named = {uuids.UUID(key) for key in _SHOWN.findall(html)}
    if submission is None or not named:
        return []
    return [pdf.Picture(str(row.uuid), row.type, content) for row, content in pictures_of(submission, named)]


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """Return a PDF for the browser to show, under a name for saving it."""
    response = HttpResponse(content, content_type="application/pdf")
    disposition = content_disposition_header(as_attachment=False, filename=documents.saved_as(name))
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
