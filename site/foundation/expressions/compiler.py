"""From text to a checked, compiled expression, and from there to a value. The door is the package itself."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cel_expr_python import cel

from foundation.expressions import checked as tree
from foundation.expressions import lexer
from foundation.expressions.environment import CHECKER_TYPES, RENAMED, Environment, build
from foundation.expressions.faults import Cause, ExpressionFault, Fault, from_runtime
from foundation.expressions.functions import (
    FUNCTIONS,
    LITERAL_CHECKS,
    FunctionFault,
    NoAnswer,
    metered,
)
from foundation.expressions.kinds import Kind, Schema, freeze
from foundation.expressions.values import bind, outward

KEPT_EXPRESSIONS = 2_000
KEPT_ENVIRONMENTS = 100

Kept = TypeVar("Kept")


class _Shelf(Generic[Kept]):
    """The most recently used things, a bounded number of them, for any number of threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()  # outside the lock: two threads may make the same thing, which is harmless
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True)
class Compiled:
    """A checked expression. `names` are the schema's names it reads, `fields` also `list.field`."""

    program: Any
    names: tuple[str, ...]
    fields: frozenset[str]
    result: Kind


_environments: _Shelf[Environment] = _Shelf(KEPT_ENVIRONMENTS)
_expressions: _Shelf[Compiled | ExpressionFault] = _Shelf(KEPT_EXPRESSIONS)


def compiled(text: str, schema: Schema, result: Kind) -> Compiled:
    """The compiled expression, from the shelf when it was asked for before. Raises ExpressionFault."""
    if len(text) > lexer.LONGEST_TEXT:
        raise ExpressionFault([Fault(Cause.TOO_LONG, parameters={"limit": str(lexer.LONGEST_TEXT)})])

    def make() -> Compiled | ExpressionFault:
        frozen = freeze(schema)
        environment = _environments.get(frozen, lambda: build(frozen))
        try:
            return _compile(text, environment, result)
        except ExpressionFault as fault:
            return fault

    answer = _expressions.get((text, result, tuple(schema.items())), make)
    if isinstance(answer, ExpressionFault):
        raise ExpressionFault(answer.faults)
    return answer


def _compile(text: str, environment: Environment, result: Kind) -> Compiled:
    tokens = lexer.tokens_of(text)
    if not tokens:
        raise ExpressionFault([lexer.fault_at(text, len(text), Fault(Cause.ENDS_EARLY))])
    rewritten = lexer.for_checker(text, tokens, environment.names)
    try:
        expression = environment.checker.compile(rewritten.text)
    except RuntimeError as error:
        raise ExpressionFault(_faults(str(error), text, tokens, rewritten, environment)) from None
    facts = tree.read(expression.serialize())
    faults = _faults_of_tree(facts, text, tokens, rewritten)
    if not faults:
        faults = _faults_of_result(expression.return_type(), result)
    if faults:
        raise ExpressionFault(faults)
    try:
        program = environment.runtime.compile(lexer.for_runtime(text, tokens, RENAMED))
    except RuntimeError:
        # The checker read it; the evaluating environment reads the same grammar, only its depth may differ.
        raise ExpressionFault([Fault(Cause.TOO_DEEP)]) from None
    names = tuple(sorted(environment.names & facts.names))
    read_fields = {
        f"{name}.{call.function}"
        for call in facts.calls
        for name in environment.fields.get(call.function, ())
        if name in names and call.position in rewritten.insertions
    }
    return Compiled(program, names, frozenset(names) | read_fields, result)


def _faults(
    report: str, text: str, tokens: list[lexer.Token], rewritten: lexer.ForChecker, environment: Environment
) -> list[Fault]:
    placed: list[Fault] = []
    lines = [0]
    for number, sign in enumerate(rewritten.text):
        if sign == "\n":
            lines.append(number + 1)
    covered = 0
    reported = from_runtime(report, names=environment.names, functions=FUNCTIONS, fields=environment.fields)
    for line, column, fault in reported:
        if line < 1 or line > len(lines):
            placed.append(fault)
            continue
        position = min(rewritten.original(lines[line - 1] + column - 1), len(text))
        fault = _at_its_word(text, tokens, position, fault, environment)
        if fault.cause is Cause.UNKNOWN_NAME:
            # `form.amont` is one slip: the runtime knows neither `form` nor `amont`.
            if fault.position < covered:
                continue
            covered = fault.position + len(str(fault.parameters["name"]))
        placed.append(fault)
    return placed


def _at_its_word(
    text: str, tokens: list[lexer.Token], position: int, fault: Fault, environment: Environment
) -> Fault:
    """A fault of a name, moved to the start of that name; unknown functions told apart from unknown names."""
    name = fault.parameters.get("name")
    if not isinstance(name, str):
        return lexer.fault_at(text, position, fault)
    spelled = [n for n, token in enumerate(tokens) if token.text == name and token.start <= position]
    if not spelled:
        return lexer.fault_at(text, position, fault)
    number = spelled[-1]
    if fault.cause is Cause.UNKNOWN_NAME:
        after = tokens[number + 1].text if number + 1 < len(tokens) else ""
        if after == "(":
            fault = Fault(Cause.UNKNOWN_FUNCTION, names=tuple(sorted(FUNCTIONS)), parameters={"name": name})
        elif number and tokens[number - 1].text == ".":
            known = tuple(sorted({*environment.fields, *environment.names}))
            fault = Fault(Cause.UNKNOWN_NAME, names=known, parameters={"name": name})
        else:
            spelled_out = _whole_name(tokens, number, environment.names)
            fault = Fault(
                Cause.UNKNOWN_NAME, names=tuple(sorted(environment.names)), parameters={"name": spelled_out}
            )
    return lexer.fault_at(text, tokens[number].start, fault)


