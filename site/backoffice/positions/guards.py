"""What must never be lost: a description that had an edition, and the revisions of one.

The guards sit on the models' ``pre_delete``, so they hold for the explorer, bulk actions, an API, the shell
and deletions of a page above; ``wagtail_hooks`` asks first and explains, before anything is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from backoffice.positions.models import PositionPage
from foundation.editions.models import Edition


class NeverDeleted(ProtectedError):
    """A published description, or a revision of one, is not deleted. ``str()`` is a sentence for people."""

    def __init__(self, sentence: str, protected: Iterable[Any]) -> None:
        super().__init__(sentence, set(protected))
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def published_under(pages: Iterable[Page]) -> list[PositionPage]:
    """Return the descriptions with editions among ``pages`` and everything below them. Two queries for a
    page.
    """
    found = []
    for page in pages:
        below = PositionPage.objects.descendant_of(page, inclusive=True).select_related("position")
        codes = set(
            Edition.objects.filter(
                kind=Edition.Kind.POSITION, key__in=[one.code for one in below if one.code]
            ).values_list("key", flat=True)
        )
        found += [one for one in below if one.code in codes]
    return found


def refusal(pages: Iterable[PositionPage]) -> str:
    """Return why these descriptions are not deleted, and what to do instead."""
    titles = "、".join(f"“{page.title}”" for page in pages)
    return _(
        "%(titles)s has published editions and is never deleted: people worked under this text. Archive it "
        "instead."
    ) % {"titles": titles}


def connect() -> None:
    """Guard deletions of pages and revisions."""
    pre_delete.connect(_page_going, sender=PositionPage, dispatch_uid="positions.page_guard")
    pre_delete.connect(_revision_going, sender=Revision, dispatch_uid="positions.revision_guard")


def _page_going(instance: PositionPage, **kwargs: Any) -> None:
    if instance.has_editions:
        raise NeverDeleted(refusal([instance]), [instance])


def _revision_going(instance: Revision, **kwargs: Any) -> None:
    if instance.content_type_id != ContentType.objects.get_for_model(PositionPage).pk:
        return
    page = PositionPage.objects.filter(pk=instance.object_id).first()
    if page is not None and page.has_editions:
        raise NeverDeleted(
            _("Revisions of “%(title)s” are kept: editions were published from them.")
            % {"title": page.title},
            [instance],
        )
