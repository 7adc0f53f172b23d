"""The one interpreter of a form's rules: what is shown, asked for, fixed, computed, and what is wrong.

Pure: no database, no writing. What was posted becomes answers by ``read``; answers become the state of the
form by ``evaluate``. Screens, submission and tests all use these two, so what is shown and what is stored
cannot differ.

A condition that stays open (something it needs is missing) counts as *not shown*, *not required* and
*read-only*; a rule that stays open does not hold; a computed field whose result is open or unsound has no
answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from forms.exceptions import AnswerError
from forms.fields import FieldFault, Stored
from forms.schema import TODAY, FieldDefinition, FormDefinition, Rule
from foundation.editions.texts import in_language
from foundation.expressions import ExpressionFault, Kind
from foundation.expressions import evaluate as calculate


@dataclass(frozen=True)
class Reading:
    """What was posted, read: stored values by field id, and what could not be read."""

    answers: dict[str, Stored]
    unread: dict[str, FieldFault]


@dataclass(frozen=True)
class FieldState:
    """How one field stands. ``value`` is the stored value, None while there is no sound one."""

    definition: FieldDefinition
    page: str
    group: str
    visible: bool
    required: bool
    read_only: bool
    value: Stored | None
    missing: bool = False
    """Asked for and not answered."""
    errors: tuple[str, ...] = ()
    """What is wrong, ``missing`` included, as sentences in the language of the evaluation."""


@dataclass(frozen=True)
class FormState:
    """How a form stands with these answers."""

    definition: FormDefinition
    language: str
    fields: dict[str, FieldState]
    groups: frozenset[str] = field(default=frozenset())
    """Ids of the groups in which something is shown."""

    @cached_property
    def answers(self) -> dict[str, Stored]:
        """What is stored: sound values of the fields that are shown, in the order of the form."""
        return {
            name: state.value
            for name, state in self.fields.items()
            if state.visible and state.value is not None
        }

    @cached_property
    def errors(self) -> tuple[AnswerError, ...]:
        """Everything wrong, in the order of the form."""
        return tuple(
            AnswerError(name, in_language(state.definition.label, self.language), message)
            for name, state in self.fields.items()
            for message in state.errors
        )

    def errors_of(self, page: str) -> tuple[AnswerError, ...]:
        """Return what is wrong on one page."""
        return tuple(error for error in self.errors if self.fields[error.field].page == page)

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """Ids of the pages on which something is shown, in order."""
        shown = {state.page for state in self.fields.values() if state.visible}
        return tuple(page.id for page in self.definition.pages if page.id in shown)


def read(definition: FormDefinition, typed: Mapping[str, Sequence[str]]) -> Reading:
    """Return what was typed as stored values. Keys that are no field of the form are passed over."""
    answers: dict[str, Stored] = {}
    unread: dict[str, FieldFault] = {}
    for asked in definition.fields():
        if asked.id not in typed or asked.computed:
            continue
        try:
            value = asked.of_kind.parse(typed[asked.id], asked.settings)
        except FieldFault as fault:
            unread[asked.id] = fault
        else:
            if value is not None:
                answers[asked.id] = value
    return Reading(answers, unread)


def typed_of(definition: FormDefinition, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return answers as texts that ``read`` reads back."""
    return {
        asked.id: asked.of_kind.typed(answers[asked.id], asked.settings)
        for asked in definition.fields()
        if answers.get(asked.id) is not None and not asked.computed
    }


def initial_answers(definition: FormDefinition) -> dict[str, Stored]:
    """Return what a new draft begins with."""
    return {asked.id: asked.initial for asked in definition.fields() if asked.initial is not None}


def evaluate(
    definition: FormDefinition,
    answers: Mapping[str, Any],
    language: str | None = None,
    *,
    unread: Mapping[str, FieldFault] | None = None,
    kept: Mapping[str, Any] | None = None,
    day: datetime.date | None = None,
) -> FormState:
    """Return how the form stands with ``answers``, which may come from anywhere.

    ``unread``: what ``read`` could not read. ``kept``: the values read-only fields have and keep (without
    it, what the form says a draft begins with). ``day``: the day it is filled in (today without it).
    Answers of hidden fields, of read-only fields and to questions that the form does not ask have no effect
    whatever. Raises DependencyCycle for a definition that ``forms.checking`` would have refused.
    """
    language = language or get_language() or "zh-hans"
    with override(language):
        return _Evaluation(
            definition=definition,
            posted=answers,
            unread=unread or {},
            kept=initial_answers(definition) if kept is None else kept,
            day=day or timezone.localdate(),
        ).state(language)


