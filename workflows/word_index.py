"""The index behind ``CaseWords`` in the database: FTS5 on SQLite, a column of its own with GIN on PostgreSQL.

Put there after every migrate, since a migration that rebuilds the table on SQLite takes its triggers along. It follows
the table by itself, whoever writes there.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

TABLE = "workflows_casewords"

_SQLITE = (
    # No positions: every part must be there, their order is in the parts themselves. Four letters or digits begin most
    # searches for a plate or a telephone number.
    "CREATE VIRTUAL TABLE IF NOT EXISTS workflows_casewords_index USING fts5(words, content='workflows_casewords', "
    "content_rowid='id', detail='none', columnsize=0, prefix='4', tokenize='unicode61')",
    "CREATE TRIGGER IF NOT EXISTS workflows_casewords_index_ai AFTER INSERT ON workflows_casewords BEGIN "
    "INSERT INTO workflows_casewords_index(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER IF NOT EXISTS workflows_casewords_index_ad AFTER DELETE ON workflows_casewords BEGIN "
    "INSERT INTO workflows_casewords_index(workflows_casewords_index, rowid, words) "
    "VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER IF NOT EXISTS workflows_casewords_index_au AFTER UPDATE ON workflows_casewords BEGIN "
    "INSERT INTO workflows_casewords_index(workflows_casewords_index, rowid, words) "
    "VALUES ('delete', old.id, old.words); "
    "INSERT INTO workflows_casewords_index(rowid, words) VALUES (new.id, new.words); END",
)
_POSTGRESQL = (
    "ALTER TABLE workflows_casewords ADD COLUMN IF NOT EXISTS parts tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    "CREATE INDEX IF NOT EXISTS workflows_casewords_index ON workflows_casewords USING gin (parts)",
)


def install(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Receive ``post_migrate`` of this app: put the index there where it is missing."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)
