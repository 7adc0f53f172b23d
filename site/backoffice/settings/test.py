"""Settings of the test suite: fast hashes, mail in memory, no manifest; SQLite without REMIT_DATABASE_URL."""

from backoffice.settings.base import *  # noqa: F403
from backoffice.settings.base import DATA_DIR, DATABASE_URL, DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "files": {
        "BACKEND": "forms.files.storage.PrivateStorage",
        "OPTIONS": {"location": DATA_DIR / "test-files", "base_url": None},
    },
}
FILES_INCOMING_DIR = DATA_DIR / "test-files" / "incoming"
AXES_ENABLED = False
if not DATABASE_URL:
    # A file, as in real life: SQLite's in-memory database locks whole tables between threads and has no WAL.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
