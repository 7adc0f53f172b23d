"""Settings for real data. Refuses to start with a default secret or with DEBUG (a demo account is refused at start,
when the database can be asked: ``backoffice.startup``)."""

import base64

from django.core.exceptions import ImproperlyConfigured

from backoffice.settings import environment
from backoffice.settings.base import *  # noqa: F403
from backoffice.settings.base import ALLOWED_HOSTS, REMIT_MASTER_KEY, SECRET_KEY

REMIT_PRODUCTION = True

if SECRET_KEY == environment.DEVELOPMENT_SECRET or len(SECRET_KEY) < 40:
    raise ImproperlyConfigured(
        "REMIT_SECRET_KEY is missing or too short. Make one with: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(60))'"
    )
if REMIT_MASTER_KEY == environment.DEVELOPMENT_MASTER_KEY:
    raise ImproperlyConfigured(
        "REMIT_MASTER_KEY is missing. Make one with: "
        "python3 -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())' "
        "and keep a copy apart from the database: without it recorded personal values cannot be read."
    )
try:
    MASTER_KEY_BYTES = len(base64.b64decode(REMIT_MASTER_KEY, validate=True))
except ValueError:
    MASTER_KEY_BYTES = 0
if MASTER_KEY_BYTES != 32:
    raise ImproperlyConfigured("REMIT_MASTER_KEY must be 32 bytes written in base64 (44 characters).")
if environment.flag("DEBUG"):
    raise ImproperlyConfigured("REMIT_DEBUG=1 shows secrets to visitors. Unset it in production.")
if not environment.items("ALLOWED_HOSTS") or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "REMIT_ALLOWED_HOSTS must list the host names people use, for example remit.example.cn"
    )

HTTPS = environment.flag("HTTPS", default=True)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if environment.number("TRUSTED_PROXIES"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
