"""How fast somebody wants to be mailed, and when not."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Pace(models.TextChoices):
    """When a mail about a topic goes out. In the product everything stands at once, whatever the pace."""

    AT_ONCE = "at_once", pgettext_lazy("mail", "At once")
    HOURLY = "hourly", pgettext_lazy("mail", "Once an hour, together")
    DAILY = "daily", pgettext_lazy("mail", "Once a day, together")
    NOT = "not", pgettext_lazy("mail", "No mail")


class Quiet(models.TextChoices):
    """When nothing goes out: what comes then waits for the end of it, unless it is urgent."""

    NONE = "none", pgettext_lazy("quiet time", "Never")
    HOURS = "hours", pgettext_lazy("quiet time", "Between two times of day")
    CALENDAR = "calendar", pgettext_lazy("quiet time", "Outside working hours")


class Channel(models.TextChoices):
    """Which way a delivery goes."""

    MAIL = "mail", _("Mail")
    ROBOT = "robot", _("Robot of a group chat")
