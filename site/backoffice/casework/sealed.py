"""What decisions were sealed to, and what has changed since: the content of a case as it stood under a hash.

What stood then is put together from the revisions of the submission and the history of the case; that it is what was
sealed, the hash says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forms import rules
from forms.fields.base import Segment
from forms.presentation import WITHHELD
from forms.revisions import Difference, differences, revisions_of
from forms.schema import definition_of as form_of
from foundation.audit.canonical import canonical
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.content import content_of, seal_of
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.rules import withheld_answers


@dataclass(frozen=True)
class Since:
    """What differs between what somebody decided about and what stands now.

    ``changed``: answers that are others now; ``added``: answers that later steps have given; ``known``: whether what
    stood then can still be read at all.
    """

    changed: tuple[Difference, ...] = ()
    added: tuple[Difference, ...] = ()
    known: bool = True

    def __bool__(self) -> bool:
        return bool(self.changed) or not self.known


class Content:
    """The content of one case, now and as it stood, for one reader. Two queries, however many decisions."""

    def __init__(self, case: Case, reader: User) -> None:
        """Take the case, loaded with submission and editions; what is withheld from the reader is not told."""
        self.case, self.reader = case, reader
        self.now = seal_of(case)
        self._since: dict[str, Since] = {}

    def since(self, seal: str) -> Since:
        """Return what has changed since the content had this hash; nothing where it has it still."""
        if seal == self.now:
            return Since()
        if seal not in self._since:
            self._since[seal] = self._compared(seal)
        return self._since[seal]

    def _compared(self, seal: str) -> Since:
        stood = self._stood.get(seal)
        if stood is None:
            return Since(known=False)
        case, language = self.case, get_language() or ""
        form = form_of(case.submission.edition)
        changed = list(
            differences(form, stood["submission"], case.submission.answers, language, withheld=self._withheld)
        )
        added = []
        for name, question in definition_of(case.edition).questions().items():
            old, new = stood["answers"].get(name), case.answers.get(name)
            if old == new:
                continue
            segments = (
                [Segment("same", str(WITHHELD))]
                if name in self._withheld
                else question.of_kind.difference(old, new, question.settings, language)
            )
            told = Difference(name, in_language(question.label), tuple(segments))
            (added if old is None else changed).append(told)
        if stood["workflow"] != case.edition.sha256:
            words = _("The case goes by another edition of its workflow now.")
            changed.append(Difference("workflow", _("Workflow edition"), (Segment("same", words),)))
        return Since(tuple(changed), tuple(added))

    @cached_property
    def _withheld(self) -> frozenset[str]:
        return rules.withheld(self.case.submission, self.reader) | withheld_answers(self.case, self.reader)

    @cached_property
    def _stood(self) -> Mapping[str, Mapping[str, Any]]:
        """Every content the case can have had, by its hash."""
        case = self.case
        handed_in = [one.answers for one in revisions_of(case.submission, get_language() or "")]
        given = {
            hashlib.sha256(canonical([row["answers"], row["edition__sha256"]])).hexdigest(): row
            for row in case.history.values("answers", "edition__sha256")
        }
        now = content_of(case)
        found = {}
        for answers in handed_in:
            for row in given.values():
                content = {
                    **now,
                    "workflow": row["edition__sha256"],
                    "submission": answers,
                    "answers": row["answers"],
                }
                found[hashlib.sha256(canonical(content)).hexdigest()] = content
        return found
