"""The questions of a step as a page shows them: fresh, or again with what was typed and what is wrong with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from forms.fields import gathered
from forms.files.references import taken_by
from forms.presentation import GroupView, group_views
from forms.schema import FieldDefinition, FormDefinition
from forms.services.submissions import begun
from foundation.editions.texts import LocalizedText
from foundation.organisation.models import User
from workflows.models import Case, StepDraft
from workflows.schema import Transition
from workflows.vocabulary import questions_form, stand, step_form

OWN_NAMES = frozenset(
    {
        "csrfmiddlewaretoken",
        "seen_version",
        "idempotency_key",
        "reason",
        "assignee",
        "asked",
        "do",
        "complain",
    }
)
OWN_PREFIX = "do-"
"""Begins what else our pages post; no question can be called so."""


@dataclass(frozen=True)
class Wrong:
    """One line of the error summary, a link to the control that needs another look."""

    target: str
    label: str
    message: str


@dataclass(frozen=True)
class Questions:
    """What the page of a step asks. ``refused`` holds the errors the service found, None before anything was sent."""

    spec: Transition
    case: Case
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    refused: Mapping[str, Sequence[str]] | None = None
    reason: str = ""
    assignee: str = ""
    by: User | None = None
    """Whose step it is: what they may see can be named in it."""
    record: uuid.UUID | None = None
    """The draft of the step: its files can be named too."""

    @classmethod
    def again(
        cls,
        spec: Transition,
        case: Case,
        posted: QueryDict,
        errors: Mapping[str, Sequence[str]] | None,
        by: User,
        draft: StepDraft | None = None,
    ) -> Questions:
        """Return the questions with what was typed and what is wrong with it; with the files that came along, which
        stand in ``draft``.
        """
        typed = answers_in(posted)
        if draft is not None:
            typed |= {name: texts for name, texts in draft.answers.items() if _takes_files(spec, name)}
        return cls(
            spec,
            case,
            typed,
            errors,
            reason=posted.get("reason", ""),
            assignee=posted.get("assignee", ""),
            by=by,
            record=draft.uuid if draft is not None else None,
        )

    @classmethod
    def resumed(
        cls, spec: Transition, case: Case, by: User, draft: StepDraft | None, *, complain: bool = False
    ) -> Questions:
        """Return the questions as the person left them; fresh, with what is known, where they typed nothing yet."""
        form = step_form(spec)
        if draft is None:
            return cls(spec, case, begun(form, by) if form is not None else {}, by=by)
        refused: Mapping[str, Sequence[str]] | None = {} if complain else None
        return cls(spec, case, draft.answers, refused, reason=draft.reason, by=by, record=draft.uuid)

    @cached_property
    def groups(self) -> list[GroupView]:
        """The questions as they stand, for ``templates/intake/fields``."""
        form = step_form(self.spec)
        return groups_of(
            form, self.typed, self.by, self.case, self.record, missing_too=self.refused is not None
        )

    @property
    def written(self) -> list[tuple[str, str]]:
        """What was typed, as (label, text), for a page that no longer asks."""
        lines = written_in(self.groups)
        return [*lines, (_("Reason"), self.reason)] if self.reason else lines

    @property
    def reason_errors(self) -> Sequence[str]:
        """What is wrong with the reason."""
        return (self.refused or {}).get("reason", ())

    @property
    def assignee_errors(self) -> Sequence[str]:
        """What is wrong with the person chosen; nobody chosen is told together with the other answers."""
        if self.refused is None or self.spec.assignment.mode != "choose":
            return ()
        return self.refused.get("assignee") or (
            [] if self.assignee else [_("Choose one of the people in the list.")]
        )

    @property
    def summary(self) -> list[Wrong]:
        """Everything wrong, in the order of the page."""
        lines = [Wrong("assignee", _("Assign to"), message) for message in self.assignee_errors]
        return (
            lines
            + wrong_in(self.groups)
            + [Wrong("reason", _("Reason"), message) for message in self.reason_errors]
        )


@dataclass(frozen=True)
class QuestionsOf:
    """The questions an approval asks of whoever agrees; ``refused`` as with the questions of a step."""

    name: str
    title: LocalizedText
    asks: Sequence[FieldDefinition]
    case: Case
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    refused: Mapping[str, Sequence[str]] | None = None
    by: User | None = None
    record: uuid.UUID | None = None

    @cached_property
    def groups(self) -> list[GroupView]:
        """The questions as they stand, for ``templates/intake/fields``."""
        form = questions_form(self.name, self.title, self.asks)
        return groups_of(
            form, self.typed, self.by, self.case, self.record, missing_too=self.refused is not None
        )

    @property
    def written(self) -> list[tuple[str, str]]:
        """What was typed, as (label, text)."""
        return written_in(self.groups)

    @property
    def summary(self) -> list[Wrong]:
        """Everything wrong, in the order of the page."""
        return wrong_in(self.groups)


def groups_of(
    form: FormDefinition | None,
    typed: Mapping[str, Sequence[str]],
    by: User | None,
    case: Case,
    record: uuid.UUID | None = None,
    *,
    missing_too: bool,
) -> list[GroupView]:
    """Return questions as a page shows them: as typed, with what is wrong; ``missing_too``: and what is missing.
    ``record``: the draft whose files can be named.
    """
    if form is None:
        return []
    state = stand(form, typed, by, case, record)
    return group_views(state, form.pages[0], typed, missing_too=missing_too)


def written_in(groups: Sequence[GroupView]) -> list[tuple[str, str]]:
    """Return what was typed, as (label, text)."""
    return [(view.label, view.shown or view.typed) for group in groups for view in group.fields if view.typed]


def wrong_in(groups: Sequence[GroupView]) -> list[Wrong]:
    """Return what is wrong, in the order of the page."""
    return [
        Wrong(view.dom_id, view.label, message)
        for group in groups
        for view in group.fields
        for message in view.errors
    ]


def _takes_files(spec: Transition, name: str) -> bool:
    return any(one.id == name and taken_by(one).kinds for one in spec.asks)


def answers_in(posted: QueryDict) -> dict[str, list[str]]:
    """Return the texts posted for the questions of a step."""
    return gathered(
        (name, texts)
        for name, texts in posted.lists()
        if name not in OWN_NAMES and not name.startswith(OWN_PREFIX)
    )
