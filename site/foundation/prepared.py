"""Queries asked many times a second, composed once per connection.

Django composes the SQL of a query anew each time it is asked, which takes several times as long as the database does
for a row found by its key. A ``Prepared`` query composes it once, with ``Slot`` where the values go, and afterwards
only binds them. It answers with what the query set would: model instances, tuples, or single values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
Values = Sequence[tuple[models.Field[Any, Any], Any]]


class Slot(Expression):
    """Where a value goes that is given when the query is asked; ``field`` makes it what the database stores."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a placeholder, and the slot itself as what stands in it."""
        return "%s", (self,)

    def bound(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return ``value`` as the database takes it."""
        return self.output_field.get_db_prep_value(value, connection)


@dataclass(frozen=True)
class _Composed:
    sql: str
    parameters: tuple[Any, ...]
    locks: bool
    rows_of: Callable[[Iterable[Any]], Iterator[Any]]


class Prepared(Generic[Row]):
    """A query set with slots. ``compose`` returns it; it is called once per connection."""

    def __init__(self, compose: Callable[[], models.QuerySet[Any, Row]]) -> None:
        self._compose = compose

    def all(self, **values: Any) -> list[Row]:
        """Return all rows, with a value for the name of every slot.

        Raises ``TransactionManagementError`` for a query that locks rows outside a transaction.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        # Kept with the connection, and gone with it: what was composed speaks of it.
        kept: dict[Any, _Composed] = vars(connection).setdefault("prepared_queries", {})
        composed = kept.get(self)
        if composed is None:
            composed = kept[self] = _composed(self._compose(), connection)
        if composed.locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked inside a transaction only.")
        bound = [
            one.bound(values[one.name], connection) if isinstance(one, Slot) else one
            for one in composed.parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(composed.sql, bound)
            return list(composed.rows_of(cursor.fetchall()))

    def first(self, **values: Any) -> Row | None:
        """Return the first row, None without any. The query set says in which order, and had better end there."""
        found = self.all(**values)
        return found[0] if found else None


class PreparedAmong(Generic[Row]):
    """A query set about any number of values, such as ``filter(person__in=slots)``. ``compose`` takes the slots.

    It is composed for one, two, four, eight … values; between these the last value is given again.
    """

    def __init__(
        self, field: models.Field[Any, Any], compose: Callable[[Sequence[Slot]], models.QuerySet[Any, Row]]
    ) -> None:
        self._field = field
        self._compose = compose
        self._by_number: dict[int, Prepared[Row]] = {}

    def all(self, among: Sequence[Any], **values: Any) -> list[Row]:
        """Return all rows for any of ``among``; without any there are none, and nothing is asked."""
        if not among:
            return []
        number = 1 << (len(among) - 1).bit_length()
        if number not in self._by_number:
            slots = [Slot(f"among_{place}", self._field) for place in range(number)]
            self._by_number[number] = Prepared(lambda: self._compose(slots))
        given = {f"among_{place}": among[min(place, len(among) - 1)] for place in range(number)}
        return self._by_number[number].all(**given, **values)


def _composed(queryset: models.QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> _Composed:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    fields = [column[0] for column in compiler.select]
    converters = compiler.get_converters(fields)

    def plain(rows: Iterable[Any]) -> Iterator[Any]:
        return compiler.apply_converters(rows, converters) if converters else iter(rows)

    makers: dict[Any, Callable[[], Callable[[Sequence[Any]], Any]]] = {
        ModelIterable: lambda: _maker(compiler.klass_info, compiler.select, connection.alias),
        ValuesListIterable: lambda: tuple,
        FlatValuesListIterable: lambda: itemgetter(0),
    }
    if queryset._iterable_class not in makers:
        raise TypeError("A prepared query answers with instances, tuples or single values.")
    make = makers[queryset._iterable_class]()
    locks = bool(queryset.query.select_for_update)
    return _Composed(sql, tuple(parameters), locks, lambda rows: (make(row) for row in plain(rows)))


def _maker(told: Mapping[str, Any], select: Sequence[Any], alias: str) -> Callable[[Sequence[Any]], Any]:
    """Return what makes an instance, and those related to it that were asked for, out of a row."""
    model, places = told["model"], told["select_fields"]
    names = [select[place][0].target.attname for place in places]
    key = places[names.index(model._meta.pk.attname)]
    related = [
        (_maker(one, select, alias), one["local_setter"], one["remote_setter"])
        for one in told.get("related_klass_infos", ())
    ]

    def make(row: Sequence[Any]) -> Any:
        if row[key] is None:
            return None
        instance = model.from_db(alias, names, [row[place] for place in places])
        for other_of, keep_other, keep_this in related:
            other = other_of(row)
            keep_other(instance, other)
            if other is not None:
                keep_this(other, instance)
        return instance

    return make


def insert_row(instance: models.Model) -> None:
    """Insert ``instance``, with the key the database gives it or with its own. No signal is sent.

    What fields fill in by themselves is filled in; constraints and guards of the database hold as ever.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _insertion(type(instance), connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(instance, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if instance._meta.pk not in fields:
            instance.pk = cursor.fetchone()[0]
    instance._state.adding, instance._state.db = False, connection.alias


def update_row(model: type[models.Model], values: Values, *, where: Values) -> bool:
    """Write ``values`` into the row of ``model`` that has all of ``where``; say whether there is one.

    Both are fields with plain values, no expressions.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    statement = _update(model, _columns(values), _columns(where), connection.vendor)
    stored = [field.get_db_prep_save(value, connection) for field, value in (*values, *where)]
    with connection.cursor() as cursor:
        cursor.execute(statement, stored)
        return bool(cursor.rowcount)


def _columns(values: Values) -> tuple[str, ...]:
    return tuple(str(field.column) for field, _value in values)


@cache
def _insertion(model: type[models.Model], vendor: str) -> tuple[str, list[models.Field[Any, Any]]]:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    key = "" if model._meta.pk in fields else f" RETURNING {quote(str(model._meta.pk.column))}"
    # The names are those of our own models.
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks}){key}", fields  # noqa: S608


@lru_cache(maxsize=256)
def _update(model: type[models.Model], columns: tuple[str, ...], where: tuple[str, ...], vendor: str) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    written = ", ".join(f"{quote(one)} = %s" for one in columns)
    found = " AND ".join(f"{quote(one)} = %s" for one in where)
    # The names are those of our own models.
    return f"UPDATE {quote(model._meta.db_table)} SET {written} WHERE {found}"  # noqa: S608
