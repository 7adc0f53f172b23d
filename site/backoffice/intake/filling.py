"""A form being filled in, as its page shows it: the page one is on, the way through, what is wrong."""

from __future__ import annotations

import datetime
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language

from forms.directory import directory_for
from forms.exceptions import AnswerError
from forms.fields import NO_MARKUP
from forms.fields.files import FilesKind
from forms.logic import FormState, Reading, evaluate, initial_answers, read, typed_of
from forms.models import CorrectionDraft, Draft, PublicDraft, Submission
from forms.paths import without
from forms.prefill import prefilled
from forms.presentation import WITHHELD, FieldView, GroupView, dom_id, first_page_with, group_views
from forms.rows import add_row, copy_row, move_row, remove_row
from forms.schema import FormDefinition, PageDefinition, definition_of
from forms.services.corrections import corrected_state
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User

PREFIX = "f-"
"""Stands before the field's id in what is posted, so that no field can pose as one of our own names."""


@dataclass(frozen=True)
class Step:
    """One page of the way through."""

    id: str
    title: str
    number: int
    current: bool
    passed: bool


@dataclass(frozen=True)
class Entry:
    """One line of the error summary; ``page`` is set where the field stands on another page."""

    label: str
    message: str
    target: str
    page: str = ""


@dataclass(frozen=True)
class Filling:
    """What somebody has typed into an edition of a form, and where they are in it."""

    uuid: uuids.UUID
    edition: Edition
    definition: FormDefinition
    typed: Mapping[str, Sequence[str]]
    wanted_page: str = ""
    saved_at: datetime.datetime | None = None
    complain: tuple[str, ...] = ()
    """Ids of the pages on which unanswered questions are complained of."""
    address: str = ""
    """Where it is saved; empty: the page of the draft."""
    known: Mapping[str, Any] | None = None
    """The answers read-only fields have and keep: what the form, the person and the day say."""
    on_behalf_of: User | None = None
    corrects: Submission | None = None
    """The submission that is being corrected."""
    withheld: frozenset[str] = frozenset()
    """Ids of the fields that the corrector may not read: neither shown nor changed."""
    is_public: bool = False
    """Whether somebody without an account fills it in."""
    person: User | None = None
    """Who fills it in: what they may see can be named in it."""

    @classmethod
    def fresh(cls, edition: Edition, definition: FormDefinition, person: User | None = None) -> Filling:
        """Return a form nobody has typed into; what is known of the person it is about stands in it."""
        known = initial_answers(definition, prefilled(definition, person))
        return cls(
            uuids.uuid4(), edition, definition, typed_of(definition, known), known=known, person=person
        )

    @classmethod
    def resumed(
        cls, draft: Draft, definition: FormDefinition, page: str = "", complain: tuple[str, ...] = ()
    ) -> Filling:
        """Return a draft as it was left."""
        page = page or definition.pages[min(draft.page, len(definition.pages) - 1)].id
        known = initial_answers(definition, prefilled(definition, draft.on_behalf_of or draft.person))
        return cls(
            draft.uuid,
            draft.edition,
            definition,
            draft.answers,
            page,
            draft.saved_at,
            complain,
            known=known,
            on_behalf_of=draft.on_behalf_of,
            person=draft.person,
        )

    @classmethod
    def of_stranger(
        cls,
        edition: Edition,
        definition: FormDefinition,
        draft: PublicDraft | None,
        page: str = "",
        complain: tuple[str, ...] = (),
    ) -> Filling:
        """Return what somebody without an account has typed behind a public link, if anything."""
        if draft is None:
            return replace(cls.fresh(edition, definition), is_public=True)
        known = initial_answers(definition, prefilled(definition, None))
        page = page or definition.pages[min(draft.page, len(definition.pages) - 1)].id
        return cls(
            draft.uuid,
            edition,
            definition,
            draft.answers,
            page,
            draft.saved_at,
            complain,
            known=known,
            is_public=True,
        )

    @classmethod
    def correcting(
        cls,
        submission: Submission,
        draft: CorrectionDraft | None,
        withheld: frozenset[str],
        page: str = "",
        complain: tuple[str, ...] = (),
        by: User | None = None,
    ) -> Filling:
        """Return a submission as somebody is correcting it; without a draft as it stands."""
        definition = definition_of(submission.edition)
        shown = without(definition, submission.answers, lambda field: field.id in withheld)
        stands = typed_of(definition, shown)
        return cls(
            submission.uuid,
            submission.edition,
            definition,
            draft.answers if draft else stands,
            page or (definition.pages[min(draft.page, len(definition.pages) - 1)].id if draft else ""),
            draft.saved_at if draft else None,
            complain,
            address=reverse("intake:correct", kwargs={"uuid": submission.uuid}),
            corrects=submission,
            withheld=withheld,
            person=draft.person if draft else by,
        )

    @cached_property
    def answers(self) -> dict[str, str | int | bool]:
        """What was typed, read."""
        return self._reading.answers

    @property
    def all_read(self) -> bool:
        """Whether everything that was typed could be read; what could not is not among the answers."""
        return not self._reading.unread

    @cached_property
    def state(self) -> FormState:
        """How the form stands."""
        unread, language = self._reading.unread, get_language()
        if self.corrects is not None:
            return corrected_state(
                self.corrects,
                self.answers,
                withheld=self.withheld,
                unread=unread,
                language=language,
                by=self.person,
            )
        return evaluate(
            self.definition,
            self.answers,
            language,
            unread=unread,
            kept=self.known,
            directory=directory_for(self.person, self.uuid),
        )

    @property
    def posts_to(self) -> str:
        """Where it is saved."""
        return self.address or reverse("intake:draft", kwargs={"uuid": self.uuid})

    @property
    def uploads_to(self) -> str:
        """Where its files go, one by one."""
        if self.is_public:
            return f"{self.address}files/"
        return reverse("intake:file-upload", kwargs={"uuid": self.uuid})

    @property
    def chooses_at(self) -> str:
        """Where its page asks what fits what is typed."""
        return reverse("intake:choose", kwargs={"form_key": self.edition.key, "edition": self.edition.number})

    @cached_property
    def page(self) -> PageDefinition:
        """The page one is on; the first that is shown when the wanted one is not."""
        shown = self.state.pages or (self.definition.pages[0].id,)
        chosen = self.wanted_page if self.wanted_page in shown else shown[0]
        return next(page for page in self.definition.pages if page.id == chosen)

    @cached_property
    def steps(self) -> list[Step]:
        """The way through: the pages that are shown."""
        shown = list(self.state.pages) or [self.page.id]
        here = shown.index(self.page.id)
        titles = {page.id: in_language(page.title) for page in self.definition.pages}
        return [
            Step(name, titles[name], number + 1, current=number == here, passed=number < here)
            for number, name in enumerate(shown)
        ]

    def neighbour(self, distance: int) -> str:
        """Return the id of the page before (-1) or after (1) this one; empty at the ends."""
        ids = [step.id for step in self.steps]
        at = ids.index(self.page.id) + distance
        return ids[at] if 0 <= at < len(ids) else ""

    @property
    def takes_files(self) -> bool:
        """Whether the form has fields for files, which only one way of posting can carry."""
        return any(isinstance(asked.of_kind, FilesKind) for asked in self.definition.fields())

    @property
    def number(self) -> int:
        """Which step of the way this page is, from 1."""
        return next(step.number for step in self.steps if step.current)

    @property
    def previous(self) -> str:
        """The page before."""
        return self.neighbour(-1)

    @property
    def following(self) -> str:
        """The page after."""
        return self.neighbour(1)

    @property
    def index(self) -> int:
        """The place of the page among all pages of the definition."""
        return [page.id for page in self.definition.pages].index(self.page.id)

    @cached_property
    def groups(self) -> list[GroupView]:
        """What the page shows."""
        groups = group_views(
            self.state, self.page, self.typed, prefix=PREFIX, missing_too=self.page.id in self.complain
        )
        return [_without(group, self.withheld) for group in groups] if self.withheld else groups

    @cached_property
    def summary(self) -> list[Entry]:
        """What is wrong on the pages that are complained of, in order; nothing on those that are not."""
        return [
            Entry(
                label=error.label,
                message=error.message,
                target=dom_id(f"{PREFIX}{error.field}"),
                page="" if self._page_of(error) == self.page.id else self._page_of(error),
            )
            for error in self.state.errors
            if self._page_of(error) in self.complain
        ]

    @property
    def first_wrong_page(self) -> str:
        """The first page on which something is wrong; empty when nothing is."""
        return first_page_with(self.state.errors, self.state) or ""

    def _page_of(self, error: AnswerError) -> str:
        return self.state.page_of(error.field)

    @cached_property
    def _reading(self) -> Reading:
        return read(self.definition, self.typed)


