"""What can be wrong with an expression, said in the reader's language with the place it happens.

The runtime reports in English, in the words of its compiler. `from_runtime` recognises its sentences and
keeps only their facts; people read our own sentences.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.expressions.kinds import KIND_NAMES, Kind


class Cause(StrEnum):
    """Why. Screens may style by it; messages follow from it."""

    SYNTAX = "syntax"
    ENDS_EARLY = "ends_early"
    STRAY_SIGN = "stray_sign"
    OPEN_TEXT = "open_text"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_MUCH = "too_much"
    LOOP_TOO_LARGE = "loop_too_large"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_FUNCTION = "unknown_function"
    NOT_A_RECORD = "not_a_record"
    KINDS_DIFFER = "kinds_differ"
    NUMBER_AND_MONEY = "number_and_money"
    TEXTS_ADDED = "texts_added"
    WRONG_ARGUMENTS = "wrong_arguments"
    MIXED_LIST = "mixed_list"
    LISTS_ADDED = "lists_added"
    FRACTION = "fraction"
    NOT_OFFERED = "not_offered"
    WRONG_RESULT = "wrong_result"
    BAD_LITERAL = "bad_literal"
    BAD_PATTERN = "bad_pattern"
    DIVIDED_BY_ZERO = "divided_by_zero"
    OUT_OF_RANGE = "out_of_range"
    BAD_VALUE = "bad_value"
    FAILED = "failed"


MESSAGES: dict[Cause, Promise] = {
    Cause.SYNTAX: _("The expression cannot be read here."),
    Cause.ENDS_EARLY: _("The expression ends too early: something is missing here."),
    Cause.STRAY_SIGN: _("The sign “%(sign)s” has no meaning here. Text stands between quotation marks."),
    Cause.OPEN_TEXT: _("This text has no closing quotation mark."),
    Cause.TOO_LONG: _("The expression is too long: at most %(limit)s characters."),
    Cause.TOO_DEEP: _("The expression is nested too deeply. Divide it into several."),
    Cause.TOO_MUCH: _("The expression takes too much work and was stopped."),
    Cause.LOOP_TOO_LARGE: _(
        "An expression that goes through lists may have at most %(limit)s words and signs."
    ),
    Cause.UNKNOWN_NAME: _("There is no “%(name)s” here."),
    Cause.UNKNOWN_FUNCTION: _("There is no function “%(name)s”."),
    Cause.NOT_A_RECORD: _("“%(name)s” cannot be read from this: it is no row of a list."),
    Cause.KINDS_DIFFER: _("“%(operator)s” does not work on %(kinds)s."),
    Cause.NUMBER_AND_MONEY: _(
        '“%(operator)s” does not work on %(kinds)s. Write an amount as yuan("12.30"); '
        "multiply with times() or percent()."
    ),
    Cause.TEXTS_ADDED: _('Texts are not added with “+”. Write join([first, second], "").'),
    Cause.WRONG_ARGUMENTS: _("The function “%(name)s” does not take %(kinds)s."),
    Cause.MIXED_LIST: _("All entries of a list must be of one kind."),
    Cause.LISTS_ADDED: _("Lists cannot be added."),
    Cause.FRACTION: _(
        'Write a number with decimals as decimal("%(number)s"), and money as yuan("%(number)s").'
    ),
    Cause.NOT_OFFERED: _("“%(sign)s” is not available in expressions."),
    Cause.WRONG_RESULT: _("The result must be: %(wanted)s. This gives: %(found)s."),
    Cause.BAD_LITERAL: _("“%(text)s” is not right for %(name)s()."),
    Cause.BAD_PATTERN: _("“%(text)s” is not a valid pattern."),
    Cause.DIVIDED_BY_ZERO: _("Division by zero."),
    Cause.OUT_OF_RANGE: _("A number or date is too large or too small to calculate with."),
    Cause.FAILED: _("The expression could not be evaluated."),
    Cause.BAD_VALUE: _("The value of “%(name)s” cannot be used: %(kinds)s is expected."),
}

DID_YOU_MEAN = _("Did you mean “%(name)s”?")
NOTHING = pgettext_lazy("kind of value", "nothing")
A_ROW = pgettext_lazy("kind of value", "row of a list")
A_LIST = pgettext_lazy("kind of value", "list")
OTHER = pgettext_lazy("kind of value", "another kind of value")

ROW_TYPE = "row_of_"  # the checker's type of a row: this and the name of its list
# The checker's name of each type → what people call it.
TYPE_NAMES: dict[str, Promise] = {
    "string": KIND_NAMES[Kind.TEXT],
    "int": KIND_NAMES[Kind.WHOLE],
    "bool": KIND_NAMES[Kind.YES_NO],
    "decimal": KIND_NAMES[Kind.DECIMAL],
    "money": KIND_NAMES[Kind.MONEY],
    "date": KIND_NAMES[Kind.DATE],
    "moment": KIND_NAMES[Kind.MOMENT],
    "person": KIND_NAMES[Kind.PERSON],
    "list(string)": KIND_NAMES[Kind.LIST_OF_TEXT],
    "list(person)": KIND_NAMES[Kind.LIST_OF_PERSON],
    "null": NOTHING,
    "null_type": NOTHING,
}
OPERATORS = {
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_&&_": "&&",
    "_||_": "||",
    "!_": "!",
    "-_": "-",
    "_?_:_": "? :",
    "@in": "in",
    "_[_]": "[ ]",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `position` counts from 0, `line` and `column` from 1; 0: the whole."""

    cause: Cause
    position: int = 0
    line: int = 0
    column: int = 0
    names: tuple[str, ...] = ()
    parameters: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence for the person, in the language that is active now."""
        words = {
            key: value if isinstance(value, str) else ", ".join(type_name(one) for one in value)
            for key, value in self.parameters.items()
        }
        sentence = str(MESSAGES[self.cause]) % words
        suggestion = self.suggestion
        if suggestion:
            sentence = f"{sentence} {str(DID_YOU_MEAN) % {'name': suggestion}}"
        return sentence

    @property
    def suggestion(self) -> str:
        """The known name that was probably meant, or nothing."""
        if self.cause not in (Cause.UNKNOWN_NAME, Cause.UNKNOWN_FUNCTION):
            return ""
        wanted = self.parameters.get("name", "")
        near = difflib.get_close_matches(str(wanted), self.names, n=1, cutoff=0.6)
        return near[0] if near else ""


class ExpressionFault(Exception):
    """An expression that cannot be read or evaluated. Whoever shows expressions to people catches it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "; ".join(fault.message for fault in self.faults)


