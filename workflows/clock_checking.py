"""What is wrong with the clocks of a definition, each fault at its place. Part of ``workflows.checking``."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from forms.schema import FieldDefinition, FormDefinition
from foundation.editions.texts import in_language
from workflows.network import running_states
from workflows.schema import Clock, WorkflowDefinition

Fault = tuple[str, str]
"""Where, and what is wrong."""


def faults_of(
    definition: WorkflowDefinition, form: FormDefinition | None, calendars: Collection[str] | None
) -> Iterator[Fault]:
    """Yield every fault of the clocks; ``calendars`` None: which there are is not known."""
    fields: dict[str, FieldDefinition] = {**(form.by_id if form else {}), **definition.questions()}
    for clock in definition.clocks:
        place = f"clocks.{clock.id}"
        yield from _names(definition, clock, place, calendars)
        yield from _course(definition, clock, place)
        yield from _targets(clock, place, fields if form is not None else None)
        yield from _takes(definition, clock, place)
        yield from _promise(definition, clock, f"{place}.promise", fields if form is not None else None)


def _names(
    definition: WorkflowDefinition, clock: Clock, place: str, calendars: Collection[str] | None
) -> Iterator[Fault]:
    steps = {step.id for step in definition.transitions}
    for name in clock.restarts:
        if name not in steps:
            yield f"{place}.restarts", _("There is no step “%(step)s”.") % {"step": name}
    if clock.calendar is not None and calendars is not None and clock.calendar not in calendars:
        yield (
            f"{place}.calendar",
            _("There is no working calendar “%(calendar)s”.") % {"calendar": clock.calendar},
        )
    if clock.calendar is None and _needs_calendar(clock):
        yield f"{place}.calendar", _("Working time is counted: say on which calendar.")
    for position, warning in enumerate(clock.warnings):
        if not warning.roles:
            yield f"{place}.warnings.{position}.roles", _("Say who is told.")
        if any(warning.percent == one.percent for one in clock.warnings[:position]):
            yield (
                f"{place}.warnings.{position}.percent",
                _("There is a warning at this percentage already."),
            )
    for position, one in enumerate(clock.due.escalations):
        if not one.roles:
            yield f"{place}.due.escalations.{position}.roles", _("Say who is told.")
    if clock.due.again is not None and not clock.due.roles:
        yield f"{place}.due.again", _("Nobody is told when the time is over, so nobody can be told again.")


def called(definition: WorkflowDefinition, state: str) -> str:
    """Return what people call a state; the id itself where there is no such state."""
    found = next((one for one in definition.states if one.id == state), None)
    return in_language(found.title) if found is not None else state


def _needs_calendar(clock: Clock) -> bool:
    units: list[str] = [target.unit for target in clock.targets if target.answer is None or target.amount]
    units += [one.unit for one in clock.due.escalations]
    units += [clock.due.again.unit] if clock.due.again else []
    return any(unit.startswith("working") for unit in units)


def _course(definition: WorkflowDefinition, clock: Clock, place: str) -> Iterator[Fault]:
    if not clock.begins and not clock.restarts:
        yield f"{place}.begins", _("Say in which state, or with which step, the clock begins.")
    if not clock.ends:
        yield f"{place}.ends", _("The clock never stops: say which state stops it.")
    if both := sorted(set(clock.begins) & set(clock.ends)):
        yield (
            f"{place}.ends",
            _("It would begin and stop in the same state: %(state)s.")
            % {"state": called(definition, both[0])},
        )
    if both := sorted(set(clock.ends) & set(clock.pauses)):
        yield (
            f"{place}.pauses",
            _("It would stop and stand still in the same state: %(state)s.")
            % {"state": called(definition, both[0])},
        )
    final = {state.id for state in definition.states if state.category == "final"}
    for state in clock.pauses:
        if state in final:
            yield f"{place}.pauses", _("A case that has ended stops all its clocks.")
    known = {state.id for state in definition.states}
    ends = set(clock.ends) & known
    for state in sorted(set(clock.begins) & known):
        if ends and not _reaches(definition, state, ends):
            yield (
                f"{place}.ends",
                _("The clock never stops: from “%(state)s” no way leads to a state that stops it.")
                % {"state": called(definition, state)},
            )


def _reaches(definition: WorkflowDefinition, start: str, ends: Collection[str]) -> bool:
    return bool(running_states(definition, [start], ()) & set(ends))


def _targets(clock: Clock, place: str, fields: dict[str, FieldDefinition] | None) -> Iterator[Fault]:
    if not clock.targets:
        yield f"{place}.targets", _("Say how much time there is.")
    for position, target in enumerate(clock.targets):
        path = f"{place}.targets.{position}"
        if target.answer is None:
            if target.amount < 0 or (target.amount == 0 and target.unit != "working_days"):
                yield f"{path}.amount", _("A length of time is more than nothing.")
        else:
            if target.amount < 0 and target.unit in ("working_minutes", "working_hours"):
                yield f"{path}.amount", _("Working hours are counted forwards only: choose days, or hours.")
            if fields is not None and target.answer not in fields:
                yield f"{path}.answer", _("The form has no field “%(field)s”.") % {"field": target.answer}
            elif fields is not None and fields[target.answer].kind not in ("date", "moment"):
                yield (
                    f"{path}.answer",
                    _("“%(field)s” is no day and no time; choose a field of such a kind.")
                    % {"field": target.answer},
                )
        if not target.when and target.answer is None and position < len(clock.targets) - 1:
            yield f"{path}.when", _("This always holds, so what stands below never counts.")


def _takes(definition: WorkflowDefinition, clock: Clock, place: str) -> Iterator[Fault]:
    name = clock.due.takes
    if name is None:
        return
    step = next((one for one in definition.transitions if one.id == name), None)
    path = f"{place}.due.takes"
    if step is None:
        yield path, _("There is no step “%(step)s”.") % {"step": name}
        return
    if any(question.required for question in step.asks):
        yield (
            path,
            _("The machine answers no questions: make those of “%(step)s” optional.")
            % {"step": in_language(step.title)},
        )
    if step.assignment.mode == "choose":
        yield path, _("The machine chooses nobody: assign in turn or by load.")
    final = {state.id for state in definition.states if state.category == "final"}
    targets = {one.target for one in definition.transitions if one.id in clock.restarts}
    begins = (set(clock.begins) | targets) - set(clock.ends)
    for state in sorted(running_states(definition, begins, clock.ends) - final - set(clock.pauses)):
        if state not in step.source:
            yield (
                path,
                _("The time can be over in “%(state)s”, and “%(step)s” cannot be taken there.")
                % {"state": called(definition, state), "step": in_language(step.title)},
            )


def _promise(
    definition: WorkflowDefinition, clock: Clock, place: str, fields: dict[str, FieldDefinition] | None
) -> Iterator[Fault]:
    said = clock.promise
    if said is None:
        return
    if not any(target.answer for target in clock.targets):
        yield place, _("Nothing is promised: no target goes by a day or time that an answer names.")
    if said.by != "outsider" and said.to_answer is None and said.to_words is None:
        yield f"{place}.to_answer", _("Say to whom it is promised.")
    if (said.by == "outsider") != (said.by_answer is not None):
        yield (
            f"{place}.by_answer",
            _("Name the answer that says who outside the house promises it, there alone."),
        )
    for state in said.kept:
        if state not in clock.ends:
            yield (
                f"{place}.kept",
                _("“%(state)s” does not stop the clock, so it cannot keep the promise.")
                % {"state": called(definition, state)},
            )
    for name, answer in (("to_answer", said.to_answer), ("by_answer", said.by_answer)):
        if answer is None or fields is None:
            continue
        field = fields.get(answer)
        if field is None:
            yield f"{place}.{name}", _("The form has no field “%(field)s”.") % {"field": answer}
        elif field.readers and said.to_words is None and name == "to_answer":
            yield (
                f"{place}.to_words",
                _(
                    "Not everybody who sees the case may read “%(field)s”: say in words to whom, for the others."
                )
                % {"field": in_language(field.label)},
            )
