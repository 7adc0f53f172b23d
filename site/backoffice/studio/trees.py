"""A tree of choices as lines of text, each step further in: ``key | 中文 | English``. Read back from what was typed or
pasted, where keys may be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.outline import id_from

STEP = "  "
MOST_LINES = 5000
LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True)
class Line:
    """One line, with the keys that lead to it."""

    text: str
    way: tuple[str, ...]


def lines_of(nodes: Sequence[Any], branch: str, above: tuple[str, ...] = ()) -> list[Line] | None:
    """Return the lines of a tree; None where it says what lines cannot."""
    found: list[Line] = []
    for node in nodes:
        if not isinstance(node, dict) or not set(node) <= {"key", "label", branch}:
            return None
        label, inner = node.get("label", {}), node.get(branch, [])
        if not isinstance(label, dict) or not set(label) <= set(LANGUAGES) or not isinstance(inner, list):
            return None
        texts = [str(label.get(code, "")) for code in LANGUAGES]
        if any(sign in text for text in (str(node.get("key", "")), *texts) for sign in "|｜\t\n"):
            return None
        key = str(node.get("key", ""))
        below = lines_of(inner, branch, (*above, key))
        if below is None:
            return None
        found += [Line(f"{STEP * len(above)}{' | '.join([key, *texts])}".rstrip(), (*above, key)), *below]
    return found


def line_at(lines: Sequence[Line], path: str, branch: str) -> int:
    """Return the number of the line a path of the tree leads to (``shanghai.children.pudong.label``); 0: none."""
    parts = path.split(".")
    way = [parts[0], *(parts[at + 1] for at in range(1, len(parts) - 1, 2) if parts[at] == branch)]
    return next((at for at, line in enumerate(lines, start=1) if line.way == tuple(way)), 0)


def keys_of(nodes: Sequence[Any], branch: str) -> set[str]:
    """Return every key of a tree."""
    return {str(node["key"]) for node in _all(nodes, branch) if node.get("key")}


def read(
    text: str, existing: Sequence[Any], branch: str, *, fixed: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the tree of what was typed. A line of one or two parts names no key: it keeps the key it had under the
    same words at the same place, else is given one, never one of ``fixed`` or of the lines around.

    What stands further in than the line before belongs to it, however far.
    """
    tree: list[dict[str, Any]] = []
    stack: list[tuple[int, list[dict[str, Any]]]] = [(-1, tree)]
    for raw in text.split("\n")[:MOST_LINES]:
        if not raw.strip():
            continue
        depth = _depth(raw)
        while len(stack) > 1 and stack[-1][0] >= depth:
            stack.pop()
        node = _node(raw.strip())
        inner: list[dict[str, Any]] = []
        stack[-1][1].append(node | {branch: inner})
        stack.append((depth, inner))
    taken = {node["key"] for node in _all(tree, branch) if node["key"]}
    taken |= {*fixed, *keys_of(existing, branch)}
    _give_keys(tree, existing, branch, taken)
    for node in _all(tree, branch):
        if not node[branch]:
            del node[branch]
    return tree


def _depth(raw: str) -> int:
    """Return how far in a line begins: a tab counts as four blanks, a full-width one as two."""
    blank = raw[: len(raw) - len(raw.lstrip())]
    return sum({"\t": 4, "\u3000": 2}.get(sign, 1) for sign in blank)


def _node(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.replace("\t", "|").replace("｜", "|").split("|")]
    key, chinese, english = ("", *parts, "")[:3] if len(parts) < 3 else parts[:3]
    # A key alone before words in one language: what looks like a key and does not read as words.
    if len(parts) == 2 and not parts[1].isascii() and _is_key(parts[0]):
        key, chinese, english = parts[0], parts[1], ""
    return {
        "key": key,
        "label": {code: said for code, said in zip(LANGUAGES, (chinese, english), strict=True) if said},
    }


def _is_key(text: str) -> bool:
    return (
        bool(text)
        and text.isascii()
        and text == text.lower()
        and text.replace("-", "").replace("_", "").isalnum()
    )


def _give_keys(nodes: list[dict[str, Any]], existing: Sequence[Any], branch: str, taken: set[str]) -> None:
    old = [one for one in existing if isinstance(one, Mapping)]
    for node in nodes:
        if not node["key"]:
            same = next(
                (
                    one
                    for one in old
                    if one.get("key")
                    and one.get("label") == node["label"]
                    and one["key"] not in {n["key"] for n in nodes}
                ),
                None,
            )
            node["key"] = str(same["key"]) if same is not None else _fresh(node["label"], taken)
            taken.add(node["key"])
        before = next((one for one in old if one.get("key") == node["key"]), {})
        _give_keys(node[branch], before.get(branch) or [], branch, taken)


def _fresh(label: Mapping[str, str], taken: Collection[str]) -> str:
    """Return a key nobody has: from the English words where there are any."""
    wish = id_from(dict(label)) if label.get("en") else ""
    if wish and wish not in taken:
        return wish
    number = 1
    while f"{wish or 'c'}{number}" in taken:
        number += 1
    return f"{wish or 'c'}{number}"


def _all(nodes: Sequence[Any], branch: str) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if isinstance(node, dict):
            yield node
            yield from _all(node.get(branch) or [], branch)
