"""How the numbers of submissions are written: ``TS-{year}-{seq:05}``. Taking one is
``forms.services.numbering``.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

_PLACE = re.compile(r"\{(?:(year|month|day)|seq(?::0?([1-9]))?)\}")


@dataclass(frozen=True)
class Scheme:
    """A numbering scheme. A change of its date parts begins a new series."""

    text: str

    @classmethod
    def read(cls, text: str) -> Scheme:
        """Return the scheme; raises ValueError saying what is wrong. It is never run as a format."""
        places = list(_PLACE.finditer(text))
        if sum(place[1] is None for place in places) != 1:
            raise ValueError(_("A numbering scheme needs exactly one {seq} or {seq:05}."))
        rest = _PLACE.sub("", text)
        if not re.fullmatch(r"[\w./-]*", rest):
            raise ValueError(
                _(
                    "A numbering scheme is made of letters, digits, - . / _ and {year}, {month}, {day}, {seq:05}."
                )
            )
        return cls(text)

    def series(self, day: datetime.date) -> str:
        """Return the key of the series in use on ``day``: the scheme with the date filled in."""
        parts = {"year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}"}
        return _PLACE.sub(lambda place: parts[place[1]] if place[1] else place[0], self.text)

    def number(self, day: datetime.date, sequence: int) -> str:
        """Return the number; a sequence longer than its places is written in full."""
        return _PLACE.sub(lambda place: f"{sequence:0{place[2] or 1}}", self.series(day))
