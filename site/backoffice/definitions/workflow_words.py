"""What people read for the properties of workflows and their values."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.definitions import words

LABELS: dict[str, Promise] = {
    # --- of the workflow ---
    "form": _("Form that opens a case"),
    "subject": _("What a case is known by"),
    "numbering": _("Numbers of cases"),
    "merged": _("State of a case merged into another"),
    "access": _("Access"),
    "sees": _("Roles that see every case"),
    "reassigns": _("Roles that give to another what waits for somebody"),
    "relates": _("Roles that link, merge and split cases"),
    # --- of a state ---
    "category": pgettext_lazy("of a state", "Category"),
    "initial": _("Cases begin here"),
    "public": _("What the customer hears"),
    "approval": _("Stage of an approval: people are asked here"),
    "blocked_by": _("Child cases that must be closed before"),
    "roles": pgettext_lazy("of a step", "Roles"),
    "rule": _("How many must agree"),
    "percent": _("Percentage that must agree"),
    "order": pgettext_lazy("of an approval", "Order"),
    "when": _("Only when"),
    "repeated": _("Who agreed directly before"),
    "agreed": _("Agreed: leads to"),
    "refused": _("Refused: leads to"),
    "returns_to": _("May be sent back to"),
    "withdraws_to": _("Taken back: leads to"),
    "withdraw": _("May be taken back"),
    "verbs": _("What those asked may do besides"),
    "instruction": _("What those asked should look at"),
    "remind_hours": _("Hours between two reminders"),
    "notices": _("Messages"),
    "text": _("Text"),
    # --- of a step ---
    "source": _("From"),
    "target": _("To"),
    "guard": _("Only when"),
    "guard_message": _("What to do when it does not hold"),
    "reason_required": _("A reason must be given"),
    "confirm": _("Question before it is done"),
    "despite_children": _("Also while child cases are open"),
    "own_matter": _("When only their own matter is left to those asked"),
    "not_by": _("Not by who took"),
    "by_itself": _("The machine takes it as soon as its rule holds"),
    "after_child": _("The machine takes it after a child case"),
    "opens": _("Opens child cases"),
    "assignment": _("Who has the case then"),
    "weight": _("Place among the buttons"),
    "mode": _("How"),
    "field": _("Field that names the person"),
    "otherwise": _("When nobody is named"),
    "skill": _("Field that asks for a skill"),
    "skills": _("Role needed by answer"),
    "by_skill": _("How the skill counts"),
    "workflow": pgettext_lazy("of cases", "Workflow"),
    "states": _("Only when it ended in"),
    "join": _("After how many"),
    "fills": _("Answers taken along"),
    "sets": _("Fixed answers"),
    "at_once": _("Opened at once, without anybody filling it in"),
    # --- identities, grades ---
    "fields": _("Fields whose answers are equal"),
    "days": _("How many days back"),
    "warns": _("Show earlier cases before submitting"),
    "tone": _("How much it stands out"),
    # --- clocks ---
    "begins": _("Begins when a case comes to"),
    "ends": _("Stops when a case comes to"),
    "pauses": _("Stands still in"),
    "restarts": _("Begins anew with these steps"),
    "calendar": _("Working calendar"),
    "targets": _("Time there is"),
    "amount": _("How many"),
    "unit": _("Of what"),
    "answer": _("Or: the day or time promised in"),
    "warnings": pgettext_lazy("of a clock", "Warnings"),
    "due": _("When the time is over"),
    "towards": _("Line manager and department head are those of"),
    "escalations": _("Higher up, when it is still open after"),
    "again": _("Told again, as long as it is open"),
    "most": _("At most how many times"),
    "takes": _("Step the machine takes"),
    "promise": _("Its time is promised to somebody"),
    "what": _("What is promised"),
    "to_answer": _("To whom: the answer that says so"),
    "to_words": _("Or to whom in fixed words"),
    "by_answer": _("Outsider: the answer that says who"),
    "kept": _("Kept when a case comes to"),
    # --- the ledger ---
    "ledger": pgettext_lazy("of money", "Ledger"),
    "currency": _("Currency"),
    "payer": _("Field that says who pays"),
    "kinds": _("Kinds of entry"),
    "balance": _("What it does to the open balance"),
    "by_hand": _("Roles that may post it by hand"),
    "postings": _("What steps post"),
    "dated": _("Field with the day it counts from"),
    "reference": _("Field with the reference"),
    "reverses": _("Roles that take entries back"),
    "closes": _("Roles that close months"),
    "payer_list": _("List that the payer sends"),
    "posts": _("Kind of entry of a line"),
    "keys": _("Marks by which lines are known"),
    "headings": _("Headings of the column"),
    "amount_headings": _("Headings of the column of amounts"),
    "currency_headings": _("Headings of the column of currencies"),
    "day_headings": _("Headings of the column of days"),
    "reference_headings": _("Headings of the column of references"),
    "matches": _("How a line finds its case, one after the other"),
    "less": _("A line that pays less than is open"),
    "more": _("A line that pays more than is open"),
    # --- trials ---
    "typed": _("Answers, as typed"),
    "submitter": _("Submitted by"),
    "steps": _("What is done"),
    "step": pgettext_lazy("of cases", "Step"),
    "by": _("By whom"),
    "path": _("States it must come through"),
    "approvers": _("Who must be asked, by state"),
    "grade": _("Grade it must have"),
}
_BY_PLACE: dict[str, Promise] = {
    "notices.subject": pgettext_lazy("of a message", "Subject"),
    "notices.roles": pgettext_lazy("of a message", "To"),
    "approval.roles": _("Roles that are asked"),
    "warnings.percent": _("Percentage of the time that has run"),
    "warnings.roles": _("Roles that are told"),
    "due.roles": _("Roles that are told"),
    "escalations.roles": _("Roles that are told"),
    "targets.when": _("Only when"),
    "approval.subject": pgettext_lazy("of a message", "Subject"),
    "assignment.roles": _("Chosen from these roles"),
    "opens.to": _("Asked of these roles"),
    "ledger.sees": _("Roles that see the whole ledger"),
    "promise.by": _("Who stands for it"),
}
_LABELS_OF: dict[tuple[str, str], Promise] = {
    ("Clock", "kind"): _("What it is a limit for"),
    ("Posting", "amount"): _("Amount, over the names of the workflow"),
    ("Posting", "kind"): _("Kind of entry"),
    ("PayerKey", "field"): _("Field that holds the mark"),
    ("PayerList", "roles"): _("Roles that import lists"),
    ("MatchRule", "keys"): _("The same in"),
}
"""By the model that has the property and its name."""
_HELPED = frozenset({"opens.to"})
HELPS: dict[str, Promise] = {
    "ends": _("Kept when it is reached in time. A case that ends stops all its clocks."),
    "pauses": _("States in which we wait for somebody else."),
    "restarts": _("For a new promise: the time begins again with the step."),
    "targets": _("The first one that holds counts."),
    "answer": _(
        "A field of the form or a question of a step; the number then says how much later, or earlier."
    ),
    "again": _("Only those who were told when the time was over."),
    "takes": _("Its rule must hold; where it does not, the clock says why and tries again."),
    "promise": _("Each day or time that an answer names for this clock is then a promise of its own."),
    "what": _("Empty: the title of the clock."),
    "kept": _("None: every state that stops the clock."),
    "form": _("A case is opened when this form is submitted."),
    "subject": _("Fields whose answers make the line a case is known by."),
    "numbering": _("For example CP-{year}-{seq:05}. Empty: the number of the submission."),
    "sees": _("Whoever is asked for a decision sees the case besides."),
    "public": _("Only where it differs from the title."),
    "order": _("One after the other: in the order of the roles."),
    "when": _("No row: always."),
    "percent": _("Counts only where a share decides."),
    "refused": _("None: nobody can refuse, only send back."),
    "returns_to": _("Besides the approvals the case has passed."),
    "guard": _("No row: always."),
    "guard_message": _("Said beside the button that is not there."),
    "confirm": _("Says what will happen, for steps that matter."),
    "not_by": _("Four eyes: somebody else than who took one of these last."),
    "weight": _("The smallest comes first."),
    "skills": _("The answer on the left, the role on the right."),
    "fills": _("The field of the child's form on the left, where its answer comes from on the right."),
    "sets": _("The field of the child's form on the left, its answer on the right."),
    "fields": _("Compared however they are written."),
    "by_hand": _("None: only steps post it."),
    "dated": _("None: the day of the step."),
    "headings": _("As lists write it; several when lists differ."),
    "typed": _(
        "The field on the left, what a person would type on the right; today, today+3 or today-1 for a day."
    ),
    "approvers": _("The state on the left; on the right codes of posts or names of accounts, with commas."),
    "path": _("None: the way is not looked at."),
    "grade": _("None: the grade is not looked at."),
    "steps": _("Empty “by whom”: the first one who may."),
    "to": _("None: of whoever takes the step. Those asked are told, and it waits in their inbox."),
}
_VALUES: dict[str, Promise] = {
    "response": _("a first response"),
    "solution": _("the solution"),
    "own": _("something of its own"),
    "working_minutes": _("minutes of working time"),
    "working_hours": _("hours of working time"),
    "working_days": _("working days, until closing time"),
    "minutes": _("minutes"),
    "hours": pgettext_lazy("a length of time", "hours"),
    "days": _("days of 24 hours"),
    "assignee": _("whoever has the case"),
    "open": _("open: somebody in the house must act"),
    "waiting": _("waiting: we wait for somebody"),
    "final": _("final: nothing is left to do"),
    "any": _("any: the first decision counts"),
    "all": _("all: everybody agrees"),
    "ratio": _("a share of those asked"),
    "parallel": _("everybody at once"),
    "sequential": _("one after the other"),
    "skip": _("is not asked again, on record"),
    "ask": _("is asked again"),
    "before_decisions": _("until the first decision"),
    "always": _("always"),
    "hand_over": _("hand over"),
    "send_back": _("send back"),
    "add_signer": _("add a signer"),
    "copy": _("copy to others"),
    "choose": _("who acts chooses one"),
    "keep": _("nothing changes"),
    "clear": _("nobody"),
    "actor": _("who takes the step"),
    "submitter": _("whose matter it is"),
    "field": _("whom a field names"),
    "wait": _("waits until somebody else holds the role"),
    "pass": _("is passed over, on record"),
    "turn": _("in turn"),
    "load": _("who has the fewest open cases"),
    "refuse": _("the step is refused"),
    "each": _("after each child"),
    "quiet": _("quietly"),
    "notice": _("as a note"),
    "warning": _("as a warning"),
    "danger": _("as a danger"),
    "adds": _("adds to it"),
    "takes": _("takes from it"),
    "notes": _("only notes an amount"),
    "post": _("is posted as it is"),
    "leave": _("is left for people"),
}
_VALUES_OF: dict[tuple[str, str], Promise] = {
    ("by_skill", "must"): _("only those who have it come into question"),
    ("by_skill", "prefer"): _("balanced first; who has it comes first among equals"),
    ("towards", "submitter"): _("whoever submitted it"),
    ("by", "outsider"): _("somebody from outside promises it to the house"),
    ("join", "all"): _("when no child of it is open any more"),
}


def label(key: str, fallback: str, owner: str = "") -> str:
    """Return what a property is called; ``key`` may name the outer property it stands in before a dot."""
    name = key.rpartition(".")[2]
    found = _LABELS_OF.get((owner, name)) or _BY_PLACE.get(key) or LABELS.get(name)
    return str(found) if found is not None else words.label(name, fallback, owner)


def help_text(key: str, fallback: str, owner: str = "") -> str:
    """Return what is said below a property."""
    name = key.rpartition(".")[2]
    if key in _BY_PLACE and key not in _HELPED:
        return ""
    return str(HELPS[name]) if name in HELPS else ""


def value(key: str, said: str) -> str:
    """Return what one of several given values is called."""
    found = _VALUES_OF.get((key.rpartition(".")[2], said)) or _VALUES.get(said)
    return str(found) if found is not None else words.value(key, said)
