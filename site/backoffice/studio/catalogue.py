"""The list of forms, and what new things begin with."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override, pgettext

from backoffice.studio.beginnings import both, first_options
from forms import outline
from forms.fields import KINDS
from forms.models import Draft, Submission, WorkingCopy
from forms.outline import (
    FIELD,
    GROUP,
    PAGE,
    ROOT,
    RULE,
    SLOTS,
    Body,
    NotATree,
    Thing,
    Tree,
    same,
    tidy,
    tree_of,
)
from forms.schema import CLOCK, IDENTIFIER
from forms.services import working as service
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of
from foundation.editions.texts import in_language
from foundation.expressions import is_name
from foundation.organisation.models import User


@dataclass(frozen=True)
class Listed:
    """One form in the list."""

    key: str
    title: str
    category: str
    edition: int | None
    effective: Any
    changed: bool
    changed_by: str
    changed_at: Any
    drafts: int
    submissions: int
    searched: str


def forms_listed() -> list[Listed]:
    """Return all forms by category and title, in a number of queries that does not grow with them."""
    in_force = {edition.key: edition for edition in all_in_force(Edition.Kind.FORM)}
    newest: dict[str, Edition] = {}
    for edition in Edition.objects.filter(kind=Edition.Kind.FORM).order_by("key", "-number"):
        newest.setdefault(edition.key, edition)
    copies = WorkingCopy.objects.filter(kind=Edition.Kind.FORM).select_related("base", "updated_by")
    working = {one.key: one for one in copies}
    drafts = dict(Draft.objects.values_list("edition__key").annotate(Count("pk")).order_by())
    submissions = dict(Submission.objects.values_list("form_key").annotate(Count("pk")).order_by())
    rows = []
    for key in {*newest, *working}:
        copied, edition, last = working.get(key), in_force.get(key), newest.get(key)
        body = copied.body if copied is not None else body_of(last) if last is not None else {}
        title, category = body.get("title") or {}, (body.get("category") or {}).get("title") or {}
        changed = copied is not None and (
            copied.base is None or not same(copied.body, tidy(body_of(copied.base)))
        )
        rows.append(
            Listed(
                key=key,
                title=_words(title) or key,
                category=_words(category),
                edition=edition.number if edition is not None else None,
                effective=edition.effective_from if edition is not None else None,
                changed=changed,
                changed_by=str(copied.updated_by) if copied is not None and changed else "",
                changed_at=copied.updated_at if copied is not None and changed else None,
                drafts=drafts.get(key, 0),
                submissions=submissions.get(key, 0),
                searched=" ".join([key, *map(str, title.values()), *map(str, category.values())]).lower(),
            )
        )
    return sorted(rows, key=lambda row: (row.category, row.title))


def _words(text: Any) -> str:
    return in_language({code: str(said) for code, said in text.items()}) if isinstance(text, dict) else ""


def categories() -> list[tuple[str, str]]:
    """Return the categories in use: key and title."""
    found: dict[str, str] = {}
    for edition in all_in_force(Edition.Kind.FORM):
        category = body_of(edition).get("category") or {}
        found.setdefault(str(category.get("key")), _words(category.get("title")))
    return sorted(found.items(), key=lambda option: option[1])


def begin_from(typed: Mapping[str, str], *, by: User) -> WorkingCopy:
    """Begin a form from what was typed for it; raises ValueError with a sentence, and what ``begin`` raises."""
    title = {code: said for code, said in (("zh-hans", typed["title"]), ("en", typed["title_en"])) if said}
    if not title:
        raise ValueError(_("Give the form a title."))
    if "zh-hans" not in title:
        title["zh-hans"] = title["en"]
    key = typed["key"] or outline.id_from(title).replace("_", "-")
    if not key:
        raise ValueError(_("Give the form a key: small Latin letters, digits and hyphens."))
    if copy_of := typed["copy_of"]:
        body = copy.deepcopy(service.look_at(key=copy_of, by=by).body)
        body["title"] = title
        body["numbering"] = numbering_for(key)
        return service.begin(
            key=key, body=body, by=by, what=_("Begun as a copy of %(form)s") % {"form": copy_of}
        )
    return service.begin(key=key, body=first_body(key, title, typed["category"]), by=by)


def numbering_for(key: str) -> str:
    """Return the scheme a form is numbered by until somebody says otherwise."""
    initials = "".join(word[0] for word in re.split(r"[-_]", key) if word).upper()
    return f"{initials if len(initials) > 1 else key[:4].upper()}-{{year}}-{{seq:04}}"


def first_body(key: str, title: dict[str, str], category: str) -> Body:
    """Return the definition a form begins as: one page with one group."""
    known = dict(categories())
    return {
        "format": 1,
        "key": key,
        "title": title,
        "category": _category(category, known),
        "numbering": numbering_for(key),
        "pages": [
            {
                "id": "page_1",
                "title": both(gettext_noop("Page %(number)s"), number=1),
                "groups": [{"id": "group_1", "fields": []}],
            }
        ],
    }


def _category(key: str, known: Mapping[str, str]) -> dict[str, Any]:
    for edition in all_in_force(Edition.Kind.FORM):
        category: dict[str, Any] = body_of(edition).get("category") or {}
        if category.get("key") == key and key in known:
            return category
    return {"key": "general", "title": both(gettext_noop("General"))}


# --- new things -----------------------------------------------------------------------------------------------


def name_of(sort: str, kind: str = "") -> str:
    """Return what a new thing is called in a sentence."""
    if sort == FIELD and kind in KINDS:
        return str(KINDS[kind].name)
    return {
        PAGE: pgettext("of a form", "Page"),
        GROUP: pgettext("of a form", "Group"),
        RULE: pgettext("of a form", "Rule"),
    }.get(sort, sort)


def first_words(sort: str, kind: str, tree: Tree) -> dict[str, Any]:
    """Return what a new thing says of itself, its id included."""
    taken = {thing.id for thing in tree.own}
    prefix = {PAGE: "page", GROUP: "group", FIELD: "f", RULE: "rule"}[sort]
    number = 1
    while f"{prefix}_{number}" in taken:
        number += 1
    said: dict[str, Any] = {"id": f"{prefix}_{number}"}
    match sort:
        case "page":
            group = 1
            while f"group_{group}" in taken:
                group += 1
            said |= {
                "title": both(gettext_noop("Page %(number)s"), number=number),
                "groups": [{"id": f"group_{group}", "fields": []}],
            }
        case "group":
            if kind == "repeat":
                said |= {"title": both(gettext_noop("Repeating group")), "fields": [], "repeat": {}}
            else:
                said |= {"title": both(gettext_noop("Group of questions")), "fields": []}
        case "rule":
            said |= {"holds": "", "message": {"zh-hans": ""}, "fields": []}
        case _:
            said |= {"kind": kind, "label": kind_name(kind)}
            if options := first_options(kind):
                said["options"] = options
    return said


def kind_name(kind: str) -> dict[str, str]:
    """Return the name of a kind in every language: the first label of its fields."""
    found = {}
    for language in ("zh-hans", "en"):
        with override(language):
            found[language] = str(KINDS[kind].name)
    return found


def place_for(tree: Tree, at: Thing, sort: str) -> tuple[Thing | None, Thing | None]:
    """Return where a new thing goes, seen from the selected one: in what, and after which thing in it."""
    way = [at, *tree.above(at)]
    if sort == RULE:
        return ROOT, at if at.sort == RULE else None
    if sort == GROUP:  # into a page; a repeating group within another only by moving it there
        way = [one for one in way if one.sort != GROUP]
        inner = next(
            (one for one in [at, *tree.above(at)] if one.sort == GROUP and _in_page(tree, one)), None
        )
        page = next((one for one in way if one.sort == PAGE), None) or _last(tree, PAGE)
        return page, inner if page is not None and inner in tree.inner[page].get("groups", []) else None
    for position, one in enumerate(way):
        if sort in SLOTS[one.sort].values():
            before = way[position - 1] if position else None
            return one, before if before is not None and before.sort == sort else None
    holder = {FIELD: GROUP, PAGE: "form"}[sort]
    inside = [one for one in tree.below(at) if one.sort == holder] if at.sort != "form" else []
    if inside:
        return inside[-1], None
    return (ROOT if sort == PAGE else _last(tree, holder)), None


def _in_page(tree: Tree, group: Thing) -> bool:
    return tree.parent[group][0].sort == PAGE


def _last(tree: Tree, sort: str) -> Thing | None:
    found = [one for one in tree.below(ROOT) if one.sort == sort]
    return found[-1] if found else None


def with_room(body: Body, sort: str) -> tuple[Body, Thing]:
    """Return a body with a page, and a group in it where a field is to come, and the new thing."""
    tree = tree_of(body)
    page = _last(tree, PAGE)
    if page is None:
        said = first_words(PAGE, "", tree)
        page = Thing(PAGE, said["id"])
        body = outline.added(body, said, page, ROOT, None)
        tree = tree_of(body)
    if sort == FIELD and _last(tree, GROUP) is None:
        said = {"id": first_words(GROUP, "", tree)["id"], "fields": []}
        body = outline.added(body, said, Thing(GROUP, said["id"]), page, None)
        return body, Thing(GROUP, said["id"])
    return body, page


def unspeakable(name: str) -> bool:
    """Whether expressions cannot call a field so."""
    return name in CLOCK or not is_name(name)


def check_id(name: str) -> None:
    """Raise NotATree with a sentence for what is no id."""
    if not re.fullmatch(IDENTIFIER, name) or unspeakable(name):
        raise NotATree(_("An id begins with a small letter and holds small letters, digits and underscores."))
