"""An edition as a Word document: everything it says, each value in a control that names it.

What stands where follows the reading page (``parts``, ``layout``, ``body.duty_groups``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from backoffice.exports import word_tags
from backoffice.exports.word import Book, Fixed, Piece, Value
from backoffice.positions.body import CHOICES, duty_groups, label_of, named, upgraded
from backoffice.positions.enums import (
    ControlledStatus,
    DocumentKind,
    DutyGrouping,
    UnitKind,
)
from backoffice.positions.layout import PLACES, value_of
from backoffice.positions.parts import (
    AUTHORITIES,
    DUTIES,
    LINK,
    PARTS,
    QUALIFICATIONS,
    SECTIONS,
    SINGLES,
    Column,
    Part,
)
from foundation.editions.models import Edition
from foundation.editions.queries import body_of

SCHEMA = "1"
CHOICE_OF = {
    "document_kind": DocumentKind,
    "unit_kind": UnitKind,
    "controlled": ControlledStatus,
    "duties_by": DutyGrouping,
}
PEOPLE_LABELS = (
    ("prepared_by", gettext_lazy("Prepared by")),
    ("reviewed_by", gettext_lazy("Reviewed by")),
    ("approved_by", gettext_lazy("Approved by")),
    ("signatory", gettext_lazy("Signed by")),
)
KIND = "position-description"


def document_of(edition: Edition, language: str) -> bytes:
    """Return the Word document of ``edition`` in ``language``."""
    with translation.override(language):
        body = upgraded({"title": edition.key, **body_of(edition), "code": edition.key})
        address = f"{settings.BASE_URL}{reverse('positions:edition', args=[edition.key, edition.number])}"
        return _Description(body, language).written(edition, address)


def filename(edition: Edition, language: str) -> str:
    """Return the name a person's browser saves the document under."""
    with translation.override(language):
        title = named({"title": edition.key, **body_of(edition)}, "title")
        number = _("edition %(number)s") % {"number": edition.number}
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", f"{edition.key} {title} {number}").strip()[:120] + ".docx"


