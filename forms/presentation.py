"""How the fields of a form are shown, as plain values for templates (``templates/intake/fields/``).

Every screen that asks questions — the filling-in of forms, the steps of cases — shows them through here, so
that a field looks and behaves the same everywhere: ``{% include field.template %}`` draws one with label,
help and errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.exceptions import AnswerError
from forms.fields import FieldFault, FieldOptions
from forms.logic import FieldState, FormState
from forms.schema import FormDefinition, Group, PageDefinition
from foundation.editions.texts import in_language

FOLDER = "intake/fields"
LONG = 24
"""Characters from which an answer takes the whole width of a reading page."""


@dataclass(frozen=True)
class FieldView:
    """One question as it stands. ``name`` is what it posts under, ``dom_id`` what its label points at."""

    id: str
    name: str
    label: str
    help: str
    kind: str
    settings: FieldOptions
    required: bool
    read_only: bool
    computed: bool
    grouped: bool
    width: str
    typed: str
    """What the control holds: the text as it was typed."""
    stored: Any
    """The stored value of what was typed, None where there is none or it cannot be read."""
    shown: str
    """The stored value as people read it."""
    errors: tuple[str, ...]
    language: str

    @property
    def dom_id(self) -> str:
        """The id of the control, or of the first of several."""
        return f"field-{self.name}"

    @property
    def template(self) -> str:
        """The template of the whole field."""
        return f"{FOLDER}/field.html"

    @property
    def control(self) -> str:
        """The template of what is typed into."""
        return f"{FOLDER}/{'read_only' if self.read_only else self.kind}.html"

    @property
    def legible(self) -> bool:
        """Whether what was typed can be read; if not, the control must be one that shows any text."""
        return not self.typed or self.stored is not None

    @property
    def described_by(self) -> str:
        """The ids of help and errors, for screen readers."""
        parts = [("help", self.help), ("errors", self.errors)]
        return " ".join(f"{self.dom_id}-{part}" for part, there in parts if there)

    @property
    def signature(self) -> str:
        """Changes when the control itself must be drawn anew, and not only what stands around it."""
        return f"{self.control}:{self.shown if self.read_only else ''}"


@dataclass(frozen=True)
class GroupView:
    """Fields under one heading."""

    id: str
    title: str
    help: str
    fields: tuple[FieldView, ...]


def field_view(
    state: FieldState,
    typed: Sequence[str],
    language: str,
    *,
    prefix: str = "",
    missing_too: bool = True,
) -> FieldView:
    """Return one field for a template.

    ``typed``: what was posted for it, as it was. Without ``missing_too`` a field that was never answered is
    not yet complained of: nobody is told off for what they are about to do.
    """
    asked = state.definition
    kind, settings = asked.of_kind, asked.settings
    text = typed[0] if typed else ""
    stored = state.value if state.read_only else _stored(state, typed)
    return FieldView(
        id=asked.id,
        name=f"{prefix}{asked.id}",
        label=in_language(asked.label, language),
        help=in_language(asked.help or {}, language),
        kind=kind.template,
        settings=settings,
        required=state.required,
        read_only=state.read_only,
        computed=bool(asked.computed),
        grouped=kind.is_set(settings) and not state.read_only,
        width=asked.width,
        typed=text,
        stored=stored,
        shown="" if state.value is None else kind.display(state.value, settings, language),
        errors=() if state.missing and not missing_too else state.errors,
        language=language,
    )


def group_views(
    state: FormState,
    page: PageDefinition,
    typed: Mapping[str, Sequence[str]],
    *,
    prefix: str = "",
    missing_too: bool = True,
) -> list[GroupView]:
    """Return what is shown of a page: groups with the fields that are visible, in order."""
    return [
        GroupView(
            id=group.id,
            title=in_language(group.title or {}, state.language),
            help=in_language(group.help or {}, state.language),
            fields=tuple(_visible(state, group, typed, prefix, missing_too=missing_too)),
        )
        for group in page.groups
        if group.id in state.groups
    ]


def answered_groups(
    page: PageDefinition, answers: Mapping[str, Any], language: str
) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return stored answers of a page for reading: per group its title and (label, text, long) of each.

    Nothing is evaluated: what was stored is what was shown when it was submitted.
    """
    found = []
    for group in page.groups:
        lines = []
        for asked in group.fields:
            if (value := answers.get(asked.id)) is not None:
                text = asked.of_kind.display(value, asked.settings, language)
                long = len(text) > LONG or "\n" in text
                lines.append((in_language(asked.label, language), text, long))
        if lines:
            found.append((in_language(group.title or {}, language), lines))
    return found


def summary_of(definition: FormDefinition, answers: Mapping[str, Any], language: str) -> str:
    """Return the line that tells one submission from another: the summary fields as people read them."""
    parts = []
    for name in definition.summary:
        asked, value = definition.by_id.get(name), answers.get(name)
        if asked is not None and value is not None:
            parts.append(asked.of_kind.display(value, asked.settings, language))
    return " · ".join(parts)


def first_page_with(errors: Sequence[AnswerError], state: FormState) -> str | None:
    """Return the id of the first page on which something is wrong."""
    return next((state.fields[error.field].page for error in errors), None)


def _visible(
    state: FormState, group: Group, typed: Mapping[str, Sequence[str]], prefix: str, *, missing_too: bool
) -> Iterator[FieldView]:
    for asked in group.fields:
        field = state.fields[asked.id]
        if field.visible:
            yield field_view(
                field, typed.get(asked.id, ()), state.language, prefix=prefix, missing_too=missing_too
            )


def _stored(state: FieldState, typed: Sequence[str]) -> Any:
    try:
        return state.definition.of_kind.parse(typed, state.definition.settings)
    except FieldFault:
        return None
