"""What is wrong with a definition, each fault at its place. A definition with errors cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from forms.faults import name_of, place_of, sentence
from forms.fields import FieldFault, Surroundings
from forms.fields.lookup import LookupOptions
from forms.fields.reference import ReferenceField, ReferenceOptions
from forms.limits import faults_of_label
from forms.references import DependencyCycle
from forms.schema import CLOCK, SUBMITTER, FieldDefinition, FormDefinition, Group, Scope
from foundation import expressions
from foundation.expressions import Kind
from foundation.expressions.kinds import COUNTED, KIND_NAMES

Registers: TypeAlias = Callable[[str], FormDefinition | None]
RESERVED_KEYS = frozenset({"mine", "drafts"})
"""Words that mean something else in the addresses of forms."""


@dataclass(frozen=True)
class Problem:
    """One fault. ``path`` says where (``pages.who.groups.customer.fields.phone.visible_if``), ``message``
    what is wrong and what to do. ``position`` counts characters within an expression; ``names`` are those
    it may use."""

    path: str
    message: str
    severity: Literal["error", "warning"] = "error"
    position: int | None = None
    names: tuple[str, ...] = ()


def parse(body: Mapping[str, Any]) -> tuple[FormDefinition | None, list[Problem]]:
    """Return the definition a body holds, or None with what is not well formed."""
    try:
        return FormDefinition.model_validate(body), []
    except ValidationError as error:
        return None, [Problem(place_of(body, fault["loc"]), sentence(fault)) for fault in error.errors()]


def check(
    body: Mapping[str, Any], roles: Collection[str] | None = None, registers: Registers | None = None
) -> list[Problem]:
    """Return everything wrong with a body, errors first; an empty list: it may be published."""
    definition, problems = parse(body)
    return problems if definition is None else problems_of(definition, roles, registers)


def problems_of(
    definition: FormDefinition, roles: Collection[str] | None = None, registers: Registers | None = None
) -> list[Problem]:
    """Return everything wrong with a well-formed definition, errors first.

    ``roles``: keys of the roles there are; without them the roles named are not looked at. ``registers``: gives
    the form of a register by its key, None where there is none yet; without it, what is read of a register is
    not looked at.
    """
    found = [
        *_ids(definition),
        *_names(definition),
        *_initial(definition),
        *_takeovers(definition),
        *_readings(definition, registers),
        *_labels(definition, registers),
        *_strangers(definition),
        *_openings(definition),
        *_roles(definition, roles),
    ]
    if not found:  # an expression over fields of the same id, or of an unknown one, is not worth reading
        found = [*_expressions(definition), *_cycles(definition)]
    found += _translations(definition)
    return sorted(found, key=lambda problem: problem.severity)


def _ids(definition: FormDefinition) -> Iterator[Problem]:
    if definition.key in RESERVED_KEYS:
        yield Problem("key", _("“%(key)s” is taken; give the form another key.") % {"key": definition.key})
    for name, ids in (
        ("pages", [page.id for page in definition.pages]),
        ("groups", [group.id for group in _groups(definition)]),
        # The rows of a repeating group are answered under its id, so it is an id among those of the fields.
        (
            "fields",
            [*(field.id for field in definition.fields()), *(name for name in definition.scopes if name)],
        ),
        ("rules", [rule.id for rule in definition.rules]),
    ):
        for repeated, count in Counter(ids).items():
            if count > 1:
                yield Problem(
                    f"{name}.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
                )
    named = [(path, field.id) for path, field in _field_paths(definition)]
    named += [(path, group.id) for path, group in _group_paths(definition) if group.repeat is not None]
    for path, name in named:
        if not _speakable(name):
            yield Problem(
                f"{path}.id",
                _("“%(id)s” means something else in expressions; give the field another id.") % {"id": name},
            )


def _speakable(name: str) -> bool:
    """Whether expressions can use the name: not the time, not a word of the language, not one of its types
    (`list`).
    """
    return (
        name not in CLOCK
        and expressions.is_name(name)
        and not expressions.check("true", {name: Kind.TEXT}, Kind.YES_NO)
    )


def _names(definition: FormDefinition) -> Iterator[Problem]:
    outside = definition.form.fields
    registered = definition.registered
    places: list[tuple[str, str, Collection[str]]] = [
        ("summary", name, outside) for name in definition.summary
    ]
    if registered is not None:
        places += [("registered.columns", name, outside) for name in registered.columns]
        places += [("registered.totals", name, outside) for name in registered.totals]
    for path, group in _group_paths(definition):
        if group.repeat is not None:
            inside = definition.scopes[group.id].fields
            places += [(f"{path}.repeat.summary", name, inside) for name in group.repeat.summary]
            places += [(f"{path}.repeat.totals", name, inside) for name in group.repeat.totals]
    for layout in definition.prints:
        known = {group.id for group in _groups(definition)}
        places += [(f"prints.{layout.key}.groups", name, known) for name in layout.groups]
    for rule in definition.rules:
        scope = definition.scopes.get(rule.group)
        if scope is None:
            yield Problem(
                f"rules.{rule.id}.group",
                _("The form has no repeating group “%(group)s”.") % {"group": rule.group},
                names=tuple(name for name in definition.scopes if name),
            )
            continue
        places += [(f"rules.{rule.id}.fields", name, scope.reachable) for name in rule.fields]
    for path, name, known_names in places:
        if name not in known_names:
            yield Problem(
                path, _("The form has no field “%(field)s”.") % {"field": name}, names=tuple(known_names)
            )
    for path, totals, fields in _totals(definition):
        for name in totals:
            if name in fields and fields[name].of_kind.expression not in COUNTED:
                yield Problem(
                    path, _("“%(field)s” is no number, so it cannot be added up.") % {"field": name}
                )


def _totals(
    definition: FormDefinition,
) -> Iterator[tuple[str, Collection[str], Mapping[str, FieldDefinition]]]:
    if definition.registered is not None:
        yield "registered.totals", definition.registered.totals, definition.form.fields
    for path, group in _group_paths(definition):
        if group.repeat is not None:
            yield f"{path}.repeat.totals", group.repeat.totals, definition.scopes[group.id].fields


def _takeovers(definition: FormDefinition) -> Iterator[Problem]:
    for scope in definition.scopes.values():
        for name, field in scope.fields.items():
            for target in getattr(field.settings, "fills", ()):
                if target not in scope.fields or scope.fields[target].computed or target == name:
                    place = next(path for path, each in _field_paths(definition) if each.id == name)
                    yield Problem(
                        f"{place}.options.fills.{target}",
                        _("There is no field “%(field)s” beside this one that could take anything over.")
                        % {"field": target},
                        names=tuple(other for other in scope.fields if other != name),
                    )


def _readings(definition: FormDefinition, registers: Registers | None) -> Iterator[Problem]:
    """Yield what expressions are to read of something looked up, and is not there or not of that kind."""
    for path, field in _field_paths(definition):
        options = field.settings
        if not isinstance(options, ReferenceOptions) or not options.reads:
            continue
        offered: Mapping[str, Kind] | None = (
            field.of_kind.offers if isinstance(field.of_kind, ReferenceField) else {}
        )
        if isinstance(options, LookupOptions):
            form = definition if options.form == definition.key else registers and registers(options.form)
            offered = (
                {name: each.of_kind.expression for name, each in form.form.fields.items()} if form else None
            )
        if offered is None:
            continue
        for name, kind in options.reads.items():
            place = f"{path}.options.reads.{name}"
            if name not in offered:
                yield Problem(
                    place,
                    _("There is no “%(name)s” that could be read there.") % {"name": name},
                    names=tuple(offered),
                )
            elif (there := Kind.TEXT if offered[name] is Kind.PERSON else offered[name]) is not Kind(kind):
                yield Problem(
                    place,
                    _("“%(name)s” is not read as “%(kind)s”: there it is “%(there)s”.")
                    % {"name": name, "kind": KIND_NAMES[Kind(kind)], "there": KIND_NAMES[there]},
                )


def _labels(definition: FormDefinition, registers: Registers | None) -> Iterator[Problem]:
    """Yield which words of looked-up rows tell what those who read the answer may not read in the register."""
    for path, field in _field_paths(definition):
        options = field.settings
        if isinstance(options, LookupOptions):
            form = definition if options.form == definition.key else registers and registers(options.form)
            for told in faults_of_label(field, form) if form else ():
                yield Problem(f"{path}.options.shows", told)


def _strangers(definition: FormDefinition) -> Iterator[Problem]:
    if definition.public is None:
        return
    for path, field in _field_paths(definition):
        if isinstance(field.of_kind, ReferenceField) and (field.required or field.required_if):
            yield Problem(
                f"{path}.required",
                _("Somebody without an account finds nothing to choose here, so it cannot be asked of them."),
            )


def _initial(definition: FormDefinition) -> Iterator[Problem]:
    for path, field in _field_paths(definition):
        if field.initial is None:
            continue
        try:
            field.of_kind.check(field.initial, field.settings, Surroundings(timezone.localdate()))
        except FieldFault as fault:
            yield Problem(f"{path}.initial", str(fault.sentence))


def _openings(definition: FormDefinition) -> Iterator[Problem]:
    if definition.opens_on and definition.closes_on and definition.opens_on > definition.closes_on:
        yield Problem("closes_on", _("The form closes before it opens."))
    if definition.public is not None and definition.on_behalf:
        yield Problem("on_behalf", _("Somebody without an account cannot fill in a form for somebody else."))


def _roles(definition: FormDefinition, roles: Collection[str] | None) -> Iterator[Problem]:
    if roles is None:
        return
    named = [("submitters", role) for role in definition.submitters]
    named += [("on_behalf", role) for role in definition.on_behalf]
    for name in ("correction", "withdrawal"):
        if (rule := getattr(definition, name)) is not None:
            named += [(f"{name}.by", role) for role in rule.by if role != SUBMITTER]
    if definition.registered is not None:
        named += [("registered.readers", role) for role in definition.registered.readers]
        named += [("registered.importers", role) for role in definition.registered.importers]
    named += [(f"{path}.readers", role) for path, field in _field_paths(definition) for role in field.readers]
    for path, role in named:
        if role not in roles:
            yield Problem(
                path, _("There is no role “%(role)s”.") % {"role": role}, names=tuple(sorted(roles))
            )


def _expressions(definition: FormDefinition) -> Iterator[Problem]:
    for path, text, result, scope in _expression_paths(definition):
        for fault in expressions.check(text, scope.names, result):
            yield Problem(
                path,
                _("Line %(line)d, column %(column)d: %(message)s")
                % {"line": fault.line, "column": fault.column, "message": fault.message},
                position=fault.position,
                names=tuple(scope.names),
            )
    for rule in definition.rules:
        if not definition.named_by[rule.id]:
            yield Problem(f"rules.{rule.id}.holds", _("This rule speaks of no field of the form."))


def _cycles(definition: FormDefinition) -> Iterator[Problem]:
    for scope in definition.scopes.values():
        try:
            _order = scope.order
        except DependencyCycle as cycle:
            yield Problem(
                f"fields.{cycle.ids[0]}",
                _("These fields wait for one another: %(way)s. Take one of the conditions out.")
                % {"way": str(cycle)},
            )


def _translations(definition: FormDefinition) -> Iterator[Problem]:
    languages = [code for code, _name in settings.LANGUAGES]
    for path, text in _texts(definition.model_dump(exclude_none=True), ""):
        missing = [code for code in languages if not text.get(code, "").strip()]
        if missing:
            yield Problem(
                path, _("Missing translation: %(languages)s.") % {"languages": ", ".join(missing)}, "warning"
            )


def _groups(definition: FormDefinition) -> Iterator[Group]:
    return (group for _path, group in _group_paths(definition))


def _group_paths(definition: FormDefinition) -> Iterator[tuple[str, Group]]:
    """Yield every group, those within rows included, with its path."""
    for page in definition.pages:
        for group in page.groups:
            path = f"pages.{page.id}.groups.{group.id}"
            yield path, group
            for inner in group.groups:
                yield f"{path}.groups.{inner.id}", inner


def _field_paths(definition: FormDefinition) -> Iterator[tuple[str, FieldDefinition]]:
    for path, group in _group_paths(definition):
        for field in group.fields:
            yield f"{path}.fields.{field.id}", field


def _expression_paths(definition: FormDefinition) -> Iterator[tuple[str, str, Kind, Scope]]:
    """Yield every expression with its path, the kind of result it must give, and what it may speak of."""
    form, scopes = definition.form, definition.scopes
    for page in definition.pages:
        if page.visible_if:
            yield f"pages.{page.id}.visible_if", page.visible_if, Kind.YES_NO, form
        for group in page.groups:
            path = f"pages.{page.id}.groups.{group.id}"
            if group.visible_if:
                yield f"{path}.visible_if", group.visible_if, Kind.YES_NO, form
            for inner in group.groups:
                if inner.visible_if:
                    yield (
                        f"{path}.groups.{inner.id}.visible_if",
                        inner.visible_if,
                        Kind.YES_NO,
                        scopes[group.id],
                    )
    for path, group in _group_paths(definition):
        scope = scopes.get(group.id, form)
        for field in group.fields:
            for name in ("visible_if", "required_if", "read_only_if"):
                if text := getattr(field, name):
                    yield f"{path}.fields.{field.id}.{name}", text, Kind.YES_NO, scope
            if field.computed:
                yield f"{path}.fields.{field.id}.computed", field.computed, field.of_kind.expression, scope
    for rule in definition.rules:
        yield f"rules.{rule.id}.holds", rule.holds, Kind.YES_NO, scopes[rule.group]


def _texts(node: Any, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every per-language text below ``node`` with its path."""
    if isinstance(node, dict):
        if settings.LANGUAGE_CODE in node:
            yield path, node
            return
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list | tuple):
        for position, value in enumerate(node):
            name = name_of(value, position)
            yield from _texts(value, f"{path}.{name}".lstrip("."))
