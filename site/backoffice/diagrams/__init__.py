"""Workflows as drawings: states in layers, the ways between them, and the way a case has come.

``layout`` (pure) finds a place for each state and each way; ``drawing`` writes the SVG that the builder of workflows
and the page of a case show; ``telling`` says the same in words, for whoever does not see it; ``lettering`` breaks text
into lines, for the organisation chart too. Imports no screen, so that every screen may use it.
"""
