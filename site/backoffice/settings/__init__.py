"""Settings: ``base`` is shared; ``dev``, ``test`` and ``production`` each import it.

The environment is read in ``environment`` and nowhere else.
"""