def _whole_name(tokens: list[lexer.Token], number: int, names: frozenset[str]) -> str:
    """`form.amont`, where the schema has names that begin with `form.`; else the one word."""
    name = tokens[number].text
    if not any(known.startswith(f"{name}.") for known in names):
        return name
    while number + 2 < len(tokens) and tokens[number + 1].text == "." and tokens[number + 2].sort == "word":
        name = f"{name}.{tokens[number + 2].text}"
        number += 2
    return name


def _faults_of_tree(
    facts: tree.Checked, text: str, tokens: list[lexer.Token], rewritten: lexer.ForChecker
) -> list[Fault]:
    """What the checker lets pass and we do not: mixed lists, adding lists, literals that mean nothing."""
    found = [
        lexer.fault_at(text, rewritten.original(position), Fault(Cause.MIXED_LIST))
        for position in facts.untyped[:1]
    ]
    found += [
        lexer.fault_at(text, rewritten.original(position), Fault(Cause.LISTS_ADDED))
        for position in facts.added_lists
    ]
    for call in facts.calls:
        check = LITERAL_CHECKS.get(call.function)
        if check is None or len(call.literals) <= check[0]:
            continue
        literal = call.literals[check[0]]
        if not isinstance(literal, str):
            continue
        try:
            with metered():
                check[1](literal)
        except FunctionFault as refusal:
            cause = refusal.cause if refusal.cause is Cause.BAD_PATTERN else Cause.BAD_LITERAL
            fault = Fault(cause, parameters={"name": call.function, "text": literal[:80]})
            found.append(_at_call(text, tokens, rewritten.original(call.position), fault))
    return found


def _at_call(text: str, tokens: list[lexer.Token], position: int, fault: Fault) -> Fault:
    """A fault of a call, moved from its bracket to its name."""
    spelled = [
        token for token in tokens if token.text == fault.parameters["name"] and token.start <= position
    ]
    return lexer.fault_at(text, spelled[-1].start if spelled else position, fault)


_RESULT_TYPES: dict[Kind, str] = {
    **CHECKER_TYPES,
    Kind.LIST_OF_TEXT: "list(string)",
    Kind.LIST_OF_PERSON: "list(person)",
}


def _type_of(kind: Any) -> str:
    """The checker's type in the spelling its messages use: `list(string)`."""
    spelled = str(kind.name())
    return spelled.replace("<", "(").replace(">", ")").replace(", ", ",").lower()


def _faults_of_result(found: Any, wanted: Kind) -> list[Fault]:
    type_found = _type_of(found)
    expected = _RESULT_TYPES.get(wanted)
    if type_found == expected:
        return []
    return [
        Fault(
            Cause.WRONG_RESULT,
            position=0,
            line=1,
            column=1,
            parameters={"wanted": (f"kind:{wanted.value}",), "found": (type_found,)},
        )
    ]


def run(text: str, schema: Schema, values: Mapping[str, Any], result: Kind) -> Any:
    """Evaluate. Raises ExpressionFault; None when a missing value leaves the answer open."""
    expression = compiled(text, schema, result)
    data = bind(values, schema, expression.names)
    with metered() as meter:
        try:
            answer = expression.program.eval(data=data)
            failed = answer.type() == cel.Type.ERROR
            outcome = answer.plain_value()
        except RuntimeError as error:
            failed, outcome = True, str(error)
        if meter.left < 0:
            raise ExpressionFault([Fault(Cause.TOO_MUCH)])
        if failed and meter.fault is not None:
            raise ExpressionFault([_fault_of_function(meter.fault)])
    if failed:
        return _without_answer(str(outcome))
    try:
        return outward(outcome, result)
    except FunctionFault as refusal:
        raise ExpressionFault([_fault_of_function(refusal)]) from None


def _fault_of_function(refusal: FunctionFault) -> Fault:
    return Fault(refusal.cause, parameters={"text": refusal.text[:80], "name": refusal.name})


def _without_answer(report: str) -> None:
    """The runtime gave an error instead of a value: nothing to answer with, or a fault.

    A checked expression meets a missing overload only where a value is missing.
    """
    if "No matching overloads found" in report or NoAnswer.REPORT in report:
        return
    if "ivide by zero" in report or "odulus by zero" in report:
        raise ExpressionFault([Fault(Cause.DIVIDED_BY_ZERO)])
    if "overflow" in report or "out of range" in report.lower():
        raise ExpressionFault([Fault(Cause.OUT_OF_RANGE)])
    if "budget" in report:
        raise ExpressionFault([Fault(Cause.TOO_MUCH)])
    raise ExpressionFault([Fault(Cause.FAILED)])
