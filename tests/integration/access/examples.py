"""Examples for every address: something that exists, and something that does not.

The matrix fails for an address with arguments that somebody may open and that has no line here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from backoffice.access.routes import Route
from tests.integration.access.world import World

MISSING = 999_999
SIGN_OFF_READERS = frozenset({"clerk", "hr", "auditor", "manager"})
REPORT_READERS = frozenset({"hr", "auditor", "manager"})
APPROVAL_READERS = frozenset({"hr", "auditor", "general_manager"})
CASE_READERS = frozenset({"clerk", "manager", "general_manager", "auditor"})


@dataclass(frozen=True)
class Example:
    """Arguments and query that name something.

    ``readers``: to others than these it must not be there, although they may open the address (None: no such
    limit).
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    readers: frozenset[str] | None = None
    query: str = ""


def existing(world: World) -> dict[str, Example]:
    """Return what exists, by route."""
    objects = world.objects
    page, draft = objects["description"], objects["draft description"]
    parent = page.get_parent()
    kind = {"content_type_app_name": "positions", "content_type_model_name": "positionpage"}
    on_page = {"page_id": page.pk}
    case = {"case_uuid": objects["case"].uuid}
    own_draft = Example({"uuid": objects["draft"].uuid}, readers=frozenset({"clerk"}))
    approval = {"step_uuid": objects["approval"].uuid}
    described = {"code": page.position.code}
    asked = {"uuid": objects["sign-off"].uuid}
    person = Example({"pk": world.people["clerk"].pk})
    group = Example({"pk": objects["group"].pk})
    return {
        "booklets:download": Example({"uuid": objects["booklet"].uuid}, readers=frozenset({"hr"})),
        "access:job": Example({"uuid": objects["job"].uuid}, readers=frozenset({"hr"})),
        "access:job-cancel": Example({"uuid": objects["job"].uuid}, readers=frozenset({"hr"})),
        "notices:follow": Example({"uuid": objects["notification"].pk}, readers=frozenset({"clerk"})),
        **{
            f"notices_robot_{act}": Example({"uuid": objects["robot"].uuid})
            for act in ("edit", "try", "remove")
        },
        "notices_words_edit": Example({"kind": "case.asked", "language": "zh-hans"}),
        "notices_delivery": Example({"uuid": objects["delivery"].uuid}),
        "intake:draft": own_draft,
        "intake:draft-discard": own_draft,
        "intake:file-upload": own_draft,
        "intake:file": Example({"uuid": objects["file"].uuid}, readers=frozenset({"clerk"})),
        "intake:file-picture": Example({"uuid": objects["file"].uuid}, readers=frozenset({"clerk"})),
        "intake:submission": Example({"uuid": objects["submission"].uuid}, readers=CASE_READERS),
        **{
            f"intake:{name}": Example({"uuid": objects["slip"].uuid}, readers=frozenset({"clerk"}))
            for name in (
                "received",
                "history",
                "comment",
                "withdraw",
                "correct",
                "correct-discard",
                "correct-take-over",
                "receipt",
            )
        },
        "intake:public": Example({"token": objects["public token"]}),
        "intake:public-upload": Example({"token": objects["public token"]}),
        "intake:public-receipt": Example({"receipt": objects["public receipt"]}),
        "intake:public-receipt-pdf": Example({"receipt": objects["public receipt"]}),
        "intake:link-revoke": Example({"uuid": objects["public access"].uuid}),
        "intake:hold-lift": Example({"uuid": objects["hold"].uuid}),
        "intake:print": Example(
            {"uuid": objects["slip"].uuid, "layout": "standard"}, readers=frozenset({"clerk"})
        ),
        **dict.fromkeys(
            ("registers:register", "registers:export"),
            Example({"form_key": "complaint"}, readers=objects["register readers"]),
        ),
        **dict.fromkeys(
            ("registers:import", "registers:import-template"),
            Example({"form_key": "complaint"}, readers=objects["register importers"]),
        ),
        **{
            f"registers:import-{name}": Example(
                {"form_key": "complaint", "uuid": objects["import"].uuid}, readers=frozenset({"manager"})
            )
            for name in ("file", "take", "discard")
        },
        "registers:view-keep": Example({"form_key": "complaint"}, readers=objects["register readers"]),
        "registers:view-discard": Example(
            {"form_key": "complaint", "uuid": objects["view"].uuid}, readers=frozenset({"manager"})
        ),
        "casework:view-discard": Example(
            {"uuid": objects["view of cases"].uuid}, readers=frozenset({"manager"})
        ),
        "intake:form": Example({"form_key": "complaint"}, readers=objects["form users"]),
        "intake:choose": Example(
            {"form_key": objects["chooser"].key, "edition": objects["chooser"].number},
            readers=frozenset({"clerk"}),
            query="field=adviser",
        ),
        "intake:blank": Example({"form_key": "complaint"}, readers=objects["form users"]),
        "intake:favourite": Example({"form_key": "complaint"}, readers=objects["form users"]),
        "positions:detail": Example(described),
        "positions_staffing_post": Example(described),
        "positions_post_edit": Example(described),
        "positions_staffing_person": Example({"uuid": world.people["clerk"].uuid}),
        **{
            f"positions_holding_{act}": Example({"pk": world.people["clerk"].holdings.order_by("pk")[0].pk})
            for act in ("end", "correct", "strike")
        },
        "positions_department_edit": Example({"code": page.position.department.code}),
        "positions_deputy_end": Example({"pk": objects["deputy"].pk}),
        "positions:edition": Example({**described, "number": 1}),
        "positions:pdf": Example({**described, "number": 1}),
        "positions:word": Example({**described, "number": 1}),
        "positions:compare-chosen": Example(described, query="before=1&after=1"),
        "positions:compare": Example({**described, "before": 1, "after": 1}),
        "positions:compare-pdf": Example({**described, "before": 1, "after": 1}),
        "positions:sign-off": Example(asked, readers=SIGN_OFF_READERS),
        "positions:sign-off-pdf": Example(
            {"uuid": objects["answered sign-off"].uuid}, readers=SIGN_OFF_READERS
        ),
        "positions:sign-off-remind": Example(asked, readers=SIGN_OFF_READERS),
        "positions:sign-off-ask-again": Example({"uuid": objects["answered sign-off"].uuid}),
        "positions:sign-off-report": Example(readers=REPORT_READERS),
        "positions:sign-off-report-file": Example(readers=REPORT_READERS),
        "positions_sign_off": Example({"page_id": page.pk}),
        "positions:approval": Example(approval, readers=APPROVAL_READERS),
        "positions:approval-withdraw": Example(approval, readers=APPROVAL_READERS),
        "positions_submit": Example({"page_id": draft.pk}),
        "positions_draft_from": Example({"page_id": page.pk, "number": 1}),
        **{
            f"positions_library_{name}": Example({"key": "shared-duty"})
            for name in ("item", "edit", "publish", "retire", "restore", "take_over")
        },
        **{
            f"studio_{name}": Example({"key": "complaint"})
            for name in (
                "edit",
                "check",
                "preview",
                "publish",
                "drafts",
                "history",
                "discard",
                "export",
            )
        },
        **{
            f"studio_flow_{name}": Example({"key": "complaint"})
            for name in (
                "edit",
                "check",
                "diagram",
                "trials",
                "publish",
                "cases",
                "history",
                "discard",
                "export",
            )
        },
        "positions_library_choices": Example(query="part=duties"),
        "positions_library_compare": Example({"key": "shared-duty", "before": 1, "after": 2}),
        "positions_library_compare_chosen": Example({"key": "shared-duty"}, query="before=1&after=2"),
        "positions_page_library": Example(on_page),
        "positions_archive": Example({"page_id": page.pk}),
        "positions_restore": Example({"page_id": objects["archived description"].pk}),
        "casework:case": Example(case, readers=CASE_READERS),
        "casework:together": Example({"deed": "give"}),
        "casework:passport": Example(case, readers=CASE_READERS),
        "casework:clock": Example(
            {"case_uuid": objects["signing case"].uuid, "clock": "answer"}, readers=frozenset({"clerk"})
        ),
        "casework:note": Example(case, readers=CASE_READERS),
        "casework:people": Example(case, readers=CASE_READERS),
        "casework:promise": Example(
            {"case_uuid": objects["signing case"].uuid, "uuid": objects["promise"].uuid},
            readers=frozenset({"clerk"}),
        ),
        "casework:promise-record": Example(
            {"case_uuid": objects["signing case"].uuid}, readers=frozenset({"clerk"})
        ),
        "casework:promises": Example(),
        "casework:clocks": Example(),
        "casework:clocks-reckon": Example(),
        "casework:what-if": Example(),
        "casework:step": Example({**case, "step": "assign"}, readers=CASE_READERS),
        "casework:decide": Example({**case, "verb": "agree"}, readers=CASE_READERS),
        "casework:relations": Example(case, readers=CASE_READERS),
        "casework:order": Example({**case, "order_uuid": objects["order"].uuid}, readers=CASE_READERS),
        "casework:order-drop": Example({**case, "order_uuid": objects["order"].uuid}, readers=CASE_READERS),
        "casework:step-files": Example(
            {"case_uuid": objects["signing case"].uuid, "place": "sign"}, readers=frozenset({"clerk"})
        ),
        "casework:step-choose": Example(
            {"case_uuid": objects["signing case"].uuid, "place": "sign"},
            readers=frozenset({"clerk"}),
            query="field=receiver",
        ),
        # The workflow of the example keeps no ledger: its pages are there for nobody, as they are for strangers.
        "casework:ledgers": Example(readers=frozenset()),
        **{
            f"casework:{name}": Example({"workflow": "complaint"}, readers=frozenset())
            for name in ("ledger", "ledger-file", "ledger-months", "ledger-lists")
        },
        **{
            f"casework:ledger-statement{end}": Example(
                {"workflow": "complaint", "uuid": objects["case"].uuid}, readers=frozenset()
            )
            for end in ("", "-post", "-discard")
        },
        "studio_reports": Example(),
        "studio_report_new": Example(),
        **{
            f"studio_report_{name}": Example({"key": "draft"})
            for name in ("edit", "check", "publish", "history", "discard", "export")
        },
        "reports:draft": Example({"key": "draft"}),
        "reports:draft-cases": Example({"key": "draft"}, query="figure=opened"),
        # No report is in force in the example: each is there for nobody, as it is for strangers.
        "reports:list": Example(),
        "reports:load": Example(),
        "reports:load-file": Example(readers=frozenset({"manager"})),
        **{
            f"reports:{name}": Example({"key": "complaints"}, readers=frozenset())
            for name in ("report", "cases", "file", "pdf")
        },
        "casework:ledger-post": Example(case, readers=frozenset()),
        "casework:ledger-reverse": Example({**case, "number": 1}, readers=frozenset()),
        "auditing:trail": Example({"kind": "cases", "key": objects["case"].number}),
        "auditing:trail-file": Example({"kind": "cases", "key": objects["case"].number}),
        "auditing:workflow": Example({"key": objects["case"].workflow}),
        "auditing:workflow-edition": Example(
            {"key": objects["case"].workflow, "number": objects["case"].edition.number}
        ),
        "wagtailadmin_explore": Example({"parent_page_id": parent.pk}),
        "wagtailadmin_explore_results": Example({"parent_page_id": parent.pk}),
        "wagtailadmin_choose_page_child": Example({"parent_page_id": parent.pk}),
        "wagtailadmin_api:pages:detail": Example({"pk": page.pk}),
        "wagtail_bulk_action": Example(
            {"app_label": "wagtailcore", "model_name": "page", "action": "publish"}, query=f"id={draft.pk}"
        ),
        "wagtailadmin_pages:add": Example({**kind, "parent_page_id": parent.pk}),
        "wagtailadmin_pages:preview_on_add": Example({**kind, "parent_page_id": parent.pk}),
        "wagtailadmin_pages:type_use": Example(kind),
        "wagtailadmin_pages:type_use_results": Example(kind),
        "wagtailadmin_pages:choose_parent": Example({"app_label": "positions", "model_name": "positionpage"}),
        "wagtailadmin_pages:add_subpage": Example({"parent_page_id": parent.pk}),
        "wagtailadmin_pages:delete": Example({"page_id": draft.pk}),
        "wagtailadmin_pages:move": Example({"page_to_move_id": page.pk}),
        "wagtailadmin_pages:move_confirm": Example({"page_to_move_id": page.pk, "destination_id": parent.pk}),
        "wagtailadmin_pages:set_page_position": Example({"page_to_move_id": page.pk}),
        "wagtailadmin_pages:revisions_view": Example({**on_page, "revision_id": objects["revision"].pk}),
        "wagtailadmin_pages:revisions_revert": Example({**on_page, "revision_id": objects["revision"].pk}),
        "wagtailadmin_pages:revisions_unschedule": Example(
            {**on_page, "revision_id": objects["revision"].pk}
        ),
        "wagtailadmin_pages:revisions_compare": Example(
            {"pk": page.pk, "revision_id_a": "live", "revision_id_b": "latest"}
        ),
        **{
            f"wagtailadmin_pages:{name}": Example(on_page)
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
        },
        "wagtailusers_users:edit": person,
        "wagtailusers_users:history": person,
        "wagtailusers_users:history_results": person,
        "wagtailusers_users:usage": person,
        "wagtailusers_groups:edit": group,
        "wagtailusers_groups:history": group,
        "wagtailusers_groups:history_results": group,
        "wagtailusers_groups:usage": group,
        "wagtailadmin_workflows:add_task": Example(
            {"app_label": "wagtailcore", "model_name": "groupapprovaltask"}
        ),
    }


ONLY_MISSING = {
    # Settings are made when they are first opened; the world has none.
    "wagtailsettings:edit",
    "wagtailsettings:preview_on_edit",
    # Nothing in the world is under approval by a Wagtail workflow: not there for whoever may ask.
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
    # Sessions of editing belong to one browser each, an import to the minutes after its upload.
    "wagtailadmin_editing_sessions:ping",
    "wagtailadmin_editing_sessions:release",
    "positions_import_review",
    "positions_import_discard",
    # Results of a job are there once the worker has carried it out.
    "positions_library_result",
    "registers:file",
}


def missing(route: Route) -> Example:
    """Return arguments of the right form that name nothing."""
    if route.name == "wagtailadmin_pages:revisions_compare":
        return Example({"pk": MISSING, "revision_id_a": "live", "revision_id_b": "latest"})
    nothing = {"IntConverter": MISSING, "UUIDConverter": uuid.UUID(int=MISSING)}
    return Example({name: nothing.get(converter, "no-such-thing") for name, converter in route.arguments})
