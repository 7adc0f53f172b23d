"""Which changes of a description matter so much that holders should sign for them: a proposal, the author decides.

Pure, from two bodies and nothing else. A *changed part* is one duty, or one of the other parts as a whole (all
qualifications together, the line of reporting …); its key is ``duties.<id>`` or the part's name and stays the same
however often the draft is edited on.

What the proposal says, and why: a duty that came or went, its rhythm, deadline, deliverable, share of time, an
amount, a limit, pay, rules with consequences: these change what the holder owes or may do, and are material. Where
only punctuation, spacing, width or letter case differ, where something was only moved, and where the change is in who
keeps the document, what a department is called or whom to contact, nothing is owed anew.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backoffice.positions.body import upgraded
from backoffice.positions.parts import BY_NAME, LINK
from foundation.editions.canonical import canonical, digest
from foundation.editions.difference import Change, difference, split_path

DUTIES = "duties"
# Parts whose change, whatever it is, asks nothing new of the holder.
CONTROL = frozenset(
    {
        *("schema", "code", "title_en", "document_kind", "document_number", "controlled", "edition_label"),
        *("issuing_company", "issue_date", "prepared_by", "reviewed_by", "approved_by", "signatory"),
        *("duties_by", "attachments"),
    }
)
CONTACTS = frozenset(
    {"department", "relations", "subordinates", "staffing", "headcount", "related_documents"}
)
# Columns of a thing that are names beside it, headings, or whom to hand something to.
NAMES = frozenset({"related", "related_name", "related_name_en", "category", "recipient", "note", "group"})
POSTS = frozenset({"reports_to", "scope_posts", "answerable"})
# Marks that carry meaning although Unicode counts them as punctuation.
MEANING = frozenset("%‰‱#&*@/")


@dataclass(frozen=True)
class ChangedPart:
    """One changed part: ``material`` is the proposal, ``why`` the key of its reason, ``digest`` its fingerprint."""

    key: str
    material: bool
    why: str
    digest: str

    @property
    def reason(self) -> str:
        """Return why it is proposed so, in words."""
        return reasons()[self.why]


def reasons() -> dict[str, str]:
    """Return the sentence for each reason, in the language in use."""
    return {
        "first": _("first edition: everything is new"),
        "added": _("something was added"),
        "removed": _("something was removed"),
        "obligation": _("rhythm, deadline, result, amount or limit changed"),
        "wording": _("the wording changed"),
        "moved": _("only moved"),
        "spelling": _("only punctuation, spacing or letter case"),
        "contact": _("only departments, contacts or names"),
        "control": _("only the management of the document"),
    }


# The strongest reason of a part is the one that is told.
STRENGTH = ("added", "removed", "obligation", "wording", "contact", "control", "spelling", "moved")
MATERIAL = frozenset({"first", "added", "removed", "obligation", "wording"})


def changed_parts(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[ChangedPart]:
    """Return what ``after`` changes of ``before``, with a proposal for each part; of a first edition all parts.

    Duties come in their order of ``after`` (those removed last), then the other parts.
    """
    new = upgraded(after)
    if before is None:
        keys = [f"{DUTIES}.{row['id']}" for row in new[DUTIES]]
        keys += [name for name, value in new.items() if name not in CONTROL | {DUTIES} and value]
        return [ChangedPart(key, True, "first", digest(canonical(_value(new, key)))) for key in keys]
    old = upgraded(before)
    found: dict[str, list[str]] = {}
    told: dict[str, list[Any]] = {}
    for change in difference(old, new):
        if change.path == "schema" or _empty(change):
            continue
        for key, reason in _judged(change):
            found.setdefault(key, []).append(reason)
            told.setdefault(key, []).append([change.path, change.before, change.after])
    order = {f"{DUTIES}.{row['id']}": place for place, row in enumerate(new[DUTIES])}
    last = len(order)
    return [
        ChangedPart(key, why in MATERIAL, why, digest(canonical(told[key])))
        for key in sorted(found, key=lambda one: (not one.startswith(f"{DUTIES}."), order.get(one, last)))
        for why in [min(found[key], key=STRENGTH.index)]
    ]


def key_of(path: str) -> str:
    """Return the key of the changed part that a path of a difference belongs to."""
    parts = split_path(path)
    return ".".join(parts[:2]) if parts[0] == DUTIES and len(parts) > 1 else parts[0]


def same_words(before: str, after: str) -> bool:
    """Whether two texts differ in punctuation, spacing, width and letter case at most.

    A mark between two digits counts (3.5 is not 35), and so do signs that carry a meaning, such as %.
    """
    return _bare(before) == _bare(after)


def _value(body: Mapping[str, Any], key: str) -> Any:
    name, _dot, thing = key.partition(".")
    return next((row for row in body[name] if row["id"] == thing), None) if thing else body[name]


def _empty(change: Change) -> bool:
    nothing = (None, "", 0, [], False)
    return change.kind != "moved" and change.before in nothing and change.after in nothing


def _judged(change: Change) -> Iterable[tuple[str, str]]:
    """Return the changed parts a difference belongs to, each with the reason for its proposal."""
    path = split_path(change.path)
    if len(path) == 1 and path[0] == DUTIES:  # from or to no duties at all: each by itself
        rows = [("removed", row) for row in change.before or ()] + [
            ("added", row) for row in change.after or ()
        ]
        return [(f"{DUTIES}.{row['id']}", reason) for reason, row in rows]
    key = key_of(change.path)
    if path[0] in CONTROL or (len(path) > 2 and path[2] == LINK.name):
        return [(key, "control")]
    if path[0] in CONTACTS:
        return [(key, "contact")]
    if path[0] in POSTS and _codes(change.before) == _codes(change.after):
        return [(key, "contact")]  # the same posts under other names
    if change.kind == "moved":
        # The order of steps is what a process says.
        return [(key, "obligation" if path[0] == "process_steps" else "moved")]
    if len(path) > 2 and path[2] in NAMES:
        return [(key, "contact")]
    return [(key, _weighed(change, path))]


def _codes(posts: Any) -> set[str]:
    rows = posts if isinstance(posts, list) else [posts] if isinstance(posts, Mapping) else []
    return {row["code"] for row in rows}


def _weighed(change: Change, path: list[str]) -> str:
    if change.kind in ("added", "removed") and len(path) <= 2:
        return change.kind
    before, after = change.before, change.after
    if isinstance(before, str) and isinstance(after, str):
        if same_words(before, after):
            return "spelling"
        if not before or not after:
            return "added" if after else "removed"
        return "wording" if _is_wording(path) else "obligation"
    if isinstance(before, list) and isinstance(after, list) and (not before or not after):
        return "added" if after else "removed"
    return "obligation"


def _is_wording(path: list[str]) -> bool:
    if len(path) < 3 or path[0] not in BY_NAME:
        return True
    lead = BY_NAME[path[0]].lead.name
    return path[2] in {lead, "text", "body"}


def _bare(text: str) -> str:
    """Return the text without marks; between two digits they stay, and a minus before a digit does."""
    letters = unicodedata.normalize("NFKC", text).casefold()
    kept: list[str] = []
    marks = ""
    for letter in letters:
        if unicodedata.category(letter)[0] in "PZC" and letter not in MEANING:
            marks += letter
            continue
        if letter.isdigit() and marks and (marks[-1] == "-" or (kept and kept[-1].isdigit())):
            kept.append(marks)
        kept.append(letter)
        marks = ""
    return "".join(kept)
