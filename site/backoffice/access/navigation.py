"""The rail: the places of the staff side, each shown only to those who may open it.

A screen app tells how much waits for a person with ``register_count`` in its ``AppConfig.ready``; the
callable runs only when the place is shown, once per page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.access.gate import address, may_open
from foundation.notifying.queries import MOST_COUNTED, unread_count

Count = Callable[[Any], int]
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True)
class Place:
    """A place of the rail. ``current``: namespaced routes beginning so belong to it."""

    key: str
    route: str
    label: str | Promise
    icon: str
    shortcut: str
    current: tuple[str, ...]
    desk_only: bool = False


# The order is that of the rail; the first one a person may open is their home.
PLACES = (
    Place("inbox", "casework:inbox", _("Inbox"), "inbox", "i", ("casework:inbox",)),
    Place(
        "new",
        "intake:catalogue",
        _("New request"),
        "file-plus",
        "n",
        ("intake:catalogue", "intake:form", "intake:draft", "intake:link"),
    ),
    Place("mine", "intake:mine", _("My requests"), "clipboard-list", "m", ("intake:",)),
    Place(
        "registers",
        "registers:list",
        pgettext_lazy("place", "Registers"),
        "table-2",
        "r",
        ("registers:",),
    ),
    Place("cases", "casework:cases", pgettext_lazy("place", "Cases"), "folder-open", "c", ("casework:",)),
    Place(
        "reports",
        "reports:list",
        pgettext_lazy("place", "Reports"),
        "monitor",
        "o",
        ("reports:",),
        desk_only=True,
    ),
    Place(
        "positions",
        "positions:list",
        pgettext_lazy("place", "Positions"),
        "contact",
        "p",
        ("positions:", "booklets:"),
    ),
    Place(
        "clocks",
        "casework:clocks",
        pgettext_lazy("place", "Time limits"),
        "clock",
        "l",
        ("casework:clocks", "casework:what-if"),
        desk_only=True,
    ),
    Place("audit", "auditing:search", pgettext_lazy("place", "Audit"), "shield-check", "a", ("auditing:",)),
    Place(
        "retention",
        "intake:retention",
        pgettext_lazy("place", "Retention"),
        "archive",
        "t",
        ("intake:retention", "intake:hold"),
        desk_only=True,
    ),
    Place("admin", "wagtailadmin_home", _("Administration"), "settings", "s", (), desk_only=True),
)

_counts: dict[str, list[Count]] = {}


def register_count(place: str, count: Count) -> None:
    """Add ``count(user)`` to what is shown beside ``place`` (a key of PLACES) where it is above zero.

    Raises KeyError for a place that does not exist.
    """
    if place not in {known.key for known in PLACES}:
        raise KeyError(place)
    counts = _counts.setdefault(place, [])
    if count not in counts:
        counts.append(count)


class Item:
    """A place as the rail shows it to one person."""

    def __init__(self, place: Place, request: HttpRequest, url: str, *, current: bool) -> None:
        self.key, self.label, self.icon = place.key, place.label, place.icon
        self.shortcut, self.desk_only, self.url, self.current = place.shortcut, place.desk_only, url, current
        self._user = request.user

    @cached_property
    def count(self) -> int:
        """How much waits there for the person."""
        return sum(count(self._user) for count in _counts.get(self.key, ()))


def items(request: HttpRequest) -> list[Item]:
    """Return the places the person may open, with the one they are at marked."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    match = request.resolver_match
    here = ":".join([*match.namespaces, match.url_name or ""]) if match else ""
    open_places = [
        (place, url) for place in PLACES if (url := address(place.route)) and may_open(request, place.route)
    ]
    # The most particular prefix wins: "New request" and "My requests" share an app.
    best = max(
        (prefix for place, _url in open_places for prefix in place.current if here.startswith(prefix)),
        key=len,
        default="",
    )
    return [
        Item(place, request, url, current=bool(best) and best in place.current) for place, url in open_places
    ]


@dataclass(frozen=True)
class Bell:
    """The bell of the frame: where it leads, how much is unread, and whether the person is there."""

    url: str
    unread: int
    current: bool

    @property
    def word(self) -> str:
        """Return the count as the bell shows it."""
        return f"{self.unread - 1}+" if self.unread >= MOST_COUNTED else str(self.unread)


def notices(request: HttpRequest) -> Bell | None:
    """Return the bell of whoever is signed in. One query."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return None
    match = request.resolver_match
    here = bool(match) and "notices" in match.namespaces
    return Bell(address("notices:mine"), unread_count(request.user), current=here)


def home_of(request: HttpRequest) -> str:
    """Return the address of the first place the person may open; empty when there is none."""
    return next((item.url for item in items(request)), "")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``nav_items``, ``notices``, ``admin_url``, ``theme``."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "nav_items": SimpleLazyObject(lambda: items(request)),
        "admin_url": SimpleLazyObject(
            lambda: address("wagtailadmin_home") if may_open(request, "wagtailadmin_home") else ""
        ),
        "notices": SimpleLazyObject(lambda: notices(request)),
        "theme": theme if theme in THEMES else "auto",
    }
