"""Why forms refuse something. Views catch ``FormError`` and show its message, which is translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from forms.checking import Problem


class FormError(Exception):
    """Base of the refusals of this room; ``str()`` is a sentence for the person."""


@dataclass(frozen=True)
class AnswerError:
    """One thing wrong with the answers: at which field, what it is called there, and what to do."""

    field: str
    label: str
    message: str


class AnswersInvalid(FormError):
    """Answers that cannot be submitted. ``errors`` say where and what to do; ``state`` is the evaluated
    form.
    """

    def __init__(self, errors: Sequence[AnswerError], state: Any = None) -> None:
        super().__init__(_("Some answers are missing or cannot be taken. Correct them and submit again."))
        self.errors = tuple(errors)
        self.state = state


class NotPermitted(FormError):
    """The person may not fill in this form."""

    def __init__(self) -> None:
        super().__init__(_("This form is not open to you."))


class NotFound(FormError):
    """There is no such form, draft or submission for this person; also said of what belongs to others."""

    def __init__(self) -> None:
        super().__init__(_("There is no such form, draft or submission."))


class AlreadySubmitted(FormError):
    """The draft has become a submission. ``submission`` is that submission."""

    def __init__(self, submission: Any) -> None:
        super().__init__(
            _("This form has already been submitted, as %(number)s.") % {"number": submission.number}
        )
        self.submission = submission


class DraftKept(FormError):
    """The form was to be submitted without a draft, and one has been kept of it meanwhile: it goes first."""

    def __init__(self) -> None:
        super().__init__(_("There is a draft of this form. Open it, and submit that."))


class RuleBroken(FormError):
    """What was asked for is not possible as things stand; the sentence says why and what to do."""


class ReasonMissing(FormError):
    """A correction, a withdrawal or a hold without a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why: the reason stays with the record."))


class NothingChanged(FormError):
    """A correction in which everything is as it was."""

    def __init__(self) -> None:
        super().__init__(_("Nothing has been changed yet, so there is nothing to correct."))


class CorrectedMeanwhile(FormError):
    """Somebody else corrected the submission since the person opened it. ``submission`` is what it is now;
    ``differences`` (``forms.revisions.Difference``) say what became of what the person had seen.
    """

    def __init__(self, submission: Any, differences: Sequence[Any]) -> None:
        super().__init__(
            _(
                "%(number)s has been corrected by somebody else since you opened it. Compare, then correct again."
            )
            % {"number": submission.number}
        )
        self.submission = submission
        self.differences = tuple(differences)


class DefinitionRefused(FormError):
    """A definition that cannot be published. ``problems`` name every fault and its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in errors[:5]))
