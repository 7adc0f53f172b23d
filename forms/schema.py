"""What a form definition may say: the contract between authoring, packs and running.

A definition is the body of an edition of kind ``form``. It is data: ids, texts per language, options of the
field kinds, and rules in the expression language (CEL, ``foundation.expressions``), in which every field is
a variable called by its id. Whether the parts of a definition agree with one another is asked by
``forms.checking``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from forms.faults import below, unsound
from forms.fields import KINDS, FieldKind, FieldOptions
from forms.fields.date import in_iso
from forms.numbering import Scheme
from forms.references import in_order, names_in, parts_in
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind, RecordList, SchemaEntry

KEY = r"^[a-z][a-z0-9_-]{0,59}$"
IDENTIFIER = r"^[a-z][a-z0-9_]{0,39}$"
SUBMITTER = "submitter"
"""Stands where roles are named for whoever handed the submission in."""
TODAY = "today"
"""A name every expression may use: the day on which the form is filled in."""
NOW = "now"
"""A name every expression may use: the moment (to the minute) at which the form is looked at, the same for all of
it."""
SUBMITTED = "submitted_at"
"""A name every expression may use: the moment at which the form was handed in; before that, ``now``."""
CLOCK: Mapping[str, Kind] = {TODAY: Kind.DATE, NOW: Kind.MOMENT, SUBMITTED: Kind.MOMENT}
_EXPRESSION_LENGTH = 2000


class Part(BaseModel):
    """Base of the parts of a definition: strict, closed, unchanging."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Confidentiality(StrEnum):
    """How far an answer may travel."""

    INTERNAL = "internal"
    """Everybody who may open the submission."""
    PERSONAL = "personal"
    """Tells of a private person: erasable, masked in lists and exports."""
    CONFIDENTIAL = "confidential"
    """As personal, and every reading of it is recorded."""


class Prefill(StrEnum):
    """Where the first answer of a new draft is taken from."""

    PERSON = "person"
    NAME = "name"
    EMPLOYEE_NUMBER = "employee_number"
    EMAIL = "email"
    PHONE = "phone"
    DEPARTMENT = "department"
    POSITION = "position"
    MANAGER = "manager"
    TODAY = "today"
    NOW = "now"


