"""Configuration as text: folders of YAML that are compared with the database, applied to it, written from
it.

A room that has something to configure registers a loader for it in ``AppConfig.ready``
(``registry.register``); for what is published as editions, ``loaders.EditionLoader`` is that loader.
Others use ``registry``, ``loaders``, and raise ``exceptions.PackFault``.
"""
