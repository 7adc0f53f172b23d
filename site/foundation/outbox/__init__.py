"""Effects that leave the house, each once by its key, and work that comes round by the clock.

Others import ``services`` (send, handles), ``rounds`` (every) and ``queries``.
"""
