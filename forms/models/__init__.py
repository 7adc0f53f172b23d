"""What was answered: submissions and what came of them, the drafts before them, the series of their numbers, and the
index of their registers.
"""

from forms.models.drafts import CorrectionDraft, Draft, Favourite, PublicDraft
from forms.models.numbering import NumberSeries
from forms.models.public import PublicAccess, PublicUse
from forms.models.registers import (
    RegisterImport,
    RegisterNumber,
    RegisterStand,
    RegisterText,
    RegisterWords,
)
from forms.models.submissions import (
    LegalHold,
    Submission,
    SubmissionComment,
    SubmissionReading,
    SubmissionRevision,
)
from forms.models.views import SavedView
from forms.models.working import PublicationRequest, RefusedChange, WorkingCopy, WorkingSave

# isort: split
from forms.files.models import StoredFile  # needs the submissions above

__all__ = [
    "CorrectionDraft",
    "Draft",
    "Favourite",
    "LegalHold",
    "NumberSeries",
    "PublicAccess",
    "PublicDraft",
    "PublicUse",
    "PublicationRequest",
    "RefusedChange",
    "RegisterImport",
    "RegisterNumber",
    "RegisterStand",
    "RegisterText",
    "RegisterWords",
    "SavedView",
    "StoredFile",
    "Submission",
    "SubmissionComment",
    "SubmissionReading",
    "SubmissionRevision",
    "WorkingCopy",
    "WorkingSave",
]
