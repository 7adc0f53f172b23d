"""Example arguments for every address that has some: what exists (``own``), and what does not (``missing``).

The matrix fails for an address that somebody may open and that has no line here.
"""

from __future__ import annotations

import uuid
from typing import Any

from backoffice.access.routes import Route
from tests.integration.access.world import World

Arguments = dict[str, Any]
MISSING = 999_999


def existing(world: World) -> dict[str, Arguments]:
    """Return arguments that name something that exists, by route."""
    objects = world.objects
    page, draft = objects["description"], objects["draft description"]
    parent = page.get_parent()
    kind = {"content_type_app_name": "positions", "content_type_model_name": "positionpage"}
    described = {"code": page.position.code}
    on_page = {"page_id": page.pk}
    case = {"case_uuid": objects["case"].uuid}
    person, group = {"pk": world.people["clerk"].pk}, {"pk": objects["group"].pk}
    return {
        "intake:draft": {"uuid": objects["draft"].uuid},
        "intake:draft-discard": {"uuid": objects["draft"].uuid},
        "intake:submission": {"uuid": objects["submission"].uuid},
        "intake:form": {"form_key": "complaint"},
        "positions:detail": described,
        "positions:edition": {**described, "number": 1},
        "positions:pdf": {**described, "number": 1},
        "positions:compare-chosen": described,
        "positions:compare": {**described, "before": 1, "after": 1},
        "casework:case": case,
        "casework:step": {**case, "step": "assign"},
        "auditing:trail": {"kind": "case", "key": str(objects["case"].uuid)},
        "wagtailadmin_explore": {"parent_page_id": parent.pk},
        "wagtailadmin_explore_results": {"parent_page_id": parent.pk},
        "wagtailadmin_choose_page_child": {"parent_page_id": parent.pk},
        "wagtailadmin_api:pages:detail": {"pk": page.pk},
        "wagtail_bulk_action": {"app_label": "wagtailcore", "model_name": "page", "action": "publish"},
        "wagtailadmin_pages:add": {**kind, "parent_page_id": parent.pk},
        "wagtailadmin_pages:preview_on_add": {**kind, "parent_page_id": parent.pk},
        "wagtailadmin_pages:type_use": kind,
        "wagtailadmin_pages:type_use_results": kind,
        "wagtailadmin_pages:choose_parent": {"app_label": "positions", "model_name": "positionpage"},
        "wagtailadmin_pages:add_subpage": {"parent_page_id": parent.pk},
        "wagtailadmin_pages:delete": {"page_id": draft.pk},
        "wagtailadmin_pages:move": {"page_to_move_id": page.pk},
        "wagtailadmin_pages:move_confirm": {"page_to_move_id": page.pk, "destination_id": parent.pk},
        "wagtailadmin_pages:set_page_position": {"page_to_move_id": page.pk},
        "wagtailadmin_pages:revisions_view": {**on_page, "revision_id": objects["revision"].pk},
        "wagtailadmin_pages:revisions_revert": {**on_page, "revision_id": objects["revision"].pk},
        "wagtailadmin_pages:revisions_unschedule": {**on_page, "revision_id": objects["revision"].pk},
        "wagtailadmin_pages:revisions_compare": {
            "pk": page.pk,
            "revision_id_a": "live",
            "revision_id_b": "latest",
        },
        **dict.fromkeys(
            (
                f"wagtailadmin_pages:{name}"
                for name in (
                    "usage",
                    "edit",
                    "preview_on_edit",
                    "view_draft",
                    "unpublish",
                    "copy",
                    "lock",
                    "unlock",
                    "revisions_index",
                    "workflow_history",
                    "history",
                    "history_results",
                )
            ),
            on_page,
        ),
        "wagtailusers_users:edit": person,
        "wagtailusers_users:history": person,
        "wagtailusers_users:history_results": person,
        "wagtailusers_users:usage": person,
        "wagtailusers_groups:edit": group,
        "wagtailusers_groups:history": group,
        "wagtailusers_groups:history_results": group,
        "wagtailusers_groups:usage": group,
        "wagtailadmin_workflows:add_task": {"app_label": "wagtailcore", "model_name": "groupapprovaltask"},
    }


ONLY_MISSING = {
    # Nothing in the world is under approval by a Wagtail workflow; the addresses answer 404 to whoever may
    # ask.
    "wagtailadmin_pages:workflow_action",
    "wagtailadmin_pages:collect_workflow_action_data",
    "wagtailadmin_pages:confirm_workflow_cancellation",
    "wagtailadmin_pages:workflow_preview",
    "wagtailadmin_pages:workflow_history_detail",
    "wagtailadmin_workflows:enable",
    "wagtailadmin_workflows:disable",
    "wagtailadmin_workflows:edit",
    "wagtailadmin_workflows:usage",
    "wagtailadmin_workflows:usage_results",
    "wagtailadmin_workflows:remove",
    "wagtailadmin_workflows:edit_task",
    "wagtailadmin_workflows:disable_task",
    "wagtailadmin_workflows:enable_task",
    "wagtailadmin_workflows:task_chosen",
    # Sessions of editing belong to one browser each.
    "wagtailadmin_editing_sessions:ping",
    "wagtailadmin_editing_sessions:release",
}

# Allowed addresses that answer GET otherwise than with a page, and why.
ODD_ANSWERS: dict[str, set[int]] = {}


def missing(route: Route) -> Arguments:
    """Return arguments of the right form that name nothing."""
    if route.name == "wagtailadmin_pages:revisions_compare":
        return {"pk": MISSING, "revision_id_a": "live", "revision_id_b": "latest"}
    nothing = {"IntConverter": MISSING, "UUIDConverter": uuid.UUID(int=MISSING)}
    return {name: nothing.get(converter, "no-such-thing") for name, converter in route.arguments}
