"""The author's decision on what holders must sign for: working marks on a draft, and the marks kept with an edition.

The only writer of ``DraftMarks`` and ``EditionMarks``. Who may mark a draft (whoever may edit it) is asked in ``desk``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backoffice.positions import timeline
from backoffice.positions.body import edition_body
from backoffice.positions.signoff.materiality import ChangedPart, changed_parts
from backoffice.positions.signoff.models import DraftMarks, EditionMarks
from foundation.audit.services import Actor, FieldChange, create_audited
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of

if TYPE_CHECKING:
    from backoffice.positions.models import PositionPage

LONGEST_REASON = 500
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Decision:
    """What stands about one changed part. ``outdated``: it was edited on after the author had decided."""

    part: ChangedPart
    material: bool
    reason: str = ""
    outdated: bool = False

    @property
    def overruled(self) -> bool:
        """Whether the author thinks otherwise than the proposal."""
        return self.material != self.part.material

    def as_kept(self) -> dict[str, Any]:
        """Return what is kept with the edition."""
        return {
            "key": self.part.key,
            "material": self.material,
            "proposed": self.part.material,
            "why": self.part.why,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Draft:
    """A draft as the author marks it: against which edition (None: it will be the first), with what decisions."""

    against: Edition | None
    body: dict[str, Any]
    decisions: tuple[Decision, ...]
    note: str

    @property
    def material(self) -> bool:
        """Whether holders will be asked."""
        return any(decision.material for decision in self.decisions)


def replaced_by(editions: Iterable[Edition], begins: datetime.date) -> Edition | None:
    """Return which of ``editions`` a text that begins on ``begins`` takes the place of."""
    return timeline.in_force_on(editions, begins)


def draft_of(page: PositionPage) -> Draft:
    """Return the newest draft of ``page`` with what it changes and what was decided about it. At most six queries."""
    # The names that an approval fills in come after this, and are no change of the text.
    from backoffice.positions.approval.signatures import proposed

    draft: PositionPage = page.get_latest_revision_as_object()
    today = timezone.localdate()
    editions = list(editions_of(Edition.Kind.POSITION, page.code)) if page.code else []
    against = replaced_by(editions, draft.effective_on(today) or today)
    before = body_of(against) if against else None
    body = proposed(draft, before) if page.get_workflow() is not None else edition_body(draft)
    parts = changed_parts(before, body)
    marks = DraftMarks.objects.filter(page=page).first()
    return Draft(
        against, body, _decided(parts, marks.overruled if marks else {}), marks.note if marks else ""
    )


@transaction.atomic
def save(
    page: PositionPage,
    *,
    material: Iterable[str],
    reasons: Mapping[str, str],
    note: str,
    by: Any,
) -> Draft:
    """Keep what the author decided about the draft: ``material`` holds the keys of the parts to be signed for.

    Kept is only where the author thinks otherwise than the proposal; so what is proposed of parts that are edited on
    follows them, and what was overruled stays so. Parts that do not differ any more are forgotten.
    """
    chosen = set(material)
    draft = draft_of(page)
    overruled = {
        decision.part.key: {
            "material": decision.part.key in chosen,
            "reason": _clean(reasons.get(decision.part.key, ""), LONGEST_REASON),
            "seen": decision.part.digest,
        }
        for decision in draft.decisions
        if (decision.part.key in chosen) != decision.part.material
    }
    DraftMarks.objects.update_or_create(
        page=page,
        defaults={
            "overruled": overruled,
            "note": _clean(note, LONGEST_NOTE),
            "changed_by": by,
            "changed_at": timezone.now(),
        },
    )
    return draft_of(page)


def seal(edition: Edition, page: PositionPage, by: Any) -> EditionMarks:
    """Keep the marks with the edition just published from ``page``, and clear the working ones.

    Event ``edition_marked`` on a stream of the marks' own. Must run in the transaction of the publication.
    """
    others = [one for one in editions_of(Edition.Kind.POSITION, edition.key) if one.pk != edition.pk]
    against = replaced_by(others, edition.effective_from)
    parts = changed_parts(body_of(against) if against else None, body_of(edition))
    working = DraftMarks.objects.filter(page=page).first()
    decisions = _decided(parts, working.overruled if working and against else {})
    kept = EditionMarks(
        stream=f"sign-off-marks:{edition.key}:{edition.number}",
        edition=edition,
        against=against,
        marks=[decision.as_kept() for decision in decisions],
        material=any(decision.material for decision in decisions),
        note=working.note if working else "",
        decided_by=by,
        decided_at=edition.published_at,
    )
    create_audited(
        kept,
        kind="edition_marked",
        actor=Actor.of(by),
        changes=[
            FieldChange("material", None, kept.material, kept.stream),
            FieldChange("marks", None, kept.marks, kept.stream),
            FieldChange("note", None, kept.note, kept.stream),
        ],
        edition_sha256=edition.sha256,
        references={
            "edition": str(edition.number),
            "against": str(against.number) if against else "",
        },
    )
    if working is not None:
        working.delete()
    return kept


def _decided(parts: Iterable[ChangedPart], overruled: Mapping[str, Any]) -> tuple[Decision, ...]:
    found = []
    for part in parts:
        mark = overruled.get(part.key)
        if mark is None or part.why == "first":
            found.append(Decision(part, part.material))
        else:
            found.append(Decision(part, bool(mark["material"]), mark["reason"], mark["seen"] != part.digest))
    return tuple(found)


def _clean(text: str, longest: int) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:longest]
