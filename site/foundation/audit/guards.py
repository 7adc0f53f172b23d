"""The triggers by which the database itself protects the record, on SQLite and PostgreSQL.

Audited tables: a row begins as version 1, every UPDATE adds exactly one to it and keeps stream and key,
DELETE is refused. Append-only tables: INSERT alone is allowed. Each also against the ways round a row
trigger: REPLACE on SQLite (which deletes without asking the delete trigger), TRUNCATE and replica sessions
on PostgreSQL.

The one lawful way out is an erasure: what ``audit_erasure`` names, itself append-only and bound to an event,
may be deleted from openings, receipts, history rows and the tables that follow them.

Django rebuilds SQLite tables in many migrations and drops their triggers without a word; so they are
installed after every ``migrate`` and compared, text by text, before a server or worker starts
(``assert_installed``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from foundation.audit import rows
from foundation.audit.constraints import EVENT_TABLE, EventRequired
from foundation.audit.exceptions import GuardMissing
from foundation.audit.models import Audited

PREFIX = "remit_"
ERASURE_TABLE = "audit_erasure"

_append_only = {
    "audit.Event",
    "audit.Erasure",
    "audit.Opening",
    "audit.SubjectKey",
    "audit.Receipt",
    "editions.Edition",
}
_following: set[str] = set()


@dataclass(frozen=True)
class _Rule:
    """A rule of ``refuse_rows``: its name, the SQL it looks for, what is said, the verb it watches."""

    name: str
    condition: str
    refusal: str
    verb: str


_refused_rows: dict[str, list[_Rule]] = {}
_WORDS = {
    "sqlite": {"{event_words}": 'CAST(e."body" AS TEXT)', "{differs from}": "IS NOT"},
    "postgresql": {
        "{event_words}": "convert_from(e.\"body\", 'UTF8')",
        "{differs from}": "IS DISTINCT FROM",
    },
}
"""What the two databases say differently, as conditions of ``refuse_rows`` write it."""


def protect(label: str, *, follows: bool = False) -> None:
    """Make one more model append-only (``app_label.Model``); call it in ``AppConfig.ready``.

    ``follows``: its rows name the event they tell of (``stream``, ``version``), and go with it when what that
    event says of its row is erased.
    """
    _append_only.add(label)
    if follows:
        _following.add(label)


def refuse_rows(label: str, name: str, condition: str, refusal: str, *, verb: str = "insert") -> None:
    """Make the database refuse rows of a model (``app_label.Model``) for which ``condition`` holds; call it in
    ``AppConfig.ready``.

    ``verb``: when it is asked: ``insert``, ``update``, ``delete`` (which on PostgreSQL refuses TRUNCATE too).
    ``condition`` is SQL of both databases over ``NEW."column"`` and ``OLD."column"``; ``{differs from}`` compares with
    NULL as a value, ``{event_words}`` is what the event ``e`` says, as text. Empty: always. ``refusal``: what is said.
    Neither comes from outside.
    """
    rules = _refused_rows.setdefault(label, [])
    rule = _Rule(name, condition, refusal, verb)
    if rule not in rules:
        rules.append(rule)


def following_models() -> list[tuple[type[models.Model], str]]:
    """Return the append-only models whose rows go with an erased event, and the column of its version."""
    named = [(model, "version") for model in apps.get_models() if model._meta.label in _following]
    histories = [(each, "version") for model in audited_models() if (each := rows.history_model(model))]
    return [(apps.get_model("audit.Receipt"), "stream_ver"), *named, *histories]


@dataclass(frozen=True)
class Guard:
    """One trigger: its name and table, the statements that make it, the text the database keeps of it."""

    name: str
    table: str
    statements: tuple[str, ...]
    kept: str


def audited_models() -> list[type[Audited]]:
    """Return the models whose rows change only together with an event."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Audited) and model._meta.managed and not model._meta.proxy
    ]


def append_only_models() -> list[type[models.Model]]:
    """Return the models whose rows are written once: the record itself, editions, the history of audited
    rows.
    """
    named = [model for model in apps.get_models() if model._meta.label in _append_only]
    histories = [history for model in audited_models() if (history := rows.history_model(model))]
    return [*named, *histories]


