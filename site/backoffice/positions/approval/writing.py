"""What a draft says, as a hash, and who wrote it since something last came into force. Nothing here writes.

What counts is what an edition would say. Wagtail's bookkeeping, the comments beside a text, and how the editor
spells an empty field are not the text: whoever only opens, comments or saves has not written.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from wagtail.models import Revision

from backoffice.positions.body import CHOICES, FLAGS, PLAIN, plain_lines, rows_of
from backoffice.positions.history import InForceEvent, content_digest
from backoffice.positions.markup import plain_markup
from backoffice.positions.parts import PARTS, SINGLES

INTO_FORCE = (InForceEvent.PUBLISH, InForceEvent.SAVE)
# Taken as they are; who reviewed and approved is not among them, that is what the approval says.
VALUES = (
    *("title", "position", "document_kind", "effective_from", "answerable", "issue_date"),
    *("prepared_by", "signatory"),
    *CHOICES,
)
LINES = ("document_number", *PLAIN, *(single.name for single in SINGLES if not single.rich))
RICH = tuple(single.name for single in SINGLES if single.rich)
EMPTY: tuple[Any, ...] = (None, "", [], False)


def said(content: dict[str, Any]) -> str:
    """Return the hash of what serialised ``content`` (of a revision) says. What is empty does not count, so a
    field that comes later changes no hash.
    """
    plain = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
    text: dict[str, Any] = {
        **{name: plain.get(name) for name in VALUES},
        **{name: bool(plain.get(name)) for name in FLAGS},
        **{name: plain_lines(plain.get(name)) for name in LINES},
        **{name: plain_markup(plain.get(name) or "") for name in RICH},
        "scope_posts": sorted(plain.get("scope_posts") or ()),
    }
    for part in PARTS:
        stored = plain.get(part.name) or "[]"
        blocks = json.loads(stored) if isinstance(stored, str) else stored
        text[part.name] = [_filled(row) for row in rows_of(part, blocks)]
    return content_digest(_filled(text))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in EMPTY}


def said_by(page: Any) -> str:
    """Return the hash of what ``page``, as it stands in memory, says."""
    return said(page.serializable_data())


def is_as_submitted(page: Any, text_sha256: str) -> bool:
    """Whether the newest draft of ``page`` says what the hash stands for."""
    newest = page.latest_revision
    return newest is not None and said(newest.content) == text_sha256


def writers_of(page: Any, *, before: Any = None) -> list[Any]:
    """Return who changed the text of ``page`` since it last came into force, each once, the last writer last.

    ``before``: a row of the history that does not count yet. Two queries, and the revisions since then.
    """
    last = _into_force(page).exclude(pk=before.pk if before is not None else None).first()
    revisions = page.revisions.select_related("user").order_by("created_at", "pk")
    if last is not None and last.revision_id:
        # The row of a revision may be written over (autosave), so the one in force counts too where it differs.
        revisions = revisions.filter(pk__gte=last.revision_id)
    previous = said(last.content) if last is not None else ""
    found: dict[int, Any] = {}
    for revision in revisions:
        now = said(revision.content)
        if now != previous and revision.user is not None:
            found.pop(revision.user_id, None)
            found[revision.user_id] = revision.user
        previous = now
    return list(found.values())


def changed_in_force_since(page: Any, moment: Any, *, but: Any = None) -> bool:
    """Whether something of ``page`` came into force or left it after ``moment`` (``but``: a row not to count)."""
    rows = page.history.filter(event__in=[*INTO_FORCE, InForceEvent.UNPUBLISH], history_date__gt=moment)
    return bool(rows.exclude(pk=but.pk if but is not None else None).exists())


def revision_of(page: Any, text_sha256: str) -> Revision | None:
    """Return the newest revision of ``page`` that says what the hash stands for."""
    return next(
        (one for one in page.revisions.order_by("-created_at", "-pk") if said(one.content) == text_sha256),
        None,
    )


def _into_force(page: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = page.history.filter(event__in=INTO_FORCE).order_by("-history_date")
    return rows
