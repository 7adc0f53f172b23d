"""What a unit of an imported text says, as the fields of a page.

Each proposed part goes where its words say so clearly: duties, qualifications, and the parts ``importing.placing``
names. What is too long for its place, or has none, becomes a section: nothing is left out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from backoffice.positions.enums import (
    AuthorityKind,
    Cadence,
    QualificationKind,
    RelationKind,
    RewardKind,
    RightKind,
    UnitKind,
)
from backoffice.positions.importing import TEXTS, RowProposal, Unit, deadline_of
from backoffice.positions.markup import paragraphs
from backoffice.positions.parts import BY_NAME
from backoffice.positions.reviewing.origins import SINGLE, Origin

QUALIFICATION_WORDS = (
    (QualificationKind.EDUCATION, r"学历|學歷|大专|本科|中专|高中|专业毕业|degree|diploma|education"),
    (QualificationKind.CERTIFICATE, r"证书|資格證|资格证|执照|驾照|驾驶证|培训合格|certificate|licen[cs]e"),
    (QualificationKind.EXPERIENCE, r"经验|經驗|年以上|工作经历|experience"),
    (QualificationKind.LANGUAGE, r"英语|普通话|日语|语言表达|english|mandarin"),
    (QualificationKind.KNOWLEDGE, r"熟悉|了解|掌握|知识|knowledge"),
    (QualificationKind.SKILL, r"能力|技能|技巧|操作|使用|skill|able to"),
    (QualificationKind.CHARACTER, r"品德|责任心|性格|敬业|诚实|形象|honest|patient"),
)
AUTHORITY_WORDS = (
    (AuthorityKind.REFUND, r"退款|refund"),
    (AuthorityKind.DISCOUNT, r"优惠|折扣|優惠|discount"),
    (AuthorityKind.SPEND, r"元以[内下]|限额|额度|spend|up to ¥"),
    (AuthorityKind.ASSESS, r"考核|评价|评定|奖惩|任免|assess|appraise"),
    (AuthorityKind.INSPECT, r"检查|监督|抽查|稽核|inspect|audit"),
    (AuthorityKind.PROPOSE, r"建议|提名|提请|propose|recommend"),
    (AuthorityKind.ARBITRATE, r"裁决|仲裁|调解|settle"),
    (AuthorityKind.DECIDE, r"决定|审批|批准|核准|签批|decide|approve"),
    (AuthorityKind.MANAGE, r"管理|调配|调度|指挥|manage"),
)
_COLON = re.compile(r"\s*[:：]\s*|\t+")
_SIDE = re.compile(
    r"^\s*(?P<side>内部|外部|對內|對外|对内|对外|internal|external)"
    r"\s*(?:工作)?(?:关系|關係|联系|聯繫|沟通|协调|relations?|contacts?)?\s*[:：]\s*",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"外部|对外|對外|external", re.IGNORECASE)
_PENALTY = re.compile(r"罚|罰|扣|处分|處分|警告|辞退|penal|fine", re.IGNORECASE)
_OBLIGATION = re.compile(r"义务|義務|应当|必须|须|obligation|duty|must", re.IGNORECASE)


@dataclass
class Filled:
    """The fields of a page, and where each of their parts was read from."""

    fields: dict[str, Any]
    origins: list[Origin] = field(default_factory=list)


def filled(unit: Unit, *, dropped: frozenset[str] = frozenset()) -> Filled:
    """Return the fields of a page that ``unit`` fills, without the parts crossed out.

    ``dropped`` names parts by the place where they begin: ``d120`` a duty, ``q340`` a qualification, ``r400`` a
    thing of another part, ``s500`` a section.
    """
    made = Filled({"unit_kind": (UnitKind.DEPARTMENT if unit.kind == "department" else UnitKind.POST).value})
    made.fields["summary"] = unit.summary
    for duty in unit.duties:
        if f"d{duty.source[0]}" not in dropped:
            value = {
                "text": duty.text,
                "cadence": duty.cadence if duty.cadence in Cadence.values else Cadence.ONGOING.value,
                "deadline": duty.deadline[:120],
                "deliverable": "",
                "category": duty.group[:80],
            }
            _add(made, "duties", value, duty.source, duty.confidence)
    for item in unit.qualifications:
        if f"q{item.source[0]}" not in dropped:
            value = {"kind": qualification_kind(item.text), "text": item.text, "mandatory": True}
            _add(made, "qualifications", value, item.source, item.confidence)
    for row in unit.rows:
        if f"r{row.source[0]}" not in dropped:
            _place(made, row)
    for labelled in unit.fields:
        if labelled.name in ("internal", "external") and labelled.text.strip():
            value = _relation(labelled.text, labelled.name)
            if value:
                _add(made, "relations", value, labelled.source, labelled.confidence)
    for section in unit.sections:
        if f"s{section.source[0]}" not in dropped and section.text.strip():
            heading = section.heading or _("From the source")
            value = {"heading": heading, "body": paragraphs(section.text)}
            _add(made, "sections", value, section.source, section.confidence)
    placed = {origin.source for origin in made.origins}
    rest = [
        f"{one.label}: {one.text}"
        for one in unit.fields
        if one.name != "title" and one.source not in placed and (one.label or one.text)
    ]
    if rest:
        value = {"heading": _("Also in the source"), "body": paragraphs("\n".join(rest))}
        made.fields.setdefault("sections", []).append(_block("sections", value))
    for name in ("duties", "qualifications", "sections"):
        made.fields.setdefault(name, [])
    return made


def qualification_kind(text: str) -> str:
    """Return what a qualification is about, by its words; HR corrects it in the draft."""
    return _by_words(QUALIFICATION_WORDS, text) or str(QualificationKind.OTHER.value)


def _by_words(table: Iterable[tuple[Any, str]], text: str) -> str:
    for kind, pattern in table:
        if re.search(pattern, text, re.IGNORECASE):
            return str(kind.value)
    return ""


def _block(part: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": BY_NAME[part].block, "id": str(uuid.uuid4()), "value": value}


def _add(made: Filled, part: str, value: dict[str, Any], source: tuple[int, int], confidence: int) -> None:
    block = _block(part, value)
    made.fields.setdefault(part, []).append(block)
    made.origins.append(Origin(part, block["id"], source, confidence))


def _place(made: Filled, row: RowProposal) -> None:
    """Put a thing into its part; what does not fit there becomes a section under the heading it had."""
    if row.part in TEXTS:
        if row.part != "motto" or len(row.text) <= 200:
            before = made.fields.get(row.part, "")
            made.fields[row.part] = f"{before}\n{row.text}" if before else row.text
            made.origins.append(Origin(row.part, f"{SINGLE}{row.part}", row.source, row.confidence))
            return
    elif value := _value(row):
        _add(made, row.part, value, row.source, row.confidence)
        return
    heading = (row.group or _("From the source"))[:120]
    _add(
        made, "sections", {"heading": heading, "body": paragraphs(row.text)}, row.source, row.confidence - 20
    )


def _value(row: RowProposal) -> dict[str, Any] | None:
    """Return the columns of a thing; None when its words do not fit them."""
    text, group = row.text, row.group
    head, rest = _cut(text)
    value: dict[str, Any]
    match row.part:
        case "authorities":
            value = {"text": text, "kind": _by_words(AUTHORITY_WORDS, text)}
        case "accountabilities" | "cautions":
            value = {"text": text}
        case "relations":
            return _relation(text, "external" if _OUTSIDE.search(group) else "internal")
        case "process_steps":
            value = {"text": text, "deadline": deadline_of(text)[:120]}
        case "rights":
            both = RightKind.OBLIGATION if _OBLIGATION.search(text) else RightKind.RIGHT
            named = RightKind.OBLIGATION if _OBLIGATION.search(group) else RightKind.RIGHT
            value = {"text": text, "kind": (both if re.search("权|權|right", group) else named).value}
        case "scripts":
            value = {"situation": head if rest else group, "text": rest or text}
        case "scorecard":
            value = {"indicator": head if rest else text, "target": rest}
        case "pay_components":
            value = {"component": head if rest else text, "formula": rest}
        case "rewards":
            kind = RewardKind.PENALTY if _PENALTY.search(text) else RewardKind.REWARD
            value = {"kind": kind.value, "condition": text}
        case "conduct_rules":
            value = {"group": "", "text": text}
        case "related_documents" | "systems":
            value = {"title": text}
        case _:
            return None
    return value if _fits(row.part, value) else None


def _relation(text: str, side: str) -> dict[str, Any] | None:
    found = _SIDE.match(text)
    party = text[found.end() :] if found else text
    if found:
        side = "external" if _OUTSIDE.search(found["side"]) else "internal"
    kind = RelationKind.EXTERNAL if side == "external" else RelationKind.INTERNAL
    value = {"kind": kind.value, "party": party.strip() or text}
    return value if _fits("relations", value) else None


def _cut(text: str) -> tuple[str, str]:
    """Return what stands before and behind the first colon or cell; the whole and nothing without one."""
    pieces = _COLON.split(text, maxsplit=1)
    return (pieces[0], pieces[1]) if len(pieces) == 2 and all(pieces) else (text, "")


def _fits(part: str, value: dict[str, Any]) -> bool:
    columns = {column.name: column for column in BY_NAME[part].columns}
    return all(
        len(str(text)) <= columns[name].length and (bool(text) or not columns[name].required)
        for name, text in value.items()
        if columns[name].kind == "text"
    )
