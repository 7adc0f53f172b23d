"""The factories make rows that the rest of the tests can rely on."""

import pytest

from foundation.organisation.models import RoleBinding
from tests.factories.editions import make_edition
from tests.factories.organisation import make_user_with_roles

pytestmark = pytest.mark.django_db


def test_a_person_with_roles_is_in_a_group_bound_to_each():
    person = make_user_with_roles("hr", "auditor")
    keys = RoleBinding.objects.filter(group__user=person).values_list("role__key", flat=True)
    assert sorted(keys) == ["auditor", "hr"]


def test_editions_of_one_key_are_numbered_in_order():
    numbers = [make_edition(key="leave", body={"n": n}).number for n in range(3)]
    assert numbers == [1, 2, 3]
