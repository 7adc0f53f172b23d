"""What there is to see of a case, under one hash: decisions are sealed to it.

The hash covers the edition, the submission as it reads now and the answers given with steps. It does not cover where
the case stands or who has it: two people who decide one after the other decide about the same.
"""

from __future__ import annotations

import hashlib
from typing import Any

from foundation.audit.canonical import canonical
from workflows.models import Case


def content_of(case: Case) -> dict[str, Any]:
    """Return what a decision is about; the submission must be loaded with its edition."""
    return {
        "workflow": case.edition.sha256,
        "form": case.submission.edition.sha256,
        "submission": case.submission.answers,
        "answers": case.answers,
    }


def seal_of(case: Case) -> str:
    """Return the SHA-256 of the content, in hex."""
    return hashlib.sha256(canonical(content_of(case))).hexdigest()
