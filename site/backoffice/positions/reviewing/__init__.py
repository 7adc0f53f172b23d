"""What belongs to the review of imported texts and is kept in the database.

``models``: the state of a review, uploads that wait for the worker, where each part of a draft came from.
``states``: a review that survives being left, and two people at it. ``uploads``: long uploads as a job.
``origins``: from a part of a draft back to the passage.
"""
