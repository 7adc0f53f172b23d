"""Reading the list a payer sends: XLSX or CSV in, lines out. Which column is which the ledger says; nothing is guessed.

Pure: no database. What cannot be read is said of its line; an amount is never rounded.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from forms.exceptions import FormError
from forms.fields.base import FieldFault, plain_digits
from forms.fields.currencies import is_in_other_currency, says_only
from forms.fields.money import MoneyField, MoneyOptions
from forms.registers.workbooks import Faulty, SheetRow, read_workbook
from foundation.audit.canonical import canonical
from workflows.exceptions import StatementRefused
from workflows.models.amount import LARGEST, PLACES
from workflows.sameness import one_spelling
from workflows.schema import Ledger, PayerList

MOST_LINES = 10_000
LARGEST_FILE = 10 * 1024 * 1024
HEADINGS_WITHIN = 20
"""Rows in which the headings are looked for; above them stand titles."""
LONGEST_REFERENCE = 100
EXCEL_DIGITS = 15
"""Digits a spreadsheet keeps of a number; what is behind them is noise of its arithmetic."""
_TOTALS = frozenset({"合计", "总计", "小计", "total", "sum", "subtotal", "grandtotal"})
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")
_UNIT = Decimal(1).scaleb(-PLACES)


@dataclass
class PaidLine:
    """One line as it was read. ``told``: marks by their id, as written; ``faults``: why it cannot be posted;
    ``foreign``: that its amount is in another currency; it has none then.
    """

    row: int
    told: dict[str, str]
    amount: Decimal | None
    paid_on: datetime.date | None
    reference: str
    faults: list[str] = field(default_factory=list)
    key: str = ""
    foreign: str = ""


@dataclass(frozen=True)
class _Columns:
    marks: dict[str, int]
    amount: int
    currency: int | None
    day: int | None
    reference: int | None


def read_statement(data: bytes, ledger: Ledger, workflow: str) -> list[PaidLine]:
    """Return the lines of a list. Raises ``StatementRefused``: no list of this ledger, or a file that is none."""
    told = ledger.payer_list
    assert told is not None
    if len(data) > LARGEST_FILE:
        raise StatementRefused(
            _("The file is larger than %(size)d MB. Split it into several.")
            % {"size": LARGEST_FILE // 1024**2}
        )
    for rows in _tables(data):
        found = _headings(rows, told)
        if found is not None:
            place, columns = found
            lines = [line for row in rows[place + 1 :] if (line := _line(row, columns, ledger)) is not None]
            if not lines:
                raise StatementRefused(_("The list has headings and no line below them."))
            _name(lines, workflow)
            return lines
    raise StatementRefused(_not_found(told))


def _not_found(told: PayerList) -> str:
    marks = " / ".join(key.headings[0] for key in told.keys)
    return _(
        "No row of headings was found. The list needs a column “%(amount)s” and at least one of: %(marks)s."
    ) % {"amount": told.amount_headings[0], "marks": marks}


def _tables(data: bytes) -> Iterable[Sequence[SheetRow]]:
    if data.startswith(b"PK") or data.startswith(b"\xd0\xcf\x11\xe0"):
        try:
            return [sheet.rows for sheet in read_workbook(data, most_rows=MOST_LINES + HEADINGS_WITHIN)]
        except FormError as fault:
            raise StatementRefused(str(fault)) from fault
    return [_csv_rows(data)]


def _csv_rows(data: bytes) -> list[SheetRow]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise StatementRefused(_("The file is neither an Excel workbook nor a text in UTF-8 or GB 18030."))
    if "\x00" in text:
        raise StatementRefused(_("The file is neither an Excel workbook nor a text in UTF-8 or GB 18030."))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
            if any(cell.strip() for cell in cells):
                # Our own files guard what a spreadsheet would calculate by an apostrophe.
                rows.append(SheetRow(number, tuple(cell.strip().removeprefix("'") or None for cell in cells)))
            if len(rows) > MOST_LINES + HEADINGS_WITHIN:
                raise StatementRefused(
                    _("The list has more than %(count)d lines. Split it into several.")
                    % {"count": MOST_LINES}
                )
    except csv.Error as fault:
        raise StatementRefused(_("The file cannot be read as CSV: %(why)s") % {"why": fault}) from fault
    return rows


def _headings(rows: Sequence[SheetRow], told: PayerList) -> tuple[int, _Columns] | None:
    for place, row in enumerate(rows[:HEADINGS_WITHIN]):
        there: dict[str, int] = {}
        for column, cell in enumerate(row.cells):
            if isinstance(cell, str):
                there.setdefault(one_spelling(cell), column)

        def at(headings: Sequence[str], there: dict[str, int] = there) -> int | None:
            return next((there[said] for one in headings if (said := one_spelling(one)) in there), None)

        amount = at(told.amount_headings)
        found = {key.id: at(key.headings) for key in told.keys}
        marks = {name: column for name, column in found.items() if column is not None}
        if amount is not None and marks:
            return place, _Columns(
                marks,
                amount,
                at(told.currency_headings),
                at(told.day_headings),
                at(told.reference_headings),
            )
    return None


def _line(row: SheetRow, columns: _Columns, ledger: Ledger) -> PaidLine | None:
    """Return a line, or None for one that only adds the others up."""

    def cell(column: int | None) -> Any:
        return row.cells[column] if column is not None and column < len(row.cells) else None

    told = {name: said for name, column in columns.marks.items() if (said := _text(cell(column)))}
    spelled = {one_spelling(one) for one in row.cells if isinstance(one, str)}
    if spelled & _TOTALS and not (set(map(one_spelling, told.values())) - _TOTALS):
        return None
    line = PaidLine(row.number, told, None, None, "")
    for name, column in columns.marks.items():
        if isinstance(fault := cell(column), Faulty):
            line.faults.append(fault.sentence)
            line.told.pop(name, None)
    try:
        # First: what is wrong with an amount in another currency is no fault of this list.
        _check_currency(
            cell(columns.amount),
            cell(columns.currency),
            row.currencies.get(columns.amount, ""),
            ledger.currency,
        )
        line.amount = _amount(cell(columns.amount), ledger.currency)
    except _OtherCurrency as fault:
        line.foreign = str(fault)
    except ValueError as fault:
        line.faults.append(str(fault))
    try:
        line.paid_on = _day(cell(columns.day))
    except ValueError as fault:
        line.faults.append(str(fault))
    line.reference = _text(cell(columns.reference))[:LONGEST_REFERENCE]
    if not line.told and not line.faults:
        line.faults.append(_("The line has no mark that says whose it is."))
    return line


def _text(cell: Any) -> str:
    if cell is None or isinstance(cell, Faulty | bool):
        return ""
    return str(cell).strip()


class _OtherCurrency(ValueError):
    """An amount in a currency the ledger is not kept in; ``str()`` is a sentence."""

    def __init__(self, text: str, currency: str) -> None:
        super().__init__(
            _("“%(text)s” is in another currency; this ledger is kept in %(currency)s.")
            % {"text": text, "currency": currency}
        )


def _check_currency(amount: Any, said: Any, shown: str, currency: str) -> None:
    """Raise ``_OtherCurrency`` where a line's column of currencies (``said``) or the format of its amount (``shown``)
    names another one.
    """
    named = said.shown if isinstance(said, Faulty) else _text(said)
    if named and not says_only(named, currency):
        raise _OtherCurrency(f"{_text(amount)} {named}".strip(), currency)
    if is_in_other_currency(shown, currency):
        raise _OtherCurrency(f"{shown} {amount}", currency)


def _amount(cell: Any, currency: str) -> Decimal:
    """Return the amount in a cell; raises ValueError with a sentence, also where only a rounding would be stored."""
    if isinstance(cell, Faulty):
        raise ValueError(cell.sentence)
    if cell is None or isinstance(cell, bool):
        raise ValueError(_("The amount is missing."))
    if isinstance(cell, int | Decimal):
        exact = Decimal(cell)
        if exact != exact.quantize(_UNIT):
            exact = Decimal(f"{exact:.{EXCEL_DIGITS}g}")
        return _checked(exact)
    options = MoneyOptions.model_validate({"currency": currency, "min": f"-{LARGEST}", "max": str(LARGEST)})
    written = plain_digits(str(cell))
    if any(map(str.isdigit, written)) and is_in_other_currency(written, currency):
        raise _OtherCurrency(str(cell), currency)
    try:
        if re.fullmatch(r"-?\d+\.\d{3,}", written.replace(",", "")):
            return _checked(Decimal(written.replace(",", "")))
        stored = MoneyField().parse([written], options)
    except (FieldFault, InvalidOperation) as fault:
        raise ValueError(_("“%(text)s” is no amount of money.") % {"text": cell}) from fault
    if stored is None:
        raise ValueError(_("The amount is missing."))
    return _checked(Decimal(str(stored)))


def _checked(amount: Decimal) -> Decimal:
    if abs(amount) > LARGEST:
        raise ValueError(_("%(amount)s is more than a ledger takes.") % {"amount": amount})
    if amount != amount.quantize(_UNIT):
        raise ValueError(
            _("%(amount)s has more than two decimals. Nothing is rounded: say the exact amount.")
            % {"amount": amount}
        )
    if amount <= 0:
        raise ValueError(
            _("%(amount)s is not above zero. Post what the payer takes back by a reversal.")
            % {"amount": amount}
        )
    return amount.quantize(_UNIT)


def _day(cell: Any) -> datetime.date | None:
    if isinstance(cell, Faulty):
        raise ValueError(cell.sentence)
    if cell is None:
        return None
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    match = _DAY.fullmatch(plain_digits(str(cell)).strip())
    try:
        if match is None:
            raise ValueError
        return datetime.date(*map(int, match.groups()))
    except ValueError:
        raise ValueError(_("“%(text)s” is no day; write it as 2026-03-31.") % {"text": cell}) from None


def _name(lines: Sequence[PaidLine], workflow: str) -> None:
    """Give each line the hash by which it is known again: equal lines of one list are told apart by their order."""
    times: Counter[bytes] = Counter()
    for line in lines:
        said = canonical(
            [
                workflow,
                {name: one_spelling(text) for name, text in sorted(line.told.items())},
                str(line.amount),
                line.paid_on.isoformat() if line.paid_on else "",
                one_spelling(line.reference),
            ]
        )
        times[said] += 1
        line.key = hashlib.sha256(canonical([said.decode(), times[said]])).hexdigest()
