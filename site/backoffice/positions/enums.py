"""The closed vocabularies of a position description. Stored words are short and stable; labels are
translated.

``Cadence`` says when a duty is due; its order is the order in which duties are grouped for reading.
``QualificationKind`` sorts what is asked of the holder. ``DocumentKind`` is the kind of document this is.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DocumentKind(models.TextChoices):
    """What the document is, as its cover says."""

    DESCRIPTION = "description", _("Position description")
    DUTIES = "duties", _("List of duties")
    SYSTEM = "system", _("Responsibility system")
    PROCESS = "process", _("Work process")
    RULES = "rules", _("Working rules")


class Cadence(models.TextChoices):
    """How often a duty comes round."""

    ONGOING = "ongoing", pgettext_lazy("cadence", "Ongoing")
    DAILY = "daily", pgettext_lazy("cadence", "Daily")
    WEEKLY = "weekly", pgettext_lazy("cadence", "Weekly")
    MONTHLY = "monthly", pgettext_lazy("cadence", "Monthly")
    QUARTERLY = "quarterly", pgettext_lazy("cadence", "Quarterly")
    HALF_YEARLY = "half_yearly", pgettext_lazy("cadence", "Half-yearly")
    YEARLY = "yearly", pgettext_lazy("cadence", "Yearly")
    EVENT = "event", pgettext_lazy("cadence", "When it occurs")


class QualificationKind(models.TextChoices):
    """What a qualification is about."""

    EDUCATION = "education", pgettext_lazy("qualification", "Education")
    FIELD = "field", pgettext_lazy("qualification", "Field of study")
    EXPERIENCE = "experience", pgettext_lazy("qualification", "Experience")
    KNOWLEDGE = "knowledge", pgettext_lazy("qualification", "Knowledge")
    SKILL = "skill", pgettext_lazy("qualification", "Skill")
    CERTIFICATE = "certificate", pgettext_lazy("qualification", "Certificate or training")
    LANGUAGE = "language", pgettext_lazy("qualification", "Language")
    SOFTWARE = "software", pgettext_lazy("qualification", "Software")
    CHARACTER = "character", pgettext_lazy("qualification", "Character")
    HEALTH = "health", pgettext_lazy("qualification", "Health")
    APPEARANCE = "appearance", pgettext_lazy("qualification", "Appearance")
    AGE = "age", pgettext_lazy("qualification", "Age")
    OTHER = "other", pgettext_lazy("qualification", "Other")


class UnitKind(models.TextChoices):
    """What the document describes."""

    POST = "post", pgettext_lazy("described", "A post")
    DEPARTMENT = "department", pgettext_lazy("described", "A whole department")


class ControlledStatus(models.TextChoices):
    """Whether the document is kept up to date for its readers (ISO 9001, documented information)."""

    CONTROLLED = "controlled", pgettext_lazy("document", "Controlled")
    UNCONTROLLED = "uncontrolled", pgettext_lazy("document", "For reference only")


class DutyGrouping(models.TextChoices):
    """By what duties are grouped for reading."""

    CADENCE = "cadence", pgettext_lazy("grouped by", "How often")
    CATEGORY = "category", pgettext_lazy("grouped by", "Subject")


class AuthorityKind(models.TextChoices):
    """What an authority lets its holder do."""

    DECIDE = "decide", pgettext_lazy("authority", "Decide")
    MANAGE = "manage", pgettext_lazy("authority", "Manage")
    PROPOSE = "propose", pgettext_lazy("authority", "Propose")
    INSPECT = "inspect", pgettext_lazy("authority", "Inspect")
    ARBITRATE = "arbitrate", pgettext_lazy("authority", "Settle disputes")
    ASSESS = "assess", pgettext_lazy("authority", "Assess people")
    SPEND = "spend", pgettext_lazy("authority", "Spend up to a limit")
    REFUND = "refund", pgettext_lazy("authority", "Refund")
    DISCOUNT = "discount", pgettext_lazy("authority", "Grant discounts")


class RightKind(models.TextChoices):
    """Whether the holder may or must."""

    RIGHT = "right", pgettext_lazy("of the holder", "Right")
    OBLIGATION = "obligation", pgettext_lazy("of the holder", "Obligation")


class RelationKind(models.TextChoices):
    """Where the other side of a working relation sits."""

    INTERNAL = "internal", pgettext_lazy("relation", "Internal")
    EXTERNAL = "external", pgettext_lazy("relation", "External")


class ScriptChannel(models.TextChoices):
    """How the words of a script reach the customer."""

    FACE_TO_FACE = "face_to_face", pgettext_lazy("channel", "Face to face")
    TELEPHONE = "telephone", pgettext_lazy("channel", "Telephone")
    MESSAGE = "message", pgettext_lazy("channel", "Message")
    WRITING = "writing", pgettext_lazy("channel", "Letter or e-mail")


class QuestionKind(models.TextChoices):
    """What kind of question a script asks, if it asks one."""

    OPEN = "open", pgettext_lazy("question", "Open question")
    CLOSED = "closed", pgettext_lazy("question", "Closed question")


class RewardKind(models.TextChoices):
    """Which way a measure goes."""

    REWARD = "reward", pgettext_lazy("measure", "Reward")
    PENALTY = "penalty", pgettext_lazy("measure", "Penalty")


class MovementKind(models.TextChoices):
    """Which movement of staff a rule is about."""

    PROBATION = "probation", pgettext_lazy("staff movement", "Probation")
    TRANSFER = "transfer", pgettext_lazy("staff movement", "Transfer")
    LEAVING = "leaving", pgettext_lazy("staff movement", "Leaving")
    RETURNING = "returning", pgettext_lazy("staff movement", "Returning")
