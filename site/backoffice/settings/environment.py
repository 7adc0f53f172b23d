"""The only place that reads environment variables.

======================= ========================== ========================================================
variable                default                    meaning
======================= ========================== ========================================================
REMIT_SECRET_KEY        a fixed development key    signs sessions; production refuses the default
REMIT_MASTER_KEY        a fixed development key    wraps the keys of recorded personal values; 32 bytes,
                                                   base64; production refuses the default
REMIT_DATABASE_URL      SQLite in the data folder  ``postgres://user:password@host/name`` for PostgreSQL
REMIT_DATA_DIR          ``.data`` in the project   database file, uploads, rendered PDFs, static files
REMIT_ALLOWED_HOSTS     localhost,127.0.0.1,[::1]  host names served, comma separated
REMIT_BASE_URL          http://127.0.0.1:8000      address people use; written into mails and QR codes
REMIT_BIND              127.0.0.1:8000             where ``manage.py serve`` listens
REMIT_DEBUG             0                          1 shows tracebacks (development only)
REMIT_TRUSTED_PROXIES   0                          number of reverse proxies in front that set X-Forwarded-*
REMIT_HTTPS             1 in production            0 only where TLS ends elsewhere and that is intended
REMIT_EMAIL_URL         written to the data folder ``smtp://user:password@host:587``
REMIT_MAIL_FROM         remit@localhost            sender of mails
REMIT_NOTIFICATIONS_KEEP_DAYS  120                 days for which notifications and their deliveries are kept
REMIT_ROBOT_HOSTS       WeCom, DingTalk, Feishu    hosts (with port where it is not 443) of robots, comma separated
REMIT_ROBOT_NETWORKS    none                       networks inside the house robots may live in: 10.1.2.0/24
REMIT_ROBOT_CA_FILE     those of the system        certificates that vouch for such hosts
REMIT_RENDER_PROCESSES  0: one for each processor  documents of a booklet made at once; 400 MB each at most
REMIT_FILES_LARGEST_MB  50                         megabytes of one uploaded file, whatever a form says
REMIT_FILES_MOST_MEGAPIXELS  64                    million pixels of one picture
REMIT_FILES_MOST_WAITING_MB  1024                  megabytes one person may have uploaded and not submitted
REMIT_FILES_SCANNER     none                       ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl`` for
                                                   ClamAV, or the dotted path of a callable
REMIT_FILES_SCANNER_REQUIRED  1                    0 hands files out that the scanner could not look at
======================= ========================== ========================================================
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

PROJECT_DIR = Path(__file__).resolve().parents[3]

DEVELOPMENT_SECRET = "development-only-key-never-used-in-production"  # noqa: S105 - refused by production.py
DEVELOPMENT_MASTER_KEY = "cmVtaXQtZGV2ZWxvcG1lbnQtbWFzdGVyLWtleS0wMDA="


def text(name: str, default: str = "") -> str:
    """Return the variable ``REMIT_<name>`` as stripped text."""
    return os.environ.get(f"REMIT_{name}", default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    """Return ``REMIT_<name>`` as yes or no (``1/true/yes/on``)."""
    value = text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int = 0) -> int:
    """Return ``REMIT_<name>`` as a whole number."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise SystemExit(f"REMIT_{name} must be a whole number, not {value!r}.") from None


def items(name: str, default: str = "") -> list[str]:
    """Return ``REMIT_<name>`` as the list of its comma separated parts."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def mail() -> dict[str, object]:
    """Return the mail settings that ``REMIT_EMAIL_URL`` means, none without it.

    ``smtp://`` changes to TLS where the port is 587, ``smtps://`` speaks TLS from the first byte.
    """
    url = text("EMAIL_URL")
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host, parts = None, None, urlsplit("")
    if parts.scheme not in {"smtp", "smtps"} or not host:
        raise SystemExit("REMIT_EMAIL_URL must look like smtp://user:password@host:587 or smtps://…")
    tls_from_start = parts.scheme == "smtps"
    port = port or (465 if tls_from_start else 25)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls_from_start,
        "EMAIL_USE_TLS": not tls_from_start and port == 587,
        "EMAIL_TIMEOUT": 20,
    }


def data_dir() -> Path:
    """Return the folder that holds everything this installation writes, made when it is missing."""
    folder = Path(text("DATA_DIR") or PROJECT_DIR / ".data").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
