"""A report as tables and a chart, in the language in use: the same for the screen, the workbook and the PDF.

Each cell knows the query of the list of its cases; there is one where there is something to list.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from backoffice.access.templatetags.remit import date_text
from backoffice.reports.drawing import Bar, columns, share_bar
from forms.fields.money import MoneyOptions
from forms.schema import FieldDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.texts import in_language
from foundation.organisation.models import Department, User
from workflows.ageing import Age
from workflows.definitions import definition_of
from workflows.ledgers import OpenItem, class_words
from workflows.models import Case
from workflows.reports import monthly as reckoning
from workflows.reports.ageing import Aged, aged, ledgers_seen
from workflows.reports.periods import Period, key_of, periods_to
from workflows.reports.schema import Figure, Grouping, Monthly, ReportDefinition
from workflows.schema import WorkflowDefinition

Number = Decimal | int | None


@dataclass(frozen=True)
class Cell:
    """One figure: as people read it, as a workbook keeps it, and the address of its cases."""

    text: str
    value: Number = None
    address: str = ""
    bar: SafeString | str = ""
    marked: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a table. ``total``: it sums the others."""

    title: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its heads. ``empty``: what to say where there is no line."""

    id: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    empty: str = ""
    first: str = ""


@dataclass(frozen=True)
class Told:
    """A whole report as of a month or a day. ``period``: the word for it; ``query``: what asks for it again."""

    key: str
    title: str
    description: str
    period: str
    query: str
    note: str
    tiles: tuple[tuple[str, Cell, str], ...]
    chart: SafeString | str
    chart_title: str
    tables: tuple[Table, ...]


def month_word(month: datetime.date) -> str:
    """Return a month as people read it."""
    return _("%(year)d-%(month)02d") % {"year": month.year, "month": month.month}


def period_word(first: datetime.date, period: Period) -> str:
    """Return a week, month or quarter as people read it."""
    if period == "month":
        return month_word(first)
    if period == "quarter":
        return _("%(year)d, quarter %(quarter)d") % {"year": first.year, "quarter": (first.month + 2) // 3}
    year, week, _day = first.isocalendar()
    return _("%(year)d, week %(week)d: %(first)s to %(last)s") % {
        "year": year,
        "week": week,
        "first": date_text(first),
        "last": date_text(first + datetime.timedelta(days=6)),
    }


def written(value: Number, unit: str = "") -> str:
    """Return a number of a report; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,}{unit}"


