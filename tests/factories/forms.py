"""Forms, drafts and submissions for tests. States are reached through the services."""

from __future__ import annotations

import itertools
import uuid
from pathlib import Path
from typing import Any

from forms.models import Draft, Submission
from forms.schema import FormDefinition
from forms.services.definitions import publish_form
from forms.services.submissions import save_draft, submit
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.pack_files import read

PACK = Path(__file__).resolve().parents[2] / "site/foundation/packs/dealership/forms"
_serial = itertools.count(1)


def text(chinese: str, english: str = "") -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh-hans": chinese, "en": english or chinese}


def field(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """Return a field of a definition."""
    return {"id": name, "kind": kind, "label": text(f"题目 {name}", f"Question {name}"), **more}


def choices(*keys: str, **more: Any) -> dict[str, Any]:
    """Return the options of a choice."""
    return {"choices": [{"key": key, "label": text(f"选项 {key}", f"Choice {key}")} for key in keys], **more}


def page(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a page with one group."""
    return {
        "id": name,
        "title": text(f"页 {name}", f"Page {name}"),
        "groups": [{"id": f"{name}_group", "fields": list(fields)}],
        **more,
    }


def form_body(*fields: dict[str, Any], key: str = "", **more: Any) -> dict[str, Any]:
    """Return a definition of one page (or of ``pages``); without fields it asks for a subject and a note."""
    key = key or f"form_{next(_serial)}"
    asked = fields or (field("subject", required=True), field("note", "long_text"))
    return {
        "key": key,
        "title": text("测试表单", "Test form"),
        "category": {"key": "tests", "title": text("测试", "Tests")},
        "numbering": f"{key.upper().replace('_', '-')}-{{seq:04}}",
        "summary": [],
        "pages": [page("first", *asked)],
        **more,
    }


def definition(*fields: dict[str, Any], **more: Any) -> FormDefinition:
    """Return a read definition."""
    return FormDefinition.model_validate(form_body(*fields, **more))


def complaint_body() -> dict[str, Any]:
    """Return the complaint record of the dealership's pack."""
    return read(PACK / "complaint.yaml")


def make_form(by: User, *fields: dict[str, Any], **more: Any) -> Edition:
    """Publish a form."""
    return publish_form(form_body(*fields, **more), by=by)


def make_draft(edition: Edition, by: User, **typed: str) -> Draft:
    """Begin a draft in which these texts are typed."""
    return save_draft(
        uuid=uuid.uuid4(), edition=edition, typed={name: [words] for name, words in typed.items()}, by=by
    )


def make_submission(edition: Edition, by: User, **answers: Any) -> Submission:
    """Submit a form with these stored values."""
    return submit(
        edition=edition,
        answers=answers or {"subject": "主题"},
        by=by,
        idempotency_key=f"test-{next(_serial)}",
    )
