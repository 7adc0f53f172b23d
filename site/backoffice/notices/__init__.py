"""Screens of notifications: what a person was told and how they want to be mailed; robots, texts and deliveries for
the administrator. Everything is kept and decided by ``foundation.notifying``.
"""
