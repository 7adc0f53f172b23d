"""What the plan needs, read with a fixed number of queries for one position or for all."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backoffice.positions.signoff import planning
from backoffice.positions.signoff.enums import SignOffState
from backoffice.positions.signoff.models import EditionMarks, SignOff
from backoffice.positions.signoff.planning import Asked, Held, Step, Text
from foundation.editions.models import Edition
from foundation.organisation.models import Holding, Position


@dataclass
class Inputs:
    """Everything about one position that decides who is asked."""

    texts: list[Text] = field(default_factory=list)
    live: bool = False
    held: list[Held] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def steps(self, day: datetime.date, months: int) -> list[Step]:
        """Return what is to be done on ``day``."""
        return planning.steps(
            day, texts=self.texts, live=self.live, held=self.held, asked=self.asked, months=months
        )


def load(day: datetime.date, codes: Collection[str] | None = None) -> dict[str, Inputs]:
    """Return the inputs by position code (all positions with a live text or an open request without ``codes``).

    Five queries.
    """
    waiting = SignOff.objects.filter(position=OuterRef("pk"), state=SignOffState.OPEN)
    positions = Position.objects.filter(Q(page__live=True) | Exists(waiting))
    if codes is not None:
        positions = Position.objects.filter(code__in=codes)
    found = {code: Inputs(live=bool(live)) for code, live in positions.values_list("code", "page__live")}
    editions = list(Edition.objects.filter(kind=Edition.Kind.POSITION, key__in=found).defer("body"))
    marks = {
        edition: (material, against)
        for edition, material, against in EditionMarks.objects.filter(
            edition__kind=Edition.Kind.POSITION, edition__key__in=found
        ).values_list("edition", "material", "against")
    }
    for edition in editions:
        # An edition from before marks were kept counts as new altogether.
        material, against = marks.get(edition.pk, (True, None))
        found[edition.key].texts.append(Text(edition, material, against))
    open_ones = SignOff.objects.filter(holding_key=OuterRef("pk"), state=SignOffState.OPEN)
    in_use = Q(ends__isnull=True) | Q(ends__gte=day)
    holdings = Holding.objects.filter(in_use | Exists(open_ones), position__code__in=found)
    for code, *values in holdings.values_list(
        "position__code", "pk", "person", "starts", "ends", "person__is_active"
    ):
        found[code].held.append(Held(*values))
    requests: dict[str, list[Asked]] = defaultdict(list)
    # Also those of a holding that was struck, as long as they are open.
    of_holdings = Q(holding_key__in=holdings.values("pk")) | Q(state=SignOffState.OPEN)
    rows = SignOff.objects.filter(of_holdings, position__code__in=found).order_by("pk")
    for code, pk, holding, edition, state, decided_at in rows.values_list(
        "position__code", "pk", "holding_key", "edition", "state", "decided_at"
    ):
        decided_on = timezone.localdate(decided_at) if decided_at else None
        requests[code].append(Asked(pk, holding, edition, state, decided_on))
    for code, asked in requests.items():
        found[code].asked = asked
    return found
