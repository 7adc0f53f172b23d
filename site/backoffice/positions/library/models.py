"""Items of the library, and where they are used.

``items`` alone writes items; ``uses`` alone writes the index of uses, which can be rebuilt at any time from the
drafts and the editions (``manage.py library rebuild``).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.audit.history import History
from foundation.audit.models import Audited
from foundation.editions.models import Edition


class LibraryItem(Audited):
    """One reusable thing of one part. The row holds the working copy; ``number`` counts the published versions.

    States: never published (``number`` 0) → published → retired, and back. Descriptions take published versions
    only; a retired item is offered to nobody and stays with those that use it.
    """

    key = models.SlugField(_("key"), max_length=60, unique=True)
    part = models.CharField(pgettext_lazy("of a description", "part"), max_length=40, db_index=True)
    wording = models.JSONField(_("wording"))
    words = models.TextField(_("words to search"), blank=True, editable=False)
    subject = models.CharField(pgettext_lazy("of a duty", "Subject"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    number = models.PositiveIntegerField(_("newest version"), default=0)
    changed = models.BooleanField(_("changed since the newest version"), default=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    history = History()

    class Meta(Audited.Meta):
        ordering = ["part", "subject", "key"]
        verbose_name = _("library item")
        verbose_name_plural = _("library items")

    def __str__(self) -> str:
        return self.key

    @property
    def is_retired(self) -> bool:
        """Whether the item is retired."""
        return self.retired_at is not None


class LibraryUse(models.Model):
    """One row of a description that was taken from the library; ``edition`` None: it stands in the draft.

    The item is named by its key, not by a foreign key: a text may name an item that is not in this library
    (yet). ``reworded``: the row says something else than the version it names; None where that version is not
    here.
    """

    page = models.ForeignKey(
        "positions.PositionPage",
        models.CASCADE,
        related_name="library_uses",
        verbose_name=_("position description"),
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, related_name="+", verbose_name=_("edition")
    )
    part = models.CharField(pgettext_lazy("of a description", "part"), max_length=40)
    row = models.CharField(_("row"), max_length=60)
    key = models.CharField(_("key"), max_length=60)
    number = models.PositiveIntegerField(pgettext_lazy("of a library item", "version"))
    reworded = models.BooleanField(_("reworded"), null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("use of a library item")
        verbose_name_plural = _("uses of library items")
        indexes = [
            models.Index(fields=["key", "edition"], name="library_use_of_key"),
            models.Index(fields=["page", "edition"], name="library_use_on_page"),
        ]

    def __str__(self) -> str:
        return f"{self.key}@{self.number}"
