"""The words and signs of an expression, found before the runtime sees it.

Three things need them: refusing early what the runtime would take long to refuse; refusing what we do not
offer (fractions as binary floating point, record literals, bytes) in plain words; and showing the checker a
field of a row, `line.price`, as a call, `line.price()`, which it can type without protocol buffers. Positions
are carried back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from foundation.expressions.faults import Cause, ExpressionFault, Fault

LONGEST_TEXT = 4_000
MOST_TOKENS_IN_LOOPS = 400
MOST_NESTED_LOOPS = 3
DEEPEST_BRACKETS = 24
LOOPS = frozenset({"all", "exists", "exists_one", "map", "filter"})

_TOKEN = re.compile(
    r"""
      (?P<space>[\t\n\f\r ]+|//[^\n]*)
    | (?P<text>[rR]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}
        |"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*'))
    | (?P<bytes>(?:[bB][rR]?|[rR][bB])["'])
    | (?P<fraction>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<number>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_RAW_TEXT = re.compile(r"[rR](?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"[^\"\r\n]*\"|'[^'\r\n]*')", re.DOTALL)

# Half characters and NUL have no UTF-8 or no end: the runtime is never given them.
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Token:
    sort: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def place(text: str, position: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character position."""
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def fault_at(text: str, position: int, fault: Fault) -> Fault:
    """The same fault, at this place of the text."""
    line, column = place(text, position)
    return Fault(fault.cause, position, line, column, fault.names, fault.parameters)


def tokens_of(text: str) -> list[Token]:
    """The words and signs of the text, spaces and comments left out.

    Raises ExpressionFault for what no expression may contain.
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionFault([Fault(Cause.TOO_LONG, parameters={"limit": str(LONGEST_TEXT)})])
    unspeakable = _UNSPEAKABLE.search(text)
    if unspeakable:
        raise ExpressionFault([fault_at(text, unspeakable.start(), _stray(unspeakable.group()))])
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _RAW_TEXT.match(text, at) or _TOKEN.match(text, at)
        if match is None:
            raise ExpressionFault([fault_at(text, at, _stray(text[at]))])
        sort = match.lastgroup or "text"
        token = Token(sort, match.group(), at)
        if sort == "bytes":
            raise ExpressionFault(
                [fault_at(text, at, Fault(Cause.NOT_OFFERED, parameters={"sign": token.text}))]
            )
        if sort == "fraction":
            raise ExpressionFault(
                [fault_at(text, at, Fault(Cause.FRACTION, parameters={"number": token.text}))]
            )
        if (sort == "number" and token.text[-1] in "uU") or (sort == "sign" and token.text in "{}"):
            raise ExpressionFault(
                [fault_at(text, at, Fault(Cause.NOT_OFFERED, parameters={"sign": token.text}))]
            )
        if sort != "space":
            tokens.append(token)
        at = match.end()
    _check_size(text, tokens)
    return tokens


def _stray(sign: str) -> Fault:
    if sign in "\"'":
        return Fault(Cause.OPEN_TEXT)
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    return Fault(Cause.STRAY_SIGN, parameters={"sign": shown})


def _check_size(text: str, tokens: list[Token]) -> None:
    """Brackets not too deep; loops neither too deep nor too long."""
    open_loops: list[bool] = []
    loops_seen = False
    for number, token in enumerate(tokens):
        if token.text in ("(", "[") and token.sort == "sign":
            is_loop = (
                token.text == "("
                and number >= 2
                and tokens[number - 1].text in LOOPS
                and tokens[number - 2].text == "."
            )
            loops_seen = loops_seen or is_loop
            open_loops.append(is_loop)
            if len(open_loops) > DEEPEST_BRACKETS or sum(open_loops) > MOST_NESTED_LOOPS:
                raise ExpressionFault([fault_at(text, token.start, Fault(Cause.TOO_DEEP))])
        elif token.text in (")", "]") and token.sort == "sign" and open_loops:
            open_loops.pop()
    if loops_seen and len(tokens) > MOST_TOKENS_IN_LOOPS:
        raise ExpressionFault([Fault(Cause.LOOP_TOO_LARGE, parameters={"limit": str(MOST_TOKENS_IN_LOOPS)})])


@dataclass(frozen=True)
class ForChecker:
    """The text as the checker reads it, and where something was put in."""

    text: str
    insertions: tuple[int, ...]  # positions in `text` of each inserted "()"

    def original(self, position: int) -> int:
        """A position in the checker's text as a position in the author's text."""
        return position - sum(min(2, position - at) for at in self.insertions if at < position)


def for_checker(text: str, tokens: list[Token], names: frozenset[str]) -> ForChecker:
    """The text with each reading of a row's field, `line.price`, written as a call, `line.price()`.

    Names with dots in the schema stay as they are.
    """
    pieces: list[str] = []
    insertions: list[int] = []
    taken = 0
    length = 0
    number = 0
    while number < len(tokens):
        if tokens[number].sort == "word" and (number == 0 or tokens[number - 1].text != "."):
            number = _past_name(tokens, number, names)
            continue
        token = tokens[number]
        after = tokens[number + 1].text if number + 1 < len(tokens) else ""
        is_field = token.sort == "word" and after != "("
        if is_field:
            piece = text[taken : token.end]
            pieces.append(piece + "()")
            insertions.append(length + len(piece))
            length += len(piece) + 2
            taken = token.end
        number += 1
    pieces.append(text[taken:])
    return ForChecker("".join(pieces), tuple(insertions))


def for_runtime(text: str, tokens: list[Token], renamed: Mapping[str, str]) -> str:
    """The text with these functions called by their other names."""
    pieces: list[str] = []
    taken = 0
    for token, after in pairwise(tokens):
        if token.sort == "word" and after.text == "(" and token.text in renamed:
            pieces.append(text[taken : token.start] + renamed[token.text])
            taken = token.end
    return "".join([*pieces, text[taken:]])


def _past_name(tokens: list[Token], number: int, names: frozenset[str]) -> int:
    """The index after the longest dotted name of the schema that begins here (at least after one word)."""
    best = number + 1
    spelled = tokens[number].text
    at = number + 1
    while at + 1 < len(tokens) and tokens[at].text == "." and tokens[at + 1].sort == "word":
        spelled = f"{spelled}.{tokens[at + 1].text}"
        at += 2
        if spelled in names:
            best = at
    return best
