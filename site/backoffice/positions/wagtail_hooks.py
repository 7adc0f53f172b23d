"""What HR sees in the Wagtail admin: menu, archive in the menus, refusals that say what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page

from backoffice.access.roles import roles_on
from backoffice.positions import desk, guards, home, import_views, publication, rules, tree
from backoffice.positions.approval import desk as approval_desk
from backoffice.positions.approval.door import is_governed
from backoffice.positions.archiving import ARCHIVE_ACTION, RESTORE_ACTION
from backoffice.positions.imports import IMPORT_ACTION
from backoffice.positions.library import admin as library
from backoffice.positions.models import PositionIndexPage, PositionPage
from backoffice.positions.refusals import refuse_deletion, refuse_publishing
from backoffice.positions.signoff import desk as sign_off_desk
from backoffice.positions.staffing import urls as staffing_urls
from backoffice.positions.viewsets import position_viewset
from foundation.organisation import resolution

library.register()


@hooks.register("register_admin_viewset")
def viewset() -> Any:
    """Give descriptions their own views of Wagtail's page screens."""
    return position_viewset


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    """Return the addresses of HR's own screens."""
    return [
        *staffing_urls.urlpatterns,
        path("positions/import/", import_views.upload, name="positions_import"),
        path("positions/import/<uuid:uuid>/", import_views.review, name="positions_import_review"),
        path("positions/import/<uuid:uuid>/discard/", import_views.discard, name="positions_import_discard"),
        path("positions/<int:page_id>/archive/", desk.archive, name="positions_archive"),
        path("positions/<int:page_id>/sign-off/", sign_off_desk.marks, name="positions_sign_off"),
        path("positions/<int:page_id>/restore/", desk.restore, name="positions_restore"),
        path("positions/<int:page_id>/submit/", approval_desk.submit, name="positions_submit"),
        path(
            "positions/<int:page_id>/draft-from/<int:number>/", desk.draft_from, name="positions_draft_from"
        ),
    ]


@hooks.register("insert_global_admin_css")
def stylesheet() -> SafeString:
    """Return the style sheet of HR's own screens."""
    return format_html('<link rel="stylesheet" href="{}">', static("positions/admin.css"))


@hooks.register("insert_editor_js")
def saving_script() -> SafeString:
    """Return the script that lets an editor save once at a time."""
    return format_html('<script src="{}" defer></script>', static("positions/saving.js"))


# --- menu ---------------------------------------------------------------------------------------------------


class DescriptionsMenuItem(MenuItem):
    """Leads to the descriptions in the explorer."""

    @property
    def url(self) -> str:
        """Return the address of the index page, which exists only after migrating."""
        return reverse("wagtailadmin_explore", args=[tree.index_page().pk])

    @url.setter
    def url(self, value: str) -> None:
        """Ignore what the constructor sets."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to whoever edits pages."""
        return bool(tree.index_page().permissions_for_user(request.user).can_add_subpage())


class ImportMenuItem(MenuItem):
    """Leads to the import."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may import."""
        return rules.may_import(roles_on(request))


@hooks.register("register_admin_menu_item")
def descriptions_item() -> MenuItem:
    """Add the descriptions to the menu."""
    return DescriptionsMenuItem(
        gettext_lazy("Position descriptions"), "", name="descriptions", icon_name="clipboard-list", order=110
    )


@hooks.register("register_admin_menu_item")
def import_item() -> MenuItem:
    """Add the import to the menu."""
    return ImportMenuItem(
        gettext_lazy("Import descriptions"),
        reverse("positions_import"),
        name="import-descriptions",
        icon_name="upload",
        order=120,
    )


@hooks.register("register_admin_menu_item")
def staffing_item() -> MenuItem:
    """Add holders and vacancies to the menu; ``backoffice.access`` shows it to whoever may open it."""
    return MenuItem(
        gettext_lazy("Holders and vacancies"),
        reverse("positions_staffing"),
        name="staffing",
        icon_name="group",
        order=115,
    )


@hooks.register("construct_homepage_panels")
def first_page(request: HttpRequest, panels: list[Component]) -> None:
    """Show what waits for whoever keeps the descriptions."""
    if (panel := home.panel(request)) is not None:
        panels.append(panel)


# --- archive and restore ------------------------------------------------------------------------------------


class ArchiveMenuItem(ActionMenuItem):
    """Archive, in the action menu of the editor."""

    name = "action-archive"
    label = gettext_lazy("Archive")
    icon_name = "folder-inverse"

    def is_shown(self, context: dict[str, Any]) -> bool:
        """Show it for descriptions that were published and are not archived."""
        page = context.get("page")
        return (
            isinstance(page, PositionPage)
            and context["view"] == "edit"
            and page.has_editions
            and not page.is_archived
            and not context["locked_for_user"]
            and page.permissions_for_user(context["request"].user).can_archive()
        )

    def get_url(self, context: dict[str, Any]) -> str:
        """Return the address that explains and asks."""
        return reverse("positions_archive", args=[context["page"].pk])


@hooks.register("register_page_action_menu_item")
def archive_item() -> ActionMenuItem:
    """Add Archive to the action menu."""
    return ArchiveMenuItem(order=25)


class SignOffMenuItem(ActionMenuItem):
    """What holders are asked to sign, in the action menu of the editor."""

    name = "action-sign-off"
    label = gettext_lazy("What holders are asked to sign")
    icon_name = "edit"

    def is_shown(self, context: dict[str, Any]) -> bool:
        """Show it for drafts that belong to a post and are not archived."""
        page = context.get("page")
        return (
            isinstance(page, PositionPage)
            and context["view"] == "edit"
            and page.position_id is not None
            and not page.is_archived
        )

    def get_url(self, context: dict[str, Any]) -> str:
        """Return the address of the list of changes."""
        return reverse("positions_sign_off", args=[context["page"].pk])


