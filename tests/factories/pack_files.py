"""Files of packs as plain values: parsed once a process, for reading YAML takes longer than most tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read(path: Path) -> dict[str, Any]:
    """Return the values of a YAML file, new ones for each caller."""
    values: dict[str, Any] = json.loads(_parsed(path))
    return values


@cache
def _parsed(path: Path) -> str:
    return json.dumps(YAML(typ="safe").load(path))
