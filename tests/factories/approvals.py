"""Approvals for tests: a workflow with four eyes on the collection page, and texts that wait for it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.models import Workflow, WorkflowPage, WorkflowTask
from wagtail.test.utils.form_data import rich_text

from backoffice.positions.approval import services
from backoffice.positions.approval.models import ApprovalStep, FourEyesTask
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import BY_NAME
from backoffice.positions.tree import index_page
from foundation.organisation.models import User
from tests.factories.organisation import make_role, make_user_with_roles
from tests.factories.positions import make_draft, make_editor, reload

_serial = itertools.count(1)


def govern(*steps: Sequence[str], name: str = "岗位说明书审批") -> Workflow:
    """Put a workflow on the collection page; each step is given by the roles that may approve there."""
    workflow = Workflow.objects.create(name=name)
    for place, keys in enumerate(steps or [("general_manager",)]):
        task = FourEyesTask.objects.create(name=f"审批 {next(_serial)}")
        task.roles.set([make_role(key) for key in keys])
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=place)
    WorkflowPage.objects.update_or_create(page=index_page(), defaults={"workflow": workflow})
    return workflow


def make_approver(username: str = "", role: str = "general_manager", **fields: Any) -> User:
    """Make somebody with the role; no rights in Wagtail."""
    return make_user_with_roles(role, username=username, **fields)


def editor_form(page: PositionPage, **changes: str) -> dict[str, Any]:
    """Return what Wagtail's editor sends for the newest draft of ``page``, with ``changes``: its script makes most."""
    draft = reload(page).get_latest_revision_as_object()
    form_class = draft.get_edit_handler().get_form_class()
    form = form_class(instance=draft, parent_page=draft.get_parent(), for_user=page.owner)
    sent: dict[str, Any] = {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
    for name, field in form.fields.items():
        value = form[name].value()
        if name in BY_NAME:
            blocks = getattr(draft, name).get_prep_value()
            sent[f"{name}-count"] = str(len(blocks))
            for place, block in enumerate(blocks):
                row = {"deleted": "", "order": place, "type": block["type"], "id": block["id"]}
                row |= {f"value-{column}": one for column, one in block["value"].items()}
                sent |= {
                    f"{name}-{place}-{key}": "" if one is None else one
                    for key, one in row.items()
                    if one is not False
                }
        elif isinstance(field.widget, DraftailRichTextArea):
            sent[name] = rich_text(value or "")
        elif value not in (None, "", False, []) and not field.disabled:
            sent[name] = value
    return {**sent, **changes}


def submitted(
    page: PositionPage | None = None, *, by: User | None = None, note: str = "", **fields: Any
) -> ApprovalStep:
    """Submit the draft (a new one without one); return the step it waits at."""
    page = page or make_draft(by=by or make_editor(), **fields)
    return services.submit(page, by=by or page.owner, note=note)


def approved(step: ApprovalStep, *, by: User, comment: str = "") -> PositionPage:
    """Approve what waits at ``step``; return the page as stored."""
    services.approve(step, by=by, seen=step.text_sha256, comment=comment)
    return reload(step.page)
