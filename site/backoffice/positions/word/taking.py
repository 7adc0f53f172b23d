"""From an edited Word document to a draft: the changes HR ticked go into the newest draft, or a page is made of it.

Nothing is published here. Who may is for the caller to have asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from backoffice.positions.body import edition_body, page_fields
from backoffice.positions.models import ImportedText, PositionPage, acting_as
from backoffice.positions.tree import index_page
from backoffice.positions.word.changes import Change, Comparison, apply, compare, kept_of, new_body
from backoffice.positions.word.reading import OwnDocument
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of

WORD_ACTION = "positions.import"


@dataclass(frozen=True)
class Origin:
    """What is known here of the edition a document was written from; ``page`` and ``edition`` may be missing."""

    page: PositionPage | None
    edition: Edition | None
    comparison: Comparison

    @property
    def known(self) -> bool:
        """Return whether there is something to compare with, and a draft for the changes."""
        return self.page is not None and self.edition is not None


def origin_of(document: OwnDocument) -> Origin:
    """Return the page and the edition of ``document`` with what it says otherwise. At most two queries."""
    page = PositionPage.objects.filter(position__code=document.key).select_related("position").first()
    edition = editions_of(Edition.Kind.POSITION, document.key).filter(number=document.edition).first()
    if edition is not None and edition.sha256 != document.properties.get("remit-sha256"):
        edition = None  # of another installation, where the same number says something else
    if page is None or edition is None:
        return Origin(page, edition, Comparison((), kept_of(document)))
    return Origin(page, edition, compare(body_of(edition), document))


@dataclass(frozen=True)
class TakenFromWord:
    """The draft, and the changes that fit no more because HR had changed the same place."""

    page: PositionPage
    left: tuple[Change, ...]


def take_changes(
    imported: ImportedText, page: PositionPage, changes: Iterable[Change], *, by: Any
) -> TakenFromWord:
    """Put ``changes`` into the newest draft of ``page``, as one more revision, in one transaction.

    Recorded: Wagtail's log entries. Raises ``ValidationError`` when the page is locked.
    """
    with transaction.atomic(), acting_as(by):
        stored = PositionPage.objects.select_for_update().get(pk=page.pk)
        draft = stored.get_latest_revision_as_object()
        lock = draft.get_lock()
        if lock and lock.for_user(by):
            raise ValidationError(_("“%(title)s” is locked; nothing was changed.") % {"title": draft.title})
        body, left = apply(edition_body(draft), changes)
        for name, value in page_fields(body).items():
            setattr(draft, name, value)
        draft.save_revision(user=by, log_action=True, clean=False)
        _note(imported, draft, by=by)
    return TakenFromWord(PositionPage.objects.get(pk=page.pk), tuple(left))


def make_page(imported: ImportedText, document: OwnDocument, *, by: Any) -> PositionPage:
    """Make a draft of all that ``document`` says, for a position this installation does not know yet."""
    fields = page_fields(new_body(document))
    posts = fields.pop("scope_posts")
    with transaction.atomic(), acting_as(by):
        number = fields["document_number"]
        if number and PositionPage.objects.filter(document_number=number).exists():
            fields["document_number"] = ""  # two documents never share one; the source keeps it
        page = PositionPage(owner=by, source=imported, source_start=0, source_end=0, **fields)
        page.title = page.title or _("Without a title")
        page.scope_posts = posts
        index_page().add_child(instance=page)
        page.save_revision(user=by, log_action=True, clean=False)
        _note(imported, page, by=by)
    return page


def _note(imported: ImportedText, page: PositionPage, *, by: Any) -> None:
    log(
        instance=page,
        action=WORD_ACTION,
        user=by,
        data={"file": imported.filename, "sha256": imported.sha256},
    )
    imported.confirmed_at = timezone.now()
    imported.save(update_fields=["confirmed_at"])
