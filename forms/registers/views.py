"""Saved views of registers: kept, shared, changed, thrown away. Views hold no data, so nothing is recorded."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.exceptions import FormError, NotFound
from forms.models import RegisterView
from forms.schema import FormDefinition
from foundation.organisation.models import User

MOST = 50
LONGEST_QUERY = 4000


class ViewRefused(FormError):
    """A view that cannot be kept like this; ``str()`` is a sentence for the person."""


def views_for(user: User, form_key: str, roles: Collection[str]) -> QuerySet[RegisterView]:
    """Return the views of a register somebody has: their own, and those shared with a role of theirs."""
    return (
        RegisterView.objects.filter(form_key=form_key)
        .filter(Q(owner=user) | Q(role__in=[role for role in roles if role]))
        .select_related("owner")
        .order_by("name", "pk")
    )


def first_view(views: Collection[RegisterView], user: User) -> RegisterView | None:
    """Return the view the register opens with: one's own choice before one that is shared."""
    chosen = [view for view in views if view.first]
    own = [view for view in chosen if view.owner_id == user.pk]
    return next(iter(own or chosen), None)


def keep_view(
    *,
    definition: FormDefinition,
    name: str,
    query: str,
    by: User,
    roles: Collection[str],
    role: str = "",
    first: bool = False,
) -> RegisterView:
    """Keep a view under a name; one's own view of that name is replaced.

    Who may: whoever reads the register (asked by the caller). ``role``: one of the register's readers that the
    person has too. Of the views that open the register each person has one, and each role one. Raises
    ViewRefused.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise ViewRefused(_("Give the view a name."))
    readers = definition.registered.readers if definition.registered else []
    if role and (role not in readers or role not in roles):
        raise ViewRefused(
            _("Share the view with a role that reads this register and that you have yourself.")
        )
    if len(query) > LONGEST_QUERY:
        raise ViewRefused(_("This view has too many filters to be kept. Take some out."))
    with transaction.atomic():
        own = RegisterView.objects.select_for_update().filter(form_key=definition.key, owner=by)
        if own.count() >= MOST and not own.filter(name=name).exists():
            raise ViewRefused(
                _("You have %(count)d views of this register. Throw one away first.") % {"count": MOST}
            )
        if first and role:
            RegisterView.objects.filter(form_key=definition.key, role=role, owner=by).update(first=False)
        elif first:
            own.filter(role="").update(first=False)
        view, _made = RegisterView.objects.update_or_create(
            form_key=definition.key,
            owner=by,
            name=name,
            defaults={"role": role, "query": query, "first": first, "changed_at": timezone.now()},
        )
    return view


def discard_view(*, uuid: uuids.UUID, form_key: str, by: User) -> None:
    """Throw a view away. Only its owner may; raises NotFound for anybody else's."""
    gone, _kinds = RegisterView.objects.filter(uuid=uuid, form_key=form_key, owner=by).delete()
    if not gone:
        raise NotFound
