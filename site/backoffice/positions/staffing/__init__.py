"""Who holds which post: HR's screens in the admin, what a description says of its holders, one's own posts.

Everything is written by ``foundation.organisation.services``; nothing here decides a rule of its own. ``queries``
reads, ``forms`` asks, ``views`` are HR's screens, ``mine`` the page of one's own posts.
"""
