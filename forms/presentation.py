"""How the fields of a form are shown, as plain values for templates (``templates/intake/fields/``).

Every screen that asks questions — the filling-in of forms, the steps of cases — shows them through here, so
that a field looks and behaves the same everywhere: ``{% include field.template %}`` draws one with label,
help and errors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from forms.exceptions import AnswerError
from forms.fields import KINDS, NO_MARKUP, FieldFault, FieldOptions, Found, Reference, parts_of
from forms.fields.files import FilesKind
from forms.logic import FieldState, FormState, RowsState
from forms.schema import FieldDefinition, FormDefinition, Group, PageDefinition, Scope
from foundation.editions.texts import in_language

FOLDER = "intake/fields"
FEW_ROWS = 3
"""So many rows of a group stand open."""
WITHHELD = gettext_lazy("(answered; not shown to you)")
"""What stands for an answer the reader may not read."""
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
    path: str = ""
    texts: tuple[str, ...] = ()
    """Everything that was typed, for controls of several parts."""
    asks: bool = True
    markup: SafeString = NO_MARKUP
    """Of a read-only field: the stored value as markup, where it has more shape than a text."""
    tally: str = ""
    """What is told below the control: totals, how many are missing."""
    found: Mapping[str, Found] = field(default_factory=dict)
    """What the references in the answer lead to, by key, for controls that show more of it than a label."""

    @cached_property
    def dom_id(self) -> str:
        """The id of the control, or of the first of several."""
        return dom_id(self.name)

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """What was typed into a control of several parts, by part."""
        return parts_of(self.texts)

    @cached_property
    def template(self) -> str:
        """The template of the whole field."""
        return f"{FOLDER}/field.html"

    @cached_property
    def control(self) -> str:
        """The template of what is typed into."""
        return f"{FOLDER}/{'read_only' if self.read_only else self.kind}.html"

    @cached_property
    def legible(self) -> bool:
        """Whether what was typed can be read; if not, the control must be one that shows any text."""
        return not self.typed or self.stored is not None

    @cached_property
    def described_by(self) -> str:
        """The ids of help and errors, for screen readers."""
        parts = [("help", self.help), ("errors", self.errors)]
        return " ".join(f"{self.dom_id}-{part}" for part, there in parts if there)

    @cached_property
    def signature(self) -> str:
        """Changes when the control itself must be drawn anew, and not only what stands around it."""
        return f"{self.control}:{self.shown if self.read_only else ''}"


def dom_id(name: str) -> str:
    """Return the id of the control that posts under ``name``."""
    return f"field-{name.replace('/', '-')}"


@dataclass(frozen=True)
class RowView:
    """One row of a repeating group. ``summary`` tells it from others when it is folded up."""

    name: str
    """What it is posted under."""
    number: int
    path: str
    title: str
    summary: str
    wrong: bool
    opened: bool
    """Whether it stands open when the page is drawn: few rows, something wrong in it, or nothing in it yet."""
    fields: tuple[FieldView, ...]
    groups: tuple[GroupView, ...] = ()

    @property
    def key(self) -> str:
        """What its group posts for it."""
        return self.path.rpartition("/")[2]

    @property
    def dom_id(self) -> str:
        """The id of its block."""
        return dom_id(self.name)


@dataclass(frozen=True)
class GroupView:
    """Fields under one heading, or, of a repeating group, rows of them."""

    id: str
    title: str
    help: str
    fields: tuple[FieldView, ...]
    path: str = ""
    """Set for a repeating group: what its rows are posted under, without the prefix."""
    name: str = ""
    item: str = ""
    rows: tuple[RowView, ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    """Label and sum of the numbers that are added up."""
    errors: tuple[str, ...] = ()
    may_add: bool = False
    may_remove: bool = False

    @property
    def repeats(self) -> bool:
        """Whether it is asked once a row."""
        return bool(self.path)

    @property
    def dom_id(self) -> str:
        """The id of its block, where errors about the group lead."""
        return dom_id(self.name)


def field_view(
    state: FieldState,
    typed: Sequence[str],
    language: str,
    *,
    prefix: str = "",
    missing_too: bool = True,
    found: Mapping[Reference, Found] | None = None,
) -> FieldView:
    """Return one field for a template.

    ``typed``: what was posted for it, as it was. Without ``missing_too`` a field that was never answered is
    not yet complained of: nobody is told off for what they are about to do. ``found``: what the references of the
    form led to.
    """
    asked = state.definition
    kind, settings = asked.of_kind, asked.settings
    text = typed[0] if typed else ""
    stored = state.value if state.read_only else _stored(state, typed)
    named = () if stored is None else kind.references(stored, settings)
    return FieldView(
        id=asked.id,
        name=f"{prefix}{state.path or asked.id}",
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
        path=state.path,
        texts=tuple(typed),
        asks=kind.asks,
        tally="" if state.value is None or state.read_only else kind.tally(state.value, settings, language),
        markup=kind.markup(state.value, settings, language)
        if state.read_only and state.value is not None
        else NO_MARKUP,
        found={each.key: found[each] for each in named if each in found} if found else {},
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
    drawing = _Drawing(state, typed, prefix, missing_too=missing_too)
    return [
        drawing.rows(group, state.repeated[group.id], state.definition.scopes[group.id])
        if group.repeat is not None
        else GroupView(
            id=group.id,
            title=in_language(group.title or {}, state.language),
            help=in_language(group.help or {}, state.language),
            fields=tuple(drawing.fields(group, "")),
        )
        for group in page.groups
        if group.id in state.groups
    ]


@dataclass(frozen=True)
class _Drawing:
    """Draws fields and rows of one evaluated form."""

    state: FormState
    typed: Mapping[str, Sequence[str]]
    prefix: str
    missing_too: bool

    def fields(self, group: Group, at: str) -> Iterator[FieldView]:
        """Yield the fields of a group that are shown; ``at`` is the path of its row, with a stroke behind."""
        for asked in group.fields:
            field = self.state.fields[f"{at}{asked.id}"]
            if field.visible:
                yield field_view(
                    field,
                    self.typed.get(field.path, ()),
                    self.state.language,
                    prefix=self.prefix,
                    missing_too=self.missing_too,
                    found=self.state.found,
                )

    def rows(self, group: Group, state: RowsState, scope: Scope) -> GroupView:
        """Return a repeating group with its rows."""
        repeat, language = group.repeat, self.state.language
        assert repeat is not None
        rows = tuple(self._row(group, state, scope, at) for at in range(len(state.rows)))
        stored = [self._stored(scope, f"{state.path}/{name}/") for name in state.rows]
        return GroupView(
            id=group.id,
            title=in_language(group.title or {}, language),
            help=in_language(group.help or {}, language),
            fields=(),
            path=state.path,
            name=f"{self.prefix}{state.path}",
            item=in_language(repeat.item or {}, language),
            rows=rows,
            totals=tuple(totals_of(scope, repeat.totals, stored, language)),
            errors=state.errors if self.missing_too else (),
            may_add=len(rows) < repeat.max,
            may_remove=len(rows) > repeat.min,
        )

    def _row(self, group: Group, state: RowsState, scope: Scope, at: int) -> RowView:
        repeat, path = group.repeat, f"{state.path}/{state.rows[at]}"
        assert repeat is not None
        fields = tuple(self.fields(group, f"{path}/"))
        groups = tuple(
            self.rows(inner, found, scope.inner[inner.id])
            for inner in group.groups
            if (found := self.state.repeated[f"{path}/{inner.id}"]).visible
        )
        shown = {view.id: view.shown for view in fields}
        wrong = any(view.errors for view in fields) or any(
            inner.errors or any(row.wrong for row in inner.rows) for inner in groups
        )
        return RowView(
            name=f"{self.prefix}{path}",
            number=at + 1,
            path=path,
            title=in_language(repeat.item or group.title or {}, self.state.language),
            summary=" · ".join(text for each in repeat.summary if (text := shown.get(each))),
            wrong=wrong,
            opened=wrong or len(state.rows) <= FEW_ROWS or not any(view.typed for view in fields),
            fields=fields,
            groups=groups,
        )

    def _stored(self, scope: Scope, at: str) -> dict[str, Any]:
        return {name: self.state.fields[f"{at}{name}"].value for name in scope.fields}


def totals_of(
    scope: Scope, totals: Sequence[str], rows: Sequence[Mapping[str, Any]], language: str
) -> Iterator[tuple[str, str]]:
    """Yield label and sum, as people read them, of the fields added up over the rows."""
    for name in totals:
        asked = scope.fields[name]
        values = [asked.of_kind.in_expression(row[name]) for row in rows if row.get(name) is not None]
        if values:
            stored = asked.of_kind.from_expression(sum(values[1:], values[0]), asked.settings)
            yield (
                in_language(asked.label, language),
                asked.of_kind.display(stored, asked.settings, language),
            )


@dataclass(frozen=True)
class Line:
    """One answer for reading; ``long`` ones take the whole width."""

    id: str
    label: str
    text: str
    long: bool
    kind: str
    value: Any
    markup: SafeString = NO_MARKUP
    """The answer as markup, where it has more shape than a text."""

    @property
    def holds_files(self) -> bool:
        """Whether the answer is a list of files to be opened."""
        return isinstance(KINDS[self.kind], FilesKind) and isinstance(self.value, list)


@dataclass(frozen=True)
class Answered:
    """What was answered under one heading; of a repeating group a list of rows, each with what is within."""

    id: str
    title: str
    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[tuple[Line, ...], tuple[Answered, ...]], ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    item: str = ""
    """What one row is called."""


def answered_groups(
    definition: FormDefinition,
    page: PageDefinition,
    answers: Mapping[str, Any],
    language: str,
    *,
    withheld: Collection[str] = (),
) -> list[Answered]:
    """Return stored answers of a page for reading; of the fields ``withheld`` only that they were answered.

    Nothing is evaluated: what was stored is what was shown when it was submitted.
    """
    found = []
    for group in page.groups:
        if group.repeat is not None:
            if rows := answers.get(group.id):
                scope = definition.scopes[group.id]
                found.append(_answered_rows(group, scope, rows, language, withheld))
        elif lines := _lines(group.fields, answers, language, withheld):
            found.append(Answered(group.id, in_language(group.title or {}, language), lines))
    return found


def _lines(
    fields: Sequence[FieldDefinition], answers: Mapping[str, Any], language: str, withheld: Collection[str]
) -> tuple[Line, ...]:
    lines = []
    for asked in fields:
        value = answers.get(asked.id)
        if value is None:
            continue
        label = in_language(asked.label, language)
        if asked.id in withheld:
            lines.append(Line(asked.id, label, str(WITHHELD), long=False, kind="text", value=None))
        else:
            text = asked.of_kind.display(value, asked.settings, language)
            markup = asked.of_kind.markup(value, asked.settings, language)
            long = bool(markup) or len(text) > LONG or "\n" in text
            lines.append(Line(asked.id, label, text, long, asked.kind, value, markup))
    return tuple(lines)


def _answered_rows(
    group: Group,
    scope: Scope,
    rows: Sequence[Mapping[str, Any]],
    language: str,
    withheld: Collection[str],
) -> Answered:
    repeat = group.repeat
    return Answered(
        group.id,
        in_language(group.title or {}, language),
        rows=tuple(
            (
                _lines(group.fields, row, language, withheld),
                tuple(
                    _answered_rows(inner, scope.inner[inner.id], row[inner.id], language, withheld)
                    for inner in group.groups
                    if row.get(inner.id)
                ),
            )
            for row in rows
        ),
        item=in_language((repeat.item if repeat else None) or group.title or {}, language),
        totals=tuple(
            totals_of(
                scope,
                [name for name in (repeat.totals if repeat else ()) if name not in withheld],
                rows,
                language,
            )
        ),
    )


def summary_of(
    definition: FormDefinition, answers: Mapping[str, Any], language: str, *, withheld: Collection[str] = ()
) -> str:
    """Return the line that tells one submission from another: the summary fields as people read them, without
    those ``withheld``.
    """
    parts = []
    for name in definition.summary:
        asked, value = definition.by_id.get(name), answers.get(name)
        if asked is not None and value is not None and name not in withheld:
            parts.append(asked.of_kind.display(value, asked.settings, language))
    return " · ".join(parts)


def first_page_with(errors: Sequence[AnswerError], state: FormState) -> str | None:
    """Return the id of the first page on which something is wrong."""
    return next((state.page_of(error.field) for error in errors), None)


def _stored(state: FieldState, typed: Sequence[str]) -> Any:
    try:
        return state.definition.of_kind.parse(typed, state.definition.settings)
    except FieldFault:
        return None
