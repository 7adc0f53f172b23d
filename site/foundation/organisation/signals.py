"""What other rooms may hear about.

``holding_changed`` is sent by the services of this package after a holding was written, inside their transaction:
what a receiver writes stands or falls with it, and a receiver that raises undoes the whole. Receivers that do
something outside the database send a message through ``foundation.outbox``.

Arguments:
    sender: the ``Holding`` class.
    holding: the row as it is now; for ``struck`` as it was (it has no row any more, ``pk`` is kept).
    change: ``appointed``, ``ended``, ``corrected`` or ``struck``.
    before: ``{"kind", "starts", "ends"}`` with dates as text, None for ``appointed``.
    by: who did it.
"""

from django.dispatch import Signal

holding_changed = Signal()
