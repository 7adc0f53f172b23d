"""What belongs to a case: its parent and children, links, cases about the same, and what is still to be opened.

Only what the reader may see is named; of the rest the number is told, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of, edition_in_force
from workflows.models import Case, ChildOrder, Sameness
from workflows.queries import cases_visible_to
from workflows.rules import Acting, may_open, role_names
from workflows.sameness import cases_like

SHOWN = 10


@dataclass(frozen=True)
class Neighbour:
    """Another case, as the page of a case names it. ``relation``: what it is to this one."""

    case: Case
    relation: str
    workflow: str
    state: str


@dataclass(frozen=True)
class Order:
    """A case that a step asked somebody to open: the form is still to be filled in. ``asked_of``: the roles it is
    asked of, empty where it is left to the people of the case; ``mine``: whether the reader may open it.
    """

    order: ChildOrder
    workflow: str
    step: str
    form: str
    asked_of: str = ""
    mine: bool = True


@dataclass(frozen=True)
class Related:
    """All of it. ``hidden`` and ``same_hidden``: how many more there are that the reader may not see."""

    neighbours: Sequence[Neighbour]
    hidden: int
    orders: Sequence[Order]
    same: Sequence[Neighbour]
    same_count: int
    same_hidden: int


def related_of(case: Case, reader: User) -> Related:
    """Return what belongs to the case. The number of queries does not grow with what is found."""
    family = _family(case)
    digests = dict(Sameness.objects.filter(case=case).values_list("identity", "digest"))
    same: list[int] = []
    if digests:
        found = cases_like(definition_of(case.edition), digests).exclude(pk=case.pk)
        same = list(found.order_by("-opened_at", "-id").values_list("pk", flat=True))
    visible = _visible(reader, {*family, *same})
    neighbours = [_neighbour(visible[pk], word) for pk, word in family.items() if pk in visible]
    seen_same = [visible[pk] for pk in same if pk in visible]
    return Related(
        neighbours=neighbours,
        hidden=len(family) - len(neighbours),
        orders=orders_of(case, reader),
        same=[_neighbour(one, "") for one in seen_same[:SHOWN]],
        same_count=len(same),
        same_hidden=len(same) - len(seen_same),
    )


def _family(case: Case) -> Mapping[int, str]:
    """Return by id the cases of the same family and those linked, with what each is to this one. Two queries."""
    words = relation_words()
    links = {UUID(link["case"]): words.get(link["kind"], words["related"]) for link in case.links}
    found: dict[int, str] = {}
    if case.parent_id is not None:
        found[case.parent_id] = words["parent"]
    if case.merged_into_id is not None:
        found.setdefault(case.merged_into_id, words["merged_into"])
    rows = Case.objects.filter(Q(parent=case) | Q(merged_into=case) | Q(uuid__in=list(links))).values_list(
        "pk", "uuid", "parent", "merged_into"
    )
    for pk, uuid, parent, merged in rows.order_by("pk"):
        if parent == case.pk:
            found.setdefault(pk, words["child"])
        elif merged == case.pk:
            found.setdefault(pk, words["merged_here"])
        else:
            found.setdefault(pk, links[uuid])
    return found


def relation_words() -> Mapping[str, str]:
    """Return what another case can be to this one."""
    return {
        "parent": _("opened this one"),
        "child": _("opened by this one"),
        "related": _("related"),
        "repeat": _("about the same again"),
        "merged_into": _("this one was merged into it"),
        "merged_here": _("was merged into this one"),
        "split_from": _("this one was split off from it"),
        "split_off": _("was split off from this one"),
    }


def _visible(reader: User, wanted: Iterable[int]) -> Mapping[int, Case]:
    keys = list(wanted)
    return {case.pk: case for case in cases_visible_to(reader).filter(pk__in=keys)} if keys else {}


def _neighbour(case: Case, relation: str) -> Neighbour:
    definition = definition_of(case.edition)
    return Neighbour(
        case, relation, in_language(definition.title), in_language(definition.state(case.state).title)
    )


def orders_of(case: Case, reader: User, step: str = "") -> list[Order]:
    """Return the cases that were ordered and not opened yet; with ``step``, those that it ordered."""
    waiting = ChildOrder.objects.filter(case=case, child=None, dropped_at=None).select_related("case")
    return orders_told(waiting.filter(step=step) if step else waiting, reader)


def orders_told(waiting: Iterable[ChildOrder], reader: User) -> list[Order]:
    """Return what was ordered as the reader reads it; each with its case."""
    orders = list(waiting)
    names = dict(
        zip(keys := sorted({key for one in orders for key in one.roles}), role_names(keys), strict=True)
    )
    editions = {key: edition_in_force(key) for key in {one.workflow for one in orders}}
    forms = {
        key: in_force(Edition.Kind.FORM, definition_of(edition).form) is not None
        for key, edition in editions.items()
        if edition is not None
    }
    acting = {key: Acting(reader, key) for key in {one.case.workflow for one in orders}}
    found = []
    for order in orders:
        edition = editions[order.workflow]
        steps = {step.id: in_language(step.title) for step in definition_of(order.case.edition).transitions}
        found.append(
            Order(
                order,
                in_language(definition_of(edition).title) if edition else order.workflow,
                steps.get(order.step, order.step),
                definition_of(edition).form if edition and forms[order.workflow] else "",
                "、".join(names[key] for key in order.roles),
                may_open(order, acting[order.case.workflow]),
            )
        )
    return found
