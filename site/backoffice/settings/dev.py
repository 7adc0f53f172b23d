"""Settings for a developer's machine and for the demonstration: no secret needed, never for real data."""

from backoffice.settings import environment
from backoffice.settings.base import *  # noqa: F403

DEBUG = environment.flag("DEBUG")
