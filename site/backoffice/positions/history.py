"""What of a position description was in force, and when: one row per publication, withdrawal, move and
deletion.

Registered with simple-history as it is, a page records its drafts as if they were live (saving a draft ends
with a save of a few columns on the object that carries the *draft*'s texts). This driver writes a row only
when the text in force changed, in the transaction of that change:

=========  ==================================================================================================
event      written when
=========  ==================================================================================================
publish    a revision went live
save       a live page was saved by a program, and what it says changed
unpublish  a live page stopped being live
move       the page, or a page above it, moved to another address (also by a changed slug above it)
delete     a page that had been in force was deleted (``guards`` refuse that; this is the second line)
=========  ==================================================================================================

Every row holds the whole page (``content``, as a revision does), so it can be rebuilt after the page, its
revisions or its author are gone; the author is kept by value; ``log_uuid`` joins Wagtail's log entries of
the same request. ``publication`` listens to these rows and writes the edition and the audit event.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page
from wagtail.signals import page_slug_changed, post_page_move

# Columns of Wagtail's bookkeeping: a save that names only these says nothing about the text in force. What
# save_revision() writes is among them.
BOOKKEEPING = frozenset(
    {
        "alias_of",
        "archive_reason",
        "archived_at",
        "archived_by_name",
        "draft_title",
        "expire_at",
        "expired",
        "first_published_at",
        "go_live_at",
        "has_unpublished_changes",
        "last_published_at",
        "latest_revision",
        "latest_revision_created_at",
        "live_revision",
        "locked",
        "locked_at",
        "locked_by",
        "numchild",
        "owner",
        "wagtail_admin_comments",
    }
)
# Of the serialised page, what does not count when two states are compared.
UNCOMPARED = BOOKKEEPING | {"depth", "live", "path", "pk", "search_description", "seo_title", "show_in_menus"}


class InForceEvent(models.TextChoices):
    """Why a row was written."""

    PUBLISH = "publish", _("published")
    SAVE = "save", _("changed by a program")
    UNPUBLISH = "unpublish", _("withdrawn")
    MOVE = "move", _("moved")
    DELETE = "delete", _("deleted")


class InForceRow(models.Model):
    """The columns that every row has besides the page's own."""

    event = models.CharField(_("event"), max_length=12, choices=InForceEvent.choices)
    revision_id = models.BigIntegerField(_("revision"), null=True)  # by value: outlives the revision
    log_uuid = models.UUIDField(_("log reference"), null=True, db_index=True)
    author_name = models.CharField(_("author"), max_length=200, blank=True)
    content = models.JSONField(_("content"), encoder=DjangoJSONEncoder)
    content_sha256 = models.CharField(_("hash of the content"), max_length=64)

    class Meta:
        abstract = True


class PublishedHistory(HistoricalRecords):
    """simple-history, driven by what is in force instead of by every save."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("bases", (InForceRow,))
        kwargs.setdefault("history_user_id_field", models.BigIntegerField(null=True, editable=False))
        super().__init__(**kwargs)

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        """Connect the driver once the class is ready."""
        super().finalize(sender, **kwargs)
        if sender is not self.cls:
            return
        pre_create_historical_record.connect(
            self._fill, sender=getattr(sender, self.manager_name).model, weak=False
        )
        post_page_move.connect(self._moved, weak=False)
        page_slug_changed.connect(self._slug_changed, weak=False)

    def post_save(
        self,
        instance: Any,
        created: bool,
        using: str | None = None,
        raw: bool = False,
        update_fields: frozenset[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write a row if this save changed what is in force."""
        if raw or (update_fields is not None and set(update_fields) <= BOOKKEEPING):
            return
        last = self._last(instance)
        if not instance.live:
            if last is not None and last.live:
                self._write(instance, InForceEvent.UNPUBLISH)
        elif last is None or not last.live or last.revision_id != instance.live_revision_id:
            self._write(instance, InForceEvent.PUBLISH)
        elif comparable(instance.serializable_data()) != comparable(last.content):
            self._write(instance, InForceEvent.SAVE)

    def post_delete(self, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        """Write the last row of a page that had been in force; a draft leaves none."""
        if self._last(instance) is not None:
            self._write(instance, InForceEvent.DELETE)

    def m2m_changed(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: a page has no such relation of its own."""

    def _moved(
        self, sender: Any, instance: Page, url_path_before: str, url_path_after: str, **kwargs: Any
    ) -> None:
        # The signal hands over a plain page, and a page above ours moves ours with it.
        if url_path_before != url_path_after:
            self._write_moves(instance, inclusive=True)

    def _slug_changed(self, sender: Any, instance: Page, **kwargs: Any) -> None:
        # The page's own change of slug is in the row of the save that made it.
        self._write_moves(instance, inclusive=False)

    def _write_moves(self, top: Page, *, inclusive: bool) -> None:
        top = Page.objects.get(pk=top.pk)
        with transaction.atomic():
            for page in self.cls.objects.descendant_of(top, inclusive=inclusive):
                if self._last(page) is not None:
                    self._write(page, InForceEvent.MOVE)

    def _last(self, instance: Any) -> Any:
        rows = getattr(self.cls, self.manager_name)
        return rows.filter(**{self.cls._meta.pk.attname: instance.pk}).order_by("-history_date").first()

    def _write(self, instance: Any, event: InForceEvent) -> None:
        kind = {InForceEvent.DELETE: "-"}.get(event, "~")
        if event == InForceEvent.PUBLISH and self._last(instance) is None:
            kind = "+"
        instance._in_force_event = event
        try:
            self.create_historical_record(instance, kind)
        finally:
            del instance._in_force_event

    def get_history_user(self, instance: Any) -> Any:
        """Return who acts: named by Wagtail's log context, or the author of the revision that goes live."""
        return acting(instance)

    def _fill(self, instance: Any, history_instance: Any, history_user: Any, **kwargs: Any) -> None:
        history_instance.event = instance._in_force_event
        # A withdrawn page has no live revision any more; its newest one is the nearest thing to name.
        history_instance.revision_id = (
            instance.live_revision_id if instance.live else instance.latest_revision_id
        )
        history_instance.log_uuid = get_active_log_context().uuid
        history_instance.author_name = str(history_user or "")
        history_instance.content = json.loads(json.dumps(instance.serializable_data(), cls=DjangoJSONEncoder))
        history_instance.content_sha256 = content_digest(history_instance.content)


def acting(page: Any) -> Any:
    """Return the user on whose behalf ``page`` is being changed, or None where nobody can be named."""
    user = get_active_log_context().user
    if user is None:
        revision = page.live_revision or page.latest_revision
        user = revision.user if revision else None
    return user


def comparable(content: dict[str, Any]) -> dict[str, Any]:
    """Return ``content`` without the bookkeeping, for comparing two states of a page."""
    plain = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
    return {name: _parsed(value) for name, value in plain.items() if name not in UNCOMPARED}


def _parsed(value: Any) -> Any:
    """Return what a stream holds; it is serialised as text, and PostgreSQL gives its keys back in another
    order.
    """
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def content_digest(content: Any) -> str:
    """Return the SHA-256 of a serialised page: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        content, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
