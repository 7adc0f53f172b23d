"""Settings of the test suite: fast hashes, mail in memory, no manifest; SQLite unless REMIT_DATABASE_URL says otherwise."""

from backoffice.settings.base import *  # noqa: F403
from backoffice.settings.base import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
AXES_ENABLED = False
DATABASES["default"].setdefault("TEST", {})
