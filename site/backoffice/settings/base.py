"""Settings shared by every installation. See ``environment`` for the variables that change them."""

from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from backoffice.settings import environment

PROJECT_DIR = environment.PROJECT_DIR
SITE_DIR = PROJECT_DIR / "site"
DATA_DIR = environment.data_dir()

SECRET_KEY = environment.text("SECRET_KEY", environment.DEVELOPMENT_SECRET)
REMIT_MASTER_KEY = environment.text("MASTER_KEY", environment.DEVELOPMENT_MASTER_KEY)
DEBUG = False
ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
BASE_URL = environment.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    # Ours first: templates and translations of the same name win over those of the libraries.
    "foundation.organisation",
    "foundation.editions",
    "foundation.worktime",
    "foundation.audit",
    "foundation.outbox",
    "foundation.notifying",
    "foundation.packs",
    "forms",
    "workflows",
    "backoffice.access",
    "backoffice.positions",
    "backoffice.intake",
    "backoffice.studio",
    "backoffice.casework",
    "backoffice.reports",
    "backoffice.auditing",
    "backoffice.notices",
    "backoffice.exports",
    "backoffice.access.wagtail_apps.PeopleConfig",
    "wagtail.contrib.settings",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "simple_history",
    "django_fsm",
    "axes",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backoffice.access.csp.ContentSecurityPolicy",
    "backoffice.access.unreadable.DropUnreadableCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    # The gate asks before the CSRF check: a closed address answers the same to every form. It needs request.user,
    # which is there, because every process_request runs before the first process_view.
    "backoffice.access.gate.Gate",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
ASGI_APPLICATION = "backoffice.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "backoffice.access.navigation.navigation",
            ],
        },
    },
]

# --- database ------------------------------------------------------------------------------------------------
DATABASE_URL = environment.text("DATABASE_URL")


def database(url: str) -> dict[str, Any]:
    """Return the connection settings for ``url``; an empty one means SQLite in the data folder.

    SQLite: a write transaction takes its lock at the start (IMMEDIATE), otherwise two readers that both go on
    to write fail at once; FULL makes a commit survive a power cut; WAL lets readers go on while one writes.
    """
    if url:
        return {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "remit.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "organisation.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "access:sign-in"
LOGIN_REDIRECT_URL = "access:home"
LOGOUT_REDIRECT_URL = "access:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "backoffice.access.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "backoffice.access.lockout.client_address"
REMIT_TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES")
CSRF_FAILURE_VIEW = "backoffice.access.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_SAMESITE = "Lax"

# --- languages and time --------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [SITE_DIR / "backoffice" / "locale" / "remit", SITE_DIR / "backoffice" / "locale" / "wagtail"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files ---------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [SITE_DIR / "backoffice" / "static"]
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "files": {
        "BACKEND": "forms.files.storage.PrivateStorage",
        "OPTIONS": {
            "location": DATA_DIR / "files",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# What people upload to forms: looked into in the first folder, kept in the storage "files".
FILES_INCOMING_DIR = DATA_DIR / "files" / "incoming"
FILES_LARGEST = environment.number("FILES_LARGEST_MB", 50) * 1024 * 1024
FILES_MOST_PIXELS = environment.number("FILES_MOST_MEGAPIXELS", 64) * 1_000_000
FILES_MOST_WAITING = environment.number("FILES_MOST_WAITING_MB", 1024) * 1024 * 1024
FILES_SCANNER = environment.text("FILES_SCANNER")
FILES_SCANNER_REQUIRED = environment.flag("FILES_SCANNER_REQUIRED", default=True)
FILES_SIGNATURE_FONT = SITE_DIR / "backoffice" / "exports" / "fonts" / "NotoSansSC-Regular.ttf"
RENDERED_DIR = DATA_DIR / "rendered"
# How many documents of a booklet are made at once; 0: as many as there are processors.
RENDER_PROCESSES = environment.number("RENDER_PROCESSES", 0)
# How a position description is numbered that has no number of its own: {code} and {department} are filled in.
POSITION_DOCUMENT_NUMBER = environment.text("POSITION_DOCUMENT_NUMBER", "PD-{code}")

# --- tasks ---------------------------------------------------------------------------------------------------
# Wagtail's own jobs (index of references and search) run in the request, so that they are never behind;
# ours go to the worker.
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": []},
    "work": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []},
}

# --- mail ----------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
globals().update(environment.mail())
# How long the product keeps what it told people, and what went out for it.
NOTIFICATIONS_KEEP_DAYS = environment.number("NOTIFICATIONS_KEEP_DAYS", 120)
# Where robots of group chats may live, and which networks inside the house may be spoken to (none, as a rule).
ROBOT_HOSTS = environment.items("ROBOT_HOSTS", "qyapi.weixin.qq.com,oapi.dingtalk.com,open.feishu.cn")
ROBOT_NETWORKS = environment.items("ROBOT_NETWORKS")
ROBOT_CA_FILE = environment.text("ROBOT_CA_FILE")
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "remit@localhost")

# --- history -------------------------------------------------------------------------------------------------
SIMPLE_HISTORY_HISTORY_ID_USE_UUID = True
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_DATE_INDEX = "composite"

# --- wagtail -------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Remit 职责台"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = False
WAGTAIL_WORKFLOW_CANCEL_ON_PUBLISH = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
# One page for one's password, /password/: it writes the event and ends the other sessions.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAILADMIN_LOGIN_URL = "access:sign-in"
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "backoffice.search"}}
TAGGIT_CASE_INSENSITIVE = True

# --- what a browser may do with our pages --------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "frame-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
UPLOAD_CEILING = 4 * FILES_LARGEST
"""Bytes of files in one request; Django has no limit of its own."""
FILE_UPLOAD_HANDLERS = [
    "backoffice.access.uploads.Ceiling",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"remit": {"level": "INFO"}, "axes": {"level": "ERROR"}},
}
