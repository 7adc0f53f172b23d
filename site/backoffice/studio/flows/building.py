"""The list of workflows, how one begins, and what new parts of one begin with."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from backoffice.definitions.words import called
from backoffice.studio import catalogue
from backoffice.studio.catalogue import both
from backoffice.studio.desk import Desk
from backoffice.studio.flows.desk import FlowDesk
from backoffice.studio.views import Bench
from forms import outline
from forms.fields import KINDS
from forms.models import WorkingCopy
from forms.outline import FIELD, Body, NotATree, Thing, Tree, same, tidy, tree_of
from forms.schema import definition_of as form_of
from forms.services import working as service
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of, newest
from foundation.organisation.models import User
from workflows.models import Case
from workflows.outline import CLOCK, GRADE, IDENTITY, STATE, STEP, TRIAL, WHOLE
from workflows.schema import KEPT_WORDS
from workflows.services.working import KEY, WORKFLOWS

STAGE = "stage"
"""What the palette calls a state that asks people."""
_PREFIXES = {
    STATE: "state",
    STEP: "step",
    IDENTITY: "same",
    GRADE: "grade",
    CLOCK: "clock",
    TRIAL: "trial",
    FIELD: "f",
}
_BEGUN = re.compile(r"(?:state|stage|step|same|grade|clock|trial|f)_\d+")
"""An id nobody has chosen yet."""


@dataclass(frozen=True)
class Listed:
    """One workflow in the list."""

    key: str
    title: str
    form: str
    edition: int | None
    effective: Any
    changed: bool
    changed_by: str
    changed_at: Any
    requested: bool
    running: int
    closed: int
    searched: str


def workflows_listed() -> list[Listed]:
    """Return all workflows by title, in a number of queries that does not grow with them."""
    in_force = {edition.key: edition for edition in all_in_force(Edition.Kind.WORKFLOW)}
    last: dict[str, Edition] = {}
    for edition in Edition.objects.filter(kind=Edition.Kind.WORKFLOW).order_by("key", "-number"):
        last.setdefault(edition.key, edition)
    copies = WorkingCopy.objects.filter(kind=Edition.Kind.WORKFLOW).select_related(
        "base", "updated_by", "request"
    )
    working = {one.key: one for one in copies}
    cases = Case.objects.order_by().values_list("workflow")
    running = dict(cases.filter(closed_at__isnull=True).annotate(Count("pk")))
    closed = dict(cases.filter(closed_at__isnull=False).annotate(Count("pk")))
    titles = {edition.key: called(body_of(edition)) for edition in all_in_force(Edition.Kind.FORM)}
    rows = []
    for key in {*last, *working}:
        copied, edition, newest_one = working.get(key), in_force.get(key), last.get(key)
        body = copied.body if copied is not None else body_of(newest_one) if newest_one is not None else {}
        changed = copied is not None and (
            copied.base is None or not same(copied.body, tidy(body_of(copied.base)))
        )
        request = getattr(copied, "request", None) if copied is not None else None
        form = str(body.get("form", ""))
        rows.append(
            Listed(
                key=key,
                title=called(body) or key,
                form=titles.get(form) or form,
                edition=edition.number if edition is not None else None,
                effective=edition.effective_from if edition is not None else None,
                changed=changed,
                changed_by=str(copied.updated_by) if copied is not None and changed else "",
                changed_at=copied.updated_at if copied is not None and changed else None,
                requested=request is not None and copied is not None and request.opened == copied.opened,
                running=running.get(key, 0),
                closed=closed.get(key, 0),
                searched=" ".join(
                    [key, form, titles.get(form, ""), *map(str, (body.get("title") or {}).values())]
                ).lower(),
            )
        )
    return sorted(rows, key=lambda row: (row.title, row.key))


def begin_from(typed: Mapping[str, str], *, by: User) -> WorkingCopy:
    """Begin a workflow from what was typed for it; raises ValueError with a sentence, and what ``begin`` raises."""
    title = {code: said for code, said in (("zh-hans", typed["title"]), ("en", typed["title_en"])) if said}
    if not title:
        raise ValueError(_("Give the workflow a title."))
    title.setdefault("zh-hans", title.get("en", ""))
    key = typed["key"] or outline.id_from(title)
    if not key:
        raise ValueError(_("Give the workflow a key: small Latin letters, digits and underscores."))
    if copy_of := typed["copy_of"]:
        body = copy.deepcopy(service.look_at(key=copy_of, by=by, of=WORKFLOWS).body)
        body["title"] = title
        body["form"] = typed["form"] or body.get("form")
        body.pop("numbering", None)
        what = _("Begun as a copy of %(workflow)s") % {"workflow": copy_of}
        return service.begin(key=key, body=body, by=by, what=what, of=WORKFLOWS)
    if not typed["form"]:
        raise ValueError(_("Choose the form that opens its cases."))
    return service.begin(key=key, body=first_body(key, title, typed["form"]), by=by, of=WORKFLOWS)


def first_body(key: str, title: dict[str, str], form: str) -> Body:
    """Return the definition a workflow begins as: received, done, and the step between them."""
    edition = newest(Edition.Kind.FORM, form)
    fields = list(form_of(edition).fields()) if edition is not None else []
    telling = [field.id for field in fields if field.kind != "static"][:1]
    return {
        "schema_version": 1,
        "key": key,
        "title": title,
        "form": form,
        "subject": telling,
        "states": [
            {
                "id": "received",
                "title": both(gettext_noop("Case received")),
                "category": "open",
                "initial": True,
            },
            {"id": "done", "title": both(gettext_noop("Done")), "category": "final"},
        ],
        "transitions": [
            {
                "id": "finish",
                "title": both(gettext_noop("Finish")),
                "source": ["received"],
                "target": "done",
                "roles": [],
            }
        ],
        "access": {"sees": ["submitter", "administrator"]},
    }


# --- new parts ------------------------------------------------------------------------------------------------------


def name_of(sort: str, kind: str = "") -> str:
    """Return what a new part is called in a sentence."""
    if sort == FIELD and kind in KINDS:
        return str(KINDS[kind].name)
    return {
        STATE: pgettext("of cases", "State"),
        STAGE: _("Stage of an approval"),
        STEP: pgettext("of cases", "Step"),
        IDENTITY: _("What tells the same matter"),
        GRADE: pgettext("of a case", "Grade"),
        CLOCK: pgettext("of a case", "Clock"),
        TRIAL: _("Trial"),
    }.get(sort, sort)


def added(body: Body, at: Thing, sort: str, kind: str) -> tuple[Body, Thing, str]:
    """Put a new part behind the selected one, or at the end of its list."""
    tree = tree_of(body)
    if sort == FIELD:
        return _question_added(body, tree, at, kind)
    real = STATE if sort == STAGE else sort
    if real not in (STATE, STEP, IDENTITY, GRADE, CLOCK, TRIAL):
        raise NotATree(_("There is nothing of this kind to add."))
    said = _first_words(sort, tree, at)
    thing = Thing(real, said["id"])
    body = outline.added(body, said, thing, WHOLE, at if at.sort == real else None)
    return body, thing, _("%(thing)s added") % {"thing": name_of(sort)}


def _question_added(body: Body, tree: Tree, at: Thing, kind: str) -> tuple[Body, Thing, str]:
    if kind not in KINDS:
        raise NotATree(_("There is nothing of this kind to add."))
    holder = tree.parent[at][0] if at.sort == FIELD else at
    asks = holder.sort == STEP or (
        holder.sort == STATE and isinstance(tree.own[holder].get("approval"), dict)
    )
    if not asks:
        raise NotATree(_("Choose a step, or a stage of an approval, that is to ask the question."))
    said: dict[str, Any] = {"id": _fresh(FIELD, tree), "kind": kind, "label": catalogue.kind_name(kind)}
    if options := catalogue.first_options(kind):
        said["options"] = options
    thing = Thing(FIELD, said["id"])
    body = outline.added(body, said, thing, holder, at if at.sort == FIELD else None)
    return body, thing, _("%(thing)s added") % {"thing": name_of(FIELD, kind)}


def _fresh(sort: str, tree: Tree) -> str:
    taken = {thing.id for thing in tree.own}
    number = 1
    while f"{_PREFIXES[sort]}_{number}" in taken:
        number += 1
    return f"{_PREFIXES[sort]}_{number}"


def _first_words(sort: str, tree: Tree, at: Thing) -> dict[str, Any]:
    real = STATE if sort == STAGE else sort
    states = [one.id for one in tree.below(tree.root) if one.sort == STATE]
    name = _fresh(real, tree)
    number = int(name.rpartition("_")[2])
    match sort:
        case "state":
            return {
                "id": name,
                "title": both(gettext_noop("State %(number)s"), number=number),
                "category": "open",
                **({} if states else {"initial": True}),
            }
        case "stage":
            final = [one for one in states if tree.own[Thing(STATE, one)].get("category") == "final"]
            return {
                "id": name,
                "title": both(gettext_noop("Approval %(number)s"), number=number),
                "category": "open",
                "approval": {"roles": [], "agreed": (final or states or [""])[0]},
            }
        case "step":
            here = at.id if at.sort == STATE else (states or [""])[0]
            others = [one for one in states if one != here]
            behind = states[states.index(here) + 1 :] if here in states else []
            return {
                "id": name,
                "title": both(gettext_noop("Step %(number)s"), number=number),
                "source": [here] if here else [],
                "target": (behind or others or [""])[0],
                "roles": [],
            }
        case "identity":
            return {
                "id": name,
                "title": both(gettext_noop("Same matter %(number)s"), number=number),
                "fields": [],
            }
        case "grade":
            return {"id": name, "title": both(gettext_noop("Grade %(number)s"), number=number)}
        case "clock":
            final = [one for one in states if tree.own[Thing(STATE, one)].get("category") == "final"]
            return {
                "id": name,
                "title": both(gettext_noop("Clock %(number)s"), number=number),
                "begins": states[:1],
                "ends": final[:1],
                "targets": [{"amount": 24, "unit": "hours"}],
            }
        case _:
            return {
                "id": name,
                "title": both(gettext_noop("Trial %(number)s"), number=number),
                "submitter": "",
            }


def refined(desk: Desk, body: Body) -> tuple[Body, Thing]:
    """Finish what was typed: one state alone begins; an approval that is none any more asks nothing; a new part gets
    the id its title suggests.
    """
    at = desk.at
    tree = tree_of(body)
    said = tree.own[at]
    if at.sort == STATE:
        if said.get("initial") and not desk.said.get("initial"):
            for other in [one for one in tree.own if one.sort == STATE and one != at]:
                if tree.own[other].get("initial"):
                    body = outline.changed(body, other, {**tree.own[other], "initial": False})
        if said.get("approval") == {}:  # nothing is said of it but its questions
            for question in tree.inner[at].get("approval.asks", []):
                body = outline.removed(body, question)
            kept = {key: value for key, value in tree_of(body).own[at].items() if key != "approval"}
            body = outline.changed(body, at, kept)
    if at in desk.published or not _BEGUN.fullmatch(at.id):
        return body, at
    words = said.get("label" if at.sort == FIELD else "title")
    before = desk.said.get("label" if at.sort == FIELD else "title")
    wish = outline.id_from(words) if isinstance(words, dict) and not same(words, before) else ""
    if not wish or wish == outline.id_from(before if isinstance(before, dict) else {}):
        return body, at
    name = outline.fresh_id(wish, {*outline.ids_in(body), *KEPT_WORDS})
    try:
        check_id(at.sort, name)
    except NotATree:
        return body, at
    return outline.renamed(body, at, name), Thing(at.sort, name)


def check_id(sort: str, name: str) -> None:
    """Raise NotATree with a sentence for what is no id of a part of a workflow."""
    if sort == FIELD:
        catalogue.check_id(name)
    elif not re.fullmatch(KEY, name):
        raise NotATree(_("An id begins with a small letter and holds small letters, digits and underscores."))


FLOW_BENCH = Bench(
    desk=FlowDesk,
    templates="studio/flows/",
    list="studio_flows",
    add=added,
    refine=refined,
    check_id=check_id,
)