class _Description:
    def __init__(self, body: Mapping[str, Any], language: str) -> None:
        self.body, self.language = body, language
        self.book = Book(title=body["title"], language=language)

    def written(self, edition: Edition, address: str) -> bytes:
        body, book = self.body, self.book
        number = body["document_number"] or body["code"]
        effective = date_format(edition.effective_from, "DATE_FORMAT")
        numbered = _("edition %(number)s") % {"number": edition.number}
        book.running(
            (label_of(DocumentKind, body["document_kind"]), number, body["title"], numbered),
            (_("Effective date") + " " + effective, edition.sha256[:12]),
            _("page {page} of {pages}"),
        )
        english = body["title_en"]
        book.title(
            self._single("title", body["title"], _("Position name")),
            [Fixed(english)] if english and english != body["title"] else (),
        )
        book.facts(list(self._facts(edition, numbered, effective)))
        for name, label in (("summary", _("Summary")), ("purpose", _("Purpose of the document"))):
            self._text(name, label)
        self._text("motto", _("Motto"))
        self._place("opening")
        self._duties()
        self._place("work")
        self._numbered(AUTHORITIES)
        self._qualifications()
        self._text("working_conditions", _("Working conditions"))
        self._place("standing")
        self._place("closing")
        self._sections()
        book.heading(_("Document control"))
        book.facts(list(self._control(edition, address)), across=1)
        book.signatures([_("Holder of the position"), _("Line manager"), _("Human resources")])
        properties = {
            "remit-document": KIND,
            "remit-schema": SCHEMA,
            "remit-body": str(body["schema"]),
            "remit-key": edition.key,
            "remit-edition": str(edition.number),
            "remit-sha256": edition.sha256,
            "remit-language": self.language,
            "remit-department": str((body["department"] or {}).get("code", "")),
            "remit-library": json.dumps(self._links()),
        }
        return book.save(properties, at=edition.published_at)

    def _links(self) -> dict[str, str]:
        """Return which things were taken from the library; nobody reads that in the document."""
        return {
            word_tags.short_id(row["id"]): row[LINK.name]
            for part in PARTS
            for row in self.body[part.name]
            if row.get(LINK.name)
        }

    # --- boxes

    def _facts(
        self, edition: Edition, numbered: str, effective: str
    ) -> Iterable[tuple[str, Sequence[Piece]]]:
        body = self.body
        department = body["department"]
        yield _("Document number"), [self._single("document_number", body["document_number"])]
        yield _("Edition"), [Fixed(numbered)]
        yield _("Effective date"), [Fixed(effective)]
        yield _("Department"), [Fixed(named(department, "name") if department else "")]
        yield _("Code"), [Fixed(body["code"])]
        yield _("Reports to"), self._posts("reports_to", "no_superior", _("nobody"))
        yield _("Subordinates"), self._posts("subordinates", "no_subordinates", _("none"))
        if body["grade"]:
            yield _("Grade"), [Fixed(body["grade"])]
        if body["headcount"]:
            yield _("Headcount"), [Fixed(str(body["headcount"]))]
        for name, label in (
            ("document_kind", _("Kind of document")),
            ("unit_kind", _("Describes")),
            ("controlled", _("Controlled status")),
            ("duties_by", _("Duties are grouped by")),
        ):
            yield label, [self._chosen(name, label)]
        if body["edition_label"]:
            yield _("Issue number or year"), [self._single("edition_label", body["edition_label"])]
        if body["scope_posts"]:
            yield _("Applies to"), list(self._named_posts("scope_posts", body["scope_posts"]))
        if body["answerable"]:
            yield (
                _("Answerable for carrying it out"),
                list(self._named_posts("answerable", [body["answerable"]])),
            )
        if body["confidential"]:
            yield _("Confidentiality"), [self._flag("confidential", _("bound to confidentiality"))]

    def _posts(self, name: str, flag: str, nobody: str) -> list[Piece]:
        said: list[Piece] = []
        if self.body[name]:
            said.append(Fixed("、".join(named(post, "title") for post in self.body[name])))
        if self.body[flag]:
            said += [*([Fixed(" ")] if said else []), self._flag(flag, nobody)]
        return said

    def _control(self, edition: Edition, address: str) -> Iterable[tuple[str, Sequence[Piece]]]:
        body = self.body
        for name, label in PEOPLE_LABELS:
            if person := body[name]:
                about = word_tags.short_id(person["id"])
                yield str(label), [Value(word_tags.of_single(name, about), named(person, "name"), str(label))]
        if body["issuing_company"]:
            yield _("Issued by"), [self._single("issuing_company", body["issuing_company"])]
        if body["issue_date"]:
            yield _("Date of issue"), [self._single("issue_date", body["issue_date"])]
        yield _("Published by"), [Fixed(str(edition.published_by))]
        yield _("Published on"), [Fixed(date_format(edition.published_at, "DATE_FORMAT"))]
        yield "SHA-256", [Fixed(edition.sha256)]
        yield _("Is this edition still in force?"), [Fixed(address)]

    # --- parts

    def _text(self, name: str, heading: str) -> None:
        if self.body[name]:
            self.book.heading(heading)
            self.book.paragraph([self._single(name, self.body[name], heading)])

    def _place(self, place: str) -> None:
        assert place in PLACES
        for single in SINGLES:
            if single.place == place and self.body[single.name]:
                heading = str(single.heading)
                if single.rich:
                    self.book.heading(heading)
                    self.book.rich(word_tags.of_single(single.name), self.body[single.name], heading)
                else:
                    self._text(single.name, heading)
        for part in PARTS:
            if part.place == place and part.shape != "own" and self.body[part.name]:
                self.book.heading(str(part.heading))
                self._part(part)

    def _part(self, part: Part) -> None:
        rows = list(enumerate(self.body[part.name]))
        if part.shape == "table":
            used = [
                column
                for column in part.columns
                if column.kind == "choice" or any(self._says(column, row) for _n, row in rows)
            ]
            self.book.table(
                [str(column.label) for column in used],
                [[[self._value(part, column, row, at)] for column in used] for at, row in rows],
            )
            return
        if part.group_by:
            self._grouped(part, part.group_by)
            return
        for at, row in rows:
            self._thing(part, row, at, numbers=part.name if part.shape == "steps" else "")

    def _grouped(self, part: Part, by: str) -> None:
        """Write things under a heading for each value of ``by``; known values first, in their order."""
        column = next(column for column in part.columns if column.name == by)
        rows = list(enumerate(self.body[part.name]))
        known = [str(value) for value in column.choices.values] if column.choices else []
        for value in dict.fromkeys([*known, *(row[by] for _at, row in rows)]):
            things = [(at, row) for at, row in rows if row[by] == value]
            if things and value:
                self._group_heading(part, column, value, value_of(column, {by: value}))
            for at, row in things:
                self._thing(part, row, at, numbers="", under=by if column.choices and value else "")

    def _group_heading(self, part: Part, column: Column, value: str, label: str) -> None:
        if column.choices:
            self.book.heading(Value(word_tags.of_group(part.block, column.name, value), label, label), 2)
        else:
            self.book.heading(label, 2)

    def _duties(self) -> None:
        if not self.body["duties"] and not self.body["catch_all"]:
            return
        self.book.heading(str(DUTIES.heading))
        cadence = next(column for column in DUTIES.columns if column.name == "cadence")
        places = {row["id"]: (at, row) for at, row in enumerate(self.body["duties"])}
        for group in duty_groups(self.body["duties"], self.body["duties_by"]):
            by_cadence = self.body["duties_by"] != DutyGrouping.CATEGORY.value
            if group.label and by_cadence:
                self._group_heading(DUTIES, cadence, group.cadence, group.label)
            elif group.label:
                self.book.heading(group.label, 2)
            for duty in group.duties:
                at, row = places[duty.id]
                under = "cadence" if by_cadence and row["cadence"] == group.cadence else ""
                self._thing(DUTIES, row, at, numbers="duties", under=under)
        if self.body["catch_all"]:
            self.book.paragraph([self._flag("catch_all", _("Further work as given by the superior."))])

    def _numbered(self, part: Part) -> None:
        rows = self.body[part.name]
        if rows:
            self.book.heading(str(part.heading))
        for at, row in enumerate(rows):
            self._thing(part, row, at, numbers=part.name)

    def _qualifications(self) -> None:
        if self.body[QUALIFICATIONS.name]:
            self.book.heading(str(QUALIFICATIONS.heading))
            self._grouped(QUALIFICATIONS, "kind")

    def _sections(self) -> None:
        for at, row in enumerate(self.body["sections"]):
            heading, text = SECTIONS.columns
            if row["heading"]:
                self.book.heading(self._value(SECTIONS, heading, row, at))
            self.book.rich(self._tag(SECTIONS, text, row, at), row[text.name], row["heading"])

    def _thing(self, part: Part, row: Mapping[str, Any], at: int, *, numbers: str, under: str = "") -> None:
        """Write one thing; ``under`` is the column that the heading above says already."""
        lead = next(
            (column for column in part.columns if column.name == "text" and self._says(column, row)),
            part.lead,
        )
        first = part.lead
        pieces: list[Piece] = []
        if first.name != lead.name and self._says(first, row):
            pieces += [self._value(part, first, row, at), Fixed("：" if self._chinese else ": ")]
        if self._says(lead, row):
            pieces.append(self._value(part, lead, row, at))
        shown = {first.name, lead.name, under}
        more: list[Piece] = []
        for column in part.columns:
            if column.name in shown or not self._worth_saying(column, row):
                continue
            gap = "    " if more else ""
            more += [
                Fixed(f"{gap}{column.label}{'：' if self._chinese else ': '}"),
                self._value(part, column, row, at),
            ]
        self.book.item(pieces, more, numbers)

    # --- values

    @property
    def _chinese(self) -> bool:
        return self.language.startswith("zh")

    def _says(self, column: Column, row: Mapping[str, Any]) -> bool:
        value = row[column.name]
        return value is not None and value != "" and value is not False

    def _worth_saying(self, column: Column, row: Mapping[str, Any]) -> bool:
        """Tell whether leaving ``column`` out would lose something, or whether it is there to be changed."""
        if column.kind == "flag":
            return bool(row[column.name]) != bool(column.empty)
        return self._says(column, row)

    def _tag(self, part: Part, column: Column, row: Mapping[str, Any], at: int) -> str:
        return word_tags.of_row(part.block, column.name, row["id"], at)

    def _value(self, part: Part, column: Column, row: Mapping[str, Any], at: int) -> Value:
        tag, name = self._tag(part, column, row, at), str(column.label)
        value = row[column.name]
        match column.kind:
            case "choice":
                choices = tuple((str(key), str(label)) for key, label in column.choices.choices)
                if not column.required:
                    choices = (("", "—"), *choices)
                if value not in dict(choices):  # a word of another time stands for itself
                    choices = (*choices, (value, value))
                return Value(tag, dict(choices)[value], name, choices)
            case "flag":
                choices = (("yes", _("yes")), ("no", _("no")))
                return Value(tag, choices[0 if value else 1][1], name, choices)
            case "reference":
                shown = named(row, f"{column.name}_name") if row.get(f"{column.name}_name") else value
                return Value(tag, shown, name, ((value, shown),) if value else ())
        return Value(tag, "" if value is None else str(value), name)

    def _single(self, name: str, text: str, label: str = "") -> Value:
        return Value(word_tags.of_single(name), text, label)

    def _flag(self, name: str, words: str) -> Value:
        choices = (("yes", words), ("no", pgettext("statement of a description", "not said")))
        return Value(word_tags.of_single(name), words, words, choices)

    def _chosen(self, name: str, label: str) -> Value:
        value = self.body[name] or CHOICES.get(name, "")
        choices = tuple((str(key), str(text)) for key, text in CHOICE_OF[name].choices)
        if value not in dict(choices):
            choices = (*choices, (value, value))
        return Value(word_tags.of_single(name), dict(choices)[value], label, choices)

    def _named_posts(self, name: str, posts: Sequence[Mapping[str, Any]]) -> Iterable[Piece]:
        for number, post in enumerate(posts):
            if number:
                yield Fixed("、" if self._chinese else ", ")
            yield Value(word_tags.of_single(name, post["code"]), named(post, "title"), post["code"])
