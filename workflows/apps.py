"""Registers the app and what of it packs can carry."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

IN_A_CLOSED_MONTH = (
    'EXISTS (SELECT 1 FROM "workflows_ledgermonth" m WHERE m."workflow" = NEW."workflow" '
    'AND m."ends_on" >= NEW."posted_on")'
)


class WorkflowsConfig(AppConfig):
    name = "workflows"
    label = "workflows"
    verbose_name = pgettext_lazy("of cases", "Workflows")

    def ready(self) -> None:
        """Tell the packs who reads and writes workflows, and the auditor's pages who tells of cases."""
        # Imported here: models are not ready when this module is.
        from django.db.models.signals import post_migrate

        from forms.files.holders import register_holders
        from forms.registers.beside import stand_beside
        from forms.services.corrections import bar_withdrawal, follow_correction
        from forms.services.retention import follow, hold_back
        from forms.uses import tell_uses
        from foundation.audit import guards
        from foundation.audit.trails import TrailKind, register_trail
        from foundation.audit.verification import register_check
        from foundation.packs.registry import register
        from workflows import (
            definition_trail,
            ledger_trail,
            notices,
            submissions,
            trail,
            uses,
            verification,
            word_index,
        )
        from workflows.models import clock
        from workflows.pack import ReportLoader, WorkflowLoader
        from workflows.registers import CasesBeside
        from workflows.services import clocks, promises, word_renewal  # noqa: F401 - register their rounds
        from workflows.services.drafts import StepHolders

        notices.register()
        post_migrate.connect(word_index.install, sender=self, dispatch_uid="workflows-words")
        bar_withdrawal("cases", submissions.bar_withdrawal)
        follow_correction("cases", submissions.follow_correction)
        hold_back("cases", submissions.open_cases)
        follow("cases", submissions.erase_case)
        register_holders("case", StepHolders())
        register("workflows", WorkflowLoader())
        register("reports", ReportLoader())
        guards.protect("workflows.LedgerEntry")
        guards.protect("workflows.LedgerMonth")
        guards.refuse_rows(
            "workflows.LedgerEntry", "month", IN_A_CLOSED_MONTH, "the month of its day is closed"
        )
        label, refusal = "workflows.CaseClock", "a clock changes with an event of its case or its own"
        guards.refuse_rows(label, "insert", clock.NO_NEW_CLOCK, refusal)
        guards.refuse_rows(label, "update", clock.no_lawful_change(), refusal, verb="update")
        guards.refuse_rows(label, "delete", "", "rows are never deleted", verb="delete")
        register_check("ledger entries", verification.entry_faults)
        register_check("accounts of cases", verification.account_faults)
        stand_beside("cases", CasesBeside())
        tell_uses("workflows", pgettext_lazy("of cases", "Workflow"), uses.workflows)
        register_trail(
            TrailKind("ledgers", _("Ledgers"), ledger_trail.find, ledger_trail.subject, ledger_trail.entries)
        )
        register_trail(TrailKind("cases", _("Cases"), trail.find, trail.subject, trail.entries))
        register_trail(
            TrailKind(
                "workflows",
                pgettext_lazy("of cases", "Workflows"),
                definition_trail.find,
                definition_trail.subject,
                definition_trail.entries,
            )
        )
