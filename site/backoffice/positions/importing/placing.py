"""Which section of a description, by its printed heading, becomes which part of a page.

The names on the left are those of ``fields``; on the right are parts and columns of ``positions.parts``. What
a section holds becomes things of the part, one for each numbered piece or line; a text stays one text.
"""

PART_OF = {
    "authority": "authorities",
    "responsibility": "accountabilities",
    "relations": "relations",
    "process": "process_steps",
    "performance": "scorecard",
    "pay": "pay_components",
    "rewards": "rewards",
    "rights": "rights",
    "notes": "cautions",
    "scripts": "scripts",
    "forms": "related_documents",
    "systems": "systems",
    "conduct": "conduct_rules",
    "conditions": "working_conditions",
    "purpose": "purpose",
    "scope": "scope",
    "motto": "motto",
}
TEXTS = frozenset({"working_conditions", "purpose", "scope", "motto"})
