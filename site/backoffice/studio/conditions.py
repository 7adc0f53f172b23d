"""Conditions as rows (field, operator, value), and back from the text of an expression.

The definition holds the text alone. A text that rows could have made is shown as rows; any other is the expert's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.http import QueryDict
from django.utils.translation import gettext as _

from foundation import expressions
from foundation.expressions import KIND_NAMES, ExpressionFault, Kind, RecordList, Schema
from foundation.expressions.lexer import Token, tokens_of
from foundation.expressions.rows import OPERATOR_NAMES, OPERATORS_OF, Operator, Row, RowFault, compile_rows

Option = tuple[str, str]
NO_VALUE = (Operator.HAS_VALUE, Operator.IS_EMPTY)
MOST_ROWS = 40


@dataclass(frozen=True)
class FaultView:
    """What is wrong with a text: before the place, the place, after it."""

    message: str
    before: str
    place: str
    after: str


@dataclass(frozen=True)
class RowView:
    """One row as controls. ``value`` is text; ``options`` are set where it is chosen."""

    token: str
    field: str
    operator: str
    value: str
    operators: tuple[Option, ...]
    options: tuple[Option, ...]
    control: str
    fault: str = ""

    @property
    def values(self) -> list[str]:
        """The values of a row that names several."""
        return self.value.split("\n")


@dataclass(frozen=True)
class NameView:
    """A name an expression may use."""

    name: str
    label: str
    kind: str


@dataclass(frozen=True)
class Condition:
    """A condition as controls."""

    name: str
    mode: Literal["rows", "text"]
    text: str
    combine: str
    rows: tuple[RowView, ...]
    names: tuple[NameView, ...]
    faults: tuple[FaultView, ...]
    wants: str
    by_rows: bool
    """Whether rows can say it."""


@dataclass(frozen=True)
class Posted:
    """The text to keep, and the rows as they stand where they cannot be kept yet."""

    text: str
    pending: Condition | None = None


def condition_of(
    name: str,
    text: str,
    schema: Schema,
    labels: Mapping[str, str],
    answers: Mapping[str, Sequence[Option]],
    result: Kind,
    *,
    rows: Sequence[Row] | None = None,
    combine: str = "all",
    row_faults: Mapping[int, str] | None = None,
    mode: str = "",
) -> Condition:
    """Return the controls of a condition: as rows where rows can say it."""
    read = (rows, combine) if rows is not None else rows_of(text, schema)
    by_rows = result is Kind.YES_NO
    views: tuple[RowView, ...] = ()
    if read is not None:
        views = tuple(
            _row_view(str(at), row, schema, answers, (row_faults or {}).get(at, ""))
            for at, row in enumerate(read[0])
        )
    return Condition(
        name=name,
        mode="rows" if by_rows and read is not None and mode != "text" else "text",
        text=text,
        combine=read[1] if read is not None else "all",
        rows=views,
        names=names_of(schema, labels),
        faults=faults_of(text, schema, result),
        wants=str(KIND_NAMES[result]),
        by_rows=by_rows and read is not None,
    )


def names_of(schema: Schema, labels: Mapping[str, str]) -> tuple[NameView, ...]:
    """Return the names of a schema with what people call them."""
    return tuple(
        NameView(
            name,
            labels.get(name, labels.get(name.split(".")[0], name)),
            str(KIND_NAMES[Kind.RECORD_LIST if isinstance(entry, RecordList) else entry]),
        )
        for name, entry in schema.items()
    )


def faults_of(text: str, schema: Schema, result: Kind) -> tuple[FaultView, ...]:
    """Return what is wrong with a text, each at its place."""
    if not text.strip():
        return ()
    views = []
    for fault in expressions.check(text, schema, result):
        at = min(fault.position, len(text))
        end = _end_of(text, at)
        views.append(FaultView(fault.message, text[:at], text[at:end] or " ", text[end:]))
    return tuple(views)


def _end_of(text: str, at: int) -> int:
    try:
        return next((token.end for token in tokens_of(text) if token.start <= at < token.end), at + 1)
    except ExpressionFault:
        return at + 1


def _row_view(
    token: str, row: Row, schema: Schema, answers: Mapping[str, Sequence[Option]], fault: str
) -> RowView:
    entry = schema.get(row.field)
    kind = Kind.RECORD_LIST if isinstance(entry, RecordList) else entry
    operators = OPERATORS_OF[kind] if kind is not None else ()
    options = tuple(answers.get(row.field, ()))
    if kind is Kind.YES_NO:
        options = (("true", _("Yes")), ("false", _("No")))
    control = "text"
    if row.operator in NO_VALUE:
        control = "none"
    elif row.operator is Operator.ONE_OF:
        control = "several"
    elif options:
        control = "choice"
    elif kind is Kind.DATE:
        control = "day"
    return RowView(
        token=token,
        field=row.field,
        operator=str(row.operator),
        value=_shown(row.value),
        operators=tuple((str(one), str(OPERATOR_NAMES[one])) for one in operators),
        options=options,
        control=control,
        fault=fault,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "\n".join(_shown(one) for one in value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


# --- what was posted ------------------------------------------------------------------------------------------


def posted_condition(name: str, posted: QueryDict, schema: Schema, existing: str) -> Posted:
    """Return what was posted for a condition: the expert's text, or the text of its rows."""
    if posted.get(f"{name}.mode") != "rows":
        text = posted.get(name, "").replace("\r\n", "\n").strip()
        return Posted(text)
    combine: Literal["all", "any"] = "any" if posted.get(f"{name}.combine") == "any" else "all"
    rows = []
    for token in posted.getlist(f"{name}.rows")[:MOST_ROWS]:
        at = f"{name}.{token}"
        about = posted.get(f"{at}.field", "")
        wanted = posted.get(f"{at}.operator", "")
        operators = _operators(schema, about)
        operator = Operator(wanted) if wanted in operators else (operators or (Operator.IS,))[0]
        rows.append(Row(about, operator, _value(posted.getlist(f"{at}.value"), operator, schema.get(about))))
    if not rows:
        return Posted("")
    try:
        text = compile_rows(rows, schema, combine=combine)
    except RowFault as fault:
        said = str(fault) if rows[fault.index].field else _("Choose a field.")
        if rows[fault.index].field and _is_blank(rows[fault.index].value):
            said = _("Give the value to compare with.")
        pending = condition_of(
            name,
            existing,
            schema,
            {},
            {},
            Kind.YES_NO,
            rows=rows,
            combine=combine,
            row_faults={fault.index: said},
        )
        return Posted(existing, pending)
    return Posted(existing if _say_the_same(rows, combine, existing, schema) else text)


