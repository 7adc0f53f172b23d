"""What is wrong with the ledger of a definition, each fault at its place. Part of ``workflows.checking``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from django.utils.translation import gettext as _

from forms.schema import FieldDefinition, FormDefinition
from foundation import expressions
from foundation.editions.texts import in_language
from workflows.sameness import one_spelling
from workflows.schema import (
    BALANCE,
    BY_AMOUNT,
    CASE_NUMBER,
    Ledger,
    PayerList,
    WorkflowDefinition,
    total_name,
)
from workflows.vocabulary import ledger_names, spoken_of

Severity = Literal["error", "warning"]
Fault = tuple[str, str, Severity]
"""Where, what is wrong, and how grave it is."""


def _fault(path: str, message: str, severity: Severity = "error") -> Fault:
    return path, message, severity


def faults_of(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Fault]:
    """Yield every fault of the ledger, none where the workflow keeps none."""
    ledger = definition.ledger
    if ledger is None:
        return
    for repeated, count in Counter(kind.id for kind in ledger.kinds).items():
        if count > 1:
            yield _fault(
                f"ledger.kinds.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
            )
        if repeated == BALANCE.removeprefix(total_name("")):
            yield _fault(
                f"ledger.kinds.{repeated}",
                _("“%(id)s” means the open balance already; give the kind another id.") % {"id": repeated},
            )
    if not any(kind.balance == "adds" for kind in ledger.kinds):
        yield _fault("ledger.kinds", _("No kind of entry adds to the balance: nothing could ever be open."))
    elif not any(kind.balance == "takes" for kind in ledger.kinds):
        yield _fault(
            "ledger.kinds", _("No kind of entry takes from the balance: nothing could ever be settled.")
        )
    posted = {posting.kind for posting in ledger.postings}
    if ledger.payer_list is not None:
        posted.add(ledger.payer_list.posts)
    for kind in ledger.kinds:
        if kind.id not in posted and not kind.by_hand:
            yield _fault(
                f"ledger.kinds.{kind.id}",
                _("Nothing posts this kind of entry: name a step that does, or who may by hand."),
                "warning",
            )
    if blind := sorted(set(ledger.sees) - set(definition.access.sees)):
        yield _fault(
            "ledger.sees",
            _("The ledger names its cases: let these roles see them too (access): %(roles)s.")
            % {"roles": "、".join(blind)},
        )
    if not ledger.reverses:
        yield _fault(
            "ledger.reverses", _("Nobody may take an entry back, so mistakes would stay for ever."), "warning"
        )
    if not ledger.closes:
        yield _fault("ledger.closes", _("Nobody may close a month."), "warning")
    yield from _postings(definition, ledger, form)
    yield from _payer_list(ledger)
    if form is None:
        return
    known: dict[str, FieldDefinition] = {**form.by_id, **definition.questions()}
    for name in ledger_names(definition):
        if name in form.by_id:
            yield _fault(
                "ledger.kinds",
                _("The form has a field “%(field)s”, which means an amount of the ledger; name it otherwise.")
                % {"field": name},
            )
    for path, name in _named_in_ledger(ledger):
        if name not in known and not (name == CASE_NUMBER and path.startswith("ledger.payer_list")):
            yield _fault(path, _("The form has no field “%(field)s”.") % {"field": name})
        elif path.endswith(".dated") and known[name].kind != "date":
            yield _fault(
                path,
                _("“%(field)s” is no day; choose a field of the kind “date”.")
                % {"field": in_language(known[name].label)},
            )


def _postings(definition: WorkflowDefinition, ledger: Ledger, form: FormDefinition | None) -> Iterator[Fault]:
    steps, kinds = {step.id for step in definition.transitions}, spoken_of(definition, form)
    for position, posting in enumerate(ledger.postings):
        place = f"ledger.postings.{position}"
        if posting.step not in steps:
            yield _fault(f"{place}.step", _("There is no step “%(step)s”.") % {"step": posting.step})
        if ledger.kind(posting.kind) is None:
            yield _fault(
                f"{place}.kind", _("The ledger has no kind of entry “%(kind)s”.") % {"kind": posting.kind}
            )
        for fault in expressions.check(posting.amount, kinds, expressions.Kind.MONEY):
            yield _fault(
                f"{place}.amount",
                _("Line %(line)d, column %(column)d: %(message)s")
                % {"line": fault.line, "column": fault.column, "message": fault.message},
            )
        for name, question in {**(form.by_id if form else {}), **definition.questions()}.items():
            if (
                question.kind == "money"
                and getattr(question.settings, "currency", ledger.currency) != ledger.currency
                and name in _read_by(posting.amount, kinds)
            ):
                yield _fault(
                    f"{place}.amount",
                    _("“%(field)s” is in another currency than the ledger.")
                    % {"field": in_language(question.label)},
                )


def _read_by(text: str, kinds: Mapping[str, expressions.SchemaEntry]) -> frozenset[str]:
    try:
        return expressions.reads(text, kinds, expressions.Kind.MONEY)
    except expressions.ExpressionFault:
        return frozenset()  # said already, at its place


def _payer_list(ledger: Ledger) -> Iterator[Fault]:
    told = ledger.payer_list
    if told is None:
        return
    place = "ledger.payer_list"
    kind = ledger.kind(told.posts)
    if kind is None:
        yield _fault(
            f"{place}.posts", _("The ledger has no kind of entry “%(kind)s”.") % {"kind": told.posts}
        )
    elif kind.balance != "takes":
        yield _fault(
            f"{place}.posts", _("What a payer has paid takes from the balance; choose such a kind of entry.")
        )
    marks = {key.id for key in told.keys}
    for repeated, count in Counter(key.id for key in told.keys).items():
        if count > 1 or repeated == BY_AMOUNT:
            yield _fault(
                f"{place}.keys.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
            )
    yield from _headings(told, place)
    for position, rule in enumerate(told.matches):
        for name in rule.keys:
            if name not in marks and name != BY_AMOUNT:
                yield _fault(
                    f"{place}.matches.{position}.keys", _("The list has no mark “%(mark)s”.") % {"mark": name}
                )
        if set(rule.keys) <= {BY_AMOUNT}:
            yield _fault(
                f"{place}.matches.{position}.keys",
                _("An amount alone says nothing about whose it is; add a mark."),
            )


def _headings(told: PayerList, place: str) -> Iterator[Fault]:
    """Yield, at the later one, each heading that stands for two columns."""
    lists = [
        *((f"{place}.keys.{key.id}.headings", key.headings) for key in told.keys),
        (f"{place}.amount_headings", told.amount_headings),
        (f"{place}.currency_headings", told.currency_headings),
        (f"{place}.day_headings", told.day_headings),
        (f"{place}.reference_headings", told.reference_headings),
    ]
    seen: set[str] = set()
    for path, headings in lists:
        for heading in headings:
            if one_spelling(heading) in seen:
                yield _fault(
                    path, _("The heading “%(heading)s” stands for two columns.") % {"heading": heading}
                )
            seen.add(one_spelling(heading))


def _named_in_ledger(ledger: Ledger) -> Iterator[tuple[str, str]]:
    if ledger.payer is not None:
        yield "ledger.payer", ledger.payer
    for position, posting in enumerate(ledger.postings):
        for name in ("dated", "reference"):
            if (field := getattr(posting, name)) is not None:
                yield f"ledger.postings.{position}.{name}", field
    for key in ledger.payer_list.keys if ledger.payer_list else ():
        yield f"ledger.payer_list.keys.{key.id}.field", key.field
