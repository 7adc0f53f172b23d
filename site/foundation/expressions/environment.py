"""Builds, for a schema, the two environments of the runtime: one that checks, one that evaluates.

The checking environment gives each kind a type of its own and redeclares every operator for the kinds it
makes sense for; the library's own overloads are shut out, so floating point, conversions and concatenation do
not exist in it. What passed it is compiled once more for the evaluating environment, where money, dates and
decimals are whole numbers and a missing value is null. See
`docs/decisions/0004-expressions-cel-and-money.md`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cel_expr_python import cel

from foundation.expressions.functions import (
    ANY_LIST,
    FUNCTIONS,
    TAKES_MISSING,
    Signature,
    list_of,
    within_budget,
)
from foundation.expressions.kinds import COUNTED, ORDERED, SCALARS, FrozenSchema, Kind

_KEPT = ("_&&_", "_||_", "!_", "_?_:_", "@not_strictly_false")
# The library registers these at run time whatever the configuration says; ours, which count their work, run
# under another name, and `lexer.for_runtime` calls them by it.
RENAMED = {name: f"{name}_counted" for name in ("size", "contains", "startsWith", "endsWith", "matches")}
CHECKER_TYPES: dict[Kind, str] = {
    Kind.TEXT: "string",
    Kind.WHOLE: "int",
    Kind.DECIMAL: "decimal",
    Kind.MONEY: "money",
    Kind.YES_NO: "bool",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
    Kind.PERSON: "person",
}
_LISTS = {Kind.LIST_OF_TEXT: Kind.TEXT, Kind.LIST_OF_PERSON: Kind.PERSON}
_ANY_LIST_TYPE = {"type_name": "list", "params": [{"type_name": "A", "is_type_param": True}]}


@dataclass(frozen=True)
class Environment:
    """The two environments of one schema, and the names a message may propose."""

    checker: Any
    runtime: Any
    names: frozenset[str]
    fields: dict[str, tuple[str, ...]]  # field → the lists whose rows have it


def row_type(number: int) -> str:
    """The checker's type of the rows of the schema's n-th entry."""
    return f"row_of_{number}"


def build(schema: FrozenSchema) -> Environment:
    """Both environments. Costs milliseconds; `compiler` keeps them."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, entry in schema:
        if isinstance(entry, tuple):
            for field, _kind in entry:
                fields[field] = (*fields.get(field, ()), name)
    return Environment(_checker(schema), _runtime(schema), frozenset(name for name, _e in schema), fields)


# --- checking -----------------------------------------------------------------------------------------------


def _spec(kind: str) -> dict[str, Any]:
    """A kind, or a list of a kind, as the configuration spells types."""
    if kind == ANY_LIST:
        return _ANY_LIST_TYPE
    if kind.startswith("list:"):
        return {"type_name": "list", "params": [_spec(kind.removeprefix("list:"))]}
    of = Kind(kind)
    if of in _LISTS:
        return {"type_name": "list", "params": [_spec(_LISTS[of])]}
    return {"type_name": CHECKER_TYPES[of]}


class _Overloads:
    """Collects overloads by function name: the configuration wants each function once."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[dict[str, Any]]] = {}

    def add(
        self, name: str, parameters: list[dict[str, Any]], result: dict[str, Any], *, member: bool = False
    ) -> None:
        overloads = self.by_name.setdefault(name, [])
        overload: dict[str, Any] = {"id": f"{name}#{len(overloads)}", "return": result}
        overload["args"] = parameters[1:] if member else parameters
        if member:
            overload["target"] = parameters[0]
        overloads.append(overload)


def _operators(into: _Overloads) -> None:
    """Which kinds each operator takes."""
    yes_no = _spec(Kind.YES_NO)

    def binary(name: str, left: str, right: str, result: str) -> None:
        into.add(name, [_spec(left), _spec(right)], _spec(result))

    for kind in (*SCALARS, Kind.LIST_OF_TEXT, Kind.LIST_OF_PERSON):
        for name in ("_==_", "_!=_"):
            binary(name, kind, kind, Kind.YES_NO)
    for kind in SCALARS:
        into.add("@in", [_spec(kind), _spec(list_of(kind))], yes_no)
    for kind in ORDERED:
        for name in ("_<_", "_<=_", "_>_", "_>=_"):
            binary(name, kind, kind, Kind.YES_NO)
    for kind in COUNTED:
        binary("_+_", kind, kind, kind)
        binary("_-_", kind, kind, kind)
        into.add("-_", [_spec(kind)], _spec(kind))
    for kind in (Kind.MONEY, Kind.DECIMAL):
        binary("_*_", kind, Kind.WHOLE, kind)
        binary("_*_", Kind.WHOLE, kind, kind)
    for name in ("_*_", "_/_", "_%_"):
        binary(name, Kind.WHOLE, Kind.WHOLE, Kind.WHOLE)
    binary("_+_", Kind.DATE, Kind.WHOLE, Kind.DATE)
    binary("_-_", Kind.DATE, Kind.WHOLE, Kind.DATE)
    binary("_-_", Kind.DATE, Kind.DATE, Kind.WHOLE)
    # `map` and `filter` add to their list with it; written by an author it is refused
    # (`checked.added_lists`).
    into.add("_+_", [_ANY_LIST_TYPE, _ANY_LIST_TYPE], _ANY_LIST_TYPE)


def _configured(fields: tuple[tuple[str, int, Kind], ...]) -> Any:
    """The checker's configuration: operators, functions, and these fields (name, entry of the list, kind)."""
    overloads = _Overloads()
    _operators(overloads)
    for name, signatures in FUNCTIONS.items():
        for signature in signatures:
            parameters = [_spec(kind) for kind in signature.parameters]
            overloads.add(name, parameters, _spec(signature.result), member=signature.member)
    for field, number, kind in fields:
        overloads.add(field, [{"type_name": row_type(number)}], _spec(kind), member=True)
    config = {
        "name": "check",
        "stdlib": {"include_functions": [{"name": name} for name in _KEPT]},
        "functions": [{"name": name, "overloads": each} for name, each in overloads.by_name.items()],
    }
    # JSON is YAML.
    return cel.NewEnvConfigFromYaml(json.dumps(config))


