"""Where workflows refer to the fields of the form their cases begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from forms.uses import FieldUse, names_said
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language
from workflows.definitions import definition_of


def workflows(form_key: str, fields: Collection[str]) -> Iterator[FieldUse]:
    """Yield the workflows in force that begin with a form: each subject and step that names one of the fields; where
    none does, the workflow alone.
    """
    for edition in all_in_force(Edition.Kind.WORKFLOW):
        definition = definition_of(edition)
        if definition.form != form_key:
            continue
        title = in_language(definition.title)
        named = {_("Subject"): set(definition.subject) & set(fields)}
        for step in definition.transitions:
            texts = [step.guard, *(question.model_dump(mode="json") for question in step.asks)]
            named[in_language(step.title)] = names_said(texts, fields)
        found = [FieldUse(title, place, frozenset(names)) for place, names in named.items() if names]
        yield from found or [FieldUse(title)]
