"""The editor's page as plain values: the outline, what is selected, its properties, what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from backoffice.definitions.words import called, label, shown
from backoffice.studio.conditions import Condition
from backoffice.studio.places import told_place
from backoffice.studio.properties import Around, Input, Option, inputs_of
from backoffice.studio.shapes import Shape
from forms.checking import Problem, check
from forms.fields import KINDS
from forms.fields.reference import ReferenceField
from forms.models import RefusedChange, WorkingCopy
from forms.outline import FIELD, FORM, GROUP, PAGE, ROOT, RULE, Body, Thing, Tree, thing_at, tree_of
from forms.schema import (
    CLOCK,
    NOW,
    SUBMITTED,
    SUBMITTER,
    TODAY,
    FieldDefinition,
    FormDefinition,
    Group,
    PageDefinition,
    Rule,
)
from forms.services import working as service
from forms.services.definitions import form_in_force
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of, newest
from foundation.expressions import Kind, RecordList, SchemaEntry, is_field_name, is_name
from foundation.expressions.kinds import COUNTED
from foundation.organisation.models import Department, Role, User

MODELS: Mapping[str, type[BaseModel]] = {
    FORM: FormDefinition,
    PAGE: PageDefinition,
    GROUP: Group,
    FIELD: FieldDefinition,
    RULE: Rule,
}
SHAPES = {sort: Shape.of(model) for sort, model in MODELS.items()}

Section = tuple[str, str, tuple[str, ...]]
_UNSAID: tuple[Any, ...] = (None, "", [], {}, "internal")


def sections_of(sort: str) -> tuple[Section, ...]:
    """Return the headings under which the properties of a thing stand, each with its key and properties."""
    match sort:
        case "form":
            return (
                (
                    "main",
                    _("Form"),
                    ("title", "description", "category", "numbering", "summary", "confirmation"),
                ),
                (
                    "who",
                    _("Who fills it in, and when"),
                    ("submitters", "departments", "on_behalf", "opens_on", "closes_on", "limit", "public"),
                ),
                ("after", _("After submitting"), ("correction", "withdrawal", "retention")),
                ("lists", _("Register and print"), ("registered", "prints")),
            )
        case "page":
            return (
                ("main", pgettext("of a form", "Page"), ("title", "help")),
                ("conditions", _("Conditions"), ("visible_if",)),
            )
        case "group":
            return (
                ("main", pgettext("of a form", "Group"), ("title", "help", "repeat")),
                ("conditions", _("Conditions"), ("visible_if",)),
            )
        case "field":
            return (
                ("main", pgettext("of a form", "Question"), ("label", "help", "kind", "required", "width")),
                ("options", pgettext("of a form", "Answer"), ()),
                (
                    "conditions",
                    _("Conditions"),
                    ("visible_if", "required_if", "read_only_if", "computed"),
                ),
                ("more", _("More"), ("prefill", "initial", "confidentiality", "readers")),
            )
        case _:
            return (("main", pgettext("of a form", "Rule"), ("group", "holds", "message", "fields", "when")),)


@dataclass(frozen=True)
class Line:
    """One line of the outline."""

    at: str
    sort: str
    id: str
    title: str
    note: str
    depth: int
    selected: bool
    errors: int
    warnings: int
    repeats: bool
    conditional: bool
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class ProblemView:
    """One problem with the thing it concerns; ``what`` is the property at which it stands, ``rest`` its path there."""

    at: str
    where: str
    what: str
    rest: str
    message: str
    severity: str
    path: str


@dataclass(frozen=True)
class SectionView:
    """Properties under one heading; folded where nothing in them is said."""

    key: str
    heading: str
    inputs: tuple[Input, ...]
    open: bool


@dataclass(frozen=True)
class RefusalView:
    """A change of mine that could not stand."""

    id: int
    where: str
    at: str
    what: str
    mine: str
    theirs: str
    who: str
    why: str


@dataclass
class Desk:
    """The editor's page for one person."""

    working: WorkingCopy
    person: User
    at: Thing = ROOT
    pending: Mapping[str, Condition] = field(default_factory=dict)
    expert: Collection[str] = ()
    """Names of the conditions that are shown as expressions."""
    prefix: ClassVar[str] = "studio_"
    """How the names of its addresses begin."""
    craft: ClassVar[service.Craft] = service.FORMS
    shapes: ClassVar[Mapping[str, Shape]] = SHAPES

    def __post_init__(self) -> None:
        if self.at not in self.tree.own:
            self.at = self.tree.root

    @cached_property
    def urls(self) -> dict[str, str]:
        """The addresses of what is worked on."""
        names = ("edit", "check", "history", "discard", "publish", "export")
        return {name: reverse(f"{self.prefix}{name}", args=[self.working.key]) for name in names}

    def sections_of(self, sort: str) -> tuple[Section, ...]:
        """Return the headings under which the properties of a thing stand, each with its key and properties."""
        return sections_of(sort)

    def place_of(self, path: str) -> tuple[Thing, str]:
        """Return the thing a problem's path leads to, and the rest of the path."""
        return thing_at(path)

    @cached_property
    def tree(self) -> Tree:
        """The definition taken apart."""
        return tree_of(self.working.body)

    @cached_property
    def language(self) -> str:
        """The language in use."""
        return get_language() or ""

    @cached_property
    def role_options(self) -> list[Option]:
        """The roles there are."""
        english = self.language.startswith("en")
        return [
            (role.key, (role.name_en if english and role.name_en else role.name) or role.key)
            for role in Role.objects.order_by("key")
        ]

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything wrong with the definition."""
        return check(
            self.working.body,
            roles={key for key, _label in self.role_options},
            registers=form_in_force,
        )

    @property
    def errors(self) -> int:
        """How many problems keep it from being published."""
        return sum(problem.severity == "error" for problem in self.problems)

    @cached_property
    def problem_views(self) -> list[ProblemView]:
        """The problems, each with its place."""
        return [
            ProblemView(
                str(thing),
                self.title(thing),
                self._told_place(thing, rest),
                rest,
                problem.message,
                problem.severity,
                problem.path,
            )
            for problem in self.problems
            for thing, rest in [self.place_of(problem.path)]
        ]

    def _told_place(self, thing: Thing, rest: str) -> str:
        said = self.tree.own.get(thing, {})
        outer, _dot, inner = rest.partition(".")
        kind = KINDS.get(str(said.get("kind"))) if thing.sort == FIELD and outer == "options" else None
        if kind is not None:
            return told_place(Shape.of(kind.options_model), said.get("options") or {}, inner, self.label_of)
        return told_place(self.shapes[thing.sort], said, rest, self.label_of)

    def label_of(self, place: str, fallback: str, owner: str) -> str:
        """Return what a property is called, as ``Around.labels_of``."""
        return label(place, fallback, owner)

    @cached_property
    def _problems_of(self) -> dict[Thing, list[tuple[str, str, str]]]:
        found: dict[Thing, list[tuple[str, str, str]]] = {}
        for problem in self.problems:
            thing, rest = self.place_of(problem.path)
            found.setdefault(thing, []).append((rest, problem.message, problem.severity))
        return found

    def title(self, thing: Thing) -> str:
        """Return what people call a thing."""
        return called(self.tree.own.get(thing, {})) or thing.id or self.working.key

    # --- outline ---

    @cached_property
    def lines(self) -> list[Line]:
        """The pages with what is in them."""
        return [self._line(thing, 0) for thing in self.tree.inner[ROOT].get("pages", [])]

    @cached_property
    def rule_lines(self) -> list[Line]:
        """The rules between answers."""
        return [self._line(thing, 0) for thing in self.tree.inner[ROOT].get("rules", [])]

    @cached_property
    def form_line(self) -> Line:
        """The form itself."""
        return self._line(self.tree.root, 0, within=False)

    def _line(self, thing: Thing, depth: int, *, within: bool = True) -> Line:
        said = self.tree.own[thing]
        wrong = self._problems_of.get(thing, [])
        kind = KINDS.get(str(said.get("kind")))
        note = str(kind.name) if kind is not None else str(said.get("kind", ""))
        inner = [one for held in self.tree.inner[thing].values() for one in held] if within else []
        return Line(
            at=str(thing),
            sort=thing.sort,
            id=thing.id,
            title=self._name(thing),
            note=note if thing.sort == FIELD else "",
            depth=depth,
            selected=thing == self.at,
            errors=sum(severity == "error" for _path, _message, severity in wrong),
            warnings=sum(severity == "warning" for _path, _message, severity in wrong),
            repeats=bool(said.get("repeat")),
            conditional=bool(said.get("visible_if")),
            lines=tuple(self._line(one, depth + 1) for one in inner),
        )

    @cached_property
    def field_count(self) -> int:
        """How many fields there are."""
        return sum(thing.sort == FIELD for thing in self.tree.own)

    @cached_property
    def kinds(self) -> list[Option]:
        """The kinds of field, by what they are called."""
        return sorted(((key, str(kind.name)) for key, kind in KINDS.items()), key=lambda option: option[1])

    @cached_property
    def destinations(self) -> list[Option]:
        """Where the selected thing could be moved to."""
        if self.at.sort not in (FIELD, GROUP):
            return []
        here = self.tree.parent[self.at][0]
        return [
            (
                str(thing),
                " › ".join([*map(self.title, reversed([*self.tree.above(thing)][:-1])), self._name(thing)]),
            )
            for thing in self.tree.below(ROOT)
            if thing != here and thing != self.at and self._may_hold(thing)
        ]

    def _may_hold(self, thing: Thing) -> bool:
        """Whether the selected thing may stand in another: a repeating group also in the rows of one."""
        if self.at.sort == FIELD:
            return thing.sort == GROUP
        if thing.sort == PAGE:
            return True
        both_repeat = bool(self.tree.own[thing].get("repeat")) and bool(self.said.get("repeat"))
        outermost = self.tree.parent[thing][0].sort == PAGE and not self.tree.inner[self.at].get("groups")
        return thing.sort == GROUP and both_repeat and outermost

    def _name(self, thing: Thing) -> str:
        """Return what a thing is called in the outline."""
        said = self.tree.own[thing]
        return (
            _("Group without a heading")
            if thing.sort == GROUP and not said.get("title")
            else self.title(thing)
        )

    # --- properties ---

    @property
    def title_here(self) -> str:
        """What the selected thing is called."""
        return self.title(self.at)

    @cached_property
    def heading(self) -> str:
        """What is selected."""
        return {
            FORM: _("Form"),
            PAGE: pgettext("of a form", "Page"),
            GROUP: _("Repeating group") if self.said.get("repeat") else pgettext("of a form", "Group"),
            FIELD: _("Field"),
            RULE: pgettext("of a form", "Rule"),
        }[self.at.sort]

    @property
    def said(self) -> dict[str, Any]:
        """What the selected thing says of itself."""
        return self.tree.own[self.at]

    @cached_property
    def published(self) -> frozenset[Thing]:
        """The things whose ids never change."""
        return service.published_things(self.working.key, self.craft)

    @property
    def id_fixed(self) -> bool:
        """Whether the selected thing keeps its id."""
        return self.at in self.published

    @cached_property
    def last_edition(self) -> Edition | None:
        """The newest edition."""
        return newest(self.craft.kind, self.working.key)

    @cached_property
    def sections(self) -> list[SectionView]:
        """The properties of the selected thing."""
        around = self.around()
        views = []
        for key, heading, names in self.sections_of(self.at.sort):
            if key == "options":
                drawn = self._options(around)
                if not drawn:
                    continue
            else:
                drawn = inputs_of(self.shapes[self.at.sort], self.said, around, only=names)
            drawn = [self._with_pending(one) for one in drawn]
            used = any(
                one.wrong or one.errors or one.name in self.pending or self.said.get(one.key) not in _UNSAID
                for one in drawn
            )
            views.append(SectionView(key, heading, tuple(drawn), key in ("main", "options") or used))
        return views

    @property
    def thing_errors(self) -> list[tuple[str, str]]:
        """What is wrong with the selected thing as a whole, and with what has no control."""
        drawn = [one for section in self.sections for one in section.inputs]
        return [
            (message, severity)
            for rest, message, severity in self._problems_of.get(self.at, [])
            if not any(one.shows(rest) for one in drawn)
        ]

    def _with_pending(self, drawn: Input) -> Input:
        if drawn.name in self.pending and drawn.condition is not None:
            around = self.around()
            pending = self.pending[drawn.name]
            rows = tuple(
                replace(row, options=row.options or tuple(around.answers.get(row.field, ())))
                for row in pending.rows
            )
            rows = tuple(
                replace(row, control="choice") if row.control == "text" and row.options else row
                for row in rows
            )
            return replace(
                drawn, condition=replace(drawn.condition, mode="rows", rows=rows, combine=pending.combine)
            )
        if drawn.name in self.expert and drawn.condition is not None:
            return replace(drawn, condition=replace(drawn.condition, mode="text"))
        return drawn

    def options_around(self, around: Around) -> Around:
        """Return what the controls of the kind's options need to know: their names mean other things."""
        said = self.said.get("options")
        options = said if isinstance(said, dict) else {}
        kind = KINDS.get(str(self.said.get("kind")))
        picks: dict[str, Sequence[Option]] = {"totals": _counted_columns(options)}
        if isinstance(kind, ReferenceField):
            scope = self.rows_around(self.at)
            here = [option for option in self._fields_under(scope) if option[0] != self.at.id]
            there: Sequence[Option] = [(name, str(words)) for name, words in kind.gives.items()]
            if "form" in kind.options_model.model_fields:
                forms = {edition.key: edition for edition in all_in_force(Edition.Kind.FORM)}
                picks["form"] = [(key, called(body_of(one)) or key) for key, one in forms.items()]
                looked_up = forms.get(str(options.get("form")))
                there = _fields_of(body_of(looked_up)) if looked_up is not None else ()
                picks["shows"] = there
            picks |= {"fills.keys": here, "fills.values": there, "reads.keys": there}
        return replace(around, picks={key: found for key, found in picks.items() if found})

    def _options(self, around: Around) -> list[Input]:
        kind = KINDS.get(str(self.said.get("kind")))
        if kind is None:
            return []
        below = self.options_around(around)
        said = self.said.get("options")
        known = said if isinstance(said, dict) else {}
        return inputs_of(Shape.of(kind.options_model), known, below, name="p.options", path="options")

    def around(self) -> Around:
        """Return what the controls of the selected thing need to know."""
        names = self.names_at(self.at)
        published: Mapping[str, Any] = {}
        if self.last_edition is not None and self.at in (tree := tree_of(body_of(self.last_edition))).own:
            published = tree.own[self.at]
        kind = KINDS.get(str(self.said.get("kind")))
        return Around(
            picks=self._picks(),
            names=names,
            labels={name: self._called(name) for name in {one.split(".")[0] for one in names}},
            answers=self._answers(),
            results={"computed": kind.expression if kind is not None else Kind.TEXT},
            published=published,
            errors=self._problems_of.get(self.at, []),
        )

    def _called(self, name: str) -> str:
        """Return what people call what an expression calls ``name``."""
        if name in CLOCK:
            return {TODAY: _("today"), NOW: _("now"), SUBMITTED: _("when it is handed in")}[name]
        return next(
            (self.title(one) for one in (Thing(FIELD, name), Thing(GROUP, name)) if one in self.tree.own),
            name,
        )

    def _answers(self) -> dict[str, list[Option]]:
        """Return, by id of a field with given answers, those answers."""
        found = {}
        for thing, said in self.tree.own.items():
            options = said.get("options")
            choices = options.get("choices") if thing.sort == FIELD and isinstance(options, dict) else None
            if isinstance(choices, list):
                found[thing.id] = [
                    (str(one["key"]), called(one) or str(one["key"]))
                    for one in choices
                    if isinstance(one, dict) and one.get("key")
                ]
        return found

    def _picks(self) -> dict[str, list[Option]]:
        """Return what names are chosen from."""
        roles = self.role_options
        picks: dict[str, list[Option]] = {
            "submitters": roles,
            "on_behalf": roles,
            "readers": roles,
            "importers": roles,
            "kind": self.kinds,
        }
        if self.at == ROOT:
            picks["by"] = [
                (SUBMITTER, _("whoever submitted it")),
                *(one for one in roles if one[0] != SUBMITTER),
            ]
            picks["departments"] = [
                (one.code, one.name) for one in Department.objects.order_by("code").only("code", "name")
            ]
            form_fields = self._fields_under(None)
            picks |= {"summary": form_fields, "columns": form_fields, "totals": self._numbers(form_fields)}
            picks["groups"] = [
                (one.id, self._name(one)) for one in self.tree.below(ROOT) if one.sort == GROUP
            ]
        elif self.at.sort == GROUP:
            own = self._fields_under(self.at)
            picks |= {"summary": own, "totals": self._numbers(own)}
        elif self.at.sort == RULE:
            repeating = [thing for thing in self.tree.below(ROOT) if self.tree.own[thing].get("repeat")]
            picks["group"] = [
                ("", _("the form as a whole")),
                *((one.id, self.title(one)) for one in repeating),
            ]
            of = Thing(GROUP, str(self.said.get("group") or ""))
            picks["fields"] = [
                *(self._fields_under(of) if of in self.tree.own else []),
                *self._fields_under(None),
                *((one.id, self.title(one)) for one in repeating if one != of),
            ]
        return picks

    def _numbers(self, fields: Sequence[Option]) -> list[Option]:
        return [
            option
            for option in fields
            if (kind := KINDS.get(str(self.tree.own[Thing(FIELD, option[0])].get("kind")))) is not None
            and kind.expression in COUNTED
        ]

    def _fields_under(self, group: Thing | None) -> list[Option]:
        """Return the fields in the rows of a repeating group; without one those in no rows."""
        return [
            (thing.id, self.title(thing))
            for thing in self.tree.below(ROOT)
            if thing.sort == FIELD and self.rows_around(thing) == group
        ]

    def rows_around(self, thing: Thing) -> Thing | None:
        """Return the innermost repeating group a thing stands in."""
        return next((one for one in self.tree.above(thing) if self.tree.own[one].get("repeat")), None)

    def names_at(self, thing: Thing) -> dict[str, SchemaEntry]:
        """Return what expressions of a thing may read, also while the definition is not sound."""
        scope = self.rows_around(thing)
        if thing.sort == RULE:
            of = Thing(GROUP, str(self.tree.own[thing].get("group") or ""))
            scope = of if of in self.tree.own and self.tree.own[of].get("repeat") else None
        return self._names_in(scope)

    def _names_in(self, scope: Thing | None) -> dict[str, SchemaEntry]:
        found: dict[str, SchemaEntry] = {}
        for one in self.tree.below(ROOT):
            if self.rows_around(one) != scope:
                continue
            if one.sort == FIELD:
                for part, entry in self._entries(one):
                    name = f"{one.id}.{part}" if part else one.id
                    if is_name(name):
                        found[name] = entry
            elif one.sort == GROUP and self.tree.own[one].get("repeat") and is_name(one.id):
                found[one.id] = RecordList(
                    {
                        name: entry
                        for inner in self.tree.inner[one].get("fields", [])
                        for part, entry in self._entries(inner)
                        if isinstance(entry, Kind)
                        and entry is not Kind.RECORD_LIST
                        and is_field_name(name := f"{inner.id}_{part}" if part else inner.id)
                    }
                )
        if scope is None:
            return {**CLOCK, **found}
        outer = self._names_in(self.rows_around(scope))
        return {**{name: entry for name, entry in outer.items() if name != scope.id}, **found}

    def _entries(self, thing: Thing) -> Iterator[tuple[str, SchemaEntry]]:
        said = self.tree.own[thing]
        kind = KINDS.get(str(said.get("kind")))
        if kind is None:
            return
        try:
            options = kind.options_model.model_validate(said.get("options") or {})
        except ValidationError:
            yield "", kind.expression
            return
        yield from kind.names(options).items()

    # --- what could not stand ---

    @cached_property
    def refusals(self) -> list[RefusalView]:
        """The changes of this person that are still to be chosen about."""
        found = RefusedChange.objects.filter(working_id=self.working.pk, by=self.person).select_related(
            "other"
        )
        return [
            RefusalView(
                id=one.pk,
                where=self.title(Thing.read(one.thing)),
                at=one.thing,
                what=" · ".join(
                    label(part, part) if part not in ("zh-hans", "en") else part for part in one.path
                ),
                mine=shown(one.wanted),
                theirs=shown(one.stood),
                who=str(one.other),
                why=one.why,
            )
            for one in found
        ]


def _fields_of(body: Body) -> list[Option]:
    """Return the fields of another form that stand in no rows: what its register knows of each submission."""
    tree = tree_of(body)
    return [
        (thing.id, called(tree.own[thing]) or thing.id)
        for thing in tree.below(ROOT)
        if thing.sort == FIELD and not any(tree.own[one].get("repeat") for one in tree.above(thing))
    ]


def _counted_columns(options: Mapping[str, Any]) -> list[Option]:
    """Return the columns of numbers among the options of a table."""
    columns = options.get("columns")
    return [
        (str(one["key"]), called(one) or str(one["key"]))
        for one in (columns if isinstance(columns, list) else ())
        if isinstance(one, dict)
        and one.get("key")
        and (kind := KINDS.get(str(one.get("kind", "text")))) is not None
        and kind.expression in COUNTED
    ]
