"""``worker_starting``: sent before the worker does anything. A receiver that raises stops it."""

from django.dispatch import Signal

worker_starting = Signal()
