"""The builder of workflows: the editor of forms (``studio``) over the parts of a workflow, with its diagram, its
trials, what a new edition touches, and publishing by two people where the house wants it.
"""
