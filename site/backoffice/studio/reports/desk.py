"""The page of the editor of one report as plain values: its figures and breakdowns, what is selected, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from pydantic import BaseModel

from backoffice.definitions import report_words as words
from backoffice.studio.desk import Desk, Line, Section
from backoffice.studio.flows.desk import Part
from backoffice.studio.properties import Around, Option
from backoffice.studio.shapes import Shape
from forms.checking import Problem
from forms.outline import Thing
from forms.schema import Confidentiality, FieldDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, newest
from foundation.editions.texts import in_language
from foundation.expressions import SchemaEntry
from foundation.organisation.models import RoleBinding
from workflows.definitions import definition_of
from workflows.reports.checking import AVERAGED_KINDS, GROUPED_KINDS, SUMMED_KINDS
from workflows.reports.definitions import check_report
from workflows.reports.outline import BREAKDOWN, FIGURE, REPORT, thing_at
from workflows.reports.schema import Figure, Grouping, ReportDefinition
from workflows.reports.working import REPORTS
from workflows.schema import WorkflowDefinition

MODELS: Mapping[str, type[BaseModel]] = {REPORT: ReportDefinition, FIGURE: Figure, BREAKDOWN: Grouping}
SHAPES = {sort: Shape.of(model) for sort, model in MODELS.items()}
NOTHING: Option = ("", "–")


class ReportDesk(Desk):
    """The editor's page for one person, of a report."""

    prefix: ClassVar[str] = "studio_report_"
    craft = REPORTS
    shapes: ClassVar[Mapping[str, Shape]] = SHAPES

    @cached_property
    def urls(self) -> dict[str, str]:
        """The addresses of what is worked on."""
        names = ("edit", "check", "history", "discard", "publish", "export")
        own = {name: reverse(f"{self.prefix}{name}", args=[self.working.key]) for name in names}
        return {**own, "preview": reverse("reports:draft", args=[self.working.key])}

    def place_of(self, path: str) -> tuple[Thing, str]:
        """Return the thing a problem's path leads to, and the rest of the path."""
        return thing_at(self.working.body, path)

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything wrong with the report."""
        return [Problem(one.path, one.message, one.severity) for one in check_report(self.working.body)]

    # --- outline ---

    @property
    def is_monthly(self) -> bool:
        """Whether it tells figures by month."""
        return isinstance(self.working.body.get("monthly"), dict)

    @cached_property
    def parts(self) -> list[Part]:
        """What the report consists of."""
        inner = self.tree.inner[self.tree.root]
        return [
            Part(sort, heading, none, tuple(self._line(thing, 0) for thing in inner.get(slot, [])))
            for slot, sort, heading, none in (
                ("monthly.figures", FIGURE, pgettext("of a report", "Figures"), _("No figure yet")),
                ("monthly.groups", BREAKDOWN, _("Breakdowns"), _("No breakdown yet")),
            )
            if self.is_monthly
        ]

    def _line(self, thing: Thing, depth: int, *, within: bool = True) -> Line:
        line = super()._line(thing, depth, within=within)
        said = self.tree.own[thing]
        name = {FIGURE: "measure", BREAKDOWN: "by"}.get(thing.sort, "")
        note = words.value(name, str(said.get(name, "count"))) if name else ""
        return Line(**{**line.__dict__, "note": note, "conditional": bool(said.get("where"))})

    def _name(self, thing: Thing) -> str:
        return self.title(thing)

    @cached_property
    def heading(self) -> str:
        """What is selected."""
        return {
            REPORT: pgettext("of the house", "Report"),
            FIGURE: pgettext("of a report", "Figure"),
            BREAKDOWN: _("Breakdown"),
        }[self.at.sort]

    @cached_property
    def destinations(self) -> list[Option]:
        """Where the selected thing could be moved to: nowhere else."""
        return []

    # --- properties ---

    def sections_of(self, sort: str) -> tuple[Section, ...]:
        """Return the headings under which the properties of a thing stand, each with its key and properties."""
        match sort:
            case "report":
                return (
                    ("main", pgettext("of the house", "Report"), ("title", "description", "readers")),
                    ("told", _("What it tells"), ("monthly", "ageing")),
                )
            case "figure":
                return (
                    (
                        "main",
                        pgettext("of a report", "Figure"),
                        ("title", "basis", "measure", "of", "answer", "charted"),
                    ),
                    ("where", _("Which cases count"), ("where",)),
                )
            case _:
                return (("main", _("Breakdown"), ("title", "figure", "by", "answer")),)

    def label_of(self, place: str, fallback: str, owner: str) -> str:
        """Return what a property is called, as ``Around.labels_of``."""
        return words.label(place, fallback, owner)

    def names_at(self, thing: Thing) -> dict[str, SchemaEntry]:
        """Return what expressions may read: a report has none."""
        return {}

    def around(self) -> Around:
        """Return what the controls of the selected thing need to know."""
        answers = [(key, self._labelled(field)) for key, field in self._fields.items() if _open(field)]
        ends = [(key, str(said)) for key, said in words.CLOCK_ENDS.items()]
        return Around(
            picks=self._picks(),
            answers=self._answers(),
            errors=self._problems_of.get(self.at, []),
            hidden=frozenset({"figures", "groups"}),
            answered=frozenset({"answers"}),
            couples={"answers": (answers, []), "clocks": (self._of_workflow("clocks"), ends)},
            labels_of=words.label,
            helps_of=words.help_text,
            values_of=words.value,
        )

    @cached_property
    def _workflow(self) -> WorkflowDefinition | None:
        monthly = self.working.body.get("monthly")
        key = monthly.get("workflow") if isinstance(monthly, dict) else None
        edition = newest(Edition.Kind.WORKFLOW, key) if isinstance(key, str) and key else None
        return definition_of(edition) if edition is not None else None

    @cached_property
    def _fields(self) -> dict[str, FieldDefinition]:
        """What the workflow asks: the fields of its form, the questions of its steps."""
        if self._workflow is None:
            return {}
        form = newest(Edition.Kind.FORM, self._workflow.form)
        return {**(form_of(form).by_id if form is not None else {}), **self._workflow.questions()}

    def _labelled(self, field: FieldDefinition) -> str:
        return in_language(field.label) or field.id

    def _asked(self, kinds: Iterable[str]) -> list[Option]:
        return [
            (key, self._labelled(field))
            for key, field in self._fields.items()
            if _open(field) and field.kind in kinds
        ]

    def _of_workflow(self, slot: str) -> list[Option]:
        if self._workflow is None:
            return []
        return [(one.id, in_language(one.title)) for one in getattr(self._workflow, slot)]

    def _answers(self) -> dict[str, list[Option]]:
        found: dict[str, list[Option]] = {}
        for key, field in self._fields.items():
            if field.kind == "yes_no":
                found[key] = [("true", _("yes")), ("false", _("no"))]
            elif choices := getattr(field.settings, "choices", ()):
                found[key] = [(one.key, in_language(one.label)) for one in choices]
        return found

    @cached_property
    def workflows(self) -> list[tuple[str, str, bool]]:
        """The workflows in force: key, title, and whether each keeps a ledger."""
        found = [definition_of(edition) for edition in all_in_force(Edition.Kind.WORKFLOW)]
        return [(one.key, in_language(one.title), one.ledger is not None) for one in found]

    def _picks(self) -> dict[str, list[Option]]:
        relations = set(RoleBinding.Relation.values)
        picks: dict[str, list[Option]] = {
            "readers": [one for one in self.role_options if one[0] not in relations],
            "workflow": [(key, title) for key, title, _ledger in self.workflows],
            "workflows": [(key, title) for key, title, ledger in self.workflows if ledger],
            "states": self._of_workflow("states"),
            "grades": self._of_workflow("grades"),
            "taken": self._of_workflow("transitions"),
            "promises": [(key, str(said)) for key, said in words.PROMISES.items()],
        }
        counts = [
            (thing.id, self.title(thing))
            for thing, said in self.tree.own.items()
            if thing.sort == FIGURE and said.get("measure", "count") == "count" and thing != self.at
        ]
        if self.at.sort == FIGURE:
            picks["of"] = [NOTHING, *counts]
            picks["answer"] = [NOTHING, *self._asked(AVERAGED_KINDS | SUMMED_KINDS)]
        elif self.at.sort == BREAKDOWN:
            picks["figure"] = counts
            picks["answer"] = [NOTHING, *self._asked(GROUPED_KINDS)]
        return picks


def _open(field: FieldDefinition) -> bool:
    """Whether a report may tell of the answers: neither confidential nor for some readers alone."""
    asks: bool = field.of_kind.asks
    return asks and not field.readers and field.confidentiality is Confidentiality.INTERNAL


def readers_of(body: Mapping[str, Any]) -> list[str]:
    """Return the roles a body names as readers."""
    found = body.get("readers")
    return [str(one) for one in found] if isinstance(found, list) else []
