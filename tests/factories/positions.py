"""Position descriptions for tests. A state is reached the way people reach it: drafts are saved, drafts
are published.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from backoffice.access import groups
from backoffice.positions.models import PositionPage
from backoffice.positions.tree import index_page
from foundation.organisation.models import Position, User
from tests.factories.organisation import bind_role, make_group, make_position, make_user

_serial = itertools.count(1)


def duty(text: str, cadence: str = "ongoing", **more: str) -> dict[str, Any]:
    """Return a duty block as the stream stores it, without an id: saving gives it one."""
    return {"type": "duty", "value": {"text": text, "cadence": cadence, **more}}


def blocks(kind: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return stream blocks of one kind."""
    return [{"type": kind, "value": dict(row)} for row in rows]


def make_editor(username: str = "", **fields: Any) -> User:
    """Make a person who may write, publish and archive descriptions."""
    group = make_group(groups.HR)
    bind_role("hr", group)
    return make_user(username, groups=[group], **fields)


def make_draft(
    title: str = "",
    *,
    position: Position | None = None,
    by: User | None = None,
    duties: Iterable[dict[str, Any]] = (),
    **fields: Any,
) -> PositionPage:
    """Make a draft with one revision; without duties it has two."""
    number = next(_serial)
    page = PositionPage(
        title=title or f"售后服务顾问 {number}",
        position=position or make_position(f"adviser-{number}", title=title),
        owner=by or make_editor(),
        duties=list(duties) or [duty("接待来店客户"), duty("汇总当天接待情况", "daily", deadline="18:00 前")],
        **fields,
    )
    index_page().add_child(instance=page)
    page.save_revision(user=page.owner, log_action=True)
    return reload(page)


def save_draft(page: PositionPage, *, by: User | None = None, **changes: Any) -> PositionPage:
    """Save a further revision with ``changes``, as the editor does; return the page as stored."""
    draft = reload(page).get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save_revision(user=by or page.owner, log_action=True, clean=False)
    return reload(page)


def publish(page: PositionPage, *, by: User | None = None, **changes: Any) -> PositionPage:
    """Publish the newest revision (after saving ``changes``, if any); return the page as stored."""
    if changes:
        page = save_draft(page, by=by, **changes)
    reload(page).latest_revision.publish(user=by or page.owner, skip_permission_checks=True)
    return reload(page)


def make_published(title: str = "", **fields: Any) -> PositionPage:
    """Make a description whose first edition is in force."""
    return publish(make_draft(title, **fields))


def reload(page: PositionPage) -> PositionPage:
    """Return the page as the database has it: page objects are never held across edits of the tree."""
    return PositionPage.objects.select_related("position__department", "owner").get(pk=page.pk)
