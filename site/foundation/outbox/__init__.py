"""Effects that leave the house, each once by its key. Others import ``services`` (send, handles) and
``queries``.
"""
