"""HR's screens for descriptions inside the Wagtail admin: Wagtail's own views, each in one transaction, and
its listing.

Wagtail writes the page and its log entry one after the other; here both stand or fall together with the
edition, the history row and the event that the save writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views import View
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageStatusColumn, PageTitleColumn
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.delete import DeleteView
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.listing import ExplorableIndexView, PageFilterSet
from wagtail.admin.views.pages.move import MoveConfirmView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.admin.viewsets.pages import PageViewSet

from backoffice.positions import guards, refusals
from backoffice.positions.approval.approvers import waiting_step
from backoffice.positions.approval.door import check_may_decide, is_governed, told_instead
from backoffice.positions.approval.exceptions import ApprovalRefused
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.presentation import would_ask
from backoffice.positions.approval.writing import is_as_submitted
from backoffice.positions.models import PositionIndexPage, PositionPage
from foundation.editions.models import Edition


class PositionCreateView(CreateView):
    """Creating and publishing (or submitting) at once is one transaction."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Create; where an approval governs, asking to publish saves a draft and says what to do."""
        if request.POST.get("action-publish") and is_governed(self.parent_page):
            _say_not_published(request)
            request.POST = _without_publishing(request.POST)
        return super().post(request, *args, **kwargs)

    def publish_action(self) -> Any:
        """Publish, or leave everything as it was."""
        with transaction.atomic():
            return super().publish_action()

    def submit_action(self) -> Any:
        """Submit, or leave everything as it was."""
        with transaction.atomic():
            return super().submit_action()


class PositionEditView(EditView):
    """Publishing, submitting and deciding are one transaction each; what is refused says why."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Save; where an approval governs, asking to publish saves the draft and says who may approve it."""
        if request.POST.get("action-publish") and is_governed(self.page):
            _say_not_published(request, self.page)
            request.POST = _without_publishing(request.POST)
        return super().post(request, *args, **kwargs)

    def publish_action(self) -> Any:
        """Publish, or leave everything as it was."""
        with transaction.atomic():
            return super().publish_action()

    def submit_action(self) -> Any:
        """Submit, or leave everything as it was."""
        return self._told(super().submit_action)

    def restart_workflow_action(self) -> Any:
        """Submit anew, or leave everything as it was."""
        return self._told(super().restart_workflow_action)

    def cancel_workflow_action(self) -> Any:
        """Withdraw, or leave everything as it was."""
        return self._told(super().cancel_workflow_action)

    def perform_workflow_action(self) -> Any:
        """Decide. Who changed the text in the same breath keeps the change, as a draft, and decides nothing."""
        if self.has_content_changes and self.workflow_action == "approve":
            with transaction.atomic():
                self.page = self.form.save(commit=not self.page.live)
                self.page.save_revision(user=self.request.user, log_action=True, clean=False)
            step = waiting_step(self.page)
            if step is not None and not is_as_submitted(step.page, step.text_sha256):
                messages.error(
                    self.request,
                    _(
                        "You changed the text, so it was not approved: your change is kept as a draft, and somebody "
                        "else has to approve it after it was submitted again."
                    ),
                )
                return redirect("wagtailadmin_pages:edit", self.page.pk)
            self.has_content_changes = False
        return self._told(super().perform_workflow_action)

    def _told(self, action: Callable[[], Any]) -> Any:
        """Do it in one transaction; say why where it is refused."""
        try:
            with transaction.atomic():
                return action()
        except ApprovalRefused as refused:
            messages.error(self.request, str(refused))
            return redirect("wagtailadmin_pages:edit", self.page.pk)


class PositionWorkflowActionView(WorkflowActionView):
    """Deciding from the dialogue of Wagtail's editor, in one transaction."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse with a sentence: Wagtail would say "no permission" and leave it at that."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except PermissionDenied:
            step = waiting_step(self.object)
            if step is not None:
                _say_why_not(request, step)
            return redirect(self.redirect_url)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Decide; a refusal is a message, and the page reloads."""
        try:
            with transaction.atomic():
                return super().post(request, *args, **kwargs)
        except ApprovalRefused as refused:
            messages.error(request, str(refused))
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return self.render_modal_json(request, {"step": "success", "redirect": self.redirect_url})
        return redirect(self.redirect_url)


