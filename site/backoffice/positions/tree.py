"""Where position descriptions hang in Wagtail's tree. Who may edit there stands in ``backoffice.access.groups``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import router
from wagtail.coreutils import get_supported_content_language_variant
from wagtail.models import Locale, Page

from backoffice.positions.models import PositionIndexPage

SLUG = "positions"
TITLE = "岗位说明书"
WELCOME = "Welcome to your new Wagtail site!"


def index_page() -> PositionIndexPage:
    """Return the page under which all descriptions hang; made where it is missing."""
    page = PositionIndexPage.objects.order_by("pk").first()
    if page is not None:
        return page
    Locale.objects.get_or_create(language_code=get_supported_content_language_variant(settings.LANGUAGE_CODE))
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    page = PositionIndexPage(title=TITLE, slug=SLUG)
    root.add_child(instance=page)
    return page


def after_migrate(using: str = "default", **kwargs: Any) -> None:
    """Make the index page after migrating (and after a test emptied the tables)."""
    if router.allow_migrate_model(using, PositionIndexPage):
        index_page()
        remove_welcome()


def remove_welcome() -> None:
    """Remove the page Wagtail greets a new installation with, and the web site it stands for: nothing here is public,
    and the root of all addresses leads staff to their start. A page that somebody made something of stays.
    """
    for page in Page.objects.filter(depth=2, slug="home", title=WELCOME, numchild=0):
        if page.specific_class in (Page, None) and not page.revisions.exists():
            page.delete()
