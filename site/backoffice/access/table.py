"""Who may open which address: one line per route, nothing else decides it.

A route is named as Django resolves it: ``namespace:name``; an unnamed one as ``unnamed:<pattern>``. A route
without a line here does not exist for anybody (``access.gate`` answers 404), and the permission matrix of
the test suite fails and names it. The gate decides by role only; what a person sees *within* an address
(whose case, which draft) is the query's or the service's decision and stands here as a note.

Adding a screen: add its URL, add its line, add example arguments in ``tests/integration/access/examples.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HR, CLERK, MANAGER, GENERAL_MANAGER = "hr", "clerk", "manager", "general_manager"
FORM_BUILDER, AUDITOR, ADMINISTRATOR = "form_builder", "auditor", "administrator"
ALL_ROLES = frozenset({HR, CLERK, MANAGER, GENERAL_MANAGER, FORM_BUILDER, AUDITOR, ADMINISTRATOR})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Kind(StrEnum):
    """Whom a route is for before roles are asked."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    ROLES = "roles"
    DENIED = "denied"


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    ``roles`` may use every method, ``readers`` the safe ones only. ``only`` limits arguments of the address
    (``{"action": {"publish"}}``). ``cacheable``: the answer holds nothing private and may be kept by a
    browser.
    """

    kind: Kind
    roles: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    note: str = ""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cacheable: bool = False

    def allows(self, *, signed_in: bool, roles: Iterable[str], method: str) -> bool:
        """Tell whether somebody with these roles may use ``method`` here."""
        if self.kind is Kind.PUBLIC:
            return True
        if self.kind is Kind.DENIED or not signed_in:
            return False
        if self.kind is Kind.SIGNED_IN:
            return True
        held = frozenset(roles)
        return bool(held & self.roles) or (method in SAFE_METHODS and bool(held & self.readers))

    def fits(self, arguments: Mapping[str, object]) -> bool:
        """Tell whether the arguments of the address are among those the line speaks of."""
        return all(str(arguments.get(name)) in allowed for name, allowed in self.only.items())


def public(note: str = "", *, cacheable: bool = False) -> Rule:
    """Everybody, signed in or not."""
    return Rule(Kind.PUBLIC, note=note, cacheable=cacheable)


def signed_in(note: str = "", *, cacheable: bool = False) -> Rule:
    """Whoever is signed in; ``note`` says whose objects they see."""
    return Rule(Kind.SIGNED_IN, note=note, cacheable=cacheable)


def roles(
    *keys: str,
    readers: Iterable[str] = (),
    note: str = "",
    only: Mapping[str, Iterable[str]] | None = None,
    cacheable: bool = False,
) -> Rule:
    """Holders of any of the roles ``keys``; ``readers`` may look (GET, HEAD, OPTIONS) and nothing more."""
    limits = {name: frozenset(allowed) for name, allowed in (only or {}).items()}
    return Rule(Kind.ROLES, frozenset(keys), frozenset(readers), note, limits, cacheable)


def denied(note: str) -> Rule:
    """Nobody; ``note`` says why the address exists at all."""
    return Rule(Kind.DENIED, note=note)


OURS: dict[str, Rule] = {
    # --- the door ---
    "access:home": signed_in("leads to the first place the person may open"),
    "access:sign-in": public(),
    "access:sign-out": public("ends the session of whoever asks"),
    "access:password": signed_in("one's own password"),
    "access:language": public("one's own language"),
    "access:theme": public("one's own appearance"),
    "access:icon": public("the picture of the product"),
    "access:health": public("says ok, nothing else"),
    "access:ready": public("yes or no; reasons for the administrator and for the machine itself"),
    "access:design": signed_in("examples, no data"),
    "access:job": signed_in("what one began oneself; another's is not there"),
    "access:job-cancel": signed_in("what one began oneself"),
    "closed-login": public("where Wagtail's login was: leads to the sign-in, takes no password"),
    "admin-sign-out": public("ends the session of whoever asks"),
    # --- requests ---
    "intake:catalogue": signed_in("the forms the person may submit: forms.rules"),
    "intake:mine": signed_in("one's own drafts and submissions"),
    "intake:draft": signed_in("one's own draft; another's is not there"),
    "intake:draft-discard": signed_in("one's own draft"),
    "intake:file-upload": signed_in("one's own draft; another's is not there"),
    "intake:file": signed_in("forms.files.rules.may_have; another is not there"),
    "intake:file-picture": signed_in("as intake:file"),
    **dict.fromkeys(
        (
            "intake:submission",
            "intake:history",
            "intake:comment",
            "intake:print",
            "intake:receipt",
        ),
        signed_in("forms.rules.may_see, or the case it opened; another's is not there"),
    ),
    **dict.fromkeys(
        ("intake:public", "intake:public-upload"),
        public("whoever has the link: forms.services.public.access_for; another's draft is not there"),
    ),
    **dict.fromkeys(
        ("intake:public-receipt", "intake:public-receipt-pdf"),
        public("whoever has the receipt: forms.services.public.submission_of; tells no answer"),
    ),
    **dict.fromkeys(
        ("intake:links", "intake:link-open", "intake:link-revoke"), roles(FORM_BUILDER, ADMINISTRATOR)
    ),
    **dict.fromkeys(
        ("intake:retention", "intake:hold-place", "intake:hold-lift"), roles(AUDITOR, ADMINISTRATOR)
    ),
    "intake:received": signed_in("what one handed in oneself, or others for one"),
    "intake:withdraw": signed_in("forms.rules.may_withdraw"),
    **dict.fromkeys(
        ("intake:correct", "intake:correct-discard", "intake:correct-take-over"),
        signed_in("forms.rules.may_correct"),
    ),
    "intake:favourite": signed_in("forms.rules.may_submit; one's own favourites"),
    "intake:blank": signed_in("forms.rules.may_submit"),
    "intake:form": signed_in("forms.rules.may_submit"),
    "intake:choose": signed_in("forms.rules.may_submit; finds what the person may see: forms.directory"),
    # --- building forms ---
    **dict.fromkeys(
        (
            "studio_forms",
            "studio_new",
            "studio_import",
            "studio_edit",
            "studio_check",
            "studio_preview",
            "studio_publish",
            "studio_drafts",
            "studio_history",
            "studio_discard",
            "studio_export",
        ),
        roles(FORM_BUILDER, ADMINISTRATOR, note="forms.rules.may_build asks again"),
    ),
    # --- building workflows ---
    **dict.fromkeys(
        (
            "studio_flows",
            "studio_flow_new",
            "studio_flow_edit",
            "studio_flow_check",
            "studio_flow_diagram",
            "studio_flow_trials",
            "studio_flow_publish",
            "studio_flow_cases",
            "studio_flow_history",
            "studio_flow_discard",
            "studio_flow_export",
        ),
        roles(FORM_BUILDER, ADMINISTRATOR, note="workflows.services.working.check_may_build asks again"),
    ),
    # --- building reports ---
    **dict.fromkeys(
        (
            "studio_reports",
            "studio_report_new",
            "studio_report_edit",
            "studio_report_check",
            "studio_report_publish",
            "studio_report_history",
            "studio_report_discard",
            "studio_report_export",
        ),
        roles(FORM_BUILDER, ADMINISTRATOR, note="workflows.services.working.check_may_build asks again"),
    ),
    # --- registers ---
    "registers:list": signed_in("the registers the person reads: forms.registers.rules"),
    **dict.fromkeys(
        ("registers:register", "registers:export", "registers:view-keep"),
        signed_in("forms.registers.rules.may_read; another register is not there"),
    ),
    "registers:view-discard": signed_in("one's own view; another's is not there"),
    **dict.fromkeys(
        ("registers:import", "registers:import-template"),
        signed_in("forms.registers.rules.may_import, and forms.rules.may_submit"),
    ),
    **dict.fromkeys(
        ("registers:import-file", "registers:import-take", "registers:import-discard"),
        signed_in("as registers:import; one's own files"),
    ),
    "registers:file": signed_in("what one ordered oneself, while one reads the register"),
    # --- position descriptions ---
    "positions:list": signed_in("what is in force"),
    "positions:chart": signed_in("today's; other days and planned posts: backoffice.positions.rules"),
    "positions:chart-svg": signed_in("as positions:chart"),
    "positions:chart-pdf": signed_in("as positions:chart"),
    "positions:detail": signed_in("what is in force"),
    "positions:edition": signed_in("older editions: backoffice.positions.rules"),
    "positions:pdf": signed_in("as positions:edition"),
    "positions:word": signed_in("as positions:edition"),
    "positions:compare-chosen": roles(HR, AUDITOR, GENERAL_MANAGER, MANAGER),
    "positions:compare": roles(HR, AUDITOR, GENERAL_MANAGER, MANAGER),
    "positions:compare-pdf": roles(HR, AUDITOR, GENERAL_MANAGER, MANAGER),
    "booklets:new": roles(HR, AUDITOR, GENERAL_MANAGER, MANAGER),
    "booklets:download": roles(
        HR, AUDITOR, GENERAL_MANAGER, MANAGER, note="one's own booklets; another's is not there"
    ),
    "positions:mine": signed_in("one's own posts"),
    **dict.fromkeys(
        (
            "positions_staffing",
            "positions_staffing_post",
            "positions_staffing_person",
            "positions_appoint",
            "positions_holding_end",
            "positions_holding_correct",
            "positions_holding_strike",
            "positions_post_add",
            "positions_post_edit",
            "positions_departments",
            "positions_department_add",
            "positions_department_edit",
            "positions_deputies",
            "positions_deputy_add",
            "positions_deputy_end",
        ),
        roles(HR, note="who holds which post: foundation.organisation.services"),
    ),
    "positions:approvals": signed_in("what waits for the person: positions.approval.queries"),
    "positions:approval": signed_in("positions.approval.queries.step_for; another is not there"),
    "positions:approval-withdraw": signed_in("the same; only who submitted it"),
    "positions_submit": roles(HR, note="pages the person may edit"),
    "positions_import": roles(HR, ADMINISTRATOR),
    "positions_import_review": roles(HR, ADMINISTRATOR),
    "positions_import_discard": roles(HR, ADMINISTRATOR, note="files nothing was taken from"),
    "positions_archive": roles(HR, note="pages the person may publish"),
    "positions_restore": roles(HR, note="pages the person may publish"),
    "positions_draft_from": roles(HR, note="pages the person may edit"),
    **dict.fromkeys(
        (
            "positions_library",
            "positions_library_add",
            "positions_library_similar",
            "positions_library_choices",
            "positions_library_states",
            "positions_library_save_row",
            "positions_library_item",
            "positions_library_edit",
            "positions_library_publish",
            "positions_library_retire",
            "positions_library_restore",
            "positions_library_take_over",
            "positions_library_compare",
            "positions_library_compare_chosen",
        ),
        roles(HR, note="the library is kept by HR; drafts it writes to: pages the person may edit"),
    ),
    "positions_library_result": roles(HR, note="a job of one's own"),
    "positions_page_library": roles(HR, note="pages the person may edit"),
    "positions:sign-offs": signed_in("one's own requests to sign"),
    "positions:sign-off": signed_in("one's own, and of those one leads: positions.signoff.rules.Eyes"),
    "positions:sign-off-pdf": signed_in("as positions:sign-off, once it was answered"),
    "positions:sign-off-remind": signed_in("HR, and whoever leads the holder: positions.signoff.rules.Eyes"),
    "positions:sign-off-ask-again": roles(HR),
    "positions:sign-off-report": signed_in("HR and auditors all; others those they lead, if any"),
    "positions:sign-off-report-file": signed_in("as positions:sign-off-report"),
    "positions:sign-off-rules": roles(HR),
    "positions_sign_off": roles(HR, note="pages the person may edit"),
    # --- cases ---
    "casework:inbox": signed_in("what waits for the person: workflows.queries.inbox_of"),
    "casework:decide-several": signed_in("what waits for the person: workflows.services.approvals"),
    "casework:cases": signed_in("workflows.queries.cases_visible_to"),
    "casework:file": signed_in("the same, as a file"),
    "casework:view-keep": signed_in("one's own; shared with a role one has: forms.saved_views"),
    "casework:view-discard": signed_in("one's own; another is not there"),
    "casework:together": signed_in(
        "the same; each case is asked for by itself: workflows.services.reassigning, workflows.services.approvals"
    ),
    "casework:case": signed_in("workflows.queries.cases_visible_to; another case is not there"),
    "casework:passport": signed_in("the same: what the page of the case shows its reader"),
    "casework:clock": signed_in("the same; a clock of the case"),
    "casework:note": signed_in("as casework:case; refused by workflows.services.notes"),
    "casework:people": signed_in("as casework:case; those who may see it: workflows.audience"),
    "casework:promises": signed_in("on cases the person may see: workflows.promises.promises_seen_by"),
    "casework:promise": signed_in("as casework:case; refused by workflows.services.promises"),
    "casework:promise-record": signed_in("as casework:case; refused by workflows.services.promises"),
    "casework:clocks": roles(ADMINISTRATOR, AUDITOR, note="numbers of cases, not what they are about"),
    "casework:clocks-reckon": roles(ADMINISTRATOR, note="a job; workflows.services.clocks.recount"),
    "casework:what-if": roles(ADMINISTRATOR, AUDITOR, note="the same; nothing is written"),
    "casework:step": signed_in("the same; the step itself is refused by workflows.services.cases"),
    "casework:relations": signed_in("the same; refused by workflows.services.relations"),
    **dict.fromkeys(
        ("casework:order", "casework:order-drop"),
        signed_in("the same, and forms.rules.may_submit; refused by workflows.services.relations"),
    ),
    "casework:decide": signed_in("the same; what is not theirs is refused by workflows.services.approvals"),
    "casework:step-files": signed_in("one's own page of a step that is one's own: workflows.services.drafts"),
    "casework:step-choose": signed_in("the same; finds what the person may see: forms.directory"),
    "casework:ledger-post": signed_in("as casework:case; refused by workflows.services.ledger"),
    "casework:ledger-reverse": signed_in("as casework:case; refused by workflows.services.ledger"),
    **dict.fromkeys(
        ("casework:ledgers", "casework:ledger", "casework:ledger-file", "casework:ledger-months"),
        signed_in("who sees or closes the ledger, as its definition says: workflows.ledgers"),
    ),
    **dict.fromkeys(
        (
            "casework:ledger-lists",
            "casework:ledger-statement",
            "casework:ledger-statement-post",
            "casework:ledger-statement-discard",
        ),
        signed_in("who imports lists, as its definition says: workflows.services.reconciliation"),
    ),
    # --- reports ---
    "reports:list": signed_in("the reports whose readers the person is among: workflows.reports.definitions"),
    **dict.fromkeys(
        ("reports:report", "reports:cases", "reports:file", "reports:pdf"),
        signed_in("the same, over the cases the person may see; another report is not there"),
    ),
    **dict.fromkeys(
        ("reports:draft", "reports:draft-cases"),
        roles(FORM_BUILDER, ADMINISTRATOR, note="over the cases the person may see, as a report in force"),
    ),
    **dict.fromkeys(
        ("reports:load", "reports:load-file"),
        signed_in("those under the person by the chart, cases they may see: workflows.load.Supervised"),
    ),
    # --- notifications ---
    "notices:mine": signed_in("one's own"),
    "notices:read": signed_in("one's own; another's is not there"),
    "notices:follow": signed_in("one's own; another's is not there"),
    "notices:preferences": signed_in("one's own"),
    **dict.fromkeys(
        (
            "notices_rules",
            "notices_robots",
            "notices_robot_add",
            "notices_robot_edit",
            "notices_robot_try",
            "notices_robot_remove",
            "notices_words",
            "notices_words_edit",
            "notices_log",
            "notices_delivery",
        ),
        roles(ADMINISTRATOR),
    ),
    # --- audit ---
    "auditing:search": roles(AUDITOR),
    "auditing:trail": roles(AUDITOR),
    "auditing:trail-file": roles(AUDITOR),
    "auditing:workflow": roles(AUDITOR),
    "auditing:workflow-edition": roles(AUDITOR),
}


def table() -> Mapping[str, Rule]:
    """Return every line: ours, then Wagtail's."""
    # Wagtail's half is long and stands in its own module, which takes the words from here.
    from backoffice.access.table_wagtail import WAGTAIL

    return {**WAGTAIL, **OURS}
