"""The Word document of an edition to download, and the review of one that came back edited."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page

from backoffice.positions.body import sheet
from backoffice.positions.models import ImportedText
from backoffice.positions.parts import BY_NAME
from backoffice.positions.word.changes import new_body
from backoffice.positions.word.reading import Outside, OwnDocument
from backoffice.positions.word.taking import make_page, origin_of, take_changes

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONGEST_TOLD = 200


def review(request: HttpRequest, imported: ImportedText, document: OwnDocument) -> HttpResponse:
    """Show what the document says otherwise; on POST put the ticked changes into the draft, or make one."""
    origin = origin_of(document)
    changes = origin.comparison.changes
    ticked = set(request.POST.getlist("change")) if request.method == "POST" else {one.key for one in changes}
    if request.method == "POST":
        chosen = [one for one in changes if one.key in ticked]
        try:
            if not origin.known or origin.page is None:
                page: Page = make_page(imported, document, by=request.user)
                messages.success(
                    request,
                    _("A draft was made of “%(title)s”. Nothing is published.") % {"title": page.title},
                )
                return redirect("wagtailadmin_pages:edit", page.pk)
            if not chosen:
                messages.error(request, _("Nothing is ticked. Tick the changes to take over."))
            else:
                taken = take_changes(imported, origin.page, chosen, by=request.user)
                count = len(chosen) - len(taken.left)
                messages.success(
                    request,
                    ngettext(
                        "%(number)s change went into the draft. Nothing is published.",
                        "%(number)s changes went into the draft. Nothing is published.",
                        count,
                    )
                    % {"number": count},
                )
                for change in taken.left:
                    messages.warning(
                        request,
                        _(
                            "The draft says otherwise by now, so this was left out; look at it yourself: %(text)s"
                        )
                        % {"text": (change.after or change.before)[:LONGEST_TOLD]},
                    )
                return redirect("wagtailadmin_pages:edit", taken.page.pk)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
    context = {
        "imported": imported,
        "document": document,
        "origin": origin,
        "changes": [(one, one.key in ticked) for one in changes],
        "kept": [(one, _place(one)) for one in origin.comparison.kept],
        "sheet": None if origin.known else sheet(new_body(document)),
    }
    return render(request, "positions/admin/import_word.html", context)


def _place(outside: Outside) -> str:
    """Return where words stand, for people."""
    part = BY_NAME.get(outside.part)
    return str(part.heading) if part else _("outside of the description")
