"""What the first page of the Wagtail admin shows those who keep the descriptions: drafts and imports that wait."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access.home_panels import Link, LinksPanel, Waiting
from backoffice.access.roles import roles_on
from backoffice.positions import rules, tree
from backoffice.positions.models import ApprovalStep, ImportedText, PositionPage
from backoffice.positions.signoff.queries import overdue_count
from backoffice.positions.signoff.rules import Eyes

SHOWN = 8


def panel(request: HttpRequest) -> LinksPanel | None:
    """Return the panel, or None for those who neither write nor import descriptions."""
    index = tree.index_page()
    writes = bool(index.permissions_for_user(request.user).can_add_subpage())
    imports = rules.may_import(roles_on(request))
    links = []
    if writes:
        links += [
            Link(
                reverse("wagtailadmin_explore", args=[index.pk]), "clipboard-list", _("Position descriptions")
            ),
            Link(
                reverse("wagtailadmin_pages:add", args=["positions", "positionpage", index.pk]),
                "plus",
                _("New description"),
            ),
        ]
    if rules.may_keep_sign_offs(roles_on(request)):
        links.append(Link(reverse("positions:sign-off-report"), "edit", _sign_offs(request)))
        links.append(Link(f"{reverse('positions:approvals')}?scope=all", "check", _("Approvals")))
    if imports:
        links.append(Link(reverse("positions_import"), "upload", _("Import descriptions")))
    if not links:
        return None
    return LinksPanel(
        gettext_lazy("Position descriptions"),
        links,
        [*_imports(), *_drafts()] if writes else None,
        waiting_heading=gettext_lazy("Not finished yet"),
        nothing=gettext_lazy("Every description is published as it stands."),
    )


def _sign_offs(request: HttpRequest) -> str:
    late = overdue_count(Eyes(request.user, roles_on(request)))
    return _("Sign-offs (%(count)s overdue)") % {"count": late} if late else _("Sign-offs")


def _imports() -> Iterator[Waiting]:
    for imported in ImportedText.objects.filter(confirmed_at=None).defer("data")[:SHOWN]:
        yield Waiting(
            reverse("positions_import_review", args=[imported.uuid]),
            imported.filename,
            _("imported, to be reviewed"),
            imported.uploaded_at,
        )


def _drafts() -> Iterator[Waiting]:
    pages = PositionPage.objects.filter(has_unpublished_changes=True).exclude(locked=True)
    waits = ApprovalStep.objects.filter(page=OuterRef("pk"), verdict=ApprovalStep.Verdict.WAITING)
    for page in pages.annotate(waits=Exists(waits)).order_by("-latest_revision_created_at")[:SHOWN]:
        yield Waiting(
            reverse("wagtailadmin_pages:edit", args=[page.pk]),
            page.get_admin_display_title(),
            _("waits for approval") if page.waits else _("draft with changes that are not published"),
            page.latest_revision_created_at,
        )
