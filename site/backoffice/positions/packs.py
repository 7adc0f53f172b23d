"""``positions/<code>.yaml`` of a pack: the text of one position, published as its next edition when it says
something new.

The post itself (title, department, superiors) stands in the pack's organisation. Ids of parts may be short
words in the file; stored they are UUIDs made from code, part and word, so that applying again finds the same
duty again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, create_model
from wagtail.log_actions import LogContext

from backoffice.positions.approval.door import loading_configuration
from backoffice.positions.body import CHOICES, FLAGS, stream_rows, upgraded
from backoffice.positions.enums import ControlledStatus, DocumentKind, DutyGrouping, UnitKind
from backoffice.positions.library import links
from backoffice.positions.library import packs as library
from backoffice.positions.markup import plain_markup
from backoffice.positions.models import PositionPage
from backoffice.positions.numbering import made_number
from backoffice.positions.parts import BY_NAME, LINK, PARTS, SINGLES, Column, Part
from backoffice.positions.tree import index_page
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.organisation.models import Position, User
from foundation.packs import registry
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

KIND = "position description"
NAMESPACE = uuid.UUID("0b5b2f0e-6f6b-5b53-9c3e-2f6f0f3f7a10")
# What a file says once, besides its parts. People and other posts are not said: a pack does not know them.
WORDS = ("edition_label", "issuing_company", "motto", "purpose", "summary", "working_conditions")


def _column(column: Column) -> tuple[Any, Any]:
    """Return type and default of one value in a file."""
    if column.kind == "choice" and column.choices is not None:
        words: Any = Literal[tuple(column.choices.values)]
        # Not asked for in the editor: may stay empty. Otherwise the editor's own default.
        return (words, column.default) if column.required else (words | Literal[""], "")
    kinds: dict[str, tuple[Any, Any]] = {
        "flag": (bool, bool(column.default)),
        "whole": (Annotated[int, Field(ge=0, le=column.most)] | None, None),
        "money": (Annotated[str, Field(pattern=r"^([0-9]{1,10}\.[0-9]{2})?$")], ""),
        "rich": (str, "" if not column.required else ...),
        "reference": (Annotated[str, Field(pattern=r"^((form|workflow):.+)?$")], ""),
        "link": (Annotated[str, Field(pattern=rf"^({links.KEY}(@[1-9][0-9]*)?)?$")], ""),
    }
    if column.kind in kinds:
        return kinds[column.kind]
    if column.required:
        return Annotated[str, Field(min_length=1, max_length=column.length)], ...
    return Annotated[str, Field(max_length=column.length)], ""


def _part(part: Part) -> Any:
    """Return the form of one thing of ``part`` in a file."""
    columns: dict[str, Any] = {column.name: _column(column) for column in part.stored}
    return create_model(
        part.block,
        __config__=ConfigDict(extra="forbid"),
        id=(Annotated[str, Field(min_length=1, max_length=60)], ...),
        **columns,
    )


_FIELDS: dict[str, Any] = {
    "code": (str, ...),
    "document_kind": (DocumentKind, DocumentKind.DESCRIPTION),
    "document_number": (Annotated[str, Field(max_length=40)], ""),
    "unit_kind": (UnitKind, UnitKind.POST),
    "controlled": (ControlledStatus, ControlledStatus.CONTROLLED),
    "duties_by": (DutyGrouping, DutyGrouping.CADENCE),
    **dict.fromkeys(FLAGS, (bool, False)),
    **dict.fromkeys((*WORDS, *(single.name for single in SINGLES)), (str, "")),
    **{part.name: (list[_part(part)], []) for part in PARTS},  # type: ignore[misc]  # made from the table
}
_Text: type[BaseModel] = create_model("Text", __config__=ConfigDict(extra="forbid"), **_FIELDS)


class PositionLoader:
    """Reads and writes the texts of positions."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return the one change that publishing this file would be."""
        position, wanted = self._read(path, data)
        last = newest(Edition.Kind.POSITION, position.code)
        page = PositionPage.objects.filter(position=position).first()
        if last is None or page is None:
            return [PlannedChange(KIND, position.code, "created")]
        return [compare(KIND, position.code, _said(body_of(last)), wanted)]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make the page where it is missing, and publish the file's text as ``by``."""
        planned = self.plan(path, data, by=by)
        if planned[0].action == "unchanged":
            return planned
        position, wanted = self._read(path, data)
        page = PositionPage.objects.filter(position=position).first()
        if page is not None and page.is_archived:
            raise PackFault(
                _("The description of %(code)s is archived.") % {"code": position.code}, at=("code",)
            )
        with LogContext(user=by):
            if page is None:
                page = PositionPage(title=position.title, position=position, owner=by)
                index_page().add_child(instance=page)
            page.title = position.title
            for name, value in wanted.items():
                if name in BY_NAME:
                    value = stream_rows(BY_NAME[name], value)
                if name != "code":
                    setattr(page, name, value)
            revision = page.save_revision(user=by, log_action=True)
            with loading_configuration(f"pack {path}"):
                revision.publish(user=by, skip_permission_checks=True)
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the newest edition of each position."""
        for page in (
            PositionPage.objects.filter(live=True).select_related("position").order_by("position__code")
        ):
            edition = newest(Edition.Kind.POSITION, page.code)
            if edition is not None:
                said = _said(body_of(edition))
                yield f"positions/{page.code}.yaml", _short(said)

    def _read(self, path: PurePosixPath, data: dict[str, Any]) -> tuple[Position, dict[str, Any]]:
        text: Any = _Text.model_validate(data)
        if text.code != path.stem:
            raise PackFault(
                _("The code is %(code)s, the file is called %(file)s: both must be the same.")
                % {"code": text.code, "file": path.stem},
                at=("code",),
            )
        position = Position.objects.filter(code=text.code).first()
        if position is None:
            raise PackFault(
                _("There is no position %(code)s in the organisation.") % {"code": text.code}, at=("code",)
            )
        wanted = text.model_dump(mode="json")
        for name, part in BY_NAME.items():
            for row in wanted[name]:
                row["id"] = stable_id(text.code, name, row["id"])
                for column in part.columns:
                    if column.kind == "rich":
                        row[column.name] = plain_markup(row[column.name])
        for single in SINGLES:
            if single.rich:
                wanted[single.name] = plain_markup(wanted[single.name])
        last = newest(Edition.Kind.POSITION, text.code)
        library.resolved(wanted, body_of(last) if last else None)
        return position, wanted


def register() -> None:
    """Let packs hold texts of positions."""
    registry.register("positions", PositionLoader())


def stable_id(code: str, part: str, word: str) -> str:
    """Return the id of a part: ``word`` itself where it is a UUID, otherwise one made from where it
    stands.
    """
    try:
        return str(uuid.UUID(word))
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, f"{code}/{part}/{word}"))


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """Return an edition's body in the form of a file: what the organisation says of the post is left out."""
    body = upgraded(body)
    made = made_number(body["code"], (body["department"] or {}).get("code", ""))
    said: dict[str, Any] = {name: body[name] for name in _Text.model_fields}
    for part in PARTS:
        names = ("id", *(column.name for column in part.columns))
        link = (LINK.name,) if part.library else ()
        said[part.name] = [
            {name: row[name] for name in names} | {name: row.get(name, "") for name in link}
            for row in body[part.name]
        ]
    return {**said, "document_number": "" if body["document_number"] == made else body["document_number"]}


def _short(said: dict[str, Any]) -> dict[str, Any]:
    """Return ``said`` without what a reader of the file supplies anyway."""
    short = {**said}
    for part in PARTS:
        empty = {column.name: _column(column)[1] for column in part.stored}
        short[part.name] = [
            {name: value for name, value in row.items() if name == "id" or value != empty[name]}
            for row in said[part.name]
        ]
    defaults = {**CHOICES, "document_kind": DocumentKind.DESCRIPTION.value}
    return {name: value for name, value in short.items() if value and value != defaults.get(name)}
