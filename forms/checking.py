"""What is wrong with a definition, each fault at its place. A definition with errors cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from forms.fields import FieldFault
from forms.references import DependencyCycle, names_in
from forms.schema import TODAY, FormDefinition
from foundation import expressions
from foundation.expressions import Kind

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
        return None, [Problem(_path(body, fault["loc"]), fault["msg"]) for fault in error.errors()]


def check(body: Mapping[str, Any], roles: Collection[str] | None = None) -> list[Problem]:
    """Return everything wrong with a body, errors first; an empty list: it may be published."""
    definition, problems = parse(body)
    return problems if definition is None else problems_of(definition, roles)


def problems_of(definition: FormDefinition, roles: Collection[str] | None = None) -> list[Problem]:
    """Return everything wrong with a well-formed definition, errors first.

    ``roles``: keys of the roles there are; without them the roles named are not looked at.
    """
    found = [
        *_ids(definition),
        *_names(definition),
        *_initial(definition),
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
        ("groups", [group.id for page in definition.pages for group in page.groups]),
        ("fields", [field.id for field in definition.fields()]),
        ("rules", [rule.id for rule in definition.rules]),
    ):
        for repeated, count in Counter(ids).items():
            if count > 1:
                yield Problem(
                    f"{name}.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
                )
    for path, field in _field_paths(definition):
        if not _speakable(field.id):
            yield Problem(
                f"{path}.id",
                _("“%(id)s” means something else in expressions; give the field another id.")
                % {"id": field.id},
            )


def _speakable(name: str) -> bool:
    """Whether expressions can use the name: not the day, not a word of the language, not one of its types
    (`list`).
    """
    return (
        name != TODAY
        and expressions.is_name(name)
        and not expressions.check("true", {name: Kind.TEXT}, Kind.YES_NO)
    )


def _names(definition: FormDefinition) -> Iterator[Problem]:
    places = [("summary", name) for name in definition.summary]
    places += [(f"rules.{rule.id}.fields", name) for rule in definition.rules for name in rule.fields]
    for path, name in places:
        if name not in definition.by_id:
            yield Problem(
                path,
                _("The form has no field “%(field)s”.") % {"field": name},
                names=tuple(definition.by_id),
            )


def _initial(definition: FormDefinition) -> Iterator[Problem]:
    for path, field in _field_paths(definition):
        if field.initial is None:
            continue
        try:
            field.of_kind.check(field.initial, field.settings, timezone.localdate())
        except FieldFault as fault:
            yield Problem(f"{path}.initial", str(fault.sentence))


def _roles(definition: FormDefinition, roles: Collection[str] | None) -> Iterator[Problem]:
    for role in definition.submitters:
        if roles is not None and role not in roles:
            yield Problem("submitters", _("There is no role “%(role)s”.") % {"role": role})


def _expressions(definition: FormDefinition) -> Iterator[Problem]:
    for path, text, result in _expression_paths(definition):
        for fault in expressions.check(text, definition.names, result):
            yield Problem(
                path,
                _("Line %(line)d, column %(column)d: %(message)s")
                % {"line": fault.line, "column": fault.column, "message": fault.message},
                position=fault.position,
                names=tuple(definition.names),
            )
    for rule in definition.rules:
        if not names_in(rule.holds, definition.by_id):
            yield Problem(f"rules.{rule.id}.holds", _("This rule speaks of no field of the form."))


def _cycles(definition: FormDefinition) -> Iterator[Problem]:
    try:
        _order = definition.order
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


def _field_paths(definition: FormDefinition) -> Iterator[tuple[str, Any]]:
    for page, group, field in definition.placed():
        yield f"pages.{page.id}.groups.{group.id}.fields.{field.id}", field


def _expression_paths(definition: FormDefinition) -> Iterator[tuple[str, str, Kind]]:
    """Yield every expression with its path and the kind of result it must give."""
    for page in definition.pages:
        if page.visible_if:
            yield f"pages.{page.id}.visible_if", page.visible_if, Kind.YES_NO
        for group in page.groups:
            if group.visible_if:
                yield f"pages.{page.id}.groups.{group.id}.visible_if", group.visible_if, Kind.YES_NO
    for path, field in _field_paths(definition):
        for name in ("visible_if", "required_if", "read_only_if"):
            if text := getattr(field, name):
                yield f"{path}.{name}", text, Kind.YES_NO
        if field.computed:
            yield f"{path}.computed", field.computed, field.of_kind.expression
    for rule in definition.rules:
        yield f"rules.{rule.id}.holds", rule.holds, Kind.YES_NO


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
            name = _name_of(value, position)
            yield from _texts(value, f"{path}.{name}".lstrip("."))


def _path(body: Any, location: tuple[int | str, ...]) -> str:
    """Return a place in the body as people find it: list items by their id or key."""
    parts: list[str] = []
    here = body
    for part in location:
        try:
            here = here[part]
        except (LookupError, TypeError):
            here = None
        parts.append(str(_name_of(here, part) if isinstance(part, int) else part))
    return ".".join(parts)


def _name_of(item: Any, position: int) -> Any:
    return item.get("id") or item.get("key") or position if isinstance(item, dict) else position