def _without(group: GroupView, withheld: frozenset[str]) -> GroupView:
    """Return a group in which the fields that are not for this reader stand as answered and can't be typed into."""
    rows = tuple(
        replace(
            row,
            fields=tuple(_hidden(field) if field.id in withheld else field for field in row.fields),
            groups=tuple(_without(inner, withheld) for inner in row.groups),
            summary="" if any(field.id in withheld for field in row.fields) else row.summary,
        )
        for row in group.rows
    )
    fields = tuple(_hidden(field) if field.id in withheld else field for field in group.fields)
    return replace(group, fields=fields, rows=rows, totals=() if withheld else group.totals)


def _hidden(field: FieldView) -> FieldView:
    return replace(
        field,
        read_only=True,
        required=False,
        grouped=False,
        typed="",
        texts=(),
        stored=None,
        shown=str(WITHHELD),
        markup=NO_MARKUP,
        errors=(),
    )


def typed_in(definition: FormDefinition, posted: QueryDict) -> dict[str, list[str]]:
    """Return the texts of the fields that stood on the posted page, by path; a set with nothing ticked is an
    empty list, and a repeating group has the names of its rows.

    Fields that were not on the page are not named, and so keep what was typed for them before. The parts of a
    control of several are read as ``part=value`` (see ``forms.fields.base``).
    """
    parts: dict[str, list[str]] = {}
    for name in posted:
        path, sign, part = str(name).removeprefix(PREFIX).partition("~")
        if sign and str(name).startswith(PREFIX):
            parts.setdefault(path, []).extend(f"{part}={text}" for text in posted.getlist(name))
    return {
        path: [str(text) for text in posted.getlist(f"{PREFIX}{path}")] + parts.get(path, [])
        for path in dict.fromkeys(posted.getlist("asked"))
        if definition.at(path) is not None
    }


ROW_ACTIONS = frozenset({"add-row", "copy-row", "remove-row", "row-up", "row-down"})
"""What the buttons of a repeating group post under ``do``, each with a path behind a colon."""


def with_rows_changed(
    definition: FormDefinition, typed: Mapping[str, Sequence[str]], action: str, path: str
) -> tuple[Mapping[str, Sequence[str]], str]:
    """Return the texts after a button of a repeating group was pressed, and the path of a row it made."""
    match action:
        case "add-row":
            return add_row(definition, typed, path)
        case "copy-row":
            return copy_row(definition, typed, path)
        case "remove-row":
            return remove_row(definition, typed, path), ""
        case _:
            return move_row(definition, typed, path, -1 if action == "row-up" else 1), ""