def _say_why_not(request: HttpRequest, step: ApprovalStep) -> None:
    """Say why the person cannot decide, and who can."""
    try:
        check_may_decide(step, request.user, approves=True)
    except ApprovalRefused as refused:
        messages.error(request, str(refused))


def _say_not_published(request: HttpRequest, page: PositionPage | None = None) -> None:
    """Say that publishing takes an approval, and whose."""
    names = "、".join(who for _step, who in would_ask(page, request.user)) if page is not None else ""
    sentence = _(
        "Not published: this description needs an approval. The draft is saved; submit it for approval."
    )
    messages.warning(request, f"{sentence} {told_instead(names)}" if names else sentence)


def _without_publishing(data: QueryDict) -> QueryDict:
    data = data.copy()
    data.pop("action-publish", None)
    return data


class PositionDeleteView(DeleteView):
    """Deleting a description that was published leads to the explanation, not to a bare refusal."""

    def dispatch(self, request: HttpRequest, page_id: int, *args: Any, **kwargs: Any) -> Any:
        """Ask the guards first: to whom Wagtail says no, it does not say why."""
        page = get_object_or_404(PositionPage, pk=page_id)
        if published := guards.published_under([page]):
            return refusals.refuse_deletion(request, published)
        return super().dispatch(request, page_id, *args, **kwargs)


class PositionUnpublishView(View):
    """Unpublishing is archiving."""

    def dispatch(self, request: HttpRequest, page_id: int, *args: Any, **kwargs: Any) -> Any:
        """Lead to archiving, which says more and can be undone."""
        return redirect("positions_archive", page_id)


class PositionMoveView(MoveConfirmView):
    """Moving is one transaction."""

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """Move, or leave everything as it was."""
        with transaction.atomic():
            return super().post(*args, **kwargs)


class PositionListing(ExplorableIndexView):
    """The explorer below the index page: which post, which edition, since when."""

    base_columns = [
        BulkActionsColumn("bulk_actions"),
        PageTitleColumn(
            "title", label=pgettext_lazy("of a position", "Title"), sort_key="title", classname="title"
        ),
        Column("department", label=gettext_lazy("Department"), accessor="position.department", width="16%"),
        Column("code", label=gettext_lazy("Code"), accessor="code", sort_key="position__code", width="14%"),
        Column(
            "edition", label=pgettext_lazy("column", "Newest edition"), accessor="edition_number", width="10%"
        ),
        DateColumn(
            "latest_revision_created_at",
            label=gettext_lazy("Last change"),
            sort_key="latest_revision_created_at",
            width="12%",
        ),
        PageStatusColumn("status", label=gettext_lazy("Status"), sort_key="live", width="12%"),
    ]
    base_filterset_class = PageFilterSet

    def annotate_queryset(self, pages: QuerySet[PositionPage]) -> QuerySet[PositionPage]:
        """Fetch post, department and number of the newest edition with the pages.

        Joined tables get lost where Wagtail fetches the pages a second time as what they are; a prefetch does not.
        """
        newest = Edition.objects.filter(kind=Edition.Kind.POSITION, key=OuterRef("position__code")).order_by(
            "-number"
        )
        pages = pages.prefetch_related("position__department").annotate(
            edition_number=Subquery(newest.values("number")[:1])
        )
        return super().annotate_queryset(pages)


class PositionViewSet(PageViewSet):
    """Ties the views to the page type."""

    model = PositionPage
    parent_models = [PositionIndexPage]
    add_view_class = PositionCreateView
    edit_view_class = PositionEditView
    workflow_action_view_class = PositionWorkflowActionView
    delete_view_class = PositionDeleteView
    unpublish_view_class = PositionUnpublishView
    move_confirm_view_class = PositionMoveView
    index_view_class = PositionListing
    icon = "clipboard-list"


position_viewset = PositionViewSet("position_pages")
