"""The line a case is known by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from forms.schema import FieldDefinition
from workflows import vocabulary


@pytest.mark.parametrize("answer", ["q\u0301" * 150, "车" * 400, "a" + "\u0301\u0302" * 300])
def test_a_long_subject_fits_its_column(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """PostgreSQL counts each accent as a character, the truncator does not."""
    asked = FieldDefinition.model_validate(
        {"id": "matter", "kind": "text", "label": {"zh-hans": "事由"}, "options": {"max_length": 1000}}
    )
    monkeypatch.setattr(vocabulary, "form_of", lambda edition: SimpleNamespace(by_id={"matter": asked}))
    definition: Any = SimpleNamespace(subject=("matter",))
    submission: Any = SimpleNamespace(edition=None, answers={"matter": answer})
    assert len(vocabulary.subject_of(definition, submission)) == 200
