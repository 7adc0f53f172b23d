"""What was answered: submissions, the drafts that come before them, and the series their numbers come from."""

from forms.models.drafts import Draft
from forms.models.numbering import NumberSeries
from forms.models.submissions import Submission

__all__ = ["Draft", "NumberSeries", "Submission"]
