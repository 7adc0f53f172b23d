"""Who may know of one case: for choosing a colleague on its pages. Nothing here writes.

``rules.may_see`` decides about one person; this lists those it would say yes to, as far as roles name people.
"""

from __future__ import annotations

from foundation.organisation.models import User
from foundation.organisation.resolution import Resolver
from workflows import rules
from workflows.definitions import definition_of
from workflows.models import Case, Concern


def people_who_see(case: Case) -> list[User]:
    """Return who may see the case, by name: holders of ``access.sees``, and those its approvals concern."""
    resolver, context = Resolver(workflow=case.workflow), rules.context_of(case)
    found: dict[int, User] = {}
    for role in definition_of(case.edition).access.sees:
        found.update({person.pk: person for person in resolver.resolve(role, context).people})
    concerned = Concern.objects.filter(case=case).exclude(person__in=found).values("person")
    found.update({person.pk: person for person in User.objects.filter(pk__in=concerned)})
    return sorted((one for one in found.values() if one.is_active), key=lambda one: (str(one), one.pk))
