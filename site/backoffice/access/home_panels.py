"""What the first page of the Wagtail admin offers a person: where to go, and what waits there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from backoffice.access.gate import may_open


@dataclass(frozen=True)
class Link:
    """A way to somewhere."""

    url: str
    icon: str
    label: str | Promise


@dataclass(frozen=True)
class Waiting:
    """One thing somebody began and has not finished."""

    url: str
    title: str
    note: str
    at: Any


class LinksPanel(Component):
    """A heading, links, and a list of what waits."""

    name = "remit-links"
    template_name = "access/admin/home_panel.html"

    def __init__(
        self,
        heading: str | Promise,
        links: Sequence[Link],
        waiting: Iterable[Waiting] | None = None,
        *,
        waiting_heading: str | Promise = "",
        nothing: str | Promise = "",
        order: int = 60,
    ) -> None:
        self.heading, self.links, self.waiting = heading, links, waiting
        self.waiting_heading, self.nothing, self.order = waiting_heading, nothing, order

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Return what the template names."""
        return {
            "heading": self.heading,
            "links": self.links,
            "waiting": None if self.waiting is None else list(self.waiting),
            "waiting_heading": self.waiting_heading,
            "nothing": self.nothing,
        }


# Who keeps people and their groups starts from here; each link only where the table lets the person through.
PEOPLE = (
    ("wagtailusers_users:index", "user", _("People who can sign in")),
    ("wagtailusers_users:add", "plus", _("Add a person")),
    ("wagtailusers_groups:index", "group", _("Groups of people")),
)


def people_panel(request: HttpRequest) -> LinksPanel | None:
    """Return the panel of accounts, or None for those who may open none of it."""
    links = [Link(reverse(route), icon, label) for route, icon, label in PEOPLE if may_open(request, route)]
    return LinksPanel(_("Accounts"), links, order=70) if links else None
