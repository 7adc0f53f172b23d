"""What was answered: submissions, the drafts that come before them, the series of their numbers."""

from forms.models.drafts import Draft
from forms.models.numbering import NumberSeries
from forms.models.submissions import Submission

__all__ = ["Draft", "NumberSeries", "Submission"]