def _say_the_same(rows: Sequence[Row], combine: str, text: str, schema: Schema) -> bool:
    """Whether a text says what the rows say, though it may name several values in another order."""
    before = rows_of(text, schema) if text else None
    return (
        before is not None
        and (before[1] == combine or len(rows) == 1)
        and [_unordered(row) for row in before[0]] == [_unordered(row) for row in rows]
    )


def _unordered(row: Row) -> tuple[str, str, Any]:
    value = sorted(map(str, row.value)) if isinstance(row.value, list) else row.value
    return row.field, str(row.operator), value


def _is_blank(value: Any) -> bool:
    return value is None or value == "" or value == []


def _operators(schema: Schema, name: str) -> tuple[Operator, ...]:
    entry = schema.get(name)
    if entry is None:
        return ()
    return OPERATORS_OF[Kind.RECORD_LIST if isinstance(entry, RecordList) else entry]


def _value(texts: Sequence[str], operator: Operator, entry: Any) -> Any:
    kind = entry if isinstance(entry, Kind) else None
    if operator is Operator.ONE_OF:
        lines = [line.strip() for text in texts for line in text.replace("，", "\n").split("\n")]
        return [_typed(line, kind) for line in lines if line]
    text = texts[0].strip() if texts else ""
    return None if operator in NO_VALUE else _typed(text, kind)


def _typed(text: str, kind: Kind | None) -> Any:
    if kind is Kind.YES_NO:
        return {"true": True, "false": False}.get(text)
    if kind is Kind.WHOLE:
        try:
            return int(text)
        except ValueError:
            return text
    return text or None


# --- back from a text -----------------------------------------------------------------------------------------

_SIGNS = {
    "==": Operator.IS,
    "!=": Operator.IS_NOT,
    "<": Operator.LESS,
    "<=": Operator.AT_MOST,
    ">": Operator.MORE,
    ">=": Operator.AT_LEAST,
}
_CALLS = {"contains": Operator.CONTAINS, "startsWith": Operator.BEGINS_WITH, "endsWith": Operator.ENDS_WITH}


