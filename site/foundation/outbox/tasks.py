"""The one task of this room, behind Django's task interface: which queue carries it is a setting (alias
``work``).
"""

from __future__ import annotations

from django_tasks import task

from foundation.outbox import services

ALIAS = "work"


@task(backend=ALIAS)
def deliver_message(message_id: int) -> bool:
    """Deliver one effect. Losing this task loses nothing: ``services.sweep`` finds the row."""
    return services.deliver(message_id)
