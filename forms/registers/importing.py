"""Sheets into a register: the template, what a filled-in one says, what is wrong with it, and taking it in.

A filled-in sheet is read into rows of what was typed, exactly as if somebody had typed it into the form; every row
is then tried as the form would try it, and what is wrong is told by row, column and sentence. Only a sheet without
a fault is taken in, all of it in one transaction, each row through the door of submissions.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from forms.directory import directory_for
from forms.exceptions import AnswersInvalid, FormError, NotFound
from forms.fields import Cell, Column
from forms.fields.base import text_of_cell
from forms.fields.currencies import is_in_other_currency
from forms.logic import evaluate, initial_answers, read
from forms.models import RegisterImport, Submission
from forms.prefill import prefilled
from forms.registers.columns import CHOICE_KINDS
from forms.registers.sheets import FORMATS
from forms.registers.workbooks import Faulty, ReadSheet, SheetRow, Value, read_workbook
from forms.schema import FieldDefinition, FormDefinition, Scope, definition_of
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User

MOST_ROWS = 1_000
"""Rows of one file: as many as one transaction writes without keeping others waiting for long."""
MOST_INNER_ROWS = 5_000
MOST_FINDINGS = 500
NOT_FROM_SHEETS = frozenset({"file", "photo", "signature"})
"""Kinds whose answer does not fit into a cell."""
LANGUAGES = [code for code, _name in settings.LANGUAGES]
STEP = 20

Tell = Callable[[int, int], None]
HandIn = Callable[[Edition, Mapping[str, Any], str, Mapping[str, str]], Submission]
"""How a row is handed in: edition, answers, idempotency key, and what the event says beside."""


class ImportRefused(FormError):
    """A sheet that cannot be taken in; ``str()`` is a sentence for the person."""


# --- columns -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetField:
    """One column of a template: a field and one of its parts."""

    field: FieldDefinition
    column: Column
    headings: Mapping[str, str]
    """By language."""

    @property
    def required(self) -> bool:
        """Whether it must always be filled in."""
        return self.field.required


def number_headings() -> dict[str, str]:
    """Return what the column is called, by language, that ties the rows of a group to their row."""
    return _in_languages(lambda: _("No."))


def row_headings() -> dict[str, str]:
    """Return what the column is called that ties the rows of an inner group to the row around them."""
    return _in_languages(lambda: _("Row"))


def _in_languages(words: Callable[[], str]) -> dict[str, str]:
    found = {}
    for code in LANGUAGES:
        with override(code):
            found[code] = words()
    return found


def fields_of(scope: Scope) -> list[SheetField]:
    """Return the columns in which a sheet gives the answers of the form, or of the rows of a group."""
    found = []
    for asked in scope.fields.values():
        if asked.computed or not asked.of_kind.asks or asked.kind in NOT_FROM_SHEETS:
            continue
        by_language = {
            code: {column.key: column for column in asked.of_kind.columns(asked.settings, code)}
            for code in LANGUAGES
        }
        for key, column in by_language[LANGUAGES[0]].items():
            headings = {
                code: f"{in_language(asked.label, code)} {columns[key].heading}".strip()
                for code, columns in by_language.items()
                if key in columns
            }
            found.append(SheetField(asked, column, headings))
    words = [heading for one in found for heading in set(one.headings.values())]
    return [SheetField(one.field, one.column, _told_apart(one, words)) for one in found]


def _told_apart(one: SheetField, words: Sequence[str]) -> dict[str, str]:
    """Return headings that no other column has: with the id of the field behind those that occur twice."""
    name = f"{one.field.id}.{one.column.key}" if one.column.key else one.field.id
    return {
        code: heading if words.count(heading) == 1 else f"{heading} [{name}]"
        for code, heading in one.headings.items()
    }


def left_out(definition: FormDefinition, language: str) -> list[str]:
    """Return the labels of the fields that a sheet cannot answer."""
    return [
        in_language(asked.label, language) for asked in definition.fields() if asked.kind in NOT_FROM_SHEETS
    ]


def groups_of(definition: FormDefinition) -> list[Scope]:
    """Return the repeating groups, each to be filled in on a sheet of its own."""
    return [scope for name, scope in definition.scopes.items() if name]


# --- the template ------------------------------------------------------------------------------------------------


def write_template(target: IO[bytes], definition: FormDefinition, language: str) -> None:
    """Write an empty workbook to fill in: headings, a sheet for each repeating group, the given answers to choose
    from, and how to go about it.
    """
    with override(language):
        book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
        formats = {name: book.add_format(said) for name, said in FORMATS.items()}
        template = _Template(book, formats, definition, language)
        template.write()
        book.close()


@dataclass
class _Template:
    book: Any
    formats: Mapping[str, Any]
    definition: FormDefinition
    language: str
    lists: dict[tuple[str, ...], str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def write(self) -> None:
        groups = groups_of(self.definition)
        self._sheet(
            in_language(self.definition.title, self.language),
            [number_headings()[self.language]] if groups else [],
            fields_of(self.definition.form),
        )
        for scope in groups:
            assert scope.group is not None
            ties = [number_headings()[self.language]]
            if scope.outer is not None and scope.outer.group is not None:
                ties.append(row_headings()[self.language])
            title = in_language(scope.group.title or {}, self.language) or scope.group.id
            self._sheet(title, ties, fields_of(scope))
        self._choices()
        self._how(bool(groups))

    def _sheet(self, title: str, ties: Sequence[str], fields: Sequence[SheetField]) -> None:
        sheet = self.book.add_worksheet(self._name(title))
        sheet.freeze_panes(1, 0)
        for place, heading in enumerate(ties):
            sheet.set_column(place, place, 8)
            sheet.write_string(0, place, heading, self.formats["heading"])
        for place, one in enumerate(fields, len(ties)):
            text = one.headings[self.language]
            form = self.formats.get("date" if one.column.sort == "date" else "text")
            sheet.set_column(place, place, max(one.column.width, len(text) + 6), form)
            sheet.write_string(0, place, f"{text} *" if one.required else text, self.formats["heading"])
            labels = self._labels(one)
            if labels:
                sheet.data_validation(
                    1,
                    place,
                    MOST_INNER_ROWS,
                    place,
                    {"validate": "list", "source": self._list(labels), "error_type": "warning"},
                )

    def _labels(self, one: SheetField) -> tuple[str, ...]:
        """Return the answers a cell can be chosen from."""
        options: Any = one.field.settings
        if one.field.kind in CHOICE_KINDS and not one.column.key and one.field.kind == "choice":
            return tuple(in_language(choice.label, self.language) for choice in options.choices)
        if one.field.kind == "yes_no":
            return tuple(one.field.of_kind.display(value, options, self.language) for value in (True, False))
        return ()

    def _list(self, labels: tuple[str, ...]) -> str:
        """Return where the labels stand on the sheet of answers."""
        place = list(self.lists).index(labels) if labels in self.lists else len(self.lists)
        self.lists.setdefault(labels, "")
        letter = xlsxwriter.utility.xl_col_to_name(place)
        return f"='{self._answers_title()}'!${letter}$2:${letter}${len(labels) + 1}"

    def _answers_title(self) -> str:
        return str(_("Answers to choose from"))[:31]

    def _choices(self) -> None:
        if not self.lists:
            return
        sheet = self.book.add_worksheet(self._answers_title())
        for place, labels in enumerate(self.lists):
            sheet.set_column(place, place, max(len(label) for label in labels) * 2 + 4)
            sheet.write_string(
                0, place, _("List %(number)d") % {"number": place + 1}, self.formats["heading"]
            )
            for row, label in enumerate(labels, 1):
                sheet.write_string(row, place, label, self.formats["text"])

    def _how(self, grouped: bool) -> None:
        sheet = self.book.add_worksheet(self._name(_("How to fill this in")))
        sheet.set_column(0, 0, 100)
        lines = [
            _("One row is one submission. Columns marked * must be filled in."),
            _("Leave the headings as they are. Columns you do not need may be deleted."),
            _("Write values, not formulas. Up to %(count)d rows fit into one file.") % {"count": MOST_ROWS},
        ]
        if grouped:
            lines.append(
                _(
                    "Number the rows in the column “%(column)s”; on the other sheets the same number says to which"
                    " row they belong."
                )
                % {"column": number_headings()[self.language]}
            )
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line, self.formats["text"])

    def _name(self, title: str) -> str:
        return sheet_name(title, self.names)


def sheet_name(title: str, taken: list[str]) -> str:
    """Return a name a sheet can have, that none of the others has, and add it to them."""
    plain = "".join(" " if sign in "[]:*?/\\" else sign for sign in title).strip().strip("'")[:31].strip()
    name, number = plain or "Sheet", 2
    while name.casefold() in taken:
        ending = f" ({number})"
        name, number = f"{plain[: 31 - len(ending)]}{ending}", number + 1
    taken.append(name.casefold())
    return name


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One thing wrong: where (sheet, row, column), what to do, and what stands there."""

    sheet: str
    row: int
    column: str
    sentence: str
    value: str = ""

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "sentence": self.sentence,
            "value": self.value,
        }


