"""The passport of a case: one PDF that tells what it is about, what was decided and done, and what proves it.

Made when it is asked for and kept nowhere, like every print that holds answers. It shows what the page of the case
shows its reader, no more. The renderer is a process of its own (``backoffice.exports.pdf``).
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.access.templatetags.remit import moment_text
from backoffice.casework.approval import Stage, stages_of
from backoffice.casework.explaining import explained_all
from backoffice.casework.ledger.presentation import month_word, part_of, written
from backoffice.casework.pages import case_or_404
from backoffice.casework.presentation import (
    Fact,
    answered_of,
    channel_of,
    copied_of,
    given_of,
    grade_of,
    timeline_of,
)
from backoffice.casework.promised import promises_of
from backoffice.casework.related import related_of
from backoffice.casework.sealed import Content
from backoffice.exports import documents, libraries, pdf, qr
from forms import rules as form_rules
from forms.files import rules as file_rules
from forms.files.models import StoredFile
from forms.schema import definition_of as form_of
from forms.services import corrections
from foundation.audit.queries import EventView
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.models import Case, LedgerMonth
from workflows.models.ledger import ZERO

TEMPLATE, STYLESHEET = "exports/passport.html", "exports/passport.css"
LAYOUT = "passport"


@dataclass(frozen=True)
class Enclosed:
    """A file of the case. Its hash stands in the chain: the file can be proved to be the one that was given."""

    name: str
    where: str
    size: int
    by: str
    at: str
    sha256: str
    removed: bool


@dataclass(frozen=True)
class Entry:
    """One event of the case, oldest first: its version and the beginning of its hash beside what happened."""

    version: int
    hash: str
    at: str
    who: str
    what: str
    reason: str
    facts: Sequence[Fact]


@require_GET
def passport(request: HttpRequest, case_uuid: uuids.UUID) -> HttpResponse:
    """The passport of a case the person may know of; of confidential answers the print is recorded."""
    case = case_or_404(request, case_uuid)
    try:
        documents.check_libraries()
        html = render_to_string(TEMPLATE, passport_of(case, request.user))
        css = render_to_string(STYLESHEET, {"document": "exports/document.css"})
        content = pdf.render(html, css=css)
    except pdf.RenderFailed:
        messages.error(request, _("The document could not be made just now. Try again in a moment."))
        if notice := libraries.notice():
            messages.info(request, notice)
        return redirect("casework:case", case_uuid=case.uuid)
    corrections.record_output(submission=case.submission, by=request.user, what=LAYOUT)
    response = HttpResponse(content, content_type="application/pdf")
    word = _("passport")
    name = documents.saved_as(f"{case.number} {word}")
    disposition = content_disposition_header(as_attachment=False, filename=name)
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def passport_of(case: Case, reader: User) -> Mapping[str, Any]:
    """Return what ``exports/passport.html`` names, in the language in use."""
    definition, language = definition_of(case.edition), get_language() or ""
    events, happened = timeline_of(case, reader)
    address = settings.BASE_URL + reverse("casework:case", args=[case.uuid])
    grade = grade_of(case)
    related = related_of(case, reader)
    ledger = part_of(case, reader)
    facts = [
        (_("Number"), case.number),
        (_("State"), in_language(definition.state(case.state).title)),
        *([(pgettext("of a case", "Grade"), grade.word)] if grade else []),
        (_("Workflow edition"), _("Edition %(number)s") % {"number": case.edition.number}),
        (_("Opened"), moment_text(case.opened_at)),
        *([(_("Closed"), moment_text(case.closed_at))] if case.closed_at else []),
        (_("Came by"), channel_of(case)),
        (_("Recorded by"), str(case.submission.submitted_by or _("through the public link"))),
        *([(_("On behalf of"), str(case.submission.on_behalf_of))] if case.submission.on_behalf_of else []),
        (_("Assigned to"), str(case.assignee or _("nobody yet"))),
        *([(_("Department"), str(case.department))] if case.department else []),
        *([(_("Copied to"), copied)] if (copied := copied_of(case)) else []),
    ]
    return {
        "language": {"zh-hans": "zh-Hans"}.get(language, language),
        "case": case,
        "workflow": in_language(definition.title),
        "facts": [facts[place : place + 2] for place in range(0, len(facts), 2)],
        "answered": answered_of(case, reader),
        "given": given_of(case, reader),
        "clocks": explained_all(case),
        "promises": promises_of(case, reader),
        "ledger": ledger,
        "months": months_of(case, ledger) if ledger else [],
        "stages": _decided(stages_of(case, events, Content(case, reader))),
        "entries": [
            Entry(
                event.version, event.hash[:16], moment_text(one.at), one.who, one.what, one.reason, one.facts
            )
            for event, one in zip(events, reversed(happened), strict=True)
        ],
        "files": files_of(case, reader, events),
        "comments": case.submission.comments.select_related("by").exclude(text=""),
        "neighbours": related.neighbours,
        "hidden": related.hidden,
        "head": events[-1].hash,
        "address": address,
        "qr": qr.svg(address, title=_("The case and how it stands")),
        "printed": _("Printed by %(person)s, %(moment)s")
        % {"person": reader, "moment": moment_text(timezone.now())},
    }


@dataclass(frozen=True)
class Month:
    """What the entries of one month did to the open balance of the case, and how it stood then."""

    word: str
    entries: int
    effect: str
    balance: str
    closed: bool


def months_of(case: Case, ledger: Mapping[str, Any]) -> list[Month]:
    """Return the months in which something was posted on the case, in order; one query, for those that are closed."""
    entries = [row.entry for row in ledger["rows"]]
    closed = set(LedgerMonth.objects.filter(workflow=case.workflow).values_list("month", flat=True))
    found: list[Month] = []
    balance = ZERO
    for month in sorted({entry.posted_on.replace(day=1) for entry in entries}):
        its = [entry for entry in entries if entry.posted_on.replace(day=1) == month]
        effect = sum((entry.effect for entry in its), ZERO)
        balance += effect
        currency = its[0].currency
        found.append(
            Month(
                month_word(month),
                len(its),
                written(effect, currency),
                written(balance, currency),
                month in closed,
            )
        )
    return found


def _decided(stages: Sequence[Stage]) -> list[Stage]:
    """Return the stages the case has come to."""
    return [stage for stage in stages if stage.status != "ahead"]


def files_of(case: Case, reader: User, events: Sequence[EventView]) -> list[Enclosed]:
    """Return the files of the form and of the steps that the reader may have, in the order they were given.

    One that was taken away (a virus, its time has run out) stays in the list with its hash.
    """
    withheld = form_rules.withheld(case.submission, reader)
    rows = StoredFile.objects.filter(submission=case.submission).select_related(
        "uploaded_by", "submission__edition"
    )
    titles = _titles(case)
    return [
        Enclosed(
            name=row.name,
            where=titles.get(_field(row), ""),
            size=row.size,
            by=str(row.uploaded_by or ""),
            at=moment_text(row.uploaded_at),
            sha256=row.sha256,
            removed=row.removed_at is not None,
        )
        for row in rows
        if _theirs(row, reader, withheld)
    ]


def _theirs(row: StoredFile, reader: User, withheld: Collection[str]) -> bool:
    # Whoever sees the case reads what was reported in it, as on its page; what is withheld there is withheld here.
    if row.holder:
        return file_rules.may_have(row, reader)
    return _field(row) not in withheld


def _field(row: StoredFile) -> str:
    return row.field.rpartition(".")[2]


def _titles(case: Case) -> dict[str, str]:
    asked = {**form_of(case.submission.edition).by_id, **definition_of(case.edition).questions()}
    return {name: in_language(one.label) for name, one in asked.items()}
