"""What is wrong with a report, each fault at its place. A report with faults cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from django.utils.translation import gettext as _

from forms.schema import Confidentiality, FieldDefinition, FormDefinition
from workflows.faults import Problem
from workflows.reports.schema import KEPT_KEYS, Ageing, Figure, Grouping, Monthly, ReportDefinition
from workflows.schema import WorkflowDefinition

Known = Callable[[str], tuple[WorkflowDefinition, FormDefinition | None] | None]
"""Gives a workflow and the form of its cases, by key; None where there is none."""

GROUPED_KINDS = frozenset({"choice", "yes_no", "rating"})
AVERAGED_KINDS = frozenset({"rating", "whole_number", "decimal"})
SUMMED_KINDS = frozenset({"whole_number", "money"})


def problems_of(report: ReportDefinition, known: Known, roles: frozenset[str]) -> list[Problem]:
    """Return everything wrong with a well-formed report."""
    found = [
        Problem(f"readers.{role}", _("There is no role “%(role)s”.") % {"role": role})
        for role in report.readers
        if role not in roles
    ]
    if not report.readers:
        found.append(Problem("readers", _("Say which roles read it.")))
    if report.key in KEPT_KEYS:
        found.append(Problem("key", _("“%(key)s” means something else in addresses.") % {"key": report.key}))
    if (report.monthly is None) == (report.ageing is None):
        found.append(Problem("monthly", _("A report is monthly or about age: give one of the two.")))
    if report.monthly is not None:
        found += _of_monthly(report.monthly, known)
    if report.ageing is not None:
        found += _of_ageing(report.ageing, known)
    return found


def _of_ageing(ageing: Ageing, known: Known) -> Iterator[Problem]:
    currencies = set()
    if not ageing.workflows:
        yield Problem("ageing.workflows", _("Choose at least one workflow that keeps a ledger."))
    for key in ageing.workflows:
        place = f"ageing.workflows.{key}"
        pair = known(key)
        if pair is None:
            yield Problem(place, _("There is no workflow “%(key)s”.") % {"key": key})
        elif pair[0].ledger is None:
            yield Problem(place, _("The workflow “%(key)s” keeps no ledger.") % {"key": key})
        else:
            currencies.add(pair[0].ledger.currency)
    if len(currencies) > 1:
        yield Problem("ageing.workflows", _("Ledgers in different currencies cannot be added up."))


def _of_monthly(monthly: Monthly, known: Known) -> Iterator[Problem]:
    if not monthly.figures:
        yield Problem("monthly.figures", _("Add at least one figure."))
    pair = known(monthly.workflow)
    if pair is None:
        yield Problem("monthly.workflow", _("There is no workflow “%(key)s”.") % {"key": monthly.workflow})
        return
    for kind, ids in (
        ("figures", [one.id for one in monthly.figures]),
        ("groups", [one.id for one in monthly.groups]),
    ):
        for name, times in Counter(ids).items():
            if times > 1:
                yield Problem(f"monthly.{kind}.{name}", _("%(key)s is there twice.") % {"key": name})
    asked = _Asked(*pair)
    for figure in monthly.figures:
        yield from asked.of_figure(figure, monthly)
    for group in monthly.groups:
        yield from asked.of_group(group, monthly)


class _Asked:
    """What a workflow knows, as far as a report can name it."""

    def __init__(self, definition: WorkflowDefinition, form: FormDefinition | None) -> None:
        self.definition = definition
        self.fields: Mapping[str, FieldDefinition] = {
            **(form.by_id if form else {}),
            **definition.questions(),
        }

    def of_figure(self, figure: Figure, monthly: Monthly) -> Iterator[Problem]:
        place, where = f"monthly.figures.{figure.id}", figure.where
        definition = self.definition
        for name, said, there in (
            ("states", where.states, {one.id for one in definition.states}),
            ("grades", where.grades, {one.id for one in definition.grades}),
            ("taken", where.taken, {one.id for one in definition.transitions}),
            ("clocks", tuple(where.clocks), {one.id for one in definition.clocks}),
        ):
            for key in said:
                if key not in there:
                    yield Problem(
                        f"{place}.where.{name}", _("The workflow knows no “%(key)s”.") % {"key": key}
                    )
        for key, values in where.answers.items():
            yield from self._readable(key, f"{place}.where.answers.{key}")
            if not values:
                yield Problem(f"{place}.where.answers.{key}", _("Say which answers count; none would."))
            field = self.fields.get(key)
            if field is not None and field.kind == "choice":
                keys = {choice["key"] for choice in field.options.get("choices", ())}
                for value in values:
                    if keys and value not in keys:
                        yield Problem(
                            f"{place}.where.answers.{key}",
                            _("“%(value)s” is no answer to “%(key)s”.") % {"value": value, "key": key},
                        )
        if (figure.measure == "share") != (figure.of is not None):
            yield Problem(f"{place}.of", _("A share, and only a share, names the figure it is a share of."))
        if figure.of is not None:
            whole = monthly.figure(figure.of)
            if whole is None or whole.measure != "count" or whole.basis != figure.basis:
                yield Problem(
                    f"{place}.of", _("A share is one of a count of the same cases, opened or closed.")
                )
        if (figure.measure in ("average", "sum")) != (figure.answer is not None):
            yield Problem(
                f"{place}.answer", _("An average or a sum, and nothing else, names the answer it is of.")
            )
        if figure.answer is not None:
            kinds = SUMMED_KINDS if figure.measure == "sum" else AVERAGED_KINDS
            yield from self._readable(figure.answer, f"{place}.answer", kinds)
        if figure.measure == "average_days" and figure.basis != "closed":
            yield Problem(f"{place}.basis", _("Days to the end are told of the cases closed in a period."))
        if figure.charted and figure.measure != "count":
            yield Problem(f"{place}.charted", _("Only counts are drawn as bars."))

    def of_group(self, group: Grouping, monthly: Monthly) -> Iterator[Problem]:
        place, figure = f"monthly.groups.{group.id}", monthly.figure(group.figure)
        if figure is None or figure.measure != "count":
            yield Problem(f"{place}.figure", _("A breakdown is one of a count of the report."))
        if (group.by == "answer") != (group.answer is not None):
            yield Problem(f"{place}.answer", _("Name the answer to break down by, and only then."))
        if group.answer is not None:
            yield from self._readable(group.answer, f"{place}.answer", GROUPED_KINDS)

    def _readable(self, key: str, place: str, kinds: frozenset[str] | None = None) -> Iterator[Problem]:
        field = self.fields.get(key)
        if field is None:
            yield Problem(place, _("Neither the form nor a step asks “%(key)s”.") % {"key": key})
        elif field.readers or field.confidentiality is not Confidentiality.INTERNAL:
            # A count by a confidential answer would tell it to those who may not read it.
            yield Problem(place, _("“%(key)s” is confidential; a report may not tell it.") % {"key": key})
        elif kinds is not None and field.kind not in kinds:
            yield Problem(place, _("Answers of the kind of “%(key)s” cannot be reckoned so.") % {"key": key})