def type_name(runtime_type: str) -> str:
    """What people call a type of the checker, as `list(money)`, or one of our kinds, `kind:money`."""
    if runtime_type.startswith("kind:"):
        return str(KIND_NAMES[Kind(runtime_type.removeprefix("kind:"))])
    if runtime_type in TYPE_NAMES:
        return str(TYPE_NAMES[runtime_type])
    if runtime_type.startswith(ROW_TYPE):
        return str(A_ROW)
    if runtime_type.startswith("list("):
        return str(A_LIST)
    return str(OTHER)


_LINE = re.compile(r"^(?:[A-Z_]+: )?ERROR: <input>:(-?\d+):(-?\d+): (.*)$", re.MULTILINE)
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'")


def split_types(text: str) -> list[str]:
    """`int, list(map(string, int))` → its two parts."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def from_runtime(
    report: str, *, names: Iterable[str], functions: Iterable[str], fields: Iterable[str]
) -> list[tuple[int, int, Fault]]:
    """The runtime's report of a refusal as faults, each with the line and column it names (-1 for none)."""
    found: list[tuple[int, int, Fault]] = []
    names, functions, fields = tuple(names), tuple(functions), tuple(fields)
    for line, column, sentence in _LINE.findall(report):
        fault = _fault_of(sentence, names, functions, fields)
        # One slip of the pen makes the parser stumble several times; the first is the one to show.
        if fault.cause in (Cause.SYNTAX, Cause.ENDS_EARLY) and any(
            f.cause is fault.cause for _l, _c, f in found
        ):
            continue
        found.append((int(line), int(column), fault))
    if not found:
        cause = Cause.TOO_DEEP if "recursion" in report else Cause.SYNTAX
        found.append((-1, -1, Fault(cause)))
    return found


def _fault_of(
    sentence: str, names: tuple[str, ...], functions: tuple[str, ...], fields: tuple[str, ...]
) -> Fault:
    if "recursion" in sentence:
        return Fault(Cause.TOO_DEEP)
    undeclared = _UNDECLARED.search(sentence)
    if undeclared:
        name = undeclared.group(1)
        if name in OPERATORS:
            return Fault(Cause.NOT_OFFERED, parameters={"sign": OPERATORS[name]})
        return Fault(Cause.UNKNOWN_NAME, names=(*names, *fields, *functions), parameters={"name": name})
    overload = _NO_OVERLOAD.search(sentence)
    if overload:
        return _no_overload(overload.group(1), split_types(overload.group(2)), functions, fields)
    if "cannot be the operand of a select" in sentence or "does not support field selection" in sentence:
        return Fault(Cause.SYNTAX)
    if "mismatched input '<EOF>'" in sentence:
        return Fault(Cause.ENDS_EARLY)
    return Fault(Cause.SYNTAX)


def _no_overload(name: str, types: list[str], functions: tuple[str, ...], fields: tuple[str, ...]) -> Fault:
    if name in OPERATORS:
        parameters = {"operator": OPERATORS[name], "kinds": tuple(types)}
        if name == "_+_" and types and set(types) == {"string"}:
            return Fault(Cause.TEXTS_ADDED)
        if set(types) == {"money", "int"} or set(types) == {"money", "decimal"}:
            return Fault(Cause.NUMBER_AND_MONEY, parameters=parameters)
        return Fault(Cause.KINDS_DIFFER, parameters=parameters)
    if name in fields and name not in functions:
        return Fault(Cause.NOT_A_RECORD, names=fields, parameters={"name": name})
    return Fault(Cause.WRONG_ARGUMENTS, names=functions, parameters={"name": name, "kinds": tuple(types)})
