"""Random form definitions, and random answers to them: sound ones, hostile ones, and ones to what nobody asked.

Everything is drawn from a ``random.Random``, so that a number names a definition on every machine.
"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from forms.checking import problems_of
from forms.fields import KINDS, Found, Reference, Surroundings
from forms.logic import ROW
from forms.references import names_in
from forms.schema import CLOCK, FieldDefinition, FormDefinition, Scope
from foundation.expressions import Kind, RecordList, SchemaEntry
from foundation.expressions.rows import OPERATORS_OF, Operator, Row, compile_rows

DAY = datetime.date(2026, 11, 20)
NOW = datetime.datetime(2026, 11, 20, 14, 3, tzinfo=ZoneInfo("Asia/Shanghai"))


def text(words: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh-hans": f"题 {words}", "en": words}


class Shelf:
    """A directory in which every source has a few things, found whenever they are asked for; ``read`` is what
    can be read of rows of registers.
    """

    def __init__(self, read: Mapping[str, Any] | None = None) -> None:
        self.read = read

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return what stands here of these."""
        return {each: self._found(each) for each in references if each.key in self.keys(each.source)}

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return everything of a source."""
        return [self._found(Reference(source, key)) for key in self.keys(source)][:limit]

    def keys(self, source: str) -> list[str]:
        """Return the keys of a source: numbers of people as numbers, files by uuid."""
        if source == "person":
            return ["1", "2", "3"]
        return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/{number}")) for number in range(4)]

    def _found(self, reference: Reference) -> Found:
        values: dict[str, Any] = {}
        if reference.source == "register:somewhere":
            # The last row is one of which the person may not read everything.
            rows = [{"amount": "80.00", "seats": 4, "due_on": "2026-11-21", "state": "open"}] * 3
            values = [*rows, {"amount": "not a number", "state": "open"}][
                self.keys(reference.source).index(reference.key)
            ]
        if self.read is not None and reference.source.startswith("register:"):
            values = dict(self.read)
        if reference.source == "file":
            values = {
                "kind": "pdf" if self.keys("file").index(reference.key) == 3 else "image",
                "name": f"{reference.key[:8]}.png",
                "size": 100,
                "type": "image/png",
                "sha256": reference.key.replace("-", "") * 2,
                "origin": "drawn",
                "signer": "",
                "scan": "clean",
            }
        return Found(reference, f"名 {reference.key[:8]}", "", values)


READS = {"amount": "money", "seats": "whole", "due_on": "date", "state": "text"}
CHOICES = [{"key": key, "label": text(key)} for key in ("a", "b", "c", "d")]


def _options(kind: str, rng: random.Random) -> dict[str, Any]:
    """Return options of a kind; kinds that take everything need none."""
    match kind:
        case "choice":
            return {"choices": CHOICES, **({"other": True} if rng.random() < 0.2 else {})}
        case "choices":
            return {"choices": CHOICES, **({"max": 3} if rng.random() < 0.3 else {})}
        case "text":
            return rng.choice([{}, {"max_length": 12}, {"min_length": 2}])
        case "whole_number":
            return rng.choice([{"min": 0, "max": 9}, {"min": -5, "max": 50}])
        case "money":
            return rng.choice([{}, {"min": "1.00", "max": "500.00"}])
        case "date":
            return rng.choice([{}, {"not_future": True}, {"not_past": True}])
        case "table":
            return {
                "columns": [
                    {"key": "what", "label": text("what"), "required": True},
                    {"key": "price", "label": text("price"), "kind": "money"},
                    {"key": "count", "label": text("count"), "kind": "whole_number"},
                ]
            }
        case "checklist":
            items = [{"key": key, "label": text(key)} for key in ("one", "two", "three")]
            return {"items": items, "details": ["form", "count", "due_on"], "custom": rng.random() < 0.3}
        case "likert":
            rows = [{"key": key, "label": text(key)} for key in ("speed", "price")]
            return {"rows": rows, "scale": [text("bad"), text("fair"), text("good")]}
        case "cascade":
            if rng.random() < 0.5:
                return {"source": "regions", "depth": 2}
            below = [{"key": key, "label": text(key)} for key in ("ab", "ac")]
            return {
                "tree": [
                    {"key": "a", "label": text("a"), "children": below},
                    {"key": "b", "label": text("b")},
                ]
            }
        case "lookup":
            return {"form": "somewhere", **({"reads": READS} if rng.random() < 0.5 else {})}
        case "static":
            return {"content": text("read this")}
        case _:
            return {}


class _Maker:
    """Makes one definition; ``forward``: whether conditions may speak of what comes later."""

    def __init__(self, rng: random.Random, *, forward: bool) -> None:
        self.rng, self.forward = rng, forward
        self.count = 0

    def name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def body(self) -> dict[str, Any]:
        rng = self.rng
        pages = [self.page() for _ in range(rng.choice([1, 1, 2, 3]))]
        body = {
            "key": "random",
            "title": text("random"),
            "category": {"key": "tests", "title": text("tests")},
            "numbering": "R-{seq:04}",
            "pages": pages,
        }
        definition = FormDefinition.model_validate(body)
        _Conditions(rng, definition, forward=self.forward).add(body)
        return body

    def page(self) -> dict[str, Any]:
        groups = [self.group() for _ in range(self.rng.choice([1, 1, 2]))]
        return {"id": self.name("p"), "title": text("page"), "groups": groups}

    def group(self, depth: int = 0) -> dict[str, Any]:
        rng = self.rng
        group: dict[str, Any] = {"id": self.name("g"), "title": text("group")}
        group["fields"] = [self.field() for _ in range(rng.randint(1, 3 if depth else 4))]
        if depth or rng.random() < 0.3:
            least = rng.choice([0, 0, 1, 2])
            group["repeat"] = {"min": least, "max": max(1, least + rng.randint(0, 2))}
            if not depth and rng.random() < 0.4:
                group["groups"] = [self.group(1)]
            sums = [field["id"] for field in group["fields"] if field["kind"] in ("whole_number", "money")]
            group["repeat"]["totals"] = sums[:2]
        return group

    def field(self) -> dict[str, Any]:
        kind = self.rng.choice(sorted(KINDS))
        return {
            "id": self.name("f"),
            "kind": kind,
            "label": text("question"),
            "options": _options(kind, self.rng),
        }


class _Conditions:
    """Adds conditions, sums and rules to a definition that has none."""

    def __init__(self, rng: random.Random, definition: FormDefinition, *, forward: bool) -> None:
        self.rng, self.definition, self.forward = rng, definition, forward
        self.known: set[str] = set()
        """Ids that stand before."""
        self.around = Surroundings(DAY, directory=Shelf())

    def add(self, body: dict[str, Any]) -> None:
        for page in body["pages"]:
            self._maybe(page, "visible_if", 0.15, "")
            for group in page["groups"]:
                self._of_group(group, "")
        self._rules(body)

    def _of_group(self, group: dict[str, Any], outer: str) -> None:
        within = group["id"] if "repeat" in group else outer
        self._maybe(group, "visible_if", 0.2, outer)
        for field in group["fields"]:
            self._of_field(field, within)
            self.known.add(field["id"])
        for inner in group.get("groups", ()):
            self._of_group(inner, within)
        self.known.add(group["id"])

    def _of_field(self, field: dict[str, Any], scope: str) -> None:
        kind, rng = KINDS[field["kind"]], self.rng
        self._maybe(field, "visible_if", 0.35, scope)
        if not kind.asks:
            return
        asked = self.definition.by_id[field["id"]]
        if kind.computes and rng.random() < 0.25:
            found = self.value(kind.expression, scope)
            if found:
                field["computed"] = found
                return
        if rng.random() < 0.3:
            field["required"] = True
        else:
            # Asked once everything is worked out: may speak of what comes later, and of itself.
            self._maybe(field, "required_if", 0.3, scope, anything=True)
        self._maybe(field, "read_only_if", 0.2, scope)
        if rng.random() < 0.25 and not {"not_past", "not_future"}.intersection(field["options"]):
            value = kind.sample(rng.randrange(10**6), asked.settings, self.around)
            # What stands outside the form may be gone tomorrow: a definition cannot begin with it.
            if value is not None and not kind.references(value, asked.settings):
                field["initial"] = value

    def _rules(self, body: dict[str, Any]) -> None:
        body["rules"] = []
        for number in range(self.rng.choice([0, 0, 1, 2, 3])):
            group = self.rng.choice(list(self.definition.scopes))
            scope = self.definition.scopes[group]
            holds = self.condition(group, anything=True)
            fields = sorted(scope.members)
            if not holds or not fields or not _speaks(holds, scope):
                continue
            body["rules"].append(
                {
                    "id": f"rule{number}",
                    "holds": holds,
                    "message": text("wrong"),
                    "group": group,
                    "fields": self.rng.sample(fields, min(len(fields), 2)),
                    "when": self.rng.choice(["answered", "always"]),
                }
            )

    def _maybe(
        self, part: dict[str, Any], key: str, chance: float, scope: str, *, anything: bool = False
    ) -> None:
        if self.rng.random() < chance and (found := self.condition(scope, anything=anything)):
            part[key] = found

    def names(self, scope: str, *, anything: bool) -> dict[str, SchemaEntry]:
        """Return what may be spoken of here."""
        names = self.definition.scopes[scope].names
        if anything or self.forward:
            return dict(names)
        return {name: entry for name, entry in names.items() if name.split(".")[0] in {*CLOCK, *self.known}}

    def condition(self, scope: str, *, anything: bool = False) -> str:
        """Return a yes/no expression, empty where there is nothing to speak of."""
        rng, names = self.rng, self.names(scope, anything=anything)
        plain = {name: entry for name, entry in names.items() if isinstance(entry, Kind)}
        if not [name for name in names if name not in CLOCK]:
            return ""
        lists = [name for name, entry in names.items() if isinstance(entry, RecordList)]
        if lists and rng.random() < 0.35:
            return self._of_rows(rng.choice(lists), names)
        rows = [row for _ in range(rng.choice([1, 1, 2, 3])) if (row := self._row(plain))]
        if not rows:
            return ""
        said = compile_rows(rows, plain, combine=rng.choice(["all", "any"]))
        return f"!({said})" if rng.random() < 0.2 else said

    def _of_rows(self, name: str, names: Mapping[str, SchemaEntry]) -> str:
        rng, entry = self.rng, names[name]
        assert isinstance(entry, RecordList)
        templates = [
            f"size({name}) {rng.choice(['>', '==', '<='])} {rng.randint(0, 3)}",
            f"has_value({name})",
        ]
        for part, kind in entry.fields.items():
            if kind in (Kind.WHOLE, Kind.MONEY):
                templates.append(f"{name}.exists(r, r.{part} > {_literal_of(kind, rng)})")
                templates.append(f"sum({name}.map(r, r.{part})) > {_literal_of(kind, rng)}")
            elif kind is Kind.TEXT:
                templates.append(f'{name}.all(r, r.{part} != "a")')
            elif kind is Kind.YES_NO:
                templates.append(f"{name}.exists(r, r.{part})")
        return rng.choice(templates)

    def _row(self, names: Mapping[str, Kind]) -> Row | None:
        rng = self.rng
        name = rng.choice(sorted(names))
        kind = names[name]
        operator = rng.choice(OPERATORS_OF[kind])
        if operator in (Operator.HAS_VALUE, Operator.IS_EMPTY):
            return Row(name, operator)
        of = Kind.TEXT if kind is Kind.LIST_OF_TEXT else kind
        same = sorted(other for other, entry in names.items() if entry is of and other != name)
        if same and operator is not Operator.ONE_OF and rng.random() < 0.3:
            return Row(name, operator, rng.choice(same), value_is_field=True)
        values = _VALUES.get(of)
        if values is None:
            return None
        if operator is Operator.ONE_OF:
            return Row(name, operator, rng.sample(values, 2))
        return Row(name, operator, rng.choice(values))

    def value(self, kind: Kind, scope: str) -> str:
        """Return an expression that gives this kind; empty where none is known."""
        rng, names = self.rng, self.names(scope, anything=False)
        same = sorted(name for name, entry in names.items() if entry is kind)
        sums = [
            f"sum({name}.map(r, r.{part}))"
            for name, entry in names.items()
            if isinstance(entry, RecordList)
            for part, of in entry.fields.items()
            if of is kind
        ]
        match kind:
            case Kind.YES_NO:
                return self.condition(scope)
            case Kind.WHOLE | Kind.MONEY | Kind.DECIMAL:
                literal = _literal_of(kind, rng)
                found = [f"{name} + {literal}" for name in same] + sums
                found += [f"or_else({name}, {literal}) - {rng.choice(same)}" for name in same]
                if kind is Kind.WHOLE:
                    found += [
                        f"size({name})" for name, entry in names.items() if isinstance(entry, RecordList)
                    ]
                if kind is Kind.MONEY:
                    found += [f'percent({name}, "12.5")' for name in same]
                return rng.choice([*found, literal]) if found else ""
            case Kind.DATE:
                return f"add_months({rng.choice(same)}, {rng.randint(-2, 3)})" if same else ""
            case Kind.TEXT:
                return f'join([{rng.choice(same)}, {rng.choice(same)}], "-")' if same else ""
            case _:
                return ""


def random_definition(seed: int) -> tuple[dict[str, Any], FormDefinition]:
    """Return a sound definition and the body it was read from; the same for one seed.

    Conditions may speak of what comes later. Where they then wait for one another, they are made anew and
    speak of what comes before.
    """
    for forward in (seed % 3 == 0, False):
        body = _Maker(random.Random(f"{seed}/{forward}"), forward=forward).body()
        definition = FormDefinition.model_validate(body)
        faults = [problem for problem in problems_of(definition) if problem.severity == "error"]
        if not faults:
            break
    assert not faults, faults
    return body, definition


HOSTILE_TEXTS = [
    "",
    " ",
    "<script>alert(1)</script>",
    "=1+1",
    "' OR 1=1 --",
    "\x00\u202e",
    "９９９９９９９９９９９９９９９９９９９９",
    "-1",
    "1e999",
    "NaN",
    "true",
    "{}",
    "start=",
    "a=b=c",
    "other=x",
    "x" * 3000,
    "2026-02-30",
    "粤B12345",
]
HOSTILE_VALUES: list[Any] = [
    *HOSTILE_TEXTS,
    0,
    -1,
    10**30,
    1.5,
    float("nan"),
    True,
    None,
    [],
    {},
    [None],
    [[]],
    {"key": None},
    [{"key": "1"}],
    {"other": 3},
    [{ROW: "r1"}],
    {"start": 1, "end": []},
]


def random_typed(definition: FormDefinition, rng: random.Random) -> dict[str, list[str]]:
    """Return texts as somebody posts them: mostly sound, some hostile, some to what is not asked."""
    around = Surroundings(DAY, directory=Shelf())
    hostile = rng.choice([0.0, 0.0, 0.1, 0.6])
    found: dict[str, list[str]] = {}
    _type_into(definition.form, "", rng, around, hostile, found)
    if rng.random() < 0.5:
        for path in ("nothing", "nothing/r1/here", "today", "f1/r1/f2", "_row", "g2//f3", "", "/", "f1~x"):
            found.setdefault(path, [rng.choice(HOSTILE_TEXTS)])
    return found


def _type_into(
    scope: Scope,
    prefix: str,
    rng: random.Random,
    around: Surroundings,
    hostile: float,
    found: dict[str, list[str]],
) -> None:
    for name, member in scope.members.items():
        path = f"{prefix}{name}"
        if member.group is not None and member.group.repeat is not None:
            count = rng.randint(0, member.group.repeat.max + (1 if rng.random() < 0.1 else 0))
            rows = [f"r{number + 1}" for number in range(count)]
            for row in rows:
                _type_into(scope.inner[name], f"{path}/{row}/", rng, around, hostile, found)
            if rng.random() < hostile:
                rows = [*rows, *rng.choices(["r1", "R1", "../..", "", "r" * 40, "neu"], k=2)]
            found[path] = rows
            continue
        asked = scope.fields[name]
        if rng.random() < hostile:
            found[path] = rng.choices(HOSTILE_TEXTS, k=rng.randint(1, 3))
        elif asked.of_kind.asks and rng.random() < 0.8:
            value = asked.of_kind.sample(rng.randrange(10**6), asked.settings, around)
            if value is not None:
                found[path] = asked.of_kind.typed(value, asked.settings)


def random_answers(definition: FormDefinition, rng: random.Random) -> dict[str, Any]:
    """Return stored values as they might come from anywhere, unsound and undeclared ones among them."""
    around = Surroundings(DAY, directory=Shelf())
    found = _answers(definition.form, rng, around, rng.choice([0.0, 0.2, 0.7]))
    if rng.random() < 0.5:
        found |= {"nothing": rng.choice(HOSTILE_VALUES), "today": "2020-01-01", ROW: "r9"}
    return found


def _answers(scope: Scope, rng: random.Random, around: Surroundings, hostile: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        if rng.random() < hostile / 2:
            found[name] = rng.choice(HOSTILE_VALUES)
        elif member.group is not None and member.group.repeat is not None:
            count = rng.randint(0, member.group.repeat.max)
            found[name] = [
                {ROW: f"r{number + 1}", **_answers(scope.inner[name], rng, around, hostile)}
                for number in range(count)
            ]
        elif name in scope.fields and rng.random() < 0.85:
            found[name] = random_value(scope.fields[name], rng, around)
    return {name: value for name, value in found.items() if value is not None}


def random_value(asked: FieldDefinition, rng: random.Random, around: Surroundings) -> Any:
    """Return a sound stored value of a field, also of one that is computed; None where there is none."""
    return asked.of_kind.sample(rng.randrange(10**6), asked.settings, around)


def _speaks(text: str, scope: Scope) -> bool:
    return bool(names_in(text, scope.reachable))


_VALUES: dict[Kind, list[Any]] = {
    Kind.TEXT: ["a", "b", "样例", "王小明", ""],
    Kind.WHOLE: [0, 1, 5, 40],
    Kind.DECIMAL: ["0.5", "100", "2"],
    Kind.MONEY: ["0.00", "100.00", "20000.00"],
    Kind.YES_NO: [True, False],
    Kind.DATE: ["2026-11-20", "2026-10-01", "2027-01-01"],
    Kind.MOMENT: ["2026-11-20T09:00", "2026-10-01T12:30"],
}


def _literal_of(kind: Kind, rng: random.Random) -> str:
    number = rng.choice([0, 1, 3, 100])
    return {Kind.MONEY: f"yuan({number})", Kind.DECIMAL: f"decimal({number})"}.get(kind, str(number))
