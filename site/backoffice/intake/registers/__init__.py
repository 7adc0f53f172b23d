"""Registers on the staff side: the list of them, one with filters and saved views, files out of it and sheets into
it. What is asked of the database, and who may, is ``forms.registers``.
"""
