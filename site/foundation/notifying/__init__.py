"""Telling people: the one door through which the product says something to somebody.

Other rooms import ``services`` (tell, Telling, Matter), ``kinds`` (what may be said: register a topic and its kinds in
``AppConfig.ready``) and ``matters`` (who may still see what was spoken of). Screens import ``queries`` and
``preferences`` besides. Each telling is a row in the product at once; mail and robots follow after the commit, when
the receiver wants them.
"""
