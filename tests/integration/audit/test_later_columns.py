"""A column added to an audited table does not put older records in doubt, and is protected from then on."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField

from foundation.audit import guards, rows
from foundation.audit.verification import verify
from tests.factories.audit import guards_lifted
from tests.factories.chains import open_one, publish_all, state, step, workflow_body
from tests.factories.organisation import make_user
from workflows.models import Case

pytestmark = pytest.mark.django_db


def test_every_column_added_since_names_what_older_rows_read_as() -> None:
    migrations = MigrationLoader(connection).disk_migrations
    for model in guards.audited_models():
        created = min(
            key for key, migration in migrations.items()
            if any(
                getattr(one, "name", "").lower() == model._meta.model_name and type(one).__name__ == "CreateModel"
                for one in migration.operations
            )
            and key[0] == model._meta.app_label
        )  # fmt: skip
        added = {
            operation.name
            for key, migration in migrations.items()
            if key[0] == model._meta.app_label and key != created
            for operation in migration.operations
            if isinstance(operation, AddField) and operation.model_name == model._meta.model_name
        }
        columns = {field.attname for field in model._meta.concrete_fields if field.name in added}
        assert columns <= model.later_columns.keys(), model._meta.label
        for name, value in model.later_columns.items():
            field = next(one for one in model._meta.concrete_fields if one.attname == name)
            assert field.null or field.has_default() or value == "", (model._meta.label, name)


def test_a_row_at_rest_commits_as_before_and_anything_else_is_seen() -> None:
    people = publish_all(
        workflow_body([state("open"), state("done", "final")], [step("end", "open", "done", "desk")])
    )
    case = open_one(make_user())
    names = rows.columns(Case)
    values = Case._base_manager.filter(pk=case.pk).values_list(*names).get()
    without = rows.row_bytes([name for name in names if name not in Case.later_columns], [
        value for name, value in zip(names, values, strict=True) if name not in Case.later_columns
    ])  # fmt: skip
    at_rest = [Case.later_columns.get(name, value) for name, value in zip(names, values, strict=True)]
    assert rows.committed(Case, names, at_rest) == without
    assert people["desk"]
    assert list(verify(stream=case.stream).faults) == []
    for name, value in (
        ("grade", "grave"),
        ("links", '[{"case": "x", "kind": "related"}]'),
        ("why", '{"mode": "turn"}'),
    ):
        with guards_lifted(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE workflows_case SET {name} = %s WHERE id = %s", [value, case.pk])
        assert list(verify(stream=case.stream).faults)
