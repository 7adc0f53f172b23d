"""Screens of cases: the inbox, the list, the page of one case, its steps. Every change goes through ``workflows``."""