@dataclass
class ReadRow:
    """One row of the first sheet, with the rows of its groups: what was typed, by path, and where each stands."""

    number: int
    typed: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """By path: sheet, row and heading."""
    shown: dict[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        places = {path: list(place) for path, place in self.places.items()}
        return {"row": self.number, "typed": self.typed, "places": places, "shown": self.shown}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ReadRow:
        """Return it from JSON."""
        places = {path: (place[0], place[1], place[2]) for path, place in stored["places"].items()}
        return cls(stored["row"], dict(stored["typed"]), places, dict(stored["shown"]))


def read_rows(data: bytes, definition: FormDefinition, language: str) -> tuple[list[ReadRow], list[Finding]]:
    """Return the rows of a filled-in workbook, and what is wrong with its headings and cells.

    Raises WorkbookRefused, ImportRefused.
    """
    sheets = read_workbook(data, most_rows=MOST_INNER_ROWS)
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise ImportRefused(_("The workbook is empty. Fill in the template and upload it."))
    reading = _Reading(definition, language)
    reading.main(filled[0])
    for sheet in filled[1:]:
        reading.other(sheet)
    if not reading.rows and not reading.findings:
        raise ImportRefused(_("There is no row below the headings. Fill in the template and upload it."))
    if len(reading.rows) > MOST_ROWS:
        raise ImportRefused(
            _("The file has %(rows)d rows; %(count)d fit into one. Split it into several.")
            % {"rows": len(reading.rows), "count": MOST_ROWS}
        )
    return list(reading.rows.values()), reading.findings


class _Reading:
    """Puts the sheets of one workbook together."""

    def __init__(self, definition: FormDefinition, language: str) -> None:
        self.definition, self.language = definition, language
        self.rows: dict[int, ReadRow] = {}
        self.findings: list[Finding] = []
        self._by_number: dict[str, ReadRow] = {}

    def main(self, sheet: ReadSheet) -> None:
        """Read the sheet of submissions."""
        headings, ties = self._headings(sheet, fields_of(self.definition.form), [number_headings()])
        for row in sheet.rows[1:]:
            found = self.rows[row.number] = ReadRow(row.number)
            if (place := ties.get(0)) is not None and (tied := _text(row, place)):
                if tied in self._by_number:
                    self._find(
                        sheet, row, place, _("This number is used by another row. Number each row once.")
                    )
                self._by_number[tied] = found
            self._take(sheet, row, headings, found, "", self.definition.form)

    def other(self, sheet: ReadSheet) -> None:
        """Read the sheet of a repeating group; others are passed over."""
        scope = next(
            (
                scope
                for scope in groups_of(self.definition)
                if scope.group is not None
                and sheet.title.casefold()
                in {
                    scope.group.id.casefold(),
                    *(sheet_name(text, []).casefold() for text in (scope.group.title or {}).values()),
                }
            ),
            None,
        )
        if scope is None or scope.group is None:
            return
        inner = scope.outer is not None and scope.outer.group is not None
        wanted = [number_headings(), *([row_headings()] if inner else [])]
        headings, ties = self._headings(sheet, fields_of(scope), wanted)
        if len(ties) < len(wanted):
            names = [heading[self.language] for heading in wanted]
            self.findings.append(
                Finding(
                    sheet.title,
                    1,
                    "",
                    _("This sheet needs the column “%(column)s”.") % {"column": "”, “".join(names)},
                )
            )
            return
        for row in sheet.rows[1:]:
            self._inner_row(sheet, row, headings, ties, scope)

    def _inner_row(
        self,
        sheet: ReadSheet,
        row: SheetRow,
        headings: Mapping[int, SheetField],
        ties: Mapping[int, int],
        scope: Scope,
    ) -> None:
        assert scope.group is not None
        found = self._by_number.get(_text(row, ties[0]))
        if found is None:
            self._find(
                sheet, row, ties[0], _("No row of the first sheet has this number. Number the rows there.")
            )
            return
        path = scope.group.id
        if scope.outer is not None and scope.outer.group is not None:
            outer, wanted = scope.outer.group.id, _text(row, ties[1])
            around = found.typed.get(outer, [])
            if not wanted.isdigit() or not 0 < int(wanted[:6]) <= len(around):
                self._find(
                    sheet,
                    row,
                    ties[1],
                    _("There is no such row. Write which row of the group it belongs to: 1, 2 …"),
                )
                return
            path = f"{outer}/{around[int(wanted) - 1]}/{path}"
        names = found.typed.setdefault(path, [])
        found.places.setdefault(path, (sheet.title, row.number, ""))
        name = f"r{len(names) + 1}"
        names.append(name)
        found.places[f"{path}/{name}"] = (sheet.title, row.number, "")
        self._take(sheet, row, headings, found, f"{path}/{name}/", scope)

    def _headings(
        self, sheet: ReadSheet, fields: Sequence[SheetField], ties: Sequence[Mapping[str, str]]
    ) -> tuple[dict[int, SheetField], dict[int, int]]:
        """Return which column of the sheet is which field, and where the numbers stand that tie rows together."""
        by_words = {
            _plain(heading): one for one in fields for heading in (*one.headings.values(), _id_of(one))
        }
        tied = {_plain(word): at for at, words in enumerate(ties) for word in words.values()}
        found: dict[int, SheetField] = {}
        places: dict[int, int] = {}
        for place, cell in enumerate(sheet.rows[0].cells):
            if cell is None:
                continue
            words = cell.shown if isinstance(cell, Faulty) else text_of_cell(cell)
            plain = _plain(words)
            if (at := tied.get(plain)) is not None and at not in places:
                places[at] = place
            elif (one := by_words.get(plain)) is None:
                self.findings.append(
                    Finding(
                        sheet.title,
                        sheet.rows[0].number,
                        words,
                        _(
                            "The form has no such column. Take the heading from the template, or delete the column."
                        ),
                    )
                )
            elif one in found.values():
                self.findings.append(
                    Finding(
                        sheet.title, sheet.rows[0].number, words, _("This column is there twice. Delete one.")
                    )
                )
            else:
                found[place] = one
        return found, places

    def _take(
        self,
        sheet: ReadSheet,
        row: SheetRow,
        headings: Mapping[int, SheetField],
        found: ReadRow,
        prefix: str,
        scope: Scope,
    ) -> None:
        cells: dict[str, dict[str, Cell]] = {}
        for place, one in headings.items():
            cell = row.cells[place] if place < len(row.cells) else None
            path = f"{prefix}{one.field.id}"
            found.places.setdefault(path, (sheet.title, row.number, one.headings[self.language]))
            if isinstance(cell, Faulty):
                self.findings.append(
                    Finding(sheet.title, row.number, one.headings[self.language], cell.sentence, cell.shown)
                )
            elif cell is not None:
                shown = row.currencies.get(place, "")
                currency = getattr(scope.fields[one.field.id].settings, "currency", "") if shown else ""
                if currency and is_in_other_currency(shown, currency):
                    cell = f"{shown} {cell}"  # as one sees it in the sheet; the field refuses that
                cells.setdefault(one.field.id, {})[one.column.key] = _fitting(cell, one.column)
        for name, parts in cells.items():
            asked = scope.fields[name]
            texts = asked.of_kind.typed_from_cells(parts, asked.settings, self.language)
            found.typed[f"{prefix}{name}"] = list(texts)
            found.shown[f"{prefix}{name}"] = " · ".join(text_of_cell(part) for part in parts.values())[:200]

    def _find(self, sheet: ReadSheet, row: SheetRow, place: int, sentence: str) -> None:
        heading = sheet.rows[0].cells[place] if place < len(sheet.rows[0].cells) else ""
        words = "" if isinstance(heading, Faulty) else text_of_cell(heading)
        self.findings.append(Finding(sheet.title, row.number, words, sentence, _text(row, place)))


def _id_of(one: SheetField) -> str:
    return f"{one.field.id}.{one.column.key}" if one.column.key else one.field.id


def _plain(text: str) -> str:
    return " ".join(text.replace("*", " ").split()).casefold()


def _text(row: SheetRow, place: int) -> str:
    cell: Value = row.cells[place] if place < len(row.cells) else None
    return cell.shown if isinstance(cell, Faulty) else text_of_cell(cell).strip()


def _fitting(cell: Cell, column: Column) -> Cell:
    """Return a cell as its column means it: a day without its midnight."""
    if column.sort == "date" and isinstance(cell, datetime.datetime):
        return cell.date()
    return cell


# --- keeping and checking ----------------------------------------------------------------------------------------


def taken_before(form_key: str, digest: str) -> RegisterImport | None:
    """Return the import by which this very file was taken in before, if it was."""
    return (
        RegisterImport.objects.filter(form_key=form_key, sha256=digest, state=RegisterImport.State.DONE)
        .select_related("by")
        .first()
    )


def receive(*, edition: Edition, filename: str, data: bytes, by: User, language: str) -> RegisterImport:
    """Read an uploaded workbook and keep its rows, to be checked; return the import.

    Who may: the importers of the register (asked by the caller). Raises WorkbookRefused, ImportRefused (also
    where the same file was taken in before).
    """
    digest = hashlib.sha256(data).hexdigest()
    definition = definition_of(edition)
    if (before := taken_before(definition.key, digest)) is not None:
        raise ImportRefused(_told_before(before))
    rows, findings = read_rows(data, definition, language)
    return RegisterImport.objects.create(
        form_key=definition.key,
        edition=edition,
        by=by,
        filename=filename[-200:],
        sha256=digest,
        rows=[row.stored() for row in rows],
        findings=[finding.stored() for finding in findings[:MOST_FINDINGS]],
        count=len(rows),
    )


def _told_before(before: RegisterImport) -> str:
    numbers = [number for _row, number in before.made]
    return _(
        "This file was taken in before, on %(day)s by %(person)s: %(first)s to %(last)s. Nothing was done."
    ) % {
        "day": timezone.localdate(before.done_at).isoformat(),
        "person": before.by,
        "first": numbers[0] if numbers else "–",
        "last": numbers[-1] if numbers else "–",
    }


def check(taken: RegisterImport, language: str, *, tell: Tell | None = None) -> RegisterImport:
    """Try every row as the form would and keep what is wrong; return the import, faulty or ready."""
    definition = definition_of(taken.edition)
    rows = [ReadRow.of(stored) for stored in taken.rows]
    findings = [Finding(**stored) for stored in taken.findings]
    kept = initial_answers(definition, prefilled(definition, taken.by, timezone.now()))
    directory = directory_for(taken.by)
    told = {(one.sheet, one.row, one.column) for one in findings}
    for at, row in enumerate(rows):
        # What cannot be read is not also missing.
        found = _findings_of(definition, row, kept, language, directory)
        findings += [one for one in found if (one.sheet, one.row, one.column) not in told]
        if len(findings) >= MOST_FINDINGS:
            break
        if tell is not None and at % STEP == 0:
            tell(at, len(rows))
    taken.findings = [finding.stored() for finding in findings[:MOST_FINDINGS]]
    taken.state = RegisterImport.State.FAULTY if findings else RegisterImport.State.READY
    taken.save(update_fields=["findings", "state"])
    return taken


def _findings_of(
    definition: FormDefinition, row: ReadRow, kept: Mapping[str, Any], language: str, directory: Any
) -> Iterator[Finding]:
    reading = read(definition, row.typed)
    state = evaluate(
        definition, reading.answers, language, unread=reading.unread, kept=kept, directory=directory
    )
    main = next(iter(row.places.values()), ("", row.number, ""))[0]
    for error in state.errors:
        sheet, number, heading = row.places.get(error.field, (main, row.number, ""))
        if error.field not in row.places and "/" in error.field:
            sheet, number, _nothing = row.places.get(error.field.rpartition("/")[0], (main, row.number, ""))
        yield Finding(sheet, number, heading or error.label, error.message, row.shown.get(error.field, ""))


def import_for(user: User, form_key: str, uuid: Any) -> RegisterImport:
    """Return somebody's own import; raises NotFound for anybody else's."""
    found = (
        RegisterImport.objects.filter(uuid=uuid, form_key=form_key, by=user).select_related("edition").first()
    )
    if found is None:
        raise NotFound
    return found


def imports_of(user: User, form_key: str, most: int = 10) -> Sequence[RegisterImport]:
    """Return somebody's newest imports into a register, without their rows."""
    return list(RegisterImport.objects.filter(by=user, form_key=form_key).defer("rows", "findings")[:most])


def discard(taken: RegisterImport) -> None:
    """Throw away an import that was not taken in; one that was stays, as what it says of its file."""
    RegisterImport.objects.filter(pk=taken.pk).exclude(state=RegisterImport.State.DONE).delete()


def take_in(taken: RegisterImport, *, hand_in: HandIn, tell: Tell | None = None) -> RegisterImport:
    """Hand in every row of a checked import, in the running transaction; return the import, done.

    Must run inside a transaction: all rows become submissions, or none does. The same file makes the same
    submissions once, whoever sends it how often. Raises ImportRefused (not ready; taken in before; a row that
    was sound is not so any more) and what ``hand_in`` raises.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Take an import in inside transaction.atomic().")
    stored = RegisterImport.objects.select_for_update(of=("self",)).select_related("edition").get(pk=taken.pk)
    if stored.state == RegisterImport.State.DONE:
        return stored
    if (before := taken_before(stored.form_key, stored.sha256)) is not None:
        raise ImportRefused(_told_before(before))
    if stored.state != RegisterImport.State.READY:
        raise ImportRefused(_("This file has not been checked, or has faults. Nothing was taken in."))
    definition = definition_of(stored.edition)
    made: list[list[Any]] = []
    for at, row in enumerate(ReadRow.of(one) for one in stored.rows):
        answers = read(definition, row.typed).answers
        said = {"import": str(stored.uuid), "row": str(row.number)}
        key = f"import:{stored.form_key}:{stored.sha256}:{row.number}"
        try:
            submission = hand_in(stored.edition, answers, key, said)
        except AnswersInvalid as refusal:
            raise ImportRefused(
                _(
                    "Row %(row)d cannot be taken in any more: %(why)s Nothing was taken in; check the file again."
                )
                % {"row": row.number, "why": refusal.errors[0].message}
            ) from refusal
        made.append([row.number, submission.number])
        if tell is not None and at % STEP == 0:
            tell(at, stored.count)
    stored.state, stored.made, stored.done_at = RegisterImport.State.DONE, made, timezone.now()
    stored.rows = []
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:
        raise ImportRefused(_("This file is being taken in by somebody else. Nothing was done.")) from None
    return stored