@hooks.register("register_page_action_menu_item")
def sign_off_item() -> ActionMenuItem:
    """Add it to the action menu."""
    return SignOffMenuItem(order=15)


class SubmitMenuItem(ActionMenuItem):
    """Submit with a note, in the action menu of the editor."""

    name = "action-submit-with-note"
    label = gettext_lazy("Submit with a note…")
    icon_name = "comment"

    def is_shown(self, context: dict[str, Any]) -> bool:
        """Show it for descriptions that need an approval and do not wait for it."""
        page = context.get("page")
        return (
            isinstance(page, PositionPage)
            and context["view"] == "edit"
            and not page.is_archived
            and not context["locked_for_user"]
            and page.permissions_for_user(context["request"].user).can_submit_for_moderation()
        )

    def get_url(self, context: dict[str, Any]) -> str:
        """Return the address that shows what is submitted, to whom, and asks for the note."""
        return reverse("positions_submit", args=[context["page"].pk])


@hooks.register("register_page_action_menu_item")
def submit_item() -> ActionMenuItem:
    """Add Submit with a note to the action menu."""
    return SubmitMenuItem(order=61)


@hooks.register("construct_page_action_menu")
def no_publishing_where_approval_governs(
    items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]
) -> None:
    """Do not offer to publish what only an approval publishes; a new page does not know its parent's rule."""
    page = context.get("page")
    above = page if page is not None and page.pk else context.get("parent_page") or tree.index_page()
    if above.get_workflow() is not None:
        items[:] = [item for item in items if item.name != "action-publish"]
    # The first one is the large button: of a text that is locked, that it is locked, not its withdrawal.
    items.sort(key=lambda item: item.name != "action-page-locked")


@hooks.register("register_page_header_buttons")
def header_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Offer Archive, and the reading page, beside the title; beside that of all descriptions, the booklet."""
    if isinstance(page, PositionIndexPage) and rules.may_make_booklets(resolution.roles_of(user)):
        yield Button(_("Booklet"), url=reverse("booklets:new"), icon_name="doc-full", priority=50)
    if (
        isinstance(page, PositionPage)
        and page.position_id is not None
        and not page.is_archived
        and page.permissions_for_user(user).can_edit()
    ):
        yield Button(
            _("What holders are asked to sign"),
            url=reverse("positions_sign_off", args=[page.pk]),
            icon_name="edit",
            priority=8,
        )
    if isinstance(page, PositionPage) and page.permissions_for_user(user).can_archive() and page.has_editions:
        yield Button(
            _("Read as staff do"),
            url=reverse("positions:detail", args=[page.code]),
            icon_name="view",
            priority=5,
        )
        if not page.is_archived:
            yield Button(
                _("Archive"),
                url=reverse("positions_archive", args=[page.pk]),
                icon_name="folder-inverse",
                priority=45,
            )
        else:
            yield Button(
                _("Restore"),
                url=reverse("positions_restore", args=[page.pk]),
                icon_name="folder-open-inverse",
                priority=45,
            )


@hooks.register("register_log_actions")
def log_actions(actions: LogActionRegistry) -> None:
    """Name our actions in Wagtail's history."""
    actions.register_action(ARCHIVE_ACTION, gettext_lazy("Archive"), gettext_lazy("Archived"))
    actions.register_action(
        RESTORE_ACTION, gettext_lazy("Restore from the archive"), gettext_lazy("Restored from the archive")
    )
    actions.register_action(
        IMPORT_ACTION, gettext_lazy("Import"), gettext_lazy("Draft made from an imported text")
    )


# --- what is refused, and what was done ---------------------------------------------------------------------


@hooks.register("before_delete_page", order=-10)
def never_delete_published(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to delete descriptions that have editions, alone or under a page above; offer to archive."""
    published = guards.published_under([page])
    return refuse_deletion(request, published) if published else None


@hooks.register("before_bulk_action")
def never_delete_published_in_bulk(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    """The same for several at once."""
    if action_type != "delete":
        return None
    published = guards.published_under([one for one in objects if isinstance(one, Page)])
    return refuse_deletion(request, published) if published else None


@hooks.register("before_bulk_action")
def no_publishing_in_bulk_where_approval_governs(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    """Refuse to publish several at once where each needs its approval, and name them."""
    if action_type != "publish":
        return None
    # Of what was ticked, Wagtail hands over only what the person may publish: nothing that is governed.
    ticked = [*objects, *action.get_actionable_objects()[1]["items_with_no_access"]]
    deep = action.cleaned_form.cleaned_data.get("include_descendants", False)
    drafts = PositionPage.objects.filter(has_unpublished_changes=True)
    pages = [
        page
        for one in ticked
        if isinstance(one, Page)
        for page in (drafts.descendant_of(one, inclusive=True) if deep else drafts.filter(pk=one.pk))
        if is_governed(page)
    ]
    return refuse_publishing(request, pages) if pages else None


@hooks.register("after_publish_page")
def say_which_edition(request: HttpRequest, page: Page) -> None:
    """Tell which edition the publication made, or that the text is the same as before."""
    if isinstance(page, PositionPage) and (sentence := publication.told_in_words(page)):
        messages.info(request, sentence)
        if asked := sign_off_desk.told_after_publication(page):
            messages.info(request, asked)
