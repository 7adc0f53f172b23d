"""What people read for the names of properties, of their values and of what is wrong with them.

A property without words here is drawn with its own name and the description of its model, so that a new kind
of field can be used at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from forms.fields import KINDS
from foundation.editions.texts import in_language
from foundation.packs.reading import written

LABELS: dict[str, Promise] = {
    # --- of many things ---
    "title": pgettext_lazy("of a form", "Title"),
    "label": _("Label"),
    "help": pgettext_lazy("of a form", "Help"),
    "description": pgettext_lazy("of a form", "Description"),
    "key": pgettext_lazy("of a form", "Key"),
    "id": _("Id"),
    "visible_if": _("Shown if"),
    "required_if": _("Required if"),
    "read_only_if": _("Read-only if"),
    "computed": _("Computed from"),
    # --- of the form ---
    "category": _("Category in the catalogue"),
    "numbering": _("Numbering"),
    "submitters": _("Roles that fill it in"),
    "departments": _("Departments that fill it in"),
    "on_behalf": _("Roles that fill it in for others"),
    "opens_on": _("First day"),
    "closes_on": _("Last day"),
    "limit": _("Limit of submissions"),
    "count": _("How many"),
    "per": _("Counted for"),
    "within": _("Counted over"),
    "public": _("Public link, without an account"),
    "per_hour": _("Submissions an hour from one address"),
    "correction": _("Correction after submitting"),
    "withdrawal": _("Withdrawal after submitting"),
    "by": _("Who may"),
    "days": _("For how many days"),
    "retention": _("Retention"),
    "months": _("Months"),
    "then": _("What happens then"),
    "registered": _("Register"),
    "readers": _("Roles that read it"),
    "importers": _("Roles that import into it"),
    "columns": _("Columns"),
    "totals": _("Sums"),
    "prints": _("Print layouts"),
    "paper": _("Paper"),
    "copies": _("Copies"),
    "signatures": _("Lines to sign"),
    "footer": _("Footer"),
    "summary": pgettext_lazy("of a form", "Summary"),
    "confirmation": _("Confirmation"),
    "groups": _("Groups"),
    # --- of a group ---
    "repeat": _("Repeating group: asked once a row"),
    "min": _("At least"),
    "max": _("At most"),
    "item": _("What one row is called"),
    # --- of a field ---
    "kind": _("Kind of field"),
    "required": _("Required"),
    "initial": _("Initial answer"),
    "prefill": _("Filled in beforehand with"),
    "confidentiality": _("Confidentiality"),
    "width": _("Width on a desk"),
    # --- of a rule ---
    "holds": _("What must hold"),
    "message": _("Message when it does not"),
    "fields": _("Said beside"),
    "group": _("For each row of"),
    "when": _("When it is tried"),
    # --- options of kinds ---
    "choices": _("Choices"),
    "widget": pgettext_lazy("of a field", "Shown as"),
    "min_length": _("Fewest characters"),
    "max_length": _("Most characters"),
    "pattern": _("Pattern"),
    "pattern_message": _("What to write"),
    "example": _("Example"),
    "rows": _("Rows"),
    "unit": _("Unit"),
    "grouped": _("Group the digits"),
    "not_future": _("Not in the future"),
    "not_past": _("Not in the past"),
    "earliest": pgettext_lazy("of a field", "Earliest"),
    "latest": pgettext_lazy("of a field", "Latest"),
    "mobile_only": _("Mobile numbers only"),
    "yes": _("Word for yes"),
    "no": _("Word for no"),
    "text": _("Text"),
    "camera_only": _("Only photos taken now"),
    "check_digit": _("Ask for the check digit"),
    "children": _("Next step"),
    "content": _("Words"),
    "currency": _("Currency"),
    "custom": _("People may add items of their own"),
    "max_custom": _("Items of their own at most"),
    "depth": _("Steps at most"),
    "details": _("Asked of each item"),
    "edge": _("Longest edge in pixels"),
    "every_row": _("All statements or none"),
    "fills": _("Fills other fields"),
    "reads": _("Conditions may read"),
    "form": _("Register of the form"),
    "low": _("What the least means"),
    "high": _("What the most means"),
    "holders": _("Who may hold an item"),
    "items": _("Items"),
    "kinds": _("Kinds of file"),
    "largest": _("Megabytes of one file at most"),
    "masked": _("Show only its beginning and end"),
    "min_days": _("Fewest days"),
    "max_days": _("Most days"),
    "most": _("How many at most"),
    "options": _("What the answer may be"),
    "tree": _("What one can choose, step by step"),
    "other": _("Also words of one's own"),
    "other_label": _("Instead of “Other”"),
    "partial": _("One may stop before the last step"),
    "plates": _("Kinds of plate"),
    "scale": _("Scale"),
    "shows": _("Shown of a row"),
    "source": _("Where it comes from"),
    "statement": _("What one declares by signing"),
    "step": _("Minutes from one time to the next"),
    "steps": _("What the steps are called"),
    "symbols": _("What the camera looks for"),
    "tone": _("How much it stands out"),
}

HELPS: dict[str, Promise] = {
    "label": _("The question, as short as it can be."),
    "numbering": _("For example TS-{year}-{seq:05}: text with {year}, {month}, {day} and one {seq:05}."),
    "submitters": _("None chosen: everybody who is signed in."),
    "departments": _("The people of these departments may fill it in as well."),
    "readers": _("None chosen: nobody beside those who may open the submission anyway."),
    "visible_if": _("No row: always."),
    "required_if": _("No row: as ticked above."),
    "read_only_if": _("No row: never."),
    "computed": _("Gives the answer; nobody can type another."),
    "summary": _("Up to four fields that tell one submission from another."),
    "columns": _("Shown first in the register; none chosen: the summary."),
    "totals": _("Numbers that are added up."),
    "confirmation": _("Said after it has been submitted."),
    "description": _("When to use it; shown in the catalogue."),
    "days": _("Empty: always."),
    "fields": _("Chosen fields say the message; the first one is linked."),
    "holds": _("When this is not so, the form cannot be submitted."),
    "initial": _("Stored value a new draft begins with."),
    "pattern": _("For experts: the whole line must match this RE2 pattern."),
    "example": _("A sound answer; needed with a pattern."),
    "key": _("Stored; never shown. Never changes once published."),
    "retention": _("Off: kept for ever."),
    "prints": _("How a submission, or the blank form, is printed."),
    "message": _("What is wrong and what to do."),
    "fills": _("What the chosen thing says is put into a field here while that is empty."),
    "reads": _("Conditions and sums call it by the id of this field, a point and that name."),
    "items": _("Each with a key that never changes."),
    "tree": _(
        "One a line, the next step further in: 中文, or 中文 | English, or key | 中文 | English. Keys that are missing "
        "are given; a published key stays."
    ),
    "kinds": _("Decided by the content of a file, never by its name."),
    "shows": _("None chosen: its number and its summary."),
    "content": _("Plain words or HTML: paragraphs, lists, bold, italics, headings h3 and h4, links."),
}

_VALUES: dict[str, Promise] = {
    "internal": _("internal"),
    "personal": _("personal"),
    "confidential": _("confidential: every reading is recorded"),
    "full": _("whole line"),
    "half": _("half"),
    "third": _("a third"),
    "person": _("the person"),
    "name": _("name"),
    "employee_number": _("employee number"),
    "email": _("e-mail address"),
    "phone": _("telephone number"),
    "department": _("department"),
    "position": _("position"),
    "manager": _("line manager"),
    "today": _("the day"),
    "now": _("the moment"),
    "form": _("the form"),
    "ever": _("all time"),
    "year": _("a year"),
    "month": _("a month"),
    "day": _("a day"),
    "delete": _("delete answers and files"),
    "anonymise": _("take out what is personal"),
    "answered": _("once all its fields are answered"),
    "always": _("always"),
    "own": _("the tree written here"),
    "regions": _("provinces, cities and districts of China"),
    "any": _("any code"),
    "barcode": _("bar code"),
    "qr": _("QR code"),
    "ean": _("EAN, with its check digit"),
    "plain": _("as the rest"),
    "note": _("a note"),
    "warning": _("a warning"),
    "boxes": _("boxes to tick"),
    "list": _("list"),
    "image": _("pictures"),
    "count": _("how many"),
    "holder": _("who holds it"),
    "received_on": _("received on"),
    "valid_until": _("valid until"),
    "due_on": _("due on"),
    "ordinary": _("ordinary"),
    "new_energy": _("new energy"),
    "police": _("police"),
    "trailer": _("trailer"),
    "learner": _("learner"),
    "embassy": _("embassy"),
    "border": _("border"),
    "whole": _("whole number"),
    "decimal": _("number with decimals"),
    "money": _("amount"),
    "date": _("day"),
    "moment": _("day and time"),
    "yes_no": _("yes or no"),
    "auto": _("as fits"),
    "radio": _("all in sight"),
    "select": _("drop-down"),
    "A4": _("A4 upright"),
    "A5": _("A5 upright"),
    "A4 landscape": _("A4 lying"),
    "A5 landscape": _("A5 lying"),
}
_VALUES_OF: dict[tuple[str, str], Promise] = {
    ("per", "person"): _("each person"),
}


_LABELS_OF: dict[tuple[str, str], Promise] = {
    ("TableOptions", "rows"): _("Given rows"),
    ("TableOptions", "min"): _("Fewest rows"),
    ("TableOptions", "max"): _("Most rows"),
    ("TableColumn", "kind"): _("Kind of cell"),
    ("TableColumn", "options"): _("More about the cells"),
    ("LikertOptions", "rows"): _("Statements"),
}
"""By model and property, where the same word means something else."""
_HELPS_OF: dict[tuple[str, str], Promise | str] = {
    ("TableOptions", "columns"): "",
    ("TableOptions", "rows"): _("None: people add rows."),
    ("TableOptions", "totals"): _("Columns of numbers, added up below."),
}


def label(key: str, fallback: str, owner: str = "") -> str:
    """Return what a property is called, of the model ``owner``; ``key`` may name the outer property it stands in before
    a dot.
    """
    key = key.rpartition(".")[2]
    if (owner, key) in _LABELS_OF:
        return str(_LABELS_OF[owner, key])
    return str(LABELS[key]) if key in LABELS else gettext(fallback.replace("_", " ").capitalize())


_PAIRS: dict[str, tuple[Promise, Promise, str]] = {
    "fills": (_("Into which field here"), _("What is taken over"), "value"),
    "reads": (_("What is read of it"), _("What it is"), "key"),
}


def pair_words(key: str) -> tuple[str, str, str]:
    """Return what the keys and the values of a mapping are called, and which of the two stands first."""
    if key in _PAIRS:
        keys, values, first = _PAIRS[key]
        return str(keys), str(values), first
    return pgettext("of two columns", "Name"), gettext("Value"), "key"


def help_text(key: str, fallback: str, owner: str = "") -> str:
    """Return what is said below a property; the description of its model where nothing better is known."""
    key = key.rpartition(".")[2]
    if (owner, key) in _HELPS_OF:
        return str(_HELPS_OF[owner, key])
    if key in HELPS:
        return str(HELPS[key])
    return gettext(fallback) if fallback and key not in LABELS else ""


def value(key: str, said: str) -> str:
    """Return what one of several given values is called."""
    key = key.rpartition(".")[2]
    if key == "kind" and said in KINDS:
        return str(KINDS[said].name)
    found = _VALUES_OF.get((key, said)) or _VALUES.get(said)
    return str(found) if found is not None else said.replace("_", " ")


def called(said: Mapping[str, Any]) -> str:
    """Return what people call a thing of a definition: its label, title or message; empty where it has none."""
    for key in ("label", "title", "message"):
        if isinstance(text := said.get(key), dict):
            return in_language({code: str(one) for code, one in text.items()})
    return ""


def shown(value: Any) -> str:
    """Return a value of a definition as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dict) and value and all(isinstance(one, str) for one in value.values()):
        return " / ".join(value.values())
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return as_yaml(value)
    return str(value)


def as_yaml(value: Any) -> str:
    """Return a value as people write it who know YAML."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict) and value:
        return written(value)
    if isinstance(value, list) and value:
        return written({"_": value}).removeprefix("_:\n")
    return "" if value in ({}, []) else json.dumps(value, ensure_ascii=False)
