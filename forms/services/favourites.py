"""Which forms somebody wants on top of their catalogue."""

from __future__ import annotations

from forms.models import Favourite
from forms.queries import current_form
from foundation.organisation.models import User


def keep(*, form_key: str, by: User, wanted: bool) -> None:
    """Make a form a favourite of the person, or not any more; twice is no fault. Nothing is recorded.

    Raises NotFound for a form that is not in force.
    """
    if wanted:
        current_form(form_key)
        Favourite.objects.get_or_create(person=by, form_key=form_key)
    else:
        Favourite.objects.filter(person=by, form_key=form_key).delete()
