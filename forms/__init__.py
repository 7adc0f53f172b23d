"""What is asked and what was answered; no HTTP, no Wagtail, no cases.

Rooms above may import ``schema`` (the contract of a definition), ``checking``, ``fields``, ``logic`` (the one
interpreter), ``models``, ``queries``, ``rules``, ``exceptions``, ``numbering`` and ``services``.
"""
