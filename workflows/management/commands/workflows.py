"""``manage.py workflows check|matrix|sameness|words``: for whoever changes a definition, and for CI.

``check`` validates the newest edition of every workflow, acts its trials out, and exits with 1 on a fault; ``matrix``
prints state × transition × role of the editions in force; ``sameness`` writes anew what tells that cases are about the
same, after the secret of the installation was changed; ``words`` writes anew what
cases are searched by. The first two write nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Max

from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from workflows import sameness, words
from workflows.definitions import definition_of, edition_in_force
from workflows.faults import Problem
from workflows.matrix import matrix_of
from workflows.models import Case, WordsRenewal
from workflows.schema import WorkflowDefinition
from workflows.services import word_renewal
from workflows.services.definitions import check_workflow
from workflows.services.working import tried


def _trials(definition: WorkflowDefinition) -> list[Problem]:
    """Act the trials of a sound definition out; nothing of it stays. For whom nobody is there today is a warning."""
    return [
        Problem(f"trials.{trial.id}", "; ".join(result.problems), "warning" if result.nobody else "error")
        for trial, result in tried(definition)
        if not result.passed
    ]


class Command(BaseCommand):
    """Validates workflows and prints who may do what."""

    help = (
        "Validate every workflow (check), print state × transition × role (matrix), renew sameness and words."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two actions."""
        parser.add_argument("action", choices=["check", "matrix", "sameness", "words"])
        parser.add_argument("key", nargs="?", help="one workflow; all without it")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        keys = sorted(set(Edition.objects.filter(kind=Edition.Kind.WORKFLOW).values_list("key", flat=True)))
        if options["key"]:
            if options["key"] not in keys:
                raise CommandError(
                    f"There is no workflow {options['key']!r}; there are: {', '.join(keys) or 'none'}."
                )
            keys = [options["key"]]
        if options["action"] == "check":
            self._check(keys, options["format"])
        elif options["action"] == "sameness":
            self._renew(keys, lambda case: sameness.keep(case, definition_of(case.edition)))
        elif options["action"] == "words":
            self._words(keys if options["key"] else None)
        else:
            self._matrix(keys, options["format"])

    def _check(self, keys: list[str], form: str) -> None:
        report: list[dict[str, Any]] = []
        faults = 0
        for key in keys:
            edition = newest(Edition.Kind.WORKFLOW, key)
            assert edition is not None
            problems = check_workflow(body_of(edition))
            if not any(problem.severity == "error" for problem in problems):
                problems += _trials(definition_of(edition))
            faults += sum(problem.severity == "error" for problem in problems)
            report.append(
                {
                    "key": key,
                    "edition": edition.number,
                    "problems": [
                        {"path": problem.path, "message": problem.message, "severity": problem.severity}
                        for problem in problems
                    ],
                }
            )
        if form == "json":
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            for entry in report:
                self.stdout.write(f"{entry['key']} · {entry['edition']}: {len(entry['problems'])}")
                for problem in entry["problems"]:
                    self.stdout.write(f"  {problem['severity']}: {problem['path']}: {problem['message']}")
        if faults:
            raise CommandError(f"{faults} faults", returncode=1)

    def _renew(self, keys: list[str], keep: Callable[[Case], None]) -> None:
        cases = Case.objects.filter(workflow__in=keys).order_by("pk").values_list("pk", flat=True)
        whole = Case.objects.select_for_update(of=("self",)).select_related("edition", "submission__edition")
        for key in cases.iterator(chunk_size=500):
            with transaction.atomic():
                keep(whole.get(pk=key))
        self.stdout.write(f"{cases.count()} cases")

    def _words(self, keys: list[str] | None) -> None:
        """Write the words anew at once: of certain workflows, or of all, whatever the worker has done of it."""
        if keys is not None:
            self._renew(keys, words.keep)
            return
        stand = word_renewal.begin()
        WordsRenewal.objects.filter(pk=stand.pk).update(
            upto=0, until=Case.objects.aggregate(last=Max("pk"))["last"] or 0
        )
        while word_renewal.renew_some():
            pass
        self.stdout.write(f"{Case.objects.count()} cases")

    def _matrix(self, keys: list[str], form: str) -> None:
        rows = [
            {"workflow": key, "edition": edition.number, **cell.__dict__}
            for key in keys
            if (edition := edition_in_force(key)) is not None
            for cell in matrix_of(definition_of(edition))
        ]
        if form == "json":
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            if row["allowed"]:
                self.stdout.write(
                    f"{row['workflow']} · {row['edition']}: {row['state']} -{row['step']}→ {row['role']}"
                )
