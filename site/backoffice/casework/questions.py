"""The questions of a step as a page shows them: fresh, or again with what was typed and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from workflows.models import Case
from workflows.schema import Transition
from workflows.vocabulary import step_form

OWN_NAMES = frozenset({"csrfmiddlewaretoken", "seen_version", "idempotency_key", "reason", "assignee"})


@dataclass(frozen=True)
class Questions:
    """What the page of a step needs beside the case."""

    spec: Transition
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reason: str = ""
    assignee: str = ""

    @classmethod
    def fresh(cls, case: Case, spec: Transition) -> Questions:
        """Return the questions before anything was typed."""
        return cls(spec)

    @classmethod
    def again(
        cls, case: Case, spec: Transition, posted: QueryDict, errors: Mapping[str, Sequence[str]]
    ) -> Questions:
        """Return the questions with what was typed and what is wrong with it."""
        return cls(
            spec, cls.posted(posted), errors, reason=posted.get("reason", ""), assignee=posted.get("assignee", "")
        )

    @staticmethod
    def posted(posted: QueryDict) -> dict[str, list[str]]:
        """Return the texts posted for the questions of a step."""
        return {name: [str(text) for text in texts] for name, texts in posted.lists() if name not in OWN_NAMES}

    def __iter__(self) -> Iterator[object]:
        form = step_form(self.spec)
        return iter(form.fields() if form else ())
