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
    EXPERIENCE = "experience", pgettext_lazy("qualification", "Experience")
    KNOWLEDGE = "knowledge", pgettext_lazy("qualification", "Knowledge")
    SKILL = "skill", pgettext_lazy("qualification", "Skill")
    CERTIFICATE = "certificate", pgettext_lazy("qualification", "Certificate or training")
    LANGUAGE = "language", pgettext_lazy("qualification", "Language")
    CHARACTER = "character", pgettext_lazy("qualification", "Character")
    OTHER = "other", pgettext_lazy("qualification", "Other")