@dataclass
class _Evaluation:
    definition: FormDefinition
    posted: Mapping[str, Any]
    unread: Mapping[str, FieldFault]
    kept: Mapping[str, Any]
    day: datetime.date
    values: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, bool] = field(default_factory=dict)
    found: dict[str, FieldState] = field(default_factory=dict)
    sentences: dict[str, list[str]] = field(default_factory=dict)

    def state(self, language: str) -> FormState:
        self.values = dict.fromkeys(self.definition.by_id, None)
        self.values[TODAY] = self.day
        for name in self.definition.order:
            self._work_out(name)
        asked_for = {name: self._asked_for(state) for name, state in self.found.items()}
        missing = {
            name
            for name, required in asked_for.items()
            if required and self.found[name].value is None and not self.sentences.get(name)
        }
        for name in missing:
            self.sentences[name] = [str(self.found[name].definition.of_kind.missing)]
        for rule in self.definition.rules:
            self._try(rule)
        fields = {
            name: replace(
                self.found[name],
                required=asked_for[name],
                missing=name in missing,
                errors=tuple(self.sentences.get(name, ())),
            )
            for name in self.definition.by_id
        }
        groups = frozenset(state.group for state in fields.values() if state.visible)
        return FormState(self.definition, language, fields, groups)

    def _work_out(self, name: str) -> None:
        page, group, asked = self.definition.place_of[name]
        conditions = (page.visible_if, group.visible_if, asked.visible_if)
        visible = all(self._holds(text, otherwise=False) for text in conditions if text)
        value: Stored | None = None
        read_only = bool(asked.computed)
        if visible and asked.computed:
            value = self._compute(asked)
        elif visible:
            read_only = bool(asked.read_only_if) and self._holds(asked.read_only_if, otherwise=True)
            value = self._answer(asked, read_only=read_only)
        if value is not None:
            self.values[name] = asked.of_kind.in_expression(value)
        self.found[name] = FieldState(
            asked, page.id, group.id, visible=visible, required=False, read_only=read_only, value=value
        )

    def _answer(self, asked: FieldDefinition, *, read_only: bool) -> Stored | None:
        if not read_only and asked.id in self.unread:
            self.sentences[asked.id] = [str(self.unread[asked.id].sentence)]
            return None
        value = (self.kept if read_only else self.posted).get(asked.id)
        if value is None or value == "":
            return None
        try:
            asked.of_kind.check(value, asked.settings, self.day)
        except FieldFault as fault:
            # What a read-only field keeps was sound when it was given, and nobody here can put it right.
            if not read_only:
                self.sentences[asked.id] = [str(fault.sentence)]
                return None
        sound: Stored = value
        return sound

    def _compute(self, asked: FieldDefinition) -> Stored | None:
        try:
            result = calculate(asked.computed, self.definition.names, self.values, asked.of_kind.expression)
        except ExpressionFault:
            return None
        if result is None or result == "":
            return None
        value = asked.of_kind.from_expression(result)
        try:
            asked.of_kind.check(value, asked.settings, self.day)
        except FieldFault:
            return None
        return value

    def _asked_for(self, state: FieldState) -> bool:
        if not state.visible or state.read_only:
            return False
        asked = state.definition
        return asked.required or (bool(asked.required_if) and self._holds(asked.required_if, otherwise=False))

    def _try(self, rule: Rule) -> None:
        named = self.definition.named_by[rule.id]
        if rule.when == "answered" and any(self.values[name] is None for name in named):
            return
        shown = [name for name in rule.fields if self.found[name].visible]
        if not shown or self._holds(rule.holds, otherwise=False):
            return
        sentence = in_language(rule.message) or _("These answers do not go together.")
        self.sentences.setdefault(shown[0], []).append(sentence)

    def _holds(self, text: str, *, otherwise: bool) -> bool:
        try:
            result = calculate(text, self.definition.names, self.values, Kind.YES_NO)
        except ExpressionFault:
            return otherwise
        return otherwise if result is None else bool(result)
