"""Registers (台账): the submissions of a form as a list one can filter, sort, add up, export and look up from
other forms.

``columns`` says which columns there are over all editions, ``rules`` who reads what, ``lines`` writes the typed
index beside every submission, ``filters`` and ``selection`` ask it, ``queries`` is the door for other forms.
Why there is an index of its own: ``docs/decisions/0022-registers-keep-typed-lines.md``.
"""
