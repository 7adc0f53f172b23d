"""The published contract of definitions is that of the program."""

from __future__ import annotations

from pathlib import Path

from forms.management.commands.forms import schema_text

FILE = Path(__file__).resolve().parents[3] / "docs" / "form-definition.schema.json"


def test_the_schema_in_the_documentation_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: manage.py forms schema docs/form-definition.schema.json"
    )
