"""What a form definition may say: the contract between authoring, packs and running.

A definition is the body of an edition of kind ``form``. It is data: ids, texts per language, options of the
field kinds, and rules in the expression language (CEL, ``foundation.expressions``), in which every field is
a variable called by its id. Whether the parts of a definition agree with one another is asked by
``forms.checking``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from forms.fields import KINDS, FieldKind, FieldOptions
from forms.numbering import Scheme
from forms.references import in_order, names_in
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind

KEY = r"^[a-z][a-z0-9_-]{0,59}$"
IDENTIFIER = r"^[a-z][a-z0-9_]{0,39}$"
TODAY = "today"
"""A name every expression may use: the day on which the form is filled in."""
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
    initial: str | int | bool | None = Field(
        default=None, description="Stored value a new draft begins with; a read-only field keeps it."
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
    width: Literal["full", "half", "third"] = Field(
        default="full", description="Room the widget takes on a desk."
    )

    _settings: FieldOptions = PrivateAttr()

    @model_validator(mode="after")
    def _of_its_kind(self) -> FieldDefinition:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"there is no field kind {self.kind!r}; there are {', '.join(sorted(KINDS))}")
        try:
            self._settings = kind.options_model.model_validate(self.options)
        except ValidationError as faults:
            raise ValidationError.from_exception_data("options", _below_options(faults)) from None
        if self.computed and (
            self.required or self.required_if or self.read_only_if or self.initial is not None
        ):
            raise ValueError("a computed field is neither required, read-only nor given an initial value")
        if self.required and self.required_if:
            raise ValueError("required and required_if exclude each other")
        return self

    @property
    def of_kind(self) -> FieldKind[Any]:
        """The kind of the field."""
        return KINDS[self.kind]

    @property
    def settings(self) -> FieldOptions:
        """The options, read and checked."""
        return self._settings


def _below_options(faults: ValidationError) -> list[InitErrorDetails]:
    """Return the faults of a field's options with the place at which they stand in the field."""
    return [
        InitErrorDetails(
            type=PydanticCustomError("field_options", "{what}", {"what": fault["msg"]}),
            loc=("options", *fault["loc"]),
            input=fault["input"],
        )
        for fault in faults.errors()
    ]


class Group(Part):
    """Fields that belong together, under one heading."""

    id: str = Field(pattern=IDENTIFIER)
    title: LocalizedText | None = None
    help: LocalizedText | None = None
    visible_if: str = Field(default="", max_length=_EXPRESSION_LENGTH, description="Yes/no; empty: always.")
    fields: list[FieldDefinition] = Field(min_length=1, max_length=200)


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
        min_length=1, description="Ids of the fields beside which it is said; the first is linked."
    )
    when: Literal["answered", "always"] = Field(
        default="answered",
        description="answered: tried once every field it names is answered soundly; always: every time.",
    )


class Category(Part):
    """The heading a form stands under in the catalogue."""

    key: str = Field(pattern=KEY)
    title: LocalizedText


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
    summary: list[str] = Field(
        default_factory=list,
        max_length=4,
        description="Ids of the fields that tell one submission from another.",
    )
    confirmation: LocalizedText | None = Field(default=None, description="Said after it has been submitted.")
    pages: list[PageDefinition] = Field(min_length=1, max_length=30)
    rules: list[Rule] = Field(default_factory=list, max_length=200)

    @field_validator("numbering")
    @classmethod
    def _readable(cls, numbering: str) -> str:
        Scheme.read(numbering)
        return numbering

    def placed(self) -> Iterator[tuple[PageDefinition, Group, FieldDefinition]]:
        """Yield every field with the page and the group it stands in, in order."""
        for page in self.pages:
            for group in page.groups:
                for field in group.fields:
                    yield page, group, field

    def fields(self) -> Iterator[FieldDefinition]:
        """Yield every field, in order."""
        return (field for _page, _group, field in self.placed())

    @cached_property
    def by_id(self) -> dict[str, FieldDefinition]:
        """The fields by their ids, in order."""
        return {field.id: field for field in self.fields()}

    @cached_property
    def place_of(self) -> dict[str, tuple[PageDefinition, Group, FieldDefinition]]:
        """Every field with its page and group, by id."""
        return {field.id: (page, group, field) for page, group, field in self.placed()}

    @cached_property
    def names(self) -> dict[str, Kind]:
        """The names its expressions may use, and what each is to them: the fields, and the day."""
        return {**{field.id: field.of_kind.expression for field in self.fields()}, TODAY: Kind.DATE}

    @cached_property
    def order(self) -> list[str]:
        """The ids so that each field stands after those it waits for; raises DependencyCycle."""
        return in_order(
            {
                field.id: set().union(
                    *(
                        names_in(text, self.by_id)
                        for text in (
                            page.visible_if,
                            group.visible_if,
                            field.visible_if,
                            field.read_only_if,
                            field.computed,
                        )
                    )
                )
                for page, group, field in self.placed()
            }
        )

    @cached_property
    def named_by(self) -> dict[str, frozenset[str]]:
        """By id of a rule, the fields it names."""
        return {rule.id: names_in(rule.holds, self.by_id) for rule in self.rules}


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
