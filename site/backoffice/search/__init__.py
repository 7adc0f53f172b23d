"""Full-text search that finds Chinese inside a sentence; a backend of Wagtail's search, for SQLite and PostgreSQL.

Named by ``WAGTAILSEARCH_BACKENDS`` (``"BACKEND": "backoffice.search"``); nobody else imports it. Chinese has no
spaces, so the databases' word searches see a whole clause as one word. ``words`` gives both sides, text and query,
one word per character; a run of characters is then looked up as a phrase, which is exact search for any part of
the text. Decision 0008 has the reasons.
"""

from typing import Any

from django.db import connection
from modelsearch.backends.base import BaseSearchBackend

__all__ = ["SearchBackend"]


def SearchBackend(params: dict[str, Any]) -> BaseSearchBackend:  # noqa: N802 - the name the library looks for
    """Return the backend for the default database.

    Before the first migration SQLite has no search table yet; then, and on any other database, the library's plain
    one answers, which compares text directly.
    """
    if connection.vendor == "postgresql":
        from backoffice.search.postgres import PostgresBackend  # needs psycopg

        return PostgresBackend(params)
    if connection.vendor == "sqlite":
        from modelsearch.backends.database.sqlite.utils import fts5_available, fts_table_exists

        if fts5_available() and fts_table_exists():
            from backoffice.search.sqlite import SQLiteBackend  # creates its models at import

            return SQLiteBackend(params)
    from modelsearch.backends.database.fallback import DatabaseSearchBackend

    return DatabaseSearchBackend(params)
