"""The foreign key from an audited row to its newest event, as a constraint of the model.

Django has no field for a key of two columns. As a member of ``Meta.constraints`` it is written by
migrations like any other, and SQLite's table rebuilds (which forget what Django does not know) write it
again.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import Model
from django.db.models.constraints import BaseConstraint

EVENT_TABLE = "audit_event"


class EventRequired(BaseConstraint):
    """``FOREIGN KEY (stream, version) REFERENCES audit_event (stream, stream_ver)``, checked at commit.

    Source of the rule: an audited row's version must be one that an event tells of.
    """

    def _clause(self, schema_editor: BaseDatabaseSchemaEditor) -> str:
        quote = schema_editor.quote_name
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote('stream')}, {quote('version')}) "
            f"REFERENCES {quote(EVENT_TABLE)} ({quote('stream')}, {quote('stream_ver')}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Return the clause for CREATE TABLE."""
        assert schema_editor is not None
        return self._clause(schema_editor)

    def create_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Return ALTER TABLE … ADD (PostgreSQL; SQLite rebuilds the table instead)."""
        assert model is not None
        assert schema_editor is not None
        table = schema_editor.quote_name(model._meta.db_table)
        return Statement(
            "ALTER TABLE %(table)s ADD %(clause)s", table=table, clause=self._clause(schema_editor)
        )

    def remove_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Return ALTER TABLE … DROP CONSTRAINT."""
        assert model is not None
        assert schema_editor is not None
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return Statement("ALTER TABLE %(table)s DROP CONSTRAINT %(name)s", table=table, name=name)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Nothing to check before the commit: the event and the row are written in one transaction."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventRequired) and self.name == other.name

    __hash__ = BaseConstraint.__hash__
