"""Screens and files of reports: table, chart, workbook, PDF; each figure leads to its cases.

What a report counts is ``workflows.reports``. Imports no other screen; shows cases by their own address.
"""
