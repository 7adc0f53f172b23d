"""The contract of a workflow definition: what the studio writes, packs carry, and the machine compiles.

A definition names states, transitions and roles; it never names people, columns or Python. Texts are per language.
``workflows.checking`` says whether a definition makes sense; this module only says whether it is well formed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from forms.schema import FieldDefinition
from foundation.editions.texts import LocalizedText

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
RoleKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]

Category = Literal["open", "waiting", "final"]


class Part(BaseModel):
    """Base of every part: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class State(Part):
    """Where a case can stand.

    ``category``: *open* — somebody in the house must act; *waiting* — we wait for somebody; *final* — nothing is left
    to do. ``public`` is the word the customer may hear, when it differs from the title.
    """

    id: Key
    title: LocalizedText
    category: Category
    initial: bool = False
    public: LocalizedText | None = None


class Assignment(Part):
    """Who has the case after a step.

    *choose*: the acting person picks one of the people who hold one of ``roles``; *keep*: nothing changes;
    *clear*: nobody has it.
    """

    mode: Literal["choose", "keep", "clear"] = "keep"
    roles: tuple[RoleKey, ...] = ()


class Notice(Part):
    """A mail after the step, to those who hold ``roles`` towards the case."""

    roles: tuple[RoleKey, ...] = Field(min_length=1)
    subject: LocalizedText
    text: LocalizedText


class Transition(Part):
    """A step a person can take: its name is a verb.

    ``guard`` is an expression over the fields of the form and of all steps, true when the step is allowed;
    ``guard_message`` says what to do when it is not. ``asks`` are the questions answered with the step. ``weight``
    orders the buttons (the smallest is the primary action); ``confirm`` says what will happen, for steps that matter.
    """

    id: Key
    title: LocalizedText
    source: tuple[Key, ...] = Field(min_length=1)
    target: Key
    roles: tuple[RoleKey, ...] = Field(min_length=1)
    guard: str = ""
    guard_message: LocalizedText | None = None
    asks: tuple[FieldDefinition, ...] = ()
    reason_required: bool = False
    confirm: LocalizedText | None = None
    assignment: Assignment = Assignment()
    notices: tuple[Notice, ...] = ()
    weight: int = 100


class Access(Part):
    """Who sees a case of this workflow, by role (relation roles such as ``submitter`` included)."""

    sees: tuple[RoleKey, ...] = Field(min_length=1)


class WorkflowDefinition(Part):
    """One workflow. ``form`` is the key of the form whose submission opens a case; ``numbering`` makes case numbers
    (``{year}`` and ``{seq:05}``); without it a case goes by the number of its submission. ``subject`` names the
    fields whose answers make the line a case is known by."""

    schema_version: Literal[1] = 1
    key: Key
    title: LocalizedText
    description: LocalizedText | None = None
    form: Key
    numbering: str | None = Field(default=None, pattern=r"^[A-Z]{1,6}-\{year\}-\{seq:0[3-9]\}$")
    subject: tuple[Key, ...] = Field(min_length=1)
    states: tuple[State, ...] = Field(min_length=2)
    transitions: tuple[Transition, ...] = Field(min_length=1)
    access: Access

    def state(self, state_id: str) -> State:
        """Return the state called ``state_id``; KeyError when there is none."""
        for state in self.states:
            if state.id == state_id:
                return state
        raise KeyError(state_id)

    @property
    def initial(self) -> State:
        """Return the state a new case stands in."""
        return next(state for state in self.states if state.initial)

    def roles(self) -> frozenset[str]:
        """Return every role the definition names."""
        named = set(self.access.sees)
        for step in self.transitions:
            named |= {
                *step.roles,
                *step.assignment.roles,
                *(role for notice in step.notices for role in notice.roles),
            }
        return frozenset(named)
