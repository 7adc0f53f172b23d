"""The words of the chart: what a card, a line of the outline and a printed page say of a post."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice.positions.chart.structure import Holder, Post, StandIn
from foundation.organisation.models import Holding


def holder(one: Holder) -> str:
    """Return a name, with what is special about the holding in brackets."""
    marks = []
    if one.kind != Holding.Kind.REGULAR:
        marks.append(str(Holding.Kind(one.kind).label))
    if not one.active:
        marks.append(_("account switched off"))
    if not marks:
        return one.name
    return _("%(name)s (%(marks)s)") % {
        "name": one.name,
        "marks": pgettext("between words", ", ").join(marks),
    }


def deputising(one: Holder) -> list[str]:
    """Return who acts for a holder, and for whom the holder acts."""
    said = []
    if one.deputies:
        said.append(_("deputy: %(names)s") % {"names": _names(one.deputies)})
    if one.deputises_for:
        said.append(_("deputises for %(names)s") % {"names": _names(one.deputises_for)})
    return said


def _names(people: Iterable[StandIn]) -> str:
    named = [
        _("%(name)s (some workflows)") % {"name": one.name} if one.limited else one.name for one in people
    ]
    return pgettext("between words", ", ").join(named)


def vacancy(post: Post) -> str:
    """Return how many are missing; empty when nobody is."""
    if not post.vacancies:
        return ""
    if post.headcount == 1:
        return _("Vacant")
    return ngettext(
        "%(number)s vacancy of %(headcount)s", "%(number)s vacancies of %(headcount)s", post.vacancies
    ) % {"number": post.vacancies, "headcount": post.headcount}


def surplus(post: Post) -> str:
    """Return how many are too many; empty when nobody is."""
    if not post.surplus:
        return ""
    return _("%(number)s above headcount %(headcount)s") % {
        "number": post.surplus,
        "headcount": post.headcount,
    }


def whole(post: Post) -> str:
    """Return everything about a post in one line."""
    holders = [pgettext("between words", ", ").join([holder(one), *deputising(one)]) for one in post.holders]
    return " · ".join(
        part for part in (post.title, post.unit.name, *holders, vacancy(post), surplus(post)) if part
    )