def install(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Put every missing or altered trigger in place, on the tables that exist; return their names. Twice is
    safe.
    """
    connection = connections[using]
    made = []
    with connection.cursor() as cursor:
        for guard in _absent(connection, cursor):
            for statement in guard.statements:
                cursor.execute(statement)
            made.append(guard.name)
    return made


def lift_rules_across_tables(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take the triggers of ``refuse_rows`` off before migrations on SQLite; ``install`` puts them back after.

    They read other tables. When Django rebuilds one of those, SQLite refuses to rename the new table while a trigger
    speaks of the old one that is gone.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for label, rules in _refused_rows.items():
            table = apps.get_model(label)._meta.db_table
            for rule in rules:
                cursor.execute(f'DROP TRIGGER IF EXISTS "{PREFIX}{table}_{rule.name}"')


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return what protects no longer: names of triggers absent, altered or switched off, and of absent
    foreign keys.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        absent = [guard.name for guard in _absent(connection, cursor)]
        return absent + list(_absent_keys(connection, cursor))


def assert_installed(using: str = DEFAULT_DB_ALIAS) -> None:
    """Refuse to go on without the guards: raises ``GuardMissing`` that names them and the remedy."""
    absent = missing(using)
    if absent:
        raise GuardMissing(
            "The database does not protect the record; missing or altered: "
            f"{', '.join(absent)}. Run: manage.py migrate"
        )


def _tables(connection: BaseDatabaseWrapper, cursor: Any) -> set[str]:
    return set(connection.introspection.table_names(cursor))


def _expected(connection: BaseDatabaseWrapper, cursor: Any) -> Iterator[Guard]:
    present = _tables(connection, cursor)
    make = _sqlite_guards if connection.vendor == "sqlite" else _postgresql_guards
    for audited in audited_models():
        if audited._meta.db_table in present:
            yield from make(audited, changing=True)
    kept = _kept_unless_erased()
    for model in append_only_models():
        if model._meta.db_table in present:
            yield from make(model, changing=False, kept=kept.get(model, ""))
    for label, rules in _refused_rows.items():
        table = apps.get_model(label)._meta.db_table
        if table in present:
            for rule in rules:
                yield from _refusing(connection.vendor, table, rule)


def _refusing(vendor: str, table: str, rule: _Rule) -> Iterator[Guard]:
    refuse = _sqlite_guard if vendor == "sqlite" else _postgresql_guard
    condition, said = rule.condition, f"remit: {table}: {rule.refusal}"
    for word, spoken in _WORDS[vendor].items():
        condition = condition.replace(word, spoken)
    result = "" if not condition else "OLD" if rule.verb == "delete" else "NEW"
    yield refuse(table, rule.verb, condition, refusal=said, result=result, name=rule.name)
    if vendor == "postgresql" and rule.verb == "delete":
        yield _postgresql_guard(table, "truncate", "", "", said, name=f"{rule.name}_all")


def _kept_unless_erased() -> dict[type[models.Model], str]:
    """Return by model the condition under which one of its rows may not be deleted; without one never."""
    # Names of tables and columns of our own models, nothing from outside.
    of_event = (
        f'SELECT 1 FROM "{ERASURE_TABLE}" x JOIN "{EVENT_TABLE}" e '  # noqa: S608
        'ON e."stream" = x."stream" AND e."stream_ver" = x."stream_ver" '
        'WHERE e."id" = OLD."event_id" AND x."path" = OLD."path"'
    )
    found: dict[type[models.Model], str] = {apps.get_model("audit.Opening"): f"NOT EXISTS ({of_event})"}
    for model, column in following_models():
        found[model] = (
            f'NOT EXISTS (SELECT 1 FROM "{ERASURE_TABLE}" x WHERE x."stream" = OLD."stream" '  # noqa: S608
            f'AND x."stream_ver" = OLD."{column}" AND x."path" = \'row\')'
        )
    return found


def _absent(connection: BaseDatabaseWrapper, cursor: Any) -> list[Guard]:
    kept = _sqlite_kept(cursor) if connection.vendor == "sqlite" else _postgresql_kept(cursor)
    return [guard for guard in _expected(connection, cursor) if kept.get(guard.name) != guard.kept]


def _refusals(table: str) -> dict[str, str]:
    return {
        "insert": f"remit: {table}: a row begins as version 1 and replaces none",
        "replace": f"remit: {table}: rows are written once and never replaced",
        "update": f"remit: {table}: a change adds one to the version and keeps stream and key",
        "write-once": f"remit: {table}: rows are written once and never changed",
        "delete": f"remit: {table}: rows are never deleted",
    }


def _unique_columns(model: type[models.Model]) -> list[list[str]]:
    """Return the sets of columns by which a new row could push out an old one (REPLACE).

    A unique rule with a condition is left out: the guard would refuse lawful rows.
    """
    meta = model._meta
    columns = {field.name: str(field.column) for field in meta.concrete_fields}
    groups: list[list[str]] = [[field.name] for field in meta.concrete_fields if field.unique]
    groups += [list(together) for together in meta.unique_together]
    groups += [
        list(rule.fields)
        for rule in meta.constraints
        if isinstance(rule, models.UniqueConstraint) and rule.fields and rule.condition is None
    ]
    return [[columns[name] for name in group] for group in groups]


# --- SQLite ------------------------------------------------------------------------------------------------


def _sqlite_guards(model: type[models.Model], *, changing: bool, kept: str = "") -> Iterator[Guard]:
    table, key = model._meta.db_table, _key_column(model)
    refusal = _refusals(table)
    same = " OR ".join(
        "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in columns) + ")"
        for columns in _unique_columns(model)
    )
    # Names of tables and columns of our own models, nothing from outside.
    taken = f'EXISTS (SELECT 1 FROM "{table}" WHERE {same})'  # noqa: S608
    other = f'"{key}" IS NOT OLD."{key}"'
    taken_by_another = f'EXISTS (SELECT 1 FROM "{table}" WHERE ({same}) AND {other})'  # noqa: S608
    if changing:
        wrong = (
            'NEW."version" IS NOT OLD."version" + 1 OR NEW."stream" IS NOT OLD."stream" '
            f'OR NEW."{key}" IS NOT OLD."{key}" OR {taken_by_another}'
        )
        yield _sqlite_guard(table, "insert", f'NEW."version" IS NOT 1 OR {taken}', refusal["insert"])
        yield _sqlite_guard(table, "update", wrong, refusal["update"])
    else:
        yield _sqlite_guard(table, "insert", taken, refusal["replace"])
        yield _sqlite_guard(table, "update", "", refusal["write-once"])
    yield _sqlite_guard(table, "delete", kept, refusal["delete"])


def _sqlite_guard(
    table: str, verb: str, condition: str, refusal: str, *, result: str = "", name: str = ""
) -> Guard:
    name = f"{PREFIX}{table}_{name or verb}"
    when = f" WHEN {condition}" if condition else ""
    text = (
        f'CREATE TRIGGER "{name}" BEFORE {verb.upper()} ON "{table}" FOR EACH ROW{when} '
        f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    )
    return Guard(name, table, (f'DROP TRIGGER IF EXISTS "{name}"', text), f"{table} {text}")


def _sqlite_kept(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name: f"{table} {text}" for name, table, text in cursor.fetchall()}


# --- PostgreSQL --------------------------------------------------------------------------------------------

_REFUSE = f"{PREFIX}refuse"
_REFUSE_BODY = """
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
"""


def _postgresql_guards(model: type[models.Model], *, changing: bool, kept: str = "") -> Iterator[Guard]:
    table, key = model._meta.db_table, _key_column(model)
    refusal = _refusals(table)
    if changing:
        yield _postgresql_guard(table, "insert", 'NEW."version" IS DISTINCT FROM 1', "NEW", refusal["insert"])
        wrong = (
            'NEW."version" IS DISTINCT FROM OLD."version" + 1 OR NEW."stream" IS DISTINCT FROM OLD."stream" '
            f'OR NEW."{key}" IS DISTINCT FROM OLD."{key}"'
        )
        yield _postgresql_guard(table, "update", wrong, "NEW", refusal["update"])
    else:
        yield _postgresql_guard(table, "update", "", "", refusal["write-once"])
    yield _postgresql_guard(table, "delete", kept, "OLD" if kept else "", refusal["delete"])
    yield _postgresql_guard(table, "truncate", "", "", refusal["delete"])


def _postgresql_guard(
    table: str, verb: str, condition: str, result: str, refusal: str, *, name: str = ""
) -> Guard:
    """A trigger without WHEN, all of it in the function: its source is kept to the letter and can be
    compared.
    """
    name = f"{PREFIX}{table}_{name or verb}"
    if condition:
        function, argument = name, ""
        body = (
            f"\nBEGIN\n  IF {condition} THEN\n    RAISE EXCEPTION '{refusal}' "
            f"USING ERRCODE = 'integrity_constraint_violation';\n  END IF;\n  RETURN {result};\nEND\n"
        )
    else:
        function, argument, body = _REFUSE, f"'{refusal}'", _REFUSE_BODY
    each = "STATEMENT" if verb == "truncate" else "ROW"
    statements = (
        f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS $remit${body}$remit$',
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        f'CREATE TRIGGER "{name}" BEFORE {verb.upper()} ON "{table}" '
        f'FOR EACH {each} EXECUTE FUNCTION "{function}"({argument})',
        f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"',
    )
    return Guard(name, table, statements, _kept_text(table, verb, "A", function, argument.strip("'"), body))


def _kept_text(table: str, verb: str, enabled: str, function: str, argument: str, body: str) -> str:
    return "|".join([table, verb, enabled, function, argument, body])


# pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate.
_VERBS = {2 + 1 + 4: "insert", 2 + 1 + 8: "delete", 2 + 1 + 16: "update", 2 + 32: "truncate"}


def _postgresql_kept(cursor: Any) -> dict[str, str]:
    cursor.execute(
        "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, p.proname, t.tgargs, p.prosrc "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgqual IS NULL AND pg_table_is_visible(c.oid) "
        "AND starts_with(t.tgname, %s)",
        [PREFIX],
    )
    kept = {}
    for name, table, kind, enabled, function, arguments, source in cursor.fetchall():
        argument = bytes(arguments).rstrip(b"\x00").decode()
        mode = enabled.decode() if isinstance(enabled, bytes) else enabled
        kept[name] = _kept_text(table, _VERBS.get(kind, str(kind)), mode, function, argument, source)
    return kept


# --- foreign keys ------------------------------------------------------------------------------------------


def _key_column(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return str(model._meta.pk.column)


def _absent_keys(connection: BaseDatabaseWrapper, cursor: Any) -> Iterator[str]:
    """Name the foreign keys to the events that are not there or not in force: those of audited tables, and of tables
    written once whose rows each name their event.
    """
    present = _tables(connection, cursor)
    audited = audited_models()
    for model in [*audited, *append_only_models()]:
        table = model._meta.db_table
        rule = next((rule for rule in model._meta.constraints if isinstance(rule, EventRequired)), None)
        if table not in present or (rule is None and model not in audited):
            continue
        name = rule.name if rule is not None else f"{table}: EventRequired"
        if rule is None or not _has_key(connection, cursor, table, name):
            yield name


def _has_key(connection: BaseDatabaseWrapper, cursor: Any, table: str, name: str) -> bool:
    if connection.vendor == "sqlite":
        cursor.execute("PRAGMA foreign_keys")
        if cursor.fetchone()[0] != 1:
            return False
        cursor.execute(
            'SELECT id, "from", "to" FROM pragma_foreign_key_list(%s) WHERE "table" = %s',
            [table, EVENT_TABLE],
        )
        pairs: dict[int, set[tuple[str, str]]] = {}
        for number, here, there in cursor.fetchall():
            pairs.setdefault(number, set()).add((here, there))
        return {("stream", "stream"), ("version", "stream_ver")} in pairs.values()
    cursor.execute(
        "SELECT count(*) FROM pg_constraint k WHERE k.conrelid = %s::regclass AND k.conname = %s "
        "AND k.contype = 'f' AND k.confrelid = %s::regclass AND k.convalidated "
        "AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled = 'D')",
        [table, name, EVENT_TABLE],
    )
    return bool(cursor.fetchone()[0] == 1)
