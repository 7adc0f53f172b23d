"""The page of the editor of one workflow as plain values: its parts, what is selected, the diagram, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from pydantic import BaseModel

from backoffice.definitions import workflow_words as words
from backoffice.definitions.words import called
from backoffice.diagrams.drawing import drawing
from backoffice.diagrams.telling import StateTold, told
from backoffice.studio.desk import Desk, Line, Section
from backoffice.studio.flows.sketch import sketch
from backoffice.studio.properties import Around, Option
from backoffice.studio.shapes import Shape
from forms.checking import Problem
from forms.outline import FIELD, Thing
from forms.schema import FieldDefinition, FormDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of, newest
from foundation.editions.texts import in_language
from foundation.expressions import Kind, SchemaEntry, is_name
from foundation.organisation.models import Department, Position, RoleBinding, User
from foundation.worktime.models import Calendar
from workflows import vocabulary
from workflows.checking import parse
from workflows.clock_words import time_of
from workflows.outline import CLOCK, GRADE, IDENTITY, STATE, STEP, TRIAL, WORKFLOW, thing_at
from workflows.schema import (
    BALANCE,
    BY_AMOUNT,
    CASE_NUMBER,
    THIS_SUBMISSION,
    Clock,
    Grade,
    Identity,
    State,
    Transition,
    Trial,
    WorkflowDefinition,
    total_name,
)
from workflows.services.definitions import check_workflow
from workflows.services.working import WORKFLOWS

MODELS: Mapping[str, type[BaseModel]] = {
    WORKFLOW: WorkflowDefinition,
    STATE: State,
    STEP: Transition,
    IDENTITY: Identity,
    GRADE: Grade,
    CLOCK: Clock,
    TRIAL: Trial,
    FIELD: FieldDefinition,
}
SHAPES = {sort: Shape.of(model) for sort, model in MODELS.items()}
ORDERED = frozenset({"subject", "path"})
MOST_PEOPLE = 300
"""So many accounts are offered in trials; of more one types the name."""


@dataclass(frozen=True)
class Part:
    """Lines of the outline under one heading."""

    sort: str
    heading: str
    none: str
    lines: tuple[Line, ...]


class FlowDesk(Desk):
    """The editor's page for one person, of a workflow."""

    prefix: ClassVar[str] = "studio_flow_"
    craft = WORKFLOWS
    shapes: ClassVar[Mapping[str, Shape]] = SHAPES

    @cached_property
    def urls(self) -> dict[str, str]:
        """The addresses of what is worked on."""
        names = ("edit", "check", "history", "discard", "publish", "export", "trials", "diagram")
        return {name: reverse(f"{self.prefix}{name}", args=[self.working.key]) for name in names}

    def place_of(self, path: str) -> tuple[Thing, str]:
        """Return the thing a problem's path leads to, and the rest of the path."""
        return thing_at(self.working.body, path)

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything wrong with the workflow."""
        return [Problem(one.path, one.message, one.severity) for one in check_workflow(self.working.body)]

    @cached_property
    def form(self) -> FormDefinition | None:
        """The form that opens its cases."""
        edition = newest(Edition.Kind.FORM, str(self.working.body.get("form", "")))
        return form_of(edition) if edition is not None else None

    @cached_property
    def definition(self) -> WorkflowDefinition | None:
        """The workflow, when it is well formed."""
        return parse(self.working.body)[0]

    # --- outline ---

    @cached_property
    def parts(self) -> list[Part]:
        """What the workflow consists of."""
        inner = self.tree.inner[self.tree.root]
        return [
            Part(sort, heading, none, tuple(self._line(thing, 0) for thing in inner.get(slot, [])))
            for slot, sort, heading, none in (
                ("states", STATE, _("States and approvals"), _("No state yet")),
                ("transitions", STEP, pgettext("of cases", "Steps"), _("No step yet")),
                ("identities", IDENTITY, _("What tells the same matter"), _("None yet")),
                ("grades", GRADE, _("Grades"), _("No grade yet")),
                ("clocks", CLOCK, _("Clocks"), _("No clock yet")),
                ("trials", TRIAL, _("Trials"), _("No trial yet")),
            )
        ]

    def _line(self, thing: Thing, depth: int, *, within: bool = True) -> Line:
        line = super()._line(thing, depth, within=within)
        said = self.tree.own[thing]
        note = line.note
        if thing.sort == STATE:
            note = _("approval") if said.get("approval") else ""
            note = note or (_("final") if said.get("category") == "final" else "")
        elif thing.sort == STEP:
            note = "→ " + self.title(Thing(STATE, str(said.get("target", ""))))
        elif thing.sort == CLOCK:
            note = time_of(said)
        return Line(
            **{**line.__dict__, "note": note, "conditional": bool(said.get("guard") or said.get("when"))}
        )

    def title(self, thing: Thing) -> str:
        """Return what people call a thing."""
        return called(self.tree.own.get(thing, {})) or thing.id or self.working.key

    def _name(self, thing: Thing) -> str:
        return self.title(thing)

    @cached_property
    def heading(self) -> str:
        """What is selected."""
        return {
            WORKFLOW: pgettext("of cases", "Workflow"),
            STATE: pgettext("of cases", "State")
            if not self.said.get("approval")
            else _("Stage of an approval"),
            STEP: pgettext("of cases", "Step"),
            IDENTITY: _("What tells the same matter"),
            GRADE: pgettext("of a case", "Grade"),
            CLOCK: pgettext("of a case", "Clock"),
            TRIAL: _("Trial"),
            FIELD: _("Question"),
        }[self.at.sort]

    @property
    def may_ask(self) -> bool:
        """Whether a question can be added at the selected thing."""
        at = self.at if self.at.sort != FIELD else self.tree.parent[self.at][0]
        return at.sort == STEP or bool(at.sort == STATE and self.tree.own[at].get("approval"))

    @cached_property
    def destinations(self) -> list[Option]:
        """Where the selected thing could be moved to: questions to another step."""
        if self.at.sort != FIELD:
            return []
        here = self.tree.parent[self.at][0]
        return [
            (str(thing), self.title(thing))
            for thing in self.tree.below(self.tree.root)
            if thing != here
            and (thing.sort == STEP or (thing.sort == STATE and self.tree.own[thing].get("approval")))
        ]

    # --- diagram ---

    @cached_property
    def role_names(self) -> dict[str, str]:
        """What roles are called, by key."""
        return dict(self.role_options)

    @cached_property
    def diagram(self) -> SafeString:
        """The workflow as it stands, also while it is not sound."""
        at = self.at if self.at.sort == STATE else Thing(STATE)
        addresses = {
            thing.id: f"{self.urls['edit']}?at={thing}" for thing in self.tree.own if thing.sort == STATE
        }
        return drawing(sketch(self.working.body), roles=self.role_names, at=at.id, addresses=addresses).svg

    @cached_property
    def diagram_told(self) -> list[StateTold]:
        """The same in words."""
        return told(sketch(self.working.body), self.role_names)

    # --- properties ---

    def sections_of(self, sort: str) -> tuple[Section, ...]:
        """Return the headings under which the properties of a thing stand, each with its key and properties."""
        match sort:
            case "workflow":
                return (
                    (
                        "main",
                        pgettext("of cases", "Workflow"),
                        ("title", "description", "form", "subject", "numbering"),
                    ),
                    ("access", _("Who sees its cases"), ("access",)),
                    ("ledger", pgettext("of money", "Ledger"), ("ledger",)),
                    ("more", _("More"), ("merged",)),
                )
            case "state":
                return (
                    ("main", pgettext("of cases", "State"), ("title", "category", "initial", "public")),
                    ("approval", _("Approval"), ("approval",)),
                    ("more", _("More"), ("blocked_by",)),
                )
            case "step":
                return (
                    ("main", pgettext("of cases", "Step"), ("title", "source", "target", "roles", "weight")),
                    (
                        "rule",
                        _("When it may be taken"),
                        (
                            "guard",
                            "guard_message",
                            "not_by",
                            "reason_required",
                            "confirm",
                            "despite_children",
                        ),
                    ),
                    ("assignment", _("Who has the case then"), ("assignment",)),
                    ("notices", _("Messages"), ("notices",)),
                    ("machine", _("Taken by the machine"), ("by_itself", "after_child")),
                    ("opens", _("Child cases"), ("opens",)),
                )
            case "identity":
                return (("main", _("What tells the same matter"), ("title", "fields", "days", "warns")),)
            case "grade":
                return (("main", pgettext("of a case", "Grade"), ("title", "when", "tone")),)
            case "clock":
                return (
                    ("main", pgettext("of a case", "Clock"), ("title", "kind")),
                    ("course", _("When it runs"), ("begins", "ends", "pauses", "restarts")),
                    ("time", _("How much time there is"), ("calendar", "targets")),
                    ("warnings", _("Warnings before"), ("warnings",)),
                    ("due", _("When the time is over"), ("due",)),
                    ("promise", pgettext("of a case", "Promise"), ("promise",)),
                )
            case "trial":
                return (
                    ("main", _("Trial"), ("title", "submitter", "typed", "steps")),
                    ("expected", _("What must come of it"), ("path", "approvers", "grade")),
                )
            case _:
                return (
                    ("main", _("Question"), ("label", "help", "kind", "required", "width")),
                    ("options", pgettext("of a form", "Answer"), ()),
                    ("conditions", _("Conditions"), ("visible_if", "required_if", "computed")),
                    ("more", _("More"), ("initial", "confidentiality")),
                )

    def label_of(self, place: str, fallback: str, owner: str) -> str:
        """Return what a property is called, as ``Around.labels_of``."""
        return words.label(place, fallback, owner)

    def around(self) -> Around:
        """Return what the controls of the selected thing need to know."""
        found = super().around()
        if self.at.sort == FIELD:
            return found
        published = found.published
        return Around(
            picks=found.picks,
            names=found.names,
            labels=found.labels,
            answers=found.answers,
            results={"amount": Kind.MONEY},
            published=published,
            errors=found.errors,
            hidden=frozenset({"asks"}),
            ordered=ORDERED | ({"roles"} if self.at.sort == STATE else set()),
            couples=self._couples(),
            labels_of=words.label,
            helps_of=words.help_text,
            values_of=words.value,
        )

    def _called(self, name: str) -> str:
        own = {
            vocabulary.GRADE: _("grade of the case"),
            vocabulary.DEPARTMENT: _("department it came from (code)"),
            vocabulary.DAYS_OPEN: _("for how many days it has been open"),
        }
        if name in own:
            return own[name]
        if name in self._ledger_names:
            return self._ledger_names[name]
        for thing in self.tree.own:
            if thing.sort == STEP and name == vocabulary.times_name(thing.id):
                return _("how often “%(step)s” was taken") % {"step": self.title(thing)}
            if thing.sort == IDENTITY and name == vocabulary.earlier_name(thing.id):
                return _("earlier cases: %(identity)s") % {"identity": self.title(thing)}
        field = self.form.by_id.get(name) if self.form is not None else None
        return in_language(field.label) if field is not None else super()._called(name)

    @cached_property
    def _ledger_kinds(self) -> list[Option]:
        """The kinds of entry of the ledger, as it stands."""
        ledger = self.working.body.get("ledger")
        kinds = ledger.get("kinds") if isinstance(ledger, dict) else None
        return [
            (str(one["id"]), called(one) or str(one["id"]))
            for one in (kinds if isinstance(kinds, list) else ())
            if isinstance(one, dict) and one.get("id")
        ]

    @cached_property
    def _ledger_names(self) -> dict[str, str]:
        """The names of amounts that the ledger gives to expressions, and what they are called."""
        if not isinstance(self.working.body.get("ledger"), dict):
            return {}
        return {
            BALANCE: _("open balance of the ledger"),
            **{
                total_name(kind): _("ledger: %(kind)s") % {"kind": title}
                for kind, title in self._ledger_kinds
            },
        }

    def _ledger_marks(self) -> list[Option]:
        ledger = self.working.body.get("ledger")
        told = ledger.get("payer_list") if isinstance(ledger, dict) else None
        keys = told.get("keys") if isinstance(told, dict) else None
        return [
            (str(one["id"]), called(one) or str(one["id"]))
            for one in (keys if isinstance(keys, list) else ())
            if isinstance(one, dict) and one.get("id")
        ]

    def names_at(self, thing: Thing) -> dict[str, SchemaEntry]:
        """Return what expressions of a thing may read, also while the workflow is not sound."""
        found: dict[str, SchemaEntry] = dict(vocabulary.OWN_NAMES)
        for one in self.tree.own:
            if one.sort == STEP:
                found[vocabulary.times_name(one.id)] = Kind.WHOLE
            elif one.sort == IDENTITY:
                found[vocabulary.earlier_name(one.id)] = Kind.WHOLE
        found |= dict.fromkeys(self._ledger_names, Kind.MONEY)
        if self.form is not None:
            found |= self.form.names
        for holder in (one for one in self.tree.own if one.sort in (STEP, STATE)):
            found |= dict(self._asked(holder))
        return {name: entry for name, entry in found.items() if is_name(name)}

    def _asked(self, holder: Thing) -> Iterator[tuple[str, SchemaEntry]]:
        for inner in self.tree.inner[holder].values():
            for question in inner:
                for part, entry in self._entries(question):
                    yield f"{question.id}.{part}" if part else question.id, entry

    def _answers(self) -> dict[str, list[Option]]:
        found = super()._answers()
        if self.form is not None:
            for field in self.form.fields():
                choices = getattr(field.settings, "choices", None)
                if isinstance(choices, list | tuple):
                    found[field.id] = [(one.key, in_language(one.label)) for one in choices]
        found[vocabulary.GRADE] = self._of(GRADE)
        found[vocabulary.DEPARTMENT] = self._departments()
        return found

    def _departments(self) -> list[Option]:
        return [(one.code, one.name) for one in Department.objects.order_by("code").only("code", "name")]

    def _of(self, sort: str) -> list[Option]:
        return [(one.id, self.title(one)) for one in self.tree.below(self.tree.root) if one.sort == sort]

    @cached_property
    def role_options(self) -> list[Option]:
        """The roles there are, and the relations a person can have towards a case."""
        roles = super().role_options
        known = {key for key, _label in roles}
        relations = [(str(one), str(name)) for one, name in RoleBinding.Relation.choices if one not in known]
        return [*roles, *relations]

    @cached_property
    def _workflows(self) -> list[tuple[str, str, str]]:
        """The other workflows in force: key, title, form."""
        found = []
        for edition in all_in_force(Edition.Kind.WORKFLOW):
            body = body_of(edition)
            found.append((edition.key, called(body) or edition.key, str(body.get("form", ""))))
        return found

    def _form_fields(self) -> list[Option]:
        return [(field.id, in_language(field.label)) for field in self.form.fields()] if self.form else []

    def _picks(self) -> dict[str, list[Option]]:
        roles, states = self.role_options, self._of(STATE)
        picks: dict[str, list[Option]] = {"kind": self.kinds, "readers": roles}
        if self.at.sort == FIELD:
            return picks
        fields, questions = self._form_fields(), self._of(FIELD)
        for name in ("roles", "to", "sees", "reassigns", "relates"):
            picks[name] = roles
        for name in ("source", "target", "agreed", "returns_to", "path"):
            picks[name] = states
        for name in ("refused", "withdraws_to", "merged"):
            picks[name] = [("", "–"), *states]
        picks["form"] = [
            (edition.key, called(body_of(edition)) or edition.key)
            for edition in all_in_force(Edition.Kind.FORM)
        ]
        picks["subject"] = fields
        picks["fields"] = fields
        picks["not_by"] = [one for one in self._of(STEP) if one[0] != self.at.id]
        picks["workflow"] = [(key, title) for key, title, _form in self._workflows]
        picks["blocked_by"] = [one for one in picks["workflow"] if one[0] != self.working.key]
        picks["states"] = self._states_of_child()
        persons = [one for one in [*fields, *questions] if self._kind_of(one[0]) == "person"]
        picks["field"] = [("", "–"), *persons]
        picks["skill"] = [("", "–"), *fields, *questions]
        if self.at.sort == CLOCK:
            picks |= self._picks_of_clocks()
        if self.at.sort == WORKFLOW:
            for name in ("reverses", "closes", "by_hand"):
                picks[name] = roles
            picks["kind"] = picks["posts"] = self._ledger_kinds
            picks["step"] = self._of(STEP)
            picks["payer"] = picks["dated"] = picks["reference"] = [("", "–"), *fields, *questions]
            picks["field"] = [(CASE_NUMBER, _("number of the case")), *fields, *questions]
            picks["keys"] = [*self._ledger_marks(), (BY_AMOUNT, _("amount that is open"))]
        if self.at.sort == TRIAL:
            people = self._people()
            picks["submitter"] = people
            picks["by"] = [("", _("the first one who may")), *people]
            picks["step"] = [("agree", _("agree")), ("refuse", _("refuse")), *self._of(STEP)]
            picks["grade"] = [("", "–"), *self._of(GRADE)]
        return picks

    def _picks_of_clocks(self) -> dict[str, list[Option]]:
        states, steps = self._of(STATE), self._of(STEP)
        known = [*self._form_fields(), *self._of(FIELD)]
        times = [one for one in known if self._kind_of(one[0]) in ("date", "moment")]
        calendars = [(one.key, str(one)) for one in Calendar.objects.all()]
        return {
            "kind": [(one, words.value("clock.kind", one)) for one in ("response", "solution", "own")],
            **dict.fromkeys(("begins", "ends", "pauses", "kept"), states),
            **{name: [("", "–"), *known] for name in ("to_answer", "by_answer")},
            "restarts": steps,
            "takes": [("", "–"), *steps],
            "answer": [("", "–"), *times],
            "calendar": [("", _("none: hours and days as they pass")), *calendars],
        }

    def _kind_of(self, name: str) -> str:
        field = self.form.by_id.get(name) if self.form is not None else None
        return field.kind if field is not None else str(self.tree.own.get(Thing(FIELD, name), {}).get("kind"))

    def _people(self) -> list[Option]:
        posts = [
            (one.code, f"{one.title} ({one.code})")
            for one in Position.objects.order_by("code").only("code", "title")
        ]
        people = User.objects.filter(is_active=True).order_by("username")[: MOST_PEOPLE + 1]
        names = [(one.username, f"{one} ({one.username})") for one in people]
        return [*posts, *(names if len(names) <= MOST_PEOPLE else [])]

    def _states_of_child(self) -> list[Option]:
        child = self.said.get("after_child")
        key = child.get("workflow") if isinstance(child, dict) else None
        edition = newest(Edition.Kind.WORKFLOW, key) if isinstance(key, str) and key else None
        if edition is None:
            return []
        return [(str(one["id"]), called(one)) for one in body_of(edition).get("states", [])]

    def _couples(self) -> dict[str, tuple[list[Option], list[Option]]]:
        fields, questions = self._form_fields(), self._of(FIELD)
        theirs = self._fields_of_children()
        skill = self.said.get("assignment")
        wanted = str(skill.get("skill", "")) if isinstance(skill, dict) else ""
        return {
            "skills": (list(self._answers().get(wanted, [])), self.role_options),
            "fills": (theirs, [*fields, *questions, (THIS_SUBMISSION, _("this submission itself"))]),
            "sets": (theirs, []),
            "typed": ([*fields, *questions], []),
            "approvers": (self._of(STATE), []),
        }

    def _fields_of_children(self) -> list[Option]:
        opens = self.said.get("opens")
        wanted = (
            {one.get("workflow") for one in opens if isinstance(one, dict)}
            if isinstance(opens, list)
            else set()
        )
        forms = {form for key, _title, form in self._workflows if key in wanted}
        found: dict[str, str] = {}
        for form in sorted(forms):
            edition = newest(Edition.Kind.FORM, form)
            if edition is not None:
                found |= {field.id: in_language(field.label) for field in form_of(edition).fields()}
        return list(found.items())
