"""``manage.py forms schema``: the contract of form definitions as JSON Schema, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from forms.fields import KINDS
from forms.schema import FormDefinition


def schema_text() -> str:
    """Return the JSON Schema of a definition, with the options of every kind of field, as text."""
    schema = FormDefinition.model_json_schema()
    definitions = schema["$defs"]
    for kind in KINDS.values():
        options = kind.options_model.model_json_schema(ref_template=f"#/$defs/{kind.key}.{{model}}")
        for name, part in options.pop("$defs", {}).items():
            definitions[f"{kind.key}.{name}"] = part
        definitions[f"options.{kind.key}"] = options
    asked = definitions["FieldDefinition"]
    asked["properties"]["kind"]["enum"] = sorted(KINDS)
    asked["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": key}}},
            "then": {"properties": {"options": {"$ref": f"#/$defs/options.{key}"}}},
        }
        for key in sorted(KINDS)
    ]
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Form definition of Remit",
        **{key: value for key, value in schema.items() if key != "title"},
    }
    return json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


class Command(BaseCommand):
    help = "Write the JSON Schema of form definitions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and where to write it."""
        parser.add_argument("action", choices=["schema"])
        parser.add_argument("path", nargs="?", help="file to write; without one it is printed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the schema."""
        if options["path"]:
            Path(options["path"]).write_text(schema_text(), encoding="utf-8")
        else:
            self.stdout.write(schema_text(), ending="")
