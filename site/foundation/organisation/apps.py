"""Registers the app, and keeps people from being deleted."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class OrganisationConfig(AppConfig):
    name = "foundation.organisation"
    label = "organisation"
    verbose_name = gettext_lazy("Organisation")

    def ready(self) -> None:
        """Connect the refusal."""
        pre_delete.connect(refuse_deletion, sender="organisation.User", dispatch_uid="people_stay")


def refuse_deletion(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Refuse to delete a person, by row or by queryset: the record names them for ever.

    Raises:
        ProtectedError: always; switch ``is_active`` off instead.
    """
    raise ProtectedError(_("People are not deleted. Switch the account off instead."), {instance})
