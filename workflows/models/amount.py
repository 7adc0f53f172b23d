"""A column for amounts of money: exact in every database, never a float, never rounded."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

PLACES = 2
UNIT = Decimal(1).scaleb(-PLACES)
LARGEST = Decimal("999999999999.99")
"""The largest amount of one entry; sums may be larger."""
MOST = 2**63 - 1


_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Get_co = TypeVar("_Get_co", covariant=True)


def in_cents(amount: Decimal) -> int:
    """Return the amount in its smallest unit; raises ``ValueError`` where that would be a rounding."""
    scaled = Decimal(amount).scaleb(PLACES)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than {PLACES} decimals")
    if abs(scaled) > MOST:
        raise ValueError(f"{amount} is larger than the database takes")
    return int(scaled)


class ExactAmount(models.Field[_Set_contra, _Get_co]):
    """An amount with two decimals, stored as a whole number of its smallest unit.

    SQLite keeps decimals as binary fractions and adds them as such; whole numbers it adds exactly, as PostgreSQL does.
    ``Decimal`` in and out, sums included. Raises ``ValueError`` for what has more decimals, instead of rounding it.
    """

    # What the type checker asks of a kind of column; the names are those of the stubs.
    _pyi_private_set_type: Decimal | Combinable
    _pyi_private_get_type: Decimal

    def get_internal_type(self) -> str:
        """Return what the databases make of it."""
        return "BigIntegerField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        """Return the stored whole number as an amount."""
        return None if value is None else Decimal(int(value)).scaleb(-PLACES).quantize(UNIT)

    def get_prep_value(self, value: Any) -> Any:
        """Return the whole number that is stored."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return in_cents(self.to_python(value))

    def to_python(self, value: Any) -> Any:
        """Return the amount; a float is refused, because it is none."""
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, int | str):
            try:
                return Decimal(value)
            except InvalidOperation:
                pass
        raise ValidationError(_("“%(value)s” is no amount of money.") % {"value": value})

    def value_to_string(self, obj: models.Model) -> str:
        """Return the amount as fixtures write it."""
        return str(self.value_from_object(obj))
