"""HR's screen in the Wagtail admin: what is submitted, to whom, with a note."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages as admin_messages

from backoffice.positions.approval import services
from backoffice.positions.approval.approvers import asked_at
from backoffice.positions.approval.exceptions import ApprovalRefused
from backoffice.positions.approval.presentation import standing_of, would_ask
from backoffice.positions.approval.signatures import proposed
from backoffice.positions.comparison import differences, grouped
from backoffice.positions.models import PositionPage
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force, newest

LONGEST_NOTE = 4000


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show what would be submitted and who would be asked; on POST, submit it."""
    page = get_object_or_404(PositionPage.objects.select_related("position__department"), pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    note = request.POST.get("note", "").replace("\0", "")[:LONGEST_NOTE]
    if request.method == "POST":
        try:
            step = services.submit(page, by=request.user, note=note)
        except ApprovalRefused as refused:
            messages.error(request, str(refused))
        except ValidationError as refused:
            messages.error(
                request,
                _("It cannot be submitted as it stands: %(why)s") % {"why": " ".join(refused.messages)},
            )
            return redirect("wagtailadmin_pages:edit", page.pk)
        else:
            button = admin_messages.button(
                reverse("positions:approval", args=[step.uuid]), _("Show the approval")
            )
            names = asked_at(step).names or _("nobody at present")
            admin_messages.success(
                request,
                _("“%(title)s” is submitted. It waits for: %(names)s.")
                % {"title": page.title, "names": names},
                buttons=[button],
            )
        return redirect("wagtailadmin_pages:edit", page.pk)
    standing = standing_of(page, request.user)
    if standing.state in ("ungoverned", "waiting", "changed") or page.is_archived:
        return redirect("wagtailadmin_pages:edit", page.pk)
    draft = page.get_latest_revision_as_object()
    edition = in_force(Edition.Kind.POSITION, page.code) or newest(Edition.Kind.POSITION, page.code)
    before = body_of(edition) if edition is not None else None
    found = differences(before, proposed(draft, before)) if before is not None else []
    context = {
        "page": page,
        "draft": draft,
        "standing": standing,
        "would_ask": list(would_ask(page, request.user)),
        "edition": edition,
        "groups": grouped(found),
        "count": len(found),
        "effective": draft.effective_on(timezone.localdate()),
        "longest": LONGEST_NOTE,
    }
    return render(request, "positions/admin/submit.html", context)
