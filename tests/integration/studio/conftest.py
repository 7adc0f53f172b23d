"""Somebody who builds forms and workflows, and their browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.access import groups
from foundation.organisation.models import User
from tests.factories.organisation import make_user_with_roles


@pytest.fixture
def builder() -> User:

    groups.ensure()
    person = make_user_with_roles("form_builder")
    person.groups.add(Group.objects.get(name=groups.FORM_BUILDERS))
    return person


@pytest.fixture
def browser(builder: User) -> Client:
    client = Client()
    client.force_login(builder)
    client.cookies["django_language"] = "en"
    return client
