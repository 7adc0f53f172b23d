"""What the worker tells. ``worker_starting``: before it does anything; a receiver that raises stops it.
``job_advanced``: at each step of a job, so that one that takes long keeps nobody from his clock.
"""

from django.dispatch import Signal

worker_starting = Signal()
job_advanced = Signal()
