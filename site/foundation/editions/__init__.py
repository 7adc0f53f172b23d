"""Editions: published, numbered, hashed states of definitions and texts.

Others use ``services.publish``, the answers of ``queries``, ``difference`` between two bodies,
``canonical`` bytes, ``texts`` in several languages, the errors of ``exceptions``; they point at
``models.Edition`` (PROTECT).
"""
