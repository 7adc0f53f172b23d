"""The writers of this room: ``cases`` (open, take a step), ``definitions`` (publish a workflow)."""
