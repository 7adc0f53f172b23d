"""Ways of looking at a list that people keep. Written by ``forms.saved_views`` only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A way of looking at a list, kept under a name: filters, words, order and columns, as an address writes them.

    ``place``: which list, the key of the form for its register, or a name no form has (``@cases``). Whoever it is
    shared with sees what they may see: it holds no data, and what is masked for a person falls out of it.
    """

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    place = models.CharField(_("list"), max_length=80)
    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("owner")
    )
    role = models.CharField(_("shared with role"), max_length=80, blank=True)
    query = models.TextField(_("what it shows"), blank=True)
    first = models.BooleanField(_("opens with the list"), default=False)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["place", "owner", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["place", "owner"],
                condition=models.Q(first=True, role=""),
                name="saved_view_first_once",
            ),
        ]
        indexes = [models.Index(fields=["place", "role"], name="saved_view_shared")]

    def __str__(self) -> str:
        return self.name
