"""Approval of position descriptions with four eyes.

A description is *governed* when a Wagtail workflow applies to its page. Nothing of a governed description comes
into force unless that very text was approved, through the workflow, by people who neither wrote nor submitted
it: superusers included, on every route (``door``). Approvers need neither rights in Wagtail nor a way into it:
they decide on the staff side (``views``).

Wagtail's tables say where a text stands (``WorkflowState``, ``TaskState``); beside each state of a task stands one
row of ours, ``models.ApprovalStep``, with the exact text that was put before the approvers, who wrote it, and the
decision. Every decision is an event on the stream of the position.
"""
