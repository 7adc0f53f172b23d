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
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field
from wagtail.log_actions import LogContext

from backoffice.positions.enums import Cadence, DocumentKind, QualificationKind
from backoffice.positions.markup import plain_markup
from backoffice.positions.models import PositionPage
from backoffice.positions.tree import index_page
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.organisation.models import Position, User
from foundation.packs import registry
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

KIND = "position description"
NAMESPACE = uuid.UUID("0b5b2f0e-6f6b-5b53-9c3e-2f6f0f3f7a10")
STREAMS = {
    "duties": "duty",
    "authorities": "authority",
    "qualifications": "qualification",
    "sections": "section",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1, max_length=60)


class _Duty(_Part):
    text: str = Field(min_length=1, max_length=2000)
    cadence: Cadence = Cadence.ONGOING
    deadline: str = Field("", max_length=120)
    deliverable: str = Field("", max_length=200)


class _Authority(_Part):
    text: str = Field(min_length=1, max_length=1000)
    limit: str = Field("", max_length=120)


class _Qualification(_Part):
    kind: QualificationKind
    text: str = Field(min_length=1, max_length=1000)
    mandatory: bool = True


class _Section(_Part):
    heading: str = Field(min_length=1, max_length=120)
    body: str


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str
    document_kind: DocumentKind = DocumentKind.DESCRIPTION
    document_number: str = Field("", max_length=40)
    summary: str = ""
    purpose: str = ""
    duties: list[_Duty] = []
    authorities: list[_Authority] = []
    qualifications: list[_Qualification] = []
    working_conditions: str = ""
    sections: list[_Section] = []


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
                if name in STREAMS:
                    value = [_block(STREAMS[name], row) for row in value]
                if name != "code":
                    setattr(page, name, value)
            page.save_revision(user=by, log_action=True).publish(user=by, skip_permission_checks=True)
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the newest edition of each position."""
        for page in (
            PositionPage.objects.filter(live=True).select_related("position").order_by("position__code")
        ):
            edition = newest(Edition.Kind.POSITION, page.code)
            if edition is not None:
                said = _said(body_of(edition))
                yield f"positions/{page.code}.yaml", {name: value for name, value in said.items() if value}

    def _read(self, path: PurePosixPath, data: dict[str, Any]) -> tuple[Position, dict[str, Any]]:
        text = _Text.model_validate(data)
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
        for name in STREAMS:
            for row in wanted[name]:
                row["id"] = stable_id(text.code, name, row["id"])
        for section in wanted["sections"]:
            section["body"] = plain_markup(section["body"])
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
    made = f"PD-{body['code'].upper()}"
    return {
        **{name: body[name] for name in _Text.model_fields},
        "document_number": "" if body["document_number"] == made else body["document_number"],
    }


def _block(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "id": row["id"],
        "value": {name: value for name, value in row.items() if name != "id"},
    }
