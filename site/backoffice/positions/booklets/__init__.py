"""Booklets (汇编): the descriptions of a department, or of the whole organisation, that are in force on a day.

``contents`` says which descriptions in which order, ``front`` what stands before them, ``making`` makes the file (as a
job of the worker, or for the command), ``views`` are the screens, ``keeping`` clears old files away.
"""
