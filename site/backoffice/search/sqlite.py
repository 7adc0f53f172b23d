"""The backend on SQLite (FTS5, its default tokenizer)."""

from typing import Any

from modelsearch.backends.database.sqlite import sqlite as library

from backoffice.search.words import reading, spaced


class WordIndexer(library.ObjectIndexer):
    """Writes the words of a value into the index."""

    def prepare_value(self, value: Any) -> str:
        """Return the words of ``value``."""
        return spaced(super().prepare_value(value))


# The index of the library makes its indexer by this name; it offers no other place to name one.
library.ObjectIndexer = WordIndexer


class QueryCompiler(library.SQLiteSearchQueryCompiler):
    """Reads the query in words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what the library gives."""
        super().__init__(*args, **kwargs)
        self.query = reading(self.query)


class AutocompleteQueryCompiler(library.SQLiteAutocompleteQueryCompiler):
    """Reads the query in words; a last word of letters may be unfinished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what the library gives."""
        super().__init__(*args, **kwargs)
        self.query = reading(self.query)


class SQLiteBackend(library.SQLiteSearchBackend):
    """The library's backend with these compilers."""

    query_compiler_class = QueryCompiler
    autocomplete_query_compiler_class = AutocompleteQueryCompiler
