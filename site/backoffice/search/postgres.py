"""The backend on PostgreSQL (tsvector, configuration ``simple``: no stemming, no stop words, for any language)."""

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import F, Func, TextField
from modelsearch.backends.database.postgres import postgres as library

from backoffice.search.words import HAN, reading, spaced


class Spaced(Func):
    """``words.spaced`` in SQL, for a search in chosen fields, which reads the columns and not the index."""

    function = "regexp_replace"
    template = f"regexp_replace(regexp_replace(%(expressions)s::text, '([{HAN}])', ' \\1 ', 'g'), '[^\\w]+', ' ', 'g')"
    output_field = TextField()


class WordIndexer(library.ObjectIndexer):
    """Writes the words of a value into the index."""

    def prepare_value(self, value: Any) -> str:
        """Return the words of ``value``."""
        return spaced(super().prepare_value(value))


# The index of the library makes its indexer by this name; it offers no other place to name one.
library.ObjectIndexer = WordIndexer


class QueryCompiler(library.PostgresSearchQueryCompiler):
    """Reads the query in words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what the library gives."""
        super().__init__(*args, **kwargs)
        self.query = reading(self.query)

    def get_fields_vectors(self, search_query: Any) -> list[tuple[SearchVector, float]]:
        """Return a vector of the words of each chosen column."""
        return [
            (SearchVector(Spaced(F(lookup)), config=search_query.config), search_field.boost)
            for lookup, search_field in self.search_fields.items()
        ]


class AutocompleteQueryCompiler(library.PostgresAutocompleteQueryCompiler):
    """Reads the query in words; a last word of letters may be unfinished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what the library gives."""
        super().__init__(*args, **kwargs)
        self.query = reading(self.query)

    def get_fields_vectors(self, search_query: Any) -> list[tuple[SearchVector, float]]:
        """Return a vector of the words of each chosen column."""
        return [
            (SearchVector(Spaced(F(lookup)), config=search_query.config, weight="D"), 1.0)
            for lookup in self.search_fields
        ]


class PostgresBackend(library.PostgresSearchBackend):
    """The library's backend with these compilers, and ``simple`` unless the settings name a configuration."""

    query_compiler_class = QueryCompiler
    autocomplete_query_compiler_class = AutocompleteQueryCompiler

    def __init__(self, params: dict[str, Any]) -> None:
        """Take the settings of the backend."""
        super().__init__({"SEARCH_CONFIG": "simple", **params})
