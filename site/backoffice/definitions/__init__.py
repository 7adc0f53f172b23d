"""How definitions of forms and workflows are said to people: names of properties, values, and what two of them say
otherwise. Imports no screen: the editors say so before something is published, the auditor's pages ever after.
"""
