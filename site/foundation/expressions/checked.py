"""Reads the runtime's checked expression: which names it uses, which types its parts have.

The runtime hands it over as a serialised `cel.expr.CheckedExpr`. Its wire format is a published standard
(github.com/google/cel-spec, `proto/cel/expr/checked.proto` and `syntax.proto`); the few fields we read are
named below, so that no protocol-buffer library is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Message: TypeAlias = dict[int, list["int | bytes"]]

_ANY_VALUE = 2
_TYPE_MAP, _EXPR, _SOURCE_INFO = 3, 4, 5
_POSITIONS = 4
_KEY, _VALUE = 1, 2
_DYN = 1
_ID, _CONST, _IDENT, _SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = 2, 3, 4, 5, 6, 7, 8, 9
_STRING_VALUE, _INT_VALUE = 6, 3


@dataclass(frozen=True)
class Call:
    """A function used: its name, its place, and those arguments that are written out as text or number."""

    function: str
    position: int
    literals: tuple[str | int | None, ...]


@dataclass(frozen=True)
class Checked:
    """The facts of a checked expression; positions are those of the text the checker read."""

    names: frozenset[str]
    calls: tuple[Call, ...]
    untyped: tuple[int, ...]  # where something has no certain type
    added_lists: tuple[int, ...]  # where the author, and not a loop, adds lists


def _message(data: bytes) -> Message:
    """A protocol-buffer message as field number → values (numbers and undivided bytes)."""
    fields: Message = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        value: int | bytes
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 1:
            value, at = data[at : at + 8], at + 8
        elif wire == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            raise ValueError(f"unexpected wire type {wire}")
        fields.setdefault(number, []).append(value)
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _sub(message: Message, number: int) -> Message | None:
    values = message.get(number)
    return _message(values[-1]) if values and isinstance(values[-1], bytes) else None


def _subs(message: Message, number: int) -> list[Message]:
    return [_message(value) for value in message.get(number, ()) if isinstance(value, bytes)]


def _string(message: Message, number: int) -> str:
    values = message.get(number)
    return values[-1].decode() if values and isinstance(values[-1], bytes) else ""


def _number(message: Message, number: int) -> int:
    values = message.get(number)
    return values[-1] if values and isinstance(values[-1], int) else 0


def read(serialised: bytes) -> Checked:
    """Take apart what `Expression.serialize()` of the checking environment returned."""
    outer = _message(serialised)
    checked = _sub(outer, _ANY_VALUE) or {}
    source = _sub(checked, _SOURCE_INFO) or {}
    positions = {_number(entry, _KEY): _number(entry, _VALUE) for entry in _subs(source, _POSITIONS)}
    types = {_number(entry, _KEY): _sub(entry, _VALUE) or {} for entry in _subs(checked, _TYPE_MAP)}
    walk = _Walk(positions)
    expression = _sub(checked, _EXPR)
    if expression is not None:
        walk.visit(expression, frozenset())
    untyped = sorted(
        positions.get(number, 0)
        for number, kind in types.items()
        if number in walk.seen and _is_uncertain(kind)
    )
    lists = {number for number, kind in types.items() if 6 in kind}
    added = sorted(position for number, position in walk.additions if number in lists)
    return Checked(frozenset(walk.names), tuple(walk.calls), tuple(untyped), tuple(added))


def _is_uncertain(kind: Message) -> bool:
    """Whether a type is, or contains, "anything"."""
    if _DYN in kind:
        return True
    return any(_is_uncertain(inner) for inner in _inner_types(kind))


def _inner_types(kind: Message) -> Iterator[Message]:
    for holder, members in ((6, (1,)), (7, (1, 2))):  # list of, map from–to
        held = _sub(kind, holder)
        if held is not None:
            for member in members:
                inner = _sub(held, member)
                if inner is not None:
                    yield inner


class _Walk:
    """Goes through the tree once, knowing which names a loop has bound."""

    def __init__(self, positions: dict[int, int]) -> None:
        self.positions = positions
        self.names: set[str] = set()
        self.calls: list[Call] = []
        self.additions: list[tuple[int, int]] = []
        self.seen: set[int] = set()

    def visit(self, node: Message, bound: frozenset[str]) -> None:
        number = _number(node, _ID)
        self.seen.add(number)
        if (ident := _sub(node, _IDENT)) is not None:
            name = _string(ident, 1)
            if name not in bound:
                self.names.add(name)
        elif _sub(node, _SELECT) is not None:
            # The checker is given no field selections of rows (`lexer.for_checker`): this is a name with
            # dots.
            self.names.add(_dotted(node))
        elif (call := _sub(node, _CALL)) is not None:
            self._call(number, call, bound)
        elif (items := _sub(node, _LIST)) is not None:
            for item in _subs(items, 1):
                self.visit(item, bound)
        elif (loop := _sub(node, _COMPREHENSION)) is not None:
            self._loop(loop, bound)

    def _call(self, number: int, call: Message, bound: frozenset[str]) -> None:
        function = _string(call, 2)
        arguments = [*_subs(call, 1), *_subs(call, 3)]
        position = self.positions.get(number, 0)
        self.calls.append(Call(function, position, tuple(_literal(argument) for argument in arguments)))
        if function == "_+_" and not any(_is_accumulator(argument) for argument in arguments):
            self.additions.append((number, position))
        for argument in arguments:
            self.visit(argument, bound)

    def _loop(self, loop: Message, bound: frozenset[str]) -> None:
        inner = bound | {_string(loop, 1), _string(loop, 3)}
        for part in (2, 4):  # the list gone through, the first result: outside the loop's names
            node = _sub(loop, part)
            if node is not None:
                self.visit(node, bound)
        for part in (5, 6, 7):
            node = _sub(loop, part)
            if node is not None:
                self.visit(node, inner)


def _dotted(node: Message) -> str:
    """`form.amount`, spelled from its tree."""
    select = _sub(node, _SELECT)
    if select is None:
        return _string(_sub(node, _IDENT) or {}, 1)
    return f"{_dotted(_sub(select, 1) or {})}.{_string(select, 2)}"


def _is_accumulator(node: Message) -> bool:
    """`@result` is the runtime's own name inside a loop; no author can write it."""
    ident = _sub(node, _IDENT)
    return ident is not None and _string(ident, 1).startswith("@")


def _literal(node: Message) -> str | int | None:
    const = _sub(node, _CONST)
    if const is None:
        return None
    if _STRING_VALUE in const:
        return _string(const, _STRING_VALUE)
    if _INT_VALUE in const:
        value = _number(const, _INT_VALUE)
        return value - (1 << 64) if value >= 1 << 63 else value
    return None