class FieldDefinition(Part):
    """One question."""

    id: str = Field(
        pattern=IDENTIFIER, description="Stored with the answer and used in expressions; never changes."
    )
    kind: str = Field(description="One of the field kinds, for instance `text`.")
    label: LocalizedText
    help: LocalizedText | None = Field(default=None, description="Shown below the label.")
    options: dict[str, Any] = Field(default_factory=dict, description="What the kind takes beyond this.")
    required: bool = Field(default=False, description="Always asked for.")
    initial: Any = Field(
        default=None, description="Stored value a new draft begins with; a read-only field keeps it."
    )
    prefill: Prefill | None = Field(
        default=None,
        strict=False,
        description="What a new draft begins with, of the person who fills it in or of the day.",
    )
    visible_if: str = Field(default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: always.")
    required_if: str = Field(
        default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: `required`."
    )
    read_only_if: str = Field(default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: never.")
    computed: str = Field(
        default="", max_length=_EXPRESSION_LENGTH, description="Gives the answer; nobody can type another."
    )
    confidentiality: Confidentiality = Field(default=Confidentiality.INTERNAL, strict=False)
    readers: list[str] = Field(
        default_factory=list,
        description="Keys of the roles that read it in full, beside its author; others see that it was answered."
        " Empty: all who may open the submission.",
    )
    width: Literal["full", "half", "third"] = Field(
        default="full", description="Room the widget takes on a desk."
    )

    _settings: FieldOptions = PrivateAttr()

    @model_validator(mode="after")
    def _of_its_kind(self) -> FieldDefinition:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise unsound(_("There is no kind of field “%(kind)s”.") % {"kind": self.kind}, "kind")
        try:
            self._settings = kind.options_model.model_validate(self.options)
        except ValidationError as faults:
            raise below(faults, "options") from None
        if self.computed and (
            self.required or self.required_if or self.read_only_if or self.initial is not None
        ):
            raise unsound(
                _("A computed field is neither required nor read-only and has no initial answer."), "computed"
            )
        named = {"kind": str(kind.name)}
        if self.computed and not kind.computes:
            raise unsound(_("A field of the kind “%(kind)s” cannot be computed.") % named, "computed")
        if self.required and self.required_if:
            raise unsound(
                _("A field that is always required is not required under a condition as well."), "required_if"
            )
        if self.initial is not None and self.prefill is not None:
            raise unsound(_("A field that is filled in beforehand has no initial answer as well."), "prefill")
        if not kind.asks and (self.required or self.required_if or self.computed or self.prefill):
            raise unsound(
                _("A field of the kind “%(kind)s” asks nothing, so nothing can be required of it.") % named,
                "kind",
            )
        return self

    @cached_property
    def of_kind(self) -> FieldKind[Any]:
        """The kind of the field."""
        return KINDS[self.kind]

    @cached_property
    def settings(self) -> FieldOptions:
        """The options, read and checked."""
        return self._settings


class Repeat(Part):
    """How often a group is answered: once a row."""

    min: int = Field(default=0, ge=0, le=500, description="Fewest rows.")
    max: int = Field(default=50, ge=1, le=500, description="Most rows.")
    item: LocalizedText | None = Field(default=None, description="What one row is called: “Part”.")
    summary: list[str] = Field(
        default_factory=list, max_length=4, description="Ids of the fields shown of a row that is folded up."
    )
    totals: list[str] = Field(
        default_factory=list, max_length=8, description="Ids of the numbers added up below the rows."
    )

    @model_validator(mode="after")
    def _agree(self) -> Repeat:
        if self.min > self.max:
            raise unsound(_("The most is less than the least."), "max")
        return self


class Group(Part):
    """Fields that belong together, under one heading; with ``repeat`` asked once a row.

    The answers of a repeating group are a list of rows under its id; a row is a mapping with the row's own
    name under ``_row``. Expressions within see their own row by the ids of its fields; from outside the
    group's id is a list of records.
    """

    id: str = Field(pattern=IDENTIFIER)
    title: LocalizedText | None = None
    help: LocalizedText | None = None
    visible_if: str = Field(default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: always.")
    fields: list[FieldDefinition] = Field(min_length=1, max_length=200)
    repeat: Repeat | None = None
    groups: list[Group] = Field(
        default_factory=list, max_length=10, description="Repeating groups within each row; one level deep."
    )

    @model_validator(mode="after")
    def _nested_once(self) -> Group:
        if self.groups and self.repeat is None:
            raise unsound(_("Only a repeating group holds groups."))
        for at, inner in enumerate(self.groups):
            if inner.repeat is None:
                raise unsound(_("A group within a row must repeat."), "groups", at)
            if inner.groups:
                raise unsound(_("Rows within rows hold no further groups."), "groups", at)
        return self


class PageDefinition(Part):
    """What is asked on one screen."""

    id: str = Field(pattern=IDENTIFIER)
    title: LocalizedText
    help: LocalizedText | None = None
    visible_if: str = Field(default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: always.")
    groups: list[Group] = Field(min_length=1, max_length=50)


class Rule(Part):
    """Something that must hold between answers."""

    id: str = Field(pattern=IDENTIFIER)
    holds: str = Field(min_length=1, max_length=_EXPRESSION_LENGTH, description="Yes/no; yes: all is well.")
    message: LocalizedText = Field(description="What is wrong and what to do, said when it does not hold.")
    fields: list[str] = Field(
        min_length=1,
        description="Ids of the fields, or repeating groups, beside which it is said; the first is linked.",
    )
    group: str = Field(
        default="", description="Id of a repeating group: tried for each of its rows, with the row's names."
    )
    when: Literal["answered", "always"] = Field(
        default="answered",
        description="answered: tried once every field it names is answered soundly; always: every time.",
    )


class Category(Part):
    """The heading a form stands under in the catalogue."""

    key: str = Field(pattern=KEY)
    title: LocalizedText


class Limit(Part):
    """How many submissions are taken."""

    count: int = Field(ge=1, le=1_000_000)
    per: Literal["form", "person"] = "person"
    within: Literal["ever", "year", "month", "day"] = "ever"


class PublicLink(Part):
    """Open to anybody who has the link, without an account."""

    per_hour: int = Field(
        default=10, ge=1, le=1000, description="Submissions taken from one address an hour."
    )


class Correction(Part):
    """Who may correct a submission, and how long after it was handed in."""

    by: list[str] = Field(
        default_factory=lambda: [SUBMITTER],
        min_length=1,
        description="`submitter` or keys of roles.",
    )
    days: int | None = Field(default=None, ge=0, le=3650, description="Days; empty: always.")


class Retention(Part):
    """What becomes of submissions when they are old. Legal hold stops it."""

    months: int = Field(ge=1, le=1200, description="Months after the submission was handed in.")
    then: Literal["delete", "anonymise"] = Field(
        default="anonymise",
        description="anonymise: what is personal or confidential is taken out; delete: all answers and files.",
    )


class Copy(Part):
    """One print of a layout: the customer's copy, the workshop's."""

    key: str = Field(pattern=IDENTIFIER)
    title: LocalizedText


class PrintLayout(Part):
    """How a submission, or the blank form, is printed."""

    key: str = Field(pattern=IDENTIFIER)
    title: LocalizedText
    paper: Literal["A4", "A5", "A4 landscape", "A5 landscape"] = "A4"
    groups: list[str] = Field(
        default_factory=list, description="Ids of the groups printed; empty: all that are answered."
    )
    copies: list[Copy] = Field(default_factory=list, max_length=5, description="Empty: one, without a name.")
    signatures: list[LocalizedText] = Field(
        default_factory=list, max_length=8, description="Lines to sign on paper."
    )
    footer: LocalizedText | None = None


class Register(Part):
    """The list of the form's submissions (台账)."""

    readers: list[str] = Field(
        default_factory=list, description="Keys of the roles that read it; others find only their own."
    )
    importers: list[str] = Field(
        default_factory=list, description="Keys of the roles that may take in a filled-in sheet."
    )
    columns: list[str] = Field(
        default_factory=list, max_length=12, description="Ids of the fields shown first; empty: the summary."
    )
    totals: list[str] = Field(default_factory=list, max_length=8, description="Ids of the numbers added up.")


class FormDefinition(Part):
    """A form."""

    format: Literal[1] = Field(default=1, description="Version of this contract.")
    key: str = Field(pattern=KEY, description="Names the form in addresses and workflows.")
    title: LocalizedText
    description: LocalizedText | None = Field(
        default=None, description="When to use it; shown in the catalogue."
    )
    category: Category
    numbering: str = Field(
        max_length=40, description="Scheme of the numbers: text with {year}, {month}, {day} and one {seq:05}."
    )
    submitters: list[str] = Field(
        default_factory=list,
        description="Keys of the roles that may fill it in; empty: all who are signed in.",
    )
    departments: list[str] = Field(
        default_factory=list,
        description="Codes of the departments whose people may fill it in, those below them included;"
        " beside the roles. Empty: no department alone.",
    )
    on_behalf: list[str] = Field(
        default_factory=list, description="Keys of the roles that may fill it in for somebody else."
    )
    opens_on: str | None = Field(default=None, description="First day it is taken, ISO.")
    closes_on: str | None = Field(default=None, description="Last day it is taken, ISO.")
    limit: Limit | None = None
    public: PublicLink | None = None
    correction: Correction | None = Field(
        default=None, description="Empty: a submission stays as it was handed in."
    )
    withdrawal: Correction | None = Field(default=None, description="Empty: nobody takes a submission back.")
    retention: Retention | None = Field(default=None, description="Empty: kept for ever.")
    registered: Register | None = Field(default=None, description="Its register; empty: it has none.")
    prints: list[PrintLayout] = Field(default_factory=list, max_length=10)
    summary: list[str] = Field(
        default_factory=list,
        max_length=4,
        description="Ids of the fields that tell one submission from another.",
    )
    confirmation: LocalizedText | None = Field(default=None, description="Said after it has been submitted.")
    pages: list[PageDefinition] = Field(min_length=1, max_length=30)
    rules: list[Rule] = Field(default_factory=list, max_length=200)

    _around: Mapping[str, SchemaEntry] = PrivateAttr(default_factory=dict)

    @field_validator("numbering")
    @classmethod
    def _readable(cls, numbering: str) -> str:
        Scheme.read(numbering)
        return numbering

    @field_validator("opens_on", "closes_on")
    @classmethod
    def _iso(cls, day: str | None) -> str | None:
        return in_iso(day)

    def placed(self) -> Iterator[tuple[PageDefinition, Group, FieldDefinition]]:
        """Yield every field, those in rows included, with the page and the innermost group it stands in, in
        order.
        """
        for page in self.pages:
            for group in page.groups:
                for inner in (group, *group.groups):
                    for field in inner.fields:
                        yield page, inner, field

    def fields(self) -> Iterator[FieldDefinition]:
        """Yield every field, those in rows included, in order."""
        return (field for _page, _group, field in self.placed())

    @cached_property
    def by_id(self) -> dict[str, FieldDefinition]:
        """The fields by their ids, those in rows included, in order."""
        return {field.id: field for field in self.fields()}

    @cached_property
    def place_of(self) -> dict[str, tuple[PageDefinition, Group, FieldDefinition]]:
        """Every field with its page and innermost group, by id."""
        return {field.id: (page, group, field) for page, group, field in self.placed()}

    @cached_property
    def scopes(self) -> dict[str, Scope]:
        """What is answered together: under ``""`` the form itself, under the id of a repeating group one of
        its rows.
        """
        return scopes_of(self)

    @property
    def form(self) -> Scope:
        """What stands in no row."""
        return self.scopes[""]

    def at(self, path: str) -> Member | None:
        """Return the field or repeating group of a path (``items/r1/price``), None where the form has none."""
        scope, parts = self.form, path.split("/")
        for name in parts[:-1:2]:
            if name not in scope.inner:
                return None
            scope = scope.inner[name]
        return scope.members.get(parts[-1]) if len(parts) % 2 else None

    @property
    def names(self) -> Mapping[str, SchemaEntry]:
        """The names that expressions outside of rows may use, and what each is to them."""
        return self.form.names

    def within(self, names: Mapping[str, SchemaEntry]) -> FormDefinition:
        """Return the form as it is asked in the midst of something that has ``names`` of its own, which its
        expressions may use besides; where both have one, it is the form's. Their values are told ``logic.evaluate``.
        """
        found = self.model_copy()
        found.__dict__.pop("scopes", None)
        found._around = names
        return found

    @property
    def around(self) -> Mapping[str, SchemaEntry]:
        """The names of what it is asked in the midst of."""
        return self._around

    @property
    def order(self) -> list[str]:
        """The fields and repeating groups of the form so that each stands after those it waits for; raises
        DependencyCycle.
        """
        return self.form.order

    @cached_property
    def named_by(self) -> dict[str, frozenset[str]]:
        """By id of a rule, the fields and repeating groups it names, of its own scope and those around it; and
        what it reads of something looked up (``contract.amount``).
        """
        return {
            rule.id: names_in(rule.holds, scope.reachable) | parts_in(rule.holds, scope.looked_up)
            if (scope := self.scopes.get(rule.group))
            else frozenset()
            for rule in self.rules
        }


@dataclass(frozen=True)
class Member:
    """A field or a repeating group where it stands. ``conditions`` are all that must hold for it to be shown."""

    id: str
    page: str
    conditions: tuple[str, ...]
    field: FieldDefinition | None = None
    group: Group | None = None
    within: str = ""
    """Id of the plain group a field stands in; of a repeating group its own."""


class Scope:
    """What is answered together: the form, or one row of a repeating group."""

    def __init__(
        self,
        group: Group | None,
        outer: Scope | None,
        members: Sequence[Member],
        around: Mapping[str, SchemaEntry] = CLOCK,
    ) -> None:
        self.group = group
        self.outer = outer
        self.around = around
        self.members = {member.id: member for member in members}
        self.fields = {member.id: member.field for member in members if member.field is not None}
        self.inner: dict[str, Scope] = {}
        """The scopes of its repeating groups."""

    @cached_property
    def own_names(self) -> dict[str, SchemaEntry]:
        """What expressions here may read of what stands here."""
        found: dict[str, SchemaEntry] = {}
        for name, asked in self.fields.items():
            for part, entry in asked.of_kind.names(asked.settings).items():
                found[f"{name}.{part}" if part else name] = entry
        for name, scope in self.inner.items():
            found[name] = scope.records
        return found

    @cached_property
    def names(self) -> dict[str, SchemaEntry]:
        """What expressions here may read: what stands here, what stands around it, and the time."""
        found = dict(self.own_names)
        around: Mapping[str, SchemaEntry] = self.outer.names if self.outer else self.around
        for name, entry in around.items():
            # Its own group's rows are not known while one of them is worked out.
            if self.group is None or name != self.group.id:
                found.setdefault(name, entry)
        return found

    @cached_property
    def records(self) -> RecordList:
        """What its rows are to expressions outside."""
        found: dict[str, Kind] = {}
        for name, asked in self.fields.items():
            for part, entry in asked.of_kind.names(asked.settings).items():
                if isinstance(entry, Kind):
                    found[f"{name}_{part}" if part else name] = entry
        return RecordList(found)

    @cached_property
    def record_sources(self) -> dict[str, str]:
        """By name in a record of it, the name of the same within the row."""
        return {
            (f"{name}_{part}" if part else name): (f"{name}.{part}" if part else name)
            for name, asked in self.fields.items()
            for part, entry in asked.of_kind.names(asked.settings).items()
            if isinstance(entry, Kind)
        }

    @cached_property
    def reachable(self) -> frozenset[str]:
        """Ids of the fields and groups that names here can mean."""
        return frozenset(self.members) | (self.outer.reachable if self.outer else frozenset())

    @cached_property
    def looked_up(self) -> frozenset[str]:
        """The names under which something looked up is read here, here and around."""
        own = {
            f"{name}.{part}"
            for name, asked in self.fields.items()
            for part in asked.of_kind.reads(asked.settings)
        }
        return frozenset(own) | (self.outer.looked_up if self.outer else frozenset())

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every expression within, rows of rows included."""
        return tuple(
            text
            for member in self.members.values()
            for text in (*_expressions_of(member), *(self.inner[member.id].texts if member.group else ()))
        )

    @cached_property
    def order(self) -> list[str]:
        """Its members so that each stands after those it waits for; raises DependencyCycle."""
        waits: dict[str, frozenset[str]] = {}
        for name, member in self.members.items():
            within = self.inner[name].texts if member.group else ()
            waits[name] = frozenset().union(
                *(names_in(text, self.members) for text in (*_expressions_of(member), *within))
            )
        return in_order(waits)


def _expressions_of(member: Member) -> tuple[str, ...]:
    """Return what decides whether a member is shown, fixed or computed."""
    asked = member.field
    return (*member.conditions, asked.read_only_if, asked.computed) if asked else member.conditions


def scopes_of(definition: FormDefinition) -> dict[str, Scope]:
    """Return the scopes of a form by the id of their repeating group."""
    members: list[Member] = []
    rows: list[tuple[Group, str]] = []
    for page in definition.pages:
        for group in page.groups:
            conditions = (page.visible_if, group.visible_if)
            if group.repeat is not None:
                members.append(Member(group.id, page.id, conditions, group=group, within=group.id))
                rows.append((group, page.id))
                continue
            members += [
                Member(asked.id, page.id, (*conditions, asked.visible_if), field=asked, within=group.id)
                for asked in group.fields
            ]
    scopes = {"": Scope(None, None, members, {**definition.around, **CLOCK})}
    for group, page_id in rows:
        _add_rows(scopes, group, page_id, scopes[""])
    return scopes


def _add_rows(scopes: dict[str, Scope], group: Group, page: str, outer: Scope) -> None:
    """Add the scope of a repeating group's rows, and those of the groups within."""
    members = [
        Member(asked.id, page, (asked.visible_if,), field=asked, within=group.id) for asked in group.fields
    ]
    members += [
        Member(inner.id, page, (inner.visible_if,), group=inner, within=inner.id) for inner in group.groups
    ]
    scope = scopes[group.id] = outer.inner[group.id] = Scope(group, outer, members)
    for inner in group.groups:
        _add_rows(scopes, inner, page, scope)


_CACHE_SIZE = 256
_CACHE: dict[str, FormDefinition] = {}


def definition_of(edition: Edition) -> FormDefinition:
    """Return the definition an edition of kind ``form`` holds; read once per process, for editions never
    change.
    """
    definition = _CACHE.get(edition.sha256)
    if definition is None:
        definition = FormDefinition.model_validate(body_of(edition))
        if len(_CACHE) >= _CACHE_SIZE:
            _CACHE.pop(next(iter(_CACHE)))
        _CACHE[edition.sha256] = definition
    return definition
