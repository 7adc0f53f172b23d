"""The page tree holds the descriptions and nothing public."""

from __future__ import annotations

import pytest
from django.urls import reverse
from wagtail.models import Page, Site

from backoffice.positions.tree import WELCOME, after_migrate, index_page
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db


def greeting(**more) -> Page:
    return Page.get_first_root_node().add_child(instance=Page(title=WELCOME, slug="home", **more))


def test_wagtails_greeting_is_gone_and_the_root_leads_to_the_start(client):
    assert list(Page.objects.filter(depth=2)) == [index_page().page_ptr]
    assert client.get("/")["Location"].startswith(reverse("access:sign-in"))
    client.force_login(make_user())
    assert client.get("/", follow=True).status_code == 200


def test_it_is_removed_with_its_site_from_an_installation_that_has_it():
    site = Site.objects.create(hostname="localhost", root_page=greeting(), is_default_site=True)
    after_migrate()
    assert not Page.objects.filter(slug="home").exists()
    assert not Site.objects.filter(pk=site.pk).exists()
    assert Page.fix_tree() is None
    assert not any(Page.find_problems())


def test_what_somebody_made_something_of_stays():
    page = greeting()
    page.save_revision()
    after_migrate()
    assert Page.objects.filter(pk=page.pk).exists()