class MonthlyReport:
    """A report by week, month or quarter as one person has it, up to one of them."""

    def __init__(
        self, report: ReportDefinition, reader: User, first: datetime.date, cases: str = "reports:cases"
    ) -> None:
        """Take the report and who reads it up to which period (its first day); ``cases`` names the address of what is
        behind it.
        """
        assert report.monthly is not None
        self.report, self.reader, self.first = report, reader, first
        self.monthly: Monthly = report.monthly
        self.period = report.monthly.period
        self.base = reverse(cases, args=[report.key])

    @cached_property
    def words(self) -> Words:
        """What stored values of the workflow are called."""
        return Words(self.monthly.workflow)

    def told(self) -> Told:
        """Return all of it."""
        firsts = periods_to(self.first, self.monthly.months, self.period)
        values = reckoning.figures_of(self.monthly, self.reader, firsts)
        figures = self.monthly.figures
        return Told(
            key=self.report.key,
            title=in_language(self.report.title),
            description=in_language(self.report.description) if self.report.description else "",
            period=period_word(self.first, self.period),
            query=urlencode(self.query(self.first)),
            note=_("Counted are the cases you may see, without those merged into another."),
            tiles=tuple(
                (
                    in_language(figure.title),
                    self._cell(figure, self.first, values),
                    self._earlier(self._written(figure, values[figure.id][firsts[-2]])),
                )
                for figure in figures
            ),
            chart=self._chart(firsts, values),
            chart_title=self._title,
            tables=(
                Table(
                    "months",
                    self._title,
                    tuple(key_of(first, self.period) for first in firsts),
                    tuple(
                        Line(
                            in_language(figure.title),
                            tuple(self._cell(figure, first, values) for first in firsts),
                        )
                        for figure in figures
                    ),
                    first=_("Figure"),
                ),
                *(self._group(group) for group in self.monthly.groups),
            ),
        )

    def query(self, first: datetime.date) -> dict[str, str]:
        """Return what asks for it up to a period."""
        return {self.period: key_of(first, self.period)}

    @property
    def _title(self) -> str:
        titles = {"week": _("Week by week"), "quarter": _("Quarter by quarter")}
        return titles.get(self.period, _("Month by month"))

    def _earlier(self, value: str) -> str:
        said = {"earlier": value}
        if self.period == "week":
            return _("the week before %(earlier)s") % said
        if self.period == "quarter":
            return _("the quarter before %(earlier)s") % said
        return _("the month before %(earlier)s") % said

    def _address(self, **query: str) -> str:
        return f"{self.base}?{urlencode(query)}"

    def _cell(
        self, figure: Figure, first: datetime.date, values: Mapping[str, Mapping[datetime.date, Number]]
    ) -> Cell:
        value = values[figure.id][first]
        said = value is not None and (value or figure.measure.startswith("average"))
        address = self._address(figure=figure.id, **self.query(first)) if said else ""
        return Cell(self._written(figure, value), value, address, marked=first == self.first)

    def _written(self, figure: Figure, value: Number) -> str:
        """Return a figure as people read it: of a sum of money in its currency, of other sums as whole numbers."""
        if figure.measure != "sum" or value is None:
            return written(value, unit_of(figure))
        field = self.words.fields.get(figure.answer or "")
        if field is not None and isinstance(field.settings, MoneyOptions):
            return field.settings.written(Decimal(value).quantize(Decimal("0.01")))
        return written(int(value))

    def _chart(
        self, firsts: Sequence[datetime.date], values: Mapping[str, Mapping[datetime.date, Number]]
    ) -> SafeString | str:
        drawn = [figure for figure in self.monthly.figures if figure.charted]
        if not drawn:
            return ""
        series = []
        for figure in drawn:
            title = in_language(figure.title)
            bars = []
            for first in firsts:
                cell = self._cell(figure, first, values)
                said = _("%(figure)s, %(month)s: %(value)s") % {
                    "figure": title,
                    "month": period_word(first, self.period),
                    "value": cell.text,
                }
                bars.append(Bar(cell.value or 0, cell.text, said, cell.address))
            series.append((title, bars))
        return columns(
            in_language(self.report.title), [key_of(first, self.period) for first in firsts], series
        )

    def _group(self, group: Grouping) -> Table:
        shares = reckoning.shares_of(self.monthly, group, self.reader, self.first)
        whole = sum(one.count for one in shares)
        names = self.words.names(group, [one.value for one in shares])
        query = self.query(self.first)
        empty = {"week": _("No case in this week."), "quarter": _("No case in this quarter.")}
        return Table(
            group.id,
            in_language(group.title),
            (_("Cases"), pgettext("of a whole", "Share")),
            tuple(
                Line(
                    names[one.value],
                    (
                        Cell(
                            written(one.count),
                            one.count,
                            self._address(group=group.id, value=one.value, **query),
                        ),
                        Cell(
                            written(_percent(one.count, whole), "%"),
                            _percent(one.count, whole),
                            bar=share_bar(one.count, whole),
                        ),
                    ),
                )
                for one in shares
            ),
            empty=empty.get(self.period, _("No case in this month.")),
            first=in_language(group.title),
        )


def unit_of(figure: Figure) -> str:
    """Return what stands behind a figure."""
    return {"share": "%", "average_days": " " + pgettext("unit after a number", "d")}.get(figure.measure, "")


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / whole).quantize(reckoning.TENTH)


class Words:
    """What the stored values of a workflow are called today."""

    def __init__(self, workflow: str) -> None:
        edition = newest(Edition.Kind.WORKFLOW, workflow)
        assert edition is not None
        self.definition: WorkflowDefinition = definition_of(edition)

    @cached_property
    def fields(self) -> Mapping[str, FieldDefinition]:
        """The fields of the form and the questions of the steps."""
        form = newest(Edition.Kind.FORM, self.definition.form)
        return {**(form_of(form).by_id if form else {}), **self.definition.questions()}

    def names(self, group: Grouping, values: Sequence[str]) -> dict[str, str]:
        """Return by stored value what it is called; one query at most."""
        titles = self._titles(group, values)
        nothing = {
            "assignee": _("nobody yet"),
            "promised_by": _("nobody of the house"),
            "department": _("no department"),
            "grade": _("no grade"),
        }.get(group.by, _("not answered"))
        return {value: titles(value) if value else nothing for value in values}

    def _titles(self, group: Grouping, values: Sequence[str]) -> Callable[[str], str]:
        known: dict[str, str] = {}
        if group.by == "state":
            known = {one.id: in_language(one.title) for one in self.definition.states}
        elif group.by == "grade":
            known = {one.id: in_language(one.title) for one in self.definition.grades}
        elif group.by in ("department", "assignee", "promised_by"):
            model: Any = Department if group.by == "department" else User
            rows = model.objects.filter(pk__in=[int(value) for value in values if value.isdecimal()])
            known = {str(row.pk): str(row) for row in rows}
        elif group.answer is not None and (field := self.fields.get(group.answer)) is not None:
            return lambda value: shown(field, value)
        return lambda value: known.get(value, value)


def shown(field: FieldDefinition, value: str) -> str:
    """Return a stored answer, told as text, as people read it."""
    stored: Any = {"true": True, "false": False}.get(value, value) if field.kind == "yes_no" else value
    if field.kind == "rating":
        return value
    return field.of_kind.display(stored, field.settings, get_language() or "")


