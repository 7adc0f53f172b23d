"""What a case may do, and the one door through which it does it. No HTTP, no Wagtail.

Other rooms import ``workflows.schema`` (the contract of a definition), ``workflows.services`` (writes),
``workflows.queries`` (reads), ``workflows.rules`` (answers) and ``workflows.exceptions``; the rest is inner.
"""
