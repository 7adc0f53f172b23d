"""Approvals in the words of the reader: at whom a text waits and why, where a description stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from backoffice.positions.approval.approvers import Asked, asked_at, waiting_step, would_be_asked
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.queries import steps
from backoffice.positions.approval.writing import is_as_submitted, writers_of
from foundation.organisation.models import RoleBinding, User

Verdict = ApprovalStep.Verdict
TONES = {
    Verdict.WAITING: "waiting",
    Verdict.APPROVED: "done",
    Verdict.RETURNED: "refused",
    Verdict.WITHDRAWN: "ended",
}
ICONS = {
    Verdict.WAITING: "hourglass",
    Verdict.APPROVED: "circle-check",
    Verdict.RETURNED: "rotate-ccw",
    Verdict.WITHDRAWN: "circle-minus",
}


@dataclass(frozen=True)
class Told:
    """One step as a line of a path or a history."""

    step: ApprovalStep

    @property
    def word(self) -> str:
        """What became of it."""
        return str(Verdict(self.step.verdict).label)

    @property
    def tone(self) -> str:
        """The tone of its chip."""
        return TONES[Verdict(self.step.verdict)]

    @property
    def icon(self) -> str:
        """Its sign."""
        return ICONS[Verdict(self.step.verdict)]

    @property
    def who(self) -> str:
        """Who decided, and for whom; empty while it waits."""
        return deciders(self.step)


def deciders(step: ApprovalStep) -> str:
    """Return who decided a step, with whom they acted for."""
    if step.decided_by is None:
        return ""
    if step.acting_for is None:
        return str(step.decided_by)
    return _("%(who)s for %(absent)s") % {"who": step.decided_by, "absent": step.acting_for}


def reasons(asked: Asked) -> list[str]:
    """Return, role by role, who is asked and why they: the explanation of the resolution in sentences."""
    return [_role(explanation) for explanation in asked.explanations]


def _role(explanation: Mapping[str, Any]) -> str:
    english = (get_language() or "").startswith("en")
    name = (english and explanation.get("name_en")) or explanation.get("name") or explanation["role"]
    names = {row["id"]: row["name"] for row in explanation["candidates"]}
    parts = [_rule(rule, names) for rule in explanation["rules"]]
    parts += [
        _("%(deputy)s as deputy of %(absent)s") % {"deputy": row["name"], "absent": row["for_name"]}
        for row in explanation["deputies"]
    ]
    return _("%(role)s: %(who)s") % {
        "role": name,
        "who": "; ".join(parts) or _("tied to nobody"),
    }


def _rule(rule: Mapping[str, Any], names: Mapping[int, str]) -> str:
    people = "、".join(names[pk] for pk in rule["people"] if pk in names) or _("nobody at present")
    if rule["rule"] == "position":
        return _("%(who)s as holder of the post %(post)s") % {"who": people, "post": rule["title"]}
    if rule["rule"] == "group":
        return _("%(who)s as member of the group %(group)s") % {"who": people, "group": rule["group"]}
    told = {
        RoleBinding.Relation.LINE_MANAGER.value: _("%(who)s as line manager of the post"),
        RoleBinding.Relation.DEPARTMENT_HEAD.value: _("%(who)s as head of the department"),
        RoleBinding.Relation.CASE_DEPARTMENT_HEAD.value: _("%(who)s as head of the department"),
    }.get(rule["relation"], "%(who)s")
    return str(told % {"who": people})


def lock_message(page: Any, user: Any) -> Any:
    """Return the sentence above the editor of a text that waits: at whom, and how to change it."""
    step = waiting_step(page)
    if step is None:
        return _("This text waits for approval.")
    names = asked_at(step).names or _("nobody at present")
    return format_html(
        '{} {} <span class="buttons"><a class="button button-small button-secondary" href="{}">{}</a></span>',
        _("This text waits for approval by: %(names)s.") % {"names": names},
        _("To change it, withdraw it first."),
        reverse("positions:approval", args=[step.uuid]),
        _("Show the approval"),
    )


@dataclass(frozen=True)
class Standing:
    """Where a description stands with its approval, for the editor. ``state``: ungoverned, draft, waiting,
    changed (after it was submitted), returned, approved.
    """

    state: str
    step: ApprovalStep | None = None
    asked: Asked | None = None
    would_ask: tuple[tuple[str, str], ...] = ()
    decided: tuple[Told, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """Who is asked and why they."""
        return reasons(self.asked) if self.asked is not None else []

    @property
    def may_submit(self) -> bool:
        """Whether the next thing to do is to submit the draft."""
        return self.state in ("draft", "returned")


def standing_of(page: Any, user: User | None = None) -> Standing:
    """Return where ``page`` stands; who would be asked is told for ``user`` as who submits."""
    if page.pk is None or page.get_workflow() is None:
        return Standing("ungoverned")
    decided = tuple(
        Told(step)
        for step in steps().filter(page=page.pk).exclude(verdict=Verdict.WAITING).order_by("-pk")[:5]
    )
    step = waiting_step(page)
    if step is not None:
        state = "waiting" if is_as_submitted(step.page, step.text_sha256) else "changed"
        return Standing(state, step, asked_at(step), decided=decided)
    if page.live and not page.has_unpublished_changes:
        return Standing("approved", decided=decided)
    state = "returned" if decided and decided[0].step.verdict == Verdict.RETURNED else "draft"
    return Standing(
        state, decided[0].step if decided else None, would_ask=tuple(would_ask(page, user)), decided=decided
    )


def would_ask(page: Any, user: Any) -> Iterable[tuple[str, str]]:
    """Return each step of the approval with the names of those who would be asked if ``user`` submitted now."""
    barred = {person.pk for person in writers_of(page)} | ({user.pk} if user is not None else set())
    for task, asked in would_be_asked(page, user, barred):
        yield task.name, asked.names or pgettext("approver", "nobody at present")
