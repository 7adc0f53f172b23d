"""The list of reports, how one begins, and what new figures and breakdowns begin with."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from backoffice.definitions.words import called
from backoffice.studio.catalogue import both
from backoffice.studio.desk import Desk
from backoffice.studio.reports.desk import ReportDesk
from backoffice.studio.views import Bench
from forms import outline
from forms.models import WorkingCopy
from forms.outline import Body, NotATree, Thing, Tree, same, tidy, tree_of
from forms.services import working as service
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of
from foundation.organisation.models import User
from workflows.reports.outline import BREAKDOWN, FIGURE, REPORT, WHOLE
from workflows.reports.schema import KEPT_KEYS
from workflows.reports.working import REPORTS
from workflows.services.working import KEY

_BEGUN = re.compile(r"(?:figure|breakdown)_\d+")
"""An id nobody has chosen yet."""


@dataclass(frozen=True)
class Listed:
    """One report in the list."""

    key: str
    title: str
    about: str
    edition: int | None
    effective: Any
    changed: bool
    changed_by: str
    changed_at: Any
    searched: str


def reports_listed() -> list[Listed]:
    """Return all reports by title, in a number of queries that does not grow with them."""
    in_force = {edition.key: edition for edition in all_in_force(Edition.Kind.REPORT)}
    last: dict[str, Edition] = {}
    for edition in Edition.objects.filter(kind=Edition.Kind.REPORT).order_by("key", "-number"):
        last.setdefault(edition.key, edition)
    copies = WorkingCopy.objects.filter(kind=Edition.Kind.REPORT).select_related("base", "updated_by")
    working = {one.key: one for one in copies}
    titles = {edition.key: called(body_of(edition)) for edition in all_in_force(Edition.Kind.WORKFLOW)}
    rows = []
    for key in {*last, *working}:
        copied, edition, newest_one = working.get(key), in_force.get(key), last.get(key)
        body = copied.body if copied is not None else body_of(newest_one) if newest_one is not None else {}
        changed = copied is not None and (
            copied.base is None or not same(copied.body, tidy(body_of(copied.base)))
        )
        about = "、".join(titles.get(one) or one for one in _workflows_in(body))
        rows.append(
            Listed(
                key=key,
                title=called(body) or key,
                about=about,
                edition=edition.number if edition is not None else None,
                effective=edition.effective_from if edition is not None else None,
                changed=changed,
                changed_by=str(copied.updated_by) if copied is not None and changed else "",
                changed_at=copied.updated_at if copied is not None and changed else None,
                searched=" ".join([key, about, *map(str, (body.get("title") or {}).values())]).lower(),
            )
        )
    return sorted(rows, key=lambda row: (row.title, row.key))


def _workflows_in(body: Mapping[str, Any]) -> list[str]:
    monthly, ageing = body.get("monthly"), body.get("ageing")
    one = [monthly.get("workflow")] if isinstance(monthly, dict) else []
    several = ageing.get("workflows") if isinstance(ageing, dict) else []
    return [str(key) for key in (*one, *(several if isinstance(several, list) else [])) if key]


def begin_from(typed: Mapping[str, str], *, by: User) -> WorkingCopy:
    """Begin a report from what was typed for it; raises ValueError with a sentence, and what ``begin`` raises."""
    title = {code: said for code, said in (("zh-hans", typed["title"]), ("en", typed["title_en"])) if said}
    if not title:
        raise ValueError(_("Give the report a title."))
    title.setdefault("zh-hans", title.get("en", ""))
    key = typed["key"] or outline.id_from(title)
    if not key:
        raise ValueError(_("Give the report a key: small Latin letters, digits and underscores."))
    if key in KEPT_KEYS:
        raise ValueError(_("“%(key)s” means something else in addresses; choose another key.") % {"key": key})
    if copy_of := typed["copy_of"]:
        body = copy.deepcopy(service.look_at(key=copy_of, by=by, of=REPORTS).body)
        what = _("Begun as a copy of %(report)s") % {"report": copy_of}
        return service.begin(key=key, body={**body, "title": title}, by=by, what=what, of=REPORTS)
    if typed["about"] == "ageing":
        body = {"schema_version": 1, "key": key, "title": title, "readers": [], "ageing": {"workflows": []}}
        return service.begin(key=key, body=body, by=by, of=REPORTS)
    if not typed["workflow"]:
        raise ValueError(_("Choose the workflow whose cases are counted."))
    return service.begin(key=key, body=first_body(key, title, typed["workflow"]), by=by, of=REPORTS)


def first_body(key: str, title: dict[str, str], workflow: str) -> Body:
    """Return the definition a report by month begins as: how many cases were opened, and how many closed."""
    return {
        "schema_version": 1,
        "key": key,
        "title": title,
        "readers": [],
        "monthly": {
            "workflow": workflow,
            "months": 12,
            "figures": [
                {"id": "opened", "title": both(gettext_noop("Cases opened")), "charted": True},
                {
                    "id": "closed",
                    "title": both(gettext_noop("Cases closed")),
                    "basis": "closed",
                    "charted": True,
                },
            ],
        },
    }


def name_of(sort: str) -> str:
    """Return what a new part is called in a sentence."""
    return pgettext("of a report", "Figure") if sort == FIGURE else _("Breakdown")


def added(body: Body, at: Thing, sort: str, kind: str) -> tuple[Body, Thing, str]:
    """Put a new figure or breakdown behind the selected one, or at the end of its list."""
    tree = tree_of(body)
    if sort not in (FIGURE, BREAKDOWN) or not isinstance(body.get("monthly"), dict):
        raise NotATree(_("There is nothing of this kind to add."))
    number = 1
    while f"{sort}_{number}" in {thing.id for thing in tree.own}:
        number += 1
    said = _first_words(sort, number, tree)
    thing = Thing(sort, said["id"])
    body = outline.added(body, said, thing, WHOLE, at if at.sort == sort else None)
    return body, thing, _("%(thing)s added") % {"thing": name_of(sort)}


def _first_words(sort: str, number: int, tree: Tree) -> dict[str, Any]:
    if sort == FIGURE:
        return {
            "id": f"{sort}_{number}",
            "title": both(gettext_noop("Figure %(number)s"), number=number),
            "measure": "count",
        }
    counts = [
        thing.id
        for thing in tree.below(tree.root)
        if thing.sort == FIGURE and tree.own[thing].get("measure", "count") == "count"
    ]
    return {
        "id": f"{sort}_{number}",
        "title": both(gettext_noop("Breakdown %(number)s"), number=number),
        "figure": (counts or [""])[0],
        "by": "state",
    }


def refined(desk: Desk, body: Body) -> tuple[Body, Thing]:
    """Finish what was typed: a report that is not monthly any more has no figures; a new part gets the id its title
    suggests.
    """
    at = desk.at
    tree = tree_of(body)
    said = tree.own[at]
    if at.sort == REPORT:
        monthly = said.get("monthly")
        if not monthly and (tree.inner[at] or monthly is not None):
            for thing in list(tree.below(at)):
                body = outline.removed(body, thing)
            kept = {key: value for key, value in tree_of(body).own[at].items() if key != "monthly"}
            body = outline.changed(body, at, kept)
        return body, at
    if at in desk.published or not _BEGUN.fullmatch(at.id):
        return body, at
    title, before = said.get("title"), desk.said.get("title")
    wish = outline.id_from(title) if isinstance(title, dict) and not same(title, before) else ""
    if not wish or wish == outline.id_from(before if isinstance(before, dict) else {}):
        return body, at
    name = outline.fresh_id(wish, outline.ids_in(body))
    return outline.renamed(body, at, name), Thing(at.sort, name)


def check_id(_sort: str, name: str) -> None:
    """Raise NotATree with a sentence for what is no id of a figure or breakdown."""
    if not re.fullmatch(KEY, name):
        raise NotATree(_("An id begins with a small letter and holds small letters, digits and underscores."))


REPORT_BENCH = Bench(
    desk=ReportDesk,
    templates="studio/reports/",
    list="studio_reports",
    add=added,
    refine=refined,
    check_id=check_id,
)
