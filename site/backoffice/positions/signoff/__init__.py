"""Signing off: holders of a post confirm with their password that they have read its description.

``materiality`` proposes which changes need a signature, ``marking`` keeps what the author decided, ``planning``
says who is to be asked on a day (pure), ``services`` is the one door for every request, ``keeping`` carries the
plan out and reminds. Screens: ``views`` (staff), ``desk`` (the Wagtail admin).
"""
