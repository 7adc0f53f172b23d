"""People, departments, positions, who holds and who deputises, and the roles that definitions name.

Others read ``models``, ask ``resolution`` (who has a role here and why), write through ``services``, and
catch the errors of ``exceptions``.
"""
