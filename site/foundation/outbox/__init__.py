"""Effects that leave the house, each once by its key, long work that is watched, and work that comes round.

Others import ``services`` (send, handles), ``jobs`` (begin, carries_out), ``rounds`` (every) and ``queries``.
"""
