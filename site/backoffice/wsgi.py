"""WSGI entry point: ``gunicorn backoffice.wsgi`` with ``PYTHONPATH=site:.``."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application


def start() -> WSGIHandler:
    """Return the application once everything that must be true is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings.production")
    served = get_wsgi_application()
    # Asks the database: it can be imported when the apps are loaded, not before.
    from backoffice import startup

    startup.check()
    return served


application = start()
