"""HR's screens for descriptions inside the Wagtail admin: Wagtail's own views, each in one transaction, and
its listing.

Wagtail writes the page and its log entry one after the other; here both stand or fall together with the
edition, the history row and the event that the save writes.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views import View
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageStatusColumn, PageTitleColumn
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.delete import DeleteView
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.listing import ExplorableIndexView, PageFilterSet
from wagtail.admin.views.pages.move import MoveConfirmView
from wagtail.admin.viewsets.pages import PageViewSet

from backoffice.positions import guards, refusals
from backoffice.positions.models import PositionIndexPage, PositionPage
from foundation.editions.models import Edition


class PositionCreateView(CreateView):
    """Creating and publishing at once is one transaction."""

    def publish_action(self) -> Any:
        """Publish, or leave everything as it was."""
        with transaction.atomic():
            return super().publish_action()


class PositionEditView(EditView):
    """Publishing is one transaction."""

    def publish_action(self) -> Any:
        """Publish, or leave everything as it was."""
        with transaction.atomic():
            return super().publish_action()


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
        Column("department", label=_("Department"), accessor="position.department", width="16%"),
        Column("code", label=_("Code"), accessor="code", sort_key="position__code", width="14%"),
        Column(
            "edition", label=pgettext_lazy("column", "Newest edition"), accessor="edition_number", width="10%"
        ),
        DateColumn(
            "latest_revision_created_at",
            label=_("Last change"),
            sort_key="latest_revision_created_at",
            width="12%",
        ),
        PageStatusColumn("status", label=_("Status"), sort_key="live", width="12%"),
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
    delete_view_class = PositionDeleteView
    unpublish_view_class = PositionUnpublishView
    move_confirm_view_class = PositionMoveView
    index_view_class = PositionListing
    icon = "clipboard-list"


position_viewset = PositionViewSet("position_pages")
