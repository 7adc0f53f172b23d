"""Files that answers hold: what they are by their content, where they lie, who may have them.

``services`` is the one door for writing, ``queries`` for reading, ``rules`` for who may. ``opening`` looks into a
file in a process of its own; ``scanning`` asks a virus scanner; ``sweeping`` takes away what belongs to nothing.
"""
