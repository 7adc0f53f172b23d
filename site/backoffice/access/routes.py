"""All routes of the product, walked from the resolver: for the check that each has a line, and for the
matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from backoffice.access.table import Rule, table


@dataclass(frozen=True)
class Route:
    """One pattern: its name in the table, its whole pattern, its arguments as (name, converter)."""

    name: str
    pattern: str
    namespaces: tuple[str, ...]
    url_name: str
    arguments: tuple[tuple[str, str], ...]


def walk(
    patterns: Sequence[URLPattern | URLResolver], prefix: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[Route]:
    """Yield every pattern below, named as ``gate.route_of`` names what it resolves."""
    for pattern in patterns:
        part = str(pattern.pattern)
        whole = prefix + part.removeprefix("^") if prefix else part
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from walk(pattern.url_patterns, whole, inner)
        else:
            name = ":".join([*namespaces, pattern.name]) if pattern.name else f"unnamed:{whole}"
            converters = pattern.pattern.converters
            arguments = tuple(
                (argument, type(converters[argument]).__name__ if argument in converters else "")
                for argument in pattern.pattern.regex.groupindex
            )
            yield Route(name, whole, namespaces, pattern.name or "", arguments)


def all_routes(urlconf: str | None = None) -> list[Route]:
    """Return every pattern of the product."""
    return list(walk(get_resolver(urlconf).url_patterns))


def unclassified(urlconf: str | None = None, lines: Mapping[str, Rule] | None = None) -> list[str]:
    """Return ``name (pattern)`` of each route without a line in the table."""
    known = table() if lines is None else lines
    return [f"{route.name} ({route.pattern})" for route in all_routes(urlconf) if route.name not in known]


def stale(lines: Mapping[str, Rule] | None = None) -> list[str]:
    """Return the lines of the table that speak of no route."""
    known = table() if lines is None else lines
    return sorted(set(known) - {route.name for route in all_routes()})
