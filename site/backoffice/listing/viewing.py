"""Saved views of a list as its page shows them, and keeping and throwing them away for any list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.access.roles import roles_on
from forms import saved_views
from forms.models import SavedView
from foundation.organisation.models import Role, User

ALL = "all"
"""Names the list itself among its views."""


@dataclass(frozen=True)
class Tab:
    """A saved view as a tab."""

    name: str
    url: str
    current: bool
    shared: str
    """With whom, or by whom, it is shared; empty: one's own alone."""


def tabs_of(views: Sequence[SavedView], current: str, user: User) -> list[Tab]:
    """Return the views as tabs; ``current`` is the uuid of the one that is open. At most one query."""
    names, found = role_names({view.role for view in views if view.role}), []
    for view in views:
        shared = names.get(view.role, view.role) if view.role else ""
        if shared and view.owner_id != user.pk:
            shared = _("shared by %(person)s") % {"person": view.owner}
        found.append(Tab(view.name, f"?view={view.uuid}", current == str(view.uuid), shared))
    return found


def role_names(keys: Collection[str]) -> dict[str, str]:
    """Return the names of roles by their keys, in the language in use. One query; none without keys."""
    if not keys:
        return {}
    english = (get_language() or "").startswith("en")
    return {
        role.key: (role.name_en if english and role.name_en else role.name)
        for role in Role.objects.filter(key__in=keys)
    }


def keep_posted(request: HttpRequest, place: str, query: str, shared_with: Collection[str]) -> SavedView:
    """Keep what a list shows as the posted form says: its name, with whom, whether the list opens with it.

    ``query``: what the list shows, as its address writes it. Raises ``forms.saved_views.ViewRefused``.
    """
    return saved_views.keep_view(
        place=place,
        name=request.POST.get("name", "").replace("\x00", ""),
        query=query,
        by=request.user,
        shared_with=shared_with,
        role=request.POST.get("role", ""),
        first="first" in request.POST,
    )


def views_on(request: HttpRequest, place: str) -> list[SavedView]:
    """Return the views of a list the person has. One query."""
    return list(saved_views.views_for(request.user, place, roles_on(request)))


def named_in(request: HttpRequest, kept: Sequence[SavedView]) -> SavedView | None:
    """Return the view the address names."""
    name = request.GET.get("view", "")
    return next((one for one in kept if str(one.uuid) == name), None)
