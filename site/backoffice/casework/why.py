"""Why somebody has a case, in words: what the assignment looked at when it chose them (``workflows.assignment``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.schema import definition_of as form_of
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows import way
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.rules import role_names


def why_of(case: Case) -> list[str]:
    """Return the reasons why the assignee has the case, as sentences; none where nobody has it or none are kept."""
    told: Mapping[str, Any] = case.why
    if case.assignee is None or not told:
        return []
    if told.get("given_by"):
        giver = {"person": case.assignee, "by": told["given_by"]}
        return [_("%(by)s gave it to %(person)s; the reason is in the timeline.") % giver]
    sentences = [_chosen(case, told)]
    if told.get("skill"):
        skill = role_names([told["skill"]])[0]
        if told.get("by_skill") == "prefer":
            sentences.append(
                _("Of those equally near, those with “%(skill)s” come first.") % {"skill": skill}
            )
        else:
            sentences.append(_("Only those with “%(skill)s” came into question.") % {"skill": skill})
    if told.get("known"):
        absent = _("%(person)s is named for it, but was not here that day.") % {"person": told["known"]}
        sentences.append(absent)
    sentences.append(_("It came with the step “%(step)s”.") % {"step": _step_title(case, told["step"])})
    return sentences


def _chosen(case: Case, told: Mapping[str, Any]) -> str:
    person = case.assignee
    roles = "、".join(role_names(told.get("roles", ())))
    count = told.get("of", 0)
    match told["mode"]:
        case "choose":
            by = User.objects.filter(pk=way.from_stored(case.walked).last.get(told["step"])).first()
            if by is None:
                return _("%(person)s was chosen by hand.") % {"person": person}
            return _("%(person)s was chosen by %(by)s.") % {"person": person, "by": by}
        case "actor":
            return _("%(person)s took it themselves.") % {"person": person}
        case "submitter":
            return _("It is the matter of %(person)s.") % {"person": person}
        case "field":
            return _("%(person)s is named in the answer to “%(field)s”.") % {
                "person": person,
                "field": _label(case, told.get("field", "")),
            }
        case "turn":
            return ngettext(
                "It was the turn of %(person)s, the only one who holds %(roles)s.",
                "It was the turn of %(person)s, of %(count)d who hold %(roles)s.",
                count,
            ) % {"person": person, "count": count, "roles": roles}
        case _:
            load = told.get("load", 0)
            return ngettext(
                "%(person)s had the fewest open cases: %(load)d, of %(count)d who hold %(roles)s.",
                "%(person)s had the fewest open cases: %(load)d, of %(count)d who hold %(roles)s.",
                load,
            ) % {"person": person, "load": load, "count": count, "roles": roles}


def _label(case: Case, name: str) -> str:
    field = form_of(case.submission.edition).by_id.get(name)
    field = field or definition_of(case.edition).questions().get(name)
    return in_language(field.label) if field is not None else name


def _step_title(case: Case, step: str) -> str:
    steps = definition_of(case.edition).transitions
    return next((in_language(one.title) for one in steps if one.id == step), step)
