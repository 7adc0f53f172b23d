"""Tells Wagtail's own apps to use our screens. Named in INSTALLED_APPS, so it may import no model."""

from wagtail.users.apps import WagtailUsersAppConfig


class PeopleConfig(WagtailUsersAppConfig):
    """Wagtail's users, with our forms: a Chinese name has no first and last half."""

    user_viewset = "backoffice.access.people.PersonViewSet"
