"""The repeatable parts of a position description, and everything known about each of them in one place.

A part is a list of things of one kind (duties, scripts, systems …). From this table come the block of the
editor (``blocks``), the rows of an edition (``body``), the words of a comparison (``comparison``) and the
layout for reading (``layout``). The page's column, the key in the body and ``Part.name`` are the same word.
A part or column may be added; none is ever renamed: editions are read by these names for ever.

``docs/position-fields.md`` lists which part answers which field of the specification (PD-01 … PD-46).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.positions import enums

ColumnKind = Literal["text", "choice", "flag", "whole", "money", "rich", "reference", "link"]
Shape = Literal["points", "groups", "table", "steps", "own"]
Place = Literal["opening", "work", "standing", "closing"]


@dataclass(frozen=True)
class Column:
    """One value of a thing.

    ``length`` above 200 is a field of several lines. ``kind`` decides how it is stored: ``money`` as text
    with two decimals, ``whole`` as a number or None, ``flag`` as true or false, ``rich`` as the marks of
    ``markup.KEPT``, ``reference`` as ``form:<key>`` or ``workflow:<key>``, ``link`` as
    ``<key of a library item>@<version>``, the rest as text. ``local``: said for this post alone, so an item of
    the library does not say it.
    """

    name: str
    label: Any
    kind: ColumnKind = "text"
    length: int = 200
    help: Any = ""
    required: bool = False
    choices: type[TextChoices] | None = None
    default: Any = ""
    most: int | None = None
    local: bool = False

    @property
    def empty(self) -> Any:
        """Return what a row holds where nothing was filled in."""
        return {"flag": bool(self.default), "whole": None}.get(self.kind, self.default)


@dataclass(frozen=True)
class Part:
    """A list of things of one kind: ``heading`` over all of them, ``one`` for one of them.

    ``columns`` are what a reader is told. ``shape`` and ``place`` say how and where it is laid out (``own``: the
    templates know it by name); ``group_by`` is the column that makes the groups. ``library``: the same wording
    serves several posts, so items of the library may be kept for it (``positions.library``).
    """

    name: str
    block: str
    heading: Any
    one: Any
    columns: tuple[Column, ...]
    shape: Shape = "points"
    place: Place = "closing"
    icon: str = "list-ul"
    group_by: str = ""
    help: Any = ""
    library: bool = False

    @property
    def stored(self) -> tuple[Column, ...]:
        """Return everything a row holds: what a reader is told, and where it was taken from."""
        return (*self.columns, LINK) if self.library else self.columns

    @property
    def lead(self) -> Column:
        """Return the column that names a thing: the first that is written by hand."""
        return next(column for column in self.columns if column.kind in ("text", "rich"))


def _text(label: Any, *, length: int = 1000, hint: Any = "", name: str = "text") -> Column:
    return Column(name, label, length=length, help=hint, required=True)


_RELATED = Column(
    "related",
    _("Related form or workflow"),
    "reference",
    help=_("Where this is done in the system."),
)

# Where a row was taken from. Kept with the row and never a part of its text: absent from a body where empty.
LINK = Column("library", _("Library"), "link", length=80)

DUTIES = Part(
    "duties",
    "duty",
    _("Duties"),
    pgettext_lazy("one of several", "Duty"),
    (
        _text(
            _("Duty"),
            length=2000,
            hint=_("What the holder does, as one sentence that begins with a verb."),
        ),
        Column(
            "cadence",
            _("How often"),
            "choice",
            choices=enums.Cadence,
            default=enums.Cadence.ONGOING.value,
            required=True,
            help=_("Duties are grouped by this for reading."),
        ),
        Column("deadline", _("Deadline"), length=120, help=_("Such as: by the 10th; in 24 hours.")),
        Column("deliverable", _("Deliverable"), help=_("What is handed over: a report, a file, an entry.")),
        Column("recipient", _("Recipient"), length=120, help=_("Who gets the deliverable.")),
        Column(
            "category",
            pgettext_lazy("of a duty", "Subject"),
            length=80,
            help=_("A heading for several duties, such as: before the repair."),
        ),
        Column(
            "weight",
            _("Share of working time (%)"),
            "whole",
            most=100,
            help=_("A rough figure; may stay empty."),
            local=True,
        ),
        _RELATED,
        Column(
            "supplementary",
            _("Supplementary duty"),
            "flag",
            help=_("Beside the main duties: printed with a note."),
        ),
    ),
    "own",
    "work",
    "tasks",
    library=True,
)
REQUIREMENTS = Part(
    "specific_requirements",
    "requirement",
    _("Specific requirements of the post"),
    pgettext_lazy("one of several", "Requirement"),
    (
        _text(_("Requirement"), hint=_("Something this post has to bring about, beside its duties.")),
        Column("deliverable", _("Deliverable")),
        Column("deadline", _("Deadline"), length=120),
    ),
    place="work",
    icon="list-ol",
    library=True,
)
STEPS = Part(
    "process_steps",
    "step",
    _("Work process"),
    pgettext_lazy("one of several", "Step"),
    (
        _text(_("Step"), hint=_("In the order in which they follow one another.")),
        Column("responsible", _("Who"), length=120, help=_("Empty: the holder.")),
        Column("deadline", _("Deadline"), length=120),
        _RELATED,
    ),
    "steps",
    "work",
    "order",
    library=True,
)
STANDARDS = Part(
    "work_standards",
    "standard",
    _("Work standards"),
    pgettext_lazy("one of several", "Work standard"),
    (
        Column("heading", _("Heading"), length=120),
        _text(_("Work content"), name="content"),
        Column("requirement", _("Requirement"), length=1000, help=_("How it is done well.")),
    ),
    "table",
    "work",
    "table",
    library=True,
)
SCRIPTS = Part(
    "scripts",
    "script",
    _("Scripts"),
    pgettext_lazy("one of several", "Script"),
    (
        _text(_("Situation"), name="situation", length=200),
        Column(
            "text",
            _("Words"),
            length=2000,
            required=True,
            help=_("Write what varies in braces: {customer}, {plate}."),
        ),
        Column("channel", _("Channel"), "choice", choices=enums.ScriptChannel),
        Column("question", _("Question"), "choice", choices=enums.QuestionKind),
        Column("next", _("Depending on the answer"), length=1000, help=_("What to say then, or what to do.")),
    ),
    "points",
    "work",
    "openquote",
    library=True,
)
AUTHORITIES = Part(
    "authorities",
    "authority",
    _("Authorities"),
    pgettext_lazy("one of several", "Authority"),
    (
        _text(_("Authority"), hint=_("What the holder may decide, approve, propose or inspect.")),
        Column("kind", _("Kind"), "choice", choices=enums.AuthorityKind),
        Column(
            "limit",
            _("Limit"),
            length=120,
            help=_("A condition or an amount in words, if the authority has one."),
        ),
        Column("amount", _("Limit in yuan"), "money", help=_("Only where there is a figure.")),
    ),
    "own",
    "standing",
    "key",
    library=True,
)
RIGHTS = Part(
    "rights",
    "right",
    _("Rights and obligations"),
    pgettext_lazy("one of several", "Right or obligation"),
    (
        Column(
            "kind",
            _("Kind"),
            "choice",
            choices=enums.RightKind,
            default=enums.RightKind.RIGHT.value,
            required=True,
        ),
        _text(_("Wording")),
    ),
    "groups",
    "standing",
    "check",
    group_by="kind",
    library=True,
)
ACCOUNTABILITIES = Part(
    "accountabilities",
    "accountability",
    _("Accountability"),
    pgettext_lazy("one of several", "Accountability"),
    (
        _text(_("Answerable for")),
        Column("consequence", _("Consequence"), length=300, help=_("What follows if it goes wrong.")),
    ),
    place="standing",
    icon="warning",
    library=True,
)
QUALIFICATIONS = Part(
    "qualifications",
    "qualification",
    _("Qualifications"),
    pgettext_lazy("one of several", "Qualification"),
    (
        Column(
            "kind",
            _("Kind"),
            "choice",
            choices=enums.QualificationKind,
            default=enums.QualificationKind.OTHER.value,
            required=True,
        ),
        _text(_("Qualification")),
        Column(
            "mandatory",
            _("Mandatory"),
            "flag",
            default=True,
            help=_("Not ticked: an advantage, not a condition."),
        ),
    ),
    "own",
    "standing",
    "clipboard-list",
    library=True,
)
RELATIONS = Part(
    "relations",
    "relation",
    _("Working relations"),
    pgettext_lazy("one of several", "Working relation"),
    (
        Column(
            "kind",
            _("Kind"),
            "choice",
            choices=enums.RelationKind,
            default=enums.RelationKind.INTERNAL.value,
            required=True,
        ),
        _text(
            _("With whom"),
            name="party",
            length=200,
            hint=_("A post, a department, all departments; outside: insurers, the police, the maker."),
        ),
        Column("about", _("About what"), length=300),
    ),
    "groups",
    "opening",
    "group",
    group_by="kind",
)
STAFFING = Part(
    "staffing",
    "post",
    _("Staffing of the unit"),
    pgettext_lazy("one of several", "Line of staffing"),
    (
        _text(_("Post"), name="post", length=120),
        Column("number", pgettext_lazy("of people", "Number"), "whole", most=9999),
        Column("note", _("Note")),
    ),
    "table",
    "opening",
    "group",
)
CONDUCT = Part(
    "conduct_rules",
    "rule",
    _("Code of conduct"),
    pgettext_lazy("one of several", "Rule of conduct"),
    (
        Column(
            "group",
            pgettext_lazy("of rules", "Group"),
            length=80,
            help=_("Such as: appearance, professional, behaviour."),
        ),
        _text(_("Rule")),
    ),
    "groups",
    icon="user",
    group_by="group",
    library=True,
)
PAY = Part(
    "pay_components",
    "pay",
    _("Pay"),
    pgettext_lazy("one of several", "Component of pay"),
    (
        _text(_("Component"), name="component", length=120, hint=_("Base pay, floating pay, commission …")),
        Column("amount", _("Amount in yuan"), "money"),
        Column("formula", _("Formula"), length=300, help=_("How it is worked out, in words or figures.")),
    ),
    "table",
)
SCORECARD = Part(
    "scorecard",
    "indicator",
    _("Performance scorecard"),
    pgettext_lazy("one of several", "Indicator"),
    (
        _text(_("Indicator"), name="indicator", length=200),
        Column("target", _("Target")),
        Column("weight", _("Weight (%)"), "whole", most=100, local=True),
        Column("source", _("Source of the figure"), help=_("Report, system or scorecard it is taken from.")),
    ),
    "table",
    icon="success",
    library=True,
)
REWARDS = Part(
    "rewards",
    "measure",
    _("Rewards and penalties"),
    pgettext_lazy("one of several", "Reward or penalty"),
    (
        Column(
            "kind",
            _("Kind"),
            "choice",
            choices=enums.RewardKind,
            default=enums.RewardKind.REWARD.value,
            required=True,
        ),
        _text(_("Condition"), name="condition", length=500),
        Column("measure", _("Measure"), length=300),
        Column("amount", _("Amount in yuan"), "money"),
        Column("unit", _("Unit"), length=40, help=_("Such as: each time, a month.")),
    ),
    "table",
    icon="pick",
    library=True,
)
MOVEMENTS = Part(
    "movements",
    "movement",
    _("Probation, transfer, leaving"),
    pgettext_lazy("one of several", "Rule on staff movement"),
    (
        Column(
            "kind",
            _("Kind"),
            "choice",
            choices=enums.MovementKind,
            default=enums.MovementKind.PROBATION.value,
            required=True,
        ),
        _text(_("Rule")),
    ),
    "groups",
    icon="resubmit",
    group_by="kind",
    library=True,
)
CAUTIONS = Part(
    "cautions",
    "caution",
    _("Points to note"),
    pgettext_lazy("one of several", "Point to note"),
    (_text(_("Point")),),
    icon="warning",
    library=True,
)
RELATED = Part(
    "related_documents",
    "related",
    _("Related forms and reports"),
    pgettext_lazy("one of several", "Related form or report"),
    (
        _text(pgettext_lazy("of a document or system", "Name"), name="title", length=200),
        Column("note", _("Note")),
        _RELATED,
    ),
    icon="form",
    library=True,
)
SYSTEMS = Part(
    "systems",
    "system",
    _("Systems used"),
    pgettext_lazy("one of several", "System"),
    (
        _text(pgettext_lazy("of a document or system", "Name"), name="title", length=120),
        Column("purpose", _("Used for")),
    ),
    icon="desktop",
    library=True,
)
ATTACHMENTS = Part(
    "attachments",
    "attachment",
    _("Attachments"),
    pgettext_lazy("one of several", "Attachment"),
    (
        _text(pgettext_lazy("of a document or system", "Name"), name="title", length=200),
        Column("reference", _("Number or place"), help=_("Where the attachment is kept.")),
    ),
    icon="doc-full",
)
SECTIONS = Part(
    "sections",
    "section",
    _("Further sections"),
    pgettext_lazy("one of several", "Section"),
    (
        _text(_("Heading"), name="heading", length=120),
        Column("body", _("Text"), "rich", required=True),
    ),
    "own",
    icon="title",
)

PARTS: tuple[Part, ...] = (
    RELATIONS,
    STAFFING,
    DUTIES,
    REQUIREMENTS,
    STEPS,
    STANDARDS,
    SCRIPTS,
    RIGHTS,
    AUTHORITIES,
    ACCOUNTABILITIES,
    QUALIFICATIONS,
    CONDUCT,
    SCORECARD,
    PAY,
    REWARDS,
    MOVEMENTS,
    CAUTIONS,
    RELATED,
    SYSTEMS,
    ATTACHMENTS,
    SECTIONS,
)
BY_NAME = {part.name: part for part in PARTS}


@dataclass(frozen=True)
class Single:
    """A text of the description that stands once. ``rich``: with the marks of ``markup.KEPT``."""

    name: str
    heading: Any
    place: Place
    rich: bool = False


SINGLES: tuple[Single, ...] = (
    Single("preamble", _("Preamble"), "opening", rich=True),
    Single("scope", _("Scope"), "opening"),
    Single("qualities", _("Qualities and frame of mind"), "standing", rich=True),
    Single("confidentiality", _("Confidentiality"), "closing"),
    Single("legal_clause", _("Compliance with the law"), "closing", rich=True),
    Single("training_outline", _("Training outline"), "closing", rich=True),
)
