"""Reports over cases: what an edition of a report may say (``schema``), whether it can be reckoned (``checking``), and
the figures themselves (``monthly``, ``ageing``). Screens and files are ``backoffice.reports``.

A figure and the list of cases behind it come from the same conditions, so that they always agree.
"""
