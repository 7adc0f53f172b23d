"""A person of the house. ``fills`` can take over ``name``, ``employee_number``, ``email``, ``phone``,
``department`` and ``position``.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forms.fields.reference import ReferenceField, ReferenceOptions
from foundation.expressions import Kind


class PersonOptions(ReferenceOptions):
    """What is taken over of the person."""


class PersonField(ReferenceField[PersonOptions]):
    """A person."""

    key = "person"
    name = _("Person")
    missing = _("Choose a person.")
    expression = Kind.PERSON
    offers = dict.fromkeys(("employee_number", "email", "phone", "department", "position"), Kind.TEXT)
    options_model = PersonOptions

    gives = {
        "name": pgettext_lazy("of a person or department", "Name"),
        "employee_number": _("Employee number"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "department": _("Department"),
        "position": _("Position"),
    }

    def source(self, options: PersonOptions) -> str:
        return "person"


KIND = PersonField()