def rows_of(text: str, schema: Schema) -> tuple[list[Row], str] | None:
    """Return the rows a text could have been made of, and whether all or any must hold; None for a text no
    rows make.
    """
    if not text.strip():
        return [], "all"
    try:
        tokens = [token for token in tokens_of(text) if token.sort != "space"]
    except ExpressionFault:
        return None
    for sign, combine in (("&&", "all"), ("||", "any")):
        parts = _split(tokens, sign)
        if len(parts) == 1 and combine == "all" and any(token.text == "||" for token in tokens):
            continue
        rows = [_row_of(part) for part in parts]
        found = [row for row in rows if row is not None]
        if len(found) < len(rows):
            continue
        how: Literal["all", "any"] = "all" if combine == "all" else "any"
        try:
            again = compile_rows(found, schema, combine=how)
        except RowFault:
            return None
        if _plain(again) == _plain(text):
            return found, how
    return None


def _plain(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if token.sort != "space"]


def _split(tokens: Sequence[Token], sign: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.text in ("(", "[") and token.sort == "sign"
        depth -= token.text in (")", "]") and token.sort == "sign"
        if depth == 0 and token.sort == "sign" and token.text == sign:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _row_of(tokens: list[Token]) -> Row | None:
    texts = [token.text for token in tokens]
    if len(texts) >= 4 and texts[0] in ("has_value", "is_empty") and texts[1] == "(" and texts[-1] == ")":
        return Row("".join(texts[2:-1]), Operator(texts[0]))
    if "in" in texts:
        at = texts.index("in")
        if texts[at + 1 : at + 2] == ["["] and texts[-1] == "]":
            values = [_literal_of(part) for part in _split(tokens[at + 2 : -1], ",")]
            found = [one.value for one in values if one]
            return Row("".join(texts[:at]), Operator.ONE_OF, found) if len(found) == len(values) else None
        value = _literal_of(tokens[:at])
        return Row("".join(texts[at + 1 :]), Operator.INCLUDES, value.value) if value else None
    for at, sign in enumerate(texts):
        if tokens[at].sort == "sign" and sign in _SIGNS:
            value = _literal_of(tokens[at + 1 :])
            return Row("".join(texts[:at]), _SIGNS[sign], value.value, value.is_field) if value else None
    if len(texts) >= 6 and texts[-1] == ")" and texts[-3] == "(" and texts[-4] in _CALLS and texts[-5] == ".":
        value = _literal_of(tokens[-2:-1])
        return (
            Row("".join(texts[:-5]), _CALLS[texts[-4]], value.value) if value and not value.is_field else None
        )
    return None


@dataclass(frozen=True)
class _Literal:
    value: Any = None
    is_field: bool = False
    texts: tuple[str, ...] = field(default=())


def _literal_of(tokens: Sequence[Token]) -> _Literal | None:
    texts = [token.text for token in tokens]
    if len(tokens) == 1:
        token = tokens[0]
        if token.sort == "text":
            return _Literal(_unquoted(token.text)) if token.text.startswith('"') else None
        if token.sort == "number" and token.text.isdigit():
            return _Literal(int(token.text))
        if token.text in ("true", "false"):
            return _Literal(token.text == "true")
    if len(texts) == 2 and texts[0] == "-" and texts[1].isdigit():
        return _Literal(-int(texts[1]))
    if len(texts) == 4 and texts[1] == "(" and texts[3] == ")" and tokens[2].sort == "text":
        if texts[0] in ("yuan", "decimal"):
            return _Literal(_unquoted(texts[2]))
        if texts[0] in ("date", "moment"):
            return _Literal(_unquoted(texts[2]))
    return None


def _unquoted(text: str) -> str:
    """Return what a text literal made by rows says."""
    found, at, inner = [], 0, text[1:-1]
    while at < len(inner):
        if inner[at] == "\\" and inner[at + 1 : at + 2] in ("u", "U"):
            size = 4 if inner[at + 1] == "u" else 8
            try:
                found.append(chr(int(inner[at + 2 : at + 2 + size], 16)))
            except ValueError:
                return inner
            at += 2 + size
        elif inner[at] == "\\" and at + 1 < len(inner):
            found.append({"n": "\n", "t": "\t"}.get(inner[at + 1], inner[at + 1]))
            at += 2
        else:
            found.append(inner[at])
            at += 1
    return "".join(found)
