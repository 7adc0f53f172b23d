"""A department of the house. ``fills`` can take over ``name`` and ``code``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forms.fields.reference import ReferenceField, ReferenceOptions
from foundation.expressions import Kind


class DepartmentOptions(ReferenceOptions):
    """What is taken over of the department."""


class DepartmentField(ReferenceField[DepartmentOptions]):
    """A department."""

    key = "department"
    name = _("Department")
    missing = _("Choose a department.")
    offers = dict.fromkeys(("code",), Kind.TEXT)
    options_model = DepartmentOptions

    gives = {"name": pgettext_lazy("of a person or department", "Name"), "code": _("Code")}

    def source(self, options: DepartmentOptions) -> str:
        return "department"


KIND = DepartmentField()
