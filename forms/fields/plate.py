"""A vehicle plate (车牌号) of mainland China, after GA 36: ordinary plates, new-energy plates of eight
characters, and by option those of police, trailers, learner cars, embassies and cars of Hong Kong and Macao.

Accepts blanks, dots, hyphens and small letters; stores ``粤B12345``; prints ``粤B·12345``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    Words,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw, pick
from foundation.expressions import Kind, SchemaEntry

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


class PlateKind(StrEnum):
    """What plates there are."""

    ORDINARY = "ordinary"
    NEW_ENERGY = "new_energy"
    POLICE = "police"
    TRAILER = "trailer"
    LEARNER = "learner"
    EMBASSY = "embassy"
    BORDER = "border"
    """Cars of Hong Kong and Macao."""


# The letters I and O are on no plate. Of five characters at least two are figures.
_HEAD = rf"[{PROVINCES}][A-HJ-NP-Z]"
_FORMS: dict[PlateKind, re.Pattern[str]] = {
    PlateKind.ORDINARY: re.compile(rf"{_HEAD}(?=(?:[A-Z]*\d){{2}})[A-HJ-NP-Z0-9]{{5}}", re.ASCII),
    # Small cars carry the letter of their drive first, large ones last: D A B C E electric, F G H J K other.
    PlateKind.NEW_ENERGY: re.compile(rf"{_HEAD}(?:[A-HJK][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[A-HJK])", re.ASCII),
    PlateKind.POLICE: re.compile(rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}警", re.ASCII),
    PlateKind.TRAILER: re.compile(rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}挂", re.ASCII),
    PlateKind.LEARNER: re.compile(rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}学", re.ASCII),
    PlateKind.EMBASSY: re.compile(rf"使\d{{6}}|\d{{6}}使|[{PROVINCES}][A-HJ-NP-Z]\d{{4,5}}领", re.ASCII),
    PlateKind.BORDER: re.compile(r"粤Z[A-HJ-NP-Z0-9]{4}[港澳]", re.ASCII),
}
_EXAMPLES: dict[PlateKind, str] = {
    PlateKind.ORDINARY: "粤B12345",
    PlateKind.NEW_ENERGY: "粤BD12345",
    PlateKind.POLICE: "粤B1234警",
    PlateKind.TRAILER: "粤B1234挂",
    PlateKind.LEARNER: "粤B1234学",
    PlateKind.EMBASSY: "224578使",
    PlateKind.BORDER: "粤Z1234港",
}
_NAMES: dict[PlateKind, Words] = {
    PlateKind.ORDINARY: _("ordinary plates"),
    PlateKind.NEW_ENERGY: _("new-energy plates"),
    PlateKind.POLICE: _("police plates"),
    PlateKind.TRAILER: _("trailer plates"),
    PlateKind.LEARNER: _("learner plates"),
    PlateKind.EMBASSY: _("embassy and consulate plates"),
    PlateKind.BORDER: _("Hong Kong and Macao plates"),
}
_DECORATION = re.compile(r"[\s·•・‧.∙\-‐‑–—_]+")


class PlateOptions(FieldOptions):
    """Which plates are taken."""

    plates: list[Annotated[PlateKind, Field(strict=False)]] = Field(
        default=[PlateKind.ORDINARY, PlateKind.NEW_ENERGY],
        min_length=1,
        max_length=len(PlateKind),
        description="ordinary, new_energy, police, trailer, learner, embassy, border.",
    )


class PlateField(FieldKind[PlateOptions]):
    """A vehicle plate."""

    key = "plate"
    name = _("Vehicle plate")
    missing = _("Write the plate number.")
    template = "plate"
    expression = Kind.TEXT
    options_model = PlateOptions

    def parse(self, typed: Sequence[str], options: PlateOptions) -> Stored | None:
        written = _DECORATION.sub("", plain_digits(first_text(typed))).upper()
        if not written:
            return None
        self._check(written, options)
        return written

    def check(self, value: Any, options: PlateOptions, around: Surroundings) -> None:
        self._check(value, options)

    def _check(self, value: Any, options: PlateOptions) -> None:
        if isinstance(value, str) and any(_FORMS[kind].fullmatch(value) for kind in options.plates):
            return
        example = " / ".join(_EXAMPLES[kind] for kind in options.plates)
        other = plate_kind_of(value) if isinstance(value, str) else None
        if other is not None:
            raise FieldFault(
                _("%(plates)s are not taken here. Write a plate like %(example)s.")
                % {"plates": _NAMES[other], "example": example}
            )
        if isinstance(value, str) and value[:1] and value[0] not in f"{PROVINCES}使" and value[-1] != "使":
            raise FieldFault(
                _("Begin with the character of the province, for example %(example)s.") % {"example": example}
            )
        if isinstance(value, str) and re.search(r"[IO]", value):
            raise FieldFault(_("A plate has no letters I and O. Write the figures 1 and 0 instead."))
        raise FieldFault(_("Write the whole plate number, for example %(example)s.") % {"example": example})

    def columns(self, options: PlateOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 12)]

    def cells(self, value: Any, options: PlateOptions, language: str) -> Mapping[str, Cell]:
        return {"": str(value)}

    def display(self, value: Any, options: PlateOptions, language: str) -> str:
        text = str(value)
        return f"{text[:2]}·{text[2:]}" if text[:1] in PROVINCES else text

    def names(self, options: PlateOptions) -> Mapping[str, SchemaEntry]:
        return {"": Kind.TEXT, "new_energy": Kind.YES_NO}

    def bindings(self, value: Any, options: PlateOptions) -> Mapping[str, Any]:
        return {"": value, "new_energy": plate_kind_of(value) is PlateKind.NEW_ENERGY}

    def sample(self, seed: int, options: PlateOptions, around: Surroundings) -> Stored:
        kind = pick(seed, options.plates, "kind")
        head = f"{pick(seed, PROVINCES, 'province')}{pick(seed, 'ABCDEF', 'office')}"
        number = draw(seed, 10_000, 99_999, "number")
        match kind:
            case PlateKind.ORDINARY:
                return f"{head}{number}"
            case PlateKind.NEW_ENERGY:
                return f"{head}{pick(seed, 'DF', 'drive')}{number}"
            case PlateKind.POLICE | PlateKind.TRAILER | PlateKind.LEARNER:
                return f"{head}{number % 10_000:04}{_EXAMPLES[kind][-1]}"
            case PlateKind.EMBASSY:
                return f"2{number}使"
            case PlateKind.BORDER:
                return f"粤Z{number % 10_000:04}港"


def plate_kind_of(value: str) -> PlateKind | None:
    """Return what plate it is, None for none."""
    return next((kind for kind, form in _FORMS.items() if form.fullmatch(value)), None)


KIND = PlateField()
