"""A position of the house, whoever holds it. ``fills`` can take over ``title``, ``code`` and ``department``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from forms.fields.reference import ReferenceField, ReferenceOptions
from foundation.expressions import Kind


class PositionOptions(ReferenceOptions):
    """What is taken over of the position."""


class PositionField(ReferenceField[PositionOptions]):
    """A position."""

    key = "position"
    name = _("Position")
    missing = _("Choose a position.")
    offers = dict.fromkeys(("title", "code", "department"), Kind.TEXT)
    options_model = PositionOptions

    gives = {"title": _("Title"), "code": _("Code"), "department": _("Department")}

    def source(self, options: PositionOptions) -> str:
        return "position"


KIND = PositionField()