class AgeingReport:
    """What is open by age, as one person has it, as of a day."""

    def __init__(
        self, report: ReportDefinition, reader: User, on: datetime.date, cases: str = "reports:cases"
    ) -> None:
        """Take the report and who reads it as of which day; ``cases`` as of a monthly one."""
        assert report.ageing is not None
        self.report, self.on, self.reader = report, on, reader
        self.views = ledgers_seen(report.ageing, reader)
        self.base = reverse(cases, args=[report.key])

    @cached_property
    def aged(self) -> Aged:
        """The open items behind it."""
        return aged(self.views, self.on, self.reader)

    @property
    def currency(self) -> str:
        """The currency of all its ledgers."""
        return self.views[0].ledger.currency

    def told(self) -> Told:
        """Return all of it."""
        total, names = self.aged.total, class_words()
        heads = (*names, _("Paid beyond what was owed"), _("Open balance"))
        bars = [
            Bar(
                amount,
                self._money(amount),
                _("%(age)s: %(amount)s") % {"age": name, "amount": self._money(amount)},
                self._address(age=str(place)),
            )
            for place, (name, amount) in enumerate(zip(names, total.classes, strict=True))
        ]
        chart = columns(in_language(self.report.title), names, [(_("Open amount"), bars)])
        ledgers = [
            Line(in_language(view.ledger.title), self._cells(age, ledger=view.key))
            for view, age in self.aged.by_ledger()
        ]
        payers = [
            Line(payer or _("no payer named"), self._cells(age, payer=payer))
            for payer, age in self.aged.by_payer()
        ]
        everything = [Line(_("Total"), self._cells(total), total=True)] if ledgers else []
        return Told(
            key=self.report.key,
            title=in_language(self.report.title),
            description=in_language(self.report.description) if self.report.description else "",
            period=day_word(self.on),
            query=urlencode({"on": self.on.isoformat()}),
            note=_("Counted are the ledgers you see as a whole: %(ledgers)s.")
            % {"ledgers": "、".join(in_language(view.ledger.title) for view in self.views)},
            tiles=tuple(
                (head, cell, "") for head, cell in zip(heads, self._cells(total), strict=True) if cell.value
            ),
            chart=chart if self.aged.items else "",
            chart_title=_("Open amounts by age"),
            tables=(
                Table(
                    "ledgers",
                    _("By ledger"),
                    heads,
                    (*ledgers, *everything),
                    _("Nothing is open on this day."),
                    _("Ledger"),
                ),
                Table(
                    "payers",
                    _("By payer"),
                    heads,
                    (*payers, *everything),
                    _("Nothing is open on this day."),
                    _("Payer"),
                ),
            ),
        )

    def item_cells(self, item: OpenItem) -> list[tuple[str, str]]:
        """Return what one case has open: by class, and in all."""
        return [
            (head, cell.text)
            for head, cell in zip((*class_words(), _("Open balance")), self._open(item.age), strict=True)
        ]

    def _open(self, age: Age) -> list[Cell]:
        cells = self._cells(age)
        return [*cells[:-2], cells[-1]]

    def title_of(self, payer: str | None, ledger: str | None, age: int | None, *, credit: bool) -> str:
        """Return what a list of cases behind an amount is called."""
        titles = {view.key: in_language(view.ledger.title) for view in self.views}
        parts = [
            *([titles.get(ledger, ledger)] if ledger is not None else []),
            *([payer or _("no payer named")] if payer is not None else []),
            *([class_words()[age]] if age is not None else []),
            *([_("Paid beyond what was owed")] if credit else []),
        ]
        return " · ".join(parts) or _("Open amounts")

    def _money(self, amount: Decimal) -> str:
        return MoneyOptions.model_validate({"currency": self.currency}).written(amount)

    def _address(self, **query: str) -> str:
        return f"{self.base}?{urlencode({'on': self.on.isoformat(), **query})}"

    def _cells(self, age: Age, **query: str) -> tuple[Cell, ...]:
        found = [
            Cell(
                self._money(amount) if amount else "–",
                amount,
                self._address(**query, age=str(place)) if amount else "",
            )
            for place, amount in enumerate(age.classes)
        ]
        found.append(
            Cell(
                self._money(age.credit) if age.credit else "–",
                age.credit,
                self._address(**query, credit="1") if age.credit else "",
            )
        )
        found.append(Cell(self._money(age.balance), age.balance, self._address(**query)))
        return tuple(found)


def day_word(day: datetime.date) -> str:
    """Return a day as people read it."""
    return _("as of %(day)s") % {"day": date_text(day)}


def case_row(case: Case) -> dict[str, Any]:
    """Return a case as a row of a list."""
    state = definition_of(case.edition).state(case.state)
    return {
        "case": case,
        "subject": case.subject,
        "state": in_language(state.title),
        "category": state.category,
    }
