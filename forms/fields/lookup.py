"""A row of a register: a customer, a vehicle, an earlier submission. ``fills`` can take over any field of the
register's form that the person may read.
"""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.reference import ReferenceField, ReferenceOptions

SOURCE = "register:"
SHOWN = "#"
"""Parts the key of the form from the fields that are shown of a row."""


class LookupOptions(ReferenceOptions):
    """Which register, and what is shown of a row."""

    form: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,59}$", description="Key of the form whose register is looked up."
    )
    shows: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]] = Field(
        default_factory=list,
        max_length=6,
        description="Ids of its fields shown of a row; empty: its number and its summary.",
    )


class LookupField(ReferenceField[LookupOptions]):
    """A row of a register."""

    key = "lookup"
    name = _("Row of a register")
    missing = _("Choose a row of the register.")
    options_model = LookupOptions

    def source(self, options: LookupOptions) -> str:
        shown = f"{SHOWN}{','.join(options.shows)}" if options.shows else ""
        return f"{SOURCE}{options.form}{shown}"


KIND = LookupField()