@cache
def _common_configuration() -> Any:
    """What all schemas share; reading it costs more than all the rest of a schema."""
    return _configured(())


def _checker(schema: FrozenSchema) -> Any:
    variables: dict[str, Any] = {}
    fields: list[tuple[str, int, Kind]] = []
    for number, (name, entry) in enumerate(schema):
        if isinstance(entry, tuple):
            variables[name] = cel.Type.List(cel.Type.AbstractType(row_type(number)))
            fields += [(field, number, kind) for field, kind in entry]
        else:
            variables[name] = _checker_type(entry)
    # A function is declared once, so a field that is called as one (`size`) must be declared together with it.
    namesakes = tuple(each for each in fields if each[0] in FUNCTIONS)
    others: dict[str, list[Any]] = {}
    for field, number, kind in fields:
        if field in FUNCTIONS:
            continue
        row = cel.Type.AbstractType(row_type(number))
        overload = cel.Overload(f"{field}@{number}", _checker_type(kind), [row], is_member=True)
        others.setdefault(field, []).append(overload)
    return cel.NewEnv(
        config=_configured(namesakes) if namesakes else _common_configuration(),
        variables=variables,
        functions=[cel.FunctionDecl(field, overloads) for field, overloads in others.items()],
    )


def _checker_type(kind: Kind) -> Any:
    """The kind as a type of the checker."""
    if kind in _LISTS:
        return cel.Type.List(_checker_type(_LISTS[kind]))
    plain = {Kind.TEXT: cel.Type.STRING, Kind.WHOLE: cel.Type.INT, Kind.YES_NO: cel.Type.BOOL}
    return plain.get(kind) or cel.Type.AbstractType(CHECKER_TYPES[kind])


_INSTEAD: dict[str, Any] = {"int": 1, "string": "", "bool": False}


# --- evaluating ---------------------------------------------------------------------------------------------


def _runtime_type(kind: str) -> str:
    if kind == ANY_LIST or kind.startswith("list:") or Kind(kind) in _LISTS:
        return "list"
    if Kind(kind) in (Kind.TEXT, Kind.PERSON):
        return "string"
    return "bool" if Kind(kind) is Kind.YES_NO else "int"


@cache
def _runtime_functions() -> list[Any]:
    """Each implementation once per combination of runtime types, missing values where they are welcome."""
    types = {
        "int": cel.Type.INT,
        "string": cel.Type.STRING,
        "bool": cel.Type.BOOL,
        "list": cel.Type.List(cel.Type.DYN),
        "null": cel.Type.NULL,
    }
    declared: list[Any] = []
    for name, signatures in FUNCTIONS.items():
        ways: dict[tuple[tuple[str, ...], bool], tuple[Callable[..., Any], str]] = {}
        for signature in signatures:
            for parameters in _with_missing(name, signature):
                result = _runtime_type(signature.result)
                known = ways.setdefault((parameters, signature.member), (signature.implementation, result))
                if known[0] is not signature.implementation:
                    raise ValueError(f"{name}: two implementations for {parameters} at run time")
        declared.append(
            cel.FunctionDecl(
                RENAMED.get(name, name),
                [
                    cel.Overload(
                        f"{name}_{'m' if member else 'g'}_{'_'.join(parameters)}",
                        types[result] if name != "or_else" else cel.Type.DYN,
                        [types[parameter] for parameter in parameters],
                        is_member=member,
                        impl=within_budget(implementation, _INSTEAD[result]),
                    )
                    for (parameters, member), (implementation, result) in ways.items()
                ],
            )
        )
    return declared


def _with_missing(name: str, signature: Signature) -> list[tuple[str, ...]]:
    plain = tuple(_runtime_type(kind) for kind in signature.parameters)
    if name not in TAKES_MISSING:
        return [plain]
    if len(plain) == 1:
        return [plain, ("null",)]
    return [plain, ("null", plain[1]), (plain[0], "null"), ("null", "null")]


def _runtime(schema: FrozenSchema) -> Any:
    return cel.NewEnv(
        variables={name: cel.Type.DYN for name, _entry in schema},
        functions=_runtime_functions(),
    )
