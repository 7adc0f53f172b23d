"""In the Wagtail admin: what holders are asked to sign of a draft. For whoever may edit the description."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from backoffice.positions.comparison import Difference, differences
from backoffice.positions.models import PositionPage
from backoffice.positions.signoff import marking, materiality
from backoffice.positions.signoff.marking import Decision, Draft
from backoffice.positions.signoff.models import EditionMarks
from backoffice.positions.signoff.queries import label_of
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.organisation.models import Holding, User


@require_http_methods(["GET", "HEAD", "POST"])
def marks(request: HttpRequest, page_id: int) -> HttpResponse:
    """List what the draft changes with a box for each part; on POST, keep the decision.

    While the page is locked (under approval, archived, by somebody else) it can be read and not changed.
    """
    page = get_object_or_404(PositionPage.objects.select_related("position"), pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    lock = page.get_lock()
    locked = lock is not None and lock.for_user(request.user)
    if request.method == "POST":
        if locked:
            raise PermissionDenied
        draft = marking.save(
            page,
            material=request.POST.getlist("material"),
            reasons={
                name.removeprefix("reason-"): value
                for name, value in request.POST.items()
                if name.startswith("reason-")
            },
            note=request.POST.get("note", ""),
            by=request.user,
        )
        messages.success(request, _said(draft, page))
        return redirect("wagtailadmin_pages:edit", page.pk)
    draft = marking.draft_of(page)
    old = body_of(draft.against) if draft.against else None
    shown = _by_key(differences(old, draft.body)) if old is not None else {}
    rows = [
        {
            "decision": decision,
            "label": label_of(decision.part.key, draft.body, old),
            "kind": _kind_of(decision),
            "differences": shown.get(decision.part.key, []),
        }
        for decision in draft.decisions
    ]
    context = {
        "page": page,
        "draft": draft,
        "rows": rows,
        "first": draft.against is None,
        "locked": locked,
        "holders": holders_of(page),
        "longest_reason": marking.LONGEST_REASON,
        "longest_note": marking.LONGEST_NOTE,
    }
    return render(request, "positions/signoff/admin/marks.html", context)


def holders_of(page: PositionPage) -> list[User]:
    """Return whom a publication today would reach. One query."""
    holdings = Holding.objects.on().filter(position=page.position_id, person__is_active=True)
    return [holding.person for holding in holdings.select_related("person")]


def told_after_publication(page: PositionPage) -> str:
    """Return who will be asked about the edition just made, for the person who published it; empty when none was."""
    edition = newest(Edition.Kind.POSITION, page.code)
    if edition is None or edition.published_at < (page.last_published_at or edition.published_at):
        return ""
    kept = EditionMarks.objects.filter(edition=edition).first()
    day = max(timezone.localdate(), edition.effective_from)
    count = Holding.objects.on(day).filter(position=page.position_id, person__is_active=True).count()
    if kept is None or not count:
        return ""
    if not kept.material:
        return _("Nothing in it is to be signed anew; holders who have signed are informed.")
    return ngettext("%(count)s holder is asked to sign.", "%(count)s holders are asked to sign.", count) % {
        "count": count
    }


def _said(draft: Draft, page: PositionPage) -> str:
    if draft.material:
        return _("Saved. When the draft is published, holders are asked to sign.")
    return _("Saved. When the draft is published, holders are informed and need not sign.")


def _by_key(found: list[Difference]) -> dict[str, list[Difference]]:
    shown: dict[str, list[Difference]] = {}
    for one in found:
        shown.setdefault(materiality.key_of(one.path), []).append(one)
    return shown


def _kind_of(decision: Decision) -> str:
    return _("Duty") if decision.part.key.startswith("duties.") else _("Part")
