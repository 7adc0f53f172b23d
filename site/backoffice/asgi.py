"""ASGI entry point: ``backoffice.asgi`` with ``PYTHONPATH=site:.``."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler


def start() -> ASGIHandler:
    """Return the application once everything that must be true is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings.production")
    served = get_asgi_application()
    # Asks the database: it can be imported when the apps are loaded, not before.
    from backoffice import startup

    # Some servers import us inside their event loop, where Django refuses to ask the database.
    with ThreadPoolExecutor(max_workers=1) as other_thread:
        other_thread.submit(startup.check).result()
    return served


application = start()
