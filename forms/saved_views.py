"""Saved views of lists: kept, shared, changed, thrown away. Views hold no data, so nothing is recorded."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.exceptions import FormError, NotFound
from forms.models import SavedView
from foundation.organisation.models import User

MOST = 50
LONGEST_QUERY = 4000


class ViewRefused(FormError):
    """A view that cannot be kept like this; ``str()`` is a sentence for the person."""


def views_for(user: User, place: str, roles: Collection[str]) -> QuerySet[SavedView]:
    """Return the views of a list somebody has: their own, and those shared with a role of theirs."""
    return (
        SavedView.objects.filter(place=place)
        .filter(Q(owner=user) | Q(role__in=[role for role in roles if role]))
        .select_related("owner")
        .order_by("name", "pk")
    )


def first_view(views: Collection[SavedView], user: User) -> SavedView | None:
    """Return the view the list opens with: one's own choice before one that is shared."""
    chosen = [view for view in views if view.first]
    own = [view for view in chosen if view.owner_id == user.pk]
    return next(iter(own or chosen), None)


def keep_view(
    *,
    place: str,
    name: str,
    query: str,
    by: User,
    shared_with: Collection[str],
    role: str = "",
    first: bool = False,
) -> SavedView:
    """Keep a view under a name; one's own view of that name is replaced.

    Who may: whoever reads the list (asked by the caller). ``role``: one of those it may be ``shared_with``. Of the
    views that open the list each person has one, and each role one. Raises ViewRefused.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise ViewRefused(_("Give the view a name."))
    if role and role not in shared_with:
        raise ViewRefused(_("Share the view with a role that reads this list and that you have yourself."))
    if len(query) > LONGEST_QUERY:
        raise ViewRefused(_("This view has too many filters to be kept. Take some out."))
    with transaction.atomic():
        own = SavedView.objects.select_for_update().filter(place=place, owner=by)
        if own.count() >= MOST and not own.filter(name=name).exists():
            raise ViewRefused(
                _("You have %(count)d views of this list. Throw one away first.") % {"count": MOST}
            )
        if first and role:
            SavedView.objects.filter(place=place, role=role, owner=by).update(first=False)
        elif first:
            own.filter(role="").update(first=False)
        view, _made = SavedView.objects.update_or_create(
            place=place,
            owner=by,
            name=name,
            defaults={"role": role, "query": query, "first": first, "changed_at": timezone.now()},
        )
    return view


def discard_view(*, uuid: uuids.UUID, place: str, by: User) -> None:
    """Throw a view away. Only its owner may; raises NotFound for anybody else's."""
    gone, _kinds = SavedView.objects.filter(uuid=uuid, place=place, owner=by).delete()
    if not gone:
        raise NotFound
