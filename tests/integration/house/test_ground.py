"""The ground every test stands on: what migrations wrote is still there after a test that emptied the tables."""

import pytest
from django.contrib.auth.models import Group

from backoffice.positions.tree import index_page
from foundation.worktime.models import Calendar
from tests.factories.organisation import make_user


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_each_test_begins_with_what_migrations_wrote(time: int) -> None:
    assert index_page().get_parent().is_root()
    assert set(Group.objects.values_list("name", flat=True)) >= {"HR", "Administrators", "Auditors"}
    assert not Calendar.objects.exists()
    make_user("only-here")
